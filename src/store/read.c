/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The store: resuming and reading. A callback may use the store, but not the function that called it:
 * each has one statement.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "driver.h"

static uint64_t number(const struct cell *c)
{
	return (uint64_t)c->number;
}

/* chars() - into an array; what is too long is cut */
static void chars(const struct cell *c, char *ret, size_t size)
{
	size_t n = c->s.len ? strnlen(c->s.at, c->s.len < size ? c->s.len : size - 1) : 0;

	if (n)
		memcpy(ret, c->s.at, n);
	ret[n] = '\0';
}

static struct addr address(const struct cell *c)
{
	struct addr a = { 0 };
	char b[ADDR_TEXT];

	chars(c, b, sizeof(b));
	if (b[0])
		addr_parse(b, &a);
	return a;
}

/* place() - from three cells: file, start, length */
static struct place place(const struct cell *c)
{
	struct place at = { .offset = number(&c[1]), .len = (uint32_t)number(&c[2]) };

	chars(&c[0], at.file, sizeof(at.file));
	return at;
}

int store_last(struct store *s, uint64_t *ret_seq, struct place *ret_at)
{
	struct cell row[CELLS];
	int r = s->driver->ask(s, Q_LAST, NULL);

	if (r == 0)
		r = s->driver->next(s, Q_LAST, row);
	if (r < 0)
		return r;
	*ret_seq = r ? number(&row[0]) : 0;
	*ret_at = r ? place(&row[2]) : (struct place){ 0 };
	if (r)
		s->driver->done(s, Q_LAST);
	return 0;
}

int store_origin(struct store *s, enum event_source source, int32_t honeypot, uint64_t epoch, uint64_t *ret_seq)
{
	struct cell row[CELLS] = { 0 };
	int64_t pot;
	int r;

	if (honeypot >= (int32_t)nitems(s->honeypot))
		return -EINVAL;
	pot = source == SOURCE_GUEST && honeypot >= 0 ? s->honeypot[honeypot] : 0;
	for (uint32_t i = 0; i < s->n_origins; i++)
		if (s->origin[i].source == source && s->origin[i].honeypot == pot && s->origin[i].epoch == epoch) {
			*ret_seq = s->origin[i].seq;
			return 0;
		}
	r = store_one(s, Q_ORIGIN, (struct cell[]){ cell_word(event_source_name(source)), cell_number((uint64_t)pot),
						    cell_number(epoch) }, row);
	if (r >= 0)
		*ret_seq = r ? number(&row[0]) : 0;
	return r < 0 ? r : 0;
}

/* place_now() - of a honeypot by its number in the tables; -1 it has none */
static int32_t place_now(const struct store *s, int64_t id)
{
	int32_t i = MAX_HONEYPOTS - 1;

	while (i >= 0 && (!id || s->honeypot[i] != id))
		i--;
	return i;
}

static struct session session_of(const struct store *s, const struct cell *c)
{
	struct session row = {
		.id = number(&c[0]), .epoch = number(&c[1]), .conn = number(&c[2]),
		.honeypot_index = place_now(s, c[3].number),
		.src = address(&c[5]), .src_port = (uint16_t)number(&c[6]),
		.dest = address(&c[7]), .dest_port = (uint16_t)number(&c[8]),
		.start_us = number(&c[10]), .end_us = number(&c[11]), .last_us = number(&c[12]),
		.commands = number(&c[13]), .tty_bytes = number(&c[14]),
	};

	chars(&c[4], row.honeypot, sizeof(row.honeypot));
	chars(&c[9], row.user, sizeof(row.user));
	return row;
}

/* each_session() - the number of rows, or what the callback said */
static int each_session(struct store *s, enum statement_id q, const struct cell *in, store_session_fn *fn, void *arg)
{
	struct cell c[CELLS];
	int r = s->driver->ask(s, q, in), n = 0;

	if (r < 0)
		return r;
	while ((r = s->driver->next(s, q, c)) == 1) {
		struct session row = session_of(s, c);

		r = fn(arg, &row);
		if (r) {
			s->driver->done(s, q);
			return r;
		}
		n++;
	}
	return r < 0 ? r : n;
}

int store_restore_sessions(struct store *s, uint64_t since_us, store_session_fn *fn, void *arg)
{
	struct cell since = cell_time(since_us ? since_us : 1);

	return each_session(s, Q_RESTORE, &since, fn, arg);
}

int store_sessions(struct store *s, const struct store_filter *f, store_session_fn *fn, void *arg)
{
	struct cell honeypot = cell_word(f->honeypot ? f->honeypot : "");

	return each_session(s, Q_SESSIONS, (struct cell[]){
		cell_number(f->id), cell_number(f->id ? f->id : INT64_MAX),
		cell_time(f->since_us), cell_time(f->until_us ? f->until_us - 1 : EVENT_TIME_MAX),
		cell_number(f->with_user), cell_number(f->open_only), honeypot, honeypot }, fn, arg);
}

int store_session_places(struct store *s, uint64_t id, store_place_fn *fn, void *arg)
{
	struct cell in[] = { cell_number(id), cell_number(id) }, c[CELLS];
	int r = s->driver->ask(s, Q_PLACES, in), n = 0;

	if (r < 0)
		return r;
	while ((r = s->driver->next(s, Q_PLACES, c)) == 1) {
		struct place at = place(&c[1]);

		r = fn(arg, number(&c[0]), &at);
		if (r) {
			s->driver->done(s, Q_PLACES);
			return r;
		}
		n++;
	}
	return r < 0 ? r : n;
}

static void size(const struct cell *c, struct store_tty *row)
{
	char text[32];

	chars(c, text, sizeof(text));
	if (sscanf(text, "%ux%u", &row->rows, &row->columns) != 2)
		row->rows = row->columns = 0;
}

int store_session_tty(struct store *s, uint64_t id, store_tty_fn *fn, void *arg)
{
	struct cell in = cell_number(id), c[CELLS];
	int r = s->driver->ask(s, Q_TTY, &in), n = 0;

	if (r < 0)
		return r;
	while ((r = s->driver->next(s, Q_TTY, c)) == 1) {
		struct store_tty row = { .seq = number(&c[0]), .at_us = number(&c[1]),
					 .what = (enum dialogue)c[2].number, .bytes = c[4].s };

		chars(&c[3], row.tty, sizeof(row.tty));
		if (row.what == DIALOGUE_SIZE)
			size(&c[4], &row);
		r = fn(arg, &row);
		if (r) {
			s->driver->done(s, Q_TTY);
			return r;
		}
		n++;
	}
	return r < 0 ? r : n;
}

int store_logins(struct store *s, uint64_t session, store_login_fn *fn, void *arg)
{
	struct cell in[] = { cell_number(session), cell_number(session ? session : INT64_MAX) }, c[CELLS];
	int r = s->driver->ask(s, Q_LOGINS, in), n = 0;

	if (r < 0)
		return r;
	while ((r = s->driver->next(s, Q_LOGINS, c)) == 1) {
		struct store_login row = {
			.seq = number(&c[0]), .at_us = number(&c[1]), .session = number(&c[3]), .src = address(&c[4]),
			.src_port = (uint16_t)number(&c[5]), .service = c[6].s, .method = c[7].s, .user = c[8].s,
			.secret = c[9].s, .result = c[10].s,
		};

		chars(&c[2], row.honeypot, sizeof(row.honeypot));
		r = fn(arg, &row);
		if (r) {
			s->driver->done(s, Q_LOGINS);
			return r;
		}
		n++;
	}
	return r < 0 ? r : n;
}

int store_login_tally(struct store *s, uint32_t by, store_tally_fn *fn, void *arg)
{
	struct cell in[] = { cell_number(by & TALLY_USER), cell_number(by & TALLY_SECRET),
			     cell_number(by & TALLY_SOURCE) }, c[CELLS];
	int r = s->driver->ask(s, Q_LOGINS_TALLY, in), n = 0;

	if (r < 0)
		return r;
	while ((r = s->driver->next(s, Q_LOGINS_TALLY, c)) == 1) {
		struct store_tally row = { .user = c[0].s, .secret = c[1].s, .src = address(&c[2]),
					   .tries = number(&c[3]), .accepted = number(&c[4]) };

		r = fn(arg, &row);
		if (r) {
			s->driver->done(s, Q_LOGINS_TALLY);
			return r;
		}
		n++;
	}
	return r < 0 ? r : n;
}

int store_files(struct store *s, const struct store_filter *f, store_file_fn *fn, void *arg)
{
	struct cell honeypot = cell_word(f->honeypot ? f->honeypot : ""), c[CELLS];
	struct cell in[] = { cell_number(f->id), cell_number(f->id), honeypot, honeypot, cell_time(f->since_us),
			     cell_time(f->until_us ? f->until_us - 1 : EVENT_TIME_MAX) };
	int r = s->driver->ask(s, Q_FILES, in), n = 0;

	if (r < 0)
		return r;
	while ((r = s->driver->next(s, Q_FILES, c)) == 1) {
		struct store_file row = { .seq = number(&c[0]), .at_us = number(&c[1]), .session = number(&c[3]),
					  .path = c[5].s, .size = number(&c[6]), .kept = number(&c[7]) };

		chars(&c[2], row.honeypot, sizeof(row.honeypot));
		chars(&c[4], row.action, sizeof(row.action));
		chars(&c[8], row.sha256, sizeof(row.sha256));
		r = fn(arg, &row);
		if (r) {
			s->driver->done(s, Q_FILES);
			return r;
		}
		n++;
	}
	return r < 0 ? r : n;
}
