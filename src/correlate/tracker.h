/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* The tracker: from the stream of events to sessions. Pure; its clock is the events' own time. */
#include <stdint.h>

struct event;
struct honeynet;
struct session;
struct tracker;

enum {
	TRACKER_SESSIONS = 4096,	/* known at once, open and ended */
	TRACKER_CONNECTS = 1024,	/* newest connects and sends remembered, each honeypot */
	TRACKER_CONNECT_S = 130,	/* how long a verdict finds its connect: SYN retries give up at 127 s */
};

struct tracker *tracker_new(const struct honeynet *n);		/* @n is lent */
struct tracker *tracker_free(struct tracker *t);		/* returns NULL */

/* tracker_restore() - a session of an earlier run; before the first event, in any order */
void tracker_restore(struct tracker *t, const struct session *s);
/* tracker_learn() - an event that is in the journal already, with the session it was given then */
void tracker_learn(struct tracker *t, const struct event *e);

/*
 * tracker_feed() - sets @e->session; in a verdict about a packet leaving a honeypot also @e->process; in a
 * flow that ended also state and reason of the gateway's last verdict about it (lent until the next call), and
 * in it and in an alert the process of the honeypot that opened the connection.
 * IPv4 addresses in IPv6 form become IPv4. Feed each event once, in order, before it is journaled.
 */
void tracker_feed(struct tracker *t, struct event *e);

void tracker_forget(struct tracker *t, uint32_t honeypot);	/* what its place remembers: another one gets it */

uint64_t tracker_next_session(const struct tracker *t);		/* number the next session gets */
uint32_t tracker_open_sessions(const struct tracker *t);
/* tracker_session() - NULL if it is not known (any more); lent until the next call. Its counters are the index's. */
const struct session *tracker_session(const struct tracker *t, uint64_t id);
