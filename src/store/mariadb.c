/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The store in MariaDB.
 *
 * A round trip to the server costs more than what it does there. So statements that may wait do, and
 * go to it in groups of many rows each (array binding), in the order of enum statement_id, before the
 * next statement that may not wait, and before the commit. All of a transaction's rows come or go
 * together, so that the newest record's number is how far the journal is in, whoever died.
 *
 * One writer: it holds the lock "skep.DATABASE" of the server for as long as it is connected.
 */
#include "mariadb.h"

#include <errmsg.h>
#include <errno.h>
#include <fcntl.h>
#include <mysqld_error.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "model/store_url.h"

enum { CONNECT_S = 5, ANSWER_S = 60 };

/* A statement as the server knows it, with rows that wait and a row that came. */
struct prepared {
	MYSQL_STMT *at;
	struct batch *batch;
	int64_t number[CELLS];
	unsigned long len[CELLS];
	my_bool null[CELLS];
	char *text[CELLS];
};

struct mariadb_store {
	struct store store;
	MYSQL *db;
	struct prepared q[STATEMENTS];
};

static const char schema[] =
#include "store/mariadb_schema.inc"
;

static struct mariadb_store *of(struct store *s)
{
	return container_of(s, struct mariadb_store, store);
}

/* --- what went wrong -------------------------------------------------------------------------- */

static int kind_of(unsigned code)
{
	switch (code) {
	case CR_CONNECTION_ERROR:
	case CR_CONN_HOST_ERROR:
	case CR_UNKNOWN_HOST:
	case CR_SERVER_GONE_ERROR:
	case CR_SERVER_LOST:
	case CR_SERVER_LOST_EXTENDED:
	case CR_SSL_CONNECTION_ERROR:
	case ER_SERVER_SHUTDOWN:
	case ER_CONNECTION_KILLED:
	case ER_CON_COUNT_ERROR:
		return -ECONNRESET;
	case ER_LOCK_WAIT_TIMEOUT:
	case ER_LOCK_DEADLOCK:
		return -EBUSY;
	case ER_DISK_FULL:
	case ER_RECORD_FILE_FULL:
		return -ENOSPC;
	case ER_ACCESS_DENIED_ERROR:
	case ER_DBACCESS_DENIED_ERROR:
	case ER_TABLEACCESS_DENIED_ERROR:
	case ER_SPECIFIC_ACCESS_DENIED_ERROR:
		return -EACCES;
	case ER_DATA_TOO_LONG:
	case ER_TRUNCATED_WRONG_VALUE_FOR_FIELD:
	case ER_WARN_DATA_OUT_OF_RANGE:
	case ER_DUP_ENTRY:
	case ER_BAD_NULL_ERROR:
	case ER_NET_PACKET_TOO_LARGE:
		return -EBADMSG;
	default:
		return -EIO;
	}
}

static int say(struct mariadb_store *s, unsigned code, const char *words)
{
	snprintf(s->store.error, sizeof(s->store.error), "%s", words);
	return kind_of(code);
}

static int failed(struct mariadb_store *s)
{
	return say(s, mysql_errno(s->db), mysql_error(s->db));
}

static int statement_failed(struct mariadb_store *s, enum statement_id q)
{
	return say(s, mysql_stmt_errno(s->q[q].at), mysql_stmt_error(s->q[q].at));
}

/* --- statements ------------------------------------------------------------------------------- */

static int run_text(struct mariadb_store *s, const char *text)
{
	return mysql_real_query(s->db, text, strlen(text)) ? failed(s) : 0;
}

/* run_number() - a query with one number as its answer; -ENOENT: no row, or NULL */
static int run_number(struct mariadb_store *s, const char *text, long *ret)
{
	int r = run_text(s, text);
	MYSQL_RES *rows = r == 0 ? mysql_store_result(s->db) : NULL;
	MYSQL_ROW row = rows ? mysql_fetch_row(rows) : NULL;

	if (r == 0 && !rows)
		r = failed(s);
	if (r == 0 && !(row && row[0]))
		r = -ENOENT;
	if (r == 0)
		*ret = atol(row[0]);
	mysql_free_result(rows);
	return r;
}

static int prepare(struct mariadb_store *s, enum statement_id q)
{
	const char *words = store_statement[q].text[DIALECT_MARIADB];
	struct prepared *p = &s->q[q];
	my_bool yes = 1;

	if (p->at)
		return 0;
	p->batch = batch_new(store_statement[q].in);
	p->at = mysql_stmt_init(s->db);
	if (!p->at)
		return failed(s);
	/* Of each column the longest: a row's texts get room once. */
	mysql_stmt_attr_set(p->at, STMT_ATTR_UPDATE_MAX_LENGTH, &yes);
	return mysql_stmt_prepare(p->at, words, strlen(words)) ? statement_failed(s, q) : 0;
}

/* execute() - the rows that wait for @q, all at once, or (for one with an answer) the only one */
static int execute(struct mariadb_store *s, enum statement_id q, bool many)
{
	struct prepared *p = &s->q[q];
	unsigned n = many ? (unsigned)p->batch->rows : 0;
	MYSQL_BIND bind[CELLS];
	int r = 0;

	batch_bind(p->batch, many, bind);
	mysql_stmt_attr_set(p->at, STMT_ATTR_ARRAY_SIZE, &n);
	if ((p->batch->form[0] && mysql_stmt_bind_param(p->at, bind)) || mysql_stmt_execute(p->at))
		r = statement_failed(s, q);
	batch_clear(p->batch);
	return r;
}

static int flush(struct mariadb_store *s)
{
	for (enum statement_id q = 0; q < Q_LATER; q++) {
		int r = s->q[q].batch && s->q[q].batch->rows ? execute(s, q, true) : 0;

		if (r < 0)
			return r;
	}
	return 0;
}

static void forget(struct mariadb_store *s)
{
	for (enum statement_id q = 0; q < Q_LATER; q++)
		if (s->q[q].batch)
			batch_clear(s->q[q].batch);
}

static int put(struct store *base, enum statement_id q, const struct cell *c)
{
	struct mariadb_store *s = of(base);
	int r = prepare(s, q);

	if (r == 0 && q >= Q_LATER)
		r = flush(s);
	if (r < 0)
		return r;
	batch_add(s->q[q].batch, c);
	if (q >= Q_LATER)
		return execute(s, q, false);
	return batch_full(s->q[q].batch) ? flush(s) : 0;
}

/* bind_row() - room for the answer's longest texts */
static int bind_row(struct mariadb_store *s, enum statement_id q)
{
	struct prepared *p = &s->q[q];
	MYSQL_RES *head = mysql_stmt_result_metadata(p->at);
	MYSQL_FIELD *field = head ? mysql_fetch_fields(head) : NULL;
	const char *form = store_statement[q].out;
	MYSQL_BIND bind[CELLS] = { 0 };
	int r = 0;

	for (size_t i = 0; field && form[i]; i++) {
		bind[i].is_null = &p->null[i];
		bind[i].length = &p->len[i];
		if (form[i] == 'n') {
			bind[i].buffer_type = MYSQL_TYPE_LONGLONG;
			bind[i].buffer = &p->number[i];
			continue;
		}
		p->text[i] = xrealloc(p->text[i], field[i].max_length + 1, 1);
		bind[i].buffer_type = form[i] == 'b' ? MYSQL_TYPE_BLOB : MYSQL_TYPE_STRING;
		bind[i].buffer = p->text[i];
		bind[i].buffer_length = field[i].max_length + 1;
	}
	if (!field || mysql_stmt_bind_result(p->at, bind))
		r = statement_failed(s, q);
	mysql_free_result(head);
	return r;
}

static int ask(struct store *base, enum statement_id q, const struct cell *c)
{
	struct mariadb_store *s = of(base);
	int r = prepare(s, q);

	if (r == 0)
		r = flush(s);
	if (r < 0)
		return r;
	batch_add(s->q[q].batch, c);
	r = execute(s, q, false);
	/* All of it comes here, so that other statements may run between two rows. */
	if (r == 0 && mysql_stmt_store_result(s->q[q].at))
		r = statement_failed(s, q);
	return r < 0 ? r : bind_row(s, q);
}

static void done(struct store *base, enum statement_id q)
{
	mysql_stmt_free_result(of(base)->q[q].at);
}

static int next(struct store *base, enum statement_id q, struct cell *ret)
{
	struct mariadb_store *s = of(base);
	struct prepared *p = &s->q[q];
	const char *form = store_statement[q].out;
	int r = mysql_stmt_fetch(p->at);

	if (r) {
		r = r == MYSQL_NO_DATA ? 0 : r == 1 ? statement_failed(s, q) : -EIO;
		done(base, q);
		return r;
	}
	for (size_t i = 0; form[i]; i++) {
		struct cell c = { .kind = CELL_NULL };

		if (!p->null[i] && form[i] == 'n')
			c = (struct cell){ .kind = CELL_NUMBER, .number = p->number[i] };
		else if (!p->null[i])
			c = (struct cell){ .kind = form[i] == 'b' ? CELL_BYTES : CELL_TEXT,
					   .s = { p->text[i], p->len[i] } };
		ret[i] = c;
	}
	return 1;
}

static int transaction(struct store *base, enum transaction t)
{
	static const char *const text[] = { [BEGIN] = "START TRANSACTION", [COMMIT] = "COMMIT", [ROLLBACK] = "ROLLBACK" };
	struct mariadb_store *s = of(base);
	int r = 0;

	if (t == COMMIT)
		r = flush(s);
	else
		forget(s);
	return r < 0 ? r : run_text(s, text[t]);
}

static void about(struct store *base, struct text *ret)
{
	text_add(ret, "MariaDB ");
	text_safe(ret, mysql_get_server_info(of(base)->db), strlen(mysql_get_server_info(of(base)->db)));
}

static void close_store(struct store *base)
{
	struct mariadb_store *s = of(base);

	for (size_t i = 0; i < STATEMENTS; i++) {
		if (s->q[i].at)
			mysql_stmt_close(s->q[i].at);
		batch_free(s->q[i].batch);
		for (size_t k = 0; k < CELLS; k++)
			free(s->q[i].text[k]);
	}
	mysql_close(s->db);
	free(s);
}

static const struct driver driver = {
	.put = put, .ask = ask, .next = next, .done = done, .transaction = transaction, .about = about,
	.close = close_store,
};

/* --- the schema ------------------------------------------------------------------------------- */

static int run_many(struct mariadb_store *s, const char *text)
{
	int r, more = 0;

	if (mysql_set_server_option(s->db, MYSQL_OPTION_MULTI_STATEMENTS_ON))
		return failed(s);
	r = run_text(s, text);
	while (r == 0 && more == 0) {
		mysql_free_result(mysql_use_result(s->db));
		more = mysql_next_result(s->db);
		if (more > 0)
			r = failed(s);
	}
	if (r == 0 && mysql_set_server_option(s->db, MYSQL_OPTION_MULTI_STATEMENTS_OFF))
		r = failed(s);
	return r;
}

/* version() - of the tables that are there; -1: none at all; -EEXIST: somebody else's */
static int version(struct mariadb_store *s, long *ret)
{
	long tables = 0, ours = 0;
	int r = run_number(s, "SELECT count(*) FROM information_schema.tables WHERE table_schema = database()", &tables);

	if (r == 0)
		r = run_number(s, "SELECT count(*) FROM information_schema.tables WHERE table_schema = database() "
				  "AND table_name = 'skep_version'", &ours);
	if (r < 0)
		return r;
	if (!ours) {
		*ret = -1;
		return tables ? -EEXIST : 0;
	}
	r = run_number(s, "SELECT max(number) FROM skep_version", ret);
	if (r == -ENOENT)
		*ret = r = 0;
	return r;
}

/* drop_all() - all tables and views of a database that is ours */
static int drop_all(struct mariadb_store *s)
{
	_text_ struct text drops = { 0 };
	MYSQL_RES *rows;
	MYSQL_ROW row;
	/* skep_version last: until then it is known whose the rest is */
	int r = run_text(s, "SELECT if(table_type = 'VIEW', 'VIEW', 'TABLE'), table_name FROM information_schema.tables "
			    "WHERE table_schema = database() ORDER BY table_name = 'skep_version', table_type = 'BASE TABLE'");

	rows = r == 0 ? mysql_store_result(s->db) : NULL;
	while (rows && (row = mysql_fetch_row(rows)))
		text_addf(&drops, "DROP %s `%s`;", row[0], row[1]);
	mysql_free_result(rows);
	if (r < 0)
		return r;
	return drops.len ? run_many(s, text_str(&drops)) : 0;
}

static int make_schema(struct mariadb_store *s, long found)
{
	_free_ char *stamp = xasprintf("UPDATE skep_version SET number = %d", STORE_SCHEMA);
	int r = found >= 0 ? drop_all(s) : 0;

	if (r == 0)
		r = run_many(s, schema);
	return r < 0 ? r : run_text(s, stamp);
}

static int take_lock(struct mariadb_store *s)
{
	long got = 0;
	int r = run_number(s, "SELECT get_lock(concat('skep.', database()), 5)", &got);

	if (r == 0 && !got) {
		snprintf(s->store.error, sizeof(s->store.error), "another skep writes into this database");
		r = -EBUSY;
	}
	return r;
}

static int bring_up(struct mariadb_store *s, enum store_mode mode)
{
	long found = -1;
	int r = mode == STORE_READ ? 0 : take_lock(s);

	if (r == 0)
		r = version(s, &found);
	if (r == -EEXIST) {
		snprintf(s->store.error, sizeof(s->store.error), "this database holds tables that are not skep's");
		return -EIO;
	}
	if (r == 0 && mode != STORE_READ && found < STORE_SCHEMA) {
		r = make_schema(s, found);
		found = STORE_SCHEMA;
	}
	if (r == 0 && found != STORE_SCHEMA) {
		snprintf(s->store.error, sizeof(s->store.error), "index has schema %ld, this skep knows %d", found,
			 STORE_SCHEMA);
		r = -EIO;
	}
	return r;
}

/* --- connecting ------------------------------------------------------------------------------- */

static int read_password(const char *path, char *ret, size_t size)
{
	_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, ret, size - 1);

	if (n < 0)
		return -errno;
	ret[n] = '\0';
	ret[strcspn(ret, "\r\n")] = '\0';
	return 0;
}

static void set_options(MYSQL *db, const struct store_url *u)
{
	unsigned connect_s = CONNECT_S, answer_s = ANSWER_S, no = 0;
	unsigned protocol = u->socket[0] ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP;
	my_bool tls = !u->socket[0] && u->tls != STORE_TLS_OFF, verify = tls && u->tls == STORE_TLS_VERIFY;

	mysql_optionsv(db, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	mysql_optionsv(db, MYSQL_OPT_CONNECT_TIMEOUT, &connect_s);
	mysql_optionsv(db, MYSQL_OPT_READ_TIMEOUT, &answer_s);
	mysql_optionsv(db, MYSQL_OPT_WRITE_TIMEOUT, &answer_s);
	mysql_optionsv(db, MYSQL_OPT_PROTOCOL, &protocol);
	mysql_optionsv(db, MYSQL_OPT_LOCAL_INFILE, &no);	/* the server may not ask for our files */
	mysql_optionsv(db, MARIADB_OPT_RESTRICTED_AUTH, "mysql_native_password,client_ed25519");
	mysql_optionsv(db, MYSQL_OPT_SSL_ENFORCE, &tls);
	mysql_optionsv(db, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
	if (tls && u->ca[0])
		mysql_optionsv(db, MYSQL_OPT_SSL_CA, u->ca);
}

static int connect_to(struct mariadb_store *s, const struct store_url *u)
{
	char password[256] = "";
	int r = u->password_file[0] ? read_password(u->password_file, password, sizeof(password)) : 0;
	MYSQL *db;

	if (r < 0) {
		snprintf(s->store.error, sizeof(s->store.error), "password file: %s", strerror(-r));
		return r;
	}
	set_options(s->db, u);
	db = mysql_real_connect(s->db, u->socket[0] ? NULL : u->host, u->user, password, u->database, u->port,
				u->socket[0] ? u->socket : NULL, 0);
	explicit_bzero(password, sizeof(password));
	if (!db)
		return failed(s);
	/* An error is one: nothing is cut to fit. */
	return run_text(s, "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00'");
}

/* start() - a connection, and nothing done with it yet */
static int start(const char *url, struct mariadb_store **ret)
{
	_free_ struct store_url *u = xcalloc(1, sizeof(*u));
	struct mariadb_store *s = xcalloc(1, sizeof(*s));
	int r;

	*ret = s;
	s->store.driver = &driver;
	s->db = mysql_init(NULL);
	if (!s->db)
		return -ENOMEM;
	r = store_url_parse(url, u, s->store.error);
	return r < 0 ? r : connect_to(s, u);
}

static int give_up(struct mariadb_store *s, int r, char *error)
{
	memcpy(error, s->store.error, sizeof(s->store.error));
	close_store(&s->store);
	return r;
}

int mariadb_open(const char *url, enum store_mode mode, char *error, struct store **ret)
{
	struct mariadb_store *s;
	int r = start(url, &s);

	if (r == 0 && mode == STORE_READ)
		r = run_text(s, "SET SESSION TRANSACTION READ ONLY");
	if (r == 0)
		r = bring_up(s, mode);
	if (r < 0)
		return give_up(s, r, error);
	*ret = &s->store;
	return 0;
}

/* The tables are marked as not finished: the next writer makes them anew. The one there is must go. */
int mariadb_empty(const char *url, char *error)
{
	struct mariadb_store *s;
	_free_ char *kill = NULL;
	long found = -1, writer = 0;
	int r = start(url, &s);

	if (r == 0)
		r = version(s, &found);
	if (r == 0 && found >= 0)
		r = run_text(s, "UPDATE skep_version SET number = 0");
	if (r == 0)
		r = run_number(s, "SELECT is_used_lock(concat('skep.', database()))", &writer);
	kill = xasprintf("KILL %ld", writer);
	if (r == 0)
		r = run_text(s, kill);
	return give_up(s, r == -ENOENT ? 0 : r, error);
}
