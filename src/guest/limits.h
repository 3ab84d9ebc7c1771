/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * What one honeypot may take of the host: a control group of its own, of version 2, or one in each hierarchy of
 * version 1 where the controllers are there. Those of one process are in a group of its own, so that it can make and
 * remove them when it has no rights in the hierarchies' roots any more.
 */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct limits {
	uint64_t memory;	/* bytes: the guest's own, its ring, its pages of the disk's cache */
	uint32_t processes;
	uint32_t weight;	/* of processor time, percent of what others get */
};

enum limits_kind { LIMITS_MEMORY, LIMITS_PIDS, LIMITS_CPU, LIMITS_FREEZER, LIMITS_KINDS };

struct limits_group {
	char *path[LIMITS_KINDS];	/* version 2: all the same; NULL: the host has no such controller */
};

/* limits_make() - group @n of this process, "skep-PID/N", empty; 0, -EEXIST, or -errno: then nothing is left. limits_free() */
int limits_make(uint32_t n, const struct limits *l, struct limits_group *ret);
/* limits_join() - from now on @pid and all it begets; 0 or -errno */
int limits_join(const struct limits_group *g, pid_t pid);
/* limits_freeze() - all of it stands still, or goes on; 0, -ENOTSUP, or -errno */
int limits_freeze(const struct limits_group *g, bool still);
/* limits_free() - removes the group, whose processes must have ended */
void limits_free(struct limits_group *g);
/* limits_sweep() - removes the groups of processes that have ended; false: some are not empty yet */
bool limits_sweep(void);
