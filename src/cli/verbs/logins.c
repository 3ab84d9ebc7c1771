/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep logins - who tried to log in, as whom, with which secret, and whether that was right. */
#include <stdbool.h>
#include <string.h>

#include "base/mem.h"
#include "cli/cli.h"
#include "cli/evidence.h"
#include "cli/options.h"
#include "cli/out.h"
#include "report/stamp.h"
#include "report/table.h"

enum { TOP_MAX = 20 };

static const struct { const char *word; uint32_t by; } tallies[] = {
	{ "user", TALLY_USER }, { "secret", TALLY_SECRET }, { "pair", TALLY_USER | TALLY_SECRET },
	{ "source", TALLY_SOURCE },
};

struct request {
	uint64_t session;	/* 0 all */
	uint32_t by;		/* 0: one by one */
	bool json;
};

struct listing {
	const struct request *rq;
	struct table table;
	struct text t;
	uint64_t rows;
};

static void string(struct text *t, const char *key, struct span s)
{
	text_addf(t, ",\"%s\":", key);
	text_json(t, s.at, s.len);
}

static void source_json(struct text *t, const struct addr *a)
{
	char s[ADDR_TEXT];

	if (a->family)
		text_addf(t, ",\"src_ip\":\"%s\"", addr_text(a, s));
	else
		text_add(t, ",\"src_ip\":null");
}

static void cell(struct table *t, struct span s)
{
	if (s.len)
		table_add(t, s.at, s.len);
	else
		table_adds(t, "-");
}

static void source(struct table *t, const struct addr *a)
{
	char s[ADDR_TEXT];

	table_adds(t, a->family ? addr_text(a, s) : "-");
}

static void head(struct table *t, const char *const *names, uint32_t n, uint32_t right)
{
	t->columns = n;
	t->right = right;
	for (uint32_t i = 0; i < n; i++)
		table_adds(t, names[i]);
}

/* --- one by one ------------------------------------------------------------------------------- */

static int each(void *arg, const struct store_login *r)
{
	struct listing *l = arg;
	char at[STAMP_TEXT];

	l->rows++;
	if (l->rq->json) {
		text_addf(&l->t, "{\"timestamp\":\"%s\",\"seq\":%llu,\"session\":%llu", stamp_json(r->at_us, at),
			  (unsigned long long)r->seq, (unsigned long long)r->session);
		string(&l->t, "honeypot", span_of(r->honeypot));
		source_json(&l->t, &r->src);
		text_addf(&l->t, ",\"src_port\":%u", r->src_port);
		string(&l->t, "service", r->service);
		string(&l->t, "method", r->method);
		string(&l->t, "user", r->user);
		string(&l->t, "secret", r->secret);
		string(&l->t, "result", r->result);
		text_add(&l->t, "}\n");
		out_text(&l->t);
		return out_gone();
	}
	table_adds(&l->table, stamp_text(r->at_us, at));
	table_adds(&l->table, r->honeypot);
	table_addu(&l->table, r->session);
	source(&l->table, &r->src);
	cell(&l->table, r->service);
	cell(&l->table, r->method);
	cell(&l->table, r->user);
	cell(&l->table, r->secret);
	cell(&l->table, r->result);
	return 0;
}

static int list(struct store *s, struct listing *l)
{
	static const char *const names[] = { "TIME", "HONEYPOT", "SESSION", "SOURCE", "SERVICE", "METHOD", "USER", "SECRET",
					     "RESULT" };

	head(&l->table, names, nitems(names), BIT(2));
	return store_logins(s, l->rq->session, each, l);
}

/* --- how often -------------------------------------------------------------------------------- */

static int each_tally(void *arg, const struct store_tally *r)
{
	struct listing *l = arg;
	uint32_t by = l->rq->by;

	if (l->rq->json) {
		text_addf(&l->t, "{\"tries\":%llu,\"accepted\":%llu", (unsigned long long)r->tries,
			  (unsigned long long)r->accepted);
		if (by & TALLY_USER)
			string(&l->t, "user", r->user);
		if (by & TALLY_SECRET)
			string(&l->t, "secret", r->secret);
		if (by & TALLY_SOURCE)
			source_json(&l->t, &r->src);
		text_add(&l->t, "}\n");
		out_text(&l->t);
		return out_gone();
	}
	if (++l->rows > TOP_MAX)
		return 0;
	table_addu(&l->table, r->tries);
	table_addu(&l->table, r->accepted);
	if (by & TALLY_USER)
		cell(&l->table, r->user);
	if (by & TALLY_SECRET)
		cell(&l->table, r->secret);
	if (by & TALLY_SOURCE)
		source(&l->table, &r->src);
	return 0;
}

static int tally(struct store *s, struct listing *l)
{
	uint32_t by = l->rq->by, n = 2;
	const char *names[5] = { "TRIES", "ACCEPTED" };

	if (by & TALLY_USER)
		names[n++] = "USER";
	if (by & TALLY_SECRET)
		names[n++] = "SECRET";
	if (by & TALLY_SOURCE)
		names[n++] = "SOURCE";
	head(&l->table, names, n, BIT(0) | BIT(1));
	return store_login_tally(s, by, each_tally, l);
}

static int run(const struct request *rq)
{
	_store_ struct store *s = evidence_index();
	struct listing l = { .rq = rq };
	int r;

	if (!s)
		return CLI_FAILED;
	out_begin();
	r = rq->by ? tally(s, &l) : list(s, &l);
	if (r < 0)
		evidence_failed(s, "reading the logins");
	else if (!rq->json && table_rows(&l.table) > 1)
		table_put(&l.table, &l.t);
	else if (!rq->json)
		text_add(&l.t, "nobody has tried to log in\n");
	if (!rq->json && rq->by && l.rows > TOP_MAX)
		text_addf(&l.t, "%llu more: --json has them all\n", (unsigned long long)(l.rows - TOP_MAX));
	out_text(&l.t);
	text_fini(&l.t);
	table_fini(&l.table);
	return out_end(r < 0 ? CLI_FAILED : CLI_OK);
}

static int read_tally(const char *verb, const char *word, void *into)
{
	for (size_t i = 0; i < nitems(tallies); i++)
		if (!strcmp(tallies[i].word, word)) {
			*(uint32_t *)into = tallies[i].by;
			return CLI_OK;
		}
	return cli_wrong(verb, "--top: user, secret, pair or source");
}

int verb_logins(int argc, char **argv)
{
	struct request rq = { 0 };
	const struct cli_option options[] = {
		{ "json", .flag = &rq.json },
		{ "top", .read = read_tally, .into = &rq.by },
		{ 0 },
	};
	int r = cli_options(&argc, &argv, "logins", options);

	if (r >= 0)
		return r;
	if (argc > 1 || (argc && rq.by))
		return cli_wrong("logins", "%s: not understood", argv[argc - 1]);
	if (argc && evidence_number(argv[0], &rq.session) < 0)
		return cli_wrong("logins", "%s is no session's number", argv[0]);
	return run(&rq);
}
