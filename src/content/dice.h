/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Numbers by chance that are the same for the same seed. Each thing has dice of its own, named by what they are
 * for: what is thrown for one day or one file does not move what is thrown for another.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"

enum { SEED_SIZE = 32 };

struct dice {
	uint8_t key[SEED_SIZE];
	uint32_t thrown[8];
	unsigned left;
};

struct dice dice_for(const uint8_t seed[SEED_SIZE], const char *what, uint64_t which);
uint32_t dice_below(struct dice *d, uint32_t n);		/* 0 to n - 1 */
uint32_t dice_within(struct dice *d, uint32_t low, uint32_t high);	/* both included */
void dice_bytes(struct dice *d, void *p, size_t n);
void dice_letters(struct dice *d, const char *alphabet, char *p, size_t n);	/* without a NUL */

#define dice_pick(d, table) ((table)[dice_below(d, nitems(table))])
