/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * What makes a plan of a honeynet file, for who starts a honeynet and who changes one that runs. All of it dies with
 * words on failure. @which: places of honeypots, a bit each.
 */
#include <stdbool.h>
#include <stdint.h>

#include "model/plan.h"

void planning_path(char *to, size_t size, const char *what);
#define plan_path(to, what) planning_path(to, sizeof(to), what)

void planning_file(struct plan *p, const char *path);		/* the honeynet file, by its whole path */
void planning_services(struct plan *p, uint64_t which);		/* what must answer, as their recipes say */
/*
 * planning_build() - their images, if they are not built; where each has its disk and its processor. @with_kernel: also
 * the kernel, whose path is returned (to be freed); else NULL
 */
char *planning_build(struct plan *p, uint64_t which, bool with_kernel);
void planning_identities(const struct plan *p, uint64_t which);
