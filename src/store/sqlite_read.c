/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The store in SQLite: resuming and reading. A callback may use the store, but not the function that
 * called it: each has one statement.
 */
#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "sqlite.h"

static uint64_t column_u64(struct store *s, enum query q, int i)
{
	return (uint64_t)sqlite3_column_int64(s->q[q], i);
}

/* column_text() - into an array; what is too long is cut */
static void column_text(struct store *s, enum query q, int i, char *ret, size_t size)
{
	const unsigned char *t = sqlite3_column_text(s->q[q], i);
	size_t n = t ? strnlen((const char *)t, size - 1) : 0;

	memcpy(ret, t ? (const char *)t : "", n);
	ret[n] = '\0';
}

static struct addr column_addr(struct store *s, enum query q, int i)
{
	struct addr a = { 0 };
	char b[ADDR_TEXT];

	column_text(s, q, i, b, sizeof(b));
	if (b[0])
		addr_parse(b, &a);
	return a;
}

static void column_place(struct store *s, enum query q, struct place *ret)
{
	*ret = (struct place){ .offset = column_u64(s, q, 2), .len = (uint32_t)column_u64(s, q, 3) };
	column_text(s, q, 1, ret->file, sizeof(ret->file));
}

int store_last(struct store *s, uint64_t *ret_seq, struct place *ret_at)
{
	int r = store_step(s, Q_LAST);

	if (r < 0)
		return r;
	*ret_seq = r ? column_u64(s, Q_LAST, 0) : 0;
	*ret_at = (struct place){ 0 };
	if (r)
		column_place(s, Q_LAST, ret_at);
	store_done(s, Q_LAST);
	return 0;
}

int store_origin(struct store *s, enum event_source source, int32_t honeypot, uint64_t epoch, uint64_t *ret_seq)
{
	int64_t seq = 0;
	int r;

	if (honeypot >= (int32_t)nitems(s->honeypot))
		return -EINVAL;
	bind_text(s, Q_ORIGIN, 1, span_of(event_source_name(source)));
	bind_u64(s, Q_ORIGIN, 2, source == SOURCE_GUEST && honeypot >= 0 ? (uint64_t)s->honeypot[honeypot] : 0);
	bind_u64(s, Q_ORIGIN, 3, epoch);
	r = store_one(s, Q_ORIGIN, &seq);
	if (r == 0)
		*ret_seq = (uint64_t)seq;
	return r;
}

/* each_session() - the rows of a bound statement; the number of them, or what the callback said */
static int each_session(struct store *s, enum query q, store_session_fn *fn, void *arg)
{
	int r, n = 0;

	while ((r = store_step(s, q)) == 1) {
		struct session row = {
			.id = column_u64(s, q, 0), .epoch = column_u64(s, q, 1), .conn = column_u64(s, q, 2),
			.honeypot_index = sqlite3_column_int(s->q[q], 3),
			.src = column_addr(s, q, 5), .src_port = (uint16_t)column_u64(s, q, 6),
			.dest = column_addr(s, q, 7), .dest_port = (uint16_t)column_u64(s, q, 8),
			.start_us = column_u64(s, q, 10), .end_us = column_u64(s, q, 11),
			.last_us = column_u64(s, q, 12), .commands = column_u64(s, q, 13),
			.tty_bytes = column_u64(s, q, 14),
		};

		column_text(s, q, 4, row.honeypot, sizeof(row.honeypot));
		column_text(s, q, 9, row.user, sizeof(row.user));
		r = fn(arg, &row);
		if (r) {
			store_done(s, q);
			return r;
		}
		n++;
	}
	return r < 0 ? r : n;
}

int store_restore_sessions(struct store *s, uint64_t since_us, store_session_fn *fn, void *arg)
{
	bind_time(s, Q_RESTORE, 1, since_us ? since_us : 1);
	return each_session(s, Q_RESTORE, fn, arg);
}

int store_sessions(struct store *s, const struct store_filter *f, store_session_fn *fn, void *arg)
{
	bind_u64(s, Q_SESSIONS, 1, f->id);
	bind_u64(s, Q_SESSIONS, 2, f->id ? f->id : INT64_MAX);
	bind_time(s, Q_SESSIONS, 3, f->since_us);
	bind_time(s, Q_SESSIONS, 4, f->until_us ? f->until_us - 1 : EVENT_TIME_MAX);
	bind_u64(s, Q_SESSIONS, 5, f->with_user);
	bind_u64(s, Q_SESSIONS, 6, f->open_only);
	bind_text(s, Q_SESSIONS, 7, span_of(f->honeypot ? f->honeypot : ""));
	return each_session(s, Q_SESSIONS, fn, arg);
}

int store_session_places(struct store *s, uint64_t id, store_place_fn *fn, void *arg)
{
	int r, n = 0;

	bind_u64(s, Q_PLACES, 1, id);
	while ((r = store_step(s, Q_PLACES)) == 1) {
		struct place at;

		column_place(s, Q_PLACES, &at);
		r = fn(arg, column_u64(s, Q_PLACES, 0), &at);
		if (r) {
			store_done(s, Q_PLACES);
			return r;
		}
		n++;
	}
	return r < 0 ? r : n;
}

int store_session_tty(struct store *s, uint64_t id, store_tty_fn *fn, void *arg)
{
	int r, n = 0;

	bind_u64(s, Q_TTY, 1, id);
	while ((r = store_step(s, Q_TTY)) == 1) {
		struct store_tty row = { .seq = column_u64(s, Q_TTY, 0), .at_us = column_u64(s, Q_TTY, 1),
					 .input = sqlite3_column_int(s->q[Q_TTY], 2) };

		column_text(s, Q_TTY, 3, row.tty, sizeof(row.tty));
		row.bytes.at = sqlite3_column_blob(s->q[Q_TTY], 4);
		row.bytes.len = (size_t)sqlite3_column_bytes(s->q[Q_TTY], 4);
		r = fn(arg, &row);
		if (r) {
			store_done(s, Q_TTY);
			return r;
		}
		n++;
	}
	return r < 0 ? r : n;
}
