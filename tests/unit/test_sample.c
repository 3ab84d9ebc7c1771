/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Samples: chunks put together, chunks that do not fit, and going on after a crash. */
#include "folder.h"
#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "base/mem.h"
#include "folder.h"
#include "model/event.h"
#include "record/sample.h"

static uint64_t origin_seq;

static int fresh_samples(void **state)
{
	origin_seq = 0;
	return fresh_dir(state);
}

static struct sample_conf conf = { .file_max = 1 << 20, .hour_max = 100 << 20, .room = 100 << 20 };

static struct sample_asm *opened(void)
{
	struct sample_asm *a;

	assert_int_equal(sample_open(dirfd_, &conf, &a), 0);
	return a;
}

/* chunk() - of the object that began with origin @object, 0 for its first one */
static struct event chunk(uint64_t object, const char *whole, size_t size, size_t from, size_t len)
{
	return (struct event){ .kind = EV_CONTENT, .honeypot = 0, .origin = { SOURCE_GUEST, 7, ++origin_seq },
			       .process.entity = 1, .object = object, .size = size, .offset = from,
			       .bytes = { whole + from, len }, .flags = from + len == size ? EVENT_LAST : 0 };
}

static int feed(struct sample_asm *a, struct event e)
{
	int r = sample_feed(a, &e, 1000);

	assert_int_equal(r == SAMPLE_DONE, e.sha256[0] != 0);
	if (r != -ENOBUFS)
		assert_int_equal(r < 0, (e.flags & EVENT_TRUNCATED) != 0);
	return r;
}

/* feed_whole() - all of it in chunks of @n bytes; what the last one said */
static int feed_whole(struct sample_asm *a, const char *whole, size_t size, size_t n)
{
	uint64_t object = 0;
	int r = 0;

	for (size_t at = 0; r == 0 && at < size; at += n) {
		r = feed(a, chunk(object, whole, size, at, size - at < n ? size - at : n));
		object = object ? object : origin_seq;
	}
	return r;
}

static void name_of(const char *p, size_t n, char ret[65])
{
	unsigned char sum[crypto_hash_sha256_BYTES];

	crypto_hash_sha256(sum, (const unsigned char *)p, n);
	sodium_bin2hex(ret, 65, sum, sizeof(sum));
}

static void is_stored(const char *p, size_t n)
{
	_free_ char *b = xcalloc(n + 1, 1);
	char name[65];
	struct stat st;
	int fd;

	name_of(p, n, name);
	fd = openat(dirfd_, name, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(read(fd, b, n + 1), (ssize_t)n);
	assert_memory_equal(b, p, n);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0440);
	close(fd);
}

static int parts(void)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	int n = 0;

	while ((e = readdir(d)))
		n += !strncmp(e->d_name, "part-", 5);
	closedir(d);
	return n;
}

static char big[100 * 1000];

static void a_file_in_one_chunk_and_in_many(void **state)
{
	struct sample_asm *a = opened();

	(void)state;
	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (char)(i * 7 >> 3);
	assert_int_equal(feed_whole(a, "hello", 5, 5), SAMPLE_DONE);
	assert_int_equal(feed_whole(a, big, sizeof(big), 32768), SAMPLE_DONE);
	assert_int_equal(sample_sync(a), 0);
	is_stored("hello", 5);
	is_stored(big, sizeof(big));
	assert_int_equal(parts(), 1);
	sample_settle(a);
	assert_int_equal(parts(), 0);
	is_stored(big, sizeof(big));
	assert_int_equal(feed_whole(a, "hello", 5, 5), SAMPLE_DONE);	/* known: kept once */
	assert_int_equal(feed_whole(a, "hello", 5, 2), SAMPLE_DONE);
	sample_settle(a);
	is_stored("hello", 5);
	assert_int_equal(feed(a, chunk(0, "", 0, 0, 0)), SAMPLE_DONE);
	is_stored("", 0);
	sample_close(a);
}

static void other_events_pass(void **state)
{
	struct sample_asm *a = opened();
	struct event e = { .kind = EV_EXEC };

	(void)state;
	assert_int_equal(sample_feed(a, &e, 1000), 0);
	sample_close(a);
}

static void chunks_that_do_not_fit_end_the_file(void **state)
{
	static const struct { const char *what; size_t from, len, size; int want; } rows[] = {
		{ "a hole", 70, 10, 100, -EBADMSG },
		{ "again", 10, 10, 100, -EBADMSG },
		{ "half over the last", 40, 20, 100, -EBADMSG },
		{ "behind the end", 50, 60, 100, -EBADMSG },
		{ "far behind", (size_t)-5, 10, 100, -EBADMSG },
		{ "before the beginning", 5, 10, 100, -EBADMSG },
		{ "too large", 60, 1 << 20, 2 << 20, -EFBIG },
	};
	struct sample_asm *a = opened();
	static char whole[2 << 20];

	(void)state;
	for (size_t i = 0; i < nitems(rows); i++) {
		uint64_t object;
		struct event e;

		assert_int_equal(feed(a, chunk(0, whole, 100, 10, 50)), 0);
		object = origin_seq;
		e = chunk(object, whole, rows[i].size, 0, rows[i].len);
		e.offset = rows[i].from;
		if (feed(a, e) != rows[i].want)
			fail_msg("%s", rows[i].what);
		assert_int_equal(feed(a, chunk(object, whole, 100, 60, 40)), -EBADMSG);	/* it is gone */
		assert_int_equal(parts(), 0);
	}
	assert_int_equal(feed(a, chunk(origin_seq + 1, whole, 100, 0, 50)), -EBADMSG);	/* of the future */
	sample_close(a);
}

static void two_at_once_do_not_mix(void **state)
{
	struct sample_asm *a = opened();
	uint64_t one, two;

	(void)state;
	assert_int_equal(feed(a, chunk(0, "samesameone", 11, 0, 8)), 0);
	one = origin_seq;
	assert_int_equal(feed(a, chunk(0, "samesametwo", 11, 0, 8)), 0);
	two = origin_seq;
	assert_int_equal(feed(a, chunk(one, "samesameone", 11, 8, 3)), SAMPLE_DONE);
	assert_int_equal(feed(a, chunk(two, "samesametwo", 11, 8, 3)), SAMPLE_DONE);
	is_stored("samesameone", 11);
	is_stored("samesametwo", 11);
	sample_close(a);
}

static void what_is_not_all_says_how_much(void **state)
{
	struct sample_asm *a = opened();
	struct event e = chunk(0, "abcdefghij", 10, 6, 4);
	uint64_t object;

	(void)state;
	assert_int_equal(sample_feed(a, &e, 1000), SAMPLE_DONE);	/* the end of a file known before */
	assert_int_equal(e.kept, 4);
	is_stored("ghij", 4);
	assert_int_equal(feed(a, chunk(0, "abcdefghij", 10, 0, 4)), 0);
	object = origin_seq;
	e = chunk(object, "abcdefghij", 10, 4, 2);
	e.flags = EVENT_LAST;
	assert_int_equal(sample_feed(a, &e, 1000), SAMPLE_DONE);	/* a bound was reached */
	assert_int_equal(e.kept, 6);
	is_stored("abcdef", 6);
	assert_int_equal(feed(a, chunk(0, "abcdefghij", 10, 2, 4)), 0);
	object = origin_seq;
	e = chunk(object, "abcdefghij", 10, 6, 0);
	e.flags = EVENT_LAST;						/* it could not be read further */
	assert_int_equal(sample_feed(a, &e, 1000), SAMPLE_DONE);
	assert_int_equal(e.kept, 4);
	is_stored("cdef", 4);
	e = chunk(0, "abcdefghij", 10, 0, 0);
	e.flags = EVENT_LAST | EVENT_TRUNCATED;				/* nor begun */
	assert_int_equal(sample_feed(a, &e, 1000), 0);
	assert_string_equal(e.sha256, "");
	sample_close(a);
}

static void bounds_are_kept(void **state)
{
	struct sample_conf usual = conf;
	struct sample_asm *a;
	struct event e;

	(void)state;
	conf.hour_max = 10;
	a = opened();
	assert_int_equal(feed(a, chunk(0, "abcdefgh", 8, 0, 8)), SAMPLE_DONE);
	assert_int_equal(feed(a, chunk(0, "xyz", 3, 0, 3)), -EDQUOT);
	assert_int_equal(feed(a, chunk(0, "xy", 2, 0, 2)), SAMPLE_DONE);
	e = chunk(0, "xyz", 3, 0, 3);
	e.honeypot = 1;
	assert_int_equal(feed(a, e), SAMPLE_DONE);			/* another one's hour */
	e = chunk(0, "abc", 3, 0, 3);
	assert_int_equal(sample_feed(a, &e, 1000 + 3600000000ull), SAMPLE_DONE);
	sample_sync(a);
	sample_close(a);
	conf = usual;
	conf.room = 6 * 4096;						/* four are there */
	a = opened();
	assert_int_equal(feed_whole(a, big, 8192, 4096), SAMPLE_DONE);
	sample_settle(a);
	assert_int_equal(feed(a, chunk(0, "more", 4, 0, 4)), -ENOSPC);
	assert_int_equal(feed(a, chunk(0, "xyz", 3, 0, 3)), SAMPLE_DONE);	/* known: takes none */
	assert_int_equal(feed(a, chunk(0, big, 8192, 0, 4096)), -ENOSPC);
	assert_int_equal(parts(), 0);
	sample_close(a);
	conf = usual;
}

static void after_a_crash_it_goes_on(void **state)
{
	struct sample_asm *a = opened();
	struct event first = chunk(0, "abcdefghij", 10, 0, 4), second = chunk(origin_seq, "abcdefghij", 10, 4, 4);
	struct event last = chunk(first.origin.seq, "abcdefghij", 10, 8, 2);

	(void)state;
	assert_int_equal(feed(a, first), 0);
	assert_int_equal(feed(a, second), 0);
	assert_int_equal(sample_sync(a), 0);
	a = sample_close(a);

	a = opened();			/* only the first was acknowledged */
	assert_int_equal(feed(a, second), 0);
	assert_int_equal(feed(a, last), SAMPLE_DONE);
	a = sample_close(a);		/* the last one was not */

	a = opened();
	assert_int_equal(parts(), 1);
	assert_int_equal(feed(a, last), SAMPLE_DONE);
	is_stored("abcdefghij", 10);
	sample_settle(a);
	assert_int_equal(parts(), 0);
	a = sample_close(a);

	a = opened();			/* none was: all come again */
	assert_int_equal(feed(a, first), 0);
	a = sample_close(a);
	a = opened();
	assert_int_equal(feed(a, first), 0);
	assert_int_equal(feed(a, second), 0);
	assert_int_equal(feed(a, last), SAMPLE_DONE);
	sample_close(a);
}

static void a_tail_the_disk_lost_is_replaced(void **state)
{
	struct sample_asm *a = opened();
	struct event first = chunk(0, "abcdefghij", 10, 0, 4), second = chunk(origin_seq, "abcdefghij", 10, 4, 6);
	char name[65];
	int fd;

	(void)state;
	assert_int_equal(feed(a, first), 0);
	a = sample_close(a);
	fd = openat(dirfd_, "part-7-0-1-0", O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_int_equal(write(fd, "\0\0\0", 3), 3);	/* of a chunk that was being written */
	close(fd);
	a = opened();
	assert_int_equal(feed(a, second), SAMPLE_DONE);
	is_stored("abcdefghij", 10);
	sample_settle(a);
	/* A name was safe, what it is of was not: the event comes again. */
	name_of("abcdefghij", 10, name);
	fd = openat(dirfd_, name, O_WRONLY | O_TRUNC | O_CLOEXEC);
	close(fd);
	assert_int_equal(feed_whole(a, "abcdefghij", 10, 10), SAMPLE_DONE);
	is_stored("abcdefghij", 10);
	sample_close(a);
}

static void too_many_at_once_end_the_one_that_rested(void **state)
{
	struct sample_asm *a = opened();
	uint64_t first = origin_seq + 1;
	struct event other = chunk(0, "abcdef", 6, 0, 3);

	(void)state;
	other.honeypot = 1;
	assert_int_equal(feed(a, other), 0);
	first = origin_seq + 1;
	for (uint64_t i = 0; i <= SAMPLES_AT_ONCE; i++)
		assert_int_equal(feed(a, chunk(0, "abcdef", 6, 0, 3)), 0);
	assert_int_equal(parts(), SAMPLES_AT_ONCE + 1);
	assert_int_equal(feed(a, chunk(first, "abcdef", 6, 3, 3)), -EBADMSG);
	assert_int_equal(feed(a, chunk(first + 1, "abcdef", 6, 3, 3)), SAMPLE_DONE);
	assert_int_equal(feed(a, chunk(0, "abcdef", 6, 0, 3)), -ENOBUFS);	/* that one goes when it is settled */
	sample_settle(a);
	assert_int_equal(feed(a, chunk(0, "abcdef", 6, 0, 3)), 0);
	other = chunk(other.origin.seq, "abcdef", 6, 3, 3);
	other.honeypot = 1;
	assert_int_equal(feed(a, other), SAMPLE_DONE);			/* nobody else's business */
	a = sample_close(a);
	close(openat(dirfd_, "part-x", O_CREAT | O_WRONLY, 0600));	/* not ours: left alone */
	a = opened();
	sample_close(a);
	assert_int_equal(faccessat(dirfd_, "part-x", F_OK, 0), 0);
}

static void many_small_ones_wait_for_safety(void **state)
{
	struct sample_asm *a = opened();
	int r = SAMPLE_DONE, n = 0;

	(void)state;
	for (; n < 1000 && r == SAMPLE_DONE; n++)
		r = feed(a, chunk(0, (char *)&n, sizeof(n), 0, sizeof(n)));
	assert_int_equal(r, -ENOBUFS);
	assert_true(n > 10);
	assert_int_equal(sample_sync(a), 0);
	assert_int_equal(feed(a, chunk(0, (char *)&n, sizeof(n), 0, sizeof(n))), SAMPLE_DONE);
	sample_close(a);
}

#define WITH_DIR(t) cmocka_unit_test_setup_teardown(t, fresh_samples, remove_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_DIR(a_file_in_one_chunk_and_in_many),
		WITH_DIR(other_events_pass),
		WITH_DIR(chunks_that_do_not_fit_end_the_file),
		WITH_DIR(two_at_once_do_not_mix),
		WITH_DIR(what_is_not_all_says_how_much),
		WITH_DIR(bounds_are_kept),
		WITH_DIR(after_a_crash_it_goes_on),
		WITH_DIR(a_tail_the_disk_lost_is_replaced),
		WITH_DIR(too_many_at_once_end_the_one_that_rested),
		WITH_DIR(many_small_ones_wait_for_safety),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
