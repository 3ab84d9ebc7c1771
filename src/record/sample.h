/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Samples: what intruders bring. The name of each is its SHA-256; mode 0440, never executable.
 *
 * Chunks of one file arrive in order as events of one object. Each is written where it outlives us:
 * feed, sample_sync() before the journal's sync, sample_settle() after it. So a chunk that was
 * acknowledged is on disk, and one that is sent again is known.
 */
#include <stdint.h>

struct event;
struct sample_asm;

enum {
	SAMPLES_AT_ONCE = 4,	/* parts of one honeypot; one more ends the one that rested longest */
	SAMPLE_DONE = 1,
};

/* A guest's word about its own bounds is not to be trusted. */
struct sample_conf {
	uint64_t file_max;	/* bytes of one sample */
	uint64_t hour_max;	/* bytes a honeypot sends in an hour */
	uint64_t room;		/* bytes of all samples */
};

/* sample_open() - @dirfd: the samples folder, lent; takes up parts that are left, and looks how full it is */
int sample_open(int dirfd, const struct sample_conf *c, struct sample_asm **ret);
struct sample_asm *sample_close(struct sample_asm *a);

/*
 * sample_feed() - once for each event the journal does not have yet, at @now_us. 0: taken, more to come (or
 * none of its business); SAMPLE_DONE: complete and in its place, @e->sha256 and @e->kept are set.
 *
 * -ENOBUFS: first make safe what was fed, and settle it; then again. Any other -errno ends this file, and the
 * event is still to be recorded, with EVENT_TRUNCATED set in it: -EBADMSG chunks that do not fit together,
 * -EFBIG too large, -EDQUOT the honeypot's hour is used up, -ENOSPC the room is, others from the disk.
 */
int sample_feed(struct sample_asm *a, struct event *e, uint64_t now_us);
int sample_sync(struct sample_asm *a);		/* 0 or -errno; may be called again */
void sample_settle(struct sample_asm *a);	/* what was fed is journaled: finished parts may go */
