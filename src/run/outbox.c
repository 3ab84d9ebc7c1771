/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "outbox.h"

#include <errno.h>

#include "chan.h"

enum { KEPT = 4096 };	/* memory that an empty slot may keep */

bool outbox_full(const struct outbox *o)
{
	return o->used == OUTBOX_MAX || o->bytes >= OUTBOX_BYTES;
}

uint64_t outbox_last(const struct outbox *o)
{
	return o->used ? o->slot[(o->first + o->used - 1) % OUTBOX_MAX].seq : 0;
}

int outbox_give(struct outbox *o, uint64_t seq, const struct text *body)
{
	uint32_t at = (o->first + o->used) % OUTBOX_MAX;

	if (outbox_full(o))
		return -ENOBUFS;
	o->slot[at].seq = seq;
	text_clear(&o->slot[at].body);
	text_addn(&o->slot[at].body, text_str(body), body->len);
	o->bytes += body->len;
	o->used++;
	return 0;
}

int outbox_flush(struct outbox *o, int chan, uint16_t type)
{
	int r = 0;

	while (r == 0 && o->sent < o->used) {
		r = chan_send(chan, type, &o->slot[(o->first + o->sent) % OUTBOX_MAX].body, -1);
		o->sent += r == 0;
	}
	return r;
}

void outbox_release(struct outbox *o, uint64_t seq)
{
	while (o->used && o->slot[o->first].seq <= seq) {
		struct text *body = &o->slot[o->first].body;

		o->bytes -= body->len;
		if (body->room > KEPT)
			text_fini(body);
		o->first = (o->first + 1) % OUTBOX_MAX;
		o->used--;
		o->sent -= o->sent > 0;
	}
}

void outbox_rewind(struct outbox *o)
{
	o->sent = 0;
}
