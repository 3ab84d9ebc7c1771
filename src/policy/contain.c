/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
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
#include "contain.h"

#include <stdio.h>

#include "base/mem.h"
#include "destinations.h"
#include "instances.h"
#include "model/budget.h"
#include "model/gate.h"
#include "model/twin.h"
#include "policy.h"
#include "refuse.h"
#include "rulebase.h"
#include "skep/capture.h"

enum {
	PINGS_PER_S = 20,	/* a honeypot's pings of the gateway */
	REPLIES_PER_S = 50,	/* UDP a honeypot answers to one peer: it is no reflector */
	INBOUND_PER_S = 2000,	/* new connections to one honeypot */
};

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

/* rate_sets() - who was fast in the last minute */
static void rate_sets(struct text *t, const struct honeynet *n)
{
	static const char *const rates[] = { "packets", "bandwidth", "in", "pings" };
	char name[32];

	for (size_t i = 0; i < nitems(floods); i++) {
		snprintf(name, sizeof(name), "rate_%s", floods[i].name);
		emit_timed_set(t, name, "ipv4_addr", 1024, 60);
	}
	for (size_t i = 0; i < nitems(rates); i++) {
		snprintf(name, sizeof(name), "rate_%s", rates[i]);
		emit_timed_set(t, name, "ipv4_addr", 1024, 60);
	}
	emit_timed_set(t, "rate_replies", "ipv4_addr . ipv4_addr", 65535, 60);
	if (n->prefix6)
		emit_timed_set(t, "rate_replies6", "ipv6_addr . ipv6_addr", 65535, 60);
}

void contain_sets(struct text *t, const struct honeynet *n)
{
	for (size_t i = 0; i < nitems(budgets); i++)
		budget_set(t, budgets[i].name, "type ipv4_addr", 1024);
	for (size_t i = 0; n->containment.tagged && i < nitems(session_budgets); i++)
		budget_set(t, session_budgets[i].name, n->prefix6 ? "typeof @nh,96,32 . meta mark" : "type ipv4_addr . mark",
			   MAX_HONEYPOTS * SKEP_TAGS_MAX);
	emit_timed_set(t, COUNTED_SET, EMIT_TCP_ENDS_TYPE, COUNTED_SIZE, COUNTED_S);
	if (n->prefix6)
		emit_timed_set(t, COUNTED_SET "6", "ipv6_addr . inet_service . ipv6_addr . inet_service", COUNTED_SIZE, COUNTED_S);
	text_add(t, "\tset open_tcp { type ipv4_addr; size 1024; flags dynamic; }\n");
	rate_sets(t, n);
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
	(b->reason == REASON_BUDGET_LATERAL ? refuse_spent_inside : refuse_spent)(t, f, c, who, b->reason);
}

static void allow_bytes(struct text *t, enum family f, const char *who, const struct containment *c, uint32_t mb)
{
	text_addf(t, "\t\t%sadd @" POLICY_BUDGET_SET "bytes { %s timeout %us quota until %u mbytes } return\n", who,
		  family_words[f].pot, c->period_s, mb);
	refuse_spent(t, f, c, who, REASON_BUDGET_BYTES);
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
		refuse_spent(t, f, c, "", REASON_BUDGET_CONNECTIONS);
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

void contain_chains(struct text *t, enum family f, const struct honeynet *n)
{
	const struct containment *c = &n->containment;
	const struct family_words *w = &family_words[f];

	rate_chains(t, f, c);
	bandwidth_chain(t, f, c->bandwidth_kb);
	open_chain(t, f, c);
	text_addf(t, "\tchain " POLICY_REFUSE_DESTINATION "%s {\n", w->mark);
	refuse_spent(t, f, c, "", REASON_BUDGET_DESTINATIONS);
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

void contain_input(struct text *t, enum family f, const struct honeynet *n, const struct matches *m)
{
	text_addf(t, "\tchain contain_input%s {\n", family_words[f].mark);
	if (f == FAMILY_4 && n->prefix6)
		text_add(t, "\t\tmeta nfproto ipv6 goto contain_input6\n");
	text_add(t, "\t\tiifname != \"br0\" return\n");
	text_addf(t, "\t\ttcp dport 514 return\n"
		     "\t\tudp dport 514 ct mark set ct mark | 0x%08x return\n"
		     "\t\t%sreturn\n", POLICY_COUNTED_MARK, family_words[f].ping);
	rulebase_named(t, f, n, m);
	emit_drop(t, "", REASON_DEFAULT);
	text_add(t, "\t}\n");
}
