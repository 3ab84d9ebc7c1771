/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The chain: keys that move forward, seals, the state beside the journal, and what a recorder finds. */
#include "folder.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "base/file.h"
#include "base/mem.h"
#include "folder.h"
#include "record/chain_keys.h"
#include "record/chain_state.h"
#include "record/journal.h"
#include "record/line.h"
#include "record/signature.h"

#define NOON 1795435200000000ull	/* 2026-11-23T12:00:00 */
#define FILE_12 "2026-11-23T12.ndjson"

enum { SLOT = 4096, STATE = 2 * SLOT };

static const uint8_t secret[CHAIN_SECRET] = "the secret is 16";

static int fresh_chain(void **state)
{
	return fresh_dir(state) < 0 ? -1 : chain_state_make(dirfd_, secret, false);
}

static size_t get(const char *name, char *ret, size_t size)
{
	int fd = openat(dirfd_, name, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, ret, size);

	assert_true(fd >= 0 && n >= 0);
	close(fd);
	return (size_t)n;
}

static void put_at(const char *name, off_t at, const void *p, size_t n)
{
	int fd = openat(dirfd_, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, p, n, at), (ssize_t)n);
	close(fd);
}

static struct journal *opened(struct chain_found *ret)
{
	struct journal_end end;
	struct journal *j;

	assert_int_equal(journal_open(dirfd_, &j, &end), 0);
	*ret = end.chain;
	return j;
}

static void add(struct journal *j, uint64_t seq)
{
	static const struct honeynet net;
	struct event e = { .kind = EV_BOOT, .seq = seq, .honeypot = -1 };
	_text_ struct text t = { 0 };
	struct place at;

	line_write(&e, &net, &t);
	assert_int_equal(journal_add(j, NOON, t.at, t.len, &at), 0);
}

static struct chain_key key_of(uint64_t n)
{
	struct chain_key k;

	chain_first(secret, &k);
	while (k.n < n)
		chain_next(&k);
	return k;
}

static struct chain_state state_now(void)
{
	struct chain_state s;

	assert_int_equal(chain_state_read(dirfd_, &s), 0);
	return s;
}

static struct journal *with_records(uint64_t from, uint64_t to)
{
	struct chain_found found;
	struct journal *j = opened(&found);

	for (uint64_t n = from; n <= to; n++)
		add(j, n);
	assert_int_equal(journal_sync(j), 0);
	return j;
}

static void a_seal_comes_back(void **state)
{
	static const char line[] = "{\"a\":1}\n";
	uint8_t last[CHAIN_MAC] = { 7 }, before[CHAIN_MAC], mac[CHAIN_MAC];
	_text_ struct text t = { 0 };
	struct chain_key k = key_of(17);
	struct seal s;

	(void)state;
	memcpy(before, last, sizeof(last));
	seal_write(&k, FILE_12, (struct span){ line, strlen(line) }, &t, last);
	assert_true(t.len - strlen(line) <= LINE_SEAL_MAX);
	assert_int_equal(seal_read(t.at, t.len - 1, &s), 0);
	assert_int_equal(s.n, 17);
	assert_memory_equal(s.after, before, CHAIN_MAC);
	assert_memory_equal(s.mac, last, CHAIN_MAC);
	seal_mac(&k, FILE_12, t.at, s.covered, mac);
	assert_memory_equal(mac, last, CHAIN_MAC);
	seal_mac(&k, "2026-11-23T13.ndjson", t.at, s.covered, mac);
	assert_memory_not_equal(mac, last, CHAIN_MAC);
	for (size_t i = 0; i < t.len; i++) {	/* no part of it is a seal, and nothing is read beyond it */
		_free_ char *part = memcpy(malloc(i ? i : 1), t.at, i);

		assert_int_equal(seal_read(part, i, &s), i == t.len - 1 ? 0 : -EBADMSG);
	}
}

static void what_is_no_seal_is_none(void **state)
{
	static const char *const no[] = {
		"", "}}", "\"}}",
		"{\"chain\":{\"n\":,\"after\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"mac\":\"AAAAAAAAAAAAAAAAAAAAAA\"}}",
		"{\"chain\":{\"n\":0,\"after\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"mac\":\"AAAAAAAAAAAAAAAAAAAAAA\"}}",
		"{\"chain\":{\"n\":01,\"after\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"mac\":\"AAAAAAAAAAAAAAAAAAAAAA\"}}",
		"{\"chain\":{\"n\":1,\"after\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"mac\":\"AAAAAAAAAAAAAAAAAAAAAB\"}}",
		"{\"chain\":{\"n\":1,\"after\":\"AAAAAAAAAAAAAAAAAAAAA!\",\"mac\":\"AAAAAAAAAAAAAAAAAAAAAA\"}}",
		"{\"chain\":{\"n\":1,\"after\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"mac\":\"AAAAAAAAAAAAAAAAAAAA\xd4Q\"}}",
		"{\"chain\":{\"n\":99999999999999999999,\"after\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"mac\":\"AAAAAAAAAAAAAAAAAAAAAA\"}}",
	};
	struct seal s;

	(void)state;
	for (size_t i = 0; i < nitems(no); i++)
		if (seal_read(no[i], strlen(no[i]), &s) != -EBADMSG)
			fail_msg("%s", no[i]);
}

static void any_key_can_be_had_from_the_secret(void **state)
{
	static const uint64_t asked[] = { 1, 5, 4, 5000, 1023, 1024, 1025, 1026, 70000, 2, 69999 };
	struct chain_keys *keys = xcalloc(1, sizeof(*keys));

	(void)state;
	chain_keys_init(keys, secret);
	for (size_t i = 0; i < nitems(asked); i++) {
		struct chain_key have, want = key_of(asked[i]);

		chain_keys_get(keys, asked[i], &have);
		assert_int_equal(have.n, asked[i]);
		assert_memory_equal(have.key, want.key, CHAIN_KEY);
	}
	keys->distance = 1;	/* so that its room is too small */
	keys->n = 1;
	keys->recent = keys->at[0];
	for (uint64_t n = 20000; n; n -= n > 700 ? 700 : n) {
		struct chain_key have, want = key_of(n);

		chain_keys_get(keys, n, &have);
		assert_memory_equal(have.key, want.key, CHAIN_KEY);
		assert_true(keys->n <= CHAIN_KEYS_KEPT);
	}
	free(keys);
}

static void a_secret_can_be_typed(void **state)
{
	char text[CHAIN_SECRET_TEXT], typed[128] = "";
	uint8_t back[CHAIN_SECRET];

	(void)state;
	chain_secret_text(secret, text);
	assert_int_equal(strlen(text), 8 * 4 + 7);
	assert_int_equal(chain_secret_parse(text, back), 0);
	assert_memory_equal(back, secret, CHAIN_SECRET);
	for (size_t i = 0; text[i]; i++) {	/* small, without dashes, with blanks and a line feed */
		char c = text[i] == '0' ? 'o' : text[i] == '1' ? 'l' : text[i] == '-' ? ' ' : text[i] | 0x20;

		typed[i] = text[i] >= '2' && text[i] <= '9' ? text[i] : c;
	}
	strcat(typed, "\n");
	assert_int_equal(chain_secret_parse(typed, back), 0);
	assert_memory_equal(back, secret, CHAIN_SECRET);
	for (size_t i = 0; text[i]; i++) {	/* any one letter that is wrong, and any two that changed places */
		char keep = text[i];

		if (keep == '-')
			continue;
		text[i] = keep == '7' ? '8' : '7';
		assert_int_equal(chain_secret_parse(text, back), -EINVAL);
		text[i] = keep;
	}
	text[8] = '\0';
	assert_int_equal(chain_secret_parse(text, back), -EINVAL);
	assert_int_equal(chain_secret_parse("", back), -EINVAL);
}

static void a_torn_slot_leaves_the_other(void **state)
{
	struct journal *j = journal_close(with_records(1, 3));
	char b[STATE];

	(void)state, (void)j;
	assert_int_equal(state_now().next.n, 4);
	for (off_t slot = 0; slot < 2; slot++) {
		assert_int_equal(get(CHAIN_STATE_FILE, b, sizeof(b)), STATE);
		put_at(CHAIN_STATE_FILE, slot * SLOT + 40, "torn", 4);
		assert_int_equal(state_now().next.n, 4);
		put_at(CHAIN_STATE_FILE, 0, b, STATE);
	}
	put_at(CHAIN_STATE_FILE, 40, "torn", 4);
	put_at(CHAIN_STATE_FILE, SLOT + 40, "torn", 4);
	assert_int_equal(chain_state_read(dirfd_, &(struct chain_state){ 0 }), -EBADMSG);
}

/* Whatever a crash leaves of the next write: one whole state, the old or the new one. */
static void a_write_that_is_torn_loses_nothing(void **state)
{
	char before[STATE], after[STATE];

	(void)state;
	journal_close(with_records(1, 3));
	get(CHAIN_STATE_FILE, before, STATE);
	journal_close(with_records(4, 5));
	get(CHAIN_STATE_FILE, after, STATE);
	for (int first = 0; first < 2; first++) {
		bool later = memcmp(before + 8, after + 8, 8) && (after[8] % 2 == 1);	/* slot 1 is written first */
		off_t slot = later ? SLOT : 0;

		put_at(CHAIN_STATE_FILE, 0, before, STATE);
		put_at(CHAIN_STATE_FILE, slot, after + slot, first ? 256 : 100);
		assert_int_equal(state_now().next.n, first ? 6 : 4);
	}
}

/* The point of it all: after a sync no key that sealed anything is in the file any more. */
static void old_keys_are_forgotten(void **state)
{
	char b[STATE];
	struct chain_key k;

	(void)state;
	journal_close(with_records(1, 100));
	assert_int_equal(get(CHAIN_STATE_FILE, b, sizeof(b)), STATE);
	for (uint64_t n = 1; n <= 100; n++) {
		k = key_of(n);
		assert_null(memmem(b, sizeof(b), k.key, CHAIN_KEY));
	}
	assert_null(memmem(b, sizeof(b), secret, CHAIN_SECRET));
	k = key_of(101);
	assert_non_null(memmem(b, SLOT, k.key, CHAIN_KEY));
	assert_non_null(memmem(b + SLOT, SLOT, k.key, CHAIN_KEY));
}

/* A crash between the journal's sync and the state's. */
static void a_state_that_is_behind_catches_up(void **state)
{
	struct chain_found found;
	char b[STATE];

	(void)state;
	journal_close(with_records(1, 3));
	get(CHAIN_STATE_FILE, b, STATE);
	journal_close(with_records(4, 8));
	put_at(CHAIN_STATE_FILE, 0, b, STATE);
	journal_close(opened(&found));
	assert_int_equal(found.what, CHAIN_FITS);
	assert_int_equal(found.rolled, 5);
	assert_int_equal(state_now().next.n, 9);
	assert_memory_equal(state_now().next.key, key_of(9).key, CHAIN_KEY);
}

static void the_first_batch_may_be_ahead_too(void **state)
{
	struct chain_found found;
	char b[STATE];

	(void)state;
	get(CHAIN_STATE_FILE, b, STATE);
	journal_close(with_records(1, 3));
	put_at(CHAIN_STATE_FILE, 0, b, STATE);
	journal_close(opened(&found));
	assert_int_equal(found.what, CHAIN_FITS);
	assert_int_equal(found.rolled, 3);
}

static void what_does_not_fit_is_said(void **state)
{
	static const struct {
		const char *what;
		int cut;		/* bytes */
		const char *add;
		bool no_state, behind;
		struct chain_found want;
	} rows[] = {
		{ "nothing", 0, "", false, false, { .what = CHAIN_FITS } },
		{ "the last record cut", 30, "", false, false,
		  { .what = CHAIN_BROKEN, .last_gone = true, .missing = 1 } },
		{ "a line appended", 0, "{\"seq\":1}\n", false, false, { .what = CHAIN_BROKEN, .strange = 1 } },
		{ "a line appended, the state behind", 0, "{\"seq\":1}\n", false, true,
		  { .what = CHAIN_BROKEN, .strange = 1, .rolled = 2 } },
		{ "no state", 0, "", true, false, { .what = CHAIN_BEGINS, .no_state = true, .strange = 5 } },
		{ "a torn tail", 0, "{\"se", false, false, { .what = CHAIN_FITS } },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		struct chain_found found;
		struct stat st;
		char b[STATE];

		journal_close(with_records(1, 3));
		get(CHAIN_STATE_FILE, b, STATE);
		journal_close(with_records(4, 5));
		assert_int_equal(fstatat(dirfd_, FILE_12, &st, 0), 0);
		put_at(FILE_12, st.st_size, rows[i].add, strlen(rows[i].add));
		if (rows[i].cut) {
			_free_ char *path = xasprintf("%s/" FILE_12, dir);

			assert_int_equal(truncate(path, st.st_size - rows[i].cut), 0);
		}
		if (rows[i].no_state)
			unlinkat(dirfd_, CHAIN_STATE_FILE, 0);
		if (rows[i].behind)
			put_at(CHAIN_STATE_FILE, 0, b, STATE);
		journal_close(opened(&found));
		if (found.what != rows[i].want.what || found.last_gone != rows[i].want.last_gone ||
		    found.no_state != rows[i].want.no_state || found.missing != rows[i].want.missing ||
		    found.strange != rows[i].want.strange || found.rolled != rows[i].want.rolled)
			fail_msg("%s: %d, gone %d, missing %llu, strange %llu, rolled %llu", rows[i].what, found.what,
				 found.last_gone, (unsigned long long)found.missing, (unsigned long long)found.strange,
				 (unsigned long long)found.rolled);
		remove_dir(state);
		assert_int_equal(fresh_chain(state), 0);
	}
}

static void a_broken_chain_is_said_until_it_is_on_record(void **state)
{
	struct chain_found found;
	struct journal *j;

	(void)state;
	journal_close(with_records(1, 5));
	put_at(FILE_12, 0, "X", 1);	/* not the last: it is verify that finds this */
	journal_close(opened(&found));
	assert_int_equal(found.what, CHAIN_FITS);
	unlinkat(dirfd_, FILE_12, 0);
	journal_close(opened(&found));
	assert_int_equal(found.what, CHAIN_BROKEN);
	j = opened(&found);
	assert_int_equal(found.what, CHAIN_BROKEN);
	add(j, 6);
	assert_int_equal(journal_sync(j), 0);
	journal_close(j);
	journal_close(opened(&found));
	assert_int_equal(found.what, CHAIN_FITS);
	assert_int_equal(state_now().next.n, 7);
}

static void an_orphan_says_so(void **state)
{
	struct chain_found found;

	(void)state;
	assert_false(state_now().orphan);
	unlinkat(dirfd_, CHAIN_STATE_FILE, 0);
	journal_close(opened(&found));
	assert_true(state_now().orphan);
	assert_true(found.no_state);
}

/* The disk takes the journal's batch late: its seals are those of the first attempt, and fit. */
static void a_batch_that_failed_is_tried_again(void **state)
{
	struct journal *j = with_records(1, 3);
	struct chain_found found;
	struct rlimit l;
	char b[STATE], again[STATE];

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	get(CHAIN_STATE_FILE, b, STATE);
	for (uint64_t n = 4; n <= 60; n++)
		add(j, n);
	getrlimit(RLIMIT_FSIZE, &l);
	l.rlim_cur = 9000;
	setrlimit(RLIMIT_FSIZE, &l);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(journal_sync(j), -EFBIG);
		get(CHAIN_STATE_FILE, again, STATE);
		assert_memory_equal(b, again, STATE);	/* it never knows more than the journal holds */
	}
	l.rlim_cur = l.rlim_max;
	setrlimit(RLIMIT_FSIZE, &l);
	assert_int_equal(journal_sync(j), 0);
	assert_int_equal(state_now().next.n, 61);
	journal_close(j);
	journal_close(opened(&found));
	assert_int_equal(found.what, CHAIN_FITS);
}

/* The journal is on disk, its state is not: the next sync writes that, and nothing twice. */
static void a_state_that_failed_is_tried_again(void **state)
{
	struct journal *j = with_records(1, 3);
	struct chain_found found;
	struct stat before, after;
	struct rlimit l;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	add(j, 4);
	getrlimit(RLIMIT_FSIZE, &l);
	l.rlim_cur = SLOT;	/* more than the journal has, less than the state's second slot */
	setrlimit(RLIMIT_FSIZE, &l);
	assert_int_equal(journal_sync(j), -EFBIG);
	assert_int_equal(journal_waiting(j), 0);
	assert_int_equal(journal_sync(j), -EFBIG);
	l.rlim_cur = l.rlim_max;
	setrlimit(RLIMIT_FSIZE, &l);
	assert_int_equal(journal_sync(j), 0);
	assert_int_equal(fstatat(dirfd_, FILE_12, &before, 0), 0);
	assert_int_equal(journal_sync(j), 0);
	assert_int_equal(fstatat(dirfd_, FILE_12, &after, 0), 0);
	assert_int_equal(before.st_size, after.st_size);
	journal_close(j);
	assert_int_equal(state_now().next.n, 5);
	journal_close(opened(&found));
	assert_int_equal(found.what, CHAIN_FITS);
}

static void the_state_is_its_owners_alone(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(fstatat(dirfd_, CHAIN_STATE_FILE, &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	if (geteuid() == 0) {
		assert_int_equal(fchown(dirfd_, 4711, 4711), 0);
		assert_int_equal(chain_state_make(dirfd_, secret, false), 0);
		assert_int_equal(fstatat(dirfd_, CHAIN_STATE_FILE, &st, 0), 0);
		assert_int_equal(st.st_uid, 4711);
	}
}

/* RFC 8032, 7.1, the first test: a seed, its public key, and the signature of nothing. */
#define SEED "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
#define PUBLIC "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
#define OF_NOTHING "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"

static void who_changes_what_was_signed_is_seen(void **state)
{
	_free_ char *path = xasprintf("/proc/self/fd/%d/key", dirfd_);
	_text_ struct text what = { 0 }, line = { 0 }, key = { 0 };
	char by[SIGNER_KEY_TEXT];
	struct signer s;

	(void)state;
	text_add(&key, SEED "\n");
	assert_int_equal(file_replace(path, &key), 0);
	assert_int_equal(signer_open(path, &s), 0);
	assert_string_equal(s.key, PUBLIC);
	signature_put(&s, &what, &line);
	assert_string_equal(text_str(&line), "ed25519 " PUBLIC " " OF_NOTHING "\n");
	text_add(&what, "{\"contained\":true}\n");
	assert_int_equal(signature_check(&what, text_str(&line), by), -EBADMSG);
	text_clear(&line);
	signature_put(&s, &what, &line);
	assert_int_equal(signature_check(&what, text_str(&line), by), 0);
	assert_string_equal(by, PUBLIC);
	for (size_t i = 0; i < line.len + what.len; i++) {
		char *c = i < line.len ? line.at + i : what.at + i - line.len;

		*c ^= 1;
		assert_int_equal(signature_check(&what, text_str(&line), by), -EBADMSG);
		*c ^= 1;
	}
	text_add(&line, "more");
	assert_int_equal(signature_check(&what, text_str(&line), by), -EBADMSG);
	signer_fini(&s);
}

static void a_key_is_made_once(void **state)
{
	_free_ char *path = xasprintf("/proc/self/fd/%d/key", dirfd_);
	_text_ struct text none = { 0 };
	struct signer s, again;
	struct stat st;

	(void)state;
	assert_int_equal(signer_open(path, &s), 0);
	assert_int_equal(signer_open(path, &again), 0);
	assert_string_equal(s.key, again.key);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(file_replace(path, &none), 0);
	assert_int_equal(signer_open(path, &again), -EBADMSG);
	assert_int_equal(signer_open("/proc/nowhere/key", &again), -ENOENT);
}

#define WITH_DIR(t) cmocka_unit_test_setup_teardown(t, fresh_chain, remove_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_seal_comes_back),
		cmocka_unit_test(what_is_no_seal_is_none),
		cmocka_unit_test(any_key_can_be_had_from_the_secret),
		cmocka_unit_test(a_secret_can_be_typed),
		WITH_DIR(a_torn_slot_leaves_the_other),
		WITH_DIR(a_write_that_is_torn_loses_nothing),
		WITH_DIR(old_keys_are_forgotten),
		WITH_DIR(a_state_that_is_behind_catches_up),
		WITH_DIR(the_first_batch_may_be_ahead_too),
		WITH_DIR(what_does_not_fit_is_said),
		WITH_DIR(a_broken_chain_is_said_until_it_is_on_record),
		WITH_DIR(an_orphan_says_so),
		WITH_DIR(a_batch_that_failed_is_tried_again),
		WITH_DIR(a_state_that_failed_is_tried_again),
		WITH_DIR(the_state_is_its_owners_alone),
		WITH_DIR(who_changes_what_was_signed_is_seen),
		WITH_DIR(a_key_is_made_once),
	};

	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
