/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ruleset.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "model/gate.h"
#include "policy.h"

/* block() - the text between the braces of what begins with @head, a line of its own; empty if not there */
static struct span block(struct span in, const char *head)
{
	char open[64];
	int len = snprintf(open, sizeof(open), "%s {", head), depth = 1;
	const char *at = in.at ? memmem(in.at, in.len, open, (size_t)len) : NULL, *end;

	if (!at)
		return (struct span){ "", 0 };
	at += len;
	end = in.at + in.len;
	for (const char *s = at; s < end; s++) {
		depth += *s == '{';
		depth -= *s == '}';
		if (!depth)
			return (struct span){ at, (size_t)(s - at) };
	}
	return (struct span){ "", 0 };
}

static bool has(struct span in, const char *what)
{
	return in.at && memmem(in.at, in.len, what, strlen(what));
}

/* next() - the next line of @in without its blanks; false at the end */
static bool next(struct span *in, struct span *ret)
{
	const char *end;

	while (in->len && strchr(" \t\n", *in->at))
		in->at++, in->len--;
	if (!in->len)
		return false;
	end = memchr(in->at, '\n', in->len);
	*ret = (struct span){ in->at, end ? (size_t)(end - in->at) : in->len };
	in->at += ret->len;
	in->len -= ret->len;
	return true;
}

static bool drops(struct span rule)
{
	return rule.len > 5 && !memcmp(rule.at + rule.len - 5, " drop", 5);
}

/* The head of the chain, then the two locks as policy.c writes them. */
static bool is_locked(struct span chain)
{
	struct span head, alive, owner;
	char unmarked[64];

	snprintf(unmarked, sizeof(unmarked), "meta mark & 0x%08x == 0x00000000 log ", GATE_OWNER_MARK);
	return next(&chain, &head) && next(&chain, &alive) && next(&chain, &owner) &&
	       has(alive, "meta nfproto != @alive log ") && drops(alive) && has(owner, unmarked) && drops(owner);
}

/* "... expires 1s492ms }", either part alone too; minutes would be no lock. */
static bool is_alive(struct span set, uint32_t *ret_ms)
{
	const char *at = has(set, "ipv4 timeout ") ? memmem(set.at, set.len, " expires ", 9) : NULL;
	unsigned value;
	char unit[3];
	int n = 0;

	*ret_ms = 0;
	for (at = at ? at + 9 : ""; sscanf(at, "%u%2[a-z]%n", &value, unit, &n) == 2; at += n) {
		if (strcmp(unit, "s") && strcmp(unit, "ms"))
			return false;
		*ret_ms += strcmp(unit, "s") ? value : value * 1000;
	}
	return n;
}

void ruleset_look(const char *listing, struct ruleset *ret)
{
	static const char *const budgets[] = { "tcp", "udp", "icmp", "other", "bytes" };
	struct span all = span_of(listing), table = block(all, "table inet skep");
	struct span forward = block(table, "chain forward"), owner = block(all, "table inet skep_owner");
	struct ruleset r = { 0 };

	r.drops = has(forward, "hook forward ") && has(forward, "policy drop;");
	r.locked = is_locked(forward);
	r.states = has(forward, "ct state established goto pass_established");
	r.alive = is_alive(block(table, "set alive"), &r.alive_ms);
	r.owned = has(owner, "flags owner") && has(owner, "meta mark set 0x");
	r.bridge = has(block(block(all, "table bridge skep_l2"), "chain l2_pre"), "@port_bind accept");
	for (size_t i = 0; i < sizeof(budgets) / sizeof(budgets[0]); i++) {
		char name[64];

		snprintf(name, sizeof(name), "set " POLICY_BUDGET_SET "%s", budgets[i]);
		r.budgets += block(table, name).len > 0;
	}
	*ret = r;
}
