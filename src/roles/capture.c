/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capture - reads every hostile byte, and can do nothing else: it opens no file and no socket.
 *
 * Sources are descriptors from priv: the honeypots' rings, the gateway's packet logs, its connection
 * table's events, the log server's sockets, and the socket that holds the owner table, which is only
 * held: when this process dies, the kernel closes it, and with it goes the table without which
 * nothing is forwarded.
 *
 * Nothing is lost if it dies, and nothing is doubled:
 *
 *	rings		a record is released only when the recorder has it on disk
 *	packet logs	a datagram is looked at, sent on, and only then taken from the socket; the
 *			kernel's own number tells what is sent twice
 *	flows, syslog	a datagram is taken into memory that priv keeps (capture/inbox.h), and let go
 *			when it is on disk
 *	EVE		a number is a place in the files, which stay
 *	syslog by TCP	the one exception: connections end with this process, and with them what was
 *			read and not yet sent on
 */
#include <errno.h>
#include <sched.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "capture.h"
#include "model/twin.h"
#include "roles.h"
#include "run/outbox.h"
#include "run/sandbox.h"

static const struct source_ops *const sources[] = {
	&source_rings, &source_logs, &source_flows, &source_syslog, &source_streams, &source_eve, &source_inline,
};

enum {
	POLL_US = 4000,			/* how often all sources are looked at */
	BEAT_US = 300 * 1000,
	QUIET_US = 150 * 1000,		/* at the end: nothing came for so long (NFLOG holds packets for 50 ms) */
	DRAIN_US = 2 * 1000 * 1000,	/* and not longer than this */
};

struct capture {
	struct role role;
	struct peer recorder;
	bool have_sources, resumed;	/* both: reading goes on */
	int owner;
	void *source[nitems(sources)];
	sd_event_source *tick;
	uint64_t beat_us;
	uint64_t stop_us, busy_us;	/* 0, or when it was told to stop; when a source had something last */
};

const struct plan *capture_plan(const struct capture *c)
{
	return c->role.plan;
}

bool capture_reading(const struct capture *c)
{
	return c->have_sources && c->resumed && peer_up(&c->recorder);
}

bool capture_stopping(const struct capture *c)
{
	return c->stop_us;
}

int capture_send(struct capture *c, uint16_t type, const struct text *body)
{
	return chan_send(c->recorder.fd, type, body, -1);
}

int capture_flush(struct capture *c, struct outbox *o, uint16_t type)
{
	return outbox_flush(o, c->recorder.fd, type);
}

int32_t honeypot_of(const struct plan *p, const struct addr *a)
{
	int32_t was = -1;

	for (uint32_t i = 0; a->family && i < p->net.n_honeypots; i++) {
		if (!twin_has(&p->net, i, a))
			continue;
		if (honeypot_there(&p->net, i))
			return (int32_t)i;
		if (was < 0 || p->born_us[i] > p->born_us[was])
			was = (int32_t)i;
	}
	return was;
}

/* --- turns ------------------------------------------------------------------------------------ */

/* It ends when the sources have nothing more: what stopping itself brought to light is recorded too. */
static bool drained(struct capture *c, bool busy, uint64_t now)
{
	if (busy || !capture_reading(c))
		c->busy_us = now;
	return c->stop_us && (now - c->busy_us > QUIET_US || now - c->stop_us > DRAIN_US);
}

static int tick(sd_event_source *src, uint64_t usec, void *userdata)
{
	struct capture *c = userdata;
	uint64_t now = mono_us();
	bool busy = false;

	(void)usec;
	/* First: a storm leaves no room in the channel, and would look like silence. */
	if (capture_reading(c) && now - c->beat_us >= BEAT_US && capture_send(c, MSG_BEAT, NULL) == 0)
		c->beat_us = now;
	for (size_t i = 0; i < nitems(sources); i++)
		busy |= capture_reading(c) && sources[i]->turn(c->source[i]);
	if (drained(c, busy, now))
		return sd_event_exit(c->role.loop, 0);
	sd_event_source_set_time_relative(src, POLL_US);
	return sd_event_source_set_enabled(src, SD_EVENT_ONESHOT);
}

static int on_lane(struct capture *c, struct msg *m)
{
	uint32_t lane;
	uint64_t seq;

	if (lane_get(&m->body, &lane, &seq) < 0 || lane_sender(lane) != ROLE_CAPTURE)
		return -EBADMSG;
	for (size_t i = 0; i < nitems(sources); i++)
		(m->type == MSG_ACK ? sources[i]->ack : sources[i]->resume)(c->source[i], lane, seq);
	return 0;
}

static int from_recorder(struct peer *peer, struct msg *m)
{
	struct capture *c = peer->owner;

	close_fd(&m->fd);
	if (m->type == MSG_ACK || m->type == MSG_RESUME)
		return on_lane(c, m);
	if (m->type != MSG_START)
		return -EBADMSG;
	for (size_t i = 0; i < nitems(sources); i++)
		sources[i]->begin(c->source[i]);
	c->resumed = true;
	return 0;
}

static void recorder_gone(struct peer *peer)
{
	struct capture *c = peer->owner;

	c->resumed = false;	/* its successor says where it stands; until then all waits in its place */
}

static int take_source(struct capture *c, struct msg *m)
{
	uint8_t kind = get_u8(&m->body);
	uint32_t index = get_u32(&m->body);

	/* Files of EVE are opened as they appear, rings come with a honeypot; all else is there before the start. */
	if (m->body.bad || m->fd < 0 || kind >= 32 ||
	    (c->have_sources && kind != SOURCE_KIND_EVE && kind != SOURCE_KIND_INLINE && kind != SOURCE_KIND_RING))
		return -EBADMSG;
	if (kind == SOURCE_KIND_OWNER && c->owner < 0) {
		c->owner = steal_fd(&m->fd);
		return 0;
	}
	for (size_t i = 0; i < nitems(sources); i++)
		if (sources[i]->kinds & BIT(kind)) {
			int r = sources[i]->take(c->source[i], kind, index, &m->fd);

			if (r != -ENOENT)
				return r;
		}
	return -EBADMSG;
}

static int take_plan(struct capture *c, struct msg *m)
{
	int r = role_take_plan(&c->role, m);

	for (size_t i = 0; r == 0 && i < nitems(sources); i++)
		if (sources[i]->plan)
			sources[i]->plan(c->source[i]);
	return r;
}

static int take_recorder(struct capture *c, struct msg *m)
{
	c->resumed = false;
	return role_take_peer(&c->role, m, ROLE_RECORDER, &c->recorder);
}

static int from_master(struct peer *peer, struct msg *m)
{
	struct role *role = peer->owner;
	struct capture *c = role->self;
	int r = -EBADMSG;

	switch (m->type) {
	case MSG_SOURCE: r = take_source(c, m); break;
	case MSG_PEER:	 r = take_recorder(c, m); break;
	case MSG_PLAN:	 r = take_plan(c, m); break;
	case MSG_START:	 c->have_sources = true; r = 0; break;
	case MSG_STOP:	 c->stop_us = c->busy_us = mono_us(); r = 0; break;
	}
	close_fd(&m->fd);
	return r;
}

int capture_main(void)
{
	static struct capture c;
	_free_ char *empty = NULL;

	role_begin(&c.role, "capture", from_master, &c);
	c.recorder = (struct peer){ .name = "recorder", .fd = -1, .kin = true, .handle = from_recorder,
				    .gone = recorder_gone, .owner = &c };
	c.owner = -1;
	for (size_t i = 0; i < nitems(sources); i++)
		c.source[i] = sources[i]->make(&c);
	empty = xasprintf("%s/run/empty", c.role.plan->state);
	role_confine(&c.role, &(struct sandbox){ .uid = SKEP_UID + ROLE_CAPTURE, .root = empty,
						 .unshare = CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC });
	if (sd_event_add_time_relative(c.role.loop, &c.tick, CLOCK_MONOTONIC, POLL_US, 1000, tick, &c) < 0)
		die("timer");
	peer_say(&c.role.master, MSG_READY, NULL, -1);
	return role_loop(&c.role);
}
