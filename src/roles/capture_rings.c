/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Source: the honeypots' rings, what their kernels saw. */
#include <errno.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "capture.h"
#include "capture/ring_reader.h"

enum {
	BURST = 2048,			/* records of one ring before the next gets its turn */
	BATCH_BYTES = 32 * 1024,	/* events of one message; with the last one it stays below CHAN_MAX */
};

struct ring {
	struct ring_reader reader;
	uint64_t epoch;		/* of its numbers */
	uint64_t number;	/* of the last event given to the recorder, or that it had */
	bool complained;	/* that it holds nonsense */
	bool closed;		/* its guest is gone, and all that it left was told */
};

struct rings {
	struct capture *all;
	struct ring ring[MAX_HONEYPOTS];
	struct text batch;	/* of one ring: events not sent yet */
};

static void *make(struct capture *c)
{
	struct rings *s = xcalloc(1, sizeof(*s));

	s->all = c;
	return s;
}

static struct ring *ring_of(struct rings *s, uint32_t i)
{
	return i < MAX_HONEYPOTS && s->ring[i].reader.ring ? &s->ring[i] : NULL;
}

/* One that is there comes once more to who was started while the plan changed. */
static int take(void *source, enum source_kind kind, uint32_t i, int *fd)
{
	struct rings *s = source;
	const struct plan *plan = capture_plan(s->all);

	(void)kind;
	if (i >= MAX_HONEYPOTS)
		return -EBADMSG;
	if (s->ring[i].reader.ring)
		return 0;
	s->ring[i].epoch = plan->born_us[i];
	return ring_reader_open(&s->ring[i].reader, *fd, (uint64_t)plan->net.capture.ring_mb << 20);
}

/* The ring itself knows what was released; the number is for what we say of our own. */
static void resume(void *source, uint32_t lane, uint64_t seq)
{
	struct ring *r = ring_of(source, lane);

	if (r)
		r->number = seq;
}

static void begin(void *source)
{
	struct rings *s = source;

	text_clear(&s->batch);
	for (uint32_t i = 0; i < MAX_HONEYPOTS; i++)
		if (s->ring[i].reader.ring) {
			ring_reader_rewind(&s->ring[i].reader);
			s->ring[i].complained = s->ring[i].closed = false;
		}
}

static void ack(void *source, uint32_t lane, uint64_t seq)
{
	struct ring *r = ring_of(source, lane);

	if (r)
		ring_reader_release(&r->reader, seq);
}

static int flush(struct rings *s)
{
	int r = s->batch.len ? capture_send(s->all, MSG_EVENTS, &s->batch) : 0;

	if (r == 0)
		text_clear(&s->batch);
	return r;
}

static int give(struct rings *s, uint32_t i, struct event *e)
{
	e->honeypot = (int32_t)i;
	e->origin.epoch = s->ring[i].epoch;
	s->ring[i].number = e->origin.seq;
	event_put(&s->batch, e);
	return s->batch.len > BATCH_BYTES ? flush(s) : 0;
}

/* give_lost() - about the ring itself, in the numbers of its records: none comes after it */
static int give_lost(struct rings *s, uint32_t i, struct event e)
{
	e.kind = EV_LOST;
	e.at_us = now_us();
	e.origin = (struct event_origin){ .source = SOURCE_GUEST, .seq = s->ring[i].number + 1 };
	return give(s, i, &e);
}

/* A guest that writes nonsense is read no further; that is itself what is to be known about it. */
static int on_broken_ring(struct rings *s, uint32_t i)
{
	static const char why[] = "its capture ring holds nonsense: it is no longer read";

	if (s->ring[i].complained)
		return 0;
	s->ring[i].complained = true;
	log_error("%s: %s", capture_plan(s->all)->net.honeypot[i].name, why);
	return give_lost(s, i, (struct event){ .reason = span_of(why) });
}

/* The honeypots ended before capture: what one dropped and could not tell itself is told for it. */
static int on_last_record(struct rings *s, uint32_t i)
{
	static const struct { enum skep_class class; const char *name; } row[] = {
		{ SKEP_CLASS_KEPT, "kept" }, { SKEP_CLASS_BULK, "bulk" },
	};
	int e = 0;

	s->ring[i].closed = true;
	for (size_t k = 0; e == 0 && k < nitems(row); k++) {
		uint64_t n = ring_reader_untold(&s->ring[i].reader, row[k].class);

		if (n)
			e = give_lost(s, i, (struct event){
				.code = n > UINT32_MAX ? UINT32_MAX : (uint32_t)n, .state = span_of(row[k].name),
				.reason = span_of("its capture ring was full when it ended") });
	}
	return e;
}

/* read_ring() - how many were read; -EAGAIN: the recorder takes no more now, -EPIPE: it is gone */
static int read_ring(struct rings *s, uint32_t i)
{
	struct ring *r = &s->ring[i];
	struct event e;
	int k, n = 1, sent = 0;

	for (k = 0; k < BURST && sent == 0 && (n = ring_reader_next(&r->reader, &e)) > 0; k++)
		sent = give(s, i, &e);
	if (n == -EBADMSG && sent == 0)
		sent = on_broken_ring(s, i);
	if (n == 0 && !r->reader.used && capture_stopping(s->all) && !r->closed)
		sent = on_last_record(s, i);
	if (sent == 0)
		sent = flush(s);
	return sent < 0 ? sent : k;
}

/* Its honeypot was removed when nothing was left in it (priv waits for that); only the end remains to be told. */
static void plan(void *source)
{
	const struct plan *p = capture_plan(((struct rings *)source)->all);
	struct rings *s = source;

	for (uint32_t i = 0; i < MAX_HONEYPOTS; i++) {
		struct ring *r = ring_of(s, i);

		if (!r || (honeypot_there(&p->net, i) && p->born_us[i] == r->epoch))
			continue;
		on_last_record(s, i);
		ring_reader_close(&r->reader);
		*r = (struct ring){ 0 };
	}
}

static bool turn(void *source)
{
	struct rings *s = source;
	bool busy = false;

	if (flush(s) < 0)
		return true;
	for (uint32_t i = 0; i < MAX_HONEYPOTS; i++) {
		int n = ring_of(s, i) ? read_ring(s, i) : 0;

		if (n < 0)
			return true;
		busy |= n > 0;
	}
	return busy;
}

const struct source_ops source_rings = {
	"rings", BIT(SOURCE_KIND_RING), make, take, resume, begin, ack, turn, plan,
};
