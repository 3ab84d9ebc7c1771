/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The index: what it answers, that twice is once, and that the journal makes the same one again. The
 * way from event to row is the recorder's: tracker, line, journal, store. In SQLite and in a real
 * MariaDB server, whose answers and tables must be the same.
 */
#include "folder.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/mem.h"
#include "correlate/tracker.h"
#include "mariadbd.h"
#include "model/plan.h"
#include "record/journal.h"
#include "record/line.h"
#include "store/store.h"

#define DAY 1795392000000000ull		/* 2026-11-23T00:00:00 */
#define AT(s) (DAY + (s) * 1000000ull)
#define PEER "198.51.100.7"
#define FAR "203.0.113.9"
#define WWW "10.0.0.16"

static char path[80];
static struct text url;		/* of the MariaDB server; empty: this test is SQLite's */
static bool no_server;		/* it should be the server's, but there is none */
static struct plan *plan;

static const char *where(void)
{
	return url.len ? text_str(&url) : path;
}

static void wipe(void)
{
	unlink(path);
	if (url.len) {
		mariadbd_say("DROP DATABASE skep");
		mariadbd_say("CREATE DATABASE skep");
	}
}

static int setup(void **state)
{
	if (fresh_dir(state) < 0)
		return -1;
	chmod(dir, 0755);
	snprintf(path, sizeof(path), "%s/index.db", dir);
	plan = xcalloc(1, sizeof(*plan));
	plan->epoch = plan->born_us[0] = plan->born_us[1] = DAY;
	plan->net = (struct honeynet){
		.firewall_address = 0x0a000001, .n_honeypots = 2,
		.honeypot = { { .name = "www", .address = 0x0a000010, .hostname = "www1", .image = "apache" },
			      { .name = "dns", .address = 0x0a000011, .hostname = "ns", .image = "dns" } },
	};
	return 0;
}

static int teardown(void **state)
{
	free(plan);
	return remove_dir(state);
}

static int setup_mariadb(void **state)
{
	no_server = !mariadbd_server();
	if (!no_server) {
		db_server_url(mariadbd_server(), DB_INDEX, &url);
		wipe();
	}
	return setup(state);
}

static int teardown_mariadb(void **state)
{
	text_fini(&url);
	no_server = false;
	return teardown(state);
}

/* --- a small recorder ------------------------------------------------------------------------- */

struct recorder {
	struct tracker *tracker;
	struct journal *journal;
	struct store *store;
	uint64_t seq, skipped;
};

static int restore(void *arg, const struct session *s)
{
	tracker_restore(arg, s);
	return 0;
}

struct rebuild {
	struct store *store;
	uint64_t n;
};

static int index_line(void *arg, const struct place *at, const char *s, size_t len)
{
	struct rebuild *b = arg;
	_line_ struct line l = { 0 };

	assert_non_null(s);
	assert_int_equal(line_read(s, len, &plan->net, &l), 0);
	if (l.event.honeypot < 0 && l.honeypot[0])
		assert_int_equal(store_honeypot(b->store, l.honeypot, &l.event.honeypot), 0);
	assert_int_equal(store_add(b->store, &l.event, at), 0);
	b->n++;
	return 0;
}

static uint64_t catch_up(struct store *s)
{
	struct rebuild b = { .store = s };
	struct place at;
	uint64_t seq;

	assert_int_equal(store_last(s, &seq, &at), 0);
	assert_int_equal(store_begin(s), 0);
	assert_int_equal(journal_scan(dirfd_, at.file, at.offset + at.len, index_line, &b), 0);
	assert_int_equal(store_commit(s), 0);
	return b.n;
}

static int learn_line(void *arg, const struct place *at, const char *s, size_t len)
{
	_line_ struct line l = { 0 };

	(void)at;
	assert_int_equal(line_read(s, len, &plan->net, &l), 0);
	tracker_learn(arg, &l.event);
	return 0;
}

static struct recorder begin_as(enum store_mode mode)
{
	char from[32];
	struct recorder r = { 0 };
	struct journal_end end;
	uint64_t pots = 0;

	if (no_server) {
		print_message("SKIPPED, NOT TESTED: there is no MariaDB server here\n");
		skip();
	}
	r.tracker = tracker_new(&plan->net);
	assert_int_equal(store_open(where(), mode, &r.store), 0);
	assert_int_equal(store_honeypots(r.store, plan), 0);
	assert_int_equal(journal_open(dirfd_, &r.journal, &end), 0);
	catch_up(r.store);
	assert_int_equal(store_end_before(r.store, plan->epoch), 0);
	assert_int_equal(store_deployed(r.store, plan->epoch, &pots), 0);
	assert_int_equal(pots, plan->net.n_honeypots);
	assert_true(store_restore_sessions(r.store, 0, restore, r.tracker) >= 0);
	journal_file_at(AT(0), from);
	assert_int_equal(journal_scan(dirfd_, from, 0, learn_line, r.tracker), 0);
	r.seq = end.seq;
	return r;
}

static struct recorder begin(void)
{
	return begin_as(STORE_WRITE);
}

static void finish(struct recorder *r)
{
	store_close(r->store);
	journal_close(r->journal);
	tracker_free(r->tracker);
}

static void record(struct recorder *r, struct event e, bool index)
{
	_text_ struct text t = { 0 };
	struct place at;
	uint64_t had = 0;

	assert_int_equal(store_origin(r->store, e.origin.source, e.honeypot, e.origin.epoch, &had), 0);
	if (e.origin.seq <= had) {
		r->skipped++;
		return;
	}
	tracker_feed(r->tracker, &e);
	e.seq = ++r->seq;
	line_write(&e, &plan->net, &t);
	assert_int_equal(journal_add(r->journal, e.at_us, t.at, t.len, &at), 0);
	assert_int_equal(journal_sync(r->journal), 0);
	if (index)
		assert_int_equal(store_add(r->store, &e, &at), 0);
}

/* --- a visit ---------------------------------------------------------------------------------- */

struct step {
	enum event_kind kind;
	int pot;
	uint64_t conn, entity;
	const char *src;
	uint16_t src_port;
	const char *dest;
	uint16_t dest_port;
	const char *words, *extra;	/* exec: file, LOGNAME=..; tty: bytes; module: path, hash */
};

static const struct step visit[] = {
	{ EV_HONEYPOT, 0, 0, 0, NULL, 0, NULL, 0, "up", NULL },
	{ EV_BOOT, 0, 0, 0, NULL, 0, NULL, 0, NULL, NULL },
	{ EV_LISTEN, 0, 0, 2, NULL, 0, WWW, 22, NULL, NULL },
	{ EV_VERDICT, 0, 0, 0, PEER, 4444, WWW, 22, "accept", "rule 1" },
	{ EV_VERDICT, 0, 0, 0, PEER, 4444, WWW, 22, "accept", "rule 1" },
	{ EV_VERDICT, 0, 0, 0, PEER, 4445, WWW, 22, "accept", "rule 1" },
	{ EV_ACCEPT, 0, 1, 2, PEER, 4444, WWW, 22, NULL, NULL },
	{ EV_EXEC, 0, 1, 3, NULL, 0, NULL, 0, "/usr/sbin/sshd", "LOGNAME=root" },
	{ EV_EXEC, 0, 1, 4, NULL, 0, NULL, 0, "/bin/bash", "LOGNAME=bob" },
	{ EV_EXEC, 0, 0, 90, NULL, 0, NULL, 0, "/usr/sbin/cron", "LOGNAME=cron" },
	{ EV_TTY_IN, 0, 1, 4, NULL, 0, NULL, 0, "id\r", NULL },
	{ EV_TTY_OUT, 0, 1, 4, NULL, 0, NULL, 0, "uid=1000\r\n", NULL },
	{ EV_EXEC, 0, 1, 5, NULL, 0, NULL, 0, "/usr/bin/id", "LOGNAME=root" },
	{ EV_EXIT, 0, 1, 5, NULL, 0, NULL, 0, NULL, NULL },
	{ EV_CONNECT, 0, 1, 6, NULL, 0, FAR, 80, NULL, NULL },
	{ EV_VERDICT, 0, 0, 0, WWW, 5555, FAR, 80, "drop", "budget tcp" },
	{ EV_VERDICT, 0, 0, 0, WWW, 5555, FAR, 80, "drop", "budget tcp" },
	{ EV_VERDICT, 0, 0, 0, WWW, 5555, FAR, 80, "drop", "rule 3" },
	{ EV_MODULE, 0, 1, 7, NULL, 0, NULL, 0, "/tmp/rk.ko", NULL },
	{ EV_ACCEPT, 1, 1, 2, FAR, 99, WWW, 53, NULL, NULL },
	{ EV_EXEC, 0, 1, 4, NULL, 0, NULL, 0, "/tmp/\xff\xfe\n\"x", NULL },
	{ EV_CLOSE, 0, 1, 4, PEER, 4444, WWW, 22, NULL, NULL },
	{ EV_LOST, -1, 0, 0, NULL, 0, NULL, 0, NULL, NULL },
};

static struct event event_of(const struct step *s, size_t i)
{
	struct event e = {
		.kind = s->kind, .at_us = AT(i), .honeypot = s->pot, .proto = IPPROTO_TCP,
		.origin = { s->kind == EV_VERDICT ? SOURCE_GATEWAY : SOURCE_GUEST, DAY, i + 1 },
		.process = { .conn = s->conn, .entity = s->entity, .tty = "pts/0" },
		.src_port = s->src_port, .dest_port = s->dest_port, .code = 256,
	};
	struct span words = span_of(s->words);

	if (s->src)
		addr_parse(s->src, &e.src);
	if (s->dest)
		addr_parse(s->dest, &e.dest);
	if (s->kind == EV_EXEC) {
		e.file = words;
		e.args = (struct span){ "a\0b c\0", 6 };
		e.env = s->extra ? (struct span){ s->extra, strlen(s->extra) + 1 } : e.env;
	} else if (s->kind == EV_MODULE) {
		e.path = words;
		e.size = 3;
		e.bytes = span_of("abc");
		memset(e.sha256, 'c', 64);
	} else if (s->kind == EV_TTY_IN || s->kind == EV_TTY_OUT)
		e.bytes = words;
	else {
		e.state = words;
		e.reason = span_of(s->extra);
	}
	return e;
}

static void record_visit(struct recorder *r, size_t from, size_t to, bool index)
{
	for (size_t i = from; i < to; i++)
		record(r, event_of(&visit[i], i), index);
}

/* --- looking ---------------------------------------------------------------------------------- */

static const char *const tables[] = {
	"honeypot", "deployment", "record", "record_session", "record_verdict", "session", "process", "terminal", "connection", "file", "verdict", "origin", "login",
	"syslog", "flow", "alert",
};

/* dump_file() - all tables of SQLite as text, to compare two */
static void dump_file(const char *file, struct text *t)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open_v2(file, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	for (size_t i = 0; i < nitems(tables); i++) {
		_free_ char *q = xasprintf("SELECT * FROM %s ORDER BY 1, 2", tables[i]);
		sqlite3_stmt *st;

		assert_int_equal(sqlite3_prepare_v2(db, q, -1, &st, NULL), SQLITE_OK);
		text_addf(t, "%s\n", tables[i]);
		while (sqlite3_step(st) == SQLITE_ROW) {
			for (int c = 0; c < sqlite3_column_count(st); c++) {
				const char *s = (const char *)sqlite3_column_text(st, c);

				text_addf(t, "%s=%s ", sqlite3_column_name(st, c), s ? s : "NULL");
			}
			text_addc(t, '\n');
		}
		sqlite3_finalize(st);
	}
	sqlite3_close(db);
}

static void dump(struct text *t)
{
	if (!url.len)
		dump_file(path, t);
	for (size_t i = 0; url.len && i < nitems(tables); i++) {
		text_addf(t, "%s\n", tables[i]);
		mariadbd_dump(tables[i], t);
	}
}

static int64_t ask(const char *q)
{
	sqlite3 *db;
	sqlite3_stmt *st;
	int64_t n;

	if (url.len)
		return mariadbd_say("%s", q);

	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, q, -1, &st, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	n = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	sqlite3_close(db);
	return n;
}

struct found {
	struct session s[8];
	uint64_t seq[64];
	struct store_tty tty[8];
	char bytes[64];
	size_t n;
};

static int see_session(void *arg, const struct session *s)
{
	struct found *f = arg;

	f->s[f->n++] = *s;
	return 0;
}

static int see_place(void *arg, uint64_t seq, const struct place *at)
{
	struct found *f = arg;
	_text_ struct text t = { 0 };
	_line_ struct line l = { 0 };

	assert_int_equal(journal_read(dirfd_, at, &t), 0);
	assert_int_equal(line_read(t.at, t.len, NULL, &l), 0);
	assert_int_equal(l.event.seq, seq);
	f->seq[f->n++] = seq;
	return 0;
}

static int see_tty(void *arg, const struct store_tty *row)
{
	struct found *f = arg;

	f->tty[f->n++] = *row;
	memcpy(f->bytes + strlen(f->bytes), row->bytes.at, row->bytes.len);
	return 0;
}

static int see_login(void *arg, const struct store_login *l)
{
	char src[ADDR_TEXT];

	text_addf(arg, "%s %llu %s:%u %.*s %.*s %.*s %.*s %.*s\n", l->honeypot, (unsigned long long)l->session,
		  l->src.family ? addr_text(&l->src, src) : "-", l->src_port, (int)l->service.len, l->service.at,
		  (int)l->method.len, l->method.at, (int)l->user.len, l->user.at, (int)l->secret.len, l->secret.at,
		  (int)l->result.len, l->result.at);
	return 0;
}

static int see_tally(void *arg, const struct store_tally *r)
{
	char src[ADDR_TEXT];

	text_addf(arg, "%llu %llu %.*s/%.*s/%s\n", (unsigned long long)r->tries, (unsigned long long)r->accepted,
		  (int)r->user.len, r->user.len ? r->user.at : "", (int)r->secret.len, r->secret.len ? r->secret.at : "",
		  r->src.family ? addr_text(&r->src, src) : "");
	return 0;
}

static int see_stop(void *arg, const struct session *s)
{
	(void)arg;
	return (int)s->id + 40;
}

/* --- tests ------------------------------------------------------------------------------------ */

static void a_visit_can_be_read(void **state)
{
	static const uint64_t places[] = { 4, 5, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19, 21, 22 };
	struct recorder r = begin();
	struct found f = { 0 };
	struct store *s;
	char a[ADDR_TEXT];

	(void)state;
	record_visit(&r, 0, nitems(visit), true);
	assert_int_equal(store_open(where(), STORE_READ, &s), 0);
	assert_int_equal(store_sessions(s, &(struct store_filter){ 0 }, see_session, &f), 2);
	assert_int_equal(f.s[0].id, 1);
	assert_string_equal(f.s[0].honeypot, "www");
	assert_int_equal(f.s[0].honeypot_index, 0);
	assert_int_equal(f.s[0].epoch, DAY);
	assert_int_equal(f.s[0].conn, 1);
	assert_string_equal(addr_text(&f.s[0].src, a), PEER);
	assert_int_equal(f.s[0].src_port, 4444);
	assert_int_equal(f.s[0].dest_port, 22);
	assert_string_equal(f.s[0].user, "bob");
	assert_int_equal(f.s[0].start_us, AT(6));
	assert_int_equal(f.s[0].end_us, AT(21));
	assert_int_equal(f.s[0].last_us, AT(21));
	assert_int_equal(f.s[0].commands, 4);
	assert_int_equal(f.s[0].tty_bytes, 13);
	assert_int_equal(f.s[1].end_us, 0);
	assert_int_equal(f.s[1].honeypot_index, 1);
	f = (struct found){ 0 };
	assert_int_equal(store_session_places(s, 1, see_place, &f), nitems(places));
	assert_memory_equal(f.seq, places, sizeof(places));
	f = (struct found){ 0 };
	assert_int_equal(store_session_tty(s, 1, see_tty, &f), 2);
	assert_int_equal(f.tty[0].what, DIALOGUE_TYPED);
	assert_int_equal(f.tty[1].what, DIALOGUE_SHOWN);
	assert_int_equal(f.tty[1].at_us, AT(11));
	assert_string_equal(f.tty[0].tty, "pts/0");
	assert_string_equal(f.bytes, "id\ruid=1000\r\n");
	assert_int_equal(store_session_places(s, 0, see_place, &f), 0);
	assert_int_equal(store_session_places(s, UINT64_MAX, see_place, &f), 0);
	assert_int_equal(store_session_tty(s, 0, see_tty, &f), 0);
	assert_int_equal(store_sessions(s, &(struct store_filter){ 0 }, see_stop, NULL), 41);
	assert_int_equal(store_sessions(s, &(struct store_filter){ 0 }, see_stop, NULL), 41);
	store_close(s);
	finish(&r);
}

/* A login refused, one accepted, one on the console; then a command without a terminal. */
static void logins_and_streams_can_be_read(void **state)
{
	static const struct { uint64_t conn; const char *user, *secret, *result; } logins[] = {
		{ 1, "root", "toor", "refused" }, { 1, "root", "' OR \xf0\x9f\x98\x80", "accepted" }, { 0, "bob", "", "unknown" },
		{ 1, "root", "toor", "refused" },
	};
	struct event accept = event_of(&visit[6], 0);
	struct event in = { .kind = EV_STREAM, .at_us = AT(10), .origin = { SOURCE_GUEST, DAY, 10 }, .process.conn = 1,
			    .category = span_of("pipe"), .state = span_of("input"), .bytes = span_of("id\n") };
	struct event between = in, tcp = in, window = { .kind = EV_WINDOW, .at_us = AT(13), .process.conn = 1,
			    .origin = { SOURCE_GUEST, DAY, 13 }, .process.tty = "pts/0", .window = { 50, 132 } };
	struct recorder r = begin();
	_text_ struct text t = { 0 };
	struct found f = { 0 };
	struct store *s;

	(void)state;
	record(&r, accept, true);
	for (size_t i = 0; i < nitems(logins); i++) {
		struct event e = { .kind = EV_LOGIN, .at_us = AT(i + 1), .origin = { SOURCE_GUEST, DAY, i + 2 },
				   .process.conn = logins[i].conn, .app = span_of("sshd"), .category = span_of("password"),
				   .user = span_of(logins[i].user), .secret = span_of(logins[i].secret),
				   .state = span_of(logins[i].result) };

		record(&r, e, true);
	}
	record(&r, in, true);
	between.origin.seq = 11;
	between.state = (struct span){ 0 };
	record(&r, between, true);
	tcp.origin.seq = 12;
	tcp.stream = 7;
	tcp.category = span_of("tcp");
	tcp.state = span_of("output");
	record(&r, tcp, true);
	record(&r, window, true);
	assert_int_equal(store_open(where(), STORE_READ, &s), 0);
	assert_int_equal(store_logins(s, 0, see_login, &t), 4);
	assert_string_equal(text_str(&t), "www 1 " PEER ":4444 sshd password root toor refused\n"
			    "www 1 " PEER ":4444 sshd password root ' OR \xf0\x9f\x98\x80 accepted\n"
			    "www 0 -:0 sshd password bob  unknown\n"
			    "www 1 " PEER ":4444 sshd password root toor refused\n");
	assert_int_equal(store_logins(s, 1, see_login, &t), 3);
	assert_int_equal(store_logins(s, 2, see_login, &t), 0);
	text_clear(&t);
	assert_int_equal(store_login_tally(s, TALLY_USER, see_tally, &t), 2);
	assert_int_equal(store_login_tally(s, TALLY_USER | TALLY_SECRET, see_tally, &t), 3);
	assert_int_equal(store_login_tally(s, TALLY_SOURCE, see_tally, &t), 2);
	assert_string_equal(text_str(&t), "3 1 root//\n1 0 bob//\n"
			    "2 0 root/toor/\n1 0 bob//\n1 1 root/' OR \xf0\x9f\x98\x80/\n"
			    "3 1 //" PEER "\n1 0 //\n");
	assert_int_equal(store_session_tty(s, 1, see_tty, &f), 3);
	assert_string_equal(f.tty[0].tty, "stdio");
	assert_int_equal(f.tty[0].what, DIALOGUE_TYPED);
	assert_string_equal(f.tty[1].tty, "tcp/7");
	assert_int_equal(f.tty[1].what, DIALOGUE_SHOWN);
	assert_int_equal(f.tty[2].what, DIALOGUE_SIZE);
	assert_int_equal(f.tty[2].rows, 50);
	assert_int_equal(f.tty[2].columns, 132);
	store_close(s);
	finish(&r);
}

static void the_tables_hold_what_happened(void **state)
{
	static const struct { const char *q; int64_t want; } rows[] = {
		{ "SELECT count(*) FROM record", (int64_t)nitems(visit) },
		{ "SELECT count(*) FROM verdict", 4 },
		{ "SELECT packets FROM verdict WHERE reason = 'budget tcp' AND session = 1", 2 },
		{ "SELECT last - first FROM verdict WHERE reason = 'budget tcp'", 1000000 },
		{ "SELECT packets FROM verdict WHERE src_port = 4444", 2 },
		{ "SELECT count(*) FROM process", 5 },
		{ "SELECT status FROM process WHERE executable = '/usr/bin/id'", 256 },
		{ "SELECT count(*) FROM process WHERE args = '[\"a\",\"b c\"]'", 5 },
		{ "SELECT count(*) FROM process WHERE session = 0", 1 },
		{ "SELECT count(*) FROM connection", 4 },
		{ "SELECT count(*) FROM connection WHERE ended > 0", 1 },
		{ "SELECT count(*) FROM file WHERE length(sha256) = 64 AND session = 1 AND size = 3", 1 },
		{ "SELECT count(*) FROM deployment WHERE recipe = 'apache' AND address = '10.0.0.16'", 1 },
		{ "SELECT seq FROM origin WHERE source = 'gateway'", 18 },
	};
	struct recorder r = begin();

	(void)state;
	record_visit(&r, 0, nitems(visit), true);
	for (size_t i = 0; i < nitems(rows); i++)
		if (ask(rows[i].q) != rows[i].want)
			fail_msg("%s: %lld", rows[i].q, (long long)ask(rows[i].q));
	finish(&r);
}

static void filters_choose(void **state)
{
	static const struct { const char *what; struct store_filter f; int want; } rows[] = {
		{ "all", { 0 }, 2 },
		{ "honeypot", { .honeypot = "www" }, 1 },
		{ "in any case", { .honeypot = "DNS" }, 1 },
		{ "unknown", { .honeypot = "x' OR '1'='1" }, 0 },
		{ "user", { .with_user = true }, 1 },
		{ "open", { .open_only = true }, 1 },
		{ "both", { .open_only = true, .with_user = true }, 0 },
		{ "id", { .id = 2 }, 1 },
		{ "no id", { .id = 3 }, 0 },
		{ "since", { .since_us = AT(6) + 1 }, 1 },
		{ "until", { .until_us = AT(6) }, 0 },
		{ "just until", { .until_us = AT(6) + 1 }, 1 },
		{ "between", { .since_us = AT(6), .until_us = AT(20) }, 2 },
	};
	struct recorder r = begin();

	(void)state;
	record_visit(&r, 0, nitems(visit), true);
	for (size_t i = 0; i < nitems(rows); i++) {
		struct found f = { 0 };
		int n = store_sessions(r.store, &rows[i].f, see_session, &f);

		if (n != rows[i].want)
			fail_msg("%s: %d", rows[i].what, n);
	}
	finish(&r);
}

static void twice_is_once(void **state)
{
	struct recorder r = begin();
	struct rebuild again = { .store = r.store };
	_text_ struct text once = { 0 }, twice = { 0 };

	(void)state;
	record_visit(&r, 0, nitems(visit), true);
	dump(&once);
	assert_int_equal(journal_scan(dirfd_, NULL, 0, index_line, &again), 0);
	assert_int_equal(again.n, nitems(visit));
	dump(&twice);
	assert_string_equal(text_str(&once), text_str(&twice));
	finish(&r);
}

static void the_journal_makes_the_same_index(void **state)
{
	struct recorder r = begin();
	struct rebuild b = { 0 };
	_text_ struct text live = { 0 }, made = { 0 };
	_free_ char *other = xasprintf("%s/other.db", dir);

	(void)state;
	record_visit(&r, 0, nitems(visit), true);
	dump(&live);
	finish(&r);
	assert_int_equal(store_open(other, STORE_WRITE, &b.store), 0);
	assert_int_equal(store_honeypots(b.store, plan), 0);
	assert_int_equal(store_begin(b.store), 0);
	assert_int_equal(journal_scan(dirfd_, NULL, 0, index_line, &b), 0);
	assert_int_equal(store_commit(b.store), 0);
	store_close(b.store);
	dump_file(other, &made);
	assert_string_equal(text_str(&live), text_str(&made));
}

/* The recorder dies anywhere, the index being behind; all sources send everything again. */
static void a_crash_and_a_resend_change_nothing(void **state)
{
	_text_ struct text want = { 0 };
	struct recorder r = begin();

	(void)state;
	record_visit(&r, 0, nitems(visit), true);
	dump(&want);
	finish(&r);
	for (size_t at = 0; at <= nitems(visit); at += url.len ? 6 : 1) {
		_text_ struct text got = { 0 };

		teardown(state);
		setup(state);
		wipe();
		r = begin();
		record_visit(&r, 0, at / 2, true);
		record_visit(&r, at / 2, at, false);	/* journaled only */
		finish(&r);
		r = begin();
		record_visit(&r, 0, nitems(visit), true);
		assert_int_equal(r.skipped, at);
		dump(&got);
		assert_string_equal(text_str(&got), text_str(&want));
		finish(&r);
	}
}

static void a_rolled_back_batch_was_never_there(void **state)
{
	struct recorder r = begin();
	_text_ struct text before = { 0 }, after = { 0 };

	(void)state;
	record_visit(&r, 0, 8, true);
	dump(&before);
	assert_int_equal(store_begin(r.store), 0);
	record_visit(&r, 8, 20, true);
	assert_int_equal(store_rollback(r.store), 0);
	assert_int_equal(store_rollback(r.store), 0);
	dump(&after);
	assert_string_equal(text_str(&before), text_str(&after));
	assert_int_equal(catch_up(r.store), 12);
	finish(&r);
}

static void a_new_deployment(void **state)
{
	struct recorder r = begin();
	struct found f = { 0 };
	int32_t i = -1, k = -1;
	struct store *s;

	(void)state;
	record_visit(&r, 0, nitems(visit), true);
	finish(&r);
	plan->epoch = plan->born_us[0] = plan->born_us[1] = AT(500);
	strcpy(plan->net.honeypot[0].name, "mail");	/* www is gone */
	r = begin();
	assert_int_equal(store_sessions(r.store, &(struct store_filter){ 0 }, see_session, &f), 2);
	assert_int_equal(f.s[0].honeypot_index, -1);
	assert_string_equal(f.s[0].honeypot, "www");
	assert_int_equal(f.s[1].honeypot_index, 1);
	assert_int_equal(f.s[1].end_us, AT(19));	/* nobody is left in the old one */
	assert_int_equal(tracker_next_session(r.tracker), 3);
	assert_int_equal(store_honeypot(r.store, "WWW", &i), 0);
	assert_true(i >= MAX_HONEYPOTS);
	assert_int_equal(store_honeypot(r.store, "www", &k), 0);
	assert_int_equal(i, k);
	assert_int_equal(store_honeypot(r.store, "mail", &k), 0);
	assert_int_equal(k, 0);
	finish(&r);
	wipe();		/* and made again, it knows the old names still */
	r = begin();
	assert_int_equal(ask("SELECT count(*) FROM record"), nitems(visit));
	assert_int_equal(store_open(where(), STORE_READ, &s), 0);
	f = (struct found){ 0 };
	assert_int_equal(store_sessions(s, &(struct store_filter){ .honeypot = "www" }, see_session, &f), 1);
	store_close(s);
	finish(&r);
}

/* dns is replaced by another one of its name, at another place, while www stays. */
static void a_reload(void **state)
{
	struct recorder r = begin();
	struct found f = { 0 };
	uint64_t seq = 1;

	(void)state;
	record_visit(&r, 0, nitems(visit), true);
	finish(&r);
	plan->net.n_honeypots = 3;
	plan->net.honeypot[2] = plan->net.honeypot[1];
	plan->net.honeypot[1].gone = true;
	plan->born_us[2] = AT(500);
	r = begin();
	assert_int_equal(store_sessions(r.store, &(struct store_filter){ 0 }, see_session, &f), 2);
	assert_string_equal(f.s[0].honeypot, "www");
	assert_int_equal(f.s[0].honeypot_index, 0);
	assert_string_equal(f.s[1].honeypot, "dns");
	assert_int_equal(f.s[1].honeypot_index, 2);
	assert_int_equal(ask("SELECT count(*) FROM deployment"), 3);
	assert_int_equal(ask("SELECT count(*) FROM honeypot"), 2);
	assert_int_equal(store_origin(r.store, SOURCE_GUEST, 2, AT(500), &seq), 0);
	assert_int_equal(seq, 0);
	assert_int_equal(store_origin(r.store, SOURCE_GUEST, 1, DAY, &seq), 0);
	assert_true(seq > 0);
	finish(&r);
}

static void what_cannot_be_indexed(void **state)
{
	struct recorder r = begin();
	struct event e = { .kind = EV_BOOT, .honeypot = 5, .seq = 1 };
	struct place at = { .file = "2026-11-23T05.ndjson", .len = 1 };
	uint64_t seq;

	(void)state;
	assert_int_equal(store_add(r.store, &e, &at), -EINVAL);	/* no such honeypot */
	e.honeypot = 1 << 20;
	assert_int_equal(store_add(r.store, &e, &at), -EINVAL);
	assert_int_equal(store_origin(r.store, SOURCE_GUEST, 1 << 20, 1, &seq), -EINVAL);
	e.honeypot = 0;
	e.seq = 0;
	assert_int_equal(store_add(r.store, &e, &at), -EINVAL);
	finish(&r);
}

static void hostile_numbers_and_text(void **state)
{
	struct recorder r = begin();
	struct event e = {
		.kind = EV_ACCEPT, .honeypot = 0, .at_us = UINT64_MAX, .seq = 1, .session = 1, .dest_port = 22,
		.origin = { SOURCE_GUEST, UINT64_MAX, UINT64_MAX },
		.process = { .conn = UINT64_MAX, .entity = UINT64_MAX },
	};
	struct place at = { .file = "2026-11-23T05.ndjson", .offset = 1ull << 40, .len = 1 }, last;
	struct found f = { 0 };
	uint64_t seq;

	(void)state;
	assert_int_equal(store_add(r.store, &e, &at), 0);
	e.kind = EV_EXEC;
	e.seq = 2;
	e.env = (struct span){ "LOGNAME='); DROP TABLE record; --\xff\0", 34 };
	assert_int_equal(store_add(r.store, &e, &at), 0);
	assert_int_equal(store_sessions(r.store, &(struct store_filter){ 0 }, see_session, &f), 1);
	assert_int_equal(f.s[0].epoch, UINT64_MAX);
	assert_int_equal(f.s[0].conn, UINT64_MAX);
	assert_int_equal(f.s[0].start_us, EVENT_TIME_MAX);
	assert_string_equal(f.s[0].user, "'); DROP TABLE record; --\xef\xbf\xbd");
	assert_int_equal(store_last(r.store, &seq, &last), 0);
	assert_int_equal(seq, 2);
	assert_int_equal(last.offset, at.offset);
	finish(&r);
}

static int one_file(void *arg, const struct store_file *row)
{
	const struct store_file *want = arg;

	assert_int_equal(row->seq, want->seq);
	assert_string_equal(row->honeypot, "www");
	assert_string_equal(row->action, want->action);
	assert_int_equal(row->size, want->size);
	assert_int_equal(row->kept, want->kept);
	assert_int_equal(strlen(row->sha256), want->kept ? 64 : 0);
	assert_true(span_is(row->path, "/x.ko"));
	return 0;
}

static void a_module_in_chunks_is_one_file(void **state)
{
	struct store_file module = { .seq = 3, .action = "module", .size = 30, .kept = 30 };
	struct store_file cut = { .seq = 4, .action = "written", .size = 50, .kept = 20 };
	struct store_file none = { .seq = 5, .action = "run", .size = 50 };
	struct event e = { .kind = EV_CONTENT, .honeypot = 0, .path = span_of("/x.ko"), .size = 50, .flags = EVENT_LAST };
	struct recorder r = begin();
	struct place at = { .file = "2026-11-23T05.ndjson", .len = 1 };

	(void)state;
	for (uint64_t i = 1; i <= 3; i++) {
		struct event m = { .kind = EV_MODULE, .honeypot = 0, .seq = i, .size = 30, .offset = (i - 1) * 10,
				   .process.entity = 8, .path = span_of("/x.ko") };

		if (i == 3)
			memset(m.sha256, 'd', 64);
		assert_int_equal(store_add(r.store, &m, &at), 0);
		assert_int_equal(ask("SELECT count(*) FROM file"), i == 3);
	}
	e.seq = 4;
	e.at_us = 10;
	e.session = 7;
	e.kept = 20;
	e.state = span_of("written");
	memset(e.sha256, 'e', 64);
	assert_int_equal(store_add(r.store, &e, &at), 0);
	e = (struct event){ .kind = EV_CONTENT, .path = span_of("/x.ko"), .size = 50, .flags = EVENT_LAST, .seq = 5,
			    .at_us = 1000, .state = span_of("run") };
	assert_int_equal(store_add(r.store, &e, &at), 0);
	assert_int_equal(store_files(r.store, &(struct store_filter){ .id = 7 }, one_file, &cut), 1);
	assert_int_equal(store_files(r.store, &(struct store_filter){ .since_us = 1000, .until_us = 1001 }, one_file, &none), 1);
	assert_int_equal(store_files(r.store, &(struct store_filter){ .honeypot = "dns" }, one_file, NULL), 0);
	assert_int_equal(store_files(r.store, &(struct store_filter){ .honeypot = "www", .until_us = 7 }, one_file, &module), 1);
	finish(&r);
}

static void write_file(const char *p, const void *b, size_t n)
{
	int fd = open(p, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);

	assert_int_equal(write(fd, b, n), (ssize_t)n);
	close(fd);
}

static struct event message(uint64_t n)
{
	return (struct event){ .kind = EV_SYSLOG, .at_us = AT(100 + n), .honeypot = 0, .origin = { SOURCE_SYSLOG, DAY, n },
			       .proto = IPPROTO_UDP, .message = span_of("hello") };
}

/* Where another store has them: all is known about them but what they say. */
static void beside_another_store_messages_are_left_out(void **state)
{
	struct recorder r = begin();
	struct place at;
	uint64_t seq, newest;

	(void)state;
	record(&r, message(1), true);
	record_visit(&r, 0, nitems(visit), true);
	finish(&r);
	for (uint64_t n = 2; n < 5; n++) {
		r = begin_as(STORE_WRITE_BESIDE);
		record(&r, message(n), true);
		newest = r.seq;
		finish(&r);
		r = begin_as(STORE_WRITE_BESIDE);
		assert_int_equal(store_last(r.store, &seq, &at), 0);
		assert_int_equal(seq, newest);
		assert_int_equal(store_origin(r.store, SOURCE_SYSLOG, -1, DAY, &seq), 0);
		assert_int_equal(seq, n);
		finish(&r);
		assert_int_equal(ask("SELECT count(*) FROM syslog"), 1);
		assert_int_equal(ask("SELECT count(*) FROM record"), nitems(visit));
	}
	/* alone again: the journal brings them back */
	r = begin();
	finish(&r);
	assert_int_equal(ask("SELECT count(*) FROM syslog"), 4);
	assert_int_equal(ask("SELECT count(*) FROM line"), newest);
	assert_int_equal(ask("SELECT count(*) FROM session"), 2);
}

static void a_bad_file_is_told_and_survived(void **state)
{
	static char junk[8192];
	struct store *s = NULL;
	sqlite3 *db;

	(void)state;
	assert_int_equal(store_open(path, STORE_READ, &s), -ENOENT);
	assert_string_not_equal(store_error(NULL), "");
	memset(junk, 'x', sizeof(junk));
	write_file(path, junk, sizeof(junk));
	assert_int_equal(store_open(path, STORE_READ, &s), -EIO);
	assert_string_equal(store_error(NULL), "file is not a database");
	assert_int_equal(store_open(path, STORE_WRITE, &s), -EIO);
	unlink(path);
	sqlite3_open(path, &db);
	sqlite3_exec(db, "CREATE TABLE x(y); PRAGMA user_version = 99", NULL, NULL, NULL);
	sqlite3_close(db);
	assert_int_equal(store_open(path, STORE_WRITE, &s), -EIO);
	assert_string_equal(store_error(NULL), "index has schema 99, this skep knows 4");
	assert_int_equal(store_open(path, STORE_WRITE_BESIDE, &s), -EIO);
	assert_int_equal(store_open(path, STORE_READ, &s), -EIO);
	unlink(path);
	write_file(path, "", 0);	/* made, but nobody wrote yet */
	assert_int_equal(store_open(path, STORE_READ, &s), -EIO);
	assert_null(s);
}

/* Every page of a good index overwritten, one after the other: an error perhaps, never a crash. */
static void a_damaged_index_is_no_crash(void **state)
{
	struct recorder r = begin();
	struct stat st;
	_free_ char *whole = NULL;
	int fd;

	(void)state;
	record_visit(&r, 0, nitems(visit), true);
	finish(&r);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	fstat(fd, &st);
	whole = xcalloc((size_t)st.st_size, 1);
	assert_int_equal(read(fd, whole, (size_t)st.st_size), st.st_size);
	close(fd);
	for (off_t page = 0; page < st.st_size; page += 4096) {
		_free_ char *copy = xcalloc((size_t)st.st_size, 1);
		struct store *s = NULL;
		struct found f = { 0 };

		memcpy(copy, whole, (size_t)st.st_size);
		for (off_t i = page ? page : 100; i < page + 4096; i++)
			copy[i] = (char)(i * 31);
		write_file(path, copy, (size_t)st.st_size);
		if (store_open(path, STORE_WRITE, &s) < 0)
			continue;
		store_sessions(s, &(struct store_filter){ 0 }, see_session, &f);
		f.n = 0;
		store_session_tty(s, 1, see_tty, &f);
		store_honeypots(s, plan);
		store_close(s);
	}
}

static void a_locked_index_waits(void **state)
{
	struct recorder r = begin();
	pid_t pid;
	int go[2], status;
	char c;

	(void)state;
	assert_int_equal(pipe(go), 0);
	pid = fork();
	if (!pid) {
		sqlite3 *db;

		sqlite3_open(path, &db);
		sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
		(void)!write(go[1], "x", 1);
		usleep(300 * 1000);
		sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
		sqlite3_close(db);
		_exit(0);
	}
	assert_int_equal(read(go[0], &c, 1), 1);
	record_visit(&r, 0, 3, true);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	finish(&r);
	close(go[0]);
	close(go[1]);
}

/* Root looks first and while the recorder writes; the recorder, another user, must not notice. */
static void root_reads_beside_another_user(void **state)
{
	enum { NOBODY = 65534 };
	struct store *s;
	struct found f = { 0 };
	pid_t pid;
	int status;

	(void)state;
	if (geteuid() != 0) {
		print_message("SKIPPED, NOT TESTED: two users need root\n");
		skip();
	}
	assert_int_equal(chown(dir, NOBODY, NOBODY), 0);
	for (int round = 0; round < 3; round++) {
		pid = fork();
		if (!pid) {
			struct recorder r;

			if (setgid(NOBODY) < 0 || setuid(NOBODY) < 0)
				_exit(77);
			r = begin();
			record_visit(&r, 0, nitems(visit), true);
			if (round == 1)
				_exit(0);	/* without closing: -wal and -shm stay */
			finish(&r);
			_exit(0);
		}
		if (round) {
			f.n = 0;
			assert_int_equal(store_open(path, STORE_READ, &s), 0);
			assert_int_equal(store_sessions(s, &(struct store_filter){ 0 }, see_session, &f), 2);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
		if (round)
			store_close(s);
	}
	{
		struct stat st;

		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_uid, NOBODY);
		assert_int_equal(st.st_mode & 0137, 0);
	}
}

/* One of each kind that has a table of its own beside the visit's. */
static void log_server_flows_and_alerts(void **state)
{
	static const struct { const char *q; int64_t want; } rows[] = {
		{ "SELECT count(*) FROM syslog WHERE facility = 10 AND severity = 5 AND src = '10.0.0.16' AND host = 'www1' "
		  "AND app = 'sshd' AND procid = '7' AND honeypot = 1 AND message = '\xf0\x9f\x90\x9d \xef\xbf\xbd''\";--'", 1 },
		{ "SELECT bytes_back FROM flow WHERE packets_to = 3 AND packets_back = 4 AND bytes_to = 5 AND action = 'accept' "
		  "AND community LIKE '1:%' AND ended - began = 1000000", 6 },
		{ "SELECT sid FROM alert WHERE signature = 'SKEP x' AND category = 'trojan' AND severity = 2 AND message = 'm'",
		  9100001 },
		{ "SELECT count(*) FROM line WHERE kind IN ('syslog', 'flow', 'alert')", 3 },
	};
	static const struct { const char *q; int64_t want; } views[] = {
		{ "SELECT count(*) FROM syslogTB WHERE facility = 'authpriv' AND priority = 'notice' AND date = '2026-11-23' "
		  "AND time = '00:00:01' AND host = 'www1' AND message LIKE 'sshd[7]: %' AND seq = 1", 1 },
		{ "SELECT cid FROM event JOIN signature ON sig_id = signature WHERE sig_sid = 9100001 AND sig_name = 'SKEP x' "
		  "AND sig_priority = 2 AND timestamp = '2026-11-23 00:00:03'", 3 },
		{ "SELECT count(*) FROM signature JOIN sig_class USING (sig_class_id) WHERE sig_class_name = 'trojan'", 1 },
		{ "SELECT ip_src FROM iphdr", 0xc6336407 },
	};
	struct event e = { .kind = EV_SYSLOG, .at_us = AT(1), .honeypot = 0, .origin = { SOURCE_SYSLOG, DAY, 1 },
			   .facility = 10, .severity = 5, .proto = IPPROTO_UDP, .src_port = 514, .host = span_of("www1"),
			   .app = span_of("sshd"), .procid = span_of("7"),
			   .message = span_of("\xf0\x9f\x90\x9d \xff'\";--") };
	struct recorder r = begin();

	(void)state;
	addr_parse(WWW, &e.src);
	record(&r, e, true);
	e = (struct event){ .kind = EV_FLOW, .at_us = AT(2), .start_us = AT(1), .honeypot = 0, .proto = IPPROTO_TCP,
			    .origin = { SOURCE_FLOW, DAY, 1 }, .src_port = 1, .dest_port = 22, .packets = { 3, 4 },
			    .octets = { 5, 6 }, .state = span_of("accept"), .reason = span_of("rule 1") };
	addr_parse(PEER, &e.src);
	addr_parse(WWW, &e.dest);
	record(&r, e, true);
	e.kind = EV_ALERT;
	e.at_us = AT(3);
	e.origin.source = SOURCE_NIDS;
	e.code = 9100001;
	e.reason = span_of("SKEP x");
	e.category = span_of("trojan");
	e.severity = 2;
	e.message = span_of("m");
	record(&r, e, true);
	for (size_t i = 0; i < nitems(rows); i++)
		if (ask(rows[i].q) != rows[i].want)
			fail_msg("%s: %lld", rows[i].q, (long long)ask(rows[i].q));
	for (size_t i = 0; url.len && i < nitems(views); i++)
		if (ask(views[i].q) != views[i].want)
			fail_msg("%s: %lld", views[i].q, (long long)ask(views[i].q));
	finish(&r);
}

/* --- what only a server can do ---------------------------------------------------------------- */

static void another_writer_is_refused(void **state)
{
	struct recorder r = begin();
	struct store *s = NULL;

	(void)state;
	assert_int_equal(store_open(where(), STORE_WRITE, &s), -EBUSY);
	assert_string_equal(store_error(NULL), "another skep writes into this database");
	finish(&r);
	assert_int_equal(store_open(where(), STORE_WRITE, &s), 0);
	store_close(s);
}

static void a_reader_cannot_write(void **state)
{
	struct recorder r = begin();
	_text_ struct text reader = { 0 };
	struct store *s = NULL;
	struct found f = { 0 };
	int32_t i;

	(void)state;
	record_visit(&r, 0, nitems(visit), true);
	finish(&r);
	db_server_url(mariadbd_server(), DB_READER, &reader);
	assert_int_equal(store_open(text_str(&reader), STORE_WRITE, &s), 0);	/* nothing to make */
	assert_int_equal(store_sessions(s, &(struct store_filter){ 0 }, see_session, &f), 2);
	assert_int_equal(store_honeypot(s, "new", &i), -EACCES);
	store_close(s);
}

static void tables_of_others_are_left_alone(void **state)
{
	struct recorder r = begin();
	struct store *s = NULL;

	(void)state;
	finish(&r);
	wipe();
	mariadbd_say("CREATE TABLE skep.event(sid INT)");
	assert_int_equal(store_open(where(), STORE_READ, &s), -EIO);
	assert_int_equal(store_open(where(), STORE_WRITE, &s), -EIO);
	assert_string_equal(store_error(NULL), "this database holds tables that are not skep's");
	assert_int_equal(mariadbd_say("SELECT count(*) FROM information_schema.tables WHERE table_schema = 'skep'"), 1);
}

static void an_older_schema_is_made_again(void **state)
{
	static const struct { const char *what, *sql; int write; } rows[] = {
		{ "older", "UPDATE skep.skep_version SET number = 1", 0 },
		{ "half made", "DELETE FROM skep.skep_version", 0 },
		{ "newer", "UPDATE skep.skep_version SET number = 99", -EIO },
	};
	struct recorder r = begin();
	struct store *s;
	struct place at;
	uint64_t seq;

	(void)state;
	record_visit(&r, 0, nitems(visit), true);
	finish(&r);
	for (size_t i = 0; i < nitems(rows); i++) {
		mariadbd_say("%s", rows[i].sql);
		assert_int_equal(store_open(where(), STORE_READ, &s), -EIO);
		if (store_open(where(), STORE_WRITE, &s) != rows[i].write)
			fail_msg("%s: %s", rows[i].what, store_error(NULL));
		if (rows[i].write)
			continue;
		assert_int_equal(store_last(s, &seq, &at), 0);
		assert_int_equal(seq, 0);
		store_close(s);
	}
}

static void what_the_server_never_takes_is_told(void **state)
{
	static char words[4096];
	struct recorder r = begin();
	struct event e = event_of(&visit[3], 3);
	struct place at = { .file = "2026-11-23T05.ndjson", .len = 1 };

	(void)state;
	memset(words, 'x', sizeof(words));
	e.seq = 1;
	e.reason = (struct span){ words, sizeof(words) };
	assert_int_equal(store_add(r.store, &e, &at), -EBADMSG);
	assert_int_equal(ask("SELECT count(*) FROM record"), 0);
	e.reason = span_of("rule 1");
	assert_int_equal(store_add(r.store, &e, &at), 0);
	assert_int_equal(ask("SELECT count(*) FROM record"), 1);
	finish(&r);
}

static void a_dead_server_is_told(void **state)
{
	struct recorder r = begin();
	struct event e = event_of(&visit[1], 1);
	struct place at = { .file = "2026-11-23T05.ndjson", .len = 1 };
	struct store *s;

	(void)state;
	e.seq = 1;
	assert_int_equal(store_begin(r.store), 0);
	assert_int_equal(store_add(r.store, &e, &at), 0);
	mariadbd_kill();
	assert_int_equal(store_commit(r.store), -ECONNRESET);
	assert_int_equal(store_rollback(r.store), -ECONNRESET);
	assert_int_equal(store_open(where(), STORE_WRITE, &s), -ECONNRESET);
	finish(&r);
	mariadbd_again();
	assert_int_equal(ask("SELECT count(*) FROM record"), 0);
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
	mariadbd_stop();
	return 0;
}

#define WITH_DIR(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
#define ON_MARIADB(t) { "mariadb: " #t, t, setup_mariadb, teardown_mariadb, NULL }

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_DIR(a_visit_can_be_read),
		WITH_DIR(logins_and_streams_can_be_read),
		WITH_DIR(the_tables_hold_what_happened),
		WITH_DIR(filters_choose),
		WITH_DIR(twice_is_once),
		WITH_DIR(the_journal_makes_the_same_index),
		WITH_DIR(a_crash_and_a_resend_change_nothing),
		WITH_DIR(a_rolled_back_batch_was_never_there),
		WITH_DIR(a_new_deployment),
		WITH_DIR(a_reload),
		WITH_DIR(what_cannot_be_indexed),
		WITH_DIR(hostile_numbers_and_text),
		WITH_DIR(a_module_in_chunks_is_one_file),
		WITH_DIR(log_server_flows_and_alerts),
		WITH_DIR(beside_another_store_messages_are_left_out),
		WITH_DIR(a_bad_file_is_told_and_survived),
		WITH_DIR(a_damaged_index_is_no_crash),
		WITH_DIR(a_locked_index_waits),
		WITH_DIR(root_reads_beside_another_user),
		ON_MARIADB(a_visit_can_be_read),
		ON_MARIADB(logins_and_streams_can_be_read),
		ON_MARIADB(the_tables_hold_what_happened),
		ON_MARIADB(filters_choose),
		ON_MARIADB(twice_is_once),
		ON_MARIADB(the_journal_makes_the_same_index),
		ON_MARIADB(a_crash_and_a_resend_change_nothing),
		ON_MARIADB(a_rolled_back_batch_was_never_there),
		ON_MARIADB(a_new_deployment),
		ON_MARIADB(a_reload),
		ON_MARIADB(what_cannot_be_indexed),
		ON_MARIADB(hostile_numbers_and_text),
		ON_MARIADB(a_module_in_chunks_is_one_file),
		ON_MARIADB(log_server_flows_and_alerts),
		ON_MARIADB(another_writer_is_refused),
		ON_MARIADB(a_reader_cannot_write),
		ON_MARIADB(tables_of_others_are_left_alone),
		ON_MARIADB(an_older_schema_is_made_again),
		ON_MARIADB(what_the_server_never_takes_is_told),
		ON_MARIADB(a_dead_server_is_told),
	};

	return cmocka_run_group_tests(tests, start_server, stop_server);
}
