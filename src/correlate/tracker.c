/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sessions: one intruder's visit to one honeypot.
 *
 * The honeypot's kernel numbers each connection it accepts, and every process that descends from the
 * accepting one carries that number. So the key (epoch, honeypot, connection) leads from an event to its
 * session, for as long as the session is known, also after its end: what an intruder leaves running, or
 * leaves for others to run (the kernel finds it: lineage events), is still his. A session's end stays the
 * end of its connection. What descends from no connection mixes in nowhere.
 *
 * A connection from the honeypot itself, from loopback or from the gateway (which asks whether services
 * are ready) opens no session.
 *
 * A verdict of the gateway carries no process. It belongs to the connect or send of the same honeypot to
 * the same place that is nearest in time, and no farther than the time a SYN is tried again; to no session otherwise: we
 * never guess an intruder. A connect of TCP is one connection: it answers to one port of its own. A verdict may be heard of
 * before its connect, and then has no process. Where honeypots' kernels tag what they send, the packet's mark says which connection's work it is: then
 * only a connect of that one is the verdict's, and without any its session is still known. A tag is the same again after
 * 4094 connections: the newest that was heard of is meant.
 *
 * A flow that ended, and an alert of the NIDS, have the five values of a connection: what the gateway
 * decided about it, and whose visit or which process it is, were seen when it began.
 *
 * Everything has a fixed size. When all places for sessions are taken, the honeypot that has most of them
 * gives one up: the one that ended longest ago, or if none has ended the one that was quiet longest. Later
 * events of it keep their honeypot and connection number, and have session 0. So a flood at one honeypot
 * costs the others nothing.
 */
#include "tracker.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "flows.h"
#include "model/event.h"
#include "model/gate.h"
#include "model/honeynet.h"
#include "model/session.h"
#include "model/twin.h"
#include "skep/capture.h"

enum { BUCKETS = 2 * TRACKER_SESSIONS };

struct known {
	struct session session;		/* id 0: free */
	uint32_t next;			/* in its bucket: index + 1, 0 ends it */
};

struct connect {
	uint64_t at_us, session;
	struct event_process process;
	struct addr dest;
	uint16_t dest_port, src_port;	/* src_port: of TCP, once a verdict has said it */
	uint8_t proto;
};

struct connects {		/* of one honeypot: a ring, oldest overwritten */
	uint64_t n;
	struct connect at[TRACKER_CONNECTS];
};

struct tracker {
	const struct honeynet *net;
	uint64_t next_session;
	uint32_t n_known, n_open;
	uint32_t bucket[BUCKETS];		/* index + 1, 0 empty */
	struct known known[TRACKER_SESSIONS];
	struct connects *connects[MAX_HONEYPOTS];	/* NULL until the first */
	struct newest { uint64_t epoch, conn; } newest[MAX_HONEYPOTS];	/* connection of each that was heard of */
	struct flows flows;
};

struct tracker *tracker_new(const struct honeynet *n)
{
	struct tracker *t = xcalloc(1, sizeof(*t));

	t->net = n;
	t->next_session = 1;
	return t;
}

struct tracker *tracker_free(struct tracker *t)
{
	for (size_t i = 0; t && i < nitems(t->connects); i++)
		free(t->connects[i]);
	free(t);
	return NULL;
}

/* --- the table of known sessions -------------------------------------------------------------- */

/* A honeypot chooses conn: numbers it packs into one bucket cost only the search among its own 4096. */
static uint32_t *bucket_of(struct tracker *t, uint64_t epoch, int32_t honeypot, uint64_t conn)
{
	uint64_t h = epoch ^ (uint64_t)(uint32_t)honeypot << 40 ^ conn;

	h *= 0x9e3779b97f4a7c15ull;
	h ^= h >> 29;
	h *= 0xbf58476d1ce4e5b9ull;
	return &t->bucket[(h >> 32) % BUCKETS];
}

static struct known *find(struct tracker *t, uint64_t epoch, int32_t honeypot, uint64_t conn)
{
	for (uint32_t i = *bucket_of(t, epoch, honeypot, conn); i; i = t->known[i - 1].next) {
		struct session *s = &t->known[i - 1].session;

		if (s->conn == conn && s->epoch == epoch && s->honeypot_index == honeypot)
			return &t->known[i - 1];
	}
	return NULL;
}

static void forget(struct tracker *t, struct known *k)
{
	uint32_t self = (uint32_t)(k - t->known) + 1;
	uint32_t *at = bucket_of(t, k->session.epoch, k->session.honeypot_index, k->session.conn);

	while (*at != self)
		at = &t->known[*at - 1].next;
	*at = k->next;
	t->n_open -= !k->session.end_us;
	k->session.id = 0;
}

static bool goes_before(const struct session *a, const struct session *b)
{
	if (!a->end_us != !b->end_us)
		return a->end_us != 0;
	return a->end_us ? a->end_us < b->end_us : a->last_us < b->last_us;
}

static struct known *make_room(struct tracker *t)
{
	uint32_t count[MAX_HONEYPOTS] = { 0 };
	struct known *victim = NULL;
	int32_t most = 0;

	if (t->n_known < TRACKER_SESSIONS)
		return &t->known[t->n_known++];
	for (size_t i = 0; i < TRACKER_SESSIONS; i++) {
		int32_t h = t->known[i].session.honeypot_index;

		if (!t->known[i].session.id)
			return &t->known[i];
		if (++count[h] > count[most])
			most = h;
	}
	for (size_t i = 0; i < TRACKER_SESSIONS; i++) {
		const struct session *s = &t->known[i].session;

		if (s->honeypot_index == most && (!victim || goes_before(s, &victim->session)))
			victim = &t->known[i];
	}
	forget(t, victim);
	return victim;
}

/* know() - @s under its key; a session that had the key before is forgotten */
static struct known *know(struct tracker *t, const struct session *s)
{
	struct known *k = find(t, s->epoch, s->honeypot_index, s->conn);
	uint32_t *bucket = bucket_of(t, s->epoch, s->honeypot_index, s->conn);

	if (k)
		forget(t, k);
	else
		k = make_room(t);
	k->session = *s;
	k->next = *bucket;
	*bucket = (uint32_t)(k - t->known) + 1;
	t->n_open += !s->end_us;
	if (s->id >= t->next_session)
		t->next_session = s->id + 1;
	return k;
}

static void end(struct tracker *t, struct session *s, uint64_t at_us)
{
	if (s->end_us)
		return;
	s->end_us = at_us ? at_us : 1;
	t->n_open--;
}

/* --- what leaves a honeypot ------------------------------------------------------------------- */

static void remember_connect(struct tracker *t, const struct event *e)
{
	struct connects **c = &t->connects[e->honeypot];

	if (!*c)
		*c = xcalloc(1, sizeof(**c));
	(*c)->at[(*c)->n++ % TRACKER_CONNECTS] = (struct connect){
		.at_us = e->at_us, .session = e->session, .process = e->process,
		.dest = e->dest, .dest_port = e->dest_port, .proto = e->proto,
	};
}

static uint16_t tag_of(const struct event *e)
{
	return (uint16_t)((e->mark & GATE_TAG_MASK) >> GATE_TAG_SHIFT);
}

/* reached() - it may have asked for what the packet or flow @e reached for */
static bool reached(const struct connect *k, const struct event *e)
{
	return k->proto == e->proto && k->dest_port == e->dest_port && addr_same(&k->dest, &e->dest) &&
	       (!k->src_port || k->src_port == e->src_port) &&
	       (!(e->mark & GATE_TAGGED) || SKEP_TAG(k->process.conn) == tag_of(e));
}

/* find_connect() - the one whose port it is, or else that is nearest to @at_us, of two the newer one */
static struct connect *find_connect(const struct tracker *t, const struct event *e, uint64_t at_us)
{
	struct connects *c = t->connects[e->honeypot];
	uint64_t n = c ? c->n : 0, least = UINT64_MAX;
	struct connect *best = NULL;

	for (uint64_t i = 0; i < n && i < TRACKER_CONNECTS; i++) {
		struct connect *k = &c->at[(n - 1 - i) % TRACKER_CONNECTS];
		uint64_t apart = at_us > k->at_us ? at_us - k->at_us : k->at_us - at_us;

		if (apart > TRACKER_CONNECT_S * UINT64_C(1000000) || !reached(k, e))
			continue;
		if (k->src_port)
			return k;
		if (apart < least) {
			least = apart;
			best = k;
		}
	}
	return best;
}

/* is_honeypots() - @a is an address of @e's honeypot */
static bool is_honeypots(const struct tracker *t, const struct event *e, const struct addr *a)
{
	return e->honeypot >= 0 && (uint32_t)e->honeypot < t->net->n_honeypots && twin_has(t->net, (uint32_t)e->honeypot, a);
}

static bool is_from_honeypot(const struct tracker *t, const struct event *e)
{
	return is_honeypots(t, e, &e->src);
}

static void explain_by_connect(const struct tracker *t, struct event *e, uint64_t at_us)
{
	struct connect *c = is_from_honeypot(t, e) ? find_connect(t, e, at_us) : NULL;

	if (!c || (e->session && c->session != e->session))
		return;
	e->session = c->session;
	e->process = c->process;
	if (e->kind == EV_VERDICT && e->proto == IPPROTO_TCP)
		c->src_port = e->src_port;
}

static void note_connection(struct tracker *t, int32_t honeypot, uint64_t epoch, uint64_t conn)
{
	struct newest *n = &t->newest[honeypot];

	if (epoch > n->epoch || (epoch == n->epoch && conn > n->conn))
		*n = (struct newest){ epoch, conn };
}

static void explain_by_tag(struct tracker *t, struct event *e)
{
	uint16_t tag = tag_of(e);
	const struct known *k;
	uint64_t newest;

	if (e->session || !tag || !is_from_honeypot(t, e))
		return;
	newest = t->newest[e->honeypot].conn;
	if (newest < tag)
		return;
	k = find(t, t->newest[e->honeypot].epoch, e->honeypot, newest - (newest - tag) % SKEP_TAGS_MAX);
	e->session = k ? k->session.id : 0;
}

/* --- flows ------------------------------------------------------------------------------------ */

static const uint64_t memory_us = TRACKER_CONNECT_S * 1000000ull;

static void keep(char *to, size_t size, struct span s)
{
	size_t n = s.len < size ? s.len : size - 1;

	memcpy(to, s.len ? s.at : "", n);
	to[n] = '\0';
}

/* A verdict about a packet that opens a connection, or that ends an open one. What is known of the same
 * five values since long ago was another connection's. */
static void remember_verdict(struct tracker *t, const struct event *e)
{
	bool decided = !span_is(e->state, "continue");
	struct seen_flow *f = e->proto && decided ? flows_take(&t->flows, e) : NULL;

	if (!f)
		return;
	if (f->at_us + memory_us < e->at_us)
		f->session = 0;
	f->at_us = e->at_us;
	keep(f->state, sizeof(f->state), e->state);
	keep(f->reason, sizeof(f->reason), e->reason);
	f->process = e->process;
	if (!e->session)
		return;
	f->session = e->session;
	f->session_us = e->at_us;
}

/* A honeypot's kernel says whom it accepted; about another's connections it has nothing to say. */
static void remember_visit(struct tracker *t, const struct event *e, uint64_t session)
{
	struct seen_flow *f;

	if (!e->proto || !is_honeypots(t, e, &e->dest))
		return;
	f = flows_take(&t->flows, e);
	f->at_us = e->at_us > f->at_us ? e->at_us : f->at_us;
	f->session = session;
	f->session_us = e->at_us;
}

/* explain_flow() - @start_us: when the connection began, or the latest time at which it is known to have been there */
static void explain_flow(struct tracker *t, struct event *e, const struct seen_flow *f, uint64_t start_us)
{
	if (f && f->at_us + memory_us >= start_us) {
		e->session = f->session_us <= e->at_us ? f->session : 0;
		e->process = f->process;
	}
	if (!e->process.entity)
		explain_by_connect(t, e, start_us);
}

static void explain_end(struct tracker *t, struct event *e)
{
	const struct seen_flow *f = flows_find(&t->flows, e);

	explain_flow(t, e, f, e->start_us);
	if (!f || f->at_us + memory_us < e->start_us)
		return;
	e->state = span_of(f->state);
	e->reason = span_of(f->reason);
}

static void explain_alert(struct tracker *t, struct event *e)
{
	struct event back = { .src = e->dest, .dest = e->src, .src_port = e->dest_port, .dest_port = e->src_port,
			      .proto = e->proto };
	const struct seen_flow *f = flows_find(&t->flows, e);

	/* It may be about any packet of a long connection: what is known of these values still holds. */
	f = f ? f : flows_find(&t->flows, &back);
	explain_flow(t, e, f, f ? f->at_us : e->at_us);
}

void tracker_restore(struct tracker *t, const struct session *s)
{
	if (s->id >= t->next_session)
		t->next_session = s->id + 1;
	if (!s->id || s->honeypot_index < 0 || s->honeypot_index >= MAX_HONEYPOTS)
		return;
	know(t, s);
	note_connection(t, s->honeypot_index, s->epoch, s->conn);
	if (!s->end_us)
		remember_visit(t, &(struct event){
			.at_us = s->start_us, .honeypot = s->honeypot_index, .proto = IPPROTO_TCP, .src = s->src, .dest = s->dest,
			.src_port = s->src_port, .dest_port = s->dest_port }, s->id);
}

/* --- guest events ----------------------------------------------------------------------------- */

static struct addr plain(struct addr a)		/* ::ffff:192.0.2.1 is 192.0.2.1 */
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	struct addr p = { .family = 4 };

	if (a.family != 6 || memcmp(a.byte, mapped, sizeof(mapped)))
		return a;
	memcpy(p.byte, a.byte + 12, 4);
	return p;
}

static bool visitor(const struct tracker *t, const struct event *e)
{
	return e->process.conn && e->src.family && !addr_loopback(&e->src) &&
	       twin_who(t->net, &e->src) != t->net->firewall_address && !addr_same(&e->src, &e->dest);
}

static struct known *open_session(struct tracker *t, const struct event *e, uint64_t id)
{
	struct session s = {
		.id = id, .epoch = e->origin.epoch, .conn = e->process.conn, .honeypot_index = e->honeypot,
		.src = e->src, .dest = e->dest, .src_port = e->src_port, .dest_port = e->dest_port,
		.start_us = e->at_us, .last_us = e->at_us,
	};

	if (e->honeypot >= 0 && (uint32_t)e->honeypot < t->net->n_honeypots)
		str_copy(s.honeypot, t->net->honeypot[e->honeypot].name, sizeof(s.honeypot));
	return know(t, &s);
}

static void touch(struct tracker *t, struct session *s, const struct event *e)
{
	struct span user = session_account(s, e);

	if (e->at_us > s->last_us)
		s->last_us = e->at_us;
	if (!s->user[0] && user.len && user.len < sizeof(s->user))
		memcpy(s->user, user.at, user.len);
	if (e->kind == EV_CLOSE)
		end(t, s, e->at_us);
}

/* end_all() - but not what began after @until_us */
static void end_all(struct tracker *t, const struct event *e, uint64_t until_us)
{
	for (uint32_t i = 0; i < t->n_known; i++) {
		struct session *s = &t->known[i].session;

		if (s->id && s->honeypot_index == e->honeypot && s->start_us <= until_us)
			end(t, s, e->at_us);
	}
}

/* The supervisor says that it was removed: no boot of it will end what was open. */
static bool is_removed(const struct event *e)
{
	return e->kind == EV_HONEYPOT && e->honeypot >= 0 && span_is(e->state, HONEYPOT_REMOVED);
}

static bool from_guest(const struct event *e)
{
	return e->origin.source == SOURCE_GUEST && e->honeypot >= 0 && e->honeypot < MAX_HONEYPOTS;
}

static struct known *known_of(struct tracker *t, const struct event *e)
{
	return e->process.conn ? find(t, e->origin.epoch, e->honeypot, e->process.conn) : NULL;
}

void tracker_feed(struct tracker *t, struct event *e)
{
	struct known *k;

	e->src = plain(e->src);
	e->dest = plain(e->dest);
	e->session = 0;
	if (e->kind == EV_VERDICT) {
		explain_by_connect(t, e, e->at_us);
		explain_by_tag(t, e);
		remember_verdict(t, e);
	} else if (e->kind == EV_SINK)
		explain_by_connect(t, e, e->at_us);
	else if (e->kind == EV_FLOW)
		explain_end(t, e);
	else if (e->kind == EV_ALERT)
		explain_alert(t, e);
	else if (is_removed(e))
		end_all(t, e, UINT64_MAX);
	if (!from_guest(e))
		return;
	note_connection(t, e->honeypot, e->origin.epoch, e->process.conn);
	if (e->kind == EV_ACCEPT)
		k = visitor(t, e) ? open_session(t, e, t->next_session) : NULL;
	else
		k = known_of(t, e);
	e->session = k ? k->session.id : 0;
	if (k)
		touch(t, &k->session, e);
	if (k && e->kind == EV_ACCEPT)
		remember_visit(t, e, e->session);
	if (e->kind == EV_CONNECT || e->kind == EV_SEND)
		remember_connect(t, e);
	else if (e->kind == EV_BOOT || e->kind == EV_HALT)
		end_all(t, e, UINT64_MAX);
}

void tracker_learn(struct tracker *t, const struct event *e)
{
	struct known *k;

	if (e->kind == EV_VERDICT)
		remember_verdict(t, e);
	else if (is_removed(e))
		end_all(t, e, e->at_us);
	if (!from_guest(e))
		return;
	note_connection(t, e->honeypot, e->origin.epoch, e->process.conn);
	k = known_of(t, e);
	if (e->kind == EV_ACCEPT && e->session)
		remember_visit(t, e, e->session);
	if (e->kind == EV_ACCEPT && e->session && (!k || k->session.id != e->session))
		k = open_session(t, e, e->session);
	if (k && k->session.id == e->session)
		touch(t, &k->session, e);
	if (e->kind == EV_CONNECT || e->kind == EV_SEND)
		remember_connect(t, e);
	else if (e->kind == EV_BOOT || e->kind == EV_HALT)
		end_all(t, e, e->at_us);	/* a restored session may be younger */
}

void tracker_forget(struct tracker *t, uint32_t honeypot)
{
	free(t->connects[honeypot]);
	t->connects[honeypot] = NULL;
	t->newest[honeypot] = (struct newest){ 0 };
}

uint64_t tracker_next_session(const struct tracker *t)
{
	return t->next_session;
}

uint32_t tracker_open_sessions(const struct tracker *t)
{
	return t->n_open;
}

const struct session *tracker_session(const struct tracker *t, uint64_t id)
{
	for (uint32_t i = 0; id && i < t->n_known; i++)
		if (t->known[i].session.id == id)
			return &t->known[i].session;
	return NULL;
}
