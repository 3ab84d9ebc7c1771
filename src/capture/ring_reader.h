/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Reads one honeypot's capture ring. Every byte in it may be an enemy's: a record is copied out
 * and then checked, positions are taken once and held against the ring's size.
 *
 * A record is read, sent on, and released only when it is known to be on disk, so that nothing is
 * lost whoever dies: the next reader begins at the first record that was not released.
 */
#include <stdbool.h>
#include <stdint.h>

#include "model/event.h"
#include "skep/capture.h"

/*
 * Records read and not released; more wait in the ring. Enough for what the recorder makes safe while it takes the
 * next; not so many that the word of capture being alive, behind them in the channel, comes late.
 */
enum { RING_IN_FLIGHT = 8192 };

struct ring_reader {
	struct skep_ring *ring;		/* shared with the guest */
	const uint8_t *data;
	uint64_t size;			/* of the data ring, as the host made it */
	uint64_t tail, read;		/* released up to, read up to */
	uint64_t last_seq;		/* of the record read last */
	bool broken;			/* the guest wrote nonsense: it is read no further, until a rewind */
	uint32_t first, used;		/* in flight, oldest first */
	struct { uint64_t seq, end; } *in_flight;
	uint8_t copy[SKEP_REC_MAX];	/* the record read last */
};

/* ring_reader_open() - maps @fd (lent) of a ring of @size bytes; 0 or -errno */
int ring_reader_open(struct ring_reader *r, int fd, uint64_t size);
void ring_reader_close(struct ring_reader *r);

/*
 * ring_reader_next() - 1 and *@ret (its spans are lent until the next call); 0 nothing more now;
 * -EBADMSG what comes next is nonsense
 */
int ring_reader_next(struct ring_reader *r, struct event *ret);
void ring_reader_release(struct ring_reader *r, uint64_t seq);	/* all up to @seq are on disk */
void ring_reader_rewind(struct ring_reader *r);			/* read again what is not released */
/* ring_reader_untold() - records of that class that a guest which is gone has dropped and no SKEP_LOST tells */
uint64_t ring_reader_untold(const struct ring_reader *r, enum skep_class class);
