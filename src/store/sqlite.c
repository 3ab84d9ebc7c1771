/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The store in SQLite.
 *
 * WAL, so that readers never wait for the recorder. synchronous=NORMAL: a power cut may take the last
 * transactions, never the file's soundness; the recorder reads what is missing from the journal again.
 * Temporary tables stay in memory: there is no folder for them in the recorder's root.
 *
 * Root reads beside the recorder: SQLite gives the -wal and -shm files it makes as root to the owner of
 * the database.
 */
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "driver.h"

enum { WAIT_MS = 10000 };

struct sqlite_store {
	struct store store;
	sqlite3 *db;
	sqlite3_stmt *q[STATEMENTS];
};

static const char schema[] =
#include "store/sqlite_schema.inc"
;

static struct sqlite_store *of(struct store *s)
{
	return container_of(s, struct sqlite_store, store);
}

/* failed() - keeps the database's words; -errno */
static int failed(struct sqlite_store *s, int code)
{
	snprintf(s->store.error, sizeof(s->store.error), "%s", sqlite3_errmsg(s->db));
	switch (code & 0xff) {
	case SQLITE_BUSY:
		return -EBUSY;
	case SQLITE_FULL:
		return -ENOSPC;
	default:
		return -EIO;
	}
}

/* --- statements ------------------------------------------------------------------------------- */

/* bind_text() - what is UTF-8, as nearly all is, is not copied: it is there until the statement is done */
static void bind_text(sqlite3_stmt *q, int i, struct span s)
{
	_text_ struct text t = { 0 };

	if (text_is_utf8(s.at, s.len)) {
		sqlite3_bind_text(q, i, s.len ? s.at : "", (int)s.len, SQLITE_STATIC);
		return;
	}
	text_utf8(&t, s.at, s.len);
	sqlite3_bind_text(q, i, text_str(&t), (int)t.len, SQLITE_TRANSIENT);
}

static void bind(sqlite3_stmt *q, int i, const struct cell *c)
{
	switch (c->kind) {
	case CELL_NULL:
		sqlite3_bind_null(q, i);
		break;
	case CELL_NUMBER:
		sqlite3_bind_int64(q, i, c->number);
		break;
	case CELL_TEXT:
		bind_text(q, i, c->s);
		break;
	case CELL_BYTES:
		sqlite3_bind_blob(q, i, c->s.len ? c->s.at : "", (int)c->s.len, SQLITE_STATIC);
		break;
	}
}

static void done(struct store *base, enum statement_id q)
{
	struct sqlite_store *s = of(base);

	sqlite3_reset(s->q[q]);
	sqlite3_clear_bindings(s->q[q]);
}

static int ask(struct store *base, enum statement_id q, const struct cell *c)
{
	for (int i = 0; store_statement[q].in[i]; i++)
		bind(of(base)->q[q], i + 1, &c[i]);
	return 0;
}

static void take_row(sqlite3_stmt *q, const char *form, struct cell *ret)
{
	for (int i = 0; form[i]; i++) {
		struct cell *c = &ret[i];

		*c = (struct cell){ 0 };
		switch (form[i]) {
		case 'n':
			c->kind = CELL_NUMBER;
			c->number = sqlite3_column_int64(q, i);
			break;
		case 't':
			c->kind = CELL_TEXT;
			c->s.at = (const char *)sqlite3_column_text(q, i);
			break;
		default:
			c->kind = CELL_BYTES;
			c->s.at = sqlite3_column_blob(q, i);
		}
		if (c->s.at)
			c->s.len = (size_t)sqlite3_column_bytes(q, i);
	}
}

static int next(struct store *base, enum statement_id q, struct cell *ret)
{
	struct sqlite_store *s = of(base);
	int code = sqlite3_step(s->q[q]), r = 0;

	if (code == SQLITE_ROW) {
		take_row(s->q[q], store_statement[q].out, ret);
		return 1;
	}
	if (code != SQLITE_DONE)
		r = failed(s, code);
	done(base, q);
	return r;
}

static int put(struct store *base, enum statement_id q, const struct cell *c)
{
	ask(base, q, c);
	return next(base, q, NULL);
}

static int run_text(struct sqlite_store *s, const char *text)
{
	int code = sqlite3_exec(s->db, text, NULL, NULL, NULL);

	return code == SQLITE_OK ? 0 : failed(s, code);
}

static int transaction(struct store *base, enum transaction t)
{
	static const char *const text[] = { [BEGIN] = "BEGIN IMMEDIATE", [COMMIT] = "COMMIT", [ROLLBACK] = "ROLLBACK" };
	struct sqlite_store *s = of(base);

	/* SQLite itself rolls back after some errors. */
	return t == ROLLBACK && sqlite3_get_autocommit(s->db) ? 0 : run_text(s, text[t]);
}

static void about(struct store *base, struct text *ret)
{
	(void)base;
	text_addf(ret, "SQLite %s", sqlite3_libversion());
}

static void close_store(struct store *base)
{
	struct sqlite_store *s = of(base);

	for (size_t i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(s->q[i]);
	sqlite3_close_v2(s->db);
	free(s);
}

static const struct driver driver = {
	.put = put, .ask = ask, .next = next, .done = done, .transaction = transaction, .about = about,
	.close = close_store,
};

/* --- opening ---------------------------------------------------------------------------------- */

/* read_pragma() - a number that the file keeps for us */
static int read_pragma(struct sqlite_store *s, const char *text, int *ret)
{
	sqlite3_stmt *q = NULL;
	int code = sqlite3_prepare_v2(s->db, text, -1, &q, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_step(q);
	if (code == SQLITE_ROW)
		*ret = sqlite3_column_int(q, 0);
	sqlite3_finalize(q);
	return code == SQLITE_ROW ? 0 : failed(s, code);
}

/* What the file holds: its schema, 0 none; and whether the log server's messages are left out. */
struct content {
	int schema, beside;
};

static int read_content(struct sqlite_store *s, struct content *ret)
{
	int r = read_pragma(s, "PRAGMA user_version", &ret->schema);

	return r < 0 ? r : read_pragma(s, "PRAGMA application_id", &ret->beside);
}

static bool is_old(const struct content *c, enum store_mode mode)
{
	return c->schema < STORE_SCHEMA || (c->beside && mode == STORE_WRITE);
}

/* drop_all() - the tables of an older schema: their content comes from the journal again */
static int drop_all(struct sqlite_store *s)
{
	_text_ struct text drops = { 0 };
	sqlite3_stmt *q = NULL;
	int code = sqlite3_prepare_v2(s->db, "SELECT 'DROP ' || type || ' \"' || name || '\";' FROM sqlite_schema "
				      "WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' ORDER BY type DESC",
				      -1, &q, NULL);

	while (code == SQLITE_OK || code == SQLITE_ROW) {
		code = sqlite3_step(q);
		if (code == SQLITE_ROW)
			text_add(&drops, (const char *)sqlite3_column_text(q, 0));
	}
	sqlite3_finalize(q);
	return code == SQLITE_DONE ? run_text(s, text_str(&drops)) : failed(s, code);
}

static int make_schema(struct sqlite_store *s, enum store_mode mode)
{
	_free_ char *stamp = xasprintf("PRAGMA user_version = %d; PRAGMA application_id = %d; COMMIT", STORE_SCHEMA,
				       mode == STORE_WRITE_BESIDE);
	struct content c = { 0 };
	int r = run_text(s, "BEGIN IMMEDIATE");
	bool old;

	if (r == 0)
		r = read_content(s, &c);
	old = is_old(&c, mode);
	if (r == 0 && old && c.schema)
		r = drop_all(s);
	if (r == 0 && old)
		r = run_text(s, schema);
	if (r == 0)
		return run_text(s, stamp);
	sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	return r;
}

static int bring_up(struct sqlite_store *s, enum store_mode mode)
{
	struct content c = { 0 };
	int r;

	sqlite3_busy_timeout(s->db, WAIT_MS);
	sqlite3_extended_result_codes(s->db, 1);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	r = run_text(s, "PRAGMA temp_store = MEMORY");
	if (r == 0)
		r = read_content(s, &c);
	if (r == 0 && mode != STORE_READ && c.schema <= STORE_SCHEMA)
		r = run_text(s, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
	if (r == 0 && mode != STORE_READ && c.schema <= STORE_SCHEMA &&
	    (is_old(&c, mode) || c.beside != (mode == STORE_WRITE_BESIDE))) {
		r = make_schema(s, mode);
		c.schema = STORE_SCHEMA;
	}
	if (r == 0 && c.schema != STORE_SCHEMA) {
		snprintf(s->store.error, sizeof(s->store.error), "index has schema %d, this skep knows %d", c.schema,
			 STORE_SCHEMA);
		r = -EIO;
	}
	return r;
}

static int prepare_all(struct sqlite_store *s)
{
	for (size_t i = 0; i < STATEMENTS; i++) {
		const char *text = store_statement[i].text[DIALECT_SQLITE];
		int code = sqlite3_prepare_v3(s->db, text, -1, SQLITE_PREPARE_PERSISTENT, &s->q[i], NULL);

		if (code != SQLITE_OK)
			return failed(s, code);
	}
	return 0;
}

/* touch_file() - SQLite would make it readable for everybody */
static int touch_file(const char *path, enum store_mode mode)
{
	int flags = mode == STORE_READ ? O_RDONLY : O_RDWR | O_CREAT;
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

int sqlite_open(const char *path, enum store_mode mode, char *error, struct store **ret)
{
	int flags = mode == STORE_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
	struct sqlite_store *s;
	int code, r = touch_file(path, mode);
	uid_t was;

	if (r < 0) {
		snprintf(error, sizeof(s->store.error), "%s", strerror(-r));
		return r;
	}
	s = xcalloc(1, sizeof(*s));
	s->store.driver = &driver;
	was = become_owner(path, mode);
	/* Nobody here has threads, or asks how much memory it uses. Says no, but the first time. */
	sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	code = sqlite3_open_v2(path, &s->db, flags | SQLITE_OPEN_NOMUTEX, NULL);
	r = code == SQLITE_OK ? bring_up(s, mode) : failed(s, code);
	if (r == 0)
		r = prepare_all(s);
	if (seteuid(was) < 0)
		r = failed(s, SQLITE_PERM);
	if (r < 0) {
		memcpy(error, s->store.error, sizeof(s->store.error));
		close_store(&s->store);
		return r;
	}
	*ret = &s->store;
	return 0;
}

int sqlite_empty(const char *path, char *error)
{
	static const char *const ends[] = { "-wal", "-shm", "" };

	for (size_t i = 0; i < nitems(ends); i++) {
		_free_ char *file = xasprintf("%s%s", path, ends[i]);

		if (unlink(file) < 0 && errno != ENOENT) {
			int r = -errno;

			snprintf(error, sizeof(((struct store *)0)->error), "%s: %s", file, strerror(-r));
			return r;
		}
	}
	return 0;
}
