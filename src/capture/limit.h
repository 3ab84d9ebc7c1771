/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * How many messages a second one source may send. Generic cell rate algorithm (ITU-T I.371): each
 * message moves a clock forward by its share of a second; who is a second ahead has to wait.
 */
#include <stdbool.h>
#include <stdint.h>

enum { LIMIT_PER_S = 20000 };	/* and as many at once */

struct limit {
	uint64_t due_us;	/* when a source that had sent so much at the allowed rate would have */
};

/* limit_take() - one more message at @at_us: true, or false if it is one too many */
static inline bool limit_take(struct limit *l, uint64_t at_us)
{
	const uint64_t second = 1000000;

	/* The clock may have been set back: nobody owes more than a second. */
	if (l->due_us < at_us || l->due_us > at_us + 2 * second)
		l->due_us = at_us;
	if (l->due_us + second / LIMIT_PER_S > at_us + second)
		return false;
	l->due_us += second / LIMIT_PER_S;
	return true;
}
