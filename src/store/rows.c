/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One event into rows, the same ones in every database.
 *
 * Events come in the order of their numbers, each in one transaction with all its rows: one whose
 * number is not above the newest that is in was there before.
 *
 * What earlier rows say (the session of a login, the flow of a packet) is remembered here, so that a
 * driver that batches need not be asked in the middle. It is a cache: what was dropped from it, or
 * was there before this process, is asked for once.
 */
#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "base/mem.h"
#include "driver.h"
#include "model/community.h"

enum { SESSIONS_KEPT = 4096, FLOWS_KEPT = 32768, KEY_BYTES = crypto_shorthash_siphashx24_BYTES };

/* Packets of one flow that met the same fate within this time are one verdict: a SYN is tried again
 * for 127 s. */
#define SAME_FATE_US 130000000ull

struct recent {
	struct { uint64_t id; uint16_t dest_port; bool has_user; } session[SESSIONS_KEPT];
	struct flow { uint8_t key[KEY_BYTES]; uint64_t id, last_us; } flow[FLOWS_KEPT];
	uint8_t secret[crypto_shorthash_siphashx24_KEYBYTES];	/* nobody can make two flows look like one */
	uint64_t before_us;	/* verdicts up to then are in the tables only */
};

/* A row in the making. */
struct row {
	struct cell c[CELLS];
	size_t n, n_addresses;
	char address[2][ADDR_TEXT];
};

/* What all handlers get: the event, the table's number of its honeypot (0 none), where its line is. */
struct adding {
	const struct event *e;
	uint64_t honeypot;
	const struct place *at;
};

void recent_forget(struct store *s)
{
	free(s->recent);
	s->recent = NULL;
}

static struct recent *recent(struct store *s)
{
	if (!s->recent) {
		s->recent = xcalloc(1, sizeof(*s->recent));
		randombytes_buf(s->recent->secret, sizeof(s->recent->secret));
		s->recent->before_us = s->last_us;
	}
	return s->recent;
}

static void number(struct row *r, uint64_t v)
{
	r->c[r->n++] = cell_number(v);
}

static void when(struct row *r, uint64_t us)
{
	r->c[r->n++] = cell_time(us);
}

/* ended() - 0 means that it has not */
static void ended(struct row *r, uint64_t us)
{
	when(r, us ? us : 1);
}

static void words(struct row *r, struct span s)
{
	r->c[r->n++] = cell_text(s);
}

static void chars(struct row *r, const char *s, size_t size)
{
	words(r, (struct span){ s, strnlen(s, size) });
}

static void address(struct row *r, const struct addr *a)
{
	words(r, span_of(addr_text(a, r->address[r->n_addresses++])));
}

static int put(struct store *s, enum statement_id q, const struct row *r)
{
	return s->driver->put(s, q, r->c);
}

/* key() - a process or a connection of one honeypot in one epoch */
static void key(struct row *r, uint64_t id, const struct adding *a)
{
	number(r, id);
	number(r, a->honeypot);
	number(r, a->e->origin.epoch);
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

static int add_tty(struct store *s, const struct adding *a)
{
	struct row r = { 0 };

	number(&r, a->e->seq);
	number(&r, a->honeypot);
	number(&r, a->e->session);
	when(&r, a->e->at_us);
	number(&r, a->e->kind == EV_TTY_IN);
	number(&r, (a->e->flags & EVENT_ECHO) != 0);
	chars(&r, a->e->process.tty, sizeof(a->e->process.tty));
	r.c[r.n++] = (struct cell){ .kind = CELL_BYTES, .s = a->e->bytes };
	return put(s, Q_TERMINAL, &r);
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

/* --- verdicts: packets of one flow that met the same fate shortly after each other are one row ---- */

static void fate(struct row *r, const struct adding *a)
{
	const struct event *e = a->e;

	address(r, &e->src);
	address(r, &e->dest);
	number(r, e->src_port);
	number(r, e->dest_port);
	number(r, e->proto);
	number(r, a->honeypot);
	words(r, e->state);
	words(r, e->reason);
}

/* flow_slot() - where this flow and fate is remembered, if it is; *@ret_known whether it is */
static struct flow *flow_slot(struct store *s, const struct row *r, bool *ret_known)
{
	struct recent *rc = recent(s);
	_text_ struct text t = { 0 };
	uint8_t key[KEY_BYTES];
	struct flow *f;
	size_t slot;

	for (size_t i = 0; i < r->n; i++) {
		put_u64(&t, r->c[i].kind == CELL_NUMBER ? (uint64_t)r->c[i].number : r->c[i].s.len);
		text_addn(&t, r->c[i].s.at, r->c[i].s.len);
	}
	crypto_shorthash_siphashx24(key, (const uint8_t *)text_str(&t), t.len, rc->secret);
	memcpy(&slot, key, sizeof(slot));
	f = &rc->flow[slot % FLOWS_KEPT];
	*ret_known = f->id && !memcmp(f->key, key, sizeof(key));
	if (!*ret_known)
		memcpy(f->key, key, sizeof(key));
	return f;
}

static uint64_t apart(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

/* from_tables() - a verdict that this process does not know, but one before it may have made */
static int from_tables(struct store *s, struct row *r, uint64_t at, struct flow *f)
{
	struct cell row[CELLS];
	int e;

	f->id = 0;
	if (at > s->recent->before_us + SAME_FATE_US)
		return 0;
	when(r, at > SAME_FATE_US ? at - SAME_FATE_US : 0);
	when(r, at + SAME_FATE_US);
	e = store_one(s, Q_VERDICT_FIND, r->c, row);
	if (e == 1) {
		f->id = (uint64_t)row[0].number;
		f->last_us = (uint64_t)row[1].number;
	}
	return e < 0 ? e : 0;
}

static int new_verdict(struct store *s, const struct adding *a, struct flow *f)
{
	struct row r = { 0 };

	f->id = a->e->seq;
	f->last_us = a->e->at_us;
	number(&r, f->id);
	number(&r, a->honeypot);
	number(&r, a->e->session);
	address(&r, &a->e->src);
	address(&r, &a->e->dest);
	number(&r, a->e->src_port);
	number(&r, a->e->dest_port);
	number(&r, a->e->proto);
	words(&r, a->e->state);
	words(&r, a->e->reason);
	when(&r, a->e->at_us);
	when(&r, a->e->at_us);
	return put(s, Q_VERDICT_ADD, &r);
}

/* add_verdict() - and the number of its row, which the record's row has */
static int add_verdict(struct store *s, const struct adding *a, uint64_t *ret_id)
{
	uint64_t at = a->e->at_us < EVENT_TIME_MAX ? a->e->at_us : EVENT_TIME_MAX;
	struct row flow = { 0 }, more = { 0 };
	bool known;
	struct flow *f;
	int r = 0;

	fate(&flow, a);
	f = flow_slot(s, &flow, &known);
	if (!known)
		r = from_tables(s, &flow, at, f);
	if (r == 0 && (!f->id || apart(f->last_us, at) > SAME_FATE_US))
		r = new_verdict(s, a, f);
	if (r < 0) {
		f->id = 0;
		return r;
	}
	f->last_us = f->last_us > at ? f->last_us : at;
	when(&more, at);
	number(&more, f->id);
	*ret_id = f->id;
	return put(s, Q_VERDICT_MORE, &more);
}

static int (*const add[EV_KINDS])(struct store *s, const struct adding *a) = {
	[EV_BOOT] = add_halt,		[EV_HALT] = add_halt,
	[EV_EXEC] = add_exec,		[EV_EXIT] = add_exit,
	[EV_ACCEPT] = add_accept,	[EV_CLOSE] = add_close,
	[EV_CONNECT] = add_connection,	[EV_LISTEN] = add_connection,
	[EV_TTY_IN] = add_tty,		[EV_TTY_OUT] = add_tty,
	[EV_MODULE] = add_content,	[EV_CONTENT] = add_content,
	[EV_SYSLOG] = add_syslog,
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
	bool tty = e->kind == EV_TTY_IN || e->kind == EV_TTY_OUT;
	struct row row = { 0 };
	int r;

	when(&row, e->at_us);
	number(&row, e->kind == EV_EXEC);
	number(&row, tty ? e->bytes.len : 0);
	number(&row, e->session);
	r = put(s, Q_SESSION_TOUCH, &row);
	return r < 0 ? r : account(s, e);
}

/* --- what every event does -------------------------------------------------------------------- */

/* The other sources number all their events in one row, whichever honeypot they are about. */
static int note_origin(struct store *s, const struct adding *a)
{
	const struct event_origin *o = &a->e->origin;
	int64_t honeypot = o->source == SOURCE_GUEST ? (int64_t)a->honeypot : 0;
	struct heard *h = s->origin;
	int r;

	if (!o->seq)
		return 0;	/* the recorder's own */
	while (h < s->origin + s->n_origins && (h->source != o->source || h->honeypot != honeypot || h->epoch != o->epoch))
		h++;
	if (h == s->origin + nitems(s->origin)) {
		r = store_origins_put(s);
		if (r < 0)
			return r;
		h = s->origin;
	}
	if (h == s->origin + s->n_origins) {
		*h = (struct heard){ .source = o->source, .honeypot = honeypot, .epoch = o->epoch };
		s->n_origins++;
	}
	/* as the tables compare them: with a sign */
	if ((int64_t)o->seq > (int64_t)h->seq || !h->seq)
		h->seq = o->seq;
	return 0;
}

int store_origins_put(struct store *s)
{
	int r = 0;

	for (uint32_t i = 0; i < s->n_origins && r == 0; i++) {
		const struct heard *h = &s->origin[i];

		r = s->driver->put(s, Q_ORIGIN_ADD, (struct cell[]){
			cell_word(event_source_name(h->source)), cell_number((uint64_t)h->honeypot),
			cell_number(h->epoch), cell_number(h->seq) });
	}
	if (r == 0)
		s->n_origins = 0;
	return r;
}

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
	chars(&r, a->at->file, sizeof(a->at->file));
	number(&r, a->at->offset);
	number(&r, a->at->len);
	made = put(s, Q_RECORD, &r);
	if (made == 0)
		made = pair(s, Q_RECORD_SESSION, e->session, e->seq);
	return made < 0 ? made : pair(s, Q_RECORD_VERDICT, verdict, e->seq);
}

static int add_event(struct store *s, const struct adding *a)
{
	const struct event *e = a->e;
	uint64_t verdict = 0;
	int r = note_origin(s, a);

	if (r == 0 && e->kind == EV_VERDICT)
		r = add_verdict(s, a, &verdict);
	if (r == 0)
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
	if (r == 0) {
		s->last = e->seq;
		s->last_us = e->at_us;
	}
	return r;
}
