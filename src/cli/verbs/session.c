/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * skep session - what one intruder did. The database says where the session's events stand; what is
 * told is read from the journal itself.
 */
#include <stdbool.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/evidence.h"
#include "cli/options.h"
#include "cli/out.h"
#include "model/session.h"
#include "record/journal.h"
#include "record/line.h"
#include "report/brief.h"
#include "report/visit.h"

struct request {
	uint64_t id;
	bool json, typed;
};

struct telling {
	uint64_t session;
	int journal;
	struct visit *visit;	/* NULL: lines as they are */
	uint64_t missing;
	struct text t;
};

/* out_line() - as it is in the journal; one that came before it was known whose it is has its session here */
static void out_line(struct telling *tl)
{
	static const char end[] = "}\n";
	_line_ struct line l = { 0 };
	size_t n = tl->t.len;

	if (line_read(text_str(&tl->t), n, NULL, &l) < 0 || l.event.session || n < strlen(end)) {
		out_bytes(text_str(&tl->t), n);
		return;
	}
	out_bytes(text_str(&tl->t), n - strlen(end));
	text_clear(&tl->t);
	text_addf(&tl->t, ",\"session\":%lu%s", tl->session, end);
	out_text(&tl->t);
}

static int each(void *arg, uint64_t seq, const struct place *at)
{
	struct telling *tl = arg;
	_line_ struct line l = { 0 };

	(void)seq;
	text_clear(&tl->t);
	if (journal_read(tl->journal, at, &tl->t) < 0)
		tl->missing++;
	else if (!tl->visit)
		out_line(tl);
	else if (line_read(text_str(&tl->t), tl->t.len, NULL, &l) < 0)
		tl->missing++;
	else
		visit_add(tl->visit, &l.event);
	return out_gone();
}

static void head(const struct session *s, const struct request *rq)
{
	_text_ struct text t = { 0 };

	if (rq->json)
		brief_json(s, true, &t);
	else
		brief_head(s, &t);
	out_text(&t);
}

static int run(const struct request *rq)
{
	_store_ struct store *store = evidence_index();
	_fd_ int journal = store ? evidence_journal() : -1;
	_visit_ struct visit *v = rq->json ? NULL :
				  visit_new((rq->typed ? VISIT_TYPED : 0) | (out_colour() ? VISIT_COLOUR : 0));
	struct telling tl = { .session = rq->id, .journal = journal, .visit = v };
	struct session s;
	int r;

	if (!store || journal < 0 || evidence_session(store, rq->id, &s) < 0)
		return CLI_FAILED;
	out_begin();
	head(&s, rq);
	r = store_session_places(store, rq->id, each, &tl);
	if (r < 0)
		evidence_failed(store, "reading the session's events");
	text_clear(&tl.t);
	if (v && r >= 0) {
		text_addc(&tl.t, '\n');
		visit_write(v, &tl.t);
		out_text(&tl.t);
	}
	text_fini(&tl.t);
	if (tl.missing)
		log_warn("%llu events are in the database but not in the journal: is it the right folder?",
			 (unsigned long long)tl.missing);
	return out_end(r < 0 || tl.missing ? CLI_FAILED : CLI_OK);
}

int verb_session(int argc, char **argv)
{
	struct request rq = { 0 };
	const struct cli_option options[] = { { "json", .flag = &rq.json }, { "typed", .flag = &rq.typed }, { 0 } };
	int r = cli_options(&argc, &argv, "session", options);

	if (r >= 0)
		return r;
	if (argc != 1)
		return cli_wrong("session", "which one? `skep sessions` lists them");
	r = cli_read_session("session", argv[0], &rq.id);
	return r == CLI_OK ? run(&rq) : r;
}
