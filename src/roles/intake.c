/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intake.h"

#include <errno.h>

#include "base/clock.h"
#include "base/mem.h"

enum {
	BURST = 4096,			/* datagrams of one turn */
	LATER = 1,
	BATCH_BYTES = 32 * 1024,	/* events of one message; with the last one it stays below CHAN_MAX */
};

uint64_t toll_settle(struct toll *t, uint64_t last)
{
	uint64_t told = t->number <= last ? t->told : 0;

	if (told)
		t->told = 0;
	return told;
}

void toll_again(struct toll *t)
{
	t->missing += t->told;
	t->told = 0;
}

int intake_take(struct intake *t, enum source_kind socket, enum inbox_use use, enum source_kind kind, uint32_t index,
		int *fd)
{
	if (kind == SOURCE_KIND_INBOX && index != use)
		return -ENOENT;
	if (kind == SOURCE_KIND_INBOX)
		return t->box.shared ? -EBADMSG : inbox_open(&t->box, *fd, &t->form);
	if (kind != socket || index || t->fd >= 0)
		return -EBADMSG;
	t->fd = steal_fd(fd);
	return 0;
}

static bool is_ours(const struct intake *t, uint32_t lane)
{
	return lane == lane_number(t->lane);
}

void intake_resume(struct intake *t, uint32_t lane, uint64_t seq)
{
	if (!is_ours(t, lane))
		return;
	text_clear(&t->batch);
	t->last = t->acked = seq;
	t->resumed = true;
	inbox_settle(&t->box, toll_settle(&t->dropped, seq));
	t->dropped.told = 0;		/* the socket itself still counts it */
}

void intake_ack(struct intake *t, uint32_t lane, uint64_t seq)
{
	if (!is_ours(t, lane))
		return;
	t->acked = seq;
	inbox_settle(&t->box, toll_settle(&t->dropped, seq));
}

void intake_say(struct intake *t, struct event *e)
{
	const struct plan *plan = capture_plan(t->all);
	int32_t none;

	e->origin = lane_origin(plan, lane_number(t->lane), &none);
	e->origin.seq = ++t->last;
	event_put(&t->batch, e);
}

void intake_tell(struct intake *t, struct toll *missing, int32_t honeypot, const struct addr *src, const char *why)
{
	struct event e = { .kind = EV_LOST, .at_us = now_us(), .honeypot = honeypot, .reason = span_of(why),
			   .code = missing->missing > UINT32_MAX ? UINT32_MAX : (uint32_t)missing->missing };

	if (!missing->missing || missing->told)
		return;
	if (src)
		e.src = *src;
	intake_say(t, &e);
	missing->told = missing->missing;
	missing->number = t->last;
	missing->missing = 0;
}

int intake_flush(struct intake *t)
{
	int r = t->batch.len ? capture_send(t->all, MSG_EVENTS, &t->batch) : 0;

	if (r == 0)
		text_clear(&t->batch);
	return r;
}

/* look() - at all that was taken from the socket. 0; LATER: not yet; -errno: the recorder takes no more now */
static int look(struct intake *t, intake_fn *fn, void *arg)
{
	struct datagram d;
	int r = 0;

	while (r == 0 && inbox_next(&t->box, &d)) {
		if (!fn(arg, t, &d)) {
			inbox_unread(&t->box);
			return LATER;
		}
		inbox_done(&t->box, t->last);
		if (t->batch.len > BATCH_BYTES)
			r = intake_flush(t);
	}
	return r;
}

bool intake_turn(struct intake *t, intake_fn *fn, void *arg)
{
	bool busy = false;
	int n = 1, r = 0;

	if (t->fd < 0 || !t->box.shared)
		return false;
	if (t->resumed)
		inbox_resume(&t->box, t->acked);
	t->resumed = false;
	inbox_release(&t->box, t->acked);
	if (intake_flush(t) < 0)
		return true;
	for (int k = 0; r >= 0 && k < BURST && (n > 0 || n == -ENOBUFS); k += n > 0 ? n : 1) {
		n = inbox_fill(&t->box, t->fd);
		busy |= n > 0;
		r = look(t, fn, arg);
	}
	t->dropped.missing = t->dropped.told ? 0 : inbox_dropped(&t->box, t->fd);
	intake_tell(t, &t->dropped, -1, NULL, t->dropped_why);
	return r != 0 || intake_flush(t) < 0 || busy;
}
