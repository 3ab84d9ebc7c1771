/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * skep budget - what each honeypot, and each session that has begun with it, may still send out in the period that goes on, as
 * the kernel counts it;
 * skep budget HONEYPOT set NAME=LIMIT - what it may from now on.
 */
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/by_hand.h"
#include "cli/cli.h"
#include "cli/control.h"
#include "cli/evidence.h"
#include "cli/options.h"
#include "cli/out.h"
#include "cli/running.h"
#include "config/value.h"
#include "model/honeynet.h"
#include "model/session.h"
#include "net/firewall.h"
#include "policy/destinations.h"
#include "policy/ruleset.h"
#include "report/stamp.h"
#include "report/table.h"
#include "skep/capture.h"
#include "store/store.h"

struct line {
	const char *pot, *budget;
	bool of_session;
	uint64_t session;	/* 0: it is not known which */
	uint64_t limit, used, left_ms;	/* left_ms 0: its period has not begun */
};

static uint64_t left(const struct line *l)
{
	return l->used < l->limit ? l->limit - l->used : 0;
}

static void put_json(const struct line *l, struct text *t)
{
	text_add(t, "{\"honeypot\":");
	text_json(t, l->pot, strlen(l->pot));
	if (l->of_session && l->session)
		text_addf(t, ",\"session\":%lu", l->session);
	else if (l->of_session)
		text_add(t, ",\"session\":null");
	text_addf(t, ",\"budget\":\"%s\",\"limit\":%lu,\"used\":%lu,\"left\":%lu,\"resets_in_ms\":%lu}\n", l->budget, l->limit,
		  l->used, left(l), l->left_ms);
}

static void put_row(const struct line *l, struct table *t)
{
	char resets[STAMP_TEXT], budget[48];

	table_adds(t, l->pot);
	if (l->of_session && l->session)
		snprintf(budget, sizeof(budget), "%s, session %lu", l->budget, l->session);
	else
		snprintf(budget, sizeof(budget), "%s%s", l->budget, l->of_session ? ", a session" : "");
	table_adds(t, budget);
	table_addu(t, l->used);
	table_addu(t, left(l));
	table_adds(t, l->left_ms ? stamp_span(l->left_ms * 1000, resets) : "-");
}

struct answer {
	bool json;
	struct text text;
	struct table table;
};

static void put(struct answer *a, const struct line *l)
{
	if (a->json)
		put_json(l, &a->text);
	else
		put_row(l, &a->table);
}

/* Of each family that it speaks. Its first one is forgotten when that is over; a period of their own they have not. */
static void answer_destinations(struct answer *a, const char *rules, enum family f, const char *name, uint32_t address, uint64_t limit)
{
	struct ruleset_reached at[MAX_DESTINATIONS];
	char set[DESTINATIONS_NAME];
	struct line l = { .pot = name, .budget = f == FAMILY_4 ? "destinations" : "destinations6", .limit = limit };

	destinations_set(f, address, set);
	if (f == FAMILY_6 && !ruleset_has_set(rules, set))
		return;
	l.used = ruleset_reached(rules, set, at, nitems(at));
	for (size_t i = 0; i < l.used; i++)
		l.left_ms = i && l.left_ms < at[i].left_ms ? l.left_ms : at[i].left_ms;
	put(a, &l);
}

/* Of whose connections the tags are: of two sessions with the same the later one. */
static int note_tag(void *arg, const struct session *s)
{
	uint64_t *id = (uint64_t *)arg + SKEP_TAG(s->conn);

	*id = s->id > *id ? s->id : *id;
	return 0;
}

static void answer_sessions(struct answer *a, const char *rules, const char *name, uint32_t address, uint64_t since_us)
{
	static struct ruleset_session used[SKEP_TAGS_MAX];
	_free_ uint64_t *of_tag = xcalloc(SKEP_TAGS_MAX + 1, sizeof(*of_tag));
	const struct store_filter filter = { .honeypot = name, .since_us = since_us };
	_store_ struct store *s = NULL;

	for (uint32_t b = 0; b < BUDGET_BYTES; b++) {
		size_t n = ruleset_sessions(rules, budget_name[b], address, used, nitems(used));

		if (n && !s && (s = evidence_index()) && store_sessions(s, &filter, note_tag, of_tag) < 0)
			evidence_failed(s, "whose these budgets are");
		for (size_t i = 0; i < n; i++)
			put(a, &(struct line){ .pot = name, .budget = budget_name[b], .of_session = true,
					       .session = of_tag[used[i].tag], .limit = used[i].used.limit,
					       .used = used[i].used.used, .left_ms = used[i].used.left_ms });
	}
}

static void answer(struct answer *a, const char *rules, const json_t *pot, const json_t *status)
{
	const json_t *limits = json_object_get(pot, "limits");
	const char *address = control_word(pot, "address");
	const json_t *most = json_object_get(json_object_get(status, "containment"), "destinations");
	struct addr own;

	if (addr_parse(address, &own) < 0)
		return;
	for (size_t i = 0; i < BUDGETS; i++) {
		struct budget_used used[MAX_HONEYPOTS];
		size_t n = ruleset_budget(rules, budget_name[i], used, nitems(used));
		struct line l = { .pot = control_word(pot, "name"), .budget = budget_name[i],
				  .limit = (uint64_t)json_integer_value(json_object_get(limits, budget_name[i])) };

		for (size_t k = 0; k < n; k++)
			if (used[k].address == addr_u32(&own)) {
				l.used = used[k].used;
				l.limit = used[k].limit;
				l.left_ms = used[k].left_ms;
			}
		put(a, &l);
	}
	for (enum family f = 0; f < FAMILIES; f++)
		answer_destinations(a, rules, f, control_word(pot, "name"), addr_u32(&own), (uint64_t)json_integer_value(most));
	answer_sessions(a, rules, control_word(pot, "name"), addr_u32(&own), (uint64_t)json_integer_value(json_object_get(status, "epoch")));
}

/* answer_all() - how many honeypots that was */
static size_t answer_all(struct answer *a, const char *rules, const json_t *status, const char *only)
{
	json_t *pot;
	size_t i, n = 0;

	json_array_foreach(json_object_get(status, "honeypots"), i, pot) {
		if (only && strcasecmp(only, control_word(pot, "name")))
			continue;
		answer(a, rules, pot, status);
		n++;
	}
	return n;
}

/* --- by hand ---------------------------------------------------------------------------------- */

/* read_limit() - "tcp=40", "bytes=200 MiB", "udp=file" */
static bool read_limit(const char *s, struct budget_set *ret)
{
	const char *value = strchr(s, '=');
	char name[16];
	uint64_t limit = 0;

	if (!value || (size_t)(value - s) >= sizeof(name))
		return false;
	snprintf(name, sizeof(name), "%.*s", (int)(value++ - s), s);
	ret->budget = (uint8_t)budget_find(name);
	ret->own = strcmp(value, "file");
	if (ret->budget == BUDGETS)
		return false;
	if (ret->own && !(ret->budget == BUDGET_BYTES ? value_mebibytes : value_count)(value, &limit))
		return false;
	ret->limit = limit > UINT32_MAX ? UINT32_MAX : (uint32_t)limit;
	return true;
}

/* find_place() - of the honeypot @name, which becomes spelt as in the honeynet file; -1: there is none */
static int find_place(const json_t *status, char name[NAME_SIZE])
{
	json_t *pot;
	size_t i;

	json_array_foreach(json_object_get(status, "honeypots"), i, pot) {
		if (strcasecmp(name, control_word(pot, "name")))
			continue;
		str_copy(name, control_word(pot, "name"), NAME_SIZE);
		return (int)json_integer_value(json_object_get(pot, "place"));
	}
	return -1;
}

/* All that was said makes sense before any of it is done. */
static int set(const char *whose, int n, char **words)
{
	struct own_budgets sound = { 0 };
	struct budget_set b[BUDGETS];
	char name[NAME_SIZE];
	json_t *status;
	_fd_ int control = -1;
	int place, r;

	for (int i = 0; i < n; i++) {
		if (i == BUDGETS || !read_limit(words[i], &b[i]))
			return cli_wrong("budget", "%s: tcp, udp, icmp, other or lateral and a number, bytes=100MiB, or =file",
					 words[i]);
		budget_set_in(&b[i], &sound);
		if (!own_budgets_sound(&sound))
			return cli_wrong("budget", "%s: at most %d, bytes from 1 MiB to %d MiB", words[i], MAX_BUDGET, MAX_BUDGET_MB);
	}
	control = control_must();
	r = control_status(control, NULL, &status);
	if (r < 0)
		die("skep does not answer: %s", strerror(-r));
	place = str_copy(name, whose, sizeof(name)) ? find_place(status, name) : -1;
	json_decref(status);
	if (place < 0) {
		log_error("there is no honeypot named %s", whose);
		return CLI_FAILED;
	}
	for (int i = 0; i < n; i++) {
		b[i].pot = (uint16_t)place;
		r = limits_ask(&b[i]);
		r = r < 0 ? r : limits_write(name, &b[i]);
		if (r < 0) {
			log_error("%s: %s: %s", name, words[i], strerror(-r));
			return CLI_FAILED;
		}
	}
	return CLI_OK;
}

int verb_budget(int argc, char **argv)
{
	static const char *const head[] = { "HONEYPOT", "BUDGET", "USED", "LEFT", "RESETS IN" };
	struct answer a = { .table = { .columns = nitems(head), .right = BIT(2) | BIT(3) | BIT(4) } };
	const struct cli_option options[] = { { "json", .flag = &a.json }, { 0 } };
	_text_ struct text rules = { 0 };
	_fd_ int control = -1;
	json_t *status;
	int r = cli_options(&argc, &argv, "budget", options);

	if (r >= 0)
		return r;
	if (argc > 2 && !strcmp(argv[1], "set"))
		return set(argv[0], argc - 2, argv + 2);
	if (argc > 1)
		return cli_wrong("budget", "one honeypot, or none for all");
	control = control_must();
	r = control_status(control, NULL, &status);
	if (r == 0)
		r = running_rules(control, &rules);
	if (r < 0)
		die("skep does not answer: %s", strerror(-r));
	for (size_t i = 0; i < nitems(head); i++)
		table_adds(&a.table, head[i]);
	r = answer_all(&a, text_str(&rules), status, argc ? argv[0] : NULL) ? CLI_OK : CLI_FAILED;
	if (r != CLI_OK)
		log_error("there is no honeypot named %s", argv[0]);
	else if (!a.json)
		table_put(&a.table, &a.text);
	json_decref(status);
	table_fini(&a.table);
	r = out_all(&a.text, r);
	text_fini(&a.text);
	return r;
}
