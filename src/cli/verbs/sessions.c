/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep sessions - who came. */
#include <stdbool.h>

#include "base/clock.h"
#include "cli/cli.h"
#include "cli/evidence.h"
#include "cli/options.h"
#include "cli/out.h"
#include "model/session.h"
#include "report/brief.h"
#include "report/stamp.h"
#include "report/table.h"
#include "store/store.h"

struct request {
	struct store_filter filter;
	bool json, all;
};

struct listing {
	const struct request *rq;
	struct table table;
	struct text t;
	uint64_t others;	/* not worth a row */
};

static int each(void *arg, const struct session *s)
{
	struct listing *l = arg;

	if (l->rq->json) {
		brief_json(s, false, &l->t);
		out_text(&l->t);
		return out_gone();
	}
	if (l->rq->all || brief_worth(s))
		brief_row(s, &l->table);
	else
		l->others++;
	return 0;
}

static void put_table(struct listing *l)
{
	unsigned long long n = l->others;

	if (table_rows(&l->table) > 1)
		table_put(&l->table, &l->t);
	else if (!n)
		text_add(&l->t, "no such sessions\n");
	if (n)
		text_addf(&l->t, "%llu %sconnection%s without a login: --all\n", n,
			  table_rows(&l->table) > 1 ? "more " : "", n == 1 ? "" : "s");
	out_text(&l->t);
}

static int run(const struct request *rq)
{
	_store_ struct store *s = evidence_index();
	struct listing l = { .rq = rq };
	int r;

	if (!s)
		return CLI_FAILED;
	out_begin();
	brief_row_head(&l.table);
	r = store_sessions(s, &rq->filter, each, &l);
	if (r < 0)
		evidence_failed(s, "reading the sessions");
	else if (!rq->json)
		put_table(&l);
	text_fini(&l.t);
	table_fini(&l.table);
	return out_end(r < 0 ? CLI_FAILED : CLI_OK);
}

int verb_sessions(int argc, char **argv)
{
	struct request rq = { 0 };
	const struct cli_option options[] = {
		{ "json", .flag = &rq.json },
		{ "all", 'a', .flag = &rq.all },
		{ "open", .flag = &rq.filter.open_only },
		{ "user-only", .flag = &rq.filter.with_user },
		{ "honeypot", .word = &rq.filter.honeypot },
		{ "since", .read = cli_read_time, .into = &rq.filter.since_us },
		{ 0 },
	};
	int r = cli_options(&argc, &argv, "sessions", options);

	if (r >= 0)
		return r;
	if (argc)
		return cli_wrong("sessions", "%s: not understood; one session: skep session N", argv[0]);
	return run(&rq);
}
