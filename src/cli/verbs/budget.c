/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep budget - what each honeypot may still send out in the period that goes on, as the kernel counts it. */
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/control.h"
#include "cli/options.h"
#include "cli/out.h"
#include "cli/running.h"
#include "model/honeynet.h"
#include "net/firewall.h"
#include "policy/ruleset.h"
#include "report/stamp.h"
#include "report/table.h"

/* As in the status, in the rules, and in the honeynet file */
static const char *const budgets[] = { "tcp", "udp", "icmp", "other", "bytes" };

struct line {
	const char *pot, *budget;
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
	text_addf(t, ",\"budget\":\"%s\",\"limit\":%lu,\"used\":%lu,\"left\":%lu,\"resets_in_ms\":%lu}\n", l->budget, l->limit,
		  l->used, left(l), l->left_ms);
}

static void put_row(const struct line *l, struct table *t)
{
	char resets[STAMP_TEXT];

	table_adds(t, l->pot);
	table_adds(t, l->budget);
	table_addu(t, l->used);
	table_addu(t, left(l));
	table_adds(t, l->left_ms ? stamp_span(l->left_ms * 1000, resets) : "-");
}

struct answer {
	bool json;
	struct text text;
	struct table table;
};

static void answer(struct answer *a, const char *rules, const json_t *pot, const json_t *limits)
{
	const char *address = control_word(pot, "address");
	struct addr own;

	for (size_t i = 0; addr_parse(address, &own) == 0 && i < nitems(budgets); i++) {
		struct budget_used used[MAX_HONEYPOTS];
		size_t n = ruleset_budget(rules, budgets[i], used, nitems(used));
		struct line l = { .pot = control_word(pot, "name"), .budget = budgets[i],
				  .limit = (uint64_t)json_integer_value(json_object_get(limits, budgets[i])) };

		for (size_t k = 0; k < n; k++)
			if (used[k].address == addr_u32(&own)) {
				l.used = used[k].used;
				l.limit = used[k].limit;
				l.left_ms = used[k].left_ms;
			}
		if (a->json)
			put_json(&l, &a->text);
		else
			put_row(&l, &a->table);
	}
}

/* answer_all() - how many honeypots that was */
static size_t answer_all(struct answer *a, const char *rules, const json_t *status, const char *only)
{
	json_t *pot;
	size_t i, n = 0;

	json_array_foreach(json_object_get(status, "honeypots"), i, pot) {
		if (only && strcasecmp(only, control_word(pot, "name")))
			continue;
		answer(a, rules, pot, json_object_get(status, "containment"));
		n++;
	}
	return n;
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
