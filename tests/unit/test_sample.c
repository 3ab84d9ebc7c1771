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

static struct sample_asm *opened(void)
{
	struct sample_asm *a;

	assert_int_equal(sample_open(dirfd_, &a), 0);
	return a;
}

static struct event chunk(uint64_t entity, const char *whole, size_t size, size_t from, size_t len)
{
	return (struct event){ .kind = EV_MODULE, .honeypot = 0, .origin = { SOURCE_GUEST, 7, ++origin_seq },
			       .process.entity = entity, .size = size, .offset = from, .bytes = { whole + from, len } };
}

static int feed(struct sample_asm *a, struct event e)
{
	int r = sample_feed(a, &e);

	assert_int_equal(r == SAMPLE_DONE, e.sha256[0] != 0);
	assert_int_equal(r < 0, (e.flags & EVENT_TRUNCATED) != 0);
	return r;
}

static void name_of(const char *p, size_t n, char ret[68])
{
	unsigned char sum[crypto_hash_sha256_BYTES];

	crypto_hash_sha256(sum, (const unsigned char *)p, n);
	sodium_bin2hex(ret + 3, 65, sum, sizeof(sum));
	memcpy(ret, ret + 3, 2);
	ret[2] = '/';
}

static void is_stored(const char *p, size_t n)
{
	_free_ char *b = xcalloc(n + 1, 1);
	char name[68];
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
	assert_int_equal(feed(a, chunk(1, "hello", 5, 0, 5)), SAMPLE_DONE);
	for (size_t at = 0; at < sizeof(big); at += 32768) {
		size_t n = sizeof(big) - at < 32768 ? sizeof(big) - at : 32768;

		assert_int_equal(feed(a, chunk(2, big, sizeof(big), at, n)), at + n == sizeof(big) ? SAMPLE_DONE : 0);
	}
	assert_int_equal(sample_sync(a), 0);
	is_stored("hello", 5);
	is_stored(big, sizeof(big));
	assert_int_equal(parts(), 2);
	sample_settle(a);
	assert_int_equal(parts(), 0);
	is_stored(big, sizeof(big));
	assert_int_equal(feed(a, chunk(3, "hello", 5, 0, 5)), SAMPLE_DONE);	/* known: kept once */
	sample_settle(a);
	is_stored("hello", 5);
	sample_close(a);
}

static void other_events_pass(void **state)
{
	struct sample_asm *a = opened();
	struct event e = { .kind = EV_EXEC };

	(void)state;
	assert_int_equal(sample_feed(a, &e), 0);
	sample_close(a);
}

static void chunks_that_do_not_fit_end_the_file(void **state)
{
	static const struct { const char *what; size_t from, len, size; int want; } rows[] = {
		{ "a hole", 60, 10, 100, -EBADMSG },
		{ "again", 10, 10, 100, -EBADMSG },
		{ "half over the last", 40, 20, 100, -EBADMSG },
		{ "behind the end", 50, 60, 100, -EBADMSG },
		{ "far behind", (size_t)-5, 10, 100, -EBADMSG },
		{ "nothing", 50, 0, 100, -EBADMSG },
		{ "another size", 50, 10, 101, -EBADMSG },
		{ "too large", 50, 10, SAMPLE_BYTES_MAX + 1, -EFBIG },
	};
	struct sample_asm *a = opened();
	static char whole[200];

	(void)state;
	for (size_t i = 0; i < nitems(rows); i++) {
		struct event e = chunk(5, whole, 100, 0, 50);

		assert_int_equal(feed(a, e), 0);
		e = chunk(5, whole, rows[i].size, 0, rows[i].len);
		e.offset = rows[i].from;
		if (feed(a, e) != rows[i].want)
			fail_msg("%s", rows[i].what);
		assert_int_equal(feed(a, chunk(5, whole, 100, 50, 50)), -EBADMSG);	/* it is gone */
		assert_int_equal(parts(), 0);
	}
	sample_close(a);
}

static void one_process_brings_two_that_begin_alike(void **state)
{
	struct sample_asm *a = opened();

	(void)state;
	assert_int_equal(feed(a, chunk(5, "samesameone", 11, 0, 8)), 0);
	assert_int_equal(feed(a, chunk(5, "samesameone", 11, 8, 3)), SAMPLE_DONE);
	assert_int_equal(feed(a, chunk(5, "samesametwo", 11, 0, 8)), 0);
	assert_int_equal(feed(a, chunk(5, "samesametwo", 11, 8, 3)), SAMPLE_DONE);
	is_stored("samesameone", 11);
	is_stored("samesametwo", 11);
	sample_close(a);
}

static void after_a_crash_it_goes_on(void **state)
{
	struct sample_asm *a = opened();
	struct event first = chunk(9, "abcdefghij", 10, 0, 4), second = chunk(9, "abcdefghij", 10, 4, 4);
	struct event last = chunk(9, "abcdefghij", 10, 8, 2);

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
	sample_close(a);
}

static void a_tail_the_disk_lost_is_replaced(void **state)
{
	struct sample_asm *a = opened();
	struct event first = chunk(9, "abcdefghij", 10, 0, 4), second = chunk(9, "abcdefghij", 10, 4, 6);
	int fd;

	(void)state;
	assert_int_equal(feed(a, first), 0);
	a = sample_close(a);
	fd = openat(dirfd_, "part-7-0-9", O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_int_equal(write(fd, "\0\0\0", 3), 3);	/* of a chunk that was being written */
	close(fd);
	a = opened();
	assert_int_equal(feed(a, second), SAMPLE_DONE);
	is_stored("abcdefghij", 10);
	sample_close(a);
}

static void too_many_at_once_end_the_one_that_rested(void **state)
{
	struct sample_asm *a = opened();

	(void)state;
	for (uint64_t i = 1; i <= SAMPLES_AT_ONCE + 1; i++)
		assert_int_equal(feed(a, chunk(i, "abcdef", 6, 0, 3)), 0);
	assert_int_equal(parts(), SAMPLES_AT_ONCE);
	assert_int_equal(feed(a, chunk(1, "abcdef", 6, 3, 3)), -EBADMSG);
	assert_int_equal(feed(a, chunk(2, "abcdef", 6, 3, 3)), SAMPLE_DONE);
	a = sample_close(a);
	close(openat(dirfd_, "part-x", O_CREAT | O_WRONLY, 0600));	/* not ours: left alone */
	a = opened();
	sample_close(a);
	assert_int_equal(faccessat(dirfd_, "part-x", F_OK, 0), 0);
}

#define WITH_DIR(t) cmocka_unit_test_setup_teardown(t, fresh_samples, remove_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_DIR(a_file_in_one_chunk_and_in_many),
		WITH_DIR(other_events_pass),
		WITH_DIR(chunks_that_do_not_fit_end_the_file),
		WITH_DIR(one_process_brings_two_that_begin_alike),
		WITH_DIR(after_a_crash_it_goes_on),
		WITH_DIR(a_tail_the_disk_lost_is_replaced),
		WITH_DIR(too_many_at_once_end_the_one_that_rested),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
