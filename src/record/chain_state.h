/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * "chain.state" in the journal folder: how far the chain has come, and the key of the next record.
 *
 * Two slots with a check sum each, written one after the other with a flush between: a write that is
 * torn leaves the other one. chain_state_write() returns when both hold the new state, so no older
 * key is in the file any more. (What a file system or a disk keeps of blocks that were written over
 * is beyond our reach: copy-on-write file systems and flash keep them for a while.)
 */
#include <stdbool.h>
#include <stdint.h>

#include "chain.h"
#include "model/place.h"

#define CHAIN_STATE_FILE "chain.state"

struct chain_state {
	uint64_t generation;		/* counts writes */
	uint8_t id[CHAIN_ID];
	bool orphan;			/* its secret was never told to anybody */
	struct chain_key next;		/* of the next record */
	uint8_t last[CHAIN_MAC];	/* mac of the last one, zero before the first */
	struct place at;		/* of the last one, file "" before the first */
};

/*
 * chain_state_make() - a new chain, with the folder's owner as its own. It replaces the one there is:
 * ask chain_state_read() first. 0 or -errno.
 */
int chain_state_make(int dirfd, const uint8_t secret[CHAIN_SECRET], bool orphan);
/* chain_state_read() - 0; -ENOENT there is none; -EBADMSG it is damaged; may be called while it is written */
int chain_state_read(int dirfd, struct chain_state *ret);
int chain_state_open(int dirfd);		/* descriptor to write through, or -errno */
int chain_state_write(int fd, struct chain_state *s);	/* counts s->generation; 0 or -errno */
