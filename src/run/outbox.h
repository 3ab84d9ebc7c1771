/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Messages that were sent and not yet acknowledged, in the order of their numbers: they are sent
 * again to the receiver's successor. Bounded; who finds it full must wait.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

enum { OUTBOX_MAX = 4096, OUTBOX_BYTES = 16 * 1024 * 1024 };

struct outbox {
	size_t bytes;			/* of all bodies */
	uint32_t first, used, sent;	/* sent: how many of the used ones, oldest first */
	struct { uint64_t seq; struct text body; } slot[OUTBOX_MAX];
};

bool outbox_full(const struct outbox *o);
uint64_t outbox_last(const struct outbox *o);	/* number of the newest one, 0 none */
/* outbox_give() - copies @body; @seq is larger than all before. 0 or -ENOBUFS */
int outbox_give(struct outbox *o, uint64_t seq, const struct text *body);
/* outbox_flush() - send what was not sent; 0 all are on their way, -EAGAIN no room now, -errno */
int outbox_flush(struct outbox *o, int chan, uint16_t type);
void outbox_release(struct outbox *o, uint64_t seq);	/* all up to @seq are acknowledged */
void outbox_rewind(struct outbox *o);			/* a new receiver: send all again */
