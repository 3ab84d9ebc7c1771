/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What honeypots are made from: recipes that skep comes with, and recipes and root file systems of the user's own. */
#include <limits.h>
#include <stdbool.h>

#include "config/diag.h"
#include "model/plan.h"

struct image {
	bool recipe;			/* else a root file system that lies ready */
	char path[PATH_MAX];
	uint32_t n_services;		/* of a honeypot: the honeynet file's, or its recipe's */
	struct probe service[MAX_PROBES];
};

/* image_find() - what @word names, a recipe of ours or a path; NULL and *@ret, or what is wrong, in words lent until the
 * next call. Its services are left out. */
const char *image_find(const char *word, struct image *ret);
/* images_find() - of the honeypots @which (places, a bit each), with services; 0, or -EINVAL after complaints in @d at
 * their places */
int images_find(const struct honeynet *n, uint64_t which, struct image ret[MAX_HONEYPOTS], struct diag *d);

/* image_check() - what @file, built of it, lacks to be a honeypot's root, in words that are lent for ever; NULL: nothing,
 * and *@ret_root is what the plan says of it. Recipes are believed. */
const char *image_check(const struct image *i, const char *file, uint8_t *ret_root);
