/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * What of a honeynet records, without the rest of it: the roles recorder, capture and, if wanted, index of
 * the program skep, started as the master does, and given what priv would give. Whatever fails, ends.
 */
#include <stdint.h>
#include <sys/types.h>

#include "model/plan.h"
#include "run/role.h"

struct role_child {
	pid_t pid;		/* 0: not started */
	int chan;
};

struct roles {
	struct role_child recorder, capture, index;
};

/* must() - @r, unless it is an -errno: then ends with @what */
int must(int r, const char *what);

/* roles_start() - makes the folders and the chain of evidence in @plan's state folder */
void roles_start(struct roles *r, const char *skep, const struct plan *plan, bool index);
/* roles_give() - a source for capture; closes @fd, or ends if that is an -errno */
void roles_give(const struct roles *r, enum source_kind kind, uint32_t index, int fd);
/* roles_begin() - all sources were given */
void roles_begin(const struct roles *r);
/* roles_stop() - in the order in which nothing gets lost */
void roles_stop(const struct roles *r);
