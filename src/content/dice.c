/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dice.h"

#include <endian.h>
#include <string.h>

#include <sodium.h>

struct dice dice_for(const uint8_t seed[SEED_SIZE], const char *what, uint64_t which)
{
	struct dice d = { .left = 0 };
	crypto_generichash_state s;

	which = htole64(which);
	crypto_generichash_init(&s, seed, SEED_SIZE, sizeof(d.key));
	crypto_generichash_update(&s, (const uint8_t *)what, strlen(what) + 1);
	crypto_generichash_update(&s, (const uint8_t *)&which, sizeof(which));
	crypto_generichash_final(&s, d.key, sizeof(d.key));
	return d;
}

/* Half of what the key gives is the next key. */
static void throw_again(struct dice *d)
{
	uint8_t out[SEED_SIZE + sizeof(d->thrown)];

	randombytes_buf_deterministic(out, sizeof(out), d->key);
	memcpy(d->key, out, SEED_SIZE);
	memcpy(d->thrown, out + SEED_SIZE, sizeof(d->thrown));
	d->left = nitems(d->thrown);
}

static uint32_t next(struct dice *d)
{
	if (!d->left)
		throw_again(d);
	return le32toh(d->thrown[--d->left]);
}

uint32_t dice_below(struct dice *d, uint32_t n)
{
	return (uint32_t)((uint64_t)next(d) * n >> 32);
}

uint32_t dice_within(struct dice *d, uint32_t low, uint32_t high)
{
	return low + dice_below(d, high - low + 1);
}

void dice_bytes(struct dice *d, void *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		((uint8_t *)p)[i] = (uint8_t)next(d);
}

void dice_letters(struct dice *d, const char *alphabet, char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = alphabet[dice_below(d, (uint32_t)strlen(alphabet))];
}
