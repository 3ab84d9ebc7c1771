/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verify, against somebody who may change everything on the disk but does not have the key: each way
 * to tamper with a journal is done to a real one, and has to be named as what it is, with the record.
 */
#include "folder.h"
#include "unit.h"

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
#include "record/chain_state.h"
#include "record/journal.h"
#include "record/journal_files.h"
#include "record/line.h"
#include "record/verify.h"

#define HOUR 3600000000ull
#define NOON 1795435200000000ull	/* 2026-11-23T12:00:00 */
#define FILE_12 "2026-11-23T12.ndjson"
#define FILE_13 "2026-11-23T13.ndjson"
#define FILE_14 "2026-11-23T14.ndjson"
#define FILE_15 "2026-11-23T15.ndjson"

enum { FILES = 3, IN_FILE = 20, RECORDS = FILES * IN_FILE, OLD = 50 };

static const uint8_t secret[CHAIN_SECRET] = "the secret is 16", other_secret[CHAIN_SECRET] = "another one here";
static char folder[96];
static struct verify_result result;

/* --- a journal, and its lines to play with ---------------------------------------------------- */

static struct { const char *name; char *line[IN_FILE + 4]; size_t n; } files[FILES];
static char old_state[2 * 4096], sample_hash[65];

static void record(struct journal *j, uint64_t n, uint64_t file_us)
{
	static const struct honeynet net;
	_text_ struct text t = { 0 };
	struct event e = { .kind = EV_EXEC, .seq = n, .honeypot = -1, .at_us = file_us + n * 1000000,
			   .args = { "id\0-u", 6 }, .process = { .pid = (uint32_t)n, .comm = "id" } };
	struct place at;

	if (n == 30) {
		e = (struct event){ .kind = EV_MODULE, .seq = n, .honeypot = -1, .at_us = e.at_us, .size = 4,
				    .bytes = { "evil", 4 } };
		memcpy(e.sha256, sample_hash, sizeof(sample_hash));
	}
	line_write(&e, &net, &t);
	assert_int_equal(journal_add(j, file_us, t.at, t.len, &at), 0);
}

static void put(const char *name, const void *p, size_t n)
{
	int fd = openat(dirfd_, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, p, n), (ssize_t)n);
	close(fd);
}

static size_t get(const char *name, char *ret, size_t size)
{
	int fd = openat(dirfd_, name, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, ret, size);

	assert_true(fd >= 0 && n >= 0);
	close(fd);
	return (size_t)n;
}

static void make_sample(void)
{
	unsigned char sum[crypto_hash_sha256_BYTES];
	char path[160];

	crypto_hash_sha256(sum, (const unsigned char *)"evil", 4);
	sodium_bin2hex(sample_hash, sizeof(sample_hash), sum, sizeof(sum));
	assert_int_equal(mkdirat(dirfd_, "../samples", 0750), 0);
	snprintf(path, sizeof(path), "../samples/%s", sample_hash);
	put(path, "evil", 4);
}

static void write_journal(void)
{
	static const uint64_t hour[FILES] = { NOON, NOON + HOUR, NOON + 3 * HOUR };
	struct journal_end end;
	struct journal *j;
	uint64_t n = 1;

	assert_int_equal(chain_state_make(dirfd_, secret, false), 0);
	assert_int_equal(journal_open(dirfd_, &j, &end), 0);
	assert_int_equal(end.chain.what, CHAIN_BEGINS);
	for (size_t f = 0; f < FILES; f++)
		for (size_t i = 0; i < IN_FILE; i++, n++) {
			record(j, n, hour[f]);
			if (n % 7 == 0 || i == IN_FILE - 1 || n == OLD)
				assert_int_equal(journal_sync(j), 0);
			if (n == OLD)
				assert_int_equal(get(CHAIN_STATE_FILE, old_state, sizeof(old_state)), sizeof(old_state));
		}
	journal_close(j);
}

static int load_line(void *arg, const struct place *at, const char *line, size_t len)
{
	size_t f = *(size_t *)arg;

	(void)at;
	files[f].line[files[f].n++] = strndup(line, len);
	return 0;
}

static void load(void)
{
	static const char *const names[FILES] = { FILE_12, FILE_13, FILE_15 };

	for (size_t f = 0; f < FILES; f++) {
		files[f].name = names[f];
		files[f].n = 0;
		assert_int_equal(journal_scan_file(dirfd_, names[f], true, load_line, &f), 0);
		assert_int_equal(files[f].n, IN_FILE);
	}
}

static void save(void)
{
	for (size_t f = 0; f < FILES; f++) {
		_text_ struct text t = { 0 };

		for (size_t i = 0; i < files[f].n; i++)
			text_addf(&t, "%s\n", files[f].line[i]);
		put(files[f].name, text_str(&t), t.len);
	}
}

static void forget_lines(void)
{
	for (size_t f = 0; f < FILES; f++)
		while (files[f].n)
			free(files[f].line[--files[f].n]);
}

static int fresh_journal(void **state)
{
	if (fresh_dir(state) < 0)
		return -1;
	close(dirfd_);
	snprintf(folder, sizeof(folder), "%s/journal", dir);
	if (mkdir(folder, 0750) < 0)
		return -1;
	close(dirfd_);
	dirfd_ = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	make_sample();
	write_journal();
	load();
	return 0;
}

static int remove_journal(void **state)
{
	forget_lines();
	return remove_dir(state);
}

static void verify_with(const uint8_t *with, uint64_t at_least)
{
	int evidence = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct verify v = { .journal = dirfd_, .evidence = evidence, .at_least = at_least };

	assert_int_equal(verify_run(&v, with, &result), 0);
	close(evidence);
}

/* --- ways to tamper --------------------------------------------------------------------------- */

static void insert(size_t f, size_t at, const char *line)
{
	memmove(&files[f].line[at + 1], &files[f].line[at], (files[f].n - at) * sizeof(char *));
	files[f].line[at] = xstrdup(line);
	files[f].n++;
}

static char *take_out(size_t f, size_t at)
{
	char *line = files[f].line[at];

	files[f].n--;
	memmove(&files[f].line[at], &files[f].line[at + 1], (files[f].n - at) * sizeof(char *));
	return line;
}

static void take_away(size_t f, size_t at)
{
	free(take_out(f, at));
}

static void nothing(void)
{
}

static void change_a_byte(void)		/* record 25 */
{
	char *at = strstr(files[1].line[4], "\"id\"");

	at[1] = 'l';
	at[2] = 's';
	save();
}

static void change_the_last(void)
{
	*strstr(files[2].line[19], "id") = 'I';
	save();
}

static void change_a_field_and_length(void)
{
	_text_ struct text t = { 0 };
	char *line = files[0].line[9], *args = strstr(line, "\"args\":");

	text_addn(&t, line, (size_t)(args - line));
	text_add(&t, "\"args\":[\"true\"]");
	text_add(&t, strchr(args, ']') + 1);
	free(line);
	files[0].line[9] = xstrdup(text_str(&t));
	save();
}

static void change_two_that_follow(void)
{
	*strstr(files[0].line[9], "id") = 'I';
	*strstr(files[0].line[10], "id") = 'I';
	save();
}

static void remove_one(void)
{
	take_away(1, 4);
	save();
}

static void remove_the_first(void)
{
	take_away(0, 0);
	save();
}

static void remove_the_first_of_a_file(void)
{
	take_away(1, 0);
	save();
}

static void remove_three(void)
{
	for (int i = 0; i < 3; i++)
		take_away(2, 5);
	save();
}

static void remove_near_the_end(void)
{
	take_away(2, 17);
	save();
}

static void swap_neighbours(void)
{
	char *line = files[1].line[4];

	files[1].line[4] = files[1].line[5];
	files[1].line[5] = line;
	save();
}

static void swap_the_last_two(void)
{
	char *line = files[2].line[18];

	files[2].line[18] = files[2].line[19];
	files[2].line[19] = line;
	save();
}

static void move_down(void)		/* record 5 behind 18 */
{
	char *line = take_out(0, 4);

	insert(0, 17, line);
	free(line);
	save();
}

static void move_up(void)		/* record 18 before 5 */
{
	char *line = take_out(0, 17);

	insert(0, 4, line);
	free(line);
	save();
}

static void move_to_another_file(void)	/* record 5 behind 30 */
{
	char *line = take_out(0, 4);

	insert(1, 10, line);
	free(line);
	save();
}

static void move_over_the_border(void)	/* record 20 to the beginning of the next file */
{
	char *line = take_out(0, 19);

	insert(1, 0, line);
	free(line);
	save();
}

static void double_one(void)
{
	insert(1, 5, files[1].line[4]);
	save();
}

static void double_one_far_away(void)
{
	insert(2, 5, files[0].line[4]);
	save();
}

/* A whole record with a seal, as somebody would make it who knows the program but not the key. */
static void forge(uint64_t n, struct text *t)
{
	static const struct honeynet net;
	struct event e = { .kind = EV_EXIT, .seq = n, .honeypot = -1, .at_us = NOON };
	_text_ struct text line = { 0 };
	uint8_t last[CHAIN_MAC] = { 0 };
	struct chain_key k;

	chain_first(other_secret, &k);
	while (k.n < n)
		chain_next(&k);
	line_write(&e, &net, &line);
	seal_write(&k, FILE_13, (struct span){ line.at, line.len }, t, last);
	t->at[--t->len] = '\0';
}

static void insert_forged(void)
{
	_text_ struct text t = { 0 };

	forge(25, &t);
	insert(1, 4, t.at);
	save();
}

static void replace_by_forged(void)
{
	_text_ struct text t = { 0 };

	forge(25, &t);
	take_away(1, 4);
	insert(1, 4, t.at);
	save();
}

static void cut_the_last(void)
{
	take_away(2, 19);
	save();
}

static void cut_in_a_line(void)
{
	char b[64 * 1024];

	put(FILE_15, b, get(FILE_15, b, sizeof(b)) - 100);
}

static void cut_and_roll_back(void)	/* back to record OLD, with the state of then */
{
	while (files[2].n > OLD - 2 * IN_FILE)
		take_away(2, files[2].n - 1);
	save();
	put(CHAIN_STATE_FILE, old_state, sizeof(old_state));
}

static void roll_back_the_state(void)
{
	put(CHAIN_STATE_FILE, old_state, sizeof(old_state));
}

static void remove_a_file(void)
{
	unlinkat(dirfd_, FILE_13, 0);
}

static void remove_the_first_file(void)
{
	unlinkat(dirfd_, FILE_12, 0);
}

static void remove_the_last_file(void)
{
	unlinkat(dirfd_, FILE_15, 0);
}

static void rename_a_file(void)		/* the order of records stays */
{
	renameat(dirfd_, FILE_13, dirfd_, FILE_14);
}

static void rename_a_file_out_of_order(void)
{
	renameat(dirfd_, FILE_13, dirfd_, "2026-11-23T16.ndjson");
}

static void double_a_file(void)
{
	char b[64 * 1024];

	put(FILE_14, b, get(FILE_13, b, sizeof(b)));
}

static void swap_macs(void)		/* of 25 and 26 */
{
	char *a = strstr(files[1].line[4], "\"mac\":\"") + 7, *b = strstr(files[1].line[5], "\"mac\":\"") + 7, keep[22];

	memcpy(keep, a, 22);
	memcpy(a, b, 22);
	memcpy(b, keep, 22);
	save();
}

static void replace_a_mac(void)
{
	char *a = strstr(files[1].line[4], "\"mac\":\"") + 7;

	*a = *a == 'A' ? 'B' : 'A';
	save();
}

static void replace_the_last_mac(void)
{
	char *a = strstr(files[2].line[19], "\"mac\":\"") + 7;

	*a = *a == 'A' ? 'B' : 'A';
	save();
}

static void strip_a_seal(void)
{
	char *seal = strstr(files[1].line[4], ",\"chain\":");

	strcpy(seal, "}");
	save();
}

static void delete_the_state(void)
{
	unlinkat(dirfd_, CHAIN_STATE_FILE, 0);
}

static void damage_the_state(void)
{
	put(CHAIN_STATE_FILE, "nonsense", 8);
}

static void replace_the_state(void)
{
	chain_state_make(dirfd_, other_secret, false);
}

/* This chain's name, its number, but a key of somebody else's. */
static void forge_the_state(void)
{
	struct chain_state s;
	int fd = chain_state_open(dirfd_);

	assert_int_equal(chain_state_read(dirfd_, &s), 0);
	s.next.n -= 5;
	for (int i = 0; i < 2; i++)
		assert_int_equal(chain_state_write(fd, &s), 0);
	close(fd);
	for (int i = 0; i < 5; i++)
		take_away(2, files[2].n - 1);
	save();
}

static void append(const char *what)
{
	int fd = openat(dirfd_, FILE_15, O_WRONLY | O_APPEND | O_CLOEXEC);

	assert_int_equal(write(fd, what, strlen(what)), (ssize_t)strlen(what));
	close(fd);
}

static void append_a_line_feed(void)
{
	append("\n");
}

static void append_garbage(void)
{
	append("wake up neo\n");
}

static void append_half_a_line(void)
{
	append("{\"timestamp\":\"2026-");
}

static void insert_garbage(void)
{
	insert(0, 9, "{}");
	save();
}

static void overwrite_by_zeroes(void)
{
	char *line = files[1].line[4];
	size_t n = strlen(line);
	char b[64 * 1024];
	size_t len, at;

	len = get(FILE_13, b, sizeof(b));
	at = (size_t)((char *)memmem(b, len, line, n) - b);
	memset(b + at, 0, n);
	put(FILE_13, b, len);
}

static void start_over(void)	/* remove the state, let a recorder begin another chain, go on with that */
{
	struct journal_end end;
	struct journal *j;

	chain_state_make(dirfd_, other_secret, false);
	assert_int_equal(journal_open(dirfd_, &j, &end), 0);
	assert_int_equal(end.chain.what, CHAIN_BEGINS);
	for (uint64_t n = 61; n < 70; n++) {
		_text_ struct text t = { 0 };
		static const struct honeynet net;
		struct event e = { .kind = n == 61 ? EV_CHAIN : EV_BOOT, .seq = n, .honeypot = -1, .at_us = NOON };
		struct place at;

		line_write(&e, &net, &t);
		assert_int_equal(journal_add(j, NOON + 3 * HOUR, t.at, t.len, &at), 0);
	}
	assert_int_equal(journal_sync(j), 0);
	journal_close(j);
}

static void remove_the_sample(void)
{
	_free_ char *path = xasprintf("../samples/%s", sample_hash);

	unlinkat(dirfd_, path, 0);
}

static void change_the_sample(void)
{
	_free_ char *path = xasprintf("../samples/%s", sample_hash);

	put(path, "good", 4);
}

static void remove_all_samples(void)
{
	_free_ char *cmd = xasprintf("rm -rf %s/samples", dir);

	assert_int_equal(system(cmd), 0);
}

static void make_unreadable(void)	/* a link where a file should be: root may read everything else */
{
	renameat(dirfd_, FILE_13, dirfd_, "kept");
	symlinkat("kept", dirfd_, FILE_13);
}

/* --- what has to be said ---------------------------------------------------------------------- */

static const struct {
	const char *what;
	void (*tamper)(void);
	enum verify_what want;		/* the first finding; VERIFY_WHATS: none */
	uint64_t first, last;		/* records it is about */
	const char *file;		/* where */
	uint64_t line;			/* in that file */
	size_t n;			/* findings in all */
	const char *other;		/* the other name it has to say */
} rows[] = {
	{ "nothing", nothing, VERIFY_WHATS, 0, 0, NULL, 0, 0, NULL },
	{ "a byte changed", change_a_byte, VERIFY_CHANGED, 25, 25, FILE_13, 5, 1, NULL },
	{ "the last one changed", change_the_last, VERIFY_CHANGED, 60, 60, FILE_15, 20, 1, NULL },
	{ "a field and the length changed", change_a_field_and_length, VERIFY_CHANGED, 10, 10, FILE_12, 10, 1, NULL },
	{ "two changed", change_two_that_follow, VERIFY_CHANGED, 10, 10, FILE_12, 10, 2, NULL },
	{ "removed", remove_one, VERIFY_REMOVED, 25, 25, FILE_13, 5, 1, NULL },
	{ "the first one removed", remove_the_first, VERIFY_REMOVED, 1, 1, FILE_12, 1, 1, NULL },
	{ "the first one of a file removed", remove_the_first_of_a_file, VERIFY_REMOVED, 21, 21, FILE_13, 1, 1, NULL },
	{ "three removed", remove_three, VERIFY_REMOVED, 46, 48, FILE_15, 6, 1, NULL },
	{ "removed near the end", remove_near_the_end, VERIFY_REMOVED, 58, 58, FILE_15, 18, 1, NULL },
	{ "neighbours swapped", swap_neighbours, VERIFY_MOVED, 26, 26, FILE_13, 5, 1, NULL },
	{ "the last two swapped", swap_the_last_two, VERIFY_MOVED, 60, 60, FILE_15, 19, 1, NULL },
	{ "moved down", move_down, VERIFY_MOVED, 5, 5, FILE_12, 18, 1, NULL },
	{ "moved up", move_up, VERIFY_MOVED, 18, 18, FILE_12, 5, 1, NULL },
	{ "moved to another file", move_to_another_file, VERIFY_MOVED, 5, 5, FILE_13, 11, 1, FILE_12 },
	{ "moved over the border", move_over_the_border, VERIFY_MOVED, 20, 20, FILE_13, 1, 1, FILE_12 },
	{ "doubled", double_one, VERIFY_DOUBLED, 25, 25, FILE_13, 6, 1, NULL },
	{ "doubled far away", double_one_far_away, VERIFY_DOUBLED, 5, 5, FILE_15, 6, 1, FILE_12 },
	{ "inserted", insert_forged, VERIFY_INSERTED, 0, 0, FILE_13, 5, 1, NULL },
	{ "replaced by a forged one", replace_by_forged, VERIFY_CHANGED, 25, 25, FILE_13, 5, 1, NULL },
	{ "the last one cut off", cut_the_last, VERIFY_CUT, 60, 60, FILE_15, 20, 1, NULL },
	{ "cut in a line", cut_in_a_line, VERIFY_CUT, 60, 60, FILE_15, 20, 2, NULL },
	{ "cut, and the state rolled back", cut_and_roll_back, VERIFY_WHATS, 0, 0, NULL, 0, 0, NULL },
	{ "the state rolled back", roll_back_the_state, VERIFY_BEHIND, 0, 0, FILE_15, 20, 1, NULL },
	{ "a file removed", remove_a_file, VERIFY_FILE_REMOVED, 21, 40, FILE_15, 1, 1, FILE_12 },
	{ "the first file removed", remove_the_first_file, VERIFY_REMOVED, 1, 20, FILE_13, 1, 1, NULL },
	{ "the last file removed", remove_the_last_file, VERIFY_FILE_REMOVED, 41, 60, FILE_13, 21, 1, FILE_15 },
	{ "a file renamed", rename_a_file, VERIFY_FILE_RENAMED, 21, 40, FILE_14, 1, 1, FILE_13 },
	{ "a file renamed out of order", rename_a_file_out_of_order, VERIFY_FILE_RENAMED, 21, 40, "2026-11-23T16.ndjson",
	  1, 1, FILE_13 },
	{ "a file doubled", double_a_file, VERIFY_DOUBLED, 21, 40, FILE_14, 1, 1, FILE_13 },
	{ "macs swapped", swap_macs, VERIFY_MAC_REPLACED, 25, 25, FILE_13, 5, 2, NULL },
	{ "a mac replaced", replace_a_mac, VERIFY_MAC_REPLACED, 25, 25, FILE_13, 5, 1, NULL },
	{ "the last mac replaced", replace_the_last_mac, VERIFY_MAC_REPLACED, 60, 60, FILE_15, 20, 1, NULL },
	{ "a seal stripped", strip_a_seal, VERIFY_CHANGED, 25, 25, FILE_13, 5, 1, NULL },
	{ "the state deleted", delete_the_state, VERIFY_STATE_MISSING, 0, 0, "", 0, 1, NULL },
	{ "the state damaged", damage_the_state, VERIFY_STATE_DAMAGED, 0, 0, "", 0, 1, NULL },
	{ "the state replaced", replace_the_state, VERIFY_STATE_OTHER, 0, 0, "", 0, 1, NULL },
	{ "the state forged", forge_the_state, VERIFY_STATE_FORGED, 0, 0, "", 0, 1, NULL },
	{ "another chain begun", start_over, VERIFY_OTHER_CHAIN, 0, 0, FILE_15, 21, 2, NULL },
	{ "a line feed appended", append_a_line_feed, VERIFY_GARBAGE, 0, 0, FILE_15, 21, 1, NULL },
	{ "garbage appended", append_garbage, VERIFY_GARBAGE, 0, 0, FILE_15, 21, 1, NULL },
	{ "half a line appended", append_half_a_line, VERIFY_UNFINISHED, 0, 0, FILE_15, 21, 1, NULL },
	{ "garbage inserted", insert_garbage, VERIFY_GARBAGE, 0, 0, FILE_12, 10, 1, NULL },
	{ "overwritten by zeroes", overwrite_by_zeroes, VERIFY_CHANGED, 25, 25, FILE_13, 5, 1, NULL },
	{ "a sample removed", remove_the_sample, VERIFY_FILE_MISSING, 30, 0, FILE_13, 10, 1, NULL },
	{ "a sample changed", change_the_sample, VERIFY_FILE_CHANGED, 30, 0, FILE_13, 10, 1, NULL },
	{ "all samples removed", remove_all_samples, VERIFY_FILE_MISSING, 30, 0, FILE_13, 10, 1, NULL },
	{ "a file that cannot be read", make_unreadable, VERIFY_READ, 0, 0, FILE_13, 0, 2, NULL },
};

static bool as_wanted(size_t i)
{
	const struct verify_finding *f = &result.at[0];

	if (result.n != rows[i].n)
		return false;
	if (rows[i].want == VERIFY_WHATS)
		return result.good;
	return f->what == rows[i].want && f->first == rows[i].first && (!rows[i].last || f->last == rows[i].last) &&
	       !strcmp(f->at.file, rows[i].file) && f->line == rows[i].line && result.good == !verify_bad(f->what) &&
	       (!rows[i].other || !strcmp(f->other, rows[i].other));
}

static void explain(size_t i)
{
	print_message("# %s: %zu findings, %llu records, next %llu\n", rows[i].what, result.n,
		      (unsigned long long)result.records, (unsigned long long)result.next);
	for (size_t k = 0; k < result.n; k++) {
		const struct verify_finding *f = &result.at[k];

		print_message("#   %s %llu..%llu at %s:%llu x%llu %s\n", verify_word(f->what), (unsigned long long)f->first,
			      (unsigned long long)f->last, f->at.file, (unsigned long long)f->line,
			      (unsigned long long)f->count, f->other);
	}
}

static void every_tampering_is_named(void **state)
{
	size_t bad = 0;

	for (size_t i = 0; i < nitems(rows); i++) {
		if (i) {
			remove_journal(state);
			fresh_journal(state);
		}
		rows[i].tamper();
		verify_with(secret, 0);
		if (!as_wanted(i)) {
			explain(i);
			bad++;
		}
	}
	assert_int_equal(bad, 0);
}

/* Everything that is not about order, at every place: never good, never a crash. */
static void any_byte_changed_shows(void **state)
{
	char b[64 * 1024];
	size_t n = get(FILE_13, b, sizeof(b));

	(void)state;
	for (size_t i = 0; i < n; i += 13) {
		char keep = b[i];

		b[i] ^= 1;
		put(FILE_13, b, n);
		verify_with(secret, 0);
		if (result.good)
			fail_msg("byte %zu", i);
		b[i] = keep;
	}
}

static void an_older_copy_shows_to_who_knows_the_number(void **state)
{
	(void)state;
	cut_and_roll_back();
	verify_with(secret, OLD);
	assert_true(result.good);
	verify_with(secret, RECORDS);
	assert_false(result.good);
	assert_int_equal(result.at[0].what, VERIFY_FEWER);
	assert_int_equal(result.at[0].first, OLD + 1);
	assert_int_equal(result.at[0].last, RECORDS);
}

static void a_wrong_key_is_no_tampering(void **state)
{
	(void)state;
	verify_with(other_secret, 0);
	assert_int_equal(result.n, 1);
	assert_int_equal(result.at[0].what, VERIFY_WRONG_KEY);
}

static void ok_says_how_much_it_saw(void **state)
{
	(void)state;
	verify_with(secret, RECORDS);
	assert_true(result.good);
	assert_int_equal(result.records, RECORDS);
	assert_int_equal(result.next, RECORDS + 1);
	assert_int_equal(result.files, 1);
	assert_int_equal(result.first_us, NOON + 1000000);
	assert_int_equal(result.last_us, NOON + 3 * HOUR + RECORDS * 1000000ull);
}

/* A journal from before there was a chain: its lines are told apart, and cannot be changed any more either. */
static void what_is_older_than_the_chain_is_told_apart(void **state)
{
	struct journal_end end;
	struct journal *j;

	(void)state;
	for (size_t f = 0; f < FILES; f++)
		for (size_t i = 0; i < IN_FILE; i++)
			strcpy(strstr(files[f].line[i], ",\"chain\":"), "}");
	save();
	assert_int_equal(chain_state_make(dirfd_, other_secret, false), 0);
	assert_int_equal(journal_open(dirfd_, &j, &end), 0);
	assert_int_equal(end.chain.what, CHAIN_BEGINS);
	assert_int_equal(end.chain.strange, RECORDS);
	for (uint64_t n = 61; n < 80; n++)
		record(j, n, NOON + 3 * HOUR);
	assert_int_equal(journal_sync(j), 0);
	journal_close(j);
	verify_with(other_secret, 0);
	assert_true(result.good);
	assert_int_equal(result.records, 19);
	assert_int_equal(result.n, 1);
	assert_int_equal(result.at[0].what, VERIFY_BEFORE);
	assert_int_equal(result.at[0].count, RECORDS);
}

/* What the recorder finds when it starts is on record, and stays missing for verify too. */
static void a_recorder_goes_on_after_a_cut(void **state)
{
	struct journal_end end;
	struct journal *j;

	(void)state;
	take_away(2, 19);
	take_away(2, 18);
	save();
	assert_int_equal(journal_open(dirfd_, &j, &end), 0);
	assert_int_equal(end.chain.what, CHAIN_BROKEN);
	assert_true(end.chain.last_gone);
	assert_int_equal(end.chain.missing, 2);
	assert_int_equal(end.seq, 60);
	for (uint64_t n = 61; n < 80; n++)
		record(j, n, NOON + 3 * HOUR);
	assert_int_equal(journal_sync(j), 0);
	journal_close(j);
	verify_with(secret, 0);
	assert_int_equal(result.n, 1);
	assert_int_equal(result.at[0].what, VERIFY_REMOVED);
	assert_int_equal(result.at[0].first, 59);
	assert_int_equal(result.at[0].last, 60);
	assert_int_equal(result.records, RECORDS - 2 + 19);
}

/* Two records were sealed as number 51, one of which was lost in a crash: it cannot be put in for the other. */
static void another_sealed_record_of_the_same_number_shows(void **state)
{
	struct journal_end end;
	struct journal *j;
	_free_ char *lost = xstrdup(files[2].line[OLD - 2 * IN_FILE]);
	_text_ struct text t = { 0 };
	char b[64 * 1024];
	size_t n, at = 0;

	(void)state;
	cut_and_roll_back();
	assert_int_equal(journal_open(dirfd_, &j, &end), 0);
	assert_int_equal(end.chain.what, CHAIN_FITS);
	for (uint64_t i = 71; i < 90; i++)
		record(j, i, NOON + 3 * HOUR);
	assert_int_equal(journal_sync(j), 0);
	journal_close(j);
	verify_with(secret, 0);
	assert_true(result.good);
	n = get(FILE_15, b, sizeof(b));
	for (size_t i = 0; i < OLD - 2 * IN_FILE; i++)
		at = (size_t)((char *)memchr(b + at, '\n', n - at) - b) + 1;
	text_addn(&t, b, at);
	text_addf(&t, "%s\n", lost);
	at = (size_t)((char *)memchr(b + at, '\n', n - at) - b) + 1;
	text_addn(&t, b + at, n - at);
	put(FILE_15, t.at, t.len);
	verify_with(secret, 0);
	assert_false(result.good);
	assert_int_equal(result.at[0].what, VERIFY_EXCHANGED);
	assert_int_equal(result.at[0].first, OLD + 1);
}

/* While a recorder appends: what is newer than the state is checked too. */
static void a_journal_at_work_is_good(void **state)
{
	struct journal_end end;
	struct journal *j;

	(void)state;
	assert_int_equal(journal_open(dirfd_, &j, &end), 0);
	assert_int_equal(end.chain.what, CHAIN_FITS);
	for (uint64_t n = 61; n < 100; n++) {
		record(j, n, NOON + 3 * HOUR);
		if (n % 3 == 0)
			assert_int_equal(journal_sync(j), 0);
		verify_with(secret, n / 3 * 3);
		assert_true(result.good);
		assert_int_equal(result.n, 0);
	}
	journal_close(j);
}

#define WITH_DIR(t) cmocka_unit_test_setup_teardown(t, fresh_journal, remove_journal)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_DIR(every_tampering_is_named),
		WITH_DIR(any_byte_changed_shows),
		WITH_DIR(an_older_copy_shows_to_who_knows_the_number),
		WITH_DIR(a_wrong_key_is_no_tampering),
		WITH_DIR(ok_says_how_much_it_saw),
		WITH_DIR(what_is_older_than_the_chain_is_told_apart),
		WITH_DIR(a_recorder_goes_on_after_a_cut),
		WITH_DIR(another_sealed_record_of_the_same_number_shows),
		WITH_DIR(a_journal_at_work_is_good),
	};

	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
