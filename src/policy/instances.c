/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Instances: each intruder his own machine, all of them one address from outside.
 *
 *	prerouting, dstnat	first packet from outside to honeypot k: choose_<k> finds the instance of its
 *				source, or takes the first that is open for it, and turns k's address into its
 *	forward			visit_<i>: each packet from outside to instance i is of its own visitor, or an
 *				answer; so nobody speaks to it directly, nor on a flow from before it was new
 *	postrouting, srcnat	what an instance opens comes from k's address
 *
 * A claim is an element of a set with room for one. `add` finds or makes it, both atomically: the second
 * source finds the set full, its rule breaks, and the next set is tried. Two first packets of one
 * source on two processors may take two instances: he sees two machines then, but nobody else sees his.
 * Sets are never refilled from user space, only emptied: a transaction that takes one element and adds
 * another counts both for a moment, and then a packet could add a third.
 *
 * For whom none is free, the honeypot itself answers as long as he keeps coming (shared_<k>): he is not moved
 * from one machine to another. No limit in there: a lookup runs what stands in an element, and fails with it.
 *
 * A claim is made only if the gate is open and the source is neither blocked nor made up. Who only knocks
 * (ping, SYN, a connection that never stood, what no rule accepts) is not counted in the set came, so that
 * priv can give his instance to the next one as it is.
 */
#include "instances.h"

#include "base/addr.h"
#include "model/gate.h"
#include "model/reason.h"
#include "nat.h"
#include "policy.h"

#define TABLE "inet skep"

static void add_address(struct text *t, uint32_t a)
{
	struct addr v = addr4(a);
	char text[ADDR_TEXT];

	text_add(t, addr_text(&v, text));
}

/* is_instance(), has_instances() - and it was not removed */
static bool is_instance(const struct honeynet *n, uint32_t i)
{
	return honeypot_there(n, i) && n->honeypot[i].is_instance;
}

static bool has_instances(const struct honeynet *n, uint32_t k)
{
	return honeypot_there(n, k) && n->honeypot[k].instances.max;
}

bool instances_any(const struct honeynet *n)
{
	for (uint32_t i = 0; i < n->n_honeypots; i++)
		if (is_instance(n, i))
			return true;
	return false;
}

void instances_sets(struct text *t, const struct honeynet *was, const struct honeynet *n)
{
	for (uint32_t i = 0; i < n->n_honeypots; i++) {
		if (is_instance(n, i) && !(was && is_instance(was, i)))
			text_addf(t, "\tset " POLICY_CLAIM_SET "%u { type ipv4_addr; size 1; flags dynamic; }\n"
				     "\tset " POLICY_OPEN_SET "%u { type nf_proto; }\n", i, i);
		if (has_instances(n, i) && !(was && has_instances(was, i)))
			text_addf(t, "\tset shared_%u { type ipv4_addr; size 65535; flags dynamic,timeout; }\n", i);
	}
	if (instances_any(n) && !(was && instances_any(was)))
		text_addf(t, "\tset " POLICY_CAME_SET " { type ipv4_addr; size %u; flags dynamic; }\n", MAX_HONEYPOTS);
}

static void drop_all(struct text *t, const char *kind, const char *const *names)
{
	for (; *names; names++)
		text_addf(t, "delete %s " TABLE " %s\n", kind, *names);
}

void instances_drop(struct text *t, const struct honeynet *was, const struct honeynet *n)
{
	static const char *const chains[] = { "to_instance", "from_instance", "count_visit", POLICY_REFUSE_VISIT, NULL };
	static const char *const sets[] = { POLICY_CAME_SET, NULL };

	for (uint32_t i = 0; i < was->n_honeypots; i++) {
		if (is_instance(was, i) && !is_instance(n, i))
			text_addf(t, "delete chain " TABLE " visit_%u\ndelete set " TABLE " " POLICY_CLAIM_SET "%u\n"
				     "delete set " TABLE " " POLICY_OPEN_SET "%u\n", i, i, i);
		if (has_instances(was, i) && !has_instances(n, i))
			text_addf(t, "delete chain " TABLE " choose_%u\ndelete set " TABLE " shared_%u\n", i, i);
	}
	if (instances_any(was) && !instances_any(n)) {
		drop_all(t, "chain", chains);
		drop_all(t, "set", sets);
	}
}

/* lead() - a rule for each instance of @k: leads those there who have claimed it, or lets them claim it. @r: of this NAT rule */
static void lead(struct text *t, const struct honeynet *n, uint32_t k, bool claimed, const struct nat_rule *r)
{
	for (uint32_t i = 0; i < n->n_honeypots; i++) {
		if (!is_instance(n, i) || n->honeypot[i].instance_of != k)
			continue;
		if (claimed)
			text_addf(t, "\t\tip saddr @" POLICY_CLAIM_SET "%u ", i);
		else
			text_addf(t, "\t\tmeta nfproto @" POLICY_OPEN_SET "%u add @" POLICY_CLAIM_SET "%u { ip saddr counter } ", i, i);
		text_addf(t, "ct mark set ct mark | 0x%08x ", POLICY_INSTANCE_MARK(i));
		nat_turn(t, n, r, i);
		text_addc(t, '\n');
	}
}

/* share() - who stays with the honeypot itself: left as he is, or turned there by NAT rule @r */
static void share(struct text *t, const struct honeynet *n, uint32_t k, const struct nat_rule *r)
{
	text_addf(t, "\t\tip saddr @shared_%u update @shared_%u { ip saddr timeout %us } ", k, k, n->honeypot[k].instances.idle_s);
	if (r)
		nat_turn(t, n, r, k);
	else
		text_add(t, "return");
	text_addc(t, '\n');
}

/* choose() - whom a source was with comes first: any instance, or the honeypot itself */
static void choose(struct text *t, const struct honeynet *n, uint32_t k, const struct nat_rule *r)
{
	lead(t, n, k, true, r);
	share(t, n, k, r);
	lead(t, n, k, false, r);
	text_addf(t, "\t\tupdate @shared_%u { ip saddr timeout %us } log prefix \"skep:accept:%s \" group %u snaplen %u "
		     "queue-threshold %u\n", k, n->honeypot[k].instances.idle_s, reason_name(REASON_SHARED), POLICY_LOG_INET,
		  GATE_SNAPLEN, POLICY_LOG_QUEUE);
}

static void choose_chain(struct text *t, const struct honeynet *n, uint32_t k)
{
	text_addf(t, "\tchain choose_%u {\n", k);
	choose(t, n, k, NULL);
	text_add(t, "\t}\n");
}

void instances_lead(struct text *t, const struct honeynet *n, uint32_t k, const struct nat_rule *r)
{
	choose(t, n, k, r);
	text_add(t, "\t\t");
	nat_turn(t, n, r, k);
	text_addc(t, '\n');
}

static void visit_chain(struct text *t, uint32_t i)
{
	text_addf(t, "\tchain visit_%u {\n"
		     "\t\tct direction reply return\n"
		     "\t\tct state related return\n"
		     "\t\tct status & dnat == 0 goto " POLICY_REFUSE_VISIT "\n"
		     "\t\tip saddr != @" POLICY_CLAIM_SET "%u goto " POLICY_REFUSE_VISIT "\n"
		     "\t\tct state established goto count_visit\n"
		     "\t}\n", i, i);
}

/* map() - "{ ADDRESS : what @add says, ... }" for each instance, or for each honeypot that has some */
static void map(struct text *t, const struct honeynet *n, bool instances,
		void (*add)(struct text *t, const struct honeynet *n, uint32_t i))
{
	const char *comma = "";

	text_add(t, "{ ");
	for (uint32_t i = 0; i < n->n_honeypots; i++) {
		const struct honeypot *h = &n->honeypot[i];

		if (!(instances ? is_instance : has_instances)(n, i))
			continue;
		text_add(t, comma);
		add_address(t, h->address);
		text_add(t, " : ");
		add(t, n, i);
		comma = ", ";
	}
	text_add(t, " }\n");
}

static void jump_visit(struct text *t, const struct honeynet *n, uint32_t i)
{
	(void)n;
	text_addf(t, "jump visit_%u", i);
}

static void goto_choose(struct text *t, const struct honeynet *n, uint32_t k)
{
	(void)n;
	text_addf(t, "goto choose_%u", k);
}

static void face(struct text *t, const struct honeynet *n, uint32_t i)
{
	add_address(t, n->honeypot[n->honeypot[i].instance_of].address);
}

void instances_forward(struct text *t, const struct honeynet *n)
{
	if (!instances_any(n))
		return;
	text_add(t, "\t\tiifname != \"br0\" ip daddr vmap ");
	map(t, n, true, jump_visit);
}

bool instances_chains(struct text *t, const struct honeynet *n)
{
	if (!instances_any(n))
		return false;
	for (uint32_t i = 0; i < n->n_honeypots; i++) {
		if (has_instances(n, i))
			choose_chain(t, n, i);
		if (is_instance(n, i))
			visit_chain(t, i);
	}
	text_add(t, "\tchain count_visit {\n"
		    "\t\tip protocol icmp return\n"
		    "\t\tip protocol tcp ct status & assured == 0 return\n"
		    "\t\tupdate @" POLICY_CAME_SET " { ip daddr counter }\n"
		    "\t}\n"
		    "\tchain to_instance {\n"
		    "\t\ttype nat hook prerouting priority -100; policy accept;\n"
		    "\t\tiifname \"br0\" return\n"
		    "\t\tmeta nfproto != @alive return\n"
		    "\t\tip saddr @" POLICY_BLOCKED_SET " return\n"
		    "\t\tip saddr @" POLICY_BLACKLIST_SET " return\n"
		    "\t\tip saddr ");
	add_address(t, n->network);
	text_addf(t, "/%u return\n\t\tip daddr vmap ", n->prefix);
	map(t, n, false, goto_choose);
	text_add(t, "\t}\n"
		    "\tchain from_instance {\n"
		    "\t\ttype nat hook postrouting priority 100; policy accept;\n"
		    "\t\toifname != \"br0\" snat ip to ip saddr map ");
	map(t, n, true, face);
	text_add(t, "\t}\n");
	return true;
}
