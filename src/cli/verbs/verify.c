/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep verify - whether the record is what was recorded; if not, where and what was done to it. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/evidence.h"
#include "cli/options.h"
#include "cli/out.h"
#include "cli/progress.h"
#include "cli/secret.h"
#include "record/verify.h"
#include "report/stamp.h"

enum { SHOWN = 20 };	/* findings; --json has all that are kept */

struct request {
	const char *key, *journal;
	uint64_t at_least;
	bool json;
};

/* --- in words --------------------------------------------------------------------------------- */

/* What is meant, with a colon after it; the place alone says it if nothing does. */
static void say_which(const struct verify_finding *f, struct text *t)
{
	const char *things = f->what == VERIFY_UNFINISHED ? "bytes" :
			     f->what == VERIFY_BEHIND || f->what == VERIFY_STATE_OLD ? "records" : "lines";
	size_t before = t->len;
	char at[STAMP_TEXT];

	if (f->first && f->last > f->first)
		text_addf(t, "records %" PRIu64 " to %" PRIu64, f->first, f->last);
	else if (f->first)
		text_addf(t, "record %" PRIu64, f->first);
	else if (f->count > 1)
		text_addf(t, "%" PRIu64 " %s", f->count, things);
	if (f->seq)
		text_addf(t, "%s(seq %" PRIu64 ", %s)", t->len > before ? " " : "", f->seq, stamp_text(f->at_us, at));
	text_add(t, t->len > before ? ": " : "");
}

static void say_other(const struct verify_finding *f, struct text *t)
{
	bool moved = f->what == VERIFY_MOVED || f->what == VERIFY_DOUBLED || f->what == VERIFY_FILE_RENAMED;
	bool between = f->what == VERIFY_FILE_REMOVED && strcmp(f->other, f->at.file) < 0;

	if (!f->other[0])
		return;
	text_add(t, moved ? "; it was written into " : between ? " after " : ": ");
	text_safe(t, f->other, strlen(f->other));
}

static void say_finding(const struct verify_finding *f, struct text *t)
{
	text_safe(t, f->at.file, strlen(f->at.file));
	if (f->line && f->at.file[0])
		text_addf(t, ":%" PRIu64 ", byte %" PRIu64, f->line, f->at.offset);
	text_addf(t, "%s%s: ", f->at.file[0] ? ": " : "", verify_bad(f->what) ? verify_word(f->what) : "note");
	say_which(f, t);
	text_add(t, verify_doc(f->what));
	say_other(f, t);
	if (f->error)
		text_addf(t, ": %s", strerror(f->error));
	text_addc(t, '\n');
}

/* Only if there are two: a wrong key, or another chain's state. */
static void say_ids(const struct verify_result *r, struct text *t)
{
	char key[CHAIN_ID_TEXT], state[CHAIN_ID_TEXT];

	if (memcmp(r->id, r->state_id, CHAIN_ID) && !sodium_is_zero(r->state_id, CHAIN_ID))
		text_addf(t, "the key is that of chain %s, chain.state that of chain %s\n",
			  chain_id_text(r->id, key), chain_id_text(r->state_id, state));
}

static void say(const struct verify_result *r, struct text *t)
{
	char id[CHAIN_ID_TEXT], first[STAMP_TEXT], last[STAMP_TEXT];
	size_t shown = r->n < SHOWN ? r->n : SHOWN;

	for (size_t i = 0; i < shown; i++)
		say_finding(&r->at[i], t);
	if (r->n + r->beyond > shown)
		text_addf(t, "and %" PRIu64 " more\n", r->n + r->beyond - shown);
	say_ids(r, t);
	text_addf(t, "%s: %" PRIu64 " records", r->good ? "ok" : "NOT OK", r->records);
	if (r->records)
		text_addf(t, ", %s to %s", stamp_text(r->first_us, first), stamp_text(r->last_us, last));
	text_addf(t, ", chain %s", chain_id_text(r->id, id));
	if (r->files)
		text_addf(t, ", %" PRIu64 " files they name", r->files);
	text_addc(t, '\n');
}

/* --- as JSON ---------------------------------------------------------------------------------- */

static void json_number(const char *name, uint64_t v, struct text *t)
{
	if (v)
		text_addf(t, ",\"%s\":%" PRIu64, name, v);
}

static void json_word(const char *name, const char *s, struct text *t)
{
	if (!*s)
		return;
	text_addf(t, ",\"%s\":", name);
	text_json(t, s, strlen(s));
}

static void json_finding(const struct verify_finding *f, struct text *t)
{
	_text_ struct text message = { 0 };
	char at[STAMP_TEXT];

	say_finding(f, &message);
	text_addf(t, "{\"what\":\"%s\",\"bad\":%s", verify_word(f->what), verify_bad(f->what) ? "true" : "false");
	json_word("file", f->at.file, t);
	json_number("line", f->at.file[0] ? f->line : 0, t);
	if (f->line && f->at.file[0])
		text_addf(t, ",\"byte\":%" PRIu64, f->at.offset);
	json_number("first", f->first, t);
	json_number("last", f->last, t);
	json_number("count", f->count, t);
	json_number("seq", f->seq, t);
	json_word("time", f->at_us ? stamp_json(f->at_us, at) : "", t);
	json_word("other", f->other, t);
	json_word("error", f->error ? strerror(f->error) : "", t);
	message.at[--message.len] = '\0';
	json_word("message", message.at, t);
	text_addc(t, '}');
}

static void say_json(const struct verify_result *r, struct text *t)
{
	char id[CHAIN_ID_TEXT], first[STAMP_TEXT], last[STAMP_TEXT];

	text_addf(t, "{\"ok\":%s,\"chain\":\"%s\",\"records\":%" PRIu64 ",\"files\":%" PRIu64,
		  r->good ? "true" : "false", chain_id_text(r->id, id), r->records, r->files);
	if (r->records)
		text_addf(t, ",\"first\":\"%s\",\"last\":\"%s\"", stamp_json(r->first_us, first), stamp_json(r->last_us, last));
	text_addf(t, ",\"findings_beyond\":%" PRIu64 ",\"findings\":[", r->beyond);
	for (size_t i = 0; i < r->n; i++) {
		text_add(t, i ? "," : "");
		json_finding(&r->at[i], t);
	}
	text_add(t, "]}\n");
}

/* --- the verb --------------------------------------------------------------------------------- */

static void show_progress(void *arg, uint64_t done, uint64_t total)
{
	char phase[32];

	snprintf(phase, sizeof(phase), "%" PRIu64 " %%", total ? 100 * (done < total ? done : total) / total : 0);
	progress_show("verify", phase, *(uint64_t *)arg);
}

static int open_journal(const char *path)
{
	int fd = path ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : evidence_journal();

	if (path && fd < 0)
		log_error("%s: %s", path, strerror(errno));
	return fd;
}

static int run(const struct request *rq)
{
	_free_ struct verify_result *result = xcalloc(1, sizeof(*result));
	_fd_ int journal = open_journal(rq->journal);
	_fd_ int evidence = journal < 0 ? -1 : openat(journal, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
	uint64_t since = mono_us();
	struct verify v = { .journal = journal, .evidence = evidence, .may_lack_files = rq->journal,
			    .at_least = rq->at_least, .progress = show_progress, .arg = &since };
	_text_ struct text t = { 0 };
	uint8_t secret[CHAIN_SECRET];
	int r;

	if (journal < 0 || secret_read(rq->key, secret) < 0)
		return CLI_FAILED;
	since = mono_us();
	r = verify_run(&v, secret, result);
	sodium_memzero(secret, sizeof(secret));
	if (r < 0)
		die("verify: %s", strerror(-r));
	if (mono_us() - since > 2000000)
		progress_done("verify", "done", since);
	if (rq->json)
		say_json(result, &t);
	else
		say(result, &t);
	return out_all(&t, result->good ? CLI_OK : CLI_FAILED);
}

static int read_count(const char *verb, const char *word, void *into)
{
	return evidence_number(word, into) < 0 ? cli_wrong(verb, "--at-least: how many records? %s is no number", word) : CLI_OK;
}

int verb_verify(int argc, char **argv)
{
	struct request rq = { 0 };
	const struct cli_option options[] = {
		{ "key", .word = &rq.key },
		{ "journal", .word = &rq.journal },
		{ "at-least", .read = read_count, .into = &rq.at_least },
		{ "json", .flag = &rq.json },
		{ 0 },
	};
	int r = cli_options(&argc, &argv, "verify", options);

	if (r >= 0)
		return r;
	if (argc)
		return cli_wrong("verify", "%s: not understood (a key is never an argument)", argv[0]);
	return run(&rq);
}
