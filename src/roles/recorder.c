/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * recorder - the only writer: numbers events, finds their session, journals them, and from the
 * journal makes the index.
 *
 * A batch lasts BATCH_US or BATCH_BYTES: its events are added to the journal and to one database
 * transaction; then samples, journal and database are made safe in that order, and only then is
 * each lane told up to where it may forget. Whatever dies in between: what was told is on disk,
 * what was not is sent again and known by its number.
 *
 * Its word keeps the gate open: every GATE_US, if capture was heard a moment ago and nothing waits
 * for the disk too long.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "correlate/tracker.h"
#include "database.h"
#include "desk.h"
#include "lane.h"
#include "record/journal.h"
#include "record/last_words.h"
#include "record/line.h"
#include "record/sample.h"
#include "roles.h"
#include "run/role.h"
#include "run/sandbox.h"
#include "store/store.h"

enum {
	BATCH_US = 10 * 1000,
	BATCH_BYTES = 2 * 1024 * 1024,
	GATE_US = 300 * 1000,
	VISIT_US = 1000 * 1000,		/* how often it is said of a honeypot that somebody is in it */
	SILENCE_US = 1000 * 1000,	/* capture is heard every 300 ms */
	CATCH_UP_BATCH = 2000,		/* lines a transaction when the index is behind */
	KEEP_US = 2000 * 1000,		/* after an escape its ring is still being read */
	HOURS_AT_MOST = 5,		/* what is written and what is run, in two of a guest's hours; and modules */
};
#define RESTORE_US (24ULL * 3600 * 1000000)	/* sessions that ended longer ago are no longer known */
#define UNKEPT_US (3600ULL * 1000000)		/* that there is no room for contents is said so often */

/* A role that sends events. */
struct sender {
	struct recorder *all;
	enum role_id role;
	struct peer peer;
};

struct recorder {
	struct role role;
	struct peer priv;
	struct sender sender[ROLES];
	struct journal *journal;
	struct sample_asm *samples;
	struct store *store;
	struct tracker *tracker;
	struct desk *desk;
	struct last_words *last_words;
	int journal_dir, escapes_dir;
	uint64_t seq;			/* last given */
	uint64_t lane_seq[MAX_LANES];	/* last taken */
	bool lane_due[MAX_LANES];	/* to be acknowledged with this batch */
	bool in_batch;
	uint64_t batch_since_us, beat_us;
	uint64_t unkept_us[MAX_HONEYPOTS];	/* when it was last said of this one */
	uint64_t visited_us[MAX_HONEYPOTS];	/* likewise, that somebody is in it */
	uint64_t escaped_us[MAX_HONEYPOTS];	/* by its event, whose last words are to be kept; 0 no */
	struct { uint32_t dropped, rewritten; } prevented;	/* and not told yet */
	bool gate_open, disk_fails;
	sd_event_source *batch_timer, *gate_timer;
	struct text line;
};

/* --- recording -------------------------------------------------------------------------------- */

static void acknowledge(struct recorder *r)
{
	for (uint32_t i = 0; i < MAX_LANES; i++) {
		_text_ struct text t = { 0 };
		enum role_id sender = lane_sender(i);
		struct peer *to = sender == ROLES ? &r->role.master : &r->sender[sender].peer;

		if (!r->lane_due[i] || !peer_up(to))
			continue;
		lane_put(&t, i, r->lane_seq[i]);
		/* If there is no room now, the next batch of this lane says it. */
		r->lane_due[i] = chan_send(to->fd, MSG_ACK, &t, -1) == -EAGAIN;
	}
}

static void disk_failed(struct recorder *r, const char *what, int e)
{
	if (!r->disk_fails)
		log_error("%s: %s: forwarding is closed until it can be written again", what, strerror(-e));
	r->disk_fails = true;
}

/* flush() - make the batch safe; on failure it is kept, and tried again by the gate's timer */
static void flush(struct recorder *r)
{
	int e;

	if (!r->in_batch)
		return;
	e = sample_sync(r->samples);
	if (e == 0)
		e = journal_sync(r->journal);
	if (e < 0) {
		disk_failed(r, "journal", e);
		return;
	}
	sample_settle(r->samples);
	e = store_commit(r->store);
	if (e < 0)	/* the journal has it all: the next recorder catches up */
		die("index: %s", store_error(r->store));
	if (r->disk_fails)
		log_info("the disk takes records again");
	r->disk_fails = false;
	r->in_batch = false;
	acknowledge(r);
	desk_safe(r->desk);
}

static int batch_due(sd_event_source *src, uint64_t usec, void *userdata)
{
	(void)src, (void)usec;
	flush(userdata);
	return 0;
}

static void begin_batch(struct recorder *r)
{
	if (r->in_batch)
		return;
	if (store_begin(r->store) < 0)
		die("index: %s", store_error(r->store));
	r->in_batch = true;
	r->batch_since_us = mono_us();
	sd_event_source_set_time_relative(r->batch_timer, BATCH_US);
	sd_event_source_set_enabled(r->batch_timer, SD_EVENT_ONESHOT);
}

static void record(struct recorder *r, struct event *e);

/* What is not kept for want of room is missing for good: that is said, now and then. */
static void say_unkept(struct recorder *r, const struct event *e, int error)
{
	uint64_t *said = &r->unkept_us[e->honeypot], now = now_us();
	struct event lost = { .kind = EV_LOST, .at_us = e->at_us, .honeypot = e->honeypot, .code = 1,
			      .origin = { .source = SOURCE_GUEST }, .session = e->session };

	if (error == -EDQUOT)
		lost.reason = span_of("it sends more contents in an hour than its kernel should: they are not kept");
	else if (error == -ENOSPC)
		lost.reason = span_of("no room for contents of files: they are not kept (capture: room)");
	else
		log_warn("a content could not be kept: %s", strerror(-error));
	if (!lost.reason.len || (*said && now - *said < UNKEPT_US))
		return;
	*said = now;
	record(r, &lost);
}

static void take_sample(struct recorder *r, struct event *e)
{
	int n;

	while ((n = sample_feed(r->samples, e, now_us())) == -ENOBUFS) {
		flush(r);
		if (r->disk_fails)
			usleep(BATCH_US);
		begin_batch(r);
	}
	/* A chunk without its beginning says nothing new: what was before it did. */
	if (n < 0 && (n != -EBADMSG || (e->flags & EVENT_LAST)))
		say_unkept(r, e, n);
}

/* Who puts honeypots back wants to know; it was looked at long before if it is an old one. */
static void note_visit(struct recorder *r, const struct event *e)
{
	_text_ struct text t = { 0 };
	uint64_t now = mono_us();

	if (e->kind != EV_EXEC || !e->session || e->honeypot < 0 || now - r->visited_us[e->honeypot] < VISIT_US)
		return;
	r->visited_us[e->honeypot] = now;
	put_u16(&t, (uint16_t)e->honeypot);
	peer_say(&r->role.master, MSG_VISITED, &t, -1);
}

static void note_prevented(struct recorder *r, const struct event *e)
{
	if (e->origin.source != SOURCE_NIDS || (e->kind != EV_ALERT && e->kind != EV_VERDICT))
		return;
	r->prevented.dropped += e->kind == EV_VERDICT || span_is(e->state, ALERT_BLOCKED);
	r->prevented.rewritten += span_is(e->state, ALERT_REWRITTEN);
}

static void tell_prevented(struct recorder *r)
{
	_text_ struct text t = { 0 };

	if (!r->prevented.dropped && !r->prevented.rewritten)
		return;
	put_u32(&t, r->prevented.dropped);
	put_u32(&t, r->prevented.rewritten);
	peer_say(&r->role.master, MSG_PREVENTED, &t, -1);
	r->prevented.dropped = r->prevented.rewritten = 0;
}

static void keep_last_words(struct recorder *r, uint32_t i)
{
	time_t at = (time_t)(r->escaped_us[i] / 1000000);
	char stamp[17], name[NAME_SIZE + 32];
	struct tm tm;
	int n;

	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", gmtime_r(&at, &tm));
	snprintf(name, sizeof(name), "%s-%s.ndjson", r->role.plan->net.honeypot[i].name, stamp);
	n = last_words_keep(r->last_words, i, r->journal_dir, r->escapes_dir, name);
	if (n < 0 && n != -EEXIST)	/* by a recorder before this one */
		log_warn("evidence/escapes/%s: %s", name, strerror(-n));
	if (n >= 0)
		log_info("evidence/escapes/%s has what this honeypot told last: %d records", name, n);
	r->escaped_us[i] = 0;
}

/* Kept once nothing more comes: who was ended by force has told the most telling things last. */
static void look_at_escapes(struct recorder *r, uint64_t now)
{
	for (uint32_t i = 0; i < r->role.plan->net.n_honeypots; i++) {
		if (!r->escaped_us[i] || now - r->escaped_us[i] < KEEP_US)
			continue;
		flush(r);
		if (!r->in_batch)
			keep_last_words(r, i);
	}
}

static void note_last(struct recorder *r, const struct event *e, const struct place *at)
{
	if (e->honeypot < 0)
		return;
	if (e->origin.source == SOURCE_GUEST)
		last_words_note(r->last_words, (uint32_t)e->honeypot, at);
	if (e->kind == EV_HONEYPOT && span_is(e->state, "escaped"))
		r->escaped_us[e->honeypot] = e->at_us;
}

/* record() - the one way into the journal */
static void record(struct recorder *r, struct event *e)
{
	struct place at;
	int n;

	begin_batch(r);
	if (e->kind != EV_FINDING)	/* that has the session of what it is about */
		tracker_feed(r->tracker, e);
	take_sample(r, e);
	e->seq = ++r->seq;
	text_clear(&r->line);
	line_write(e, &r->role.plan->net, &r->line);
	while ((n = journal_add(r->journal, now_us(), text_str(&r->line), r->line.len, &at)) == -ENOBUFS) {
		flush(r);
		if (r->disk_fails)
			usleep(BATCH_US);	/* nothing goes on without the journal: guests wait */
		begin_batch(r);
	}
	if (n < 0)
		die("journal: %s", strerror(-n));
	if (store_add(r->store, e, &at) < 0)
		die("index: %s", store_error(r->store));
	if (e->kind == EV_FINDING)
		desk_finding(r->desk, e);
	if (journal_waiting(r->journal) >= BATCH_BYTES)
		flush(r);
	if (e->kind != EV_FINDING)
		desk_look(r->desk, e);
	note_visit(r, e);
	note_prevented(r, e);
	note_last(r, e, &at);
}

static void record_finding(void *arg, struct event *e)
{
	record(arg, e);
}

static void record_lost(struct recorder *r, const struct event *next, uint64_t count)
{
	struct event e = { .kind = EV_LOST, .at_us = next->at_us, .honeypot = next->honeypot,
			   .origin = { .source = next->origin.source },
			   .code = count > UINT32_MAX ? UINT32_MAX : (uint32_t)count,
			   .reason = span_of("a gap in the numbers of this source") };

	record(r, &e);
}

/* Not in the journal yet. Only when it is there, the lane may be acknowledged so far. */
static void take_new(struct recorder *r, struct event *e, int lane)
{
	if (lane_without_gaps((uint32_t)lane) && e->origin.seq != r->lane_seq[lane] + 1)
		record_lost(r, e, e->origin.seq - r->lane_seq[lane] - 1);
	record(r, e);
	r->lane_seq[lane] = e->origin.seq;
}

static int on_event(struct recorder *r, enum role_id from, struct cursor body)
{
	struct event e;
	int lane;

	if (event_unpack(body, &e) < 0 || e.honeypot >= (int32_t)r->role.plan->net.n_honeypots)
		return -EBADMSG;
	lane = lane_find(r->role.plan, &e);
	if (lane < 0 || lane_sender((uint32_t)lane) != from)
		return -EBADMSG;
	if (e.origin.seq > r->lane_seq[lane])
		take_new(r, &e, lane);
	/* After it, since a batch may have ended in the middle of it. */
	r->lane_due[lane] = true;
	begin_batch(r);
	return 0;
}

static int on_events(struct recorder *r, enum role_id from, struct cursor body)
{
	int e = 0;

	while (e == 0 && cursor_left(&body))
		e = on_event(r, from, event_next(&body));
	return e;
}

/* --- the gate --------------------------------------------------------------------------------- */

static void move_gate(struct recorder *r, bool open, const char *why)
{
	struct event e = { .kind = EV_GATE, .at_us = now_us(), .honeypot = -1,
			   .origin = { .source = SOURCE_SUPERVISOR },
			   .state = span_of(open ? "open" : "closed"), .reason = span_of(why) };

	if (open != r->gate_open)
		record(r, &e);
	r->gate_open = open;
	peer_say(&r->priv, open ? MSG_GATE_OPEN : MSG_GATE_CLOSE, NULL, -1);
}

static int gate_due(sd_event_source *src, uint64_t usec, void *userdata)
{
	struct recorder *r = userdata;
	uint64_t now = mono_us();
	bool heard = now - r->beat_us < SILENCE_US, behind;

	(void)usec;
	if (r->in_batch && now - r->batch_since_us > SILENCE_US)
		flush(r);
	behind = r->disk_fails || (r->in_batch && now - r->batch_since_us > SILENCE_US);
	if (heard && !behind && r->beat_us)
		move_gate(r, true, "capture and recorder work");
	else if (r->gate_open)
		move_gate(r, false, heard ? "the journal cannot be written" : "capture is silent");
	desk_tick(r->desk, now_us());
	tell_prevented(r);
	look_at_escapes(r, now_us());
	sd_event_source_set_time_relative(src, GATE_US);
	return sd_event_source_set_enabled(src, SD_EVENT_ONESHOT);
}

/* --- peers ------------------------------------------------------------------------------------ */

static int from_sender(struct peer *peer, struct msg *m)
{
	struct sender *s = peer->owner;

	close_fd(&m->fd);
	if (m->type == MSG_EVENT)
		return on_event(s->all, s->role, m->body);
	if (m->type == MSG_EVENTS)
		return on_events(s->all, s->role, m->body);
	if (m->type != MSG_BEAT || s->role != ROLE_CAPTURE)
		return -EBADMSG;
	s->all->beat_us = mono_us();
	return 0;
}

static void sender_gone(struct peer *peer)
{
	struct sender *s = peer->owner;

	if (s->role != ROLE_CAPTURE)
		return;
	s->all->beat_us = 0;
	move_gate(s->all, false, "capture is gone");
}

static int from_priv(struct peer *peer, struct msg *m)
{
	struct recorder *r = peer->owner;

	close_fd(&m->fd);
	return m->type == MSG_COUNTS ? desk_counts(r->desk, &m->body) : -EBADMSG;
}

/* A new sender is told where each of its lanes stands. */
static void brief(struct recorder *r, struct sender *s)
{
	for (uint32_t i = 0; i < MAX_LANES; i++) {
		_text_ struct text t = { 0 };

		if (lane_sender(i) != s->role)
			continue;
		lane_put(&t, i, r->lane_seq[i]);
		peer_say(&s->peer, MSG_RESUME, &t, -1);
	}
	peer_say(&s->peer, MSG_START, NULL, -1);
}

static int take_peer(struct recorder *r, struct msg *m)
{
	uint8_t role = get_u8(&m->body);
	int e = -EBADMSG;

	if (m->body.bad || m->fd < 0)
		return -EBADMSG;
	if (role == ROLE_PRIV)
		e = peer_open(&r->priv, r->role.loop, steal_fd(&m->fd));
	if (role == ROLE_CAPTURE || role == ROLE_PACKETS || role == ROLE_GUARD || role == ROLE_SINK) {
		/* What its predecessor had said, and on disk: the successor lets go of it. */
		peer_drain(&r->sender[role].peer);
		flush(r);
		e = peer_open(&r->sender[role].peer, r->role.loop, steal_fd(&m->fd));
		brief(r, &r->sender[role]);
	}
	if (role == ROLE_ALERT)
		e = desk_alert(r->desk, steal_fd(&m->fd));
	return e;
}

/* lane_resume() - where lane @i stands, as the index knows it */
static void lane_resume(struct recorder *r, uint32_t i)
{
	int32_t honeypot;
	struct event_origin o = lane_origin(r->role.plan, i, &honeypot);

	if (store_origin(r->store, o.source, honeypot, o.epoch, &r->lane_seq[i]) < 0)
		die("index: %s", store_error(r->store));
}

/*
 * Other honeypots from now on. What the removed have told is recorded by now, but for their last words: those still
 * have a lane and a name. A new one may have the place of one that went long before.
 */
static int take_plan(struct recorder *r, struct msg *m)
{
	uint64_t born_us[MAX_HONEYPOTS];
	int e;

	memcpy(born_us, r->role.plan->born_us, sizeof(born_us));
	flush(r);
	e = role_take_plan(&r->role, m);
	if (e < 0)
		return e;
	if (store_honeypots(r->store, r->role.plan) < 0)
		die("index: %s", store_error(r->store));
	for (uint32_t i = 0; i < MAX_HONEYPOTS; i++) {
		if (born_us[i] == r->role.plan->born_us[i])
			continue;
		lane_resume(r, i);
		r->lane_due[i] = false;
		r->unkept_us[i] = r->visited_us[i] = r->escaped_us[i] = 0;
		tracker_forget(r->tracker, i);
		last_words_forget(r->last_words, i);
	}
	peer_say(&r->role.master, MSG_PLAN, NULL, -1);
	return 0;
}

/* It is the last to stop: all others have said what they had to say. */
static int finish(struct recorder *r)
{
	for (enum role_id i = 0; i < ROLES; i++)
		peer_drain(&r->sender[i].peer);
	flush(r);
	return sd_event_exit(r->role.loop, 0);
}

static int from_master(struct peer *peer, struct msg *m)
{
	struct role *role = peer->owner;
	struct recorder *r = role->self;
	int e = -EBADMSG;

	switch (m->type) {
	case MSG_PEER:	e = take_peer(r, m); break;
	case MSG_EVENT:	e = on_event(r, ROLES, m->body); break;
	case MSG_PLAN:	e = take_plan(r, m); break;
	case MSG_STOP:	e = finish(r); break;
	case MSG_OBJECTIVES: e = desk_objectives(r->desk, get_span(&m->body, cursor_left(&m->body))); break;
	}
	close_fd(&m->fd);
	return e;
}

/* --- start ------------------------------------------------------------------------------------ */

struct catch_up {
	struct recorder *r;
	uint64_t last;
	uint32_t n;
};

/* The index lacks this line: it is added from the journal as if it had just come in. */
static int catch_up_line(void *arg, const struct place *at, const char *line, size_t len)
{
	struct catch_up *c = arg;
	struct recorder *r = c->r;
	_line_ struct line l = { 0 };
	int e = line ? line_read(line, len, NULL, &l) : -EBADMSG;

	if (e < 0) {
		log_warn("journal %s, byte %" PRIu64 ": no record; left out of the index", at->file, at->offset);
		return 0;
	}
	if (l.event.seq <= c->last)
		return 0;
	if (l.honeypot[0] && store_honeypot(r->store, l.honeypot, &l.event.honeypot) < 0)
		return -EIO;
	if (store_add(r->store, &l.event, at) < 0)
		return -EIO;
	if (++c->n % CATCH_UP_BATCH == 0 && (store_commit(r->store) < 0 || store_begin(r->store) < 0))
		return -EIO;
	return 0;
}

static void catch_up(struct recorder *r, int journal)
{
	struct catch_up c = { .r = r };
	struct place from = { 0 };

	if (store_last(r->store, &c.last, &from) < 0 || store_begin(r->store) < 0 ||
	    journal_scan(journal, from.file, from.offset, catch_up_line, &c) < 0 || store_commit(r->store) < 0)
		die("index: cannot catch up with the journal: %s", store_error(r->store));
	if (c.n)
		log_info("the index took up %u records from the journal", c.n);
}

static int restore_session(void *arg, const struct session *s)
{
	tracker_restore(arg, s);
	return 0;
}

/* What was connected just before a restart, and what was found: a verdict that comes now still finds
 * its process, and nothing is told twice. */
static int learn_line(void *arg, const struct place *at, const char *line, size_t len)
{
	struct recorder *r = arg;
	_line_ struct line l = { 0 };

	if (line && line_read(line, len, &r->role.plan->net, &l) == 0) {
		note_last(r, &l.event, at);
		tracker_learn(r->tracker, &l.event);
		desk_learn(r->desk, &l.event);
	}
	return 0;
}

static void learn(struct recorder *r, int journal, uint64_t now)
{
	uint64_t back_s = DESK_LEARN_S;
	char file[32];

	_Static_assert((int)DESK_LEARN_S > (int)TRACKER_CONNECT_S, "the tracker learns enough");
	journal_file_at(now - back_s * 1000000, file);
	if (journal_scan(journal, file, 0, learn_line, r) < 0)
		log_warn("the newest records cannot be read again: verdicts may miss their process, findings come twice");
}

static void resume(struct recorder *r, int journal)
{
	const struct plan *p = r->role.plan;
	uint64_t now = now_us();

	if (store_honeypots(r->store, p) < 0 || store_end_before(r->store, p->epoch) < 0)
		die("index: %s", store_error(r->store));
	r->tracker = tracker_new(&p->net);
	if (store_restore_sessions(r->store, now > RESTORE_US ? now - RESTORE_US : 0, restore_session, r->tracker) < 0)
		die("index: %s", store_error(r->store));
	learn(r, journal, now);
	for (uint32_t i = 0; i < MAX_LANES; i++)
		if (i < p->net.n_honeypots || i >= MAX_HONEYPOTS)
			lane_resume(r, i);
}

static int open_folder(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		die("%s: %s", path, strerror(errno));
	return fd;
}

/* A chain that begins or does not fit is on record before anything else is. */
static void record_chain(struct recorder *r, const struct chain_found *f)
{
	_text_ struct text why = { 0 };
	struct event e = { .kind = EV_CHAIN, .at_us = now_us(), .honeypot = -1,
			   .origin = { .source = SOURCE_SUPERVISOR },
			   .state = span_of(f->what == CHAIN_BEGINS ? "begins" : "broken") };

	if (f->what == CHAIN_FITS)
		return;
	chain_found_text(f, &why);
	if (f->what == CHAIN_BROKEN || f->no_state)
		log_error("the journal is not as it was left: %s", text_str(&why));
	e.reason = (struct span){ text_str(&why), why.len };
	record(r, &e);
}

static void open_evidence(struct recorder *r, struct chain_found *ret_chain)
{
	const struct samples_conf *c = &r->role.plan->net.samples;
	int journal = open_folder("journal"), samples = open_folder("samples");
	struct journal_end end;
	int e = journal_open(journal, &r->journal, &end);

	if (e < 0)
		die("journal: %s", strerror(-e));
	if (end.torn)
		log_warn("%" PRIu64 " bytes of a record that was not finished were cut", end.torn);
	r->seq = end.seq;
	r->journal_dir = journal;
	r->escapes_dir = open_folder("escapes");
	r->last_words = last_words_new();
	*ret_chain = end.chain;
	e = sample_open(samples, &(struct sample_conf){
		.file_max = (uint64_t)c->file_max_mb << 20, .room = (uint64_t)c->room_mb << 20,
		.hour_max = HOURS_AT_MOST * ((uint64_t)c->hour_max_mb << 20) }, &r->samples);
	if (e < 0)
		die("samples: %s", strerror(-e));
	e = store_open("index.db", database_wanted(r->role.plan) ? STORE_WRITE_BESIDE : STORE_WRITE, &r->store);
	if (e < 0)
		die("index: %s", store_error(NULL));
	r->desk = desk_new(&(struct desk_conf){
		.plan = r->role.plan, .loop = r->role.loop, .journal = journal, .last_seq = end.seq, .priv = &r->priv,
		.in_batch = &r->in_batch, .record = record_finding, .arg = r,
	});
	catch_up(r, journal);
	resume(r, journal);
}

int recorder_main(void)
{
	static struct recorder r;
	_free_ char *evidence = NULL;
	struct chain_found chain;

	role_begin(&r.role, "recorder", from_master, &r);
	for (enum role_id i = 0; i < ROLES; i++) {
		r.sender[i] = (struct sender){ .all = &r, .role = i };
		r.sender[i].peer = (struct peer){ .name = "sender", .fd = -1, .kin = true, .handle = from_sender,
						  .gone = sender_gone, .owner = &r.sender[i] };
	}
	r.priv = (struct peer){ .name = "priv", .fd = -1, .kin = true, .handle = from_priv, .owner = &r };
	evidence = xasprintf("%s/evidence", r.role.plan->state);
	role_confine(&r.role, &(struct sandbox){ .uid = SKEP_UID + ROLE_RECORDER, .root = evidence,
						 .unshare = CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC });
	open_evidence(&r, &chain);
	if (sd_event_add_time_relative(r.role.loop, &r.batch_timer, CLOCK_MONOTONIC, BATCH_US, 1000, batch_due, &r) < 0 ||
	    sd_event_add_time_relative(r.role.loop, &r.gate_timer, CLOCK_MONOTONIC, GATE_US, 10000, gate_due, &r) < 0)
		die("timer");
	record_chain(&r, &chain);
	peer_say(&r.role.master, MSG_READY, NULL, -1);
	return role_loop(&r.role);
}
