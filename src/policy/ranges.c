/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ranges.h"

#include <stdlib.h>

#include "base/mem.h"

void ranges_fini(struct ranges *r)
{
	free(r->at);
	*r = (struct ranges){ 0 };
}

void ranges_add(struct ranges *r, addr_number first, addr_number last)
{
	if (r->n == r->room) {
		r->room = r->room ? r->room * 2 : 4;
		r->at = xrealloc(r->at, r->room, sizeof(r->at[0]));
	}
	r->at[r->n++] = (struct address_range){ first, last };
}

static int by_first(const void *a, const void *b)
{
	const struct address_range *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

/* Ranges that touch or overlap become one: nft refuses a set in which they do. */
void ranges_join(struct ranges *r)
{
	uint32_t kept = 0;

	if (r->n)
		qsort(r->at, r->n, sizeof(r->at[0]), by_first);
	for (uint32_t i = 1; i < r->n; i++) {
		struct address_range *last = &r->at[kept];

		if (last->last != ADDR_LAST && r->at[i].first > last->last + 1)
			r->at[++kept] = r->at[i];
		else if (r->at[i].last > last->last)
			last->last = r->at[i].last;
	}
	r->n = r->n ? kept + 1 : 0;
}

void ranges_invert(struct ranges *r)
{
	struct ranges others = { 0 };
	addr_number next = 0;
	bool more = true;	/* there is something behind the last one */

	for (uint32_t i = 0; i < r->n; i++) {
		if (r->at[i].first > next)
			ranges_add(&others, next, r->at[i].first - 1);
		more = r->at[i].last < ADDR_LAST;
		next = r->at[i].last + 1;
	}
	if (more)
		ranges_add(&others, next, ADDR_LAST);
	ranges_fini(r);
	*r = others;
}

static void keep_inside(struct ranges *r, addr_number first, addr_number last)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < r->n; i++) {
		struct address_range a = r->at[i];

		if (a.last < first || a.first > last)
			continue;
		r->at[kept++] = (struct address_range){ a.first < first ? first : a.first, a.last > last ? last : a.last };
	}
	r->n = kept;
}

void ranges_cut(struct ranges *r, addr_number first, addr_number last, bool inside)
{
	if (inside) {
		keep_inside(r, first, last);
		return;
	}
	ranges_invert(r);
	ranges_add(r, first, last);
	ranges_join(r);
	ranges_invert(r);
}

void ranges_meet(struct ranges *r, const struct ranges *only)
{
	struct ranges both = { 0 };

	for (uint32_t i = 0; i < r->n; i++)
		for (uint32_t k = 0; k < only->n; k++) {
			struct address_range a = r->at[i], b = only->at[k];

			if (a.first <= b.last && b.first <= a.last)
				ranges_add(&both, a.first > b.first ? a.first : b.first, a.last < b.last ? a.last : b.last);
		}
	ranges_fini(r);
	*r = both;
}

struct ranges ranges_part(const struct ranges *r, addr_number first, addr_number last)
{
	struct ranges part = { 0 };

	for (uint32_t i = 0; i < r->n; i++)
		ranges_add(&part, r->at[i].first, r->at[i].last);
	ranges_cut(&part, first, last, true);
	return part;
}

bool ranges_touch(const struct ranges *r, addr_number first, addr_number last)
{
	for (uint32_t i = 0; i < r->n; i++)
		if (r->at[i].first <= last && r->at[i].last >= first)
			return true;
	return false;
}
