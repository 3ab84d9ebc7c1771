/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * What lies between the store's functions and a database: statements by number, rows of cells, and a
 * driver that runs the one with the other. What a statement is for is known above, how it is run
 * below. Only the store's own files include this.
 */
#include "store.h"

enum { CELLS = 24 };	/* of a statement's parameters or a row's columns */

enum cell_kind { CELL_NULL, CELL_NUMBER, CELL_TEXT, CELL_BYTES };

struct cell {
	enum cell_kind kind;
	int64_t number;		/* what is above 2^63 has the same bits */
	struct span s;		/* text: made UTF-8 by the driver; lent */
};

/*
 * In the order in which a driver that batches runs them: what makes a row comes before what changes
 * one. What changes a row says itself which ones were there before it (seq < ?, id <= ?).
 */
enum statement_id {
	/* may wait for the commit */
	Q_RECORD, Q_RECORD_SESSION, Q_RECORD_VERDICT, Q_PROCESS, Q_TERMINAL, Q_CONNECTION, Q_FILE, Q_SYSLOG,
	Q_FLOW, Q_ALERT, Q_LOGIN, Q_SESSION_ADD, Q_VERDICT_ADD,
	Q_PROCESS_EXIT, Q_CONNECTION_END, Q_SESSION_TOUCH, Q_SESSION_USER, Q_SESSION_END, Q_VERDICT_MORE,
	Q_ORIGIN_ADD, Q_PROGRESS,
	Q_LATER,	/* from here on: at once, with all that waits before it */
	Q_SESSIONS_END = Q_LATER, Q_END_OLD,
	Q_HONEYPOT_ADD, Q_HONEYPOT, Q_DEPLOY, Q_DEPLOYED, Q_DEPLOYMENT,
	Q_VERDICT_FIND, Q_LAST, Q_ORIGIN, Q_SESSION_OF, Q_RESTORE, Q_SESSIONS, Q_PLACES, Q_TTY,
	Q_LOGINS, Q_LOGINS_TALLY,
	Q_FILES,
	STATEMENTS
};

enum dialect { DIALECT_SQLITE, DIALECT_MARIADB, DIALECTS };

struct statement {
	const char *in, *out;	/* a letter a parameter, a column: n number, t text, b bytes */
	const char *text[DIALECTS];
};

extern const struct statement store_statement[STATEMENTS];

enum transaction { BEGIN, COMMIT, ROLLBACK };

struct driver {
	/* put() - runs a statement without rows; those below Q_LATER some time before the commit */
	int (*put)(struct store *s, enum statement_id q, const struct cell *c);
	/* ask(), next()... done() - its rows: 1 and @ret (lent until the next call), 0 no more and done.
	 * What @c points to is lent until then. */
	int (*ask)(struct store *s, enum statement_id q, const struct cell *c);
	int (*next)(struct store *s, enum statement_id q, struct cell *ret);
	void (*done)(struct store *s, enum statement_id q);
	int (*transaction)(struct store *s, enum transaction t);
	void (*about)(struct store *s, struct text *ret);	/* which database, which version */
	void (*close)(struct store *s);		/* frees it */
};

enum {
	STORE_SCHEMA = 4,
	STORE_EXTRA = 1024,	/* honeypots of earlier deployments */
	STORE_ORIGINS = 256,	/* sources heard within one transaction */
};

/* Every driver's own struct begins with this one. */
struct store {
	const struct driver *driver;
	bool beside;				/* without the log server's messages */
	bool in_transaction;
	bool moved;				/* since the last commit */
	uint64_t last, last_us;			/* newest number that is in, its time, its line */
	struct place last_at;
	int64_t honeypot[MAX_HONEYPOTS + STORE_EXTRA];	/* table's id by index; 0 none */
	char name[MAX_HONEYPOTS + STORE_EXTRA][NAME_SIZE];	/* of those that were asked for */
	uint32_t n_extra, n_origins;
	struct heard { uint8_t source; int64_t honeypot; uint64_t epoch, seq; } origin[STORE_ORIGINS];
	struct recent *recent;			/* rows.c and verdict.c: what they need not ask for; NULL for */
	struct fates *fates;			/* readers */
	char error[256];
};

/* --- open: 0 and *@ret, or -errno with its reason in @error, which has the size of store.error --- */
int sqlite_open(const char *path, enum store_mode mode, char *error, struct store **ret);
int mariadb_open(const char *url, enum store_mode mode, char *error, struct store **ret);

/* --- empty: all records go; whoever writes into it has to open it again */
int sqlite_empty(const char *path, char *error);
int mariadb_empty(const char *url, char *error);

/* store_one() - of at most one row all columns; 1, or 0 there is none. Texts are not kept. */
int store_one(struct store *s, enum statement_id q, const struct cell *c, struct cell *ret);
int progress_put(struct store *s);	/* before the commit */
void recent_forget(struct store *s);	/* after a rollback */
void fates_forget(struct store *s);

static inline struct cell cell_number(uint64_t v)
{
	return (struct cell){ .kind = CELL_NUMBER, .number = (int64_t)v };
}

static inline struct cell cell_time(uint64_t us)
{
	return cell_number(us < EVENT_TIME_MAX ? us : EVENT_TIME_MAX);
}

static inline struct cell cell_text(struct span s)
{
	return (struct cell){ .kind = CELL_TEXT, .s = s };
}

static inline struct cell cell_word(const char *s)
{
	return cell_text(span_of(s));
}
