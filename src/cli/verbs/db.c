/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * skep db - the database: how far it is, and filling it again.
 *
 * Only one process writes into it. While the honeynet stands that is the role index: MariaDB is filled
 * again by emptying it under that role's hands, which then begins at the beginning. SQLite belongs to
 * the recorder and is filled again while it is not there.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/evidence.h"
#include "cli/options.h"
#include "cli/out.h"
#include "cli/progress.h"
#include "cli/state.h"
#include "cli/stop.h"
#include "cli/store_place.h"
#include "model/store_url.h"
#include "record/journal.h"
#include "roles/feed.h"
#include "run/role.h"
#include "run/sandbox.h"

enum { POLL_MS = 200, PATIENCE_US = 30 * 1000 * 1000 };

/* What is known about the store. */
struct standing {
	struct text where, about;
	uint64_t seq, behind;		/* newest record; records the journal has after it */
	struct place at;
};

static void standing_fini(struct standing *s)
{
	text_fini(&s->where);
	text_fini(&s->about);
}

static int count(void *arg, const struct place *at, const char *line, size_t len)
{
	(void)at, (void)len;
	*(uint64_t *)arg += line != NULL;
	return 0;
}

static int look(int journal, struct standing *ret)
{
	struct store *s = NULL;
	int r;

	text_clear(&ret->where);
	text_clear(&ret->about);
	store_place(DB_READER, &ret->where);
	r = store_open(text_str(&ret->where), STORE_READ, &s);
	if (r < 0)
		return r;
	store_about(s, &ret->about);
	r = store_last(s, &ret->seq, &ret->at);
	store_close(s);
	ret->behind = 0;
	if (r == 0)
		r = journal_scan(journal, ret->at.file, ret->at.offset + ret->at.len, count, &ret->behind);
	return r;
}

/* --- status ----------------------------------------------------------------------------------- */

/* Of a server: the password's file, and what TLS is checked with, if it is the private one. */
static void reader_files(const struct standing *st, char password[PATH_MAX], struct text *certificate)
{
	_free_ struct store_url *u = xcalloc(1, sizeof(*u));
	char error[STORE_URL_ERROR];

	password[0] = '\0';
	if (!store_url_is(text_str(&st->where)) || store_url_parse(text_str(&st->where), u, error) < 0)
		return;
	strcpy(password, u->password_file);
	if (!strncmp(u->socket, state_dir(), strlen(state_dir())))
		text_addf(certificate, "%s/mariadb/tls", state_dir());
}

static void write_status(const struct standing *st, bool json, struct text *t)
{
	_text_ struct text certificate = { 0 };
	char password[PATH_MAX];

	reader_files(st, password, &certificate);
	if (json) {
		text_add(t, "{\"database\":");
		text_json(t, text_str(&st->about), st->about.len);
		text_add(t, ",\"where\":");
		text_json(t, text_str(&st->where), st->where.len);
		text_addf(t, ",\"seq\":%" PRIu64 ",\"behind\":%" PRIu64 "}\n", st->seq, st->behind);
		return;
	}
	text_addf(t, "database   %s\nwhere      %s\nrecords    up to number %" PRIu64 "%s%s\nbehind     %" PRIu64 " record%s\n",
		  text_str(&st->about), text_str(&st->where), st->seq, st->seq ? ", journal " : "", st->at.file,
		  st->behind, st->behind == 1 ? "" : "s");
	if (password[0])
		text_addf(t, "password   %s\n", password);
	if (certificate.len)
		text_addf(t, "from elsewhere, over TLS, as user reader, database skep, port 3306; certificate in %s\n",
			  text_str(&certificate));
}

static int status(bool json)
{
	_fd_ int journal = evidence_journal();
	__attribute__((cleanup(standing_fini))) struct standing st = { 0 };
	_text_ struct text t = { 0 };

	if (journal < 0)
		return CLI_FAILED;
	if (look(journal, &st) < 0) {
		log_error("%s: %s", text_str(&st.where), store_error(NULL));
		return CLI_FAILED;
	}
	out_begin();
	write_status(&st, json, &t);
	out_text(&t);
	return out_end(CLI_OK);
}

/* --- rebuild ---------------------------------------------------------------------------------- */

/* The lock is the honeynet's as long as it stands. -1: it does. */
static int lock_state(void)
{
	_free_ char *path = state_path("run/lock");
	_fd_ int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		die("%s: %s", path, strerror(errno));
	return flock(fd, LOCK_EX | LOCK_NB) < 0 ? -1 : steal_fd(&fd);
}

static void show(uint64_t n, uint64_t since)
{
	_free_ char *phase = xasprintf("%" PRIu64 " records", n);

	progress_show("database", phase, since);
}

static int finish(uint64_t n, uint64_t since)
{
	_free_ char *phase = xasprintf("%" PRIu64 " records from the journal", n);

	progress_done("database", phase, since);
	return CLI_OK;
}

/* fill() - by ourselves: nobody else writes */
static int fill(int journal, const char *where)
{
	struct feed f = { .journal = journal };
	uint64_t since = mono_us();
	int r = feed_open(&f, where);

	stop_begin();
	while (r >= 0 && !stop_asked()) {
		r = feed_some(&f);
		if (r <= 0)
			break;
		show(f.added, since);
	}
	if (r < 0)
		log_error("%s: %s", where, store_error(f.store));
	feed_close(&f);
	if (f.left_out)
		log_warn("%" PRIu64 " lines of the journal are no records; skep verify looks at it", f.left_out);
	return r < 0 || stop_asked() ? CLI_FAILED : finish(f.added, since);
}

/* watch() - while the role index fills it */
static int watch(int journal)
{
	__attribute__((cleanup(standing_fini))) struct standing st = { 0 };
	uint64_t since = mono_us(), moved = since, seq = 0;

	stop_begin();
	while (!stop_asked() && mono_us() - moved < PATIENCE_US) {
		poll(NULL, 0, POLL_MS);
		if (look(journal, &st) < 0)
			continue;	/* its tables are just being made */
		if (!st.behind)
			return finish(st.seq, since);
		moved = st.seq != seq ? mono_us() : moved;
		seq = st.seq;
		show(seq, since);
	}
	log_error("the database does not move; `skep db status` and log/skep.log say more");
	return CLI_FAILED;
}

/* The recorder makes it as its own user; so must we. */
static int fill_sqlite(int journal, const char *where)
{
	uid_t recorder = SKEP_UID + ROLE_RECORDER;
	int r;

	if (setegid(recorder) < 0 || seteuid(recorder) < 0)
		die("%s", strerror(errno));
	r = fill(journal, where);
	if (seteuid(0) < 0 || setegid(0) < 0)
		die("%s", strerror(errno));
	return r;
}

static int refuse_full(int journal, const char *where, bool force)
{
	__attribute__((cleanup(standing_fini))) struct standing st = { 0 };

	if (force || look(journal, &st) < 0 || !st.seq)
		return CLI_OK;
	log_error("%s: there are records in it, up to number %" PRIu64 ": --force empties it first", where, st.seq);
	return CLI_FAILED;
}

static int rebuild(bool force)
{
	_fd_ int journal = evidence_journal();
	_fd_ int lock = journal < 0 ? -1 : lock_state();
	_text_ struct text where = { 0 };
	bool server;

	if (journal < 0)
		return CLI_FAILED;
	store_place(DB_INDEX, &where);
	server = store_url_is(text_str(&where));
	if (lock < 0 && !server) {
		log_error("the recorder has it open: `skep down` first");
		return CLI_FAILED;
	}
	if (refuse_full(journal, text_str(&where), force))
		return CLI_FAILED;
	if (store_empty(text_str(&where)) < 0) {
		log_error("%s: %s", text_str(&where), store_error(NULL));
		return CLI_FAILED;
	}
	if (lock < 0)
		return watch(journal);
	return server ? fill(journal, text_str(&where)) : fill_sqlite(journal, text_str(&where));
}

int verb_db(int argc, char **argv)
{
	bool json = false, force = false;
	const struct cli_option options[] = { { "json", .flag = &json }, { "force", .flag = &force }, { 0 } };
	int r = cli_options(&argc, &argv, "db", options);

	if (r >= 0)
		return r;
	if (argc != 1)
		return cli_wrong("db", "status or rebuild?");
	if (!strcmp(argv[0], "status") && !force)
		return status(json);
	if (!strcmp(argv[0], "rebuild") && !json)
		return rebuild(force);
	return cli_wrong("db", "%s: not understood", argv[0]);
}
