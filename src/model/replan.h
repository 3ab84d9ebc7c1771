/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * From the plan that runs to the next one. Pure.
 *
 * A honeypot's place in the plan is its number everywhere: of its user, tap, ring, lane, control group. It never
 * changes while the honeypot is there, and a honeypot that changes is another one, at another place, under the
 * same name. What was removed stays in its place, marked gone, so that what is still said of it has a name; such
 * a place is given to another honeypot only when there is no new one left, and never in the same step.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "plan.h"

enum plan_part {
	PART_NETWORKS, PART_TABLES, PART_NAMES, PART_GROUPS, PART_SERVICES, PART_TIMES, PART_RULES, PART_NAT, PART_CONTAINMENT,
	PART_SAMPLES, PART_NIDS, PART_OBJECTIVES, PART_PACKETS, PART_SCAN, PART_RESET, PART_SELFTEST, PART_ALERT, PART_GUARD,
	PART_ACCESS,
	PARTS
};
const char *plan_part_name(enum plan_part p);	/* its key in the honeynet file */

struct plan_change {
	uint64_t added, removed;	/* places, a bit each; a changed honeypot is in both, at two places */
	uint32_t parts;			/* bits by enum plan_part */
};

/*
 * replan_places() - @next, as read from its file, with every honeypot at its place, and all that names one by its
 * number put right. 0, or -ENOSPC: there is no place for one of them.
 */
int replan_places(const struct honeynet *before, struct honeynet *next);
/* replan_change() - what is different; both are sound */
void replan_change(const struct plan *before, const struct plan *next, struct plan_change *ret);
bool plan_change_none(const struct plan_change *c);
bool plan_change_passes(const struct plan_change *c);	/* other things may pass from then on, or somebody else's */
/* replan_fits() - @next can take the place of @before while it runs; whatever is in @next. 0 or -EBADMSG */
int replan_fits(const struct plan *before, const struct plan *next);
/* replan_twin() - the place of the one that takes over the name of @before's honeypot @i; or -1 */
int replan_twin(const struct plan_change *c, const struct plan *before, const struct plan *next, uint32_t i);
/* replan_same_rule() - rule @i of @a says what rule @k of @b says, wherever they stand */
bool replan_same_rule(const struct honeynet *a, uint32_t i, const struct honeynet *b, uint32_t k);
/* replan_same_nat() - likewise of NAT rules */
bool replan_same_nat(const struct honeynet *a, uint32_t i, const struct honeynet *b, uint32_t k);
/*
 * replan_back() - the plan that leads from @now back to what it was made of, and removes again who was added. Nobody may
 * have been removed: who was would not come back as he was.
 */
void replan_back(const struct plan *before, const struct plan *now, struct plan *ret);
/* replan_words() - in a line: "added A, B; removed C; changed D; rules" */
void replan_words(const struct plan_change *c, const struct plan *before, const struct plan *next, struct text *ret);
