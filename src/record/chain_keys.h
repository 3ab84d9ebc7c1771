/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The key of any record, for who has the secret: keys at regular distances are kept, those between
 * are computed from the one before. Bounded: the distance doubles when there are too many.
 */
#include "chain.h"

enum { CHAIN_KEYS_KEPT = 4096 };

struct chain_keys {
	uint64_t distance;
	size_t n;
	struct chain_key at[CHAIN_KEYS_KEPT];	/* of records 1, 1 + distance, 1 + 2 distance ... */
	struct chain_key recent;		/* the one asked for last */
};

void chain_keys_init(struct chain_keys *k, const uint8_t secret[CHAIN_SECRET]);
void chain_keys_get(struct chain_keys *k, uint64_t n, struct chain_key *ret);	/* takes time up to @n */
void chain_keys_fini(struct chain_keys *k);	/* wipes them */
