/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * A lane that is fed by a datagram socket through an inbox (capture/inbox.h): the part that such
 * sources have in common. Embedded in a source; private to capture.
 */
#include "capture.h"
#include "capture/inbox.h"

/*
 * What is missing, and was not told yet. One count is on its way at a time; it is settled when it is on
 * disk, and counted again if it did not get there.
 */
struct toll {
	uint64_t missing;
	uint64_t told, number;		/* on its way, with that number; told 0: nothing is */
};

/* toll_settle() - all up to number @last is on disk; returns how much of this toll is so now, and was not before */
uint64_t toll_settle(struct toll *t, uint64_t last);
void toll_again(struct toll *t);	/* a new recorder: what is not on disk is told again */

struct intake {
	struct capture *all;
	enum lane_fixed lane;
	struct inbox_form form;
	struct inbox box;
	int fd;				/* -1 not given yet */
	uint64_t last, acked;		/* numbers: given last, on disk */
	bool resumed;			/* the box is to be read from where the recorder stands */
	struct text batch;		/* events not sent yet */
	struct toll dropped;		/* by the kernel: the socket had no room */
	const char *dropped_why;
};

/* Makes events of a datagram, with intake_say(); false: not yet, it is to come again in the next turn. */
typedef bool intake_fn(void *arg, struct intake *t, const struct datagram *d);

int intake_take(struct intake *t, enum source_kind socket, enum inbox_use use, enum source_kind kind, uint32_t index,
		int *fd);
void intake_resume(struct intake *t, uint32_t lane, uint64_t seq);
void intake_ack(struct intake *t, uint32_t lane, uint64_t seq);
/* intake_say() - the event's origin is set here */
void intake_say(struct intake *t, struct event *e);
/* intake_tell() - what @t is missing as EV_LOST with @e's honeypot and src, if none is on its way */
void intake_tell(struct intake *t, struct toll *missing, int32_t honeypot, const struct addr *src, const char *why);
/* intake_turn() - as source_ops.turn() */
bool intake_turn(struct intake *t, intake_fn *fn, void *arg);
int intake_flush(struct intake *t);
