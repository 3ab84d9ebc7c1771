/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SSH keys of ed25519, as ssh-keygen makes them. */
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "past.h"

static void put_string(struct text *t, const void *p, size_t n)
{
	uint8_t len[4] = { (uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n };

	text_addn(t, len, sizeof(len));
	text_addn(t, p, n);
}

static void put_public(struct text *t, const uint8_t key[32])
{
	put_string(t, "ssh-ed25519", 11);
	put_string(t, key, 32);
}

static void add_in_lines(struct text *t, const struct text *bytes, size_t width)
{
	_text_ struct text b = { 0 };

	text_base64(&b, text_str(bytes), bytes->len);
	for (size_t i = 0; i < b.len; i += width) {
		text_addn(t, b.at + i, b.len - i < width ? b.len - i : width);
		text_addc(t, '\n');
	}
}

/* A private key as ssh-keygen writes it without a passphrase. */
struct text key_make(const uint8_t seed[32], const char *comment, char print[64], char line[128])
{
	uint8_t public[crypto_sign_PUBLICKEYBYTES], secret[crypto_sign_SECRETKEYBYTES], sum[crypto_hash_sha256_BYTES];
	_text_ struct text blob = { 0 }, inside = { 0 }, key = { 0 }, b = { 0 };
	struct text file = { 0 };

	crypto_sign_seed_keypair(public, secret, seed);
	put_public(&blob, public);
	crypto_hash_sha256(sum, (const uint8_t *)blob.at, blob.len);
	text_base64(&b, sum, sizeof(sum));
	snprintf(print, 64, "SHA256:%.43s", text_str(&b));
	text_clear(&b);
	text_base64(&b, blob.at, blob.len);
	snprintf(line, 128, "ssh-ed25519 %s", text_str(&b));

	text_addn(&inside, sum, 4);		/* the same number twice tells whether it was decrypted */
	text_addn(&inside, sum, 4);
	put_public(&inside, public);
	put_string(&inside, secret, sizeof(secret));
	put_string(&inside, comment, strlen(comment));
	for (char pad = 1; inside.len % 8; pad++)
		text_addc(&inside, pad);
	text_addn(&key, "openssh-key-v1", 15);
	put_string(&key, "none", 4);
	put_string(&key, "none", 4);
	put_string(&key, "", 0);
	text_addn(&key, "\0\0\0\1", 4);
	put_string(&key, blob.at, blob.len);
	put_string(&key, inside.at, inside.len);
	text_add(&file, "-----BEGIN OPENSSH PRIVATE KEY-----\n");
	add_in_lines(&file, &key, 70);
	text_add(&file, "-----END OPENSSH PRIVATE KEY-----\n");
	return file;
}
