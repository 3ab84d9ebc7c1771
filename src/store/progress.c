/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How far the store is: the newest event, and the newest number of each source. Both change with
 * every event; so they are written once, before the commit, in the same transaction as the rows.
 */
#include "row.h"

#include "base/mem.h"

static int put_origins(struct store *s)
{
	int r = 0;

	for (uint32_t i = 0; i < s->n_origins && r == 0; i++) {
		const struct heard *h = &s->origin[i];

		r = s->driver->put(s, Q_ORIGIN_ADD, (struct cell[]){
			cell_word(event_source_name(h->source)), cell_number((uint64_t)h->honeypot),
			cell_number(h->epoch), cell_number(h->seq) });
	}
	if (r == 0)
		s->n_origins = 0;
	return r;
}

/* The other sources number all their events in one row, whichever honeypot they are about. */
static int note_origin(struct store *s, const struct adding *a)
{
	const struct event_origin *o = &a->e->origin;
	int64_t honeypot = o->source == SOURCE_GUEST ? (int64_t)a->honeypot : 0;
	struct heard *h = s->origin;
	int r;

	if (!o->seq)
		return 0;	/* the recorder's own */
	while (h < s->origin + s->n_origins && (h->source != o->source || h->honeypot != honeypot || h->epoch != o->epoch))
		h++;
	if (h == s->origin + nitems(s->origin)) {
		r = put_origins(s);
		if (r < 0)
			return r;
		h = s->origin;
	}
	if (h == s->origin + s->n_origins) {
		*h = (struct heard){ .source = o->source, .honeypot = honeypot, .epoch = o->epoch };
		s->n_origins++;
	}
	/* as the tables compare them: with a sign */
	if ((int64_t)o->seq > (int64_t)h->seq || !h->seq)
		h->seq = o->seq;
	return 0;
}

int progress_note(struct store *s, const struct adding *a)
{
	s->last = a->e->seq;
	s->last_us = a->e->at_us;
	s->last_at = *a->at;
	s->moved = true;
	return note_origin(s, a);
}

int progress_put(struct store *s)
{
	int r = put_origins(s);

	if (r == 0 && s->moved)
		r = s->driver->put(s, Q_PROGRESS, (struct cell[]){
			cell_number(s->last), cell_time(s->last_us),
			cell_text((struct span){ s->last_at.file, strnlen(s->last_at.file, sizeof(s->last_at.file)) }),
			cell_number(s->last_at.offset), cell_number(s->last_at.len) });
	s->moved = s->moved && r < 0;
	return r;
}
