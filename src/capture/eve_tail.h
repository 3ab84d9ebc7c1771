/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Lines of files that follow one another, read while they grow: file n is complete when file n+1 is
 * there. Opens nothing: descriptors are given. Who remembers the position of the last line he dealt
 * with goes on behind it after a restart, without loss or doubles.
 *
 * A position is file number << 40 | offset behind the line: it only grows.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "eve.h"

enum {
	EVE_FILES = 64,		/* given and not yet read to their end */
	EVE_OFFSET_BITS = 40,
};

struct eve_tail {
	struct { int fd; uint32_t number; } file[EVE_FILES];	/* oldest first */
	uint32_t files;
	uint64_t from;			/* position asked for: what is before it is passed over */
	uint64_t offset;		/* of the first byte in buffer, in the oldest file */
	uint32_t start, used;		/* buffer: the next line, and bytes in all */
	bool skipping;			/* inside of a line that is too long */
	uint64_t overlong, torn;	/* lines skipped: too long; without an end in a complete file */
	char buffer[EVE_LINE_MAX];
};

/* eve_tail_init() - to go on behind @position, 0 for the beginning */
void eve_tail_init(struct eve_tail *t, uint64_t position);
void eve_tail_fini(struct eve_tail *t);

/* eve_tail_give() - takes @fd in any case. 0; -EINVAL: no regular file, or not a higher number than the
 * one before; -ENOBUFS: too many. Files before the position are closed at once. */
int eve_tail_give(struct eve_tail *t, int fd, uint32_t number);

/* eve_tail_next() - 1, a line without its end (lent until the next call) and the position behind it;
 * 0 nothing more now; -errno */
int eve_tail_next(struct eve_tail *t, struct span *ret_line, uint64_t *ret_position);

/* eve_tail_file() - number of the file being read; all before it are read to their end. 0: none was given. */
uint32_t eve_tail_file(const struct eve_tail *t);
