/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Data control by hand, lockdown and fence: done by the running skep, and kept in the state folder, so that the next
 * `skep up` begins as this one ended.
 */
#include <stdbool.h>

#include "model/honeynet.h"
#include "roles/roles.h"

#define STATE_LOCKDOWN "lockdown"	/* it is there: locked */
#define STATE_FENCE "fence"		/* networks, one a line */

/* by_hand_ask() - 0, or -errno: -EINVAL the kernel's set refuses it; -EPIPE no answer */
int by_hand_ask(enum hand what, const struct network *n);

/* fence_read() - the networks kept in the state folder, after those that are at @c already; 0 or -errno: -EEXIST one of them overlaps another */
int fence_read(struct containment *c);
/* fence_write() - all of @n; 0 or -errno */
int fence_write(const struct network *at, uint32_t n);
