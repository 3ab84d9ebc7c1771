/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What the files of the SQLite store share; nobody else includes it. */
#include <sqlite3.h>

#include "store.h"

enum query {
	Q_BEGIN, Q_COMMIT, Q_ROLLBACK,
	Q_HONEYPOT_ADD, Q_HONEYPOT, Q_DEPLOY, Q_DEPLOYED, Q_END_OLD,
	Q_EVENT, Q_EVENT_VERDICT, Q_ORIGIN_ADD,
	Q_SESSION_ADD, Q_SESSION_TOUCH, Q_SESSION_USER, Q_SESSION_END, Q_SESSIONS_END,
	Q_PROCESS, Q_PROCESS_EXIT, Q_TERMINAL, Q_CONNECTION, Q_CONNECTION_END,
	Q_FILE, Q_FILE_HASH, Q_VERDICT_FIND, Q_VERDICT_ADD, Q_VERDICT_MORE,
	Q_LAST, Q_ORIGIN, Q_RESTORE, Q_SESSIONS, Q_PLACES, Q_TTY,
	QUERIES
};

enum { STORE_EXTRA = 1024 };	/* honeypots of earlier deployments */

struct store {
	sqlite3 *db;
	sqlite3_stmt *q[QUERIES];
	int64_t honeypot[MAX_HONEYPOTS + STORE_EXTRA];	/* table's id by index; 0 none */
	uint32_t n_extra;
	char error[256];
};

/* store_failed() - keeps the database's words; -errno */
int store_failed(struct store *s, int code);
/* store_run() - one statement without rows: 0 or -errno; leaves it ready for the next time */
int store_run(struct store *s, enum query q);
/* store_step() - 1 a row, 0 no more, -errno; with the last two the statement is reset */
int store_step(struct store *s, enum query q);
/* store_one() - of at most one row its first column; 0 if there is none */
int store_one(struct store *s, enum query q, int64_t *ret);
void store_done(struct store *s, enum query q);

void bind_u64(struct store *s, enum query q, int i, uint64_t v);	/* above 2^63: the same bits */
void bind_time(struct store *s, enum query q, int i, uint64_t us);
void bind_text(struct store *s, enum query q, int i, struct span v);	/* as UTF-8 */
void bind_addr(struct store *s, enum query q, int i, const struct addr *a);
void bind_blob(struct store *s, enum query q, int i, struct span v);
