/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "chain_state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "base/cursor.h"
#include "base/mem.h"
#include "base/text.h"

enum {
	SLOT = 4096,		/* each in a block of its own */
	BYTES = 256,		/* of a slot that are used, its check sum at their end */
	SUM = 16,
	ATTEMPTS = 3,		/* to read while somebody writes */
	FLAG_ORPHAN = 1,
};

static const char magic[8] = "skepchn1";

static void slot_sum(const uint8_t *b, uint8_t ret[SUM])
{
	crypto_generichash(ret, SUM, b, BYTES - SUM, NULL, 0);
}

static void slot_write(const struct chain_state *s, uint8_t ret[BYTES])
{
	_text_ struct text t = { 0 };

	text_addn(&t, magic, sizeof(magic));
	put_u64(&t, s->generation);
	text_addn(&t, s->id, sizeof(s->id));
	put_u32(&t, s->orphan ? FLAG_ORPHAN : 0);
	put_u64(&t, s->next.n);
	text_addn(&t, s->last, sizeof(s->last));
	text_addn(&t, s->at.file, sizeof(s->at.file));
	put_u64(&t, s->at.offset);
	put_u32(&t, s->at.len);
	memset(ret, 0, BYTES);
	memcpy(ret, t.at, t.len);
	/* Not through the text, which leaves copies behind when it grows. */
	memcpy(ret + t.len, s->next.key, CHAIN_KEY);
	slot_sum(ret, ret + BYTES - SUM);
}

static bool slot_read(const uint8_t b[BYTES], struct chain_state *ret)
{
	struct cursor c = cursor_of(b, BYTES - SUM);
	struct chain_state s = { 0 };
	uint8_t sum[SUM];

	slot_sum(b, sum);
	if (memcmp(sum, b + BYTES - SUM, SUM) || memcmp(get_span(&c, sizeof(magic)).at, magic, sizeof(magic)))
		return false;
	s.generation = get_u64(&c);
	get_bytes(&c, s.id, sizeof(s.id));
	s.orphan = get_u32(&c) & FLAG_ORPHAN;
	s.next.n = get_u64(&c);
	get_bytes(&c, s.last, sizeof(s.last));
	get_bytes(&c, s.at.file, sizeof(s.at.file));
	s.at.offset = get_u64(&c);
	s.at.len = get_u32(&c);
	get_bytes(&c, s.next.key, sizeof(s.next.key));
	if (c.bad || !s.next.n || memchr(s.at.file, '\0', sizeof(s.at.file)) == NULL)
		return false;
	*ret = s;
	sodium_memzero(&s, sizeof(s));
	return true;
}

static int read_once(int fd, struct chain_state *ret)
{
	uint8_t b[BYTES];
	int r = -EBADMSG;

	for (off_t i = 0; i < 2; i++) {
		struct chain_state s;
		ssize_t n = pread(fd, b, sizeof(b), i * SLOT);

		if (n < 0)
			return -errno;
		if (n == sizeof(b) && slot_read(b, &s) && (r < 0 || s.generation > ret->generation)) {
			*ret = s;
			r = 0;
		}
	}
	sodium_memzero(b, sizeof(b));
	return r;
}

int chain_state_read(int dirfd, struct chain_state *ret)
{
	_fd_ int fd = openat(dirfd, CHAIN_STATE_FILE, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	int r = -EBADMSG;

	if (fd < 0)
		return -errno;
	for (int i = 0; r == -EBADMSG && i < ATTEMPTS; i++)
		r = read_once(fd, ret);
	return r;
}

int chain_state_open(int dirfd)
{
	int fd = openat(dirfd, CHAIN_STATE_FILE, O_RDWR | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/*
 * The slot that is written first is never the only one that is whole: that of an odd generation is
 * slot 1, and a generation counts only when its first slot is safe.
 */
int chain_state_write(int fd, struct chain_state *s)
{
	struct chain_state next = *s;
	uint8_t b[BYTES];
	int r = 0;

	next.generation++;
	slot_write(&next, b);
	for (uint64_t i = 0; r == 0 && i < 2; i++) {
		ssize_t n = pwrite(fd, b, sizeof(b), (off_t)((next.generation + i) % 2 * SLOT));

		if (n != sizeof(b))
			r = n < 0 ? -errno : -EIO;
		else if (fdatasync(fd) < 0)
			r = -errno;
		else
			s->generation = next.generation;
	}
	sodium_memzero(b, sizeof(b));
	sodium_memzero(&next, sizeof(next));
	return r;
}

static int make_part(int dirfd, const char *name, struct chain_state *s)
{
	_fd_ int fd = -1;
	struct stat st;

	unlinkat(dirfd, name, 0);
	fd = openat(dirfd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 || fstat(dirfd, &st) < 0 || ftruncate(fd, 2 * SLOT) < 0)
		return -errno;
	if (geteuid() == 0 && fchown(fd, st.st_uid, st.st_gid) < 0)
		return -errno;
	return chain_state_write(fd, s);
}

int chain_state_make(int dirfd, const uint8_t secret[CHAIN_SECRET], bool orphan)
{
	static const char part[] = CHAIN_STATE_FILE ".part";
	struct chain_state s = { .orphan = orphan };
	int r;

	chain_id(secret, s.id);
	chain_first(secret, &s.next);
	r = make_part(dirfd, part, &s);
	sodium_memzero(&s, sizeof(s));
	if (r == 0 && (renameat(dirfd, part, dirfd, CHAIN_STATE_FILE) < 0 || fsync(dirfd) < 0))
		r = -errno;
	return r;
}
