/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "chain_keys.h"

#include <sodium.h>

void chain_keys_init(struct chain_keys *k, const uint8_t secret[CHAIN_SECRET])
{
	k->distance = 1024;
	k->n = 1;
	chain_first(secret, &k->at[0]);
	k->recent = k->at[0];
}

void chain_keys_fini(struct chain_keys *k)
{
	sodium_memzero(k, sizeof(*k));
}

static void thin_out(struct chain_keys *k)
{
	for (size_t i = 0; 2 * i < k->n; i++)
		k->at[i] = k->at[2 * i];
	k->n = (k->n + 1) / 2;
	k->distance *= 2;
}

void chain_keys_get(struct chain_keys *k, uint64_t n, struct chain_key *ret)
{
	uint64_t i = (n - 1) / k->distance;
	struct chain_key at = k->at[i < k->n ? i : k->n - 1];

	if (k->recent.n <= n && k->recent.n > at.n)
		at = k->recent;
	while (at.n < n) {
		chain_next(&at);
		if (at.n == 1 + k->n * k->distance) {
			if (k->n == CHAIN_KEYS_KEPT)
				thin_out(k);
			if (at.n == 1 + k->n * k->distance)
				k->at[k->n++] = at;
		}
	}
	k->recent = *ret = at;
	sodium_memzero(&at, sizeof(at));
}
