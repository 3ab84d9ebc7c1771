/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The gateway's rules.
 *
 *	tap -> bridge skep_l2	a tap sends with its honeypot's MAC and address, or not at all
 *	prerouting		no IPv6, nothing that conntrack calls invalid
 *	forward			locks (dead-man, owner), who is kept out, source, floods, then
 *	    established		accepted; if it leaves the honeynet: policed, counted where one flow
 *				can hide much, charged
 *	    all else		the rulebase: the first rule that matches goes to its own chain,
 *	      forward_<n>	   contain (may drop), then log and verdict: rulebase.c
 *	input			the same for the gateway itself, with its own containment
 *
 * Honeypots with instances, and NAT: instances.c and nat.c have before which of these hooks an address is turned into another. All
 * of these know a honeypot by its own one.
 *
 * "All else" is NEW and RELATED alike: a helper's RELATED connection is one more connection, an ICMP
 * error one more packet. The rulebase comes first, so what it drops costs no budget; containment
 * comes before the rule's log, so what is logged as accepted was accepted.
 *
 * A budget is exactly N in a period. `limit rate 1/week burst N` is a bucket of N that gets one token
 * back in a week, and a period is a day at most, so a bucket never refills. It lives in an element of
 * a set; `add` makes the element at the first use and, unlike `update`, does not renew its time, so
 * period and bucket end together. The sense is positive (within the limit: go on, else drop): should a
 * set be full, the packet is dropped. Tried with real traffic: tests/unit/test_policy.c. How what was used outlives the
 * rules: kept.h, and net/elements.c for an element that begins with less than all.
 *
 * A flood is cut by its rate before it reaches rulebase and budgets, so that neither they nor the log
 * are its victims: up to the rate every packet is decided and logged as ever, beyond it a packet is
 * counted and dropped (refuse()). The rates are far above what a budget lets through in the long run
 * and far below what hurts anybody.
 *
 * Beside the budgets: packets and bytes a second, TCP connections open at once (the kernel's own count of those it knows),
 * and distinct destinations (destinations.c). What goes from one honeypot to another has a budget of its own; it passes here
 * because the bridge asks this table, too (net/gateway.c).
 *
 * Where frames are tagged (net/tags.h), a packet's mark says which session it belongs to, and the key of a session's budgets is
 * address and mark. They come before the honeypot's own: what a session is refused costs that nothing. Nobody's
 * packets have none. What comes without a tag is dropped in the bridge; one with a second tag is no IP there.
 *
 * A TCP connection is counted once: its mark lets the same SYN, sent again, pass. What is RELATED has inherited the mark of
 * the connection it belongs to, so there each SYN counts. UDP and others are
 * NEW until they are answered, and each such packet counts. ICMP counts in the original direction
 * even when answered, since a thousand pings are one flow to conntrack. Between honeypots it is conversations that are
 * counted, so there each one gets the mark.
 *
 * The mark comes too late for a SYN that is sent again while the first one waits for a word of the prevention (net/queue.h),
 * or was dropped there: the kernel does not know the connection yet. So who was counted is noted for a while beside it, until
 * there is an answer: whatever begins between the same ends then is another connection.
 *
 * A syslog datagram to the gateway is never answered either, but a rule lets in and logs only the first
 * of a flow, which gets the same mark: the others are their own record.
 */
#include "policy.h"

#include <stdio.h>

#include "base/mem.h"
#include "destinations.h"
#include "emit.h"
#include "instances.h"
#include "lead.h"
#include "match.h"
#include "model/budget.h"
#include "model/gate.h"
#include "model/reason.h"
#include "nat.h"
#include "rulebase.h"
#include "skep/capture.h"

enum {
	PINGS_PER_S = 20,	/* a honeypot's pings of the gateway */
	REPLIES_PER_S = 50,	/* UDP a honeypot answers to one peer: it is no reflector */
	INBOUND_PER_S = 2000,	/* new connections to one honeypot */
	REFUSED_SIZE = 4096,	/* elements a counting set has room for */
};

/* drop() - a rule whose matches are @match ("" or with a blank after each) */
static void drop(struct text *t, const char *match, enum reason r)
{
	text_addf(t, "\t\t%s", match);
	emit_log(t, "drop", reason_name(r), POLICY_LOG_INET);
	text_add(t, " drop\n");
}

/* only_if() - what comes then is asked of what @match fits only, until end_if() with the same one. It is matched once, which
 * all pay for whom it does not fit. */
static void only_if(struct text *t, const char *match)
{
	text_addf(t, *match ? "\t\t%sgoto {\n" : "%s", match);
}

static void end_if(struct text *t, const char *match)
{
	text_add(t, *match ? "\t\t}\n" : "");
}

/* reject() - as a router on the way does */
static void reject(struct text *t)
{
	text_add(t, "\t\tip protocol tcp reject with tcp reset\n\t\treject with icmp type host-unreachable\n");
}

/* use_up() - a drop() that its honeypot may hear of */
static void use_up(struct text *t, const struct containment *c, const char *match, enum reason r)
{
	if (c->refuse == REFUSE_DROP) {
		drop(t, match, r);
		return;
	}
	only_if(t, match);
	text_add(t, "\t\t");
	emit_log(t, "drop", reason_name(r), POLICY_LOG_INET);
	text_addc(t, '\n');
	if (c->refuse == REFUSE_REJECT)
		reject(t);
	else
		lead_refused(t, c->refuse);
	end_if(t, match);
}

/* --- refused by rate: counted in full, logged at first sight --- */

#define INET(r) { REASON_##r, false }
#define BRIDGE(r) { REASON_##r, true }
const struct policy_refused policy_refused[] = {
	INET(FLOOD_SYN), INET(FLOOD_UDP), INET(FLOOD_ICMP), INET(FLOOD_OTHER), INET(FLOOD_IN), INET(BUDGET_PACKETS),
	INET(BUDGET_BANDWIDTH), INET(BUDGET_LATERAL), INET(RESOLVER), INET(ISOLATION),
	INET(INSTANCE), INET(LOCKDOWN), INET(FENCE), INET(SPOOF_SOURCE), INET(BLOCKED), INET(BLACKLIST), INET(INVALID), INET(IPV6),
	BRIDGE(SPOOF_TAG), BRIDGE(SPOOF_MAC), BRIDGE(SPOOF_IP), BRIDGE(SPOOF_ARP), BRIDGE(NOT_IP), BRIDGE(IPV6),
};
const size_t policy_n_refused = nitems(policy_refused);

const char *policy_refused_set(enum reason r, char ret[POLICY_SET_NAME])
{
	snprintf(ret, POLICY_SET_NAME, POLICY_REFUSED_SET "%s", reason_name(r));
	for (char *c = ret; *c; c++)
		*c = *c == ' ' || *c == '-' ? '_' : *c;
	return ret;
}

/* An element lives an hour after its last packet: an hour in which nothing is refused ends a count. */
static void refused_sets(struct text *t, bool bridge)
{
	char name[POLICY_SET_NAME];

	for (size_t i = 0; i < nitems(policy_refused); i++) {
		enum reason r = policy_refused[i].reason;
		const char *type = bridge || r == REASON_SPOOF_SOURCE || r == REASON_INVALID || r == REASON_IPV6 ?
				   "ifname" : "ipv4_addr";

		if (policy_refused[i].bridge == bridge)
			text_addf(t, "\tset %s { type %s; size %u; flags dynamic,timeout; timeout 1h; }\n",
				  policy_refused_set(r, name), type, REFUSED_SIZE);
	}
}

/*
 * What matches is counted for its @key and logged up to @per_s times a second (and @burst times at once). Counter and limit
 * are in one element: the counter comes first, and the limit decides only whether the rest of the rule, the log, is reached.
 * A full set loses lines and counts, never what comes after it.
 */
struct refusal {
	const char *match, *key;
	enum reason reason;
	unsigned group, per_s, burst;
};

static void count(struct text *t, const struct refusal *r)
{
	char name[POLICY_SET_NAME];

	text_addf(t, "\t\tupdate @%s { %s counter limit rate %u/second burst %u packets } ", policy_refused_set(r->reason, name), r->key,
		  r->per_s, r->burst);
	emit_log(t, "drop", reason_name(r->reason), r->group);
	text_addc(t, '\n');
}

/* refuse() - the match is made once: most packets are not refused, and pay for it */
static void refuse(struct text *t, const struct refusal *r)
{
	only_if(t, r->match);
	count(t, r);
	text_add(t, "\t\tdrop\n");
	end_if(t, r->match);
}

enum {
	FIRST_PER_S = 1, FIRST_BURST = 5,	/* log lines of a flood */
	INSIDE_PER_S = 50, INSIDE_BURST = 100,	/* and of what is too much for another honeypot */
};

static void refuse_first(struct text *t, const char *match, const char *key, enum reason reason)
{
	refuse(t, &(struct refusal){ match, key, reason, POLICY_LOG_INET, FIRST_PER_S, FIRST_BURST });
}

static void refuse_frame(struct text *t, const char *match, enum reason reason)
{
	refuse(t, &(struct refusal){ match, "iifname", reason, POLICY_LOG_BRIDGE, FIRST_PER_S, FIRST_BURST });
}

/* use_up_inside() - likewise of what no flood is cut of before: counted in full, not logged without end */
static void use_up_inside(struct text *t, const struct containment *c, const char *match, enum reason r)
{
	only_if(t, match);
	count(t, &(struct refusal){ match, "ip saddr", r, POLICY_LOG_INET, INSIDE_PER_S, INSIDE_BURST });
	if (c->refuse == REFUSE_REJECT)
		reject(t);
	else
		text_add(t, "\t\tdrop\n");
	end_if(t, match);
}

/* Their addresses, as nft writes a set. */
static void honeypot_set(struct text *t, const struct honeynet *n, uint64_t which)
{
	const char *comma = "";

	text_add(t, "{ ");
	for (uint32_t i = 0; i < n->n_honeypots; i++) {
		if (which >> i & 1) {
			text_addf(t, "%s%s", comma, emit_address(n->honeypot[i].address));
			comma = ", ";
		}
	}
	text_add(t, " }");
}

/* --- table bridge skep_l2 --- */

/* Which taps there are, and what each may say it is. */
static void bound(struct text *t, const struct honeynet *n, bool with_address)
{
	const char *comma = "";

	text_add(t, "{");
	for (uint32_t i = 0; i < n->n_honeypots; i++) {
		const struct honeypot *h = &n->honeypot[i];

		if (!honeypot_there(n, i))
			continue;
		text_addf(t, "%s\n\t\t\t\"tap%u\" . %02x:%02x:%02x:%02x:%02x:%02x", comma, i, h->mac[0],
			  h->mac[1], h->mac[2], h->mac[3], h->mac[4], h->mac[5]);
		if (with_address)
			text_addf(t, " . %s", emit_address(h->address));
		comma = ",";
	}
	text_add(t, "\n\t\t}\n");
}

static void bridge_sets(struct text *t, const struct honeynet *n)
{
	text_add(t, "\tset port_mac {\n\t\ttype ifname . ether_addr\n\t\telements = ");
	bound(t, n, false);
	text_add(t, "\t}\n\tset port_bind {\n\t\ttype ifname . ether_addr . ipv4_addr\n\t\telements = ");
	bound(t, n, true);
	text_add(t, "\t}\n");
	refused_sets(t, true);
}

static void bridge_chain(struct text *t, bool tagged)
{
	char untagged[64];

	snprintf(untagged, sizeof(untagged), "meta mark & 0x%08x == 0x00000000 ", GATE_TAGGED);
	text_add(t, "\tchain l2_pre {\n\t\ttype filter hook prerouting priority -300; policy accept;\n"
		    "\t\tiifname != \"tap*\" accept\n");
	if (tagged)
		refuse_frame(t, untagged, REASON_SPOOF_TAG);
	refuse_frame(t, "iifname . ether saddr != @port_mac ", REASON_SPOOF_MAC);
	text_add(t, "\t\tether type ip iifname . ether saddr . ip saddr @port_bind accept\n");
	refuse_frame(t, "ether type ip ", REASON_SPOOF_IP);
	text_add(t, "\t\tether type arp arp htype 1 arp ptype ip arp hlen 6 arp plen 4 "
		    "iifname . arp saddr ether . arp saddr ip @port_bind accept\n");
	refuse_frame(t, "ether type arp ", REASON_SPOOF_ARP);
	refuse_frame(t, "ether type ip6 ", REASON_IPV6);
	refuse_frame(t, "", REASON_NOT_IP);
	text_add(t, "\t}\n");
}

/* --- containment --- */

static const struct budget {
	const char *name, *match;
	enum reason reason;
	bool once;		/* a connection, not each of its packets */
	const char *of;		/* the key of the set */
} budgets[BUDGETS] = {
	[BUDGET_TCP] = { "tcp", "ip protocol tcp ", REASON_BUDGET_TCP, true, "ip saddr" },
	[BUDGET_UDP] = { "udp", "ip protocol udp ", REASON_BUDGET_UDP, false, "ip saddr" },
	[BUDGET_ICMP] = { "icmp", "ip protocol icmp ", REASON_BUDGET_ICMP, false, "ip saddr" },
	[BUDGET_OTHER] = { "other", "", REASON_BUDGET_OTHER, false, "ip saddr" },
	[BUDGET_BYTES] = { "bytes", "", REASON_BUDGET_BYTES, false, "ip saddr" },
	[BUDGET_LATERAL] = { "lateral", "", REASON_BUDGET_LATERAL, true, "ip saddr" },
};

/* Those of sessions. That a connection has been counted, its honeypot's says. */
#define SESSION(name) { POLICY_SESSION name, "", REASON_BUDGET_SESSION, false, "ip saddr . meta mark" }
static const struct budget session_budgets[] = { SESSION("tcp"), SESSION("udp"), SESSION("icmp"), SESSION("other") };

/* How fast each may leave a honeypot, before anything else is asked; the last row is all the rest. */
static const struct flood {
	const char *name, *match;
	uint32_t per_s, burst;
	enum reason reason;
} floods[] = {
	{ "syn", "tcp flags & (fin|syn|rst|ack) == syn ", 50, 100, REASON_FLOOD_SYN },
	{ "udp", "ip protocol udp ", 250, 250, REASON_FLOOD_UDP },
	{ "icmp", "ip protocol icmp ", 50, 100, REASON_FLOOD_ICMP },
	{ "other", "ip protocol != { tcp, udp, icmp } ", 50, 100, REASON_FLOOD_OTHER },
};

static void timed_set(struct text *t, const char *name, const char *type, unsigned size, uint32_t timeout_s)
{
	text_addf(t, "\tset %s { type %s; size %u; flags dynamic,timeout; timeout %us; }\n", name, type, size,
		  timeout_s);
}

static void network_set(struct text *t, const char *name, const struct network *list, uint32_t n)
{
	text_addf(t, "\tset %s { type ipv4_addr; flags interval; ", name);
	for (uint32_t i = 0; i < n; i++)
		text_addf(t, "%s%s/%u", i ? ", " : "elements = { ", emit_address(list[i].address), list[i].prefix);
	text_add(t, n ? " }; }\n" : "}\n");
}

/* How long its elements live, the rule says that makes them: another period begins with the next budget. */
static void budget_set(struct text *t, const char *name, const char *type, uint32_t size)
{
	text_addf(t, "\tset " POLICY_BUDGET_SET "%s { type %s; size %u; flags dynamic,timeout; }\n", name, type, size);
}

#define COUNTED_SET "counted"
enum { COUNTED_SIZE = 65535, COUNTED_S = 5 };
#define ENDS_OF_ANSWER "ip daddr . tcp dport . ip saddr . tcp sport"

static void sets(struct text *t, const struct honeynet *n)
{
	const struct containment *c = &n->containment;

	text_add(t, "\tset alive { type nf_proto; flags timeout; }\n"
		    "\tset honeypots { type ipv4_addr; elements = ");
	honeypot_set(t, n, honeypots_there(n));
	text_add(t, "; }\n");
	for (size_t i = 0; i < nitems(budgets); i++)
		budget_set(t, budgets[i].name, "ipv4_addr", 1024);
	for (size_t i = 0; c->tagged && i < nitems(session_budgets); i++)
		budget_set(t, session_budgets[i].name, "ipv4_addr . mark", MAX_HONEYPOTS * SKEP_TAGS_MAX);
	timed_set(t, COUNTED_SET, EMIT_TCP_ENDS_TYPE, COUNTED_SIZE, COUNTED_S);
	text_add(t, "\tset open_tcp { type ipv4_addr; size 1024; flags dynamic; }\n");
	network_set(t, POLICY_FENCE_SET, c->fence, c->n_fence);
	network_set(t, POLICY_BLACKLIST_SET, c->black, c->n_black);
	network_set(t, POLICY_WHITELIST_SET, c->white, c->n_white);
	network_set(t, POLICY_RESOLVERS_SET, c->resolver, c->n_resolvers);
	text_addf(t, "\tset " POLICY_LOCKDOWN_SET " { type nf_proto; %s}\n", c->locked ? "elements = { ipv4 }; " : "");
	text_add(t, "\tset " POLICY_BLOCKED_SET " { type ipv4_addr; size 65535; flags timeout; }\n");
	refused_sets(t, false);
	rulebase_sets(t, NULL, n);
	nat_sets(t, NULL, n);
	instances_sets(t, NULL, n);
	lead_sets(t, NULL, n);
	for (size_t i = 0; i < nitems(floods); i++) {
		char name[32];

		snprintf(name, sizeof(name), "rate_%s", floods[i].name);
		timed_set(t, name, "ipv4_addr", 1024, 60);
	}
	destinations_sets(t, NULL, n);
	timed_set(t, "rate_packets", "ipv4_addr", 1024, 60);
	timed_set(t, "rate_bandwidth", "ipv4_addr", 1024, 60);
	timed_set(t, "rate_in", "ipv4_addr", 1024, 60);
	timed_set(t, "rate_pings", "ipv4_addr", 1024, 60);
	timed_set(t, "rate_replies", "ipv4_addr . ipv4_addr", 65535, 60);
}

/*
 * allow() - so much of a budget to @who ("" or a match), and no more. A burst of 0 would be the kernel's default, 5.
 *
 * With jitter there are several such rules, of which chance takes one when a period begins: the element that is made then
 * has its limit, and for the others it is just there. Once it is used up, none of them lets anything pass.
 */
enum { MOST_LIMITS = 8 };

static void allow(struct text *t, const char *who, const struct budget *b, const struct containment *c, uint32_t limit)
{
	uint32_t least = limit - limit * c->jitter / 100, n = limit - least + 1;

	n = n < MOST_LIMITS ? n : MOST_LIMITS;
	for (uint32_t i = n; limit && i; i--) {
		text_addf(t, "\t\t%s", who);
		if (i > 1)
			text_addf(t, "numgen random mod %u == 0 ", i);
		text_addf(t, "add @" POLICY_BUDGET_SET "%s { %s timeout %us limit rate 1/week burst %u packets counter } ", b->name, b->of,
			  c->period_s, n == 1 ? limit : least + (limit - least) * (i - 1) / (n - 1));
		if (b->once)
			text_addf(t, "ct mark set ct mark | 0x%08x ", POLICY_COUNTED_MARK);
		if (b->reason == REASON_BUDGET_TCP)
			text_add(t, "add @" COUNTED_SET " { " EMIT_TCP_ENDS " } ");
		text_add(t, "return\n");
	}
	(b->reason == REASON_BUDGET_LATERAL ? use_up_inside : use_up)(t, c, who, b->reason);
}

static void allow_bytes(struct text *t, const char *who, const struct containment *c, uint32_t mb)
{
	text_addf(t, "\t\t%sadd @" POLICY_BUDGET_SET "bytes { ip saddr timeout %us quota until %u mbytes } return\n", who, c->period_s,
		  mb);
	use_up(t, c, who, REASON_BUDGET_BYTES);
}

/* allow_all() - those first who have a limit of their own. @held: a place; nothing of its passes */
static void allow_all(struct text *t, const struct honeynet *n, uint32_t budget, uint32_t held)
{
	const struct containment *c = &n->containment;
	char who[40];

	for (uint32_t i = 0; i < n->n_honeypots; i++) {
		snprintf(who, sizeof(who), "ip saddr %s ", emit_address(n->honeypot[i].address));
		if (i == held)
			text_addf(t, "\t\t%sdrop\n", who);
		if (!honeypot_there(n, i) || !(c->own[i].set >> budget & 1))
			continue;
		if (budget == BUDGET_BYTES)
			allow_bytes(t, who, c, c->own[i].limit[budget]);
		else
			allow(t, who, &budgets[budget], c, c->own[i].limit[budget]);
	}
	if (budget == BUDGET_BYTES)
		allow_bytes(t, "", c, c->bytes_mb);
	else
		allow(t, "", &budgets[budget], c, budget_file(c, budget));
}

static bool has_session_budget(const struct containment *c, uint32_t budget)
{
	return c->tagged && c->session.set >> budget & 1;
}

/* budget_chains() - @held as above, MAX_HONEYPOTS nobody */
static void budget_chains(struct text *t, const struct honeynet *n, uint32_t held)
{
	for (uint32_t i = 0; i < nitems(budgets); i++) {
		text_addf(t, "\tchain count_%s {\n", budgets[i].name);
		if (i == BUDGET_LATERAL)	/* an error tells who came what became of that */
			text_add(t, "\t\tip protocol icmp ct state related return\n");
		if (budgets[i].once)
			text_addf(t, "\t\tct state new ct mark & 0x%08x == 0x%08x return\n", POLICY_COUNTED_MARK,
				  POLICY_COUNTED_MARK);
		if (i == BUDGET_TCP)
			text_addf(t, "\t\tct state new " EMIT_TCP_ENDS " @" COUNTED_SET " ct mark set ct mark | 0x%08x return\n\t\tjump check_open\n",
				  POLICY_COUNTED_MARK);
		if (has_session_budget(&n->containment, i))
			text_addf(t, "\t\tmeta mark & 0x%08x != 0x00000000 jump count_%s\n", GATE_TAG_MASK, session_budgets[i].name);
		allow_all(t, n, i, held);
		text_add(t, "\t}\n");
	}
}

static void session_chains(struct text *t, const struct containment *c)
{
	for (uint32_t i = 0; i < nitems(session_budgets); i++) {
		if (!has_session_budget(c, i))
			continue;
		text_addf(t, "\tchain count_%s {\n", session_budgets[i].name);
		allow(t, "", &session_budgets[i], c, c->session.limit[i]);
		text_add(t, "\t}\n");
	}
}

void policy_budgets(const struct honeynet *n, uint32_t held, struct text *ret)
{
	for (size_t i = 0; i < nitems(budgets); i++)
		text_addf(ret, "flush chain inet skep count_%s\n", budgets[i].name);
	text_add(ret, "table inet skep {\n");
	budget_chains(ret, n, held);
	text_add(ret, "}\n");
}

/* rate_chain() - lets @per_s packets a second of each @key go on, and @burst at once */
struct rate {
	const char *name, *key;
	uint32_t per_s, burst;
	enum reason reason;
	const char *count;	/* for whom the rest is counted; NULL: ip saddr */
};

static void rate_chain(struct text *t, const struct rate *r)
{
	text_addf(t, "\tchain check_%s {\n\t\tupdate @rate_%s { %s limit rate %u/second burst %u packets } return\n",
		  r->name, r->name, r->key, r->per_s, r->burst);
	refuse_first(t, "", r->count ? r->count : "ip saddr", r->reason);
	text_add(t, "\t}\n");
}

/* A burst of a tenth of a second or ten packets. */
static uint32_t small_burst(uint32_t per_s)
{
	return per_s / 10 > 10 ? per_s / 10 : per_s < 10 ? per_s : 10;
}

static void rate_chains(struct text *t, const struct containment *c)
{
	const struct rate rates[] = {
		{ "packets", "ip saddr", c->packets_per_s, small_burst(c->packets_per_s), REASON_BUDGET_PACKETS, NULL },
		{ "pings", "ip saddr", PINGS_PER_S, small_burst(PINGS_PER_S), REASON_FLOOD_ICMP, NULL },
		{ "replies", "ip saddr . ip daddr", REPLIES_PER_S, small_burst(REPLIES_PER_S), REASON_FLOOD_UDP, NULL },
		{ "in", "ip daddr", INBOUND_PER_S, 2 * INBOUND_PER_S, REASON_FLOOD_IN, "ip daddr" },
	};

	for (size_t i = 0; i < nitems(rates); i++)
		rate_chain(t, &rates[i]);
	for (size_t i = 0; i < nitems(floods); i++)
		rate_chain(t, &(struct rate){ floods[i].name, "ip saddr", floods[i].per_s, floods[i].burst,
					      floods[i].reason, NULL });
	text_add(t, "\tchain check_floods {\n");
	for (size_t i = 0; i < nitems(floods); i++)
		text_addf(t, "\t\t%sgoto check_%s\n", floods[i].match, floods[i].name);
	text_add(t, "\t}\n");
}

/* The kernel counts a source's connections in the element, and forgets those that it knows to be closed. */
static void open_chain(struct text *t, const struct containment *c)
{
	text_add(t, "\tchain check_open {\n");
	if (c->connections) {
		text_addf(t, "\t\tadd @open_tcp { ip saddr ct count %u } return\n", c->connections);
		use_up(t, c, "", REASON_BUDGET_CONNECTIONS);
	}
	text_add(t, "\t}\n");
}

/* A bucket holds a second's worth and a burst; no packet, however many were put together to one, is larger than that. */
static void bandwidth_chain(struct text *t, uint32_t kb)
{
	text_add(t, "\tchain check_bandwidth {\n");
	if (kb) {
		text_addf(t, "\t\tupdate @rate_bandwidth { ip saddr limit rate %u kbytes/second burst 64 kbytes } return\n", kb);
		refuse_first(t, "", "ip saddr", REASON_BUDGET_BANDWIDTH);
	}
	text_add(t, "\t}\n");
}

static void containment_chains(struct text *t, const struct honeynet *n)
{
	const struct containment *c = &n->containment;

	rate_chains(t, c);
	bandwidth_chain(t, c->bandwidth_kb);
	open_chain(t, c);
	text_add(t, "\tchain " POLICY_REFUSE_DESTINATION " {\n");
	use_up(t, c, "", REASON_BUDGET_DESTINATIONS);
	text_add(t, "\t}\n");
	destinations_chains(t, n);
	session_chains(t, c);
	budget_chains(t, n, MAX_HONEYPOTS);
	text_add(t, "\tchain count_new {\n");
	for (size_t i = 0; i <= BUDGET_OTHER; i++)
		text_addf(t, "\t\t%sgoto count_%s\n", budgets[i].match, budgets[i].name);
	text_addf(t, "\t}\n\tchain contain_forward {\n\t\tiifname != \"br0\" %s\n",
		  instances_any(n) ? "goto count_visit" : "return");
	text_add(t, "\t\toifname \"br0\" goto count_lateral\n"
		    "\t\tjump check_packets\n"
		    "\t\tjump check_bandwidth\n"
		    "\t\tjump count_new\n"
		    "\t\tjump check_destination\n"
		    "\t\tjump count_bytes\n"
		    "\t}\n"
		    "\tchain pass_out {\n"
		    "\t\tjump check_packets\n"
		    "\t\tjump check_bandwidth\n"
		    "\t\tip protocol icmp ct direction original jump count_icmp\n"
		    "\t\tip protocol udp ct direction reply jump check_replies\n"
		    "\t\tct direction original jump check_destination\n"
		    "\t\tjump count_bytes\n"
		    "\t}\n"
		    "\tchain pass_established {\n"
		    "\t\tiifname \"br0\" oifname != \"br0\" jump pass_out\n"
		    "\t\tiifname != \"br0\" tcp flags & (syn|rst) != 0 delete @" COUNTED_SET " { " ENDS_OF_ANSWER " }\n"
		    "\t\taccept\n"
		    "\t}\n");
}

/* What a honeypot may want of the gateway, whatever the rules say: to log, to ping, and what a rule
 * that names the firewall itself lets it. "any" as a destination is not enough. */
static void contain_input(struct text *t, const struct honeynet *n, const struct matches *m)
{
	text_addf(t, "\tchain contain_input {\n"
		     "\t\tiifname != \"br0\" return\n"
		     "\t\ttcp dport 514 return\n"
		     "\t\tudp dport 514 ct mark set ct mark | 0x%08x return\n"
		     "\t\ticmp type echo-request return\n", POLICY_COUNTED_MARK);
	rulebase_named(t, n, m);
	drop(t, "", REASON_DEFAULT);
	text_add(t, "\t}\n");
}

/* --- the hooks --- */

static void source_chain(struct text *t, const struct honeynet *n)
{
	char inside[64];

	snprintf(inside, sizeof(inside), "ip saddr %s/%u ", emit_address(n->network), n->prefix);
	text_add(t, "\tchain check_source {\n\t\tiifname \"br0\" ip saddr @honeypots return\n");
	refuse_first(t, "iifname \"br0\" ", "iifname", REASON_SPOOF_SOURCE);
	refuse_first(t, inside, "iifname", REASON_SPOOF_SOURCE);
	text_add(t, "\t}\n");
}

/* The administrator's own word comes before all others; what is open ends with it. */
static void locked(struct text *t)
{
	refuse_first(t, "meta nfproto @" POLICY_LOCKDOWN_SET " ", "ip saddr", REASON_LOCKDOWN);
}

/* A honeypot still tells the log server what happens. */
static void lockdown_chain(struct text *t)
{
	text_add(t, "\tchain check_lockdown {\n\t\tmeta l4proto { tcp, udp } th dport 514 return\n");
	locked(t);
	text_add(t, "\t}\n");
}

/* Counted for who sent it: what a scanner goes on to send leaves room for a honeypot's first packet to it. */
static void blocked(struct text *t, const char *match)
{
	refuse(t, &(struct refusal){ match, "ip saddr", REASON_BLOCKED, POLICY_LOG_INET, FIRST_PER_S, 1 });
}

static void refuse_resolver(struct text *t, const char *match, enum refuse_how how)
{
	only_if(t, match);
	count(t, &(struct refusal){ match, "ip saddr", REASON_RESOLVER, POLICY_LOG_INET, FIRST_PER_S, FIRST_BURST });
	lead_datagram(t, how);
	text_add(t, "\t\tdrop\n");
	end_if(t, match);
}

/* Whatever the rules say, and also what is open: honeypots to each other; who is asked for names, though not who is answered. */
static void closed_ways(struct text *t, const struct containment *c)
{
	char others[160];

	snprintf(others, sizeof(others), "iifname \"br0\" oifname != \"br0\" ct direction original meta l4proto { tcp, udp } "
		 "th dport { %d, %d } ip daddr != @" POLICY_RESOLVERS_SET " ", DNS_PORT, DNS_TLS_PORT);
	if (c->isolation)
		refuse_first(t, "iifname \"br0\" oifname \"br0\" ", "ip saddr", REASON_ISOLATION);
	if (c->n_resolvers)
		refuse_resolver(t, others, c->refuse);
}

static void hook_chains(struct text *t, const struct honeynet *n, const struct matches *m)
{
	char unmarked[64];

	snprintf(unmarked, sizeof(unmarked), "meta mark & 0x%08x == 0x00000000 ", GATE_OWNER_MARK);
	text_add(t, "\tchain prerouting {\n\t\ttype filter hook prerouting priority -150; policy accept;\n");
	refuse_first(t, "meta nfproto ipv6 ", "iifname", REASON_IPV6);
	/* Many a scan consists of these alone, so more of them are logged. */
	refuse(t, &(struct refusal){ "ct state invalid ", "iifname", REASON_INVALID, POLICY_LOG_INET, 500, 1000 });
	text_add(t, "\t}\n\tchain input {\n\t\ttype filter hook input priority 0; policy drop;\n"
		    "\t\tiifname \"lo\" accept\n");
	drop(t, "meta nfproto ipv6 ", REASON_IPV6);
	blocked(t, "ip saddr @" POLICY_BLOCKED_SET " ");
	refuse_first(t, "ip saddr @" POLICY_BLACKLIST_SET " ", "ip saddr", REASON_BLACKLIST);
	text_add(t, "\t\tiifname \"br0\" jump check_lockdown\n"
		    "\t\tjump check_source\n"
		    "\t\tiifname \"br0\" meta l4proto { tcp, udp } th dport != 514 jump check_floods\n"
		    "\t\tiifname \"br0\" icmp type echo-request jump check_pings\n");
	lead_input(t, n);
	text_addf(t, "\t\tct state established accept\n"
		     "\t\tiifname \"br0\" udp dport 514 ct mark & 0x%08x == 0x%08x accept\n", POLICY_COUNTED_MARK,
		  POLICY_COUNTED_MARK);
	rulebase_rules(t, n, m, true);
	drop(t, "", REASON_DEFAULT);
	text_add(t, "\t}\n\tchain forward {\n\t\ttype filter hook forward priority 0; policy drop;\n");
	drop(t, "meta nfproto != @alive ", REASON_DEAD_MAN);
	drop(t, unmarked, REASON_OWNER);
	drop(t, "meta nfproto ipv6 ", REASON_IPV6);
	/* Before what is established: they end what is open, too. */
	locked(t);
	refuse_first(t, "iifname \"br0\" ip daddr @" POLICY_FENCE_SET " ", "ip saddr", REASON_FENCE);
	blocked(t, "ip saddr @" POLICY_BLOCKED_SET " ");
	blocked(t, "ip daddr @" POLICY_BLOCKED_SET " ");
	refuse_first(t, "ip saddr @" POLICY_BLACKLIST_SET " ", "ip saddr", REASON_BLACKLIST);
	refuse_first(t, "ip daddr @" POLICY_BLACKLIST_SET " ", "ip saddr", REASON_BLACKLIST);
	text_add(t, "\t\tjump check_source\n");
	instances_forward(t, n);
	closed_ways(t, &n->containment);
	text_add(t, "\t\tiifname \"br0\" oifname != \"br0\" jump check_floods\n"
		    "\t\tiifname != \"br0\" oifname \"br0\" ct state new jump check_in\n"
		    "\t\tct state established goto pass_established\n"
		    "\t\tiifname \"br0\" oifname != \"br0\" ip daddr @" POLICY_WHITELIST_SET " goto forward_whitelist\n"
		    "\t\tiifname != \"br0\" ip saddr @" POLICY_WHITELIST_SET " ip daddr @honeypots goto forward_whitelist\n");
	rulebase_rules(t, n, m, false);
	drop(t, "", REASON_DEFAULT);
	text_add(t, "\t}\n\tchain output {\n\t\ttype filter hook output priority 0; policy accept;\n");
	drop(t, "meta nfproto ipv6 ", REASON_IPV6);
	text_add(t, "\t}\n");
}

/* The rules are not asked; all that is beneath them is. */
static void whitelist_chain(struct text *t)
{
	text_add(t, "\tchain forward_whitelist {\n\t\tjump contain_forward\n\t\t");
	emit_log(t, "accept", reason_name(REASON_WHITELIST), POLICY_LOG_INET);
	text_add(t, " accept\n\t}\n");
}

static void chains(struct text *t, const struct honeynet *n, const struct matches *m)
{
	hook_chains(t, n, m);
	source_chain(t, n);
	lockdown_chain(t);
	rulebase_chains(t, n, m, true);
	rulebase_chains(t, n, m, false);
	whitelist_chain(t);
	contain_input(t, n, m);
	containment_chains(t, n);
	nat_chains(t, n);
	lead_chain(t, n);
	if (instances_chains(t, n)) {
		text_add(t, "\tchain " POLICY_REFUSE_VISIT " {\n");
		refuse_first(t, "", "ip daddr", REASON_INSTANCE);
		text_add(t, "\t}\n");
	}
}

void policy_compile(const struct honeynet *n, struct text *ret)
{
	_matches_ struct matches m;

	matches_init(&m, n);
	text_add(ret, "add table bridge skep_l2\ndelete table bridge skep_l2\ntable bridge skep_l2 {\n");
	bridge_sets(ret, n);
	bridge_chain(ret, n->containment.tagged);
	text_add(ret, "}\nadd table inet skep\ndelete table inet skep\ntable inet skep {\n");
	sets(ret, n);
	chains(ret, n, &m);
	text_add(ret, "}\n");
}

/* in_file() - network @n is in the fence by the honeynet file */
static bool in_file(const struct containment *c, const struct network *n)
{
	return network_find(c->fence, containment_fence(c), n) < containment_fence(c);
}

/* move_fence() - @command for what @c has in its file and @other has not; what was put there by hand is let be */
static void move_fence(struct text *t, const char *command, const struct containment *c, const struct containment *other)
{
	for (uint32_t i = 0; i < containment_fence(c); i++)
		if (!in_file(other, &c->fence[i]))
			text_addf(t, "%s element inet skep " POLICY_FENCE_SET " { %s/%u }\n", command, emit_address(c->fence[i].address),
				  c->fence[i].prefix);
}

/* renew_list() - all of it is the file's */
static void renew_list(struct text *t, const char *set, const struct network *list, uint32_t n)
{
	text_addf(t, "flush set inet skep %s\n", set);
	for (uint32_t i = 0; i < n; i++)
		text_addf(t, "add element inet skep %s { %s/%u }\n", set, emit_address(list[i].address), list[i].prefix);
}

void policy_replace(const struct honeynet *was, const struct honeynet *n, struct text *ret)
{
	_matches_ struct matches m, had;

	matches_init(&m, n);
	matches_init(&had, was);
	text_add(ret, "flush table bridge skep_l2\nflush set bridge skep_l2 port_mac\nflush set bridge skep_l2 port_bind\n"
		      "add element bridge skep_l2 port_mac ");
	bound(ret, n, false);
	text_add(ret, "add element bridge skep_l2 port_bind ");
	bound(ret, n, true);
	text_add(ret, "table bridge skep_l2 {\n");
	bridge_chain(ret, n->containment.tagged);
	text_add(ret, "}\nflush table inet skep\nflush set inet skep honeypots\nadd element inet skep honeypots ");
	honeypot_set(ret, n, honeypots_there(n));
	text_addc(ret, '\n');
	rulebase_drop(ret, was, &had, n, &m);
	nat_drop(ret, was, n);
	instances_drop(ret, was, n);
	lead_drop(ret, was, n);
	destinations_drop(ret, was, n);
	renew_list(ret, POLICY_BLACKLIST_SET, n->containment.black, n->containment.n_black);
	renew_list(ret, POLICY_WHITELIST_SET, n->containment.white, n->containment.n_white);
	renew_list(ret, POLICY_RESOLVERS_SET, n->containment.resolver, n->containment.n_resolvers);
	move_fence(ret, "delete", &was->containment, &n->containment);
	move_fence(ret, "add", &n->containment, &was->containment);
	text_add(ret, "table inet skep {\n");
	rulebase_sets(ret, was, n);
	nat_sets(ret, was, n);
	instances_sets(ret, was, n);
	lead_sets(ret, was, n);
	destinations_sets(ret, was, n);
	chains(ret, n, &m);
	text_add(ret, "}\n");
}
