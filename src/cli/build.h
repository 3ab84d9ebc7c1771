/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What is built before a honeynet can stand: the honeypots' kernel and their images. */
#include <stddef.h>

#include "image.h"
#include "progress.h"

/* The scripts do the work and know by content what is there already. Results: the kernel's folder,
 * the image's file. */
struct job kernel_job(void);
struct job image_job(const struct image *i);	/* @i is lent */

/* recipes_list() - names of the recipes there are, sorted, NULL at the end; yours, as are the names */
char **recipes_list(void);
