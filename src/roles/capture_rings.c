/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Source: the honeypots' rings, what their kernels saw. */
#include <errno.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "capture.h"
#include "capture/ring_reader.h"

enum { BURST = 2048 };		/* records of one ring before the next gets its turn */

struct rings {
	struct capture *all;
	struct ring_reader ring[MAX_HONEYPOTS];
	struct text packed;
};

static void *make(struct capture *c)
{
	struct rings *s = xcalloc(1, sizeof(*s));

	s->all = c;
	return s;
}

static int take(void *source, enum source_kind kind, uint32_t i, int *fd)
{
	struct rings *s = source;
	const struct plan *plan = capture_plan(s->all);

	(void)kind;
	if (i >= plan->net.n_honeypots || s->ring[i].ring)
		return -EBADMSG;
	return ring_reader_open(&s->ring[i], *fd, (uint64_t)plan->ring_mb << 20);
}

static void begin(void *source)
{
	struct rings *s = source;

	for (uint32_t i = 0; i < MAX_HONEYPOTS; i++)
		if (s->ring[i].ring)
			ring_reader_rewind(&s->ring[i]);
}

static void resume(void *source, uint32_t lane, uint64_t seq)
{
	(void)source, (void)lane, (void)seq;	/* the ring itself knows what was released */
}

static void ack(void *source, uint32_t lane, uint64_t seq)
{
	struct rings *s = source;

	if (lane < capture_plan(s->all)->net.n_honeypots && s->ring[lane].ring)
		ring_reader_release(&s->ring[lane], seq);
}

static int send_event(struct rings *s, const struct event *e)
{
	text_clear(&s->packed);
	event_pack(&s->packed, e);
	return capture_send(s->all, MSG_EVENT, &s->packed);
}

/* A guest that writes nonsense is read no further; that is itself what is to be known about it. */
static int on_broken_ring(struct rings *s, uint32_t i)
{
	const struct plan *plan = capture_plan(s->all);
	struct event e = { .kind = EV_LOST, .at_us = now_us(), .honeypot = (int32_t)i,
			   .origin = { SOURCE_GUEST, plan->epoch, s->ring[i].last_seq + 1 },
			   .reason = span_of("its capture ring holds nonsense: it is no longer read") };

	log_error("%s: its capture ring holds nonsense: it is no longer read", plan->net.honeypot[i].name);
	return send_event(s, &e);
}

/* read_ring() - how many were sent on; -EAGAIN: the recorder takes no more now, -EPIPE: it is gone */
static int read_ring(struct rings *s, uint32_t i)
{
	struct ring_reader *r = &s->ring[i];
	struct event e;
	int k, n = 1;

	for (k = 0; k < BURST && (n = ring_reader_next(r, &e)) > 0; k++) {
		e.honeypot = (int32_t)i;
		e.origin.epoch = capture_plan(s->all)->epoch;
		n = send_event(s, &e);
		if (n < 0) {
			ring_reader_unread(r);
			return n;
		}
	}
	return n == -EBADMSG ? on_broken_ring(s, i) : k;
}

static bool turn(void *source)
{
	struct rings *s = source;
	bool busy = false;

	for (uint32_t i = 0; i < capture_plan(s->all)->net.n_honeypots; i++) {
		int n = s->ring[i].ring ? read_ring(s, i) : 0;

		if (n < 0)
			return true;
		busy |= n > 0;
	}
	return busy;
}

const struct source_ops source_rings = {
	"rings", BIT(SOURCE_KIND_RING), make, take, resume, begin, ack, turn,
};
