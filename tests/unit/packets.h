/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What the tests of packets share: frames with numbers in them, and looking for them all. */
#include "folder.h"
#include "unit.h"

#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "folder.h"
#include "record/pcap_read.h"

#define HOUR 3600000000ull
#define NOON 1795435200000000ull	/* 2026-11-23T12:00:00 */
#define OURS 0x88b5			/* an ethertype for experiments */

enum { FRAME_HEAD = 14, FRAME_SMALLEST = FRAME_HEAD + 4 + 28 };

/* A frame with a number in it, of a size that follows from the number. */
static size_t numbered(uint32_t n, uint8_t *frame)
{
	size_t len = FRAME_SMALLEST + n * 7 % 1300;

	memset(frame, (int)n, len);
	frame[12] = OURS >> 8;
	frame[13] = OURS & 255;
	memcpy(frame + FRAME_HEAD, &n, sizeof(n));
	return len;
}

struct count {
	uint32_t next, n;
	bool unordered;
	uint64_t first_ns, last_ns;
};

/* Each is there, once, whole, and in its turn. */
static int see(void *arg, const struct packet *p)
{
	struct count *c = arg;
	uint8_t want[1500];
	size_t len = numbered(c->next, want);

	if (p->bytes.len != len || p->wire_len != len || memcmp(p->bytes.at, want, len))
		c->unordered = true;
	c->first_ns = c->first_ns ? c->first_ns : p->at_ns;
	c->unordered |= p->at_ns < c->last_ns;
	c->last_ns = p->at_ns;
	c->next++;
	c->n++;
	return 0;
}

static uint64_t scan(pcap_packet_fn *fn, void *arg)
{
	const struct pcap_window all = { 0, UINT64_MAX };
	struct pcap_seen seen = { 0 };

	assert_int_equal(pcap_scan(dirfd_, &all, fn, arg, &seen), 0);
	assert_int_equal(seen.damaged, 0);
	return seen.files;
}

static void assert_all_there(uint32_t n)
{
	struct count c = { 0 };

	scan(see, &c);
	assert_false(c.unordered);
	assert_int_equal(c.n, n);
}

static uint64_t size_of(const char *name)
{
	struct stat st;

	return fstatat(dirfd_, name, &st, 0) < 0 ? 0 : (uint64_t)st.st_size;
}

static void append(const char *name, const void *p, size_t n)
{
	int fd = openat(dirfd_, name, O_WRONLY | O_APPEND | O_CLOEXEC);

	assert_int_equal(write(fd, p, n), (ssize_t)n);
	close(fd);
}

#define T(f) cmocka_unit_test_setup_teardown(f, fresh_dir, remove_dir)
