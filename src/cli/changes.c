/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "changes.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/mem.h"
#include "model/budget.h"
#include "rulebase.h"

static bool has(uint64_t places, uint32_t i)
{
	return places >> i & 1;
}

/* twin_of() - the place of who takes over from the removed @i; -1: nobody, or @i is not removed */
static int twin_of(const struct changes *c, uint32_t i)
{
	return has(c->what.removed, i) ? replan_twin(&c->what, c->before, c->next, i) : -1;
}

/* newcomers() - the places of those that only come: the twins of the removed are told with them */
static uint64_t newcomers(const struct changes *c)
{
	uint64_t places = c->what.added;

	for (uint32_t i = 0; i < MAX_HONEYPOTS; i++)
		if (twin_of(c, i) >= 0)
			places &= ~(UINT64_C(1) << twin_of(c, i));
	return places;
}

/* --- honeypots -------------------------------------------------------------------------------- */

static void pot_words(const struct honeypot *h, struct text *t)
{
	char address[ADDR_TEXT];
	struct addr a = addr4(h->address);

	text_addf(t, "%-12s %-15s %s, %u MiB, host name %s", h->name, addr_text(&a, address), h->image, h->memory_mb,
		  h->hostname);
}

/* What is different about a honeypot that changes: "memory 96 MiB -> 128 MiB", with @between each two. */
static void pot_changes(const struct honeypot *a, const struct honeypot *b, const char *between, struct text *t)
{
	char was[ADDR_TEXT], is[ADDR_TEXT];
	struct addr from = addr4(a->address), to = addr4(b->address);
	size_t begin = t->len;

	if (a->address != b->address)
		text_addf(t, "address %s -> %s", addr_text(&from, was), addr_text(&to, is));
	if (strcmp(a->image, b->image))
		text_addf(t, "%simage %s -> %s", t->len > begin ? between : "", a->image, b->image);
	if (a->memory_mb != b->memory_mb)
		text_addf(t, "%smemory %u MiB -> %u MiB", t->len > begin ? between : "", a->memory_mb, b->memory_mb);
	if (strcmp(a->hostname, b->hostname))
		text_addf(t, "%shostname %s -> %s", t->len > begin ? between : "", a->hostname, b->hostname);
	if (memcmp(a->mac, b->mac, sizeof(a->mac)))
		text_addf(t, "%smac", t->len > begin ? between : "");
	if (strcmp(a->name, b->name))
		text_addf(t, "%sname %s -> %s", t->len > begin ? between : "", a->name, b->name);
	if (t->len == begin)
		text_add(t, "its services, past, weaknesses or honeytokens");
}

static void pots_text(const struct changes *c, struct text *t)
{
	const struct honeypot *was = c->before->net.honeypot, *is = c->next->net.honeypot;
	uint64_t places = newcomers(c);

	for (uint32_t i = 0; i < MAX_HONEYPOTS; i++) {
		int twin = twin_of(c, i);

		if (twin >= 0) {
			text_addf(t, "~ %-12s ", is[twin].name);
			pot_changes(&was[i], &is[twin], ", ", t);
			text_add(t, " (a new one takes its place)\n");
		} else if (has(c->what.removed, i)) {
			text_add(t, "- ");
			pot_words(&was[i], t);
			text_addc(t, '\n');
		}
	}
	for (uint32_t i = 0; i < MAX_HONEYPOTS; i++) {
		if (!has(places, i))
			continue;
		text_add(t, "+ ");
		pot_words(&is[i], t);
		text_addc(t, '\n');
	}
}

static void names_json(const char *key, uint64_t places, const struct honeypot *pot, struct text *t)
{
	const char *comma = "";

	text_addf(t, "\"%s\":[", key);
	for (uint32_t i = 0; i < MAX_HONEYPOTS; i++) {
		if (!has(places, i))
			continue;
		text_addf(t, "%s\"%s\"", comma, pot[i].name);
		comma = ",";
	}
	text_add(t, "],");
}

/* lines_json() - each line of @words as a string. The path of an image may be anything. */
static void lines_json(struct text *words, struct text *t)
{
	const char *comma = "";
	char *left = words->at, *one;

	for (; (one = strsep(&left, "\n")); comma = ",") {
		text_add(t, comma);
		text_json(t, one, strlen(one));
	}
}

static void changed_json(const struct changes *c, struct text *t)
{
	const char *comma = "";

	text_add(t, "\"changed\":[");
	for (uint32_t i = 0; i < MAX_HONEYPOTS; i++) {
		_text_ struct text words = { 0 };
		int twin = twin_of(c, i);

		if (twin < 0)
			continue;
		text_addf(t, "%s{\"name\":\"%s\",\"changes\":[", comma, c->next->net.honeypot[twin].name);
		pot_changes(&c->before->net.honeypot[i], &c->next->net.honeypot[twin], "\n", &words);
		lines_json(&words, t);
		text_add(t, "]}");
		comma = ",";
	}
	text_add(t, "],");
}

/* --- rules ------------------------------------------------------------------------------------ */

/*
 * What has to go from the rules that were, and to come to them, so that they become the next, is least: those that stay
 * are the longest sequence common to both. What both begin and end with stays without a look at the rest; of the rest
 * length(i, k) is that of the sequence from the rules @i and @k on.
 */
struct rule_diff {
	const struct honeynet *was, *is;
	bool nat;			/* of the NAT rules */
	uint32_t i, k;			/* looked at next */
	uint32_t ends_i, ends_k;	/* from here on they are the same */
	uint32_t from_i, from_k;
	uint16_t *table;		/* NULL: there is too much; then all of the rest goes, and comes */
};

enum { DIFF_CELLS = 4 * 1024 * 1024 };

static bool same(const struct rule_diff *d, uint32_t i, uint32_t k)
{
	return (d->nat ? replan_same_nat : replan_same_rule)(d->was, i, d->is, k);
}

static uint16_t *length(const struct rule_diff *d, uint32_t i, uint32_t k)
{
	return &d->table[(size_t)(i - d->from_i) * (d->ends_k - d->from_k + 1) + (k - d->from_k)];
}

static void rule_diff_init(struct rule_diff *d, const struct changes *c, bool nat)
{
	const struct honeynet *was = &c->before->net, *is = &c->next->net;
	size_t cells;

	*d = (struct rule_diff){ .was = was, .is = is, .nat = nat, .ends_i = nat ? was->n_nat : was->n_rules,
				 .ends_k = nat ? is->n_nat : is->n_rules };
	for (; d->i < d->ends_i && d->k < d->ends_k && same(d, d->i, d->k); d->i++)
		d->k++;
	for (; d->i < d->ends_i && d->k < d->ends_k && same(d, d->ends_i - 1, d->ends_k - 1); d->ends_i--)
		d->ends_k--;
	d->from_i = d->i;
	d->from_k = d->k;
	cells = (size_t)(d->ends_i - d->i + 1) * (d->ends_k - d->k + 1);
	if (cells > DIFF_CELLS)
		return;
	d->table = xcalloc(cells, sizeof(*d->table));
	for (uint32_t i = d->ends_i; i-- > d->i;)
		for (uint32_t k = d->ends_k; k-- > d->k;) {
			uint16_t down = *length(d, i + 1, k), right = *length(d, i, k + 1);

			*length(d, i, k) = same(d, i, k) ? (uint16_t)(*length(d, i + 1, k + 1) + 1) : down > right ? down : right;
		}
}

static void rule_diff_fini(struct rule_diff *d)
{
	free(d->table);
}

#define _rule_diff_ __attribute__((cleanup(rule_diff_fini)))

/* rule_diff_next() - '-' rule *@ret of those that were goes, '+' rule *@ret of the next comes; '\0' there is no more */
static char rule_diff_next(struct rule_diff *d, uint32_t *ret)
{
	while (d->table && d->i < d->ends_i && d->k < d->ends_k && same(d, d->i, d->k)) {
		d->i++;
		d->k++;
	}
	if (d->i < d->ends_i &&
	    (d->k == d->ends_k || !d->table || *length(d, d->i + 1, d->k) >= *length(d, d->i, d->k + 1))) {
		*ret = d->i++;
		return '-';
	}
	if (d->k == d->ends_k)
		return '\0';
	*ret = d->k++;
	return '+';
}

static void rules_text(const struct changes *c, bool nat, struct text *t)
{
	_rule_diff_ struct rule_diff d;
	uint32_t at;
	char sign;

	rule_diff_init(&d, c, nat);
	while ((sign = rule_diff_next(&d, &at))) {
		text_addf(t, "  %c %s %u: ", sign, nat ? "NAT rule" : "rule", at);
		(nat ? rulebase_nat_words : rulebase_words)(sign == '-' ? d.was : d.is, at, t);
		text_addc(t, '\n');
	}
}

static void rules_json(const struct changes *c, bool nat, struct text *t)
{
	_rule_diff_ struct rule_diff d;
	const char *comma = "";
	uint32_t at;
	char sign;

	rule_diff_init(&d, c, nat);
	text_addf(t, ",\"%s\":[", nat ? "nat" : "rules");
	for (; (sign = rule_diff_next(&d, &at)); comma = ",") {
		_text_ struct text words = { 0 };
		const struct honeynet *n = sign == '-' ? d.was : d.is;

		(nat ? rulebase_nat_words : rulebase_words)(n, at, &words);
		text_addf(t, "%s{\"change\":\"%s\",\"rule\":%u,\"line\":%u,\"says\":", comma, sign == '-' ? "removed" : "added", at,
			  nat ? n->nat[at].asks.line : n->rule[at].line);
		text_json(t, text_str(&words), words.len);
		text_addc(t, '}');
	}
	text_addc(t, ']');
}

/* --- containment ------------------------------------------------------------------------------ */

static const struct { const char *key; size_t at; const char *unit; } limits[] = {
	{ "period", offsetof(struct containment, period_s), " s" }, { "tcp", offsetof(struct containment, tcp), "" },
	{ "udp", offsetof(struct containment, udp), "" }, { "icmp", offsetof(struct containment, icmp), "" },
	{ "other", offsetof(struct containment, other), "" }, { "lateral", offsetof(struct containment, lateral), "" },
	{ "bytes", offsetof(struct containment, bytes_mb), " MiB" },
	{ "packets", offsetof(struct containment, packets_per_s), "/s" },
	{ "margin", offsetof(struct containment, margin), " %" },
	{ "bandwidth", offsetof(struct containment, bandwidth_kb), " KiB/s" },
	{ "connections", offsetof(struct containment, connections), "" },
	{ "jitter", offsetof(struct containment, jitter), " %" },
};

static uint32_t limit_of(const struct plan *p, size_t k)
{
	return *(const uint32_t *)((const char *)&p->net.containment + limits[k].at);
}

/* list_text() - @sign for each network of @a that is not in @b */
static void list_text(const char *sign, const char *name, const struct network *a, uint32_t n, const struct network *b, uint32_t m,
		      struct text *t)
{
	for (uint32_t i = 0; i < n; i++) {
		char text[NETWORK_TEXT];

		if (network_find(b, m, &a[i]) == m)
			text_addf(t, "  %s %s %s\n", sign, name, network_text(&a[i], text));
	}
}

/* @x goes, @y comes */
static void lists_text(const struct containment *x, const struct containment *y, struct text *t)
{
	const struct { const char *name; const struct network *was, *is; uint32_t n_was, n_is; } rows[] = {
		{ "fence", x->fence, y->fence, containment_fence(x), containment_fence(y) },
		{ "blacklist", x->black, y->black, x->n_black, y->n_black },
		{ "whitelist", x->white, y->white, x->n_white, y->n_white },
		{ "resolvers", x->resolver, y->resolver, x->n_resolvers, y->n_resolvers },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		list_text("-", rows[i].name, rows[i].was, rows[i].n_was, rows[i].is, rows[i].n_is, t);
		list_text("+", rows[i].name, rows[i].is, rows[i].n_is, rows[i].was, rows[i].n_was, t);
	}
}

/* session_limit() - what a session may by @o, in words; returns @ret */
static const char *session_limit(const struct own_budgets *o, uint32_t budget, char ret[16])
{
	if (o->set >> budget & 1)
		snprintf(ret, 16, "%u", o->limit[budget]);
	else
		strcpy(ret, "no limit");
	return ret;
}

static void session_text(const struct own_budgets *was, const struct own_budgets *is, struct text *t)
{
	char before[16], next[16];

	for (uint32_t i = 0; i < BUDGETS; i++)
		if (strcmp(session_limit(was, i, before), session_limit(is, i, next)))
			text_addf(t, "  session %s %s -> %s\n", budget_name[i], before, next);
}

static void containment_text(const struct changes *c, struct text *t)
{
	for (size_t k = 0; k < nitems(limits); k++)
		if (limit_of(c->before, k) != limit_of(c->next, k))
			text_addf(t, "  %s %u%s -> %u%s\n", limits[k].key, limit_of(c->before, k), limits[k].unit,
				  limit_of(c->next, k), limits[k].unit);
	if (c->before->net.containment.refuse != c->next->net.containment.refuse)
		text_addf(t, "  refuse %s -> %s\n", refuse_name(c->before->net.containment.refuse),
			  refuse_name(c->next->net.containment.refuse));
	if (c->before->net.containment.isolation != c->next->net.containment.isolation)
		text_addf(t, "  isolation %s\n", c->next->net.containment.isolation ? "false -> true" : "true -> false");
	session_text(&c->before->net.containment.session, &c->next->net.containment.session, t);
	lists_text(&c->before->net.containment, &c->next->net.containment, t);
}

/* --- all -------------------------------------------------------------------------------------- */

void changes_text(const struct changes *c, struct text *t)
{
	pots_text(c, t);
	for (enum plan_part p = 0; p < PARTS; p++) {
		if (!(c->what.parts & BIT(p)))
			continue;
		text_addf(t, "~ %s%s\n", plan_part_name(p), p == PART_ACCESS ? " (skep access setup takes it over)" : "");
		if (p == PART_RULES || p == PART_NAT)
			rules_text(c, p == PART_NAT, t);
		else if (p == PART_CONTAINMENT)
			containment_text(c, t);
	}
	if (plan_change_none(&c->what))
		text_add(t, "nothing is different from what runs\n");
}

void changes_json(const struct changes *c, struct text *t)
{
	uint64_t removed = c->what.removed;
	const char *comma = "";

	for (uint32_t i = 0; i < MAX_HONEYPOTS; i++)
		if (twin_of(c, i) >= 0)
			removed &= ~(UINT64_C(1) << i);
	names_json("added", newcomers(c), c->next->net.honeypot, t);
	names_json("removed", removed, c->before->net.honeypot, t);
	changed_json(c, t);
	text_add(t, "\"parts\":[");
	for (enum plan_part p = 0; p < PARTS; p++) {
		if (!(c->what.parts & BIT(p)))
			continue;
		text_addf(t, "%s\"%s\"", comma, plan_part_name(p));
		comma = ",";
	}
	text_addc(t, ']');
	rules_json(c, false, t);
	rules_json(c, true, t);
}
