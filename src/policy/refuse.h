/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What is refused: counted in full and logged at first sight, or, where it has been charged for, as the honeynet file says how. */
#include <stdbool.h>

#include "base/text.h"
#include "emit.h"
#include "model/honeynet.h"
#include "model/reason.h"

/*
 * What matches is counted for its @key and logged up to @per_s times a second (and @burst times at once). Counter and limit
 * are in one element: the counter comes first, and the limit decides only whether the rest of the rule, the log, is reached.
 * A full set loses lines and counts, never what comes after it.
 */
struct refusal {
	const char *match, *key;
	enum reason reason;
	unsigned group, per_s, burst;
	bool six;		/* the set is one of IPv6's */
};

/* refuse_sets() - where that is counted: of table bridge skep_l2, or of inet skep; @six: of IPv6, too */
void refuse_sets(struct text *t, bool bridge, bool six);
void refuse(struct text *t, const struct refusal *r);
/* refuse_count() - what comes before its end, if that is another than to be dropped */
void refuse_count(struct text *t, const struct refusal *r);

enum { FIRST_PER_S = 1, FIRST_BURST = 5 };	/* lines of a flood that are logged: each second, and at once */
void refuse_first(struct text *t, const char *match, const char *key, enum reason reason);
/* refuse_source() - counted for whoever sent it */
void refuse_source(struct text *t, enum family f, const char *match, enum reason reason, unsigned burst);
/* refuse_frame() - in the bridge; counted for its tap */
void refuse_frame(struct text *t, const char *match, enum reason reason, bool six);

/* refuse_spent() - what a budget has no room for is dropped, and its honeypot may hear of it (refuse:) */
void refuse_spent(struct text *t, enum family f, const struct containment *c, const char *match, enum reason r);
/* refuse_spent_inside() - likewise of what no flood is cut of before: counted in full, not logged without end */
void refuse_spent_inside(struct text *t, enum family f, const struct containment *c, const char *match, enum reason r);
