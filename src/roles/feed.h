/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * From the journal into a store: whoever dies, goes away or is slow, every record comes in once. How
 * far it is, is what the store itself says, and changes with the records in one transaction.
 */
#include <stdbool.h>
#include <stdint.h>

#include "model/place.h"

struct plan;
struct store;

struct feed {
	int journal;			/* folder, lent */
	const struct plan *plan;	/* lent; NULL: honeypots are known by their names only */
	struct store *store;		/* NULL: not open */
	struct place next;		/* where to read on */
	bool rested;			/* has been at the end once since it was opened */
	uint64_t added, left_out;	/* records in; lines that are none, or that the store never takes */
	struct place bad;		/* the last one of those */
};

enum { FEED_BATCH = 16384 };		/* records a transaction */

/*
 * feed_open() - 0, or -errno as store_open() has them; feed_error() has the words. -ESTALE: its newest
 * record is not in this journal, so it is another one's, or newer than what a power cut left.
 */
int feed_open(struct feed *f, const char *where);
void feed_close(struct feed *f);

/*
 * feed_some() - up to FEED_BATCH records in one transaction; their number, 0: at the end of the
 * journal. -errno: nothing came in; after -EBUSY and -ENOSPC try again, after others close and open.
 */
int feed_some(struct feed *f);
