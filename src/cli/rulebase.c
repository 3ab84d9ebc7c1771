/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rulebase.h"

#include <string.h>

#include "base/addr.h"
#include "base/mem.h"
#include "policy/policy.h"
#include "policy/ruleset.h"
#include "report/table.h"

/* Names one after another, as words of a cell or of a list of JSON */
struct names {
	struct text *to;
	bool json;
	uint32_t n;
};

static void put_name(struct names *l, const char *name)
{
	text_add(l->to, l->n++ ? l->json ? "," : ", " : "");
	if (l->json)
		text_json(l->to, name, strlen(name));
	else
		text_add(l->to, name);
}

static void put_objects(const struct honeynet *n, const struct object_ref *o, uint32_t many, struct names l)
{
	for (uint32_t i = 0; i < many; i++)
		put_name(&l, object_name(n, &o[i]));
}

static void put_services(const struct honeynet *n, const struct rule *r, struct names l)
{
	if (!r->n_services)
		put_name(&l, "any");
	for (uint32_t i = 0; i < r->n_services; i++)
		put_name(&l, n->service[r->service[i]].name);
}

static void put_times(const struct honeynet *n, const struct rule *r, struct names l)
{
	for (uint32_t i = 0; i < r->n_times; i++)
		put_name(&l, n->times[r->time[i]].name);
}

/* --- JSON ------------------------------------------------------------------------------------- */

static void put_negated(const struct rule *r, struct names l)
{
	static const char *const keys[] = { "source", "destination", "service" };

	for (uint32_t i = 0; i < nitems(keys); i++)
		if (r->not & BIT(i))
			put_name(&l, keys[i]);
}

/* put_asked() - which connections it is about */
static void put_asked(const struct honeynet *n, const struct rule *r, struct text *t)
{
	text_addf(t, "\"line\":%u,\"source\":[", r->line);
	put_objects(n, r->source, r->n_sources, (struct names){ t, true, 0 });
	text_add(t, "],\"destination\":[");
	put_objects(n, r->destination, r->n_destinations, (struct names){ t, true, 0 });
	text_add(t, "],\"service\":[");
	put_services(n, r, (struct names){ t, true, 0 });
	text_add(t, "],\"negate\":[");
	put_negated(r, (struct names){ t, true, 0 });
	text_addc(t, ']');
}

static void put_line(const struct honeynet *n, uint32_t i, const struct rule_counts *c, struct text *t)
{
	const struct rule *r = &n->rule[i];

	text_addf(t, "{\"rule\":%u,", i);
	put_asked(n, r, t);
	text_addf(t, ",\"direction\":\"%s\",\"time\":[", direction_name(r->direction));
	put_times(n, r, (struct names){ t, true, 0 });
	text_addf(t, "],\"action\":\"%s\",", action_name(r->action));
	if (r->limit)
		text_addf(t, "\"limit\":{\"packets\":%u,\"seconds\":%u},", r->limit, r->limit_s);
	text_addf(t, "\"log\":%s,\"disabled\":%s,\"comment\":", r->log ? "true" : "false", r->disabled ? "true" : "false");
	text_json(t, r->comment, strlen(r->comment));
	if (c)
		text_addf(t, ",\"packets\":%llu,\"bytes\":%llu", (unsigned long long)c->packets, (unsigned long long)c->bytes);
	text_add(t, "}\n");
}

/* --- the table -------------------------------------------------------------------------------- */

/* Columns that are there only if a rule has something to put into them */
enum { SHOW_DIRECTION = 1, SHOW_TIME = 2, SHOW_COMMENT = 4, SHOW_COUNTS = 8 };

static uint32_t columns_of(const struct honeynet *n, const struct rule_counts *c)
{
	uint32_t show = c ? SHOW_COUNTS : 0;

	for (uint32_t i = 0; i < n->n_rules; i++) {
		const struct rule *r = &n->rule[i];

		show |= r->direction ? SHOW_DIRECTION : 0;
		show |= r->n_times ? SHOW_TIME : 0;
		show |= r->comment[0] ? SHOW_COMMENT : 0;
	}
	return show;
}

static void cell(struct table *t, const struct text *names, bool others)
{
	_text_ struct text all = { 0 };

	text_addf(&all, "%s%s", others ? "not " : "", text_str(names));
	table_adds(t, text_str(&all));
}

static void action_words(const struct rule *r, struct text *t)
{
	text_add(t, r->disabled ? "(disabled) " : "");
	text_add(t, action_name(r->action));
	if (r->limit)
		text_addf(t, " %u in %u s", r->limit, r->limit_s);
}

static void put_action(struct table *t, const struct rule *r)
{
	_text_ struct text words = { 0 };

	action_words(r, &words);
	table_adds(t, text_str(&words));
}

static void put_head(struct table *t, uint32_t show)
{
	static const char *const head[] = { "#", "SOURCE", "DESTINATION", "SERVICE", "DIRECTION", "TIME", "ACTION", "LOG", "PACKETS",
					    "BYTES", "COMMENT" };
	static const uint32_t only[nitems(head)] = { [4] = SHOW_DIRECTION, [5] = SHOW_TIME, [8] = SHOW_COUNTS, [9] = SHOW_COUNTS,
						     [10] = SHOW_COMMENT };

	for (uint32_t i = 0; i < nitems(head); i++)
		t->columns += !only[i] || show & only[i];
	for (uint32_t i = 0, at = 0; i < nitems(head); i++) {
		if (only[i] && !(show & only[i]))
			continue;
		t->right |= !i || only[i] == SHOW_COUNTS ? BIT(at) : 0;
		at++;
		table_adds(t, head[i]);
	}
}

/* put_asked_cells() - its number and which connections it is about */
static void put_asked_cells(const struct honeynet *n, uint32_t i, const struct rule *r, struct table *t)
{
	_text_ struct text source = { 0 }, destination = { 0 }, service = { 0 };

	put_objects(n, r->source, r->n_sources, (struct names){ &source, false, 0 });
	put_objects(n, r->destination, r->n_destinations, (struct names){ &destination, false, 0 });
	put_services(n, r, (struct names){ &service, false, 0 });
	table_addu(t, i);
	cell(t, &source, r->not & NOT_SOURCE);
	cell(t, &destination, r->not & NOT_DESTINATION);
	cell(t, &service, r->not & NOT_SERVICE);
}

static void put_row(const struct honeynet *n, uint32_t i, uint32_t show, const struct rule_counts *c, struct table *t)
{
	_text_ struct text times = { 0 };
	const struct rule *r = &n->rule[i];

	put_asked_cells(n, i, r, t);
	put_times(n, r, (struct names){ &times, false, 0 });
	if (show & SHOW_DIRECTION)
		table_adds(t, direction_name(r->direction));
	if (show & SHOW_TIME)
		table_adds(t, r->n_times ? text_str(&times) : "any");
	put_action(t, r);
	table_adds(t, r->log ? "yes" : "no");
	if (show & SHOW_COUNTS) {
		table_addu(t, c->packets);
		table_addu(t, c->bytes);
	}
	if (show & SHOW_COMMENT)
		table_adds(t, r->comment);
}

/* --- a line ----------------------------------------------------------------------------------- */

static void asked_words(const struct honeynet *n, const struct rule *r, struct text *t)
{
	text_add(t, r->not & NOT_SOURCE ? "not " : "");
	put_objects(n, r->source, r->n_sources, (struct names){ t, false, 0 });
	text_add(t, r->not & NOT_DESTINATION ? " -> not " : " -> ");
	put_objects(n, r->destination, r->n_destinations, (struct names){ t, false, 0 });
	text_add(t, r->not & NOT_SERVICE ? ": not " : ": ");
	if (r->n_services)
		put_services(n, r, (struct names){ t, false, 0 });
	else
		text_add(t, "any service");
}

void rulebase_words(const struct honeynet *n, uint32_t i, struct text *t)
{
	const struct rule *r = &n->rule[i];

	asked_words(n, r, t);
	if (r->direction)
		text_addf(t, ": %s", direction_name(r->direction));
	text_add(t, r->n_times ? ": " : "");
	put_times(n, r, (struct names){ t, false, 0 });
	text_add(t, ": ");
	action_words(r, t);
	text_add(t, r->log ? "" : ", not logged");
}

void rulebase_put(const struct honeynet *n, const char *listing, bool json, struct text *t)
{
	_free_ struct rule_counts *counts = xcalloc(n->n_rules + 1, sizeof(*counts));
	bool known = ruleset_rules(listing, POLICY_RULE_COUNTER, counts, n->n_rules);
	_table_ struct table table = { 0 };
	uint32_t show = columns_of(n, known ? counts : NULL);

	if (!json)
		put_head(&table, show);
	for (uint32_t i = 0; i < n->n_rules; i++) {
		if (json)
			put_line(n, i, known ? &counts[i] : NULL, t);
		else
			put_row(n, i, show, &counts[i], &table);
	}
	if (!json)
		table_put(&table, t);
}

/* --- NAT rules -------------------------------------------------------------------------------- */

/* put_translation() - "source 198.51.100.10", "destination Apache port 8080", "none" */
static void put_translation(const struct honeynet *n, const struct nat_rule *r, struct text *t)
{
	struct addr a = addr4(r->address);
	char address[ADDR_TEXT];

	text_add(t, r->asks.disabled ? "(disabled) " : "");
	if (r->kind == NAT_SOURCE)
		text_addf(t, "source %s", addr_text(&a, address));
	else if (r->kind == NAT_DESTINATION)
		text_addf(t, "destination %s", n->honeypot[r->honeypot].name);
	else
		text_add(t, "none");
	if (r->port)
		text_addf(t, " port %u", r->port);
}

static void put_nat_line(const struct honeynet *n, uint32_t i, const struct rule_counts *c, struct text *t)
{
	const struct nat_rule *r = &n->nat[i];
	struct addr a = addr4(r->address);
	char address[ADDR_TEXT];

	text_addf(t, "{\"nat\":%u,", i);
	put_asked(n, &r->asks, t);
	if (r->kind == NAT_SOURCE)
		text_addf(t, ",\"translated_source\":\"%s\"", addr_text(&a, address));
	if (r->kind == NAT_DESTINATION)
		text_addf(t, ",\"translated_destination\":\"%s\"", n->honeypot[r->honeypot].name);
	if (r->port)
		text_addf(t, ",\"translated_port\":%u", r->port);
	text_addf(t, ",\"disabled\":%s,\"comment\":", r->asks.disabled ? "true" : "false");
	text_json(t, r->asks.comment, strlen(r->asks.comment));
	if (c)
		text_addf(t, ",\"connections\":%llu", (unsigned long long)c->packets);
	text_add(t, "}\n");
}

static void put_nat_row(const struct honeynet *n, uint32_t i, const struct rule_counts *c, struct table *t)
{
	_text_ struct text words = { 0 };

	put_asked_cells(n, i, &n->nat[i].asks, t);
	put_translation(n, &n->nat[i], &words);
	table_adds(t, text_str(&words));
	if (c)
		table_addu(t, c->packets);
	table_adds(t, n->nat[i].asks.comment);
}

void rulebase_nat_words(const struct honeynet *n, uint32_t i, struct text *t)
{
	asked_words(n, &n->nat[i].asks, t);
	text_add(t, ": translated ");
	put_translation(n, &n->nat[i], t);
}

void rulebase_nat(const struct honeynet *n, const char *listing, bool json, struct text *t)
{
	static const char *const head[] = { "NAT", "SOURCE", "DESTINATION", "SERVICE", "TRANSLATED", "CONNECTIONS", "COMMENT" };
	struct rule_counts counts[MAX_NAT] = { 0 };
	bool known = ruleset_rules(listing, POLICY_NAT_COUNTER, counts, n->n_nat);
	_table_ struct table table = { .columns = nitems(head) - !known, .right = BIT(0) | (known ? BIT(5) : 0) };

	for (size_t i = 0; i < nitems(head); i++)
		if (known || i != 5)
			table_adds(&table, head[i]);
	for (uint32_t i = 0; i < n->n_nat; i++) {
		if (json)
			put_nat_line(n, i, known ? &counts[i] : NULL, t);
		else
			put_nat_row(n, i, known ? &counts[i] : NULL, &table);
	}
	if (n->n_nat && !json) {
		text_addc(t, '\n');
		table_put(&table, t);
	}
}
