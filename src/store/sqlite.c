/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The store in SQLite: opening, the statements, resuming.
 *
 * WAL, so that readers never wait for the recorder. synchronous=NORMAL: a power cut may take the last
 * transactions, never the file's soundness; the recorder reads what is missing from the journal again.
 * Temporary tables stay in memory: there is no folder for them in the recorder's root.
 *
 * Root reads beside the recorder: SQLite gives the -wal and -shm files it makes as root to the owner of
 * the database.
 */
#include "sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "model/plan.h"

enum { SCHEMA = 1, WAIT_MS = 10000 };

static char open_error[256];	/* of a store that never was: all store_error(NULL) can tell of */

static const char schema[] =
#include "store/sqlite_schema.inc"
;

#define SESSION "SELECT s.id, s.epoch, s.conn, coalesce(d.idx, -1), h.name, s.src, s.src_port, s.dest, "  \
		"s.dest_port, s.user, s.began, s.ended, s.last, s.commands, s.tty_bytes "                 \
		"FROM session s LEFT JOIN honeypot h ON h.id = s.honeypot "                               \
		"LEFT JOIN deployment d ON d.honeypot = s.honeypot "                                      \
		"AND d.epoch = (SELECT max(epoch) FROM deployment) "

static const char *const sql[] = {
	[Q_BEGIN] = "BEGIN IMMEDIATE",
	[Q_COMMIT] = "COMMIT",
	[Q_ROLLBACK] = "ROLLBACK",
	[Q_HONEYPOT_ADD] = "INSERT INTO honeypot(name) VALUES (?1) ON CONFLICT DO NOTHING",
	[Q_HONEYPOT] = "SELECT id FROM honeypot WHERE name = ?1",
	[Q_DEPLOY] = "INSERT INTO deployment VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON "
		     "CONFLICT DO NOTHING",
	[Q_DEPLOYED] = "SELECT idx, honeypot FROM deployment WHERE epoch = (SELECT max(epoch) FROM deployment)",
	[Q_END_OLD] = "UPDATE session SET ended = max(last, 1) WHERE ended = 0 AND began < ?1",
	[Q_EVENT] = "INSERT INTO event(seq, at, kind, honeypot, session, file, start, len) "
		    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING",
	[Q_EVENT_VERDICT] = "UPDATE event SET verdict = ?2 WHERE seq = ?1",
	[Q_ORIGIN_ADD] = "INSERT INTO origin VALUES (?1, ?2, ?3, ?4) "
			 "ON CONFLICT DO UPDATE SET seq = max(seq, excluded.seq)",
	[Q_SESSION_ADD] = "INSERT INTO session(id, honeypot, epoch, conn, src, src_port, dest, dest_port, "
			  "user, began, last) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, '', ?9, ?9) ON "
			  "CONFLICT DO NOTHING",
	[Q_SESSION_TOUCH] = "UPDATE session SET last = max(last, ?2), commands = commands + ?3, "
			    "tty_bytes = tty_bytes + ?4 WHERE id = ?1",
	[Q_SESSION_USER] = "UPDATE session SET user = ?2 WHERE id = ?1 AND user = ''",
	[Q_SESSION_END] = "UPDATE session SET ended = max(?2, 1) WHERE id = ?1 AND ended = 0",
	[Q_SESSIONS_END] = "UPDATE session SET ended = max(?2, 1) WHERE honeypot = ?1 AND ended = 0",
	[Q_PROCESS] = "INSERT INTO process(seq, honeypot, session, epoch, entity, parent, pid, uid, euid, tty, "
		      "executable, args, cwd, began) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, "
		      "?11, ?12, ?13, ?14)",
	[Q_PROCESS_EXIT] = "UPDATE process SET ended = max(?4, 1), exit = ?5 "
			   "WHERE entity = ?1 AND honeypot = ?2 AND epoch = ?3 AND ended = 0",
	[Q_TERMINAL] = "INSERT INTO terminal VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
	[Q_CONNECTION] = "INSERT INTO connection(seq, kind, honeypot, session, epoch, conn, entity, src, "
			 "src_port, dest, dest_port, proto, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, "
			 "?9, ?10, ?11, ?12, ?13)",
	[Q_CONNECTION_END] = "UPDATE connection SET ended = max(?4, 1) "
			     "WHERE conn = ?1 AND honeypot = ?2 AND epoch = ?3 AND kind = 'accept' AND "
			     "ended = 0",
	[Q_FILE] = "INSERT INTO file VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
	[Q_FILE_HASH] = "UPDATE file SET sha256 = ?4 WHERE seq = "
			"(SELECT max(seq) FROM file WHERE entity = ?1 AND honeypot = ?2 AND epoch = ?3)",
	[Q_VERDICT_FIND] = "SELECT id FROM verdict WHERE src = ?1 AND dest = ?2 AND src_port = ?3 AND "
			   "dest_port = ?4 "
			   "AND proto = ?5 AND honeypot = ?6 AND action = ?7 AND reason = ?8 "
			   "AND abs(last - ?9) <= 130000000 ORDER BY id DESC LIMIT 1",
	[Q_VERDICT_ADD] = "INSERT INTO verdict(src, dest, src_port, dest_port, proto, honeypot, action, "
			  "reason, session, packets, first, last) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, "
			  "?8, ?10, 0, ?9, ?9) RETURNING id",
	[Q_VERDICT_MORE] = "UPDATE verdict SET packets = packets + 1, last = max(last, ?2) WHERE id = ?1",
	[Q_LAST] = "SELECT seq, file, start, len FROM event ORDER BY seq DESC LIMIT 1",
	[Q_ORIGIN] = "SELECT seq FROM origin WHERE source = ?1 AND honeypot = ?2 AND epoch = ?3",
	[Q_RESTORE] = SESSION "WHERE s.ended = 0 OR s.ended >= ?1 "
		      "OR s.id = (SELECT max(id) FROM session) ORDER BY s.id",
	[Q_SESSIONS] = SESSION "WHERE s.id BETWEEN ?1 AND ?2 AND s.began BETWEEN ?3 AND ?4 "
		       "AND (?5 = 0 OR s.user <> '') AND (?6 = 0 OR s.ended = 0) AND (?7 = '' OR h.name "
		       "= ?7) ORDER BY s.id",
	/* The session's own flow at the gateway: from a SYN that waited to what came just after the end. */
	[Q_PLACES] = "SELECT seq, file, start, len FROM event WHERE session = ?1 AND session > 0 UNION "
		     "SELECT e.seq, e.file, e.start, e.len FROM session s JOIN verdict v ON v.src = s.src "
		     "AND v.dest = s.dest AND v.src_port = s.src_port AND v.dest_port = s.dest_port AND "
		     "v.proto = 6 "
		     "JOIN event e ON e.verdict = v.id AND e.verdict IS NOT NULL WHERE s.id = ?1 "
		     "AND e.at >= s.began - 130000000 AND (s.ended = 0 OR e.at <= s.ended + 10000000) "
		     "ORDER BY seq",
	[Q_TTY] = "SELECT seq, at, input, tty, bytes FROM terminal WHERE session = ?1 AND session > 0 "
		  "ORDER BY seq",
};
_Static_assert(nitems(sql) == QUERIES, "a query without its text");

int store_failed(struct store *s, int code)
{
	snprintf(s->error, sizeof(s->error), "%s", sqlite3_errmsg(s->db));
	switch (code & 0xff) {
	case SQLITE_BUSY:
		return -EBUSY;
	case SQLITE_FULL:
		return -ENOSPC;
	default:
		return -EIO;
	}
}

void store_done(struct store *s, enum query q)
{
	sqlite3_reset(s->q[q]);
	sqlite3_clear_bindings(s->q[q]);
}

int store_step(struct store *s, enum query q)
{
	int code = sqlite3_step(s->q[q]), r = 0;

	if (code == SQLITE_ROW)
		return 1;
	if (code != SQLITE_DONE)
		r = store_failed(s, code);
	store_done(s, q);
	return r;
}

int store_run(struct store *s, enum query q)
{
	int r = store_step(s, q);

	if (r == 1)
		store_done(s, q);
	return r < 0 ? r : 0;
}

int store_one(struct store *s, enum query q, int64_t *ret)
{
	int r = store_step(s, q);

	if (r < 0)
		return r;
	*ret = r == 1 ? sqlite3_column_int64(s->q[q], 0) : 0;
	/* to the end: what an INSERT returns counts only then */
	return r == 1 ? store_run(s, q) : 0;
}

void bind_u64(struct store *s, enum query q, int i, uint64_t v)
{
	sqlite3_bind_int64(s->q[q], i, (int64_t)v);
}

void bind_time(struct store *s, enum query q, int i, uint64_t us)
{
	bind_u64(s, q, i, us < EVENT_TIME_MAX ? us : EVENT_TIME_MAX);
}

void bind_text(struct store *s, enum query q, int i, struct span v)
{
	_text_ struct text t = { 0 };

	text_utf8(&t, v.at, v.len);
	sqlite3_bind_text(s->q[q], i, text_str(&t), (int)t.len, SQLITE_TRANSIENT);
}

void bind_addr(struct store *s, enum query q, int i, const struct addr *a)
{
	char b[ADDR_TEXT];

	bind_text(s, q, i, span_of(addr_text(a, b)));
}

void bind_blob(struct store *s, enum query q, int i, struct span v)
{
	sqlite3_bind_blob(s->q[q], i, v.len ? v.at : "", (int)v.len, SQLITE_TRANSIENT);
}

/* --- opening ---------------------------------------------------------------------------------- */

static int run_text(struct store *s, const char *text)
{
	int code = sqlite3_exec(s->db, text, NULL, NULL, NULL);

	return code == SQLITE_OK ? 0 : store_failed(s, code);
}

static int version(struct store *s, int *ret)
{
	sqlite3_stmt *q = NULL;
	int code = sqlite3_prepare_v2(s->db, "PRAGMA user_version", -1, &q, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_step(q);
	if (code == SQLITE_ROW)
		*ret = sqlite3_column_int(q, 0);
	sqlite3_finalize(q);
	return code == SQLITE_ROW ? 0 : store_failed(s, code);
}

static int make_schema(struct store *s)
{
	_free_ char *stamp = xasprintf("PRAGMA user_version = %d; COMMIT", SCHEMA);
	int found = 0, r = run_text(s, "BEGIN IMMEDIATE");

	if (r == 0)
		r = version(s, &found);
	if (r == 0 && found == 0)
		r = run_text(s, schema);
	if (r == 0)
		return run_text(s, found == 0 ? stamp : "COMMIT");
	sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	return r;
}

static int bring_up(struct store *s, enum store_mode mode)
{
	int found = 0, r;

	sqlite3_busy_timeout(s->db, WAIT_MS);
	sqlite3_extended_result_codes(s->db, 1);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	r = run_text(s, "PRAGMA temp_store = MEMORY");
	if (r == 0)
		r = version(s, &found);
	if (r == 0 && mode == STORE_WRITE && found <= SCHEMA)
		r = run_text(s, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
	if (r == 0 && mode == STORE_WRITE && found == 0) {
		r = make_schema(s);
		found = SCHEMA;
	}
	if (r == 0 && found != SCHEMA) {
		snprintf(s->error, sizeof(s->error), "index has schema %d, this skep knows %d", found, SCHEMA);
		r = -EIO;
	}
	return r;
}

static int prepare_all(struct store *s)
{
	for (size_t i = 0; i < QUERIES; i++) {
		int code = sqlite3_prepare_v3(s->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &s->q[i], NULL);

		if (code != SQLITE_OK)
			return store_failed(s, code);
	}
	return 0;
}

static int load_honeypots(struct store *s)
{
	int r;

	memset(s->honeypot, 0, sizeof(s->honeypot[0]) * MAX_HONEYPOTS);
	while ((r = store_step(s, Q_DEPLOYED)) == 1) {
		int64_t i = sqlite3_column_int64(s->q[Q_DEPLOYED], 0);

		if (i >= 0 && i < MAX_HONEYPOTS)
			s->honeypot[i] = sqlite3_column_int64(s->q[Q_DEPLOYED], 1);
	}
	return r;
}

/* touch_file() - SQLite would make it readable for everybody */
static int touch_file(const char *path, enum store_mode mode)
{
	int flags = mode == STORE_WRITE ? O_RDWR | O_CREAT : O_RDONLY;
	_fd_ int fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0640);

	return fd < 0 ? -errno : 0;
}

/*
 * Root reads as the index's owner, for as long as opening takes: what SQLite makes beside the file
 * (-wal, -shm) is the recorder's from its first moment, not only after a chown, so that a recorder
 * that starts just then finds nothing it may not open.
 */
static uid_t become_owner(const char *path, enum store_mode mode)
{
	uid_t was = geteuid();
	struct stat st;

	/* If it fails it is read as root: that works nearly always. */
	if (mode == STORE_READ && !was && stat(path, &st) == 0 && seteuid(st.st_uid) < 0)
		errno = 0;
	return was;
}

int store_open(const char *path, enum store_mode mode, struct store **ret)
{
	int flags = mode == STORE_WRITE ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
	struct store *s;
	int code, r = touch_file(path, mode);
	uid_t was;

	if (r < 0) {
		snprintf(open_error, sizeof(open_error), "%s", strerror(-r));
		return r;
	}
	s = xcalloc(1, sizeof(*s));
	was = become_owner(path, mode);
	code = sqlite3_open_v2(path, &s->db, flags | SQLITE_OPEN_NOMUTEX, NULL);
	r = code == SQLITE_OK ? bring_up(s, mode) : store_failed(s, code);
	if (r == 0)
		r = prepare_all(s);
	if (r == 0)
		r = load_honeypots(s);
	if (seteuid(was) < 0)
		r = store_failed(s, SQLITE_PERM);
	if (r < 0) {
		memcpy(open_error, s->error, sizeof(open_error));
		store_close(s);
		return r;
	}
	*ret = s;
	return 0;
}

struct store *store_close(struct store *s)
{
	for (size_t i = 0; s && i < QUERIES; i++)
		sqlite3_finalize(s->q[i]);
	if (s)
		sqlite3_close_v2(s->db);
	free(s);
	return NULL;
}

const char *store_error(const struct store *s)
{
	return s ? s->error : open_error;
}

/* --- transactions and the deployment record --------------------------------------------------- */

int store_begin(struct store *s)
{
	return store_run(s, Q_BEGIN);
}

int store_commit(struct store *s)
{
	return store_run(s, Q_COMMIT);
}

int store_rollback(struct store *s)
{
	int r = sqlite3_get_autocommit(s->db) ? 0 : store_run(s, Q_ROLLBACK);

	s->n_extra = 0;		/* their rows may be gone */
	memset(s->honeypot + MAX_HONEYPOTS, 0, sizeof(s->honeypot[0]) * STORE_EXTRA);
	return r < 0 ? r : load_honeypots(s);
}

/* honeypot_id() - the table's number of a name, given out if it is new */
static int honeypot_id(struct store *s, const char *name, int64_t *ret)
{
	int r;

	bind_text(s, Q_HONEYPOT_ADD, 1, span_of(name));
	r = store_run(s, Q_HONEYPOT_ADD);
	if (r < 0)
		return r;
	bind_text(s, Q_HONEYPOT, 1, span_of(name));
	return store_one(s, Q_HONEYPOT, ret);
}

static int deploy(struct store *s, const struct plan *p, uint32_t i)
{
	const struct honeypot *h = &p->net.honeypot[i];
	struct addr a = addr4(h->address);
	char mac[18];
	int64_t id = 0;
	int r = honeypot_id(s, h->name, &id);

	if (r < 0)
		return r;
	snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", h->mac[0], h->mac[1], h->mac[2], h->mac[3],
		 h->mac[4], h->mac[5]);
	bind_time(s, Q_DEPLOY, 1, p->epoch);
	bind_u64(s, Q_DEPLOY, 2, (uint64_t)id);
	bind_u64(s, Q_DEPLOY, 3, i);
	bind_text(s, Q_DEPLOY, 4, span_of(h->hostname));
	bind_addr(s, Q_DEPLOY, 5, &a);
	bind_text(s, Q_DEPLOY, 6, span_of(mac));
	bind_text(s, Q_DEPLOY, 7, span_of(h->image));
	bind_text(s, Q_DEPLOY, 8, span_of(p->image[i]));
	bind_text(s, Q_DEPLOY, 9, span_of(p->kernel));
	bind_u64(s, Q_DEPLOY, 10, h->memory_mb);
	return store_run(s, Q_DEPLOY);
}

int store_honeypots(struct store *s, const struct plan *p)
{
	bool own = sqlite3_get_autocommit(s->db);
	int r = own ? store_begin(s) : 0;

	for (uint32_t i = 0; i < p->net.n_honeypots && r == 0; i++)
		r = deploy(s, p, i);
	if (r == 0) {
		bind_time(s, Q_END_OLD, 1, p->epoch);
		r = store_run(s, Q_END_OLD);
	}
	if (r == 0 && own)
		r = store_commit(s);
	if (r == 0)
		return load_honeypots(s);
	if (own)
		store_rollback(s);
	return r;
}

int store_honeypot(struct store *s, const char *name, int32_t *ret_index)
{
	int64_t id = 0;
	int r = honeypot_id(s, name, &id);

	if (r < 0)
		return r;
	for (uint32_t i = 0; i < MAX_HONEYPOTS + s->n_extra; i++)
		if (s->honeypot[i] == id) {
			*ret_index = (int32_t)i;
			return 0;
		}
	if (s->n_extra == STORE_EXTRA)
		return -ENOSPC;
	*ret_index = (int32_t)(MAX_HONEYPOTS + s->n_extra);
	s->honeypot[MAX_HONEYPOTS + s->n_extra++] = id;
	return 0;
}
