/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Whether the rules in the kernel are still those that were loaded: one number over all tables, chains and rules of ours.
 * Each has a handle that the kernel never gives again, so whoever changes, removes or adds one of them changes the
 * number. What the rules count, and the elements of their sets, are not in it.
 */
#include <stdint.h>

/* rules_sum_open() - a descriptor for it in the gateway @gw; or -errno */
int rules_sum_open(int gw);
/* rules_sum() - 0 and *@ret; -EAGAIN: they change just now; or -errno */
int rules_sum(int fd, uint64_t *ret);
