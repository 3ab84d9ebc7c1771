/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sources: the NIDS and the prevention, each as lines in files that services hands over one after another.
 *
 * A number is a place in all that was ever written, so whoever comes next goes on behind the last one
 * that is on disk. Files may come before it is known where that is: until then they wait.
 */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "capture.h"
#include "capture/eve.h"
#include "capture/eve_tail.h"
#include "run/outbox.h"

enum { BURST = 4096 };		/* lines of one turn */

struct nids {
	struct capture *all;
	uint32_t lane;
	bool resumed;			/* it is known where to go on */
	uint32_t waiting;
	struct { int fd; uint32_t number; } file[EVE_FILES];	/* given before that */
	struct eve_tail tail;
	struct eve line;
	uint64_t told;			/* lines that could not be read, and are told */
	uint64_t nonsense;
	bool broken;
	struct outbox *out;
};

static void *make(struct capture *c, enum lane_fixed lane)
{
	struct nids *s = xcalloc(1, sizeof(*s));

	s->all = c;
	s->lane = lane_number(lane);
	s->out = xcalloc(1, sizeof(*s->out));
	return s;
}

static void *make_nids(struct capture *c)
{
	return make(c, LANE_NIDS);
}

static void *make_inline(struct capture *c)
{
	return make(c, LANE_INLINE);
}

static int take(void *source, enum source_kind kind, uint32_t index, int *fd)
{
	struct nids *s = source;

	(void)kind;
	if (s->resumed) {
		/* What it has already is given again when services is new. */
		eve_tail_give(&s->tail, steal_fd(fd), index);
		return 0;
	}
	if (s->waiting == EVE_FILES)
		return 0;
	s->file[s->waiting].number = index;
	s->file[s->waiting++].fd = steal_fd(fd);
	return 0;
}

static void resume(void *source, uint32_t lane, uint64_t seq)
{
	struct nids *s = source;

	if (lane != s->lane || s->resumed)
		return;
	s->resumed = true;
	eve_tail_init(&s->tail, seq);
	for (uint32_t i = 0; i < s->waiting; i++)
		eve_tail_give(&s->tail, s->file[i].fd, s->file[i].number);
	s->waiting = 0;
}

static void begin(void *source)
{
	struct nids *s = source;

	outbox_rewind(s->out);
}

static void ack(void *source, uint32_t lane, uint64_t seq)
{
	struct nids *s = source;

	if (lane == s->lane)
		outbox_release(s->out, seq);
}

static void say(struct nids *s, struct event *e, uint64_t number)
{
	const struct plan *plan = capture_plan(s->all);
	_text_ struct text packed = { 0 };
	int32_t none;

	e->origin = lane_origin(plan, s->lane, &none);
	e->origin.seq = number;
	event_pack(&packed, e);
	outbox_give(s->out, number, &packed);	/* there is room: looked at before */
}

/* Two numbers at least lie between two lines: the one before a line's own tells what went missing up to it. */
static void tell_missing(struct nids *s, uint64_t position)
{
	uint64_t n = s->tail.overlong + s->tail.torn + s->nonsense - s->told;
	struct event e = { .kind = EV_LOST, .at_us = now_us(), .honeypot = -1, .code = (uint32_t)n,
			   .reason = span_of("lines of the NIDS that make no sense") };

	if (n)
		say(s, &e, position - 1);
	s->told += n;
}

static void on_line(struct nids *s, struct span line, uint64_t position)
{
	const struct plan *plan = capture_plan(s->all);
	int r = eve_read(&s->line, line.at, line.len);
	struct event *e = &s->line.event;

	s->nonsense += r < 0;
	if (r == EVE_OTHER || r < 0)
		return;
	tell_missing(s, position);
	/* A rule of the prevention that does not drop has changed the packet (nids/rule.h). */
	if (r == EVE_ALERT && s->lane == lane_number(LANE_INLINE) && !span_is(e->state, ALERT_BLOCKED))
		e->state = span_of(ALERT_REWRITTEN);
	e->honeypot = honeypot_of(plan, &e->src);
	if (e->honeypot < 0)
		e->honeypot = honeypot_of(plan, &e->dest);
	say(s, e, position);
}

static bool turn(void *source)
{
	struct nids *s = source;
	uint64_t position;
	struct span line;
	int n = 0, r = 0;

	if (!s->resumed || s->broken)
		return false;
	if (capture_flush(s->all, s->out, MSG_EVENT) < 0)
		return true;
	while (n < BURST && s->out->used + 2 < OUTBOX_MAX && !outbox_full(s->out) &&
	       (r = eve_tail_next(&s->tail, &line, &position)) > 0) {
		on_line(s, line, position);
		n++;
	}
	if (r < 0) {
		log_error("the NIDS's files cannot be read: %s", strerror(-r));
		s->broken = true;
	}
	return capture_flush(s->all, s->out, MSG_EVENT) < 0 || n > 0;
}

const struct source_ops source_eve = {
	"EVE", BIT(SOURCE_KIND_EVE), make_nids, take, resume, begin, ack, turn,
};

const struct source_ops source_inline = {
	"prevention", BIT(SOURCE_KIND_INLINE), make_inline, take, resume, begin, ack, turn,
};
