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
#include "model/twin.h"
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
static void reject(struct text *t, enum family f)
{
	text_addf(t, "\t\t%sreject with tcp reset\n\t\treject with %s\n", family_words[f].tcp,
		  f == FAMILY_4 ? "icmp type host-unreachable" : "icmpv6 type addr-unreachable");
}

/* use_up() - a drop() that its honeypot may hear of; of IPv6 nothing is led */
static void use_up(struct text *t, enum family f, const struct containment *c, const char *match, enum reason r)
{
	if (c->refuse == REFUSE_DROP || (f == FAMILY_6 && refuse_leads(c->refuse))) {
		drop(t, match, r);
		return;
	}
	only_if(t, match);
	text_add(t, "\t\t");
	emit_log(t, "drop", reason_name(r), POLICY_LOG_INET);
	text_addc(t, '\n');
	if (c->refuse == REFUSE_REJECT)
		reject(t, f);
	else
		lead_refused(t, c->refuse);
	end_if(t, match);
}

/* --- refused by rate: counted in full, logged at first sight --- */

#define INET(r) { REASON_##r, false, false }
#define INET6(r) { REASON_##r, false, true }
#define BRIDGE(r) { REASON_##r, true, false }
const struct policy_refused policy_refused[] = {
	INET(FLOOD_SYN), INET(FLOOD_UDP), INET(FLOOD_ICMP), INET(FLOOD_OTHER), INET(FLOOD_IN), INET(BUDGET_PACKETS),
	INET(BUDGET_BANDWIDTH), INET(BUDGET_LATERAL), INET(RESOLVER), INET(ISOLATION),
	INET(INSTANCE), INET(LOCKDOWN), INET(FENCE), INET(SPOOF_SOURCE), INET(BLOCKED), INET(BLACKLIST), INET(INVALID), INET(IPV6),
	INET6(LOCKDOWN), INET6(BLOCKED), INET6(BLACKLIST), { REASON_SPOOF_ND, true, true },
	BRIDGE(SPOOF_TAG), BRIDGE(SPOOF_MAC), BRIDGE(SPOOF_IP), BRIDGE(SPOOF_ARP), BRIDGE(NOT_IP), BRIDGE(IPV6),
};
const size_t policy_n_refused = nitems(policy_refused);

const char *policy_refused_set(enum reason r, bool six, char ret[POLICY_SET_NAME])
{
	snprintf(ret, POLICY_SET_NAME, POLICY_REFUSED_SET "%s%s", reason_name(r), six ? family_words[FAMILY_6].mark : "");
	for (char *c = ret; *c; c++)
		*c = *c == ' ' || *c == '-' ? '_' : *c;
	return ret;
}

/* An element lives an hour after its last packet: an hour in which nothing is refused ends a count. */
static void refused_sets(struct text *t, bool bridge, bool six)
{
	char name[POLICY_SET_NAME];

	for (size_t i = 0; i < nitems(policy_refused); i++) {
		enum reason r = policy_refused[i].reason;
		const char *type = bridge || r == REASON_SPOOF_SOURCE || r == REASON_INVALID || r == REASON_IPV6 ?
				   "ifname" : family_words[policy_refused[i].six ? FAMILY_6 : FAMILY_4].type;

		if (policy_refused[i].bridge == bridge && (six || !policy_refused[i].six))
			text_addf(t, "\tset %s { type %s; size %u; flags dynamic,timeout; timeout 1h; }\n",
				  policy_refused_set(r, policy_refused[i].six, name), type, REFUSED_SIZE);
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
	bool six;		/* the set is one of IPv6's */
};

static void count(struct text *t, const struct refusal *r)
{
	char name[POLICY_SET_NAME];

	text_addf(t, "\t\tupdate @%s { %s counter limit rate %u/second burst %u packets } ", policy_refused_set(r->reason, r->six, name), r->key,
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
	refuse(t, &(struct refusal){ match, key, reason, POLICY_LOG_INET, FIRST_PER_S, FIRST_BURST, false });
}

/* refuse_source() - counted for whoever sent it */
static void refuse_source(struct text *t, enum family f, const char *match, enum reason reason, unsigned burst)
{
	refuse(t, &(struct refusal){ match, family_words[f].saddr, reason, POLICY_LOG_INET, FIRST_PER_S, burst, f == FAMILY_6 });
}

static void refuse_frame(struct text *t, const char *match, enum reason reason, bool six)
{
	refuse(t, &(struct refusal){ match, "iifname", reason, POLICY_LOG_BRIDGE, FIRST_PER_S, FIRST_BURST, six });
}

/* use_up_inside() - likewise of what no flood is cut of before: counted in full, not logged without end */
static void use_up_inside(struct text *t, enum family f, const struct containment *c, const char *match, enum reason r)
{
	only_if(t, match);
	count(t, &(struct refusal){ match, family_words[f].pot, r, POLICY_LOG_INET, INSIDE_PER_S, INSIDE_BURST, false });
	if (c->refuse == REFUSE_REJECT)
		reject(t, f);
	else
		text_add(t, "\t\tdrop\n");
	end_if(t, match);
}

/* Their addresses, as nft writes a set; none of IPv6 is no set. */
static bool honeypot_set(struct text *t, enum family f, const struct honeynet *n)
{
	const char *comma = "{ ";

	for (uint32_t i = 0; i < n->n_honeypots; i++) {
		struct addr a = f == FAMILY_4 ? addr4(n->honeypot[i].address) : twin_pot(n, i);

		if (!honeypot_there(n, i) || !a.family)
			continue;
		text_addf(t, "%s%s", comma, emit_number(addr_to_number(&a)));
		comma = ", ";
	}
	text_add(t, *comma == ',' ? " }" : "");
	return *comma == ',';
}

/* --- table bridge skep_l2 --- */

#define CLAIMED "@th,64,128"		/* the address that an advertisement of neighbours is about (RFC 4861, 4.4) */
#define NEIGHBOURS "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert }"
#define LISTENERS "mld-listener-query, mld-listener-report, mld-listener-done, mld2-listener-report"

/* What a row of @bound is of honeypot @i's, behind its tap: its MAC, and some address with it. */
enum bound { BOUND_MAC, BOUND_4, BOUND_6, BOUND_CLAIM };

/* put_bound() - rows of @bound of honeypot @i, each with @comma before it, which becomes one */
static void put_bound(struct text *t, const struct honeynet *n, uint32_t i, enum bound what, const char **comma)
{
	const struct honeypot *h = &n->honeypot[i];
	struct addr six = twin_pot(n, i), of[] = { six, addr_of_number(TWIN_LINK | twin_interface(h->mac)) };

	for (size_t k = 0; k < (what < BOUND_6 ? 1 : six.family ? nitems(of) : 0); k++) {
		text_addf(t, "%s\n\t\t\t\"tap%u\" . %02x:%02x:%02x:%02x:%02x:%02x", *comma, i, h->mac[0], h->mac[1], h->mac[2], h->mac[3],
			  h->mac[4], h->mac[5]);
		*comma = ",";
		if (what == BOUND_4)
			text_addf(t, " . %s", emit_address(h->address));
		else if (what == BOUND_6)
			text_addf(t, " . %s", emit_number(addr_to_number(&of[k])));
		text_add(t, what == BOUND_CLAIM ? " . 0x" : "");
		for (size_t b = 0; what == BOUND_CLAIM && b < sizeof(of[k].byte); b++)
			text_addf(t, "%02x", of[k].byte[b]);
	}
}

/* bound() - nothing is written if there are none */
static void bound(struct text *t, const char *head, const struct honeynet *n, enum bound what)
{
	_text_ struct text rows = { 0 };
	const char *comma = "";

	for (uint32_t i = 0; i < n->n_honeypots; i++)
		if (honeypot_there(n, i))
			put_bound(&rows, n, i, what, &comma);
	if (rows.len)
		text_addf(t, "%s{%s\n\t\t}\n", head, text_str(&rows));
}

/* Which taps there are, and what each may say it is. */
static const struct { const char *name, *type; bool six; } bound_sets[] = {
	[BOUND_MAC] = { "port_mac", "type ifname . ether_addr", false },
	[BOUND_4] = { "port_bind", "type ifname . ether_addr . ipv4_addr", false },
	[BOUND_6] = { "port_bind6", "type ifname . ether_addr . ipv6_addr", true },
	[BOUND_CLAIM] = { "port_claim6", "typeof iifname . ether saddr . " CLAIMED, true },
};

static void bridge_sets(struct text *t, const struct honeynet *n)
{
	for (size_t i = 0; i < nitems(bound_sets); i++) {
		if (bound_sets[i].six && !n->prefix6)
			continue;
		text_addf(t, "\tset %s {\n\t\t%s\n", bound_sets[i].name, bound_sets[i].type);
		bound(t, "\t\telements = ", n, (enum bound)i);
		text_add(t, "\t}\n");
	}
	refused_sets(t, true, n->prefix6);
}

/* renew_bound() - the same, for the sets that are there */
static void renew_bound(struct text *t, const struct honeynet *n)
{
	for (size_t i = 0; i < nitems(bound_sets); i++)
		if (n->prefix6 || !bound_sets[i].six)
			text_addf(t, "flush set bridge skep_l2 %s\n", bound_sets[i].name);
	for (size_t i = 0; i < nitems(bound_sets); i++) {
		_free_ char *head = xasprintf("add element bridge skep_l2 %s ", bound_sets[i].name);

		if (n->prefix6 || !bound_sets[i].six)
			bound(t, head, n, (enum bound)i);
	}
}

/*
 * From its own addresses, of which that of the link is for neighbours only. It claims what an advertisement is about; what a
 * solicitation says of the link-layer, it says of the address that it comes from. What any Linux says to routers and to who
 * listens for groups ends here, unlogged.
 */
static void six_chain(struct text *t)
{
	text_add(t, "\tchain l2_six {\n\t\ticmpv6 type { nd-router-solicit, " LISTENERS " } drop\n");
	refuse_frame(t, "icmpv6 type { nd-router-advert, nd-redirect } ", REASON_SPOOF_ND, true);
	refuse_frame(t, "icmpv6 type nd-neighbor-advert iifname . ether saddr . " CLAIMED " != @port_claim6 ", REASON_SPOOF_ND, true);
	text_add(t, "\t\t" NEIGHBOURS " accept\n");
	refuse_frame(t, "ip6 saddr fe80::/10 ", REASON_IPV6, false);
	text_add(t, "\t\taccept\n\t}\n");
}

static void bridge_chain(struct text *t, bool tagged, bool six)
{
	char untagged[64];

	snprintf(untagged, sizeof(untagged), "meta mark & 0x%08x == 0x00000000 ", GATE_TAGGED);
	if (six)
		six_chain(t);
	text_add(t, "\tchain l2_pre {\n\t\ttype filter hook prerouting priority -300; policy accept;\n"
		    "\t\tiifname != \"tap*\" accept\n");
	if (tagged)
		refuse_frame(t, untagged, REASON_SPOOF_TAG, false);
	refuse_frame(t, "iifname . ether saddr != @port_mac ", REASON_SPOOF_MAC, false);
	text_add(t, "\t\tether type ip iifname . ether saddr . ip saddr @port_bind accept\n");
	refuse_frame(t, "ether type ip ", REASON_SPOOF_IP, false);
	text_add(t, "\t\tether type arp arp htype 1 arp ptype ip arp hlen 6 arp plen 4 "
		    "iifname . arp saddr ether . arp saddr ip @port_bind accept\n");
	refuse_frame(t, "ether type arp ", REASON_SPOOF_ARP, false);
	if (six)
		text_add(t, "\t\tether type ip6 iifname . ether saddr . ip6 saddr @port_bind6 goto l2_six\n"
			    "\t\tip6 saddr :: icmpv6 type nd-neighbor-solicit accept\n"	/* whether an address is taken */
			    "\t\tip6 saddr :: icmpv6 type { nd-router-solicit, " LISTENERS " } drop\n");
	refuse_frame(t, "ether type ip6 ", six ? REASON_SPOOF_IP : REASON_IPV6, false);
	refuse_frame(t, "", REASON_NOT_IP, false);
	text_add(t, "\t}\n");
}

/* --- containment --- */

static const struct budget {
	const char *name;
	enum reason reason;
	bool once;		/* a connection, not each of its packets */
	bool session;		/* of sessions: the mark is part of the key */
} budgets[BUDGETS] = {
	[BUDGET_TCP] = { "tcp", REASON_BUDGET_TCP, true, false },
	[BUDGET_UDP] = { "udp", REASON_BUDGET_UDP, false, false },
	[BUDGET_ICMP] = { "icmp", REASON_BUDGET_ICMP, false, false },
	[BUDGET_OTHER] = { "other", REASON_BUDGET_OTHER, false, false },
	[BUDGET_BYTES] = { "bytes", REASON_BUDGET_BYTES, false, false },
	[BUDGET_LATERAL] = { "lateral", REASON_BUDGET_LATERAL, true, false },
};

/* Those of sessions. That a connection has been counted, its honeypot's says. */
#define SESSION(name) { POLICY_SESSION name, REASON_BUDGET_SESSION, false, true }
static const struct budget session_budgets[] = { SESSION("tcp"), SESSION("udp"), SESSION("icmp"), SESSION("other") };

/* How fast each may leave a honeypot, before anything else is asked; the last row is all the rest. */
static const struct flood {
	const char *name;
	uint32_t per_s, burst;
	enum reason reason;
} floods[] = {
	{ "syn", 50, 100, REASON_FLOOD_SYN },
	{ "udp", 250, 250, REASON_FLOOD_UDP },
	{ "icmp", 50, 100, REASON_FLOOD_ICMP },
	{ "other", 50, 100, REASON_FLOOD_OTHER },
};

/* Matches of floods and of the first four budgets, in their order */
static const char *kind(enum family f, size_t i, bool flood)
{
	const struct family_words *w = &family_words[f];
	const char *const of[] = { flood ? "tcp flags & (fin|syn|rst|ack) == syn " : w->tcp, w->udp, w->icmp, flood ? w->others : "" };

	return of[i];
}

static enum family family_of(const struct network *n)
{
	return number_is_4(n->address) ? FAMILY_4 : FAMILY_6;
}

static void timed_set(struct text *t, const char *name, const char *type, unsigned size, uint32_t timeout_s)
{
	text_addf(t, "\tset %s { type %s; size %u; flags dynamic,timeout; timeout %us; }\n", name, type, size,
		  timeout_s);
}

static void network_set(struct text *t, enum family f, const char *name, const struct network *list, uint32_t n)
{
	const char *comma = "elements = { ";

	text_addf(t, "\tset %s%s { type %s; flags interval; ", name, family_words[f].mark, family_words[f].type);
	for (uint32_t i = 0; i < n; i++) {
		char text[NETWORK_TEXT];

		if (family_of(&list[i]) != f)
			continue;
		text_addf(t, "%s%s", comma, network_text(&list[i], text));
		comma = ", ";
	}
	text_add(t, *comma == ',' ? " }; }\n" : "}\n");
}

/* How long its elements live, the rule says that makes them: another period begins with the next budget. */
static void budget_set(struct text *t, const char *name, const char *type, uint32_t size)
{
	text_addf(t, "\tset " POLICY_BUDGET_SET "%s { %s; size %u; flags dynamic,timeout; }\n", name, type, size);
}

#define COUNTED_SET "counted"
enum { COUNTED_SIZE = 65535, COUNTED_S = 5 };

/* put_ends() - as EMIT_TCP_ENDS, or as who is answered them */
static void put_ends(struct text *t, enum family f, bool answer)
{
	const char *from = family_words[f].saddr, *to = family_words[f].daddr;

	text_addf(t, "%s . tcp %s . %s . tcp %s", answer ? to : from, answer ? "dport" : "sport", answer ? from : to,
		  answer ? "sport" : "dport");
}

static void honeypots_set(struct text *t, enum family f, const struct honeynet *n)
{
	_text_ struct text all = { 0 };

	text_addf(t, "\tset honeypots%s { type %s; ", family_words[f].mark, family_words[f].type);
	if (honeypot_set(&all, f, n))
		text_addf(t, "elements = %s; ", text_str(&all));
	text_add(t, "}\n");
}

/* lists() - of addresses; what counts for a honeypot is of both families */
static void lists(struct text *t, enum family f, const struct honeynet *n)
{
	const struct containment *c = &n->containment;

	network_set(t, f, POLICY_FENCE_SET, c->fence, c->n_fence);
	network_set(t, f, POLICY_BLACKLIST_SET, c->black, c->n_black);
	network_set(t, f, POLICY_WHITELIST_SET, c->white, c->n_white);
	network_set(t, f, POLICY_RESOLVERS_SET, c->resolver, c->n_resolvers);
}

static void sets_of_six(struct text *t, const struct honeynet *n)
{
	honeypots_set(t, FAMILY_6, n);
	lists(t, FAMILY_6, n);
	timed_set(t, COUNTED_SET "6", "ipv6_addr . inet_service . ipv6_addr . inet_service", COUNTED_SIZE, COUNTED_S);
	text_add(t, "\tset " POLICY_BLOCKED6_SET " { type ipv6_addr; size 65535; flags timeout; }\n");
	text_add(t, "\tset " POLICY_BLOCKED6_NET_SET " { type ipv6_addr; size 65535; flags timeout; }\n");
	timed_set(t, "rate_replies6", "ipv6_addr . ipv6_addr", 65535, 60);
}

static void sets(struct text *t, const struct honeynet *n)
{
	const struct containment *c = &n->containment;

	text_add(t, "\tset alive { type nf_proto; flags timeout; }\n");
	honeypots_set(t, FAMILY_4, n);
	for (size_t i = 0; i < nitems(budgets); i++)
		budget_set(t, budgets[i].name, "type ipv4_addr", 1024);
	for (size_t i = 0; c->tagged && i < nitems(session_budgets); i++)
		budget_set(t, session_budgets[i].name, n->prefix6 ? "typeof @nh,96,32 . meta mark" : "type ipv4_addr . mark",
			   MAX_HONEYPOTS * SKEP_TAGS_MAX);
	timed_set(t, COUNTED_SET, EMIT_TCP_ENDS_TYPE, COUNTED_SIZE, COUNTED_S);
	text_add(t, "\tset open_tcp { type ipv4_addr; size 1024; flags dynamic; }\n");
	lists(t, FAMILY_4, n);
	text_addf(t, "\tset " POLICY_LOCKDOWN_SET " { type nf_proto; %s}\n", c->locked ? "elements = { ipv4, ipv6 }; " : "");
	text_add(t, "\tset " POLICY_BLOCKED_SET " { type ipv4_addr; size 65535; flags timeout; }\n");
	refused_sets(t, false, n->prefix6);
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
	if (n->prefix6)
		sets_of_six(t, n);
}

/*
 * allow() - so much of a budget to @who ("" or a match), and no more. A burst of 0 would be the kernel's default, 5.
 *
 * With jitter there are several such rules, of which chance takes one when a period begins: the element that is made then
 * has its limit, and for the others it is just there. Once it is used up, none of them lets anything pass.
 */
enum { MOST_LIMITS = 8 };

static void allow(struct text *t, enum family f, const char *who, const struct budget *b, const struct honeynet *net, uint32_t limit)
{
	const struct containment *c = &net->containment;
	uint32_t least = limit - limit * c->jitter / 100, n = limit - least + 1;
	/* A set for both families takes no address beside a mark, but so many bits. */
	const char *pot = b->session && net->prefix6 && f == FAMILY_4 ? "@nh,96,32" : family_words[f].pot;

	n = n < MOST_LIMITS ? n : MOST_LIMITS;
	for (uint32_t i = n; limit && i; i--) {
		text_addf(t, "\t\t%s", who);
		if (i > 1)
			text_addf(t, "numgen random mod %u == 0 ", i);
		text_addf(t, "add @" POLICY_BUDGET_SET "%s { %s%s timeout %us limit rate 1/week burst %u packets counter } ", b->name,
			  pot, b->session ? " . meta mark" : "", c->period_s, n == 1 ? limit : least + (limit - least) * (i - 1) / (n - 1));
		if (b->once)
			text_addf(t, "ct mark set ct mark | 0x%08x ", POLICY_COUNTED_MARK);
		if (b->reason == REASON_BUDGET_TCP) {
			text_addf(t, "add @" COUNTED_SET "%s { ", family_words[f].mark);
			put_ends(t, f, false);
			text_add(t, " } ");
		}
		text_add(t, "return\n");
	}
	(b->reason == REASON_BUDGET_LATERAL ? use_up_inside : use_up)(t, f, c, who, b->reason);
}

static void allow_bytes(struct text *t, enum family f, const char *who, const struct containment *c, uint32_t mb)
{
	text_addf(t, "\t\t%sadd @" POLICY_BUDGET_SET "bytes { %s timeout %us quota until %u mbytes } return\n", who,
		  family_words[f].pot, c->period_s, mb);
	use_up(t, f, c, who, REASON_BUDGET_BYTES);
}

/* allow_all() - those first who have a limit of their own. @held: a place; nothing of its passes */
static void allow_all(struct text *t, enum family f, const struct honeynet *n, uint32_t budget, uint32_t held)
{
	const struct containment *c = &n->containment;
	char who[ADDR_TEXT + 16];

	for (uint32_t i = 0; i < n->n_honeypots; i++) {
		struct addr a = f == FAMILY_4 ? addr4(n->honeypot[i].address) : twin_pot(n, i);

		snprintf(who, sizeof(who), "%s %s ", family_words[f].saddr, emit_number(addr_to_number(&a)));
		if (i == held && a.family)
			text_addf(t, "\t\t%sdrop\n", who);
		if (!honeypot_there(n, i) || !a.family || !(c->own[i].set >> budget & 1))
			continue;
		if (budget == BUDGET_BYTES)
			allow_bytes(t, f, who, c, c->own[i].limit[budget]);
		else
			allow(t, f, who, &budgets[budget], n, c->own[i].limit[budget]);
	}
	if (budget == BUDGET_BYTES)
		allow_bytes(t, f, "", c, c->bytes_mb);
	else
		allow(t, f, "", &budgets[budget], n, budget_file(c, budget));
}

static bool has_session_budget(const struct containment *c, uint32_t budget)
{
	return c->tagged && c->session.set >> budget & 1;
}

/* budget_chains() - @held as above, MAX_HONEYPOTS nobody */
static void budget_chains(struct text *t, enum family f, const struct honeynet *n, uint32_t held)
{
	const struct family_words *w = &family_words[f];

	for (uint32_t i = 0; i < nitems(budgets); i++) {
		text_addf(t, "\tchain count_%s%s {\n", budgets[i].name, w->mark);
		if (i == BUDGET_LATERAL)	/* an error tells who came what became of that */
			text_addf(t, "\t\t%sct state related return\n", w->icmp);
		if (budgets[i].once)
			text_addf(t, "\t\tct state new ct mark & 0x%08x == 0x%08x return\n", POLICY_COUNTED_MARK,
				  POLICY_COUNTED_MARK);
		if (i == BUDGET_TCP) {
			text_add(t, "\t\tct state new ");
			put_ends(t, f, false);
			text_addf(t, " @" COUNTED_SET "%s ct mark set ct mark | 0x%08x return\n\t\tjump check_open%s\n", w->mark,
				  POLICY_COUNTED_MARK, w->mark);
		}
		if (has_session_budget(&n->containment, i))
			text_addf(t, "\t\tmeta mark & 0x%08x != 0x00000000 jump count_%s%s\n", GATE_TAG_MASK, session_budgets[i].name,
				  w->mark);
		allow_all(t, f, n, i, held);
		text_add(t, "\t}\n");
	}
}

static void session_chains(struct text *t, enum family f, const struct honeynet *n)
{
	const struct containment *c = &n->containment;

	for (uint32_t i = 0; i < nitems(session_budgets); i++) {
		if (!has_session_budget(c, i))
			continue;
		text_addf(t, "\tchain count_%s%s {\n", session_budgets[i].name, family_words[f].mark);
		allow(t, f, "", &session_budgets[i], n, c->session.limit[i]);
		text_add(t, "\t}\n");
	}
}

void policy_budgets(const struct honeynet *n, uint32_t held, struct text *ret)
{
	for (enum family f = 0; f < families(n); f++)
		for (size_t i = 0; i < nitems(budgets); i++)
			text_addf(ret, "flush chain inet skep count_%s%s\n", budgets[i].name, family_words[f].mark);
	text_add(ret, "table inet skep {\n");
	for (enum family f = 0; f < families(n); f++)
		budget_chains(ret, f, n, held);
	text_add(ret, "}\n");
}

/* rate_chain() - lets @per_s packets a second of each @key go on, and @burst at once */
struct rate {
	const char *name, *key;
	uint32_t per_s, burst;
	enum reason reason;
	const char *count;	/* the honeypot for which the rest is counted */
	bool apart;		/* the set is one of its family's */
};

static void rate_chain(struct text *t, enum family f, const struct rate *r)
{
	const char *mark = family_words[f].mark;

	text_addf(t, "\tchain check_%s%s {\n\t\tupdate @rate_%s%s { %s limit rate %u/second burst %u packets } return\n",
		  r->name, mark, r->name, r->apart ? mark : "", r->key, r->per_s, r->burst);
	refuse_first(t, "", r->count, r->reason);
	text_add(t, "\t}\n");
}

/* A burst of a tenth of a second or ten packets. */
static uint32_t small_burst(uint32_t per_s)
{
	return per_s / 10 > 10 ? per_s / 10 : per_s < 10 ? per_s : 10;
}

static void rate_chains(struct text *t, enum family f, const struct containment *c)
{
	const struct family_words *w = &family_words[f];
	char both[32];
	const struct rate rates[] = {
		{ "packets", w->pot, c->packets_per_s, small_burst(c->packets_per_s), REASON_BUDGET_PACKETS, w->pot, false },
		{ "pings", w->pot, PINGS_PER_S, small_burst(PINGS_PER_S), REASON_FLOOD_ICMP, w->pot, false },
		{ "replies", both, REPLIES_PER_S, small_burst(REPLIES_PER_S), REASON_FLOOD_UDP, w->pot, true },
		{ "in", w->to_pot, INBOUND_PER_S, 2 * INBOUND_PER_S, REASON_FLOOD_IN, w->to_pot, false },
	};

	snprintf(both, sizeof(both), "%s . %s", w->saddr, w->daddr);
	for (size_t i = 0; i < nitems(rates); i++)
		rate_chain(t, f, &rates[i]);
	for (size_t i = 0; i < nitems(floods); i++)
		rate_chain(t, f, &(struct rate){ floods[i].name, w->pot, floods[i].per_s, floods[i].burst, floods[i].reason, w->pot,
						 false });
	text_addf(t, "\tchain check_floods%s {\n", w->mark);
	for (size_t i = 0; i < nitems(floods); i++)
		text_addf(t, "\t\t%sgoto check_%s%s\n", kind(f, i, true), floods[i].name, w->mark);
	text_add(t, "\t}\n");
}

/* The kernel counts a source's connections in the element, and forgets those that it knows to be closed. */
static void open_chain(struct text *t, enum family f, const struct containment *c)
{
	text_addf(t, "\tchain check_open%s {\n", family_words[f].mark);
	if (c->connections) {
		text_addf(t, "\t\tadd @open_tcp { %s ct count %u } return\n", family_words[f].pot, c->connections);
		use_up(t, f, c, "", REASON_BUDGET_CONNECTIONS);
	}
	text_add(t, "\t}\n");
}

/* A bucket holds a second's worth and a burst; no packet, however many were put together to one, is larger than that. */
static void bandwidth_chain(struct text *t, enum family f, uint32_t kb)
{
	const struct family_words *w = &family_words[f];

	text_addf(t, "\tchain check_bandwidth%s {\n", w->mark);
	if (kb) {
		text_addf(t, "\t\tupdate @rate_bandwidth { %s limit rate %u kbytes/second burst 64 kbytes } return\n", w->pot, kb);
		refuse_first(t, "", w->pot, REASON_BUDGET_BANDWIDTH);
	}
	text_add(t, "\t}\n");
}

static void pass_chains(struct text *t, enum family f)
{
	const struct family_words *w = &family_words[f];

	text_addf(t, "\tchain pass_out%s {\n", w->mark);
	text_addf(t, "\t\tjump check_packets%s\n\t\tjump check_bandwidth%s\n", w->mark, w->mark);
	text_addf(t, "\t\t%sct direction original jump count_icmp%s\n", w->icmp, w->mark);
	text_addf(t, "\t\t%sct direction reply jump check_replies%s\n", w->udp, w->mark);
	text_addf(t, "\t\tct direction original jump check_destination%s\n\t\tjump count_bytes%s\n\t}\n", w->mark, w->mark);
	text_addf(t, "\tchain pass_established%s {\n", w->mark);
	text_addf(t, "\t\tiifname \"br0\" oifname != \"br0\" jump pass_out%s\n", w->mark);
	text_addf(t, "\t\tiifname != \"br0\" tcp flags & (syn|rst) != 0 delete @" COUNTED_SET "%s { ", w->mark);
	put_ends(t, f, true);
	text_add(t, " }\n\t\taccept\n\t}\n");
}

static void containment_chains(struct text *t, enum family f, const struct honeynet *n)
{
	const struct containment *c = &n->containment;
	const struct family_words *w = &family_words[f];

	rate_chains(t, f, c);
	bandwidth_chain(t, f, c->bandwidth_kb);
	open_chain(t, f, c);
	text_addf(t, "\tchain " POLICY_REFUSE_DESTINATION "%s {\n", w->mark);
	use_up(t, f, c, "", REASON_BUDGET_DESTINATIONS);
	text_add(t, "\t}\n");
	destinations_chains(t, f, n);
	session_chains(t, f, n);
	budget_chains(t, f, n, MAX_HONEYPOTS);
	text_addf(t, "\tchain count_new%s {\n", w->mark);
	for (size_t i = 0; i <= BUDGET_OTHER; i++)
		text_addf(t, "\t\t%sgoto count_%s%s\n", kind(f, i, false), budgets[i].name, w->mark);
	text_addf(t, "\t}\n\tchain contain_forward%s {\n", w->mark);
	if (f == FAMILY_4 && n->prefix6)
		text_add(t, "\t\tmeta nfproto ipv6 goto contain_forward6\n");
	text_addf(t, "\t\tiifname != \"br0\" %s\n", f == FAMILY_4 && instances_any(n) ? "goto count_visit" : "return");
	text_addf(t, "\t\toifname \"br0\" goto count_lateral%s\n", w->mark);
	text_addf(t, "\t\tjump check_packets%s\n\t\tjump check_bandwidth%s\n\t\tjump count_new%s\n", w->mark, w->mark, w->mark);
	text_addf(t, "\t\tjump check_destination%s\n\t\tjump count_bytes%s\n\t}\n", w->mark, w->mark);
	pass_chains(t, f);
}

/* What a honeypot may want of the gateway, whatever the rules say: to log, to ping, and what a rule
 * that names the firewall itself lets it. "any" as a destination is not enough. */
static void contain_input(struct text *t, enum family f, const struct honeynet *n, const struct matches *m)
{
	text_addf(t, "\tchain contain_input%s {\n", family_words[f].mark);
	if (f == FAMILY_4 && n->prefix6)
		text_add(t, "\t\tmeta nfproto ipv6 goto contain_input6\n");
	text_add(t, "\t\tiifname != \"br0\" return\n");
	text_addf(t, "\t\ttcp dport 514 return\n"
		     "\t\tudp dport 514 ct mark set ct mark | 0x%08x return\n"
		     "\t\t%sreturn\n", POLICY_COUNTED_MARK, family_words[f].ping);
	rulebase_named(t, f, n, m);
	drop(t, "", REASON_DEFAULT);
	text_add(t, "\t}\n");
}

/* --- the hooks --- */

static void source_chain(struct text *t, enum family f, const struct honeynet *n)
{
	const struct family_words *w = &family_words[f];
	const struct network own = f == FAMILY_4 ? (struct network){ ADDR_4 | n->network, 96 + n->prefix } :
						   (struct network){ n->network6, n->prefix6 };
	char inside[NETWORK_TEXT + 16], text[NETWORK_TEXT];

	snprintf(inside, sizeof(inside), "%s %s ", w->saddr, network_text(&own, text));
	text_addf(t, "\tchain check_source%s {\n\t\tiifname \"br0\" %s @honeypots%s return\n", w->mark, w->saddr, w->mark);
	refuse_first(t, "iifname \"br0\" ", "iifname", REASON_SPOOF_SOURCE);
	refuse_first(t, inside, "iifname", REASON_SPOOF_SOURCE);
	text_add(t, "\t}\n");
}

/* The administrator's own word comes before all others; what is open ends with it. */
static void locked(struct text *t, enum family f)
{
	refuse_source(t, f, "meta nfproto @" POLICY_LOCKDOWN_SET " ", REASON_LOCKDOWN, FIRST_BURST);
}

/* A honeypot still tells the log server what happens. */
static void lockdown_chain(struct text *t, enum family f)
{
	text_addf(t, "\tchain check_lockdown%s {\n\t\tmeta l4proto { tcp, udp } th dport 514 return\n", family_words[f].mark);
	locked(t, f);
	text_add(t, "\t}\n");
}

/* in_list() - a match: the address that nft calls @key is in this list of its family's */
static const char *in_list(enum family f, const char *key, const char *list)
{
	static char match[48];

	snprintf(match, sizeof(match), "%s @%s%s ", key, list, family_words[f].mark);
	return match;
}

/* Counted for who sent it: what a scanner goes on to send leaves room for a honeypot's first packet to it. */
static void blocked(struct text *t, enum family f, const char *key)
{
	char network[96];

	refuse_source(t, f, in_list(f, key, POLICY_BLOCKED_SET), REASON_BLOCKED, 1);
	snprintf(network, sizeof(network), "%s & ffff:ffff:ffff:ffff:: @" POLICY_BLOCKED6_NET_SET " ", key);
	if (f == FAMILY_6)
		refuse_source(t, f, network, REASON_BLOCKED, 1);
}

const char *policy_blocked_set(const struct network *who)
{
	if (who->prefix == 128)
		return number_is_4(who->address) ? POLICY_BLOCKED_SET : POLICY_BLOCKED6_SET;
	return who->prefix == 64 && !(uint64_t)who->address ? POLICY_BLOCKED6_NET_SET : NULL;
}

static void black(struct text *t, enum family f, const char *key)
{
	refuse_source(t, f, in_list(f, key, POLICY_BLACKLIST_SET), REASON_BLACKLIST, FIRST_BURST);
}

static void refuse_resolver(struct text *t, enum family f, const char *match, enum refuse_how how)
{
	only_if(t, match);
	count(t, &(struct refusal){ match, family_words[f].pot, REASON_RESOLVER, POLICY_LOG_INET, FIRST_PER_S, FIRST_BURST, false });
	if (f == FAMILY_4)
		lead_datagram(t, how);
	text_add(t, "\t\tdrop\n");
	end_if(t, match);
}

/* Whatever the rules say, and also what is open: honeypots to each other; who is asked for names, though not who is answered. */
static void closed_ways(struct text *t, enum family f, const struct containment *c)
{
	char others[192];

	snprintf(others, sizeof(others), "iifname \"br0\" oifname != \"br0\" ct direction original meta l4proto { tcp, udp } "
		 "th dport { %d, %d } %s != @" POLICY_RESOLVERS_SET "%s ", DNS_PORT, DNS_TLS_PORT, family_words[f].daddr,
		 family_words[f].mark);
	if (c->isolation)
		refuse_first(t, "iifname \"br0\" oifname \"br0\" ", family_words[f].pot, REASON_ISOLATION);
	if (c->n_resolvers)
		refuse_resolver(t, f, others, c->refuse);
}

/* input_rules() - of one family, to the chain's end */
static void input_rules(struct text *t, enum family f, const struct honeynet *n, const struct matches *m)
{
	const struct family_words *w = &family_words[f];

	blocked(t, f, w->saddr);
	black(t, f, w->saddr);
	text_addf(t, "\t\tiifname \"br0\" jump check_lockdown%s\n\t\tjump check_source%s\n", w->mark, w->mark);
	text_addf(t, "\t\tiifname \"br0\" meta l4proto { tcp, udp } th dport != 514 jump check_floods%s\n", w->mark);
	text_addf(t, "\t\tiifname \"br0\" %sjump check_pings%s\n", w->ping, w->mark);
	if (f == FAMILY_4)
		lead_input(t, n);
	text_addf(t, "\t\tct state established accept\n"
		     "\t\tiifname \"br0\" udp dport 514 ct mark & 0x%08x == 0x%08x accept\n", POLICY_COUNTED_MARK,
		  POLICY_COUNTED_MARK);
	rulebase_rules(t, f, n, m, true);
	drop(t, "", REASON_DEFAULT);
}

/* forward_rules() - likewise. What comes before what is established ends what is open, too. */
static void forward_rules(struct text *t, enum family f, const struct honeynet *n, const struct matches *m)
{
	const struct family_words *w = &family_words[f];
	char fenced[64];

	locked(t, f);
	snprintf(fenced, sizeof(fenced), "iifname \"br0\" %s", in_list(f, w->daddr, POLICY_FENCE_SET));
	refuse_first(t, fenced, w->pot, REASON_FENCE);
	blocked(t, f, w->saddr);
	blocked(t, f, w->daddr);
	black(t, f, w->saddr);
	black(t, f, w->daddr);
	text_addf(t, "\t\tjump check_source%s\n", w->mark);
	if (f == FAMILY_4)
		instances_forward(t, n);
	closed_ways(t, f, &n->containment);
	text_addf(t, "\t\tiifname \"br0\" oifname != \"br0\" jump check_floods%s\n", w->mark);
	text_addf(t, "\t\tiifname != \"br0\" oifname \"br0\" ct state new jump check_in%s\n", w->mark);
	text_addf(t, "\t\tct state established goto pass_established%s\n", w->mark);
	text_addf(t, "\t\tiifname \"br0\" oifname != \"br0\" %sgoto forward_whitelist\n", in_list(f, w->daddr, POLICY_WHITELIST_SET));
	text_addf(t, "\t\tiifname != \"br0\" %s%s @honeypots%s goto forward_whitelist\n", in_list(f, w->saddr, POLICY_WHITELIST_SET),
		  w->daddr, w->mark);
	rulebase_rules(t, f, n, m, false);
	drop(t, "", REASON_DEFAULT);
}

/*
 * six_chains() - what the hooks leave to IPv6's; neighbours ask for each other there as they do by ARP. That is no connection for
 * the kernel, so that no rate and no queue would hold it: what of it is meant for somebody farther than a neighbour ends here.
 */
static void six_chains(struct text *t, const struct honeynet *n, const struct matches *m)
{
	text_add(t, "\tchain input6 {\n\t\t" NEIGHBOURS " accept\n"
		    "\t\ticmpv6 type { nd-router-solicit, nd-router-advert, " LISTENERS " } drop\n");
	input_rules(t, FAMILY_6, n, m);
	text_add(t, "\t}\n\tchain forward6 {\n\t\tiifname \"br0\" oifname \"br0\" " NEIGHBOURS " accept\n");
	refuse_first(t, "ct state untracked ", "iifname", REASON_INVALID);
	forward_rules(t, FAMILY_6, n, m);
	text_add(t, "\t}\n");
}

static void six_or_none(struct text *t, const struct honeynet *n, const char *chain)
{
	if (n->prefix6)
		text_addf(t, "\t\tmeta nfproto ipv6 goto %s\n", chain);
	else
		drop(t, "meta nfproto ipv6 ", REASON_IPV6);
}

static void hook_chains(struct text *t, const struct honeynet *n, const struct matches *m)
{
	char unmarked[64];

	snprintf(unmarked, sizeof(unmarked), "meta mark & 0x%08x == 0x00000000 ", GATE_OWNER_MARK);
	text_add(t, "\tchain prerouting {\n\t\ttype filter hook prerouting priority -150; policy accept;\n");
	if (!n->prefix6)
		refuse_first(t, "meta nfproto ipv6 ", "iifname", REASON_IPV6);
	/* Many a scan consists of these alone, so more of them are logged. */
	refuse(t, &(struct refusal){ "ct state invalid ", "iifname", REASON_INVALID, POLICY_LOG_INET, 500, 1000, false });
	text_add(t, "\t}\n\tchain input {\n\t\ttype filter hook input priority 0; policy drop;\n"
		    "\t\tiifname \"lo\" accept\n");
	six_or_none(t, n, "input6");
	input_rules(t, FAMILY_4, n, m);
	text_add(t, "\t}\n\tchain forward {\n\t\ttype filter hook forward priority 0; policy drop;\n");
	drop(t, "meta nfproto != @alive ", REASON_DEAD_MAN);
	drop(t, unmarked, REASON_OWNER);
	six_or_none(t, n, "forward6");
	forward_rules(t, FAMILY_4, n, m);
	text_add(t, "\t}\n\tchain output {\n\t\ttype filter hook output priority 0; policy accept;\n");
	if (n->prefix6)		/* of IPv4 a setting sees to it */
		text_add(t, "\t\ticmpv6 type nd-redirect drop\n");
	else
		drop(t, "meta nfproto ipv6 ", REASON_IPV6);
	text_add(t, "\t}\n");
	if (n->prefix6)
		six_chains(t, n, m);
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
	for (enum family f = 0; f < families(n); f++) {
		source_chain(t, f, n);
		lockdown_chain(t, f);
	}
	rulebase_chains(t, n, m, true);
	rulebase_chains(t, n, m, false);
	whitelist_chain(t);
	for (enum family f = 0; f < families(n); f++) {
		contain_input(t, f, n, m);
		containment_chains(t, f, n);
	}
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
	bridge_chain(ret, n->containment.tagged, n->prefix6);
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
static void move_fence(struct text *t, enum family most, const char *command, const struct containment *c, const struct containment *other)
{
	for (uint32_t i = 0; i < containment_fence(c); i++) {
		const struct network *n = &c->fence[i];
		char text[NETWORK_TEXT];

		if (!in_file(other, n) && family_of(n) < most)
			text_addf(t, "%s element inet skep " POLICY_FENCE_SET "%s { %s }\n", command, family_words[family_of(n)].mark,
				  network_text(n, text));
	}
}

/* renew_list() - all of it is the file's */
static void renew_list(struct text *t, enum family most, const char *set, const struct network *list, uint32_t n)
{
	for (enum family f = 0; f < most; f++)
		text_addf(t, "flush set inet skep %s%s\n", set, family_words[f].mark);
	for (uint32_t i = 0; i < n; i++) {
		char text[NETWORK_TEXT];

		if (family_of(&list[i]) < most)
			text_addf(t, "add element inet skep %s%s { %s }\n", set, family_words[family_of(&list[i])].mark,
				  network_text(&list[i], text));
	}
}

static void renew_honeypots(struct text *t, enum family f, const struct honeynet *n)
{
	_text_ struct text all = { 0 };

	text_addf(t, "flush set inet skep honeypots%s\n", family_words[f].mark);
	if (honeypot_set(&all, f, n))
		text_addf(t, "add element inet skep honeypots%s %s\n", family_words[f].mark, text_str(&all));
}

void policy_replace(const struct honeynet *was, const struct honeynet *n, struct text *ret)
{
	_matches_ struct matches m, had;

	matches_init(&m, n);
	matches_init(&had, was);
	text_add(ret, "flush table bridge skep_l2\n");
	renew_bound(ret, n);
	text_add(ret, "table bridge skep_l2 {\n");
	bridge_chain(ret, n->containment.tagged, n->prefix6);
	text_add(ret, "}\nflush table inet skep\n");
	for (enum family f = 0; f < families(n); f++)
		renew_honeypots(ret, f, n);
	rulebase_drop(ret, was, &had, n, &m);
	nat_drop(ret, was, n);
	instances_drop(ret, was, n);
	lead_drop(ret, was, n);
	destinations_drop(ret, was, n);
	renew_list(ret, families(n), POLICY_BLACKLIST_SET, n->containment.black, n->containment.n_black);
	renew_list(ret, families(n), POLICY_WHITELIST_SET, n->containment.white, n->containment.n_white);
	renew_list(ret, families(n), POLICY_RESOLVERS_SET, n->containment.resolver, n->containment.n_resolvers);
	move_fence(ret, families(n), "delete", &was->containment, &n->containment);
	move_fence(ret, families(n), "add", &n->containment, &was->containment);
	text_add(ret, "table inet skep {\n");
	rulebase_sets(ret, was, n);
	nat_sets(ret, was, n);
	instances_sets(ret, was, n);
	lead_sets(ret, was, n);
	destinations_sets(ret, was, n);
	chains(ret, n, &m);
	text_add(ret, "}\n");
}
