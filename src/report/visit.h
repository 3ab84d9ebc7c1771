/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * A visit: the events of one session as the time line of what the intruder did.
 *
 *	_visit_ struct visit *v = visit_new(VISIT_TYPED);
 *	visit_add(v, &e);		each event of the session, in the order of the journal
 *	visit_write(v, &t);
 *
 * Told are logins tried, commands, also those that could not be run, rights that were gained,
 * connections out with what the gateway made of them, files written and run, mounts, modules and other
 * attempts on the kernel, what was done to processes that are not the visit's own, the first lines of
 * what is said to and by programs without a terminal, and (on request) the lines typed at the first
 * terminal. A line is marked ROOT if root's rights are at work that
 * the visit did not begin with: effective uid 0 with another uid, or uid 0 below or after one.
 */
#include <stdint.h>

#include "base/text.h"

struct event;
struct visit;

enum visit_flags {
	VISIT_TYPED = 1,	/* also what was typed */
	VISIT_COLOUR = 2,
};

enum { VISIT_ITEMS_MAX = 100000 };	/* lines; what is beyond is counted */

struct visit *visit_new(uint32_t flags);
struct visit *visit_free(struct visit *v);	/* returns NULL */
void visit_add(struct visit *v, const struct event *e);	/* copies what it needs */
void visit_write(struct visit *v, struct text *t);

static inline void visit_freep(struct visit **v)
{
	visit_free(*v);
}

#define _visit_ __attribute__((cleanup(visit_freep)))
