/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The store in SQLite: one event into the tables.
 *
 * The row in "event" comes first. If it is there already, everything else of that event is too, since
 * they are one transaction: nothing else needs to know whether it did its work before.
 */
#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "sqlite.h"

/* What all handlers get: the event, and the table's number of its honeypot, 0 none. */
struct adding {
	const struct event *e;
	uint64_t honeypot;
};

static struct span chars(const char *s, size_t size)
{
	return (struct span){ s, strnlen(s, size) };
}

/* bind_key() - process or connection of one honeypot in one epoch, as ?1 ?2 ?3 */
static void bind_key(struct store *s, enum query q, uint64_t id, const struct adding *a)
{
	bind_u64(s, q, 1, id);
	bind_u64(s, q, 2, a->honeypot);
	bind_u64(s, q, 3, a->e->origin.epoch);
}

static int add_exec(struct store *s, const struct adding *a)
{
	const struct event_process *p = &a->e->process;
	_text_ struct text args = { 0 };

	text_addc(&args, '[');
	for (size_t i = 0; i < a->e->args.len;) {
		size_t n = strnlen(a->e->args.at + i, a->e->args.len - i);

		if (i)
			text_addc(&args, ',');
		text_json(&args, a->e->args.at + i, n);
		i += n + 1;
	}
	text_addc(&args, ']');
	bind_u64(s, Q_PROCESS, 1, a->e->seq);
	bind_u64(s, Q_PROCESS, 2, a->honeypot);
	bind_u64(s, Q_PROCESS, 3, a->e->session);
	bind_u64(s, Q_PROCESS, 4, a->e->origin.epoch);
	bind_u64(s, Q_PROCESS, 5, p->entity);
	bind_u64(s, Q_PROCESS, 6, p->parent);
	bind_u64(s, Q_PROCESS, 7, p->pid);
	bind_u64(s, Q_PROCESS, 8, p->uid);
	bind_u64(s, Q_PROCESS, 9, p->euid);
	bind_text(s, Q_PROCESS, 10, chars(p->tty, sizeof(p->tty)));
	bind_text(s, Q_PROCESS, 11, a->e->file);
	bind_text(s, Q_PROCESS, 12, (struct span){ args.at, args.len });
	bind_text(s, Q_PROCESS, 13, a->e->cwd);
	bind_time(s, Q_PROCESS, 14, a->e->at_us);
	return store_run(s, Q_PROCESS);
}

static int add_exit(struct store *s, const struct adding *a)
{
	bind_key(s, Q_PROCESS_EXIT, a->e->process.entity, a);
	bind_time(s, Q_PROCESS_EXIT, 4, a->e->at_us);
	bind_u64(s, Q_PROCESS_EXIT, 5, a->e->code);
	return store_run(s, Q_PROCESS_EXIT);
}

static int add_tty(struct store *s, const struct adding *a)
{
	bind_u64(s, Q_TERMINAL, 1, a->e->seq);
	bind_u64(s, Q_TERMINAL, 2, a->honeypot);
	bind_u64(s, Q_TERMINAL, 3, a->e->session);
	bind_time(s, Q_TERMINAL, 4, a->e->at_us);
	bind_u64(s, Q_TERMINAL, 5, a->e->kind == EV_TTY_IN);
	bind_u64(s, Q_TERMINAL, 6, (a->e->flags & EVENT_ECHO) != 0);
	bind_text(s, Q_TERMINAL, 7, chars(a->e->process.tty, sizeof(a->e->process.tty)));
	bind_blob(s, Q_TERMINAL, 8, a->e->bytes);
	return store_run(s, Q_TERMINAL);
}

static int add_connection(struct store *s, const struct adding *a)
{
	const struct event *e = a->e;

	bind_u64(s, Q_CONNECTION, 1, e->seq);
	bind_text(s, Q_CONNECTION, 2, span_of(event_kind_name(e->kind)));
	bind_u64(s, Q_CONNECTION, 3, a->honeypot);
	bind_u64(s, Q_CONNECTION, 4, e->session);
	bind_u64(s, Q_CONNECTION, 5, e->origin.epoch);
	bind_u64(s, Q_CONNECTION, 6, e->process.conn);
	bind_u64(s, Q_CONNECTION, 7, e->process.entity);
	bind_addr(s, Q_CONNECTION, 8, &e->src);
	bind_u64(s, Q_CONNECTION, 9, e->src_port);
	bind_addr(s, Q_CONNECTION, 10, &e->dest);
	bind_u64(s, Q_CONNECTION, 11, e->dest_port);
	bind_u64(s, Q_CONNECTION, 12, e->proto);
	bind_time(s, Q_CONNECTION, 13, e->at_us);
	return store_run(s, Q_CONNECTION);
}

static int add_accept(struct store *s, const struct adding *a)
{
	const struct event *e = a->e;
	int r = add_connection(s, a);

	if (r < 0 || !e->session)
		return r;
	bind_u64(s, Q_SESSION_ADD, 1, e->session);
	bind_u64(s, Q_SESSION_ADD, 2, a->honeypot);
	bind_u64(s, Q_SESSION_ADD, 3, e->origin.epoch);
	bind_u64(s, Q_SESSION_ADD, 4, e->process.conn);
	bind_addr(s, Q_SESSION_ADD, 5, &e->src);
	bind_u64(s, Q_SESSION_ADD, 6, e->src_port);
	bind_addr(s, Q_SESSION_ADD, 7, &e->dest);
	bind_u64(s, Q_SESSION_ADD, 8, e->dest_port);
	bind_time(s, Q_SESSION_ADD, 9, e->at_us);
	return store_run(s, Q_SESSION_ADD);
}

static int add_close(struct store *s, const struct adding *a)
{
	int r;

	bind_key(s, Q_CONNECTION_END, a->e->process.conn, a);
	bind_time(s, Q_CONNECTION_END, 4, a->e->at_us);
	r = store_run(s, Q_CONNECTION_END);
	if (r < 0 || !a->e->session)
		return r;
	bind_u64(s, Q_SESSION_END, 1, a->e->session);
	bind_time(s, Q_SESSION_END, 2, a->e->at_us);
	return store_run(s, Q_SESSION_END);
}

static int add_halt(struct store *s, const struct adding *a)	/* and boot: nobody is left inside */
{
	bind_u64(s, Q_SESSIONS_END, 1, a->honeypot);
	bind_time(s, Q_SESSIONS_END, 2, a->e->at_us);
	return store_run(s, Q_SESSIONS_END);
}

static int add_module(struct store *s, const struct adding *a)
{
	const struct event *e = a->e;
	int r = 0;

	if (!e->offset) {
		bind_u64(s, Q_FILE, 1, e->seq);
		bind_u64(s, Q_FILE, 2, a->honeypot);
		bind_u64(s, Q_FILE, 3, e->session);
		bind_u64(s, Q_FILE, 4, e->origin.epoch);
		bind_u64(s, Q_FILE, 5, e->process.entity);
		bind_time(s, Q_FILE, 6, e->at_us);
		bind_text(s, Q_FILE, 7, e->path);
		bind_u64(s, Q_FILE, 8, e->size);
		bind_text(s, Q_FILE, 9, span_of(e->sha256));
		bind_u64(s, Q_FILE, 10, (e->flags & EVENT_REFUSED) != 0);
		r = store_run(s, Q_FILE);
	} else if (e->sha256[0]) {
		bind_key(s, Q_FILE_HASH, e->process.entity, a);
		bind_text(s, Q_FILE_HASH, 4, span_of(e->sha256));
		r = store_run(s, Q_FILE_HASH);
	}
	return r;
}

/* bind_fate() - a packet's flow and what became of it, as ?1 to ?9 */
static void bind_fate(struct store *s, enum query q, const struct adding *a)
{
	bind_addr(s, q, 1, &a->e->src);
	bind_addr(s, q, 2, &a->e->dest);
	bind_u64(s, q, 3, a->e->src_port);
	bind_u64(s, q, 4, a->e->dest_port);
	bind_u64(s, q, 5, a->e->proto);
	bind_u64(s, q, 6, a->honeypot);
	bind_text(s, q, 7, a->e->state);
	bind_text(s, q, 8, a->e->reason);
	bind_time(s, q, 9, a->e->at_us);
}

static int add_verdict(struct store *s, const struct adding *a)
{
	int64_t id = 0;
	int r;

	bind_fate(s, Q_VERDICT_FIND, a);
	r = store_one(s, Q_VERDICT_FIND, &id);
	if (r == 0 && !id) {
		bind_fate(s, Q_VERDICT_ADD, a);
		bind_u64(s, Q_VERDICT_ADD, 10, a->e->session);
		r = store_one(s, Q_VERDICT_ADD, &id);
	}
	if (r < 0)
		return r;
	bind_u64(s, Q_VERDICT_MORE, 1, (uint64_t)id);
	bind_time(s, Q_VERDICT_MORE, 2, a->e->at_us);
	r = store_run(s, Q_VERDICT_MORE);
	if (r < 0)
		return r;
	bind_u64(s, Q_EVENT_VERDICT, 1, a->e->seq);
	bind_u64(s, Q_EVENT_VERDICT, 2, (uint64_t)id);
	return store_run(s, Q_EVENT_VERDICT);
}

static int (*const add[EV_KINDS])(struct store *s, const struct adding *a) = {
	[EV_BOOT] = add_halt,		[EV_HALT] = add_halt,
	[EV_EXEC] = add_exec,		[EV_EXIT] = add_exit,
	[EV_ACCEPT] = add_accept,	[EV_CLOSE] = add_close,
	[EV_CONNECT] = add_connection,	[EV_LISTEN] = add_connection,
	[EV_TTY_IN] = add_tty,		[EV_TTY_OUT] = add_tty,
	[EV_MODULE] = add_module,	[EV_VERDICT] = add_verdict,
};

/* --- what every event does -------------------------------------------------------------------- */

static int take_session(void *arg, const struct session *row)
{
	*(struct session *)arg = *row;
	return 0;
}

static int touch_session(struct store *s, const struct event *e)
{
	struct session own = { 0 };
	struct span user;
	int r;

	bind_u64(s, Q_SESSION_TOUCH, 1, e->session);
	bind_time(s, Q_SESSION_TOUCH, 2, e->at_us);
	bind_u64(s, Q_SESSION_TOUCH, 3, e->kind == EV_EXEC);
	bind_u64(s, Q_SESSION_TOUCH, 4, e->kind == EV_TTY_IN || e->kind == EV_TTY_OUT ? e->bytes.len : 0);
	r = store_run(s, Q_SESSION_TOUCH);
	if (r < 0 || e->kind != EV_EXEC)
		return r;
	r = store_sessions(s, &(struct store_filter){ .id = e->session }, take_session, &own);
	user = session_account(&own, e);
	if (r < 0 || !user.len || user.len >= sizeof(own.user) || own.user[0])
		return r < 0 ? r : 0;
	bind_u64(s, Q_SESSION_USER, 1, e->session);
	bind_text(s, Q_SESSION_USER, 2, user);
	return store_run(s, Q_SESSION_USER);
}

/* The other sources number all their events in one row, whichever honeypot they are about. */
static int note_origin(struct store *s, const struct adding *a)
{
	if (!a->e->origin.seq)
		return 0;	/* the recorder's own */
	bind_text(s, Q_ORIGIN_ADD, 1, span_of(event_source_name(a->e->origin.source)));
	bind_u64(s, Q_ORIGIN_ADD, 2, a->e->origin.source == SOURCE_GUEST ? a->honeypot : 0);
	bind_u64(s, Q_ORIGIN_ADD, 3, a->e->origin.epoch);
	bind_u64(s, Q_ORIGIN_ADD, 4, a->e->origin.seq);
	return store_run(s, Q_ORIGIN_ADD);
}

static int add_event(struct store *s, const struct adding *a, const struct place *at)
{
	const struct event *e = a->e;
	int r;

	bind_u64(s, Q_EVENT, 1, e->seq);
	bind_time(s, Q_EVENT, 2, e->at_us);
	bind_text(s, Q_EVENT, 3, span_of(event_kind_name(e->kind)));
	bind_u64(s, Q_EVENT, 4, a->honeypot);
	bind_u64(s, Q_EVENT, 5, e->session);
	bind_text(s, Q_EVENT, 6, chars(at->file, sizeof(at->file)));
	bind_u64(s, Q_EVENT, 7, at->offset);
	bind_u64(s, Q_EVENT, 8, at->len);
	r = store_run(s, Q_EVENT);
	if (r < 0 || !sqlite3_changes(s->db))
		return r;
	r = note_origin(s, a);
	if (r == 0 && add[e->kind])
		r = add[e->kind](s, a);
	if (r == 0 && e->session)
		r = touch_session(s, e);
	return r;
}

int store_add(struct store *s, const struct event *e, const struct place *at)
{
	struct adding a = { .e = e };
	bool own = sqlite3_get_autocommit(s->db);
	int r;

	if (!e->seq || e->honeypot >= (int32_t)nitems(s->honeypot) || (e->honeypot >= 0 && !s->honeypot[e->honeypot]))
		return -EINVAL;
	a.honeypot = e->honeypot >= 0 ? (uint64_t)s->honeypot[e->honeypot] : 0;
	r = own ? store_begin(s) : 0;
	if (r == 0)
		r = add_event(s, &a, at);
	if (r == 0 && own)
		r = store_commit(s);
	if (r < 0 && own)
		store_rollback(s);
	return r;
}
