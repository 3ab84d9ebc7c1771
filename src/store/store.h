/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The index: a database made from the journal, and nothing else. It may be thrown away and made
 * again. SQLite (one file, the recorder writes it) or MariaDB (the role index writes it); one writer,
 * any number of readers.
 *
 * All functions return 0 or a count on success, -errno on failure; store_error() has the words:
 *	-EIO		the database said no
 *	-EBUSY		it stayed locked for ten seconds, or another skep writes into it
 *	-ECONNRESET	MariaDB: no connection, or it was lost: close, open again, go on from store_last()
 *	-ENOSPC		its disk is full
 *	-EACCES		MariaDB: user, password or rights are not good for this
 *	-EBADMSG	MariaDB: it does not take this content, and never will
 * A failure within a transaction leaves it half done: roll back or close.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/text.h"
#include "model/dialogue.h"
#include "model/event.h"
#include "model/honeynet.h"
#include "model/place.h"
#include "model/session.h"

struct store;
struct plan;

/* WRITE_BESIDE: without the log server's messages, which are by far the most: another store has them. */
enum store_mode { STORE_WRITE, STORE_WRITE_BESIDE, STORE_READ };

/*
 * store_open() - @where: SQLite's file, or a URL (model/store_url.h). WRITE makes the tables; those of an
 * older skep, or those that lack the messages, are emptied, for the journal to fill them again.
 */
int store_open(const char *where, enum store_mode mode, struct store **ret);
/*
 * store_empty() - all records go, for the journal to bring them back. MariaDB: who writes into it is
 * disconnected, and begins at the beginning when it connects again. SQLite: nobody may have it open.
 */
int store_empty(const char *where);
/* store_about() - "MariaDB 10.11.6" */
void store_about(struct store *s, struct text *ret);
struct store *store_close(struct store *s);		/* takes it; returns NULL */
const char *store_error(const struct store *s);		/* lent: until the next call; NULL: of store_open() */

/* Called for each row in order; non-zero stops and is returned. Rows are lent. */
typedef int store_session_fn(void *arg, const struct session *row);

/* --- writing; between begin and commit is one transaction ------------------------------------- */
int store_begin(struct store *s);
int store_commit(struct store *s);
int store_rollback(struct store *s);	/* 0 also if there is no transaction */
/* store_honeypots() - the deployment record: which honeypots stand since when, with what */
int store_honeypots(struct store *s, const struct plan *p);
/* store_deployed() - how many honeypots that record has since @epoch */
int store_deployed(struct store *s, uint64_t epoch, uint64_t *ret);
/* store_end_before() - ends the sessions of deployments before @epoch; when all their events are in */
int store_end_before(struct store *s, uint64_t epoch);
/*
 * store_honeypot() - the number for @e->honeypot of a name. For one that is not in the plan (a line of
 * an earlier deployment, read back from the journal) one is given out, from MAX_HONEYPOTS on, good
 * until store_close(), store_rollback() or store_honeypots().
 */
int store_honeypot(struct store *s, const char *name, int32_t *ret_index);
/*
 * store_add() - index one numbered event. They come in the order of their numbers: one that is not
 * above the newest there is changes nothing. MariaDB may tell of its failure as late as the commit.
 */
int store_add(struct store *s, const struct event *e, const struct place *at);

/* --- resuming --------------------------------------------------------------------------------- */
int store_last(struct store *s, uint64_t *ret_seq, struct place *ret_at);	/* seq 0: empty */
/* store_origin() - last number of this source that is in the index; 0 if none of that epoch. Only
 * guests are told apart by @honeypot. */
int store_origin(struct store *s, enum event_source source, int32_t honeypot, uint64_t epoch, uint64_t *ret_seq);

/* store_restore_sessions() - for tracker_restore(): all that are open or ended since @since_us, and the newest */
int store_restore_sessions(struct store *s, uint64_t since_us, store_session_fn *fn, void *arg);

/* --- reading ---------------------------------------------------------------------------------- */
struct store_filter {
	const char *honeypot;	/* NULL any */
	uint64_t since_us, until_us;	/* by start; 0 open */
	bool with_user;		/* only sessions in which somebody logged in */
	bool open_only;
	uint64_t id;		/* 0 any */
};

typedef int store_place_fn(void *arg, uint64_t seq, const struct place *at);
struct store_tty {
	uint64_t seq, at_us;
	enum dialogue what;
	dialogue_track tty;
	struct span bytes;
	uint32_t rows, columns;	/* DIALOGUE_SIZE */
};
typedef int store_tty_fn(void *arg, const struct store_tty *row);
struct store_login {
	uint64_t seq, at_us, session;
	char honeypot[NAME_SIZE];
	struct addr src;	/* of the session; family 0 without one */
	uint16_t src_port;
	struct span service, method, user, secret, result;
};
typedef int store_login_fn(void *arg, const struct store_login *row);
struct store_tally {		/* logins that are alike; what does not count for that is empty */
	struct span user, secret;
	struct addr src;
	uint64_t tries, accepted;
};
typedef int store_tally_fn(void *arg, const struct store_tally *row);
struct store_file {
	uint64_t seq, at_us, session;
	char honeypot[NAME_SIZE], action[16], sha256[65];	/* action: "written", "run", "module" */
	struct span path;
	uint64_t size, kept;	/* of the file; bytes there are of it, 0 if there is no sha256 */
};
typedef int store_file_fn(void *arg, const struct store_file *row);

int store_sessions(struct store *s, const struct store_filter *f, store_session_fn *fn, void *arg);
/* store_session_places() - all events of session @id, and the gateway's verdicts about its own flow, by seq */
int store_session_places(struct store *s, uint64_t id, store_place_fn *fn, void *arg);
int store_session_tty(struct store *s, uint64_t id, store_tty_fn *fn, void *arg);
/* store_logins() - of one session, or of all and none: 0 */
int store_logins(struct store *s, uint64_t session, store_login_fn *fn, void *arg);
enum { TALLY_USER = 1, TALLY_SECRET = 2, TALLY_SOURCE = 4 };
/* store_login_tally() - how often each of what @by says was tried, the most frequent first */
int store_login_tally(struct store *s, uint32_t by, store_tally_fn *fn, void *arg);
/* store_files() - contents that were captured, by seq; of @f honeypot, times and id, which is their session's */
int store_files(struct store *s, const struct store_filter *f, store_file_fn *fn, void *arg);
