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
 */
#include "policy.h"

#include <stdio.h>

#include "bridge.h"
#include "contain.h"
#include "destinations.h"
#include "emit.h"
#include "instances.h"
#include "lead.h"
#include "lists.h"
#include "match.h"
#include "model/gate.h"
#include "model/reason.h"
#include "nat.h"
#include "refuse.h"
#include "rulebase.h"

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

static void black(struct text *t, enum family f, const char *key)
{
	refuse_source(t, f, in_list(f, key, POLICY_BLACKLIST_SET), REASON_BLACKLIST, FIRST_BURST);
}

static void refuse_resolver(struct text *t, enum family f, const char *match, enum refuse_how how)
{
	emit_if(t, match);
	refuse_count(t, &(struct refusal){ match, family_words[f].pot, REASON_RESOLVER, POLICY_LOG_INET, FIRST_PER_S, FIRST_BURST, false });
	if (f == FAMILY_4)
		lead_datagram(t, how);
	text_add(t, "\t\tdrop\n");
	emit_end_if(t, match);
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
	emit_drop(t, "", REASON_DEFAULT);
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
	emit_drop(t, "", REASON_DEFAULT);
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
		emit_drop(t, "meta nfproto ipv6 ", REASON_IPV6);
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
	emit_drop(t, "meta nfproto != @alive ", REASON_DEAD_MAN);
	emit_drop(t, unmarked, REASON_OWNER);
	six_or_none(t, n, "forward6");
	forward_rules(t, FAMILY_4, n, m);
	text_add(t, "\t}\n\tchain output {\n\t\ttype filter hook output priority 0; policy accept;\n");
	if (n->prefix6)		/* of IPv4 a setting sees to it */
		text_add(t, "\t\ticmpv6 type nd-redirect drop\n");
	else
		emit_drop(t, "meta nfproto ipv6 ", REASON_IPV6);
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
		contain_chains(t, f, n);
	}
	nat_chains(t, n);
	lead_chain(t, n);
	if (instances_chains(t, n)) {
		text_add(t, "\tchain " POLICY_REFUSE_VISIT " {\n");
		refuse_first(t, "", "ip daddr", REASON_INSTANCE);
		text_add(t, "\t}\n");
	}
}

static void sets(struct text *t, const struct honeynet *n)
{
	text_add(t, "\tset alive { type nf_proto; flags timeout; }\n");
	lists_sets(t, n);
	refuse_sets(t, false, n->prefix6);
	contain_sets(t, n);
	rulebase_sets(t, NULL, n);
	nat_sets(t, NULL, n);
	instances_sets(t, NULL, n);
	lead_sets(t, NULL, n);
	destinations_sets(t, NULL, n);
}

void policy_compile(const struct honeynet *n, struct text *ret)
{
	_matches_ struct matches m;

	matches_init(&m, n);
	text_add(ret, "add table bridge skep_l2\ndelete table bridge skep_l2\ntable bridge skep_l2 {\n");
	bridge_sets(ret, n);
	bridge_chains(ret, n);
	text_add(ret, "}\nadd table inet skep\ndelete table inet skep\ntable inet skep {\n");
	sets(ret, n);
	chains(ret, n, &m);
	text_add(ret, "}\n");
}

void policy_replace(const struct honeynet *was, const struct honeynet *n, struct text *ret)
{
	_matches_ struct matches m, had;

	matches_init(&m, n);
	matches_init(&had, was);
	text_add(ret, "flush table bridge skep_l2\n");
	bridge_renew(ret, n);
	text_add(ret, "table bridge skep_l2 {\n");
	bridge_chains(ret, n);
	text_add(ret, "}\nflush table inet skep\n");
	lists_renew(ret, was, n);
	rulebase_drop(ret, was, &had, n, &m);
	nat_drop(ret, was, n);
	instances_drop(ret, was, n);
	lead_drop(ret, was, n);
	destinations_drop(ret, was, n);
	text_add(ret, "table inet skep {\n");
	rulebase_sets(ret, was, n);
	nat_sets(ret, was, n);
	instances_sets(ret, was, n);
	lead_sets(ret, was, n);
	destinations_sets(ret, was, n);
	chains(ret, n, &m);
	text_add(ret, "}\n");
}
