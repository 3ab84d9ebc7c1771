/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* A row in the making: the cells of a statement, added in the order in which its text names them. */
#include "driver.h"

#include <string.h>

struct row {
	struct cell c[CELLS];
	size_t n, n_addresses;
	char address[2][ADDR_TEXT];
};

/* What is made into rows: the event, the table's number of its honeypot (0 none), where its line is. */
struct adding {
	const struct event *e;
	uint64_t honeypot;
	const struct place *at;
};

static inline void number(struct row *r, uint64_t v)
{
	r->c[r->n++] = cell_number(v);
}

static inline void when(struct row *r, uint64_t us)
{
	r->c[r->n++] = cell_time(us);
}

/* ended() - 0 means that it has not */
static inline void ended(struct row *r, uint64_t us)
{
	when(r, us ? us : 1);
}

static inline void words(struct row *r, struct span s)
{
	r->c[r->n++] = cell_text(s);
}

static inline void chars(struct row *r, const char *s, size_t size)
{
	words(r, (struct span){ s, strnlen(s, size) });
}

static inline void address(struct row *r, const struct addr *a)
{
	words(r, span_of(addr_text(a, r->address[r->n_addresses++])));
}

static inline int put(struct store *s, enum statement_id q, const struct row *r)
{
	return s->driver->put(s, q, r->c);
}

/* place() - where its line stands */
static inline void place(struct row *r, const struct adding *a)
{
	chars(r, a->at->file, sizeof(a->at->file));
	number(r, a->at->offset);
	number(r, a->at->len);
}

/* key() - a process or a connection of one honeypot in one epoch */
static inline void key(struct row *r, uint64_t id, const struct adding *a)
{
	number(r, id);
	number(r, a->honeypot);
	number(r, a->e->origin.epoch);
}

/* --- verdict.c: packets of one flow that met the same fate are one row; the number of that row */
int verdict_add(struct store *s, const struct adding *a, uint64_t *ret_id);

/* --- progress.c: remembered until the commit */
int progress_note(struct store *s, const struct adding *a);
