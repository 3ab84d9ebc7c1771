/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * What makes a plan of a honeynet file, for who starts a honeynet and who changes one that runs. All of it dies with
 * words on failure. @which: places of honeypots, a bit each.
 */
#include <stdbool.h>
#include <stdint.h>

#include "image.h"
#include "model/plan.h"

void planning_path(char *to, size_t size, const char *what);
#define plan_path(to, what) planning_path(to, sizeof(to), what)

void planning_file(struct plan *p, const char *path);		/* the honeynet file, by its whole path */
void planning_decisions(struct plan *p);	/* what was decided by hand: lockdown, and what the fence has beside the file's */
void planning_prevention(struct plan *p);	/* whether this machine has what the prevention needs, if the file wants it */
/*
 * planning_build() - their images (as images_find() found them, by place), if they are not built, and what must answer;
 * where each has its disk and its processor. Complaints are about @file. @with_kernel: also the kernel, whose path is
 * returned (to be freed); else NULL
 */
char *planning_build(struct plan *p, uint64_t which, const struct image *image, const char *file, bool with_kernel);
void planning_identities(const struct plan *p, uint64_t which, uint64_t pasts);	/* @pasts: of whom the past, too */
