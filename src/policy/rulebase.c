/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file's rules.
 *
 *	hook		a line or more for each rule: who, when, which service; then goto. Many rules in a row that
 *			name a few destinations and ports are found by these (index.h)
 *	  at_<h>_<n>	those of them with the packet's own destination and port, in their order
 *	  pick_<h>_<n>	only where one line is not enough to match once or not at all: all other services
 *			than these, or going on after it: the service's lines, of which the first decides
 *	  <h>_<n>	counts; then, by its action, limit, containment, log and verdict
 *	    within_<h>_<n>	the rest of an accepting rule that has a limit, up to it
 *
 * <h> is the hook, input or forward. A rule of both has one counter and one limit.
 *
 * A limit is exactly N in a period, as a budget is (contain.c), and as it fails: whoever finds the set full is dropped.
 */
#include "rulebase.h"

#include <stdio.h>

#include "base/mem.h"
#include "emit.h"
#include "emit_match.h"
#include "index.h"
#include "objects.h"
#include "policy.h"

enum {
	REJECTS_PER_S = 50,	/* answers of a rule to what it rejects; beyond it what comes is only dropped: no reflector */
	OVER_PER_S = 10,	/* records of what is over a rule's limit, */
	OVER_BURST = 100,	/* and so many at once */
	LIMIT_SIZE = 65535,	/* sources a limit knows at once */
};

#define INDEX_CHAIN "at_forward_"

enum chain { CHAIN_RULE, CHAIN_PICK, CHAIN_WITHIN, CHAINS };
static const char *const chain_names[CHAINS] = { [CHAIN_RULE] = "", [CHAIN_PICK] = "pick_", [CHAIN_WITHIN] = "within_" };

static const char *hook_name(bool input)
{
	return input ? "input" : "forward";
}

/* --- when --------------------------------------------------------------------------------------- */

/* time_line() - in numbers, which nft takes as UTC; with names it would ask for this machine's time zone */
static void time_line(struct lines *l, uint32_t days, uint32_t from, uint32_t to)
{
	struct text *t = emit_line(l);
	const char *comma = "meta day { ";

	for (uint32_t d = 0; d < 7 && days != 0x7f; d++) {
		if (!(days >> d & 1))
			continue;
		text_addf(t, "%s%u", comma, (d + 1) % 7);	/* the kernel's weeks begin on Sunday */
		comma = ", ";
	}
	text_add(t, days != 0x7f ? " } " : "");
	if (from || to != DAY_MINUTES)
		text_addf(t, "meta hour %u-%u ", from * 60, to * 60 - 1);
}

static void time_lines(struct lines *l, const struct honeynet *n, const struct rule *r)
{
	if (!r->n_times)
		emit_line(l);
	for (uint32_t i = 0; i < r->n_times; i++) {
		const struct times *t = &n->times[r->time[i]];

		if (t->from < t->to) {
			time_line(l, t->days, t->from, t->to);
			continue;
		}
		time_line(l, t->days, t->from, DAY_MINUTES);
		time_line(l, (t->days << 1 | t->days >> 6) & 0x7f, 0, t->to);
	}
}

/* --- which chains a rule has ------------------------------------------------------------------ */

/* is_about() - some packet meets it, of a family that the honeynet speaks; the gateway's own pass no rule */
static bool is_about(const struct honeynet *n, const struct match *m, bool input)
{
	return match_is_about(m, FAMILY_4, input) || (n->prefix6 && match_is_about(m, FAMILY_6, input));
}

/* needs_pick() - a packet could match two of its lines and come back from the first, or its lines say what is not meant */
static bool needs_pick(const struct rule *r, const struct match *m)
{
	uint32_t more = m->n_more + (m->tcp.n > 0) + (m->udp.n > 0) + (m->types.n > 0) + (m->types6.n > 0) + (m->protocols.n > 0);

	return r->not & NOT_SERVICE || (r->action == ACTION_CONTINUE && (more > 1 || r->n_times));
}

static bool has_limit(const struct honeynet *n, uint32_t i)
{
	return i < n->n_rules && n->rule[i].limit && n->rule[i].action == ACTION_ACCEPT;
}

static bool has_chain(const struct honeynet *n, const struct matches *m, uint32_t i, bool input, enum chain which)
{
	if (i >= n->n_rules || !is_about(n, &m->at[i], input))
		return false;
	return which == CHAIN_PICK ? needs_pick(&n->rule[i], &m->at[i]) : which == CHAIN_WITHIN ? has_limit(n, i) : true;
}

/* --- the text --------------------------------------------------------------------------------- */

static void limit_sets(struct text *t, const struct honeynet *n, uint32_t i)
{
	for (enum family f = 0; f < families(n); f++)
		text_addf(t, "\tset limit%s_%u { type %s; size %u; flags dynamic,timeout; }\n", family_words[f].mark, i,
			  family_words[f].type, LIMIT_SIZE);
}

void rulebase_sets(struct text *t, const struct honeynet *was, const struct honeynet *n)
{
	for (uint32_t i = was ? was->n_rules : 0; i < n->n_rules; i++)
		text_addf(t, "\tcounter " POLICY_RULE_COUNTER "%u { }\n", i);
	for (uint32_t i = 0; i < n->n_rules; i++)
		if (has_limit(n, i) && !(was && has_limit(was, i)))
			limit_sets(t, n, i);
}

/* verdict_of() - what a line of rule @i ends with */
static void verdict_of(const struct honeynet *n, uint32_t i, bool input, bool pick, char *ret, size_t size)
{
	snprintf(ret, size, "%s %s%s_%u", pick || n->rule[i].action == ACTION_CONTINUE ? "jump" : "goto",
		 pick ? chain_names[CHAIN_PICK] : "", hook_name(input), i);
}

static void rule_lines(struct text *t, enum family f, const struct honeynet *n, const struct matches *m, uint32_t i, bool input)
{
	_text_ struct text who = { 0 };
	struct lines times = { 0 }, services = { 0 };
	bool pick = has_chain(n, m, i, input, CHAIN_PICK);
	char verdict[48];

	emit_who(&who, f, &m->at[i], input);
	verdict_of(n, i, input, pick, verdict, sizeof(verdict));
	if (pick) {
		text_addf(t, "\t\t%s%s\n", text_str(&who), verdict);
		return;
	}
	time_lines(&times, n, &n->rule[i]);
	emit_services(&services, n, &m->at[i]);
	emit_lines(t, text_str(&who), &times, &services, verdict);
	text_fini(&times.text);
	text_fini(&services.text);
}

/* may_be_found() - it has lines, and each of them has its own destination and port */
static bool may_be_found(const struct honeynet *n, const struct matches *m, uint32_t i)
{
	return match_is_about(&m->at[i], FAMILY_4, false) && !needs_pick(&n->rule[i], &m->at[i]);
}

static void run_lines(struct text *t, const struct index *x, const struct index_run *run)
{
	text_add(t, "\t\tip daddr . meta l4proto . th dport vmap { ");
	for (uint32_t k = run->first; k < run->first + run->n; k++)
		text_addf(t, "%s%s . %u . %u : jump " INDEX_CHAIN "%u", k == run->first ? "" : ", ", emit_address(x->key[k].address),
			  x->key[k].proto, x->key[k].port, k);
	text_add(t, " }\n");
}

static void index_chains(struct text *t, const struct honeynet *n, const struct matches *m)
{
	_index_ struct index x;

	index_init(&x, n, m, may_be_found);
	for (uint32_t k = 0; k < x.n_keys; k++) {
		text_addf(t, "\tchain " INDEX_CHAIN "%u {\n", k);
		for (uint32_t r = x.key[k].first; r < x.key[k].first + x.key[k].n; r++) {
			_text_ struct text who = { 0 };
			struct lines times = { 0 }, any = { .n = 1 };
			char verdict[48];

			emit_party(&who, FAMILY_4, "ip saddr", &m->at[x.rule[r]].source);
			verdict_of(n, x.rule[r], false, false, verdict, sizeof(verdict));
			time_lines(&times, n, &n->rule[x.rule[r]]);
			emit_lines(t, text_str(&who), &times, &any, verdict);
			text_fini(&times.text);
		}
		text_add(t, "\t}\n");
	}
}

void rulebase_rules(struct text *t, enum family f, const struct honeynet *n, const struct matches *m, bool input)
{
	_index_ struct index x = { 0 };

	if (!input && f == FAMILY_4)
		index_init(&x, n, m, may_be_found);
	for (uint32_t i = 0; i < n->n_rules;) {
		const struct index_run *run = index_at(&x, i);

		if (run)
			run_lines(t, &x, run);
		else if (match_is_about(&m->at[i], f, input))
			rule_lines(t, f, n, m, i, input);
		i = run ? run->to : i + 1;
	}
}

static void pick_chain(struct text *t, const struct honeynet *n, const struct match *m, uint32_t i, bool input)
{
	struct lines times = { 0 }, services = { 0 }, any = { .n = 1 };
	bool others = n->rule[i].not & NOT_SERVICE;
	char verdict[48];

	snprintf(verdict, sizeof(verdict), "goto %s_%u", hook_name(input), i);
	time_lines(&times, n, &n->rule[i]);
	emit_services(&services, n, m);
	text_addf(t, "\tchain %s%s_%u {\n", chain_names[CHAIN_PICK], hook_name(input), i);
	if (others)
		emit_lines(t, "", &any, &services, "return");
	emit_lines(t, "", &times, others ? &any : &services, verdict);
	text_add(t, "\t}\n");
	text_fini(&times.text);
	text_fini(&services.text);
}

static void put_log(struct text *t, const struct rule *r, const char *verdict, uint32_t i)
{
	char reason[16];

	if (!r->log)
		return;
	snprintf(reason, sizeof(reason), "rule %u", i);
	emit_log(t, verdict, reason, POLICY_LOG_INET);
	text_addc(t, ' ');
}

static void put_reject(struct text *t, bool both)
{
	text_addf(t, "\n\t\tmeta l4proto tcp limit rate %u/second burst %u packets reject with tcp reset\n"
		     "\t\tmeta l4proto != tcp limit rate %u/second burst %u packets reject with %s port-unreachable\n\t\tdrop",
		  REJECTS_PER_S, REJECTS_PER_S, REJECTS_PER_S, REJECTS_PER_S, both ? "icmpx" : "icmp");
}

/* put_limit() - up to it another chain goes on */
static void put_limit(struct text *t, const struct rule *r, uint32_t i, bool input, bool both)
{
	for (enum family f = 0; f < (both ? FAMILIES : FAMILY_6); f++)
		text_addf(t, "%sadd @limit%s_%u { %s timeout %us limit rate 1/week burst %u packets } goto %s%s_%u\n", f ? "\t\t" : "",
			  family_words[f].mark, i, family_words[f].saddr, r->limit_s, r->limit, chain_names[CHAIN_WITHIN],
			  hook_name(input), i);
	if (r->log) {
		text_addf(t, "\t\tlimit rate %u/second burst %u packets ", OVER_PER_S, OVER_BURST);
		put_log(t, r, "drop", i);
		text_addc(t, '\n');
	}
	text_add(t, "\t\tdrop\n");
}

static void put_accept(struct text *t, const struct rule *r, uint32_t i, bool input)
{
	text_addf(t, "jump contain_%s\n\t\t", hook_name(input));
	put_log(t, r, "accept", i);
	text_add(t, "accept\n");
}

static void rule_chain(struct text *t, const struct honeynet *n, uint32_t i, bool input)
{
	const struct rule *r = &n->rule[i];

	text_addf(t, "\tchain %s_%u {\n\t\tcounter name " POLICY_RULE_COUNTER "%u ", hook_name(input), i, i);
	switch (r->action) {
	case ACTION_ACCEPT:
		if (has_limit(n, i))
			put_limit(t, r, i, input, n->prefix6);
		else
			put_accept(t, r, i, input);
		break;
	case ACTION_CONTINUE:
		put_log(t, r, "continue", i);
		text_addc(t, '\n');
		break;
	default:
		put_log(t, r, "drop", i);
		if (r->action == ACTION_REJECT)
			put_reject(t, n->prefix6);
		else
			text_add(t, "drop");
		text_addc(t, '\n');
	}
	text_add(t, "\t}\n");
	if (!has_limit(n, i))
		return;
	text_addf(t, "\tchain %s%s_%u {\n\t\t", chain_names[CHAIN_WITHIN], hook_name(input), i);
	put_accept(t, r, i, input);
	text_add(t, "\t}\n");
}

void rulebase_chains(struct text *t, const struct honeynet *n, const struct matches *m, bool input)
{
	for (uint32_t i = 0; i < n->n_rules; i++) {
		if (!is_about(n, &m->at[i], input))
			continue;
		if (has_chain(n, m, i, input, CHAIN_PICK))
			pick_chain(t, n, &m->at[i], i, input);
		rule_chain(t, n, i, input);
	}
	if (!input)
		index_chains(t, n, m);
}

void rulebase_named(struct text *t, enum family f, const struct honeynet *n, const struct matches *m)
{
	for (uint32_t i = 0; i < n->n_rules; i++) {
		_text_ struct text who = { 0 };
		struct lines times = { 0 }, services = { 0 };

		if (!match_is_about(&m->at[i], f, true) || n->rule[i].action != ACTION_ACCEPT || !rule_names_firewall(&n->rule[i]))
			continue;
		emit_who(&who, f, &m->at[i], true);
		time_lines(&times, n, &n->rule[i]);
		emit_services(&services, n, &m->at[i]);
		emit_lines(t, text_str(&who), &times, &services, "return");
		text_fini(&times.text);
		text_fini(&services.text);
	}
}

void rulebase_drop(struct text *t, const struct honeynet *was, const struct matches *had, const struct honeynet *n,
		   const struct matches *m)
{
	_index_ struct index old, new;

	for (uint32_t i = 0; i < was->n_rules; i++) {
		for (int input = 0; input < 2; input++)
			for (enum chain c = 0; c < CHAINS; c++)
				if (has_chain(was, had, i, input, c) && !has_chain(n, m, i, input, c))
					text_addf(t, "delete chain inet skep %s%s_%u\n", chain_names[c], hook_name(input), i);
		if (has_limit(was, i) && !has_limit(n, i))
			for (enum family f = 0; f < families(was); f++)
				text_addf(t, "delete set inet skep limit%s_%u\n", family_words[f].mark, i);
		if (i >= n->n_rules)
			text_addf(t, "delete counter inet skep " POLICY_RULE_COUNTER "%u\n", i);
	}
	index_init(&old, was, had, may_be_found);
	index_init(&new, n, m, may_be_found);
	for (uint32_t k = new.n_keys; k < old.n_keys; k++)
		text_addf(t, "delete chain inet skep " INDEX_CHAIN "%u\n", k);
}
