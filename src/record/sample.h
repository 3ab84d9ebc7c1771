/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Samples: what intruders bring, by its SHA-256: "ab/abcdef...", mode 0440, never executable.
 *
 * Chunks of one file arrive in order as events of one process and are put together in a part file,
 * which outlives us: feed, sample_sync() before the journal's sync, sample_settle() after it. So a
 * chunk that was acknowledged is on disk, and one that is sent again is known.
 */
#include <stdint.h>

struct event;
struct sample_asm;

enum {
	SAMPLE_BYTES_MAX = 64 * 1024 * 1024,
	SAMPLES_AT_ONCE = 16,	/* parts; one more ends the one that rested longest */
	SAMPLE_DONE = 1,
};

/* sample_name() - its name in the samples folder, "ab/abcdef..." */
void sample_name(const char *sha256, char ret[80]);

/* sample_open() - @dirfd: the samples folder, lent; takes up parts that are left */
int sample_open(int dirfd, struct sample_asm **ret);
struct sample_asm *sample_close(struct sample_asm *a);

/*
 * sample_feed() - once for each event the journal does not have yet. 0: taken, more to come (or no module
 * at all); SAMPLE_DONE: complete and in its place, @e->sha256 is set. -errno ends this file: -EBADMSG
 * chunks that do not fit together, -EFBIG too large, others from the disk. The event is still to be
 * recorded, with EVENT_TRUNCATED set in it.
 */
int sample_feed(struct sample_asm *a, struct event *e);
int sample_sync(struct sample_asm *a);		/* 0 or -errno; may be called again */
void sample_settle(struct sample_asm *a);	/* what was fed is journaled: finished parts may go */
