/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "eve_tail.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

#define OFFSET_MASK ((1ull << EVE_OFFSET_BITS) - 1)

void eve_tail_init(struct eve_tail *t, uint64_t position)
{
	memset(t, 0, sizeof(*t));
	t->from = position;
}

void eve_tail_fini(struct eve_tail *t)
{
	for (uint32_t i = 0; i < t->files; i++)
		close(t->file[i].fd);
	t->files = 0;
}

/* begin() - at the oldest file's start, or at the position asked for if that is inside of it */
static void begin(struct eve_tail *t)
{
	t->start = t->used = 0;
	t->skipping = false;
	t->offset = t->files && t->from >> EVE_OFFSET_BITS == t->file[0].number ? t->from & OFFSET_MASK : 0;
}

int eve_tail_give(struct eve_tail *t, int fd, uint32_t number)
{
	_fd_ int mine = fd;
	struct stat st;

	if (fstat(mine, &st) < 0 || !S_ISREG(st.st_mode) || !number || number >= 1u << (64 - EVE_OFFSET_BITS) ||
	    (t->files && number <= t->file[t->files - 1].number))
		return -EINVAL;
	if (number < t->from >> EVE_OFFSET_BITS)
		return 0;
	if (t->files == nitems(t->file))
		return -ENOBUFS;
	t->file[t->files].number = number;
	t->file[t->files].fd = steal_fd(&mine);
	if (t->files++ == 0)
		begin(t);
	return 0;
}

/* The oldest file is complete and read to its end: what is left without a line's end never gets one. */
static void next_file(struct eve_tail *t)
{
	t->torn += t->used > t->start && !t->skipping;
	close(t->file[0].fd);
	t->files--;
	memmove(t->file, t->file + 1, t->files * sizeof(t->file[0]));
	begin(t);
}

/* fill() - 1 there is more in the buffer, 0 the file's end, -errno */
static int fill(struct eve_tail *t)
{
	ssize_t n;

	memmove(t->buffer, t->buffer + t->start, t->used - t->start);
	t->offset += t->start;
	t->used -= t->start;
	t->start = 0;
	n = pread(t->file[0].fd, t->buffer + t->used, sizeof(t->buffer) - t->used, (off_t)(t->offset + t->used));
	if (n < 0)
		return errno == EINTR ? 1 : -errno;
	t->used += (uint32_t)n;
	return n > 0;
}

/* line() - the next whole one in the buffer */
static bool line(struct eve_tail *t, struct span *ret)
{
	char *at = t->buffer + t->start, *end = memchr(at, '\n', t->used - t->start);

	if (!end)
		return false;
	*ret = (struct span){ at, (size_t)(end - at) };
	t->start += (uint32_t)ret->len + 1;
	return true;
}

/* The buffer is full and holds no line's end: let go of it, and of all up to the next end. */
static void skip(struct eve_tail *t)
{
	t->overlong += !t->skipping;
	t->skipping = true;
	t->start = t->used;
}

static bool full(const struct eve_tail *t)
{
	return t->start == 0 && t->used == sizeof(t->buffer);
}

int eve_tail_next(struct eve_tail *t, struct span *ret_line, uint64_t *ret_position)
{
	while (t->files) {
		struct span s;
		int r;

		if (line(t, &s)) {
			bool whole = !t->skipping;

			t->skipping = false;
			if (!whole || !s.len)
				continue;
			*ret_line = s;
			*ret_position = (uint64_t)t->file[0].number << EVE_OFFSET_BITS | (t->offset + t->start);
			return 1;
		}
		if (full(t) || t->skipping)
			skip(t);
		r = fill(t);
		if (r < 0)
			return r;
		if (r == 0 && t->files == 1)
			return 0;
		if (r == 0)
			next_file(t);
	}
	return 0;
}

uint32_t eve_tail_file(const struct eve_tail *t)
{
	return t->files ? t->file[0].number : 0;
}
