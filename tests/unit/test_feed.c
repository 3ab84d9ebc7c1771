/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a real journal into real databases: what SQLite and MariaDB then hold is the same, whoever is
 * killed meanwhile.
 */
#include "folder.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "mariadbd.h"
#include "model/plan.h"
#include "record/journal.h"
#include "record/line.h"
#include "roles/feed.h"
#include "store/store.h"

#define DAY 1795392000000000ull		/* 2026-11-23T00:00:00 */

enum { VISITS = 3000, EVENTS_A_VISIT = 10, KILLS = 5 };

static char index_path[80];
static struct plan *plan;
static struct text url;
static struct journal *journal;
static uint64_t seq;

static int setup(void **state)
{
	struct journal_end end;

	if (fresh_dir(state) < 0)
		return -1;
	snprintf(index_path, sizeof(index_path), "%s/index.db", dir);
	plan = xcalloc(1, sizeof(*plan));
	plan->epoch = plan->born_us[0] = plan->born_us[1] = DAY;
	plan->net = (struct honeynet){ .n_honeypots = 2, .honeypot = { { .name = "www" }, { .name = "dns" } } };
	seq = 0;
	if (mariadbd_server()) {
		text_clear(&url);
		db_server_url(mariadbd_server(), DB_INDEX, &url);
		mariadbd_say("DROP DATABASE skep");
		mariadbd_say("CREATE DATABASE skep");
	}
	return journal_open(dirfd_, &journal, &end);
}

static int teardown(void **state)
{
	journal = journal_close(journal);
	free(plan);
	return remove_dir(state);
}

static void need_server(void)
{
	if (!mariadbd_server()) {
		print_message("SKIPPED, NOT TESTED: there is no MariaDB server here\n");
		skip();
	}
}

/* --- a journal -------------------------------------------------------------------------------- */

static void record(struct event e, uint64_t session)
{
	_text_ struct text t = { 0 };
	struct place at;

	e.seq = ++seq;
	e.session = session;
	e.at_us = DAY + seq * 1000;
	e.origin = (struct event_origin){ SOURCE_GUEST, DAY, seq };
	line_write(&e, &plan->net, &t);
	assert_int_equal(journal_add(journal, e.at_us, t.at, t.len, &at), 0);
}

/* The i-th intruder: in, a few commands, out; and what the gateway and the log server saw of it. */
static void visit(uint64_t i)
{
	struct event e = { .honeypot = i % 2, .proto = IPPROTO_TCP, .dest_port = 22, .src_port = (uint16_t)(i % 700 + 1),
			   .src = addr4(0xc6336400 + (uint32_t)(i % 50)), .dest = addr4(0x0a0a0a01),
			   .process = { .conn = i, .entity = i * 10, .tty = "pts/0" } };

	e.kind = EV_VERDICT;
	e.state = span_of("accept");
	e.reason = span_of("rule 1");
	record(e, 0);
	record(e, 0);
	e.kind = EV_ACCEPT;
	record(e, i);
	e.kind = EV_EXEC;
	e.file = span_of("/bin/bash");
	e.env = (struct span){ "LOGNAME=\xf0\x9f\x90\x9d\xff\0", 14 };
	e.args = (struct span){ "bash\0-l\0", 8 };
	record(e, i);
	e.kind = EV_TTY_IN;
	e.bytes = (struct span){ "id\0\r\n", 5 };
	record(e, i);
	e.kind = EV_EXIT;
	record(e, i);
	e.kind = EV_SYSLOG;
	e.message = span_of("Accepted password for bob");
	e.severity = 5;
	record(e, 0);
	e.kind = i % 100 ? EV_CONNECT : EV_BOOT;
	record(e, i % 100 ? i : 0);
	e.kind = EV_MODULE;
	e.path = span_of("/tmp/x.ko");
	e.size = 3;
	record(e, i);
	e.kind = EV_CLOSE;
	record(e, i % 7 ? i : 0);
}

static void visits(uint64_t from, uint64_t to)
{
	for (uint64_t i = from; i < to; i++) {
		visit(i + 1);
		if (journal_waiting(journal) > JOURNAL_BATCH_MAX / 2)
			assert_int_equal(journal_sync(journal), 0);
	}
	assert_int_equal(journal_sync(journal), 0);
}

/* --- what a database answers ------------------------------------------------------------------- */

static int see_session(void *arg, const struct session *s)
{
	char a[ADDR_TEXT];

	text_addf(arg, "%lu %d %s %s:%u %s %lu %lu %lu %lu %lu\n", s->id, s->honeypot_index, s->honeypot,
		  addr_text(&s->src, a), s->src_port, s->user, s->start_us, s->end_us, s->last_us, s->commands, s->tty_bytes);
	return 0;
}

static int see_place(void *arg, uint64_t n, const struct place *at)
{
	text_addf(arg, " %lu@%s+%lu", n, at->file, at->offset);
	return 0;
}

static int see_tty(void *arg, const struct store_tty *row)
{
	text_addf(arg, " %lu %d %zu", row->seq, row->what == DIALOGUE_TYPED, row->bytes.len);
	return 0;
}

static void answers(const char *where, struct text *t)
{
	struct store *s;

	assert_int_equal(store_open(where, STORE_READ, &s), 0);
	assert_true(store_sessions(s, &(struct store_filter){ 0 }, see_session, t) > 0);
	for (uint64_t i = 1; i < VISITS; i += 97) {
		text_addf(t, "session %lu:", i);
		assert_true(store_session_places(s, i, see_place, t) > 0);
		assert_int_equal(store_session_tty(s, i, see_tty, t), 1);
		text_addc(t, '\n');
	}
	store_close(s);
}

static void feed_all(struct feed *f, const char *where)
{
	int r;

	assert_int_equal(feed_open(f, where), 0);
	while ((r = feed_some(f)) > 0)
		;
	assert_int_equal(r, 0);
	feed_close(f);
}

static void same_answers(void)
{
	struct feed f = { .journal = dirfd_, .plan = plan };
	_text_ struct text lite = { 0 }, maria = { 0 };

	feed_all(&f, index_path);
	assert_int_equal(f.added, seq);
	answers(index_path, &lite);
	answers(text_str(&url), &maria);
	if (strcmp(text_str(&lite), text_str(&maria)))
		fail_msg("SQLite and MariaDB do not say the same");
	assert_int_equal(mariadbd_say("SELECT count(*) FROM line"), seq);
	assert_int_equal(mariadbd_say("SELECT count(DISTINCT seq) FROM line"), seq);
	assert_int_equal(mariadbd_say("SELECT sum(packets) FROM verdict"), 2 * VISITS);
	assert_int_equal(mariadbd_say("SELECT count(*) FROM syslogTB"), VISITS);
	assert_int_equal(mariadbd_say("SELECT sum(commands) FROM session"), VISITS);
}

/* --- tests ------------------------------------------------------------------------------------ */

static void both_say_the_same(void **state)
{
	struct feed f = { .journal = dirfd_, .plan = plan };

	(void)state;
	need_server();
	visits(0, VISITS);
	feed_all(&f, text_str(&url));
	assert_int_equal(f.added, VISITS * EVENTS_A_VISIT);
	assert_int_equal(f.left_out, 0);
	same_answers();
}

static void kill_later(pid_t whom, unsigned us)
{
	if (fork() == 0) {
		usleep(us);
		kill(whom, SIGKILL);
		_exit(0);
	}
}

/* The journal grows, the server is killed five times at any moment, once with the feeding process. */
static void killed_five_times_nothing_lost_nothing_doubled(void **state)
{
	struct feed f = { .journal = dirfd_, .plan = plan };
	uint64_t written = 0, kills = 0;

	(void)state;
	need_server();
	srandom(1);
	while (written < VISITS || kills < KILLS) {
		int r;

		if (written < VISITS)
			visits(written, written + 300);
		written += 300;
		if (kills < KILLS)
			kill_later(mariadbd_pid(), (unsigned)random() % 60000);
		do
			r = f.store ? 0 : feed_open(&f, text_str(&url));
		while (r == 0 && (r = feed_some(&f)) > 0);
		if (kills < KILLS) {
			while (wait(NULL) > 0)	/* the killer, and whom it killed */
				;
			feed_close(&f);
			kills++;
			mariadbd_again();
		} else
			assert_int_equal(r, 0);
		if (kills == 2)
			f = (struct feed){ .journal = dirfd_, .plan = plan };	/* another process, as it were */
	}
	if (f.store)
		feed_close(&f);
	feed_all(&f, text_str(&url));
	same_answers();
}

static void what_is_no_record_is_left_out(void **state)
{
	struct feed f = { .journal = dirfd_, .plan = plan };
	struct event e = { .kind = EV_ALERT, .honeypot = 0 };
	struct place at;

	(void)state;
	need_server();
	record(e, 0);
	assert_int_equal(journal_add(journal, DAY, "{\"no\":0}\n", 9, &at), 0);
	record(e, 0);
	assert_int_equal(journal_sync(journal), 0);
	feed_all(&f, text_str(&url));
	assert_int_equal(f.added, 2);
	assert_int_equal(f.left_out, 1);
	assert_int_equal(f.bad.offset, at.offset);
}

static void a_record_the_server_never_takes(void **state)
{
	struct feed f = { .journal = dirfd_, .plan = plan };
	struct event e = { .kind = EV_ALERT, .honeypot = 0, .category = span_of("short") };

	(void)state;
	need_server();
	record(e, 0);
	assert_int_equal(journal_sync(journal), 0);
	feed_all(&f, text_str(&url));
	mariadbd_say("ALTER TABLE alert MODIFY category VARCHAR(8) NOT NULL");
	for (int i = 0; i < 50; i++) {
		e.category = span_of(i == 20 ? "much too long for that" : "short");
		record(e, 0);
	}
	assert_int_equal(journal_sync(journal), 0);
	feed_all(&f, text_str(&url));
	assert_int_equal(f.left_out, 1);
	assert_int_equal(mariadbd_say("SELECT count(*) FROM alert"), 50);
	assert_int_equal(mariadbd_say("SELECT count(*) FROM record"), 50);
	feed_all(&f, text_str(&url));
	assert_int_equal(f.left_out, 1);
}

static void another_journal_is_refused(void **state)
{
	struct feed f = { .journal = dirfd_, .plan = plan };

	(void)state;
	need_server();
	visits(0, 10);
	feed_all(&f, text_str(&url));
	teardown(state);
	{
		struct text keep = url;
		struct journal_end end;

		assert_int_equal(fresh_dir(state), 0);
		plan = xcalloc(1, sizeof(*plan));
		plan->epoch = plan->born_us[0] = DAY + 1;
		plan->net = (struct honeynet){ .n_honeypots = 1, .honeypot = { { .name = "www" } } };
		assert_int_equal(journal_open(dirfd_, &journal, &end), 0);
		url = keep;
	}
	seq = 0;
	visits(0, 2);
	f = (struct feed){ .journal = dirfd_, .plan = plan };
	assert_int_equal(feed_open(&f, text_str(&url)), -ESTALE);
	feed_close(&f);
	assert_int_equal(store_empty(text_str(&url)), 0);
	feed_all(&f, text_str(&url));
	assert_int_equal(mariadbd_say("SELECT count(*) FROM line"), 20);
}

/* A rebuild while the writer is connected: it is thrown out, and begins at the beginning. */
static void emptied_under_the_writers_hands(void **state)
{
	struct feed f = { .journal = dirfd_, .plan = plan };

	(void)state;
	need_server();
	visits(0, 10);
	assert_int_equal(feed_open(&f, text_str(&url)), 0);
	assert_true(feed_some(&f) > 0);
	assert_int_equal(store_empty(text_str(&url)), 0);
	visits(10, 12);
	assert_int_equal(feed_some(&f), -ECONNRESET);
	feed_close(&f);
	feed_all(&f, text_str(&url));
	assert_int_equal(mariadbd_say("SELECT count(*) FROM line"), 120);
}

static int start_server(void **state)
{
	(void)state;
	mariadbd_start("127.0.0.1");
	return 0;
}

static int stop_server(void **state)
{
	(void)state;
	text_fini(&url);
	mariadbd_stop();
	return 0;
}

#define WITH_DIR(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_DIR(both_say_the_same),
		WITH_DIR(killed_five_times_nothing_lost_nothing_doubled),
		WITH_DIR(what_is_no_record_is_left_out),
		WITH_DIR(a_record_the_server_never_takes),
		WITH_DIR(another_journal_is_refused),
		WITH_DIR(emptied_under_the_writers_hands),
	};

	return cmocka_run_group_tests(tests, start_server, stop_server);
}
