/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libFuzzer harness: what can be done to the lines of a journal without its key. Input is a list of
 * deeds on a real one: remove, copy, move, change a byte, put something in. verify may find it good
 * if and only if it is, byte for byte, what was recorded.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "model/event.h"
#include "record/chain_state.h"
#include "record/journal.h"
#include "record/line.h"
#include "record/verify.h"

enum { RECORDS = 24, LINES_MAX = 48 };

#define NOON 1795435200000000ull	/* 2026-11-23T12:00:00 */
#define FILE_12 "2026-11-23T12.ndjson"

static const uint8_t secret[CHAIN_SECRET] = "the secret is 16";
static char dir[] = "/tmp/skep-fuzz-XXXXXX";
static int dirfd_ = -1;
static struct text whole;
static struct verify_result result;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void clean_up(void)
{
	unlinkat(dirfd_, FILE_12, 0);
	unlinkat(dirfd_, CHAIN_STATE_FILE, 0);
	rmdir(dir);
}

static int keep(void *arg, const struct place *at, const char *line, size_t len)
{
	(void)arg, (void)at;
	text_addn(&whole, line, len + 1);	/* its line feed is behind it, or a NUL is */
	whole.at[whole.len - 1] = '\n';
	return 0;
}

static void begin(void)
{
	static const struct honeynet net;
	struct journal_end end;
	struct journal *j;

	if (!mkdtemp(dir) || (dirfd_ = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		abort();
	atexit(clean_up);
	if (chain_state_make(dirfd_, secret, false) < 0 || journal_open(dirfd_, &j, &end) < 0)
		abort();
	for (uint64_t n = 1; n <= RECORDS; n++) {
		struct event e = { .kind = EV_BOOT, .seq = n, .at_us = NOON, .honeypot = -1 };
		_text_ struct text t = { 0 };
		struct place at;

		line_write(&e, &net, &t);
		if (journal_add(j, NOON, t.at, t.len, &at) < 0)
			abort();
	}
	if (journal_sync(j) < 0 || journal_scan(dirfd_, NULL, 0, keep, NULL) < 0)
		abort();
	journal_close(j);
}

struct lines {
	struct text at[LINES_MAX];
	size_t n;
};

static void put_in(struct lines *l, size_t at, const char *s, size_t n)
{
	if (l->n == LINES_MAX)
		return;
	memmove(&l->at[at + 1], &l->at[at], (l->n++ - at) * sizeof(l->at[0]));
	l->at[at] = (struct text){ 0 };
	text_addn(&l->at[at], s, n);
}

static void take_out(struct lines *l, size_t at)
{
	text_fini(&l->at[at]);
	memmove(&l->at[at], &l->at[at + 1], (--l->n - at) * sizeof(l->at[0]));
}

static void deed(struct lines *l, const uint8_t d[4])
{
	size_t a = d[1] % l->n, b = d[2] % l->n;
	_text_ struct text copy = { 0 };

	text_addn(&copy, l->at[a].at, l->at[a].len);
	switch (d[0] % 5) {
	case 0: take_out(l, a); break;
	case 1: put_in(l, b, copy.at, copy.len); break;
	case 2: take_out(l, a); put_in(l, b < l->n ? b : l->n, copy.at, copy.len); break;
	case 3: l->at[a].at[(d[2] * 256u + d[3]) % l->at[a].len] ^= (char)(d[3] ? d[3] : 1); break;
	case 4: put_in(l, a, (const char *)d, 4); break;
	}
}

static void save(const struct text *t)
{
	int fd = openat(dirfd_, FILE_12, O_WRONLY | O_TRUNC | O_CLOEXEC);

	if (fd < 0 || write(fd, text_str(t), t->len) != (ssize_t)t->len)
		abort();
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct lines l;
	_text_ struct text now = { 0 };
	struct verify here = { .evidence = -1 };

	if (dirfd_ < 0)
		begin();
	for (const char *s = whole.at, *lf; (lf = strchr(s, '\n')); s = lf + 1)
		put_in(&l, l.n, s, (size_t)(lf - s));
	for (size_t i = 0; i + 4 <= size && i < 64 && l.n; i += 4)
		deed(&l, data + i);
	for (size_t i = 0; i < l.n; i++) {
		text_addn(&now, l.at[i].at, l.at[i].len);
		text_addc(&now, '\n');
	}
	while (l.n)
		take_out(&l, l.n - 1);
	save(&now);
	here.journal = dirfd_;
	if (verify_run(&here, secret, &result) < 0)
		abort();
	if (result.good != (now.len == whole.len && !memcmp(text_str(&now), whole.at, whole.len)) ||
	    result.good != !result.n)
		abort();
	return 0;
}
