/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The journal on a real file system: recovery, a full disk, reading over files. */
#include "folder.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "folder.h"
#include "record/journal.h"
#include "record/last_words.h"
#include "record/line.h"

#define HOUR 3600000000ull
#define NOON 1795435200000000ull	/* 2026-11-23T12:00:00 */
#define FILE_12 "2026-11-23T12.ndjson"
#define FILE_13 "2026-11-23T13.ndjson"

static void line(struct text *t, uint64_t seq)
{
	static const struct honeynet net;
	struct event e = { .kind = EV_BOOT, .seq = seq, .honeypot = -1 };

	text_clear(t);
	line_write(&e, &net, t);
}

static struct place add(struct journal *j, uint64_t now, uint64_t seq)
{
	_text_ struct text t = { 0 };
	struct place at;

	line(&t, seq);
	assert_int_equal(journal_add(j, now, t.at, t.len, &at), 0);
	return at;
}

static void append(const char *file, const void *p, size_t n)
{
	int fd = openat(dirfd_, file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, p, n), (ssize_t)n);
	close(fd);
}

static off_t size_of(const char *file)
{
	struct stat st;

	return fstatat(dirfd_, file, &st, 0) < 0 ? -1 : st.st_size;
}

static struct journal *opened(struct journal_end *ret_end)
{
	struct journal *j;

	assert_int_equal(journal_open(dirfd_, &j, ret_end), 0);
	return j;
}

struct seen {
	uint64_t seq[64];
	size_t n, bad;
	struct place at[64];
};

static int see(void *arg, const struct place *at, const char *s, size_t len)
{
	struct seen *seen = arg;
	_line_ struct line l = { 0 };

	assert_true(seen->n < nitems(seen->seq));
	seen->at[seen->n] = *at;
	if (!s || line_read(s, len, NULL, &l) < 0)
		seen->bad++;
	seen->seq[seen->n++] = l.event.seq;
	return 0;
}

static void an_empty_folder_is_an_empty_journal(void **state)
{
	struct journal_end end;
	struct journal *j = opened(&end);
	struct seen seen = { 0 };

	(void)state;
	assert_int_equal(end.seq, 0);
	assert_string_equal(end.last.file, "");
	assert_int_equal(journal_sync(j), 0);
	journal_close(j);
	assert_int_equal(journal_scan(dirfd_, NULL, 0, see, &seen), 0);
	assert_int_equal(seen.n, 0);
}

static void lines_are_where_their_places_say(void **state)
{
	struct journal_end end;
	struct journal *j = opened(&end);
	struct place at[4];
	struct stat st;

	(void)state;
	at[0] = add(j, NOON, 1);
	at[1] = add(j, NOON + HOUR, 2);		/* same batch, same file */
	assert_int_equal(size_of(FILE_12), -1);
	assert_int_equal(journal_sync(j), 0);
	at[2] = add(j, NOON + HOUR, 3);
	assert_int_equal(journal_sync(j), 0);
	at[3] = add(j, NOON - HOUR, 4);		/* the clock stepped back */
	assert_int_equal(journal_sync(j), 0);
	assert_string_equal(at[1].file, FILE_12);
	assert_string_equal(at[2].file, FILE_13);
	assert_string_equal(at[3].file, FILE_13);
	for (size_t i = 0; i < nitems(at); i++) {
		_text_ struct text t = { 0 }, want = { 0 };

		line(&want, i + 1);
		assert_int_equal(journal_read(dirfd_, &at[i], &t), 0);
		assert_memory_equal(text_str(&t), text_str(&want), want.len - 2);	/* then the seal */
		at[i].len--;
		assert_int_equal(journal_read(dirfd_, &at[i], &t), -ENODATA);
	}
	fstatat(dirfd_, FILE_12, &st, 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	journal_close(j);
	journal_close(opened(&end));
	assert_int_equal(end.seq, 4);
	assert_string_equal(end.last.file, FILE_13);
	assert_int_equal(end.last.offset, at[3].offset);
}

static void what_is_no_line_is_not_added(void **state)
{
	struct journal_end end;
	struct journal *j = opened(&end);
	struct place at;
	const size_t most = LINE_BYTES_MAX - LINE_SEAL_MAX;
	_free_ char *long_line = xcalloc(LINE_BYTES_MAX + 1, 1);

	(void)state;
	memset(long_line, 'x', most);
	memcpy(long_line, "{\"", 2);
	memcpy(long_line + most - 5, "\":1}\n", 5);
	assert_int_equal(journal_add(j, NOON, "", 0, &at), -EINVAL);
	assert_int_equal(journal_add(j, NOON, "{}", 2, &at), -EINVAL);
	assert_int_equal(journal_add(j, NOON, "[]\n", 3, &at), -EINVAL);
	assert_int_equal(journal_add(j, NOON, "{}\n{}\n", 6, &at), -EINVAL);
	assert_int_equal(journal_add(j, NOON, long_line, most + 1, &at), -EINVAL);
	for (int i = 0; i < JOURNAL_BATCH_MAX / LINE_BYTES_MAX; i++)
		assert_int_equal(journal_add(j, NOON, long_line, most, &at), 0);
	while (journal_waiting(j) + LINE_SEAL_MAX + 3 <= JOURNAL_BATCH_MAX)
		assert_int_equal(journal_add(j, NOON, "{}\n", 3, &at), 0);
	assert_int_equal(journal_add(j, NOON, "{}\n", 3, &at), -ENOBUFS);
	journal_close(j);
}

static void a_torn_tail_is_cut(void **state)
{
	static const struct { const char *what, *tail; size_t n; } rows[] = {
		{ "half a line", "{\"timestamp\":\"2026", 17 },
		{ "zeroes", "\0\0\0\0\0\0\0\0", 8 },
		{ "one byte", "{", 1 },
		{ "nothing", "", 0 },
	};
	uint64_t seq = 0;

	(void)state;
	for (size_t i = 0; i < nitems(rows); i++) {
		struct journal_end end;
		struct journal *j = opened(&end);
		struct seen seen = { 0 };
		off_t before;

		assert_int_equal(end.seq, seq);
		add(j, NOON, ++seq);
		assert_int_equal(journal_sync(j), 0);
		journal_close(j);
		before = size_of(FILE_12);
		append(FILE_12, rows[i].tail, rows[i].n);
		assert_int_equal(journal_scan(dirfd_, NULL, 0, see, &seen), 0);
		assert_int_equal(seen.n, seq);	/* a reader does not see it either */
		assert_int_equal(seen.bad, 0);
		journal_close(opened(&end));
		if (end.torn != rows[i].n || end.seq != seq || size_of(FILE_12) != before)
			fail_msg("%s", rows[i].what);
	}
}

static void an_empty_newest_file_leads_to_the_one_before(void **state)
{
	struct journal_end end;
	struct journal *j = opened(&end);

	(void)state;
	add(j, NOON, 1);
	add(j, NOON, 2);
	assert_int_equal(journal_sync(j), 0);
	journal_close(j);
	append(FILE_13, "{\"torn", 6);
	j = opened(&end);
	assert_int_equal(end.seq, 2);
	assert_int_equal(end.torn, 6);
	assert_string_equal(end.last.file, FILE_12);
	assert_string_equal(add(j, NOON, 3).file, FILE_13);
	assert_int_equal(journal_sync(j), 0);
	journal_close(j);
	journal_close(opened(&end));
	assert_int_equal(end.seq, 3);
	assert_string_equal(end.last.file, FILE_13);
	assert_int_equal(end.last.offset, 0);
}

static void numbers_of_unreadable_lines_are_not_given_again(void **state)
{
	struct journal_end end;
	struct journal *j = opened(&end);
	_free_ char *junk = xcalloc(2, 1024 * 1024);

	(void)state;
	add(j, NOON, 41);
	assert_int_equal(journal_sync(j), 0);
	journal_close(j);
	append(FILE_12, "rubbish\n\n", 9);
	journal_close(opened(&end));
	assert_int_equal(end.seq, 43);
	memset(junk, 'x', 2 * 1024 * 1024);
	append(FILE_12, junk, 2 * 1024 * 1024);
	assert_int_equal(journal_open(dirfd_, &j, &end), -EUCLEAN);
	append(FILE_12, "\n", 1);
	assert_int_equal(journal_open(dirfd_, &j, &end), -EUCLEAN);
}

static void a_scan_goes_over_files_and_tells_what_it_cannot_read(void **state)
{
	struct journal_end end;
	struct journal *j = opened(&end);
	struct seen all = { 0 }, rest = { 0 };
	_free_ char *junk = xcalloc(1, LINE_BYTES_MAX + 1);

	(void)state;
	add(j, NOON, 1);
	add(j, NOON, 2);
	assert_int_equal(journal_sync(j), 0);
	memset(junk, 'x', LINE_BYTES_MAX + 1);
	append(FILE_12, "not json\n", 9);
	append(FILE_12, junk, LINE_BYTES_MAX + 1);	/* too long */
	append(FILE_12, "\n", 1);
	append(FILE_12, "torn in an old file", 19);
	append("notes.txt", "1\n", 2);
	append("2026-11-23T12.ndjson~", "1\n", 2);
	journal_close(j);
	{
		_text_ struct text t = { 0 };

		line(&t, 3);
		append(FILE_13, t.at, t.len);
		line(&t, 4);
		append(FILE_13, t.at, t.len);
	}
	assert_int_equal(journal_scan(dirfd_, NULL, 0, see, &all), 0);
	assert_int_equal(all.n, 7);
	assert_int_equal(all.bad, 3);
	assert_int_equal(all.seq[1], 2);
	assert_int_equal(all.at[3].len, LINE_BYTES_MAX + 2);
	assert_int_equal(all.at[3].offset, all.at[2].offset + 9);
	assert_int_equal(all.at[4].len, 19);
	assert_int_equal(all.seq[6], 4);
	assert_int_equal(journal_scan(dirfd_, all.at[5].file, all.at[5].offset + all.at[5].len, see, &rest), 0);
	assert_int_equal(rest.n, 1);
	assert_int_equal(rest.seq[0], 4);
}

static int stop_at_two(void *arg, const struct place *at, const char *s, size_t len)
{
	(void)at, (void)s, (void)len;
	return ++*(int *)arg == 2 ? 77 : 0;
}

static void a_callback_can_stop(void **state)
{
	int n = 0;

	(void)state;
	append(FILE_12, "1\n2\n3\n", 6);
	append(FILE_13, "4\n", 2);
	assert_int_equal(journal_scan(dirfd_, NULL, 0, stop_at_two, &n), 77);
	assert_int_equal(n, 2);
}

/* full_disk() - what happens when writing fails in the middle, then works again */
static void full_disk(int want, void (*make_room)(void))
{
	struct journal_end end;
	struct journal *j = opened(&end);
	struct seen seen = { 0 };
	struct place at;
	off_t before;

	add(j, NOON, 1);
	assert_int_equal(journal_sync(j), 0);
	before = size_of(FILE_12);
	for (uint64_t i = 2; i < 60; i++) {
		_text_ struct text t = { 0 };
		struct event e = { .kind = EV_EXEC, .seq = i, .honeypot = -1 };
		static const char args[6000];
		static const struct honeynet net;

		e.args = (struct span){ args, sizeof(args) };
		line_write(&e, &net, &t);
		assert_int_equal(journal_add(j, NOON, t.at, t.len, &at), 0);
	}
	for (int i = 0; i < 3; i++) {
		assert_int_equal(journal_sync(j), want);
		assert_int_equal(size_of(FILE_12), before);
		assert_true(journal_waiting(j) > 0);
	}
	make_room();
	assert_int_equal(journal_sync(j), 0);
	assert_int_equal(size_of(FILE_12), at.offset + at.len);
	journal_close(j);
	assert_int_equal(journal_scan(dirfd_, NULL, 0, see, &seen), 0);
	assert_int_equal(seen.n, 59);
	assert_int_equal(seen.bad, 0);
	for (size_t i = 0; i < seen.n; i++)
		assert_int_equal(seen.seq[i], i + 1);
}

static void raise_limit(void)
{
	struct rlimit l;

	getrlimit(RLIMIT_FSIZE, &l);
	l.rlim_cur = l.rlim_max;
	setrlimit(RLIMIT_FSIZE, &l);
}

static void a_short_write_counts_for_nothing(void **state)
{
	struct rlimit l;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &l);
	l.rlim_cur = 100 * 1000;
	setrlimit(RLIMIT_FSIZE, &l);
	full_disk(-EFBIG, raise_limit);
}

static void grow_disk(void)
{
	assert_int_equal(mount(NULL, dir, NULL, MS_REMOUNT, "size=64m"), 0);
}

/* In a child: its mount namespace goes with it. */
static void a_full_disk_counts_for_nothing(void **state)
{
	pid_t pid;
	int status;

	(void)state;
	if (geteuid() != 0) {
		print_message("SKIPPED, NOT TESTED: a full disk needs root\n");
		skip();
	}
	pid = fork();
	if (!pid) {
		if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		    mount("tmpfs", dir, "tmpfs", 0, "size=128k") < 0)
			_exit(77);
		dirfd_ = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		full_disk(-ENOSPC, grow_disk);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
		print_message("SKIPPED, NOT TESTED: no mount namespace here\n");
		skip();
	}
	assert_int_equal(status, 0);
}

/* A full disk at the first line of a new file: the file is there, empty, and used later. */
static void a_new_file_may_fail_too(void **state)
{
	struct journal_end end;
	struct journal *j = opened(&end);

	(void)state;
	add(j, NOON, 1);
	assert_int_equal(journal_sync(j), 0);
	add(j, NOON + HOUR, 2);
	append(FILE_13, "somebody else's\n", 16);
	assert_int_equal(journal_sync(j), -EUCLEAN);	/* never over what is not ours */
	assert_int_equal(size_of(FILE_13), 16);
	unlinkat(dirfd_, FILE_13, 0);
	assert_int_equal(journal_sync(j), 0);
	journal_close(j);
	journal_close(opened(&end));
	assert_int_equal(end.seq, 2);
}

static size_t words_in(const char *name, uint64_t *ret_first)
{
	_fd_ int fd = openat(dirfd_, name, O_RDONLY | O_CLOEXEC);
	_text_ struct text t = { 0 };
	size_t n = 0;

	assert_int_equal(file_read(fd, 1 << 20, &t), 0);
	for (const char *at = text_str(&t), *lf; (lf = strchr(at, '\n')); at = lf + 1, n++)
		if (n == 0)
			assert_int_equal(sscanf(strstr(at, "\"seq\":"), "\"seq\":%" SCNu64, ret_first), 1);
	return n;
}

static void the_last_words_of_one_are_kept(void **state)
{
	struct last_words *w = last_words_new();
	struct journal_end end;
	struct journal *j = opened(&end);
	uint64_t first = 0;

	(void)state;
	for (uint64_t i = 1; i <= 2 * (LAST_WORDS + 5); i++) {	/* two take turns */
		struct place at = add(j, NOON, i);

		last_words_note(w, i % 2 ? 3 : 4, &at);
	}
	assert_int_equal(last_words_keep(w, 5, dirfd_, dirfd_, "none"), 0);
	assert_int_equal(last_words_keep(w, 3, dirfd_, dirfd_, "early"), 0);	/* not one of them is safe yet */
	assert_int_equal(journal_sync(j), 0);
	assert_int_equal(last_words_keep(w, 3, dirfd_, dirfd_, "escape"), LAST_WORDS);
	assert_int_equal(last_words_keep(w, 3, dirfd_, dirfd_, "escape"), -EEXIST);
	assert_int_equal(words_in("escape", &first), LAST_WORDS);
	assert_int_equal(first, 11);
	unlinkat(dirfd_, FILE_12, 0);
	assert_int_equal(last_words_keep(w, 4, dirfd_, dirfd_, "late"), 0);
	last_words_free(w);
	journal_close(j);
}

#define WITH_DIR(t) cmocka_unit_test_setup_teardown(t, fresh_dir, remove_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_DIR(an_empty_folder_is_an_empty_journal),
		WITH_DIR(lines_are_where_their_places_say),
		WITH_DIR(what_is_no_line_is_not_added),
		WITH_DIR(a_torn_tail_is_cut),
		WITH_DIR(an_empty_newest_file_leads_to_the_one_before),
		WITH_DIR(numbers_of_unreadable_lines_are_not_given_again),
		WITH_DIR(a_scan_goes_over_files_and_tells_what_it_cannot_read),
		WITH_DIR(a_callback_can_stop),
		WITH_DIR(a_short_write_counts_for_nothing),
		WITH_DIR(a_full_disk_counts_for_nothing),
		WITH_DIR(a_new_file_may_fail_too),
		WITH_DIR(the_last_words_of_one_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
