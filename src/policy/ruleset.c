/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ruleset.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/mem.h"
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

/* span_ms() - "1h2m", "59m58s972ms": false if there is nothing of that kind */
static bool span_ms(const char *at, uint64_t *ret_ms)
{
	static const struct { const char *name; uint64_t ms; } units[] = {
		{ "d", 86400000 }, { "h", 3600000 }, { "m", 60000 }, { "s", 1000 }, { "ms", 1 },
	};
	uint64_t sum = 0, value;
	char unit[3];
	int n = 0;

	for (; sscanf(at, "%" SCNu64 "%2[a-z]%n", &value, unit, &n) == 2; at += n)
		for (size_t i = 0; i < nitems(units); i++)
			sum += strcmp(unit, units[i].name) ? 0 : value * units[i].ms;
	*ret_ms = sum;
	return n;
}

/* after() - what follows @word in @in, up to its end; NULL if it is not there */
static const char *after(struct span in, const char *word)
{
	const char *at = in.at ? memmem(in.at, in.len, word, strlen(word)) : NULL;

	return at ? at + strlen(word) : NULL;
}

/* Minutes would be no lock. */
static bool is_alive(struct span set, uint32_t *ret_ms)
{
	const char *at = has(set, "ipv4 timeout ") ? after(set, " expires ") : NULL;
	uint64_t ms = 0;
	bool alive = at && span_ms(at, &ms) && ms < 60000;

	*ret_ms = alive ? (uint32_t)ms : 0;
	return alive;
}

enum { NFT_BURST = 5 };		/* nft leaves its default out */

static struct span budget_set(struct span table, const char *name)
{
	char head[64];

	snprintf(head, sizeof(head), "set " POLICY_BUDGET_SET "%s", name);
	return block(table, head);
}

/* both() - a chain has this, and that for IPv6, if there is one, the other */
static bool both(struct span four, const char *what, struct span six, const char *what6)
{
	return has(four, what) && (!six.len || has(six, what6));
}

void ruleset_look(const char *listing, struct ruleset *ret)
{
	struct span all = span_of(listing), table = block(all, "table inet skep");
	struct span forward = block(table, "chain forward"), six = block(table, "chain forward6");
	struct span owner = block(all, "table inet skep_owner"), bridge = block(all, "table bridge skep_l2");
	static const char inside[] = "iifname \"br0\" oifname \"br0\" goto {";
	struct ruleset r = { 0 };

	r.drops = has(forward, "hook forward ") && has(forward, "policy drop;");
	r.locked = is_locked(forward);
	r.states = both(forward, "ct state established goto pass_established", six, "ct state established goto pass_established6");
	r.resolvers = both(forward, "ip daddr != @" POLICY_RESOLVERS_SET " goto {", six,
			   "ip6 daddr != @" POLICY_RESOLVERS_SET "6 goto {");
	r.isolation = both(forward, inside, six, inside);
	r.alive = is_alive(block(table, "set alive"), &r.alive_ms);
	r.owned = has(owner, "flags owner") && has(owner, "meta mark set meta mark | 0x");
	r.bridge = both(block(bridge, "chain l2_pre"), "@port_bind accept", block(bridge, "chain l2_six"),
			"!= @port_claim6 goto {");
	for (size_t i = 0; i < BUDGETS; i++)
		r.budgets += budget_set(table, budget_name[i]).len > 0;
	*ret = r;
}

/* bytes_at() - "12 kbytes" */
static uint64_t bytes_at(const char *at)
{
	static const struct { const char *name; uint64_t bytes; } units[] = {
		{ "bytes", 1 }, { "kbytes", 1 << 10 }, { "mbytes", 1 << 20 }, { "gbytes", 1 << 30 },
	};
	uint64_t value = 0;
	char unit[8];

	if (!at || sscanf(at, "%" SCNu64 " %7[a-z]", &value, unit) != 2)
		return 0;
	for (size_t i = 0; i < nitems(units); i++)
		if (!strcmp(unit, units[i].name))
			return value * units[i].bytes;
	return 0;
}

static uint64_t number_at(const char *at)
{
	uint64_t value = 0;

	return at && sscanf(at, "%" SCNu64, &value) == 1 ? value : 0;
}

/*
 * "limit rate 1/week burst 20 packets counter packets 3 bytes 180", "quota 100 mbytes used 12 kbytes". One that goes on
 * from before (net/elements.c) says its limit in a comment: its burst is what was left then. A burst of 5 is not said.
 */
static void read_amounts(struct span element, struct budget_used *ret)
{
	const char *packets = after(element, "counter packets "), *limit = after(element, " comment \""), *burst;

	burst = after(element, " burst ");
	ret->used = packets ? number_at(packets) : bytes_at(after(element, " used "));
	if (limit)
		ret->limit = number_at(limit);
	else if (packets)
		ret->limit = burst ? number_at(burst) : NFT_BURST;
	else
		ret->limit = bytes_at(after(element, "quota "));
}

/* read_element() - its address and for how long it is there. One of IPv4 in a set for both families is a number, "0xa0a0a50" */
static bool read_element(struct span element, addr_number *ret_address, uint64_t *ret_left_ms)
{
	const char *expires = after(element, " expires ");
	char address[ADDR_TEXT];
	uint32_t number;
	struct addr a;

	if (!expires || !span_ms(expires, ret_left_ms) || sscanf(element.at, " %45[0-9a-fx.:]", address) != 1)
		return false;
	if (sscanf(address, "0x%" SCNx32, &number) == 1)
		a = addr4(number);
	else if (addr_parse(address, &a) < 0)
		return false;
	*ret_address = addr_to_number(&a);
	return true;
}

/* read_pot() - likewise, where addresses are honeypots' */
static bool read_pot(struct span element, struct budget_used *ret)
{
	addr_number address;

	if (!read_element(element, &address, &ret->left_ms))
		return false;
	ret->address = (uint32_t)address;
	return true;
}

/* next_element() - of what stands between a set's braces; false: there is no more */
static bool next_element(struct span *rest, struct span *ret)
{
	const char *comma = rest->len ? memchr(rest->at, ',', rest->len) : NULL;

	*ret = (struct span){ rest->at, comma ? (size_t)(comma - rest->at) : rest->len };
	if (!rest->len)
		return false;
	rest->at += ret->len + (comma != NULL);
	rest->len -= ret->len + (comma != NULL);
	return true;
}

size_t ruleset_budget(const char *listing, const char *name, struct budget_used *ret, size_t n)
{
	struct span rest = block(budget_set(block(span_of(listing), "table inet skep"), name), "elements ="), one;
	size_t found = 0;

	while (found < n && next_element(&rest, &one)) {
		struct budget_used u;

		if (!read_pot(one, &u))
			continue;
		read_amounts(one, &u);
		ret[found++] = u;
	}
	return found;
}

size_t ruleset_sessions(const char *listing, const char *name, uint32_t address, struct ruleset_session *ret, size_t n)
{
	struct span rest, one;
	char set[32];
	size_t found = 0;

	snprintf(set, sizeof(set), POLICY_SESSION "%s", name);
	rest = block(budget_set(block(span_of(listing), "table inet skep"), set), "elements =");
	while (found < n && next_element(&rest, &one)) {
		struct ruleset_session *s = &ret[found];
		const char *mark = after(one, " . ");
		uint32_t value;

		if (!mark || sscanf(mark, "%" SCNx32, &value) != 1 || !read_pot(one, &s->used) || s->used.address != address)
			continue;
		s->tag = (uint16_t)((value & GATE_TAG_MASK) >> GATE_TAG_SHIFT);
		read_amounts(one, &s->used);
		found++;
	}
	return found;
}

static struct span set_of(const char *listing, const char *set)
{
	char head[64];

	snprintf(head, sizeof(head), "set %s", set);
	return block(block(span_of(listing), "table inet skep"), head);
}

bool ruleset_has_set(const char *listing, const char *set)
{
	return set_of(listing, set).len > 0;
}

size_t ruleset_reached(const char *listing, const char *set, struct ruleset_reached *ret, size_t n)
{
	struct span rest = block(set_of(listing, set), "elements ="), one;
	size_t found = 0;

	while (found < n && next_element(&rest, &one))
		found += read_element(one, &ret[found].address, &ret[found].left_ms);
	return found;
}

bool ruleset_rules(const char *listing, const char *counter, struct rule_counts *ret, uint32_t n)
{
	struct span rest = block(span_of(listing), "table inet skep"), line;
	_free_ char *begins = xasprintf("counter %s", counter);
	struct rule_counts c;
	bool any = false;
	uint32_t i;

	while (next(&rest, &line)) {
		const char *head = after(line, begins), *counts;

		if (!head || head != line.at + strlen(begins) || sscanf(head, "%" SCNu32 " {", &i) != 1)
			continue;
		counts = next(&rest, &line) ? line.at : "";
		if (i >= n || sscanf(counts, "packets %" SCNu64 " bytes %" SCNu64, &c.packets, &c.bytes) != 2)
			continue;
		ret[i] = c;
		any = true;
	}
	return any;
}
