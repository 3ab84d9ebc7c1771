/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One event into rows, the same ones in every database.
 *
 * Events come in the order of their numbers, each in one transaction with all its rows: one whose
 * number is not above the newest that is in was there before.
 *
 * What earlier rows say (who logged in to a session) is remembered here, so that a driver that batches
 * need not be asked in the middle. It is a cache: what was dropped from it, or was there before this
 * process, is asked for once.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "model/community.h"
#include "model/dialogue.h"
#include "row.h"

enum { SESSIONS_KEPT = 4096 };

struct recent {
	struct { uint64_t id; uint16_t dest_port; bool has_user; } session[SESSIONS_KEPT];
};

void recent_forget(struct store *s)
{
	free(s->recent);
	s->recent = NULL;
}

static struct recent *recent(struct store *s)
{
	if (!s->recent)
		s->recent = xcalloc(1, sizeof(*s->recent));
	return s->recent;
}

/* --- what each kind does ---------------------------------------------------------------------- */

static int add_exec(struct store *s, const struct adding *a)
{
	const struct event_process *p = &a->e->process;
	_text_ struct text args = { 0 };
	struct row r = { 0 };

	text_addc(&args, '[');
	for (size_t i = 0; i < a->e->args.len;) {
		size_t n = strnlen(a->e->args.at + i, a->e->args.len - i);

		if (i)
			text_addc(&args, ',');
		text_json(&args, a->e->args.at + i, n);
		i += n + 1;
	}
	text_addc(&args, ']');
	number(&r, a->e->seq);
	number(&r, a->honeypot);
	number(&r, a->e->session);
	number(&r, a->e->origin.epoch);
	number(&r, p->entity);
	number(&r, p->parent);
	number(&r, p->pid);
	number(&r, p->uid);
	number(&r, p->euid);
	chars(&r, p->tty, sizeof(p->tty));
	words(&r, a->e->file);
	words(&r, (struct span){ args.at, args.len });
	words(&r, a->e->cwd);
	when(&r, a->e->at_us);
	return put(s, Q_PROCESS, &r);
}

static int add_exit(struct store *s, const struct adding *a)
{
	struct row r = { 0 };

	ended(&r, a->e->at_us);
	number(&r, a->e->code);
	key(&r, a->e->process.entity, a);
	number(&r, a->e->seq);
	return put(s, Q_PROCESS_EXIT, &r);
}

static int add_dialogue(struct store *s, const struct adding *a)
{
	dialogue_track track = "";
	enum dialogue what = dialogue_of(a->e, track);
	struct row r = { 0 };
	char size[32];

	if (!what)
		return 0;
	number(&r, a->e->seq);
	number(&r, a->honeypot);
	number(&r, a->e->session);
	when(&r, a->e->at_us);
	number(&r, what);
	number(&r, (a->e->flags & EVENT_ECHO) != 0);
	chars(&r, track, sizeof(track));
	snprintf(size, sizeof(size), "%ux%u", a->e->window[0], a->e->window[1]);
	r.c[r.n++] = (struct cell){ .kind = CELL_BYTES, .s = what == DIALOGUE_SIZE ? span_of(size) : a->e->bytes };
	return put(s, Q_TERMINAL, &r);
}

static int add_login(struct store *s, const struct adding *a)
{
	const struct event *e = a->e;
	struct row r = { 0 };

	number(&r, e->seq);
	when(&r, e->at_us);
	number(&r, a->honeypot);
	number(&r, e->session);
	words(&r, e->app);
	words(&r, e->category);
	words(&r, e->user);
	words(&r, e->secret);
	words(&r, e->state);
	return put(s, Q_LOGIN, &r);
}

static int add_connection(struct store *s, const struct adding *a)
{
	const struct event *e = a->e;
	struct row r = { 0 };

	number(&r, e->seq);
	words(&r, span_of(event_kind_name(e->kind)));
	number(&r, a->honeypot);
	number(&r, e->session);
	number(&r, e->origin.epoch);
	number(&r, e->process.conn);
	number(&r, e->process.entity);
	address(&r, &e->src);
	number(&r, e->src_port);
	address(&r, &e->dest);
	number(&r, e->dest_port);
	number(&r, e->proto);
	when(&r, e->at_us);
	return put(s, Q_CONNECTION, &r);
}

static int add_accept(struct store *s, const struct adding *a)
{
	const struct event *e = a->e;
	struct row row = { 0 };
	int r = add_connection(s, a);

	if (r < 0 || !e->session)
		return r;
	number(&row, e->session);
	number(&row, a->honeypot);
	number(&row, e->origin.epoch);
	number(&row, e->process.conn);
	address(&row, &e->src);
	number(&row, e->src_port);
	address(&row, &e->dest);
	number(&row, e->dest_port);
	words(&row, span_of(""));
	when(&row, e->at_us);
	when(&row, e->at_us);
	return put(s, Q_SESSION_ADD, &row);
}

static int add_close(struct store *s, const struct adding *a)
{
	struct row row = { 0 }, session = { 0 };
	int r;

	ended(&row, a->e->at_us);
	key(&row, a->e->process.conn, a);
	number(&row, a->e->seq);
	r = put(s, Q_CONNECTION_END, &row);
	if (r < 0 || !a->e->session)
		return r;
	ended(&session, a->e->at_us);
	number(&session, a->e->session);
	return put(s, Q_SESSION_END, &session);
}

static int add_halt(struct store *s, const struct adding *a)	/* and boot: nobody is left inside */
{
	struct row r = { 0 };

	ended(&r, a->e->at_us);
	number(&r, a->honeypot);
	return put(s, Q_SESSIONS_END, &r);
}

static int add_state(struct store *s, const struct adding *a)
{
	return span_is(a->e->state, HONEYPOT_REMOVED) ? add_halt(s, a) : 0;
}

/* One row for each file, when its last chunk is there. */
static int add_content(struct store *s, const struct adding *a)
{
	const struct event *e = a->e;
	struct row r = { 0 };

	if (!e->sha256[0] && !(e->flags & EVENT_LAST))
		return 0;
	number(&r, e->seq);
	number(&r, a->honeypot);
	number(&r, e->session);
	number(&r, e->origin.epoch);
	number(&r, e->process.entity);
	when(&r, e->at_us);
	words(&r, e->kind == EV_MODULE ? span_of("module") : e->state);
	words(&r, e->path);
	number(&r, e->size);
	number(&r, !e->sha256[0] ? 0 : e->kept ? e->kept : e->size);
	words(&r, span_of(e->sha256));
	number(&r, (e->flags & EVENT_REFUSED) != 0);
	return put(s, Q_FILE, &r);
}

static int add_syslog(struct store *s, const struct adding *a)
{
	const struct event *e = a->e;
	struct row r = { 0 };

	number(&r, e->seq);
	when(&r, e->at_us);
	number(&r, a->honeypot);
	address(&r, &e->src);
	number(&r, e->src_port);
	number(&r, e->proto);
	number(&r, e->facility);
	number(&r, e->severity);
	words(&r, e->host);
	words(&r, e->app);
	words(&r, e->procid);
	words(&r, e->msgid);
	words(&r, e->said);
	number(&r, (e->flags & EVENT_MALFORMED) != 0);
	words(&r, e->message);
	place(&r, a);
	return put(s, Q_SYSLOG, &r);
}

/* ends() - both ends of a flow, and the name by which all tools know it */
static void ends(struct row *r, const struct event *e, char community[COMMUNITY_ID_SIZE])
{
	address(r, &e->src);
	number(r, e->src_port);
	address(r, &e->dest);
	number(r, e->dest_port);
	number(r, e->proto);
	words(r, span_of(community_id(e, community) ? community : ""));
}

static int add_flow(struct store *s, const struct adding *a)
{
	const struct event *e = a->e;
	char community[COMMUNITY_ID_SIZE];
	struct row r = { 0 };

	number(&r, e->seq);
	number(&r, a->honeypot);
	number(&r, e->session);
	ends(&r, e, community);
	words(&r, e->state);
	words(&r, e->reason);
	for (int way = 0; way < 2; way++)
		number(&r, e->packets[way]);
	for (int way = 0; way < 2; way++)
		number(&r, e->octets[way]);
	when(&r, e->start_us);
	when(&r, e->at_us);
	return put(s, Q_FLOW, &r);
}

static int add_alert(struct store *s, const struct adding *a)
{
	const struct event *e = a->e;
	char community[COMMUNITY_ID_SIZE];
	struct row r = { 0 };

	number(&r, e->seq);
	when(&r, e->at_us);
	number(&r, a->honeypot);
	number(&r, e->session);
	ends(&r, e, community);
	number(&r, e->code);
	words(&r, e->reason);
	words(&r, e->category);
	number(&r, e->severity);
	words(&r, e->state);
	words(&r, e->message);
	return put(s, Q_ALERT, &r);
}

static int (*const add[EV_KINDS])(struct store *s, const struct adding *a) = {
	[EV_BOOT] = add_halt,		[EV_HALT] = add_halt,
	[EV_HONEYPOT] = add_state,
	[EV_EXEC] = add_exec,		[EV_EXIT] = add_exit,
	[EV_ACCEPT] = add_accept,	[EV_CLOSE] = add_close,
	[EV_CONNECT] = add_connection,	[EV_LISTEN] = add_connection,
	[EV_BIND] = add_connection,	[EV_SEND] = add_connection,
	[EV_TTY_IN] = add_dialogue,	[EV_TTY_OUT] = add_dialogue,
	[EV_STREAM] = add_dialogue,	[EV_WINDOW] = add_dialogue,
	[EV_LOGIN] = add_login,		[EV_SYSLOG] = add_syslog,
	[EV_MODULE] = add_content,	[EV_CONTENT] = add_content,
	[EV_FLOW] = add_flow,		[EV_ALERT] = add_alert,
};

/* --- sessions --------------------------------------------------------------------------------- */

/* account() - who logged in, if this event shows it and nobody is known yet */
static int account(struct store *s, const struct event *e)
{
	typeof(&s->recent->session[0]) own = &recent(s)->session[e->session % SESSIONS_KEPT];
	struct cell id = cell_number(e->session), found[CELLS];
	struct span user;
	struct row r = { 0 };
	int got;

	if (e->kind == EV_ACCEPT) {	/* new, or the same one again */
		own->id = e->session;
		own->dest_port = e->dest_port;
		own->has_user = false;
	}
	if (e->kind != EV_EXEC)
		return 0;
	if (own->id != e->session) {
		got = store_one(s, Q_SESSION_OF, &id, found);
		if (got < 0)
			return got;
		own->id = e->session;
		own->dest_port = got ? (uint16_t)found[0].number : 0;
		own->has_user = !got || found[1].number;
	}
	user = session_account(&(struct session){ .dest_port = own->dest_port }, e);
	if (own->has_user || !user.len || user.len >= sizeof(((struct session *)0)->user))
		return 0;
	own->has_user = true;
	words(&r, user);
	number(&r, e->session);
	return put(s, Q_SESSION_USER, &r);
}

static int touch_session(struct store *s, const struct event *e)
{
	dialogue_track track;
	enum dialogue what = dialogue_of(e, track);
	bool said = what == DIALOGUE_SHOWN || what == DIALOGUE_TYPED;
	struct row row = { 0 };
	int r;

	when(&row, e->at_us);
	number(&row, e->kind == EV_EXEC);
	number(&row, said ? e->bytes.len : 0);
	number(&row, e->session);
	r = put(s, Q_SESSION_TOUCH, &row);
	return r < 0 ? r : account(s, e);
}

/* --- what every event does -------------------------------------------------------------------- */

/* pair() - the record is one of a session or verdict; 0 is none */
static int pair(struct store *s, enum statement_id q, uint64_t id, uint64_t seq)
{
	struct row r = { 0 };

	number(&r, id);
	number(&r, seq);
	return id ? put(s, q, &r) : 0;
}

static int add_record(struct store *s, const struct adding *a, uint64_t verdict)
{
	const struct event *e = a->e;
	struct row r = { 0 };
	int made;

	number(&r, e->seq);
	when(&r, e->at_us);
	words(&r, span_of(event_kind_name(e->kind)));
	number(&r, a->honeypot);
	number(&r, e->session);
	r.c[r.n++] = verdict ? cell_number(verdict) : (struct cell){ .kind = CELL_NULL };
	place(&r, a);
	made = put(s, Q_RECORD, &r);
	if (made == 0)
		made = pair(s, Q_RECORD_SESSION, e->session, e->seq);
	return made < 0 ? made : pair(s, Q_RECORD_VERDICT, verdict, e->seq);
}

static int add_event(struct store *s, const struct adding *a)
{
	const struct event *e = a->e;
	uint64_t verdict = 0;
	int r = progress_note(s, a);

	if (e->kind == EV_SYSLOG && s->beside)
		return r;
	if (r == 0 && e->kind == EV_VERDICT)
		r = verdict_add(s, a, &verdict);
	if (r == 0 && e->kind != EV_SYSLOG)	/* a message's own row has its place */
		r = add_record(s, a, verdict);
	if (r == 0 && add[e->kind])
		r = add[e->kind](s, a);
	if (r == 0 && e->session)
		r = touch_session(s, e);
	return r;
}

int store_add(struct store *s, const struct event *e, const struct place *at)
{
	struct adding a = { .e = e, .at = at };
	bool own = !s->in_transaction;
	int r;

	if (!e->seq || e->honeypot >= (int32_t)nitems(s->honeypot) || (e->honeypot >= 0 && !s->honeypot[e->honeypot]))
		return -EINVAL;
	if (e->seq <= s->last)
		return 0;
	a.honeypot = e->honeypot >= 0 ? (uint64_t)s->honeypot[e->honeypot] : 0;
	r = own ? store_begin(s) : 0;
	if (r == 0)
		r = add_event(s, &a);
	if (r == 0 && own)
		r = store_commit(s);
	if (r < 0 && own)
		store_rollback(s);
	return r;
}
