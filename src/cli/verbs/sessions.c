/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep sessions - who came. */
#include <getopt.h>
#include <stdbool.h>

#include "base/clock.h"
#include "cli/cli.h"
#include "cli/evidence.h"
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

/* CLI_OK, or what to exit with */
static int option(struct request *rq, int o, const char *word)
{
	switch (o) {
	case 'j': rq->json = true; return CLI_OK;
	case 'a': rq->all = true; return CLI_OK;
	case 'o': rq->filter.open_only = true; return CLI_OK;
	case 'u': rq->filter.with_user = true; return CLI_OK;
	case 'p': rq->filter.honeypot = word; return CLI_OK;
	case 't':
		return stamp_parse(word, now_us(), &rq->filter.since_us) ?
		       cli_wrong("sessions", "%s is no time; try 2026-11-23T05:46, 05:46 or 10m (UTC)", word) : CLI_OK;
	}
	return cli_wrong("sessions", NULL);
}

int verb_sessions(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },	 { "all", no_argument, NULL, 'a' },
		{ "open", no_argument, NULL, 'o' },	 { "user-only", no_argument, NULL, 'u' },
		{ "honeypot", required_argument, NULL, 'p' }, { "since", required_argument, NULL, 't' },
		{ "help", no_argument, NULL, 'h' },	 { 0 },
	};
	struct request rq = { 0 };
	int o, r;

	while ((o = getopt_long(argc, argv, "ah", options, NULL)) != -1) {
		if (o == 'h')
			return cli_help("sessions");
		r = option(&rq, o, optarg);
		if (r)
			return r;
	}
	if (optind < argc)
		return cli_wrong("sessions", "%s: not understood; one session: skep session N", argv[optind]);
	return run(&rq);
}
