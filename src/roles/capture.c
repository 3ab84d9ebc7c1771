/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capture - reads every hostile byte, and can do nothing else: it opens no file and no socket.
 *
 * Sources are descriptors from priv: the honeypots' rings, the gateway's packet logs, and the
 * socket that holds the owner table, which is only held: when this process dies, the kernel closes
 * it, and with it goes the table without which nothing is forwarded.
 *
 * Nothing is lost if it dies: a ring's record is released only when the recorder has it on disk; a
 * packet log's datagram is looked at, sent on, and only then taken from the socket. What is sent
 * twice so, the recorder knows by its number.
 */
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "capture/packet.h"
#include "capture/ring_reader.h"
#include "lane.h"
#include "roles.h"
#include "run/outbox.h"
#include "run/role.h"
#include "run/sandbox.h"

enum {
	POLL_US = 4000,			/* how often all sources are looked at */
	BEAT_US = 300 * 1000,
	RING_BURST = 2048,		/* records of one ring before the next gets its turn */
};

struct log {
	struct capture *all;
	uint32_t index;
	int fd;
	uint64_t last;			/* number of the packet sent on last, 64 bits */
	uint64_t strange;
	struct outbox *out;
};

struct capture {
	struct role role;
	struct peer recorder;
	bool have_sources, resumed;	/* both: reading goes on */
	int owner;
	struct ring_reader ring[MAX_HONEYPOTS];
	struct log log[LANE_LOGS];
	sd_event_source *tick;
	uint64_t beat_us;
	struct text packed;
};

static bool reading(const struct capture *c)
{
	return c->have_sources && c->resumed && peer_up(&c->recorder);
}

/* --- rings ------------------------------------------------------------------------------------ */

static int send_event(struct capture *c, const struct event *e)
{
	text_clear(&c->packed);
	event_pack(&c->packed, e);
	return chan_send(c->recorder.fd, MSG_EVENT, &c->packed, -1);
}

/* A guest that writes nonsense is read no further; that is itself what is to be known about it. */
static int on_broken_ring(struct capture *c, uint32_t i)
{
	struct event e = { .kind = EV_LOST, .at_us = now_us(), .honeypot = (int32_t)i,
			   .origin = { SOURCE_GUEST, c->role.plan->epoch, c->ring[i].last_seq + 1 },
			   .reason = span_of("its capture ring holds nonsense: it is no longer read") };

	log_error("%s: its capture ring holds nonsense: it is no longer read", c->role.plan->net.honeypot[i].name);
	return send_event(c, &e);
}

/* read_ring() - 0, or -EAGAIN: the recorder takes no more now, -EPIPE: it is gone */
static int read_ring(struct capture *c, uint32_t i)
{
	struct ring_reader *r = &c->ring[i];
	struct event e;
	int n = 1;

	for (int k = 0; k < RING_BURST && (n = ring_reader_next(r, &e)) > 0; k++) {
		e.honeypot = (int32_t)i;
		e.origin.epoch = c->role.plan->epoch;
		n = send_event(c, &e);
		if (n < 0) {
			ring_reader_unread(r);
			return n;
		}
	}
	return n == -EBADMSG ? on_broken_ring(c, i) : 0;
}

/* --- packet logs ------------------------------------------------------------------------------ */

static int32_t honeypot_at(const struct honeynet *n, const struct addr *a)
{
	for (uint32_t i = 0; a->family == 4 && i < n->n_honeypots; i++)
		if (n->honeypot[i].address == addr_u32(a))
			return (int32_t)i;
	return -1;
}

/* The kernel numbers with 32 bits; the number nearest above the last one is meant. */
static uint64_t widen(uint64_t last, uint64_t seq)
{
	int32_t ahead = (int32_t)((uint32_t)seq - (uint32_t)last);

	return ahead < 0 && (uint64_t)-(int64_t)ahead > last ? seq : last + (uint64_t)(int64_t)ahead;
}

static int on_packet(void *arg, struct event *e)
{
	struct log *l = arg;
	const struct plan *plan = l->all->role.plan;
	int32_t none;
	uint64_t seq = widen(l->last, e->origin.seq);

	if (seq <= l->last)
		return 0;	/* looked at before, when the outbox was full */
	if (outbox_full(l->out))
		return -EAGAIN;
	e->origin = lane_origin(plan, lane_number(plan, LANE_LOG_INET + l->index), &none);
	e->origin.seq = seq;
	e->honeypot = honeypot_at(&plan->net, &e->src);
	if (e->honeypot < 0)
		e->honeypot = honeypot_at(&plan->net, &e->dest);
	text_clear(&l->all->packed);
	event_pack(&l->all->packed, e);
	l->last = seq;
	return outbox_give(l->out, seq, &l->all->packed);
}

static void read_log(struct log *l)
{
	static uint8_t datagram[256 * 1024] __attribute__((aligned(8)));

	while (reading(l->all)) {
		ssize_t n = recv(l->fd, datagram, sizeof(datagram), MSG_PEEK | MSG_DONTWAIT);

		if (n < 0 && errno == ENOBUFS)
			continue;	/* the kernel had no room; the gap in the numbers tells how many */
		if (n < 0 || packet_log_read(datagram, (size_t)n, now_us(), on_packet, l, &l->strange) == -EAGAIN)
			break;
		if (outbox_flush(l->out, l->all->recorder.fd, MSG_EVENT) < 0)
			break;		/* looked at again; numbers sent already are left out */
		recv(l->fd, datagram, sizeof(datagram), MSG_DONTWAIT);
	}
}

/* --- turns ------------------------------------------------------------------------------------ */

static int tick(sd_event_source *src, uint64_t usec, void *userdata)
{
	struct capture *c = userdata;
	uint64_t now = mono_us();
	int r = 0;

	(void)usec;
	for (uint32_t i = 0; reading(c) && r == 0 && i < c->role.plan->net.n_honeypots; i++)
		r = read_ring(c, i);
	for (uint32_t i = 0; reading(c) && i < LANE_LOGS; i++)
		read_log(&c->log[i]);
	if (reading(c) && now - c->beat_us >= BEAT_US && chan_send(c->recorder.fd, MSG_BEAT, NULL, -1) == 0)
		c->beat_us = now;
	sd_event_source_set_time_relative(src, POLL_US);
	return sd_event_source_set_enabled(src, SD_EVENT_ONESHOT);
}

static int on_lane(struct capture *c, struct msg *m)
{
	const struct plan *plan = c->role.plan;
	uint32_t lane;
	uint64_t seq;

	if (lane_get(plan, &m->body, &lane, &seq) < 0 || lane_sender(plan, lane) != ROLE_CAPTURE)
		return -EBADMSG;
	if (lane < plan->net.n_honeypots) {
		if (c->ring[lane].ring && m->type == MSG_ACK)
			ring_reader_release(&c->ring[lane], seq);
		return 0;
	}
	lane = (uint32_t)lane_fixed(plan, lane);
	if (lane >= LANE_LOGS)
		return 0;
	if (m->type == MSG_ACK)
		outbox_release(c->log[lane].out, seq);
	else if (seq > c->log[lane].last)
		c->log[lane].last = seq;
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
	for (uint32_t i = 0; i < c->role.plan->net.n_honeypots; i++)
		if (c->ring[i].ring)
			ring_reader_rewind(&c->ring[i]);
	for (uint32_t i = 0; i < LANE_LOGS; i++)
		outbox_rewind(c->log[i].out);
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
	const struct plan *plan = c->role.plan;
	uint8_t kind = get_u8(&m->body);
	uint32_t i = get_u32(&m->body);

	if (!m->body.bad && kind == SOURCE_KIND_EVE)
		return 0;	/* not read yet */
	if (m->body.bad || m->fd < 0 || c->have_sources)
		return -EBADMSG;
	if (kind == SOURCE_KIND_RING && i < plan->net.n_honeypots && !c->ring[i].ring)
		return ring_reader_open(&c->ring[i], m->fd, (uint64_t)plan->ring_mb << 20);
	if (kind == SOURCE_KIND_OWNER && c->owner < 0) {
		c->owner = steal_fd(&m->fd);
		return 0;
	}
	if (kind != SOURCE_KIND_NFLOG || i >= LANE_LOGS || c->log[i].fd >= 0)
		return -EBADMSG;
	c->log[i].fd = steal_fd(&m->fd);
	return 0;
}

static int take_recorder(struct capture *c, struct msg *m)
{
	uint8_t role = get_u8(&m->body);

	if (m->body.bad || role != ROLE_RECORDER || m->fd < 0)
		return -EBADMSG;
	c->resumed = false;
	return peer_open(&c->recorder, c->role.loop, steal_fd(&m->fd));
}

static int from_master(struct peer *peer, struct msg *m)
{
	struct role *role = peer->owner;
	struct capture *c = role->self;
	int r = -EBADMSG;

	switch (m->type) {
	case MSG_SOURCE: r = take_source(c, m); break;
	case MSG_PEER:	 r = take_recorder(c, m); break;
	case MSG_START:	 c->have_sources = true; r = 0; break;
	case MSG_STOP:	 r = sd_event_exit(role->loop, 0); break;
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
	for (uint32_t i = 0; i < LANE_LOGS; i++)
		c.log[i] = (struct log){ .all = &c, .index = i, .fd = -1, .out = xcalloc(1, sizeof(struct outbox)) };
	empty = xasprintf("%s/run/empty", c.role.plan->state);
	role_confine(&c.role, &(struct sandbox){ .uid = SKEP_UID + ROLE_CAPTURE, .root = empty,
						 .unshare = CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC });
	if (sd_event_add_time_relative(c.role.loop, &c.tick, CLOCK_MONOTONIC, POLL_US, 1000, tick, &c) < 0)
		die("timer");
	peer_say(&c.role.master, MSG_READY, NULL, -1);
	return role_loop(&c.role);
}
