/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NAT rules.
 *
 *	prerouting, dstnat	nat_in: what comes from outside for an address of the gateway's at the uplink; before instances.c, which
 *				would have another packet then, and before lead.c
 *	forward			knows honeypots by their own addresses and ports only: nothing there is another for NAT
 *	postrouting, srcnat	nat_out: what a honeypot opens to the outside; before instances.c, which translates what is left
 *
 *	  nat_<n>		counts, and translates; a rule that translates nothing accepts: then no other of its hook is asked
 *	  pick_in_<n>, pick_out_<n>	only where services are those that are not meant
 *
 * Hooks of this kind see the first packet of a connection only; the kernel does the same to all others, and undoes it
 * for answers, also after a reload - as long as there are such hooks, so they stay when the rules have gone. An address that no
 * rule leads on is the gateway itself.
 *
 * Who is led to a honeypot with instances is led to his own by the same chain: the first hook that translates is the last.
 * Whom the gate or a list would stop claims none, and is stopped in forward.
 */
#include "nat.h"

#include <netinet/in.h>
#include <stdio.h>

#include "base/mem.h"
#include "emit.h"
#include "emit_match.h"
#include "instances.h"
#include "policy.h"

#define TABLE "inet skep"

static const char *const hooks[] = { "out", "in" };

static bool is_about(const struct match *m)
{
	return m->source.n && m->destination.n;
}

static bool has_hooks(const struct honeynet *n)
{
	return n->n_nat || n->n_before;
}

static bool has_pick(const struct honeynet *n, const struct matches *m, uint32_t i)
{
	return i < m->n && is_about(&m->at[i]) && n->nat[i].asks.not & NOT_SERVICE;
}

static uint8_t proto_of(const struct honeynet *n, const struct nat_rule *r)
{
	const struct service *s = &n->service[r->asks.service[0]];

	return s->n_members ? n->service[s->member[0]].proto : s->proto;
}

void nat_turn(struct text *t, const struct honeynet *n, const struct nat_rule *r, uint32_t i)
{
	if (r && r->port)
		text_addf(t, "meta l4proto %s dnat ip to %s:%u", proto_of(n, r) == IPPROTO_TCP ? "tcp" : "udp",
			  emit_address(n->honeypot[i].address), r->port);
	else
		text_addf(t, "dnat ip to %s", emit_address(n->honeypot[i].address));
}

void nat_sets(struct text *t, const struct honeynet *was, const struct honeynet *n)
{
	for (uint32_t i = was ? was->n_nat : 0; i < n->n_nat; i++)
		text_addf(t, "\tcounter " POLICY_NAT_COUNTER "%u { }\n", i);
}

void nat_drop(struct text *t, const struct honeynet *was, const struct honeynet *n)
{
	for (int in = 0; in < 2; in++) {
		_matches_ struct matches had, has;

		matches_of_nat(&had, was, in);
		matches_of_nat(&has, n, in);
		if (has_hooks(was) && !has_hooks(n))
			text_addf(t, "delete chain " TABLE " nat_%s\n", hooks[in]);
		for (uint32_t i = 0; i < was->n_nat; i++)
			if (has_pick(was, &had, i) && !has_pick(n, &has, i))
				text_addf(t, "delete chain " TABLE " pick_%s_%u\n", hooks[in], i);
	}
	for (uint32_t i = n->n_nat; i < was->n_nat; i++)
		text_addf(t, "delete chain " TABLE " nat_%u\ndelete counter " TABLE " " POLICY_NAT_COUNTER "%u\n", i, i);
}

static void rule_lines(struct text *t, const struct honeynet *n, const struct matches *m, uint32_t i, bool in)
{
	_text_ struct text who = { 0 };
	struct lines any = { .n = 1 }, services = { 0 };
	char verdict[32];

	emit_who(&who, FAMILY_4, &m->at[i], false);
	if (has_pick(n, m, i)) {
		text_addf(t, "\t\t%sjump pick_%s_%u\n", text_str(&who), hooks[in], i);
		return;
	}
	snprintf(verdict, sizeof(verdict), "goto nat_%u", i);
	emit_services(&services, n, &m->at[i]);
	emit_lines(t, text_str(&who), &any, &services, verdict);
	text_fini(&services.text);
}

static void pick_chain(struct text *t, const struct honeynet *n, const struct matches *m, uint32_t i, bool in)
{
	struct lines any = { .n = 1 }, services = { 0 };

	emit_services(&services, n, &m->at[i]);
	text_addf(t, "\tchain pick_%s_%u {\n", hooks[in], i);
	emit_lines(t, "", &any, &services, "return");
	text_addf(t, "\t\tgoto nat_%u\n\t}\n", i);
	text_fini(&services.text);
}

static void hook_chain(struct text *t, const struct honeynet *n, bool in)
{
	_matches_ struct matches m;

	matches_of_nat(&m, n, in);
	text_addf(t, in ? "\tchain nat_%s {\n\t\ttype nat hook prerouting priority -101; policy accept;\n\t\tiifname \"br0\" return\n" :
		  "\tchain nat_%s {\n\t\ttype nat hook postrouting priority 99; policy accept;\n\t\toifname \"br0\" return\n", hooks[in]);
	for (uint32_t i = 0; i < m.n; i++)
		if (is_about(&m.at[i]))
			rule_lines(t, n, &m, i, in);
	text_add(t, "\t}\n");
	for (uint32_t i = 0; i < m.n; i++)
		if (has_pick(n, &m, i))
			pick_chain(t, n, &m, i, in);
}

/* led_chain() - whom the gate or a list would stop comes to the honeypot itself, as far as he comes */
static void led_chain(struct text *t, const struct honeynet *n, const struct nat_rule *r)
{
	static const char *const stopped[] = { "meta nfproto != @alive", "ip saddr @" POLICY_BLOCKED_SET,
					       "ip saddr @" POLICY_BLACKLIST_SET };

	if (!n->honeypot[r->honeypot].instances.max) {
		text_add(t, "\t\t");
		nat_turn(t, n, r, r->honeypot);
		text_addc(t, '\n');
		return;
	}
	for (size_t i = 0; i < nitems(stopped); i++) {
		text_addf(t, "\t\t%s ", stopped[i]);
		nat_turn(t, n, r, r->honeypot);
		text_addc(t, '\n');
	}
	instances_lead(t, n, r->honeypot, r);
}

void nat_chains(struct text *t, const struct honeynet *n)
{
	for (uint32_t i = 0; i < n->n_nat; i++) {
		const struct nat_rule *r = &n->nat[i];

		text_addf(t, "\tchain nat_%u {\n\t\tcounter name " POLICY_NAT_COUNTER "%u\n", i, i);
		if (r->kind == NAT_SOURCE)
			text_addf(t, "\t\tsnat ip to %s\n", emit_address(r->address));
		else if (r->kind == NAT_DESTINATION)
			led_chain(t, n, r);
		else
			text_add(t, "\t\taccept\n");
		text_add(t, "\t}\n");
	}
	for (int in = 0; in < 2 && has_hooks(n); in++)
		hook_chain(t, n, in);
}
