/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Data control by hand, lockdown, fence and budgets: done by the running skep, and kept in the state folder, so that the next
 * `skep up` begins as this one ended.
 */
#include <stdbool.h>

#include "model/budget.h"
#include "model/honeynet.h"
#include "roles/roles.h"

#define STATE_LOCKDOWN "lockdown"	/* it is there: locked */
#define STATE_FENCE "fence"		/* networks, one a line */

#define STATE_LIMITS "limits"		/* a honeypot, a budget and its limit, a line each */

/* by_hand_ask() - 0, or -errno: -EINVAL the kernel's set refuses it; -EPIPE no answer */
int by_hand_ask(enum hand what, const struct network *n);

/* fence_read() - the networks kept in the state folder, after those that are at @c already; 0 or -errno: -EEXIST one of them overlaps another */
int fence_read(struct containment *c);
/* fence_write() - all of @n; 0 or -errno */
int fence_write(const struct network *at, uint32_t n);

/* limits_ask() - 0 or -errno, as by_hand_ask() */
int limits_ask(const struct budget_set *b);
/* limits_read() - the limits kept in the state folder, to those honeypots of @n that are there; 0 or -errno */
int limits_read(struct honeynet *n);
/* limits_write() - what @b says of the honeypot with that name, in the place of what was kept; 0 or -errno */
int limits_write(const char *name, const struct budget_set *b);
