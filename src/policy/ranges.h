/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Sets of numbers - addresses, ports - as ranges: sorted, and apart from each other by at least one number. */
#include <stdbool.h>
#include <stdint.h>

#include "model/honeynet.h"

struct ranges {
	uint32_t n, room;
	struct address_range *at;
};

void ranges_fini(struct ranges *r);	/* leaves an empty set */
/* ranges_add() - at the end, whatever is there: before anything else is asked comes ranges_join() */
void ranges_add(struct ranges *r, addr_number first, addr_number last);
void ranges_join(struct ranges *r);
/* ranges_invert() - all numbers that are not in it, from 0 to ADDR_LAST */
void ranges_invert(struct ranges *r);
/* ranges_cut() - @inside: what lies in @first to @last is left, else what does not */
void ranges_cut(struct ranges *r, addr_number first, addr_number last, bool inside);
/* ranges_meet() - what is in @only too is left */
void ranges_meet(struct ranges *r, const struct ranges *only);
/* ranges_part() - what lies in @first to @last; the caller frees it */
struct ranges ranges_part(const struct ranges *r, addr_number first, addr_number last);
/* ranges_touch() - some of it lies in @first to @last */
bool ranges_touch(const struct ranges *r, addr_number first, addr_number last);
