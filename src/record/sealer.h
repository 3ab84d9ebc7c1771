/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The journal's side of the chain: seals each line that is added and keeps the state beside the
 * journal. The journal is synced first, the state after it: a crash between leaves the journal ahead,
 * which sealer_open() finds and, if the seals are right, takes up.
 *
 * What does not fit is never passed over: sealer_open() says it, the recorder records it, and the
 * chain goes on with the next key there is, so that what is missing stays missing for ever.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "model/place.h"

struct sealer;

enum chain_found_what {
	CHAIN_FITS,	/* the journal ends with the record the state knows, or with sealed ones after it */
	CHAIN_BEGINS,	/* the first record of this chain is still to come */
	CHAIN_BROKEN,	/* something below does not fit */
};

struct chain_found {
	enum chain_found_what what;
	char id[17];
	bool no_state;		/* there was none, or it was damaged: this chain is new and its secret unknown */
	bool last_gone;		/* the last record the state knows is not where it was, or was changed */
	uint64_t missing;	/* that many numbers at the end, if it can be known */
	uint64_t strange;	/* lines behind it without a right seal */
	uint64_t rolled;	/* records behind it with a right one: taken up */
};

/* sealer_open() - @last: of the journal's last line, file "" none; its torn tail is cut already */
int sealer_open(int dirfd, const struct place *last, struct sealer **ret, struct chain_found *ret_found);
/* chain_found_text() - the same in words, appended */
void chain_found_text(const struct chain_found *f, struct text *t);
struct sealer *sealer_close(struct sealer *s);	/* wipes the key; returns NULL */

/* sealer_add() - appends @line with its seal to @t; @at, where it will stand, gets its length */
void sealer_add(struct sealer *s, struct span line, struct place *at, struct text *t);
/* sealer_sync() - everything sealed is on disk: the state may say so. 0, or -errno: call it again */
int sealer_sync(struct sealer *s);
