/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "signature.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <sodium.h>

#include "base/file.h"
#include "base/mem.h"

_Static_assert(SIGNER_SECRET == crypto_sign_SECRETKEYBYTES && SIGNER_KEY_TEXT == 2 * crypto_sign_PUBLICKEYBYTES + 1,
	       "Ed25519 has other sizes");

#define LINE "ed25519 %s %s\n"
enum { SEED_TEXT = 2 * crypto_sign_SEEDBYTES, LINE_TEXT = sizeof(LINE) + 2 * (crypto_sign_PUBLICKEYBYTES + crypto_sign_BYTES) };

static bool from_hex(const char *text, unsigned char *ret, size_t size)
{
	size_t n;
	const char *end;

	return sodium_hex2bin(ret, size, text, strlen(text), NULL, &n, &end) == 0 && n == size && !*end;
}

/* A seed in hexadecimal digits, a line. */
static int make(const char *path)
{
	unsigned char seed[crypto_sign_SEEDBYTES];
	char hex[SEED_TEXT + 1];
	_text_ struct text t = { 0 };
	int r;

	randombytes_buf(seed, sizeof(seed));
	text_addf(&t, "%s\n", sodium_bin2hex(hex, sizeof(hex), seed, sizeof(seed)));
	r = file_replace(path, &t);
	sodium_memzero(seed, sizeof(seed));
	sodium_memzero(hex, sizeof(hex));
	sodium_memzero(t.at, t.len);
	return r;
}

int signer_open(const char *path, struct signer *ret)
{
	unsigned char seed[crypto_sign_SEEDBYTES], public[crypto_sign_PUBLICKEYBYTES];
	char hex[SEED_TEXT + 2] = "";
	_fd_ int fd = -1;
	ssize_t n;
	int r = sodium_init() < 0 ? -EIO : access(path, F_OK) == 0 ? 0 : make(path);

	if (r < 0)
		return r;
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, hex, SEED_TEXT + 1);
	if (n < 0)
		return -errno;
	hex[strcspn(hex, "\n")] = '\0';
	r = from_hex(hex, seed, sizeof(seed)) ? 0 : -EBADMSG;
	if (r == 0) {
		crypto_sign_seed_keypair(public, ret->secret, seed);
		sodium_bin2hex(ret->key, sizeof(ret->key), public, sizeof(public));
	}
	sodium_memzero(seed, sizeof(seed));
	sodium_memzero(hex, sizeof(hex));
	return r;
}

void signer_fini(struct signer *s)
{
	sodium_memzero(s->secret, sizeof(s->secret));
}

void signature_put(const struct signer *s, const struct text *what, struct text *ret)
{
	unsigned char signature[crypto_sign_BYTES];
	char hex[2 * crypto_sign_BYTES + 1];

	crypto_sign_detached(signature, NULL, (const unsigned char *)text_str(what), what->len, s->secret);
	text_addf(ret, LINE, s->key, sodium_bin2hex(hex, sizeof(hex), signature, sizeof(signature)));
}

int signature_check(const struct text *what, const char *line, char ret_key[SIGNER_KEY_TEXT])
{
	unsigned char public[crypto_sign_PUBLICKEYBYTES], signature[crypto_sign_BYTES];
	char key[SIGNER_KEY_TEXT], hex[2 * crypto_sign_BYTES + 1], again[LINE_TEXT];

	if (sodium_init() < 0 || sscanf(line, "ed25519 %64s %128s", key, hex) != 2)
		return -EBADMSG;
	snprintf(again, sizeof(again), LINE, key, hex);	/* sscanf takes any blanks */
	if (strcmp(line, again) || !from_hex(key, public, sizeof(public)) || !from_hex(hex, signature, sizeof(signature)) ||
	    crypto_sign_verify_detached(signature, (const unsigned char *)text_str(what), what->len, public) < 0)
		return -EBADMSG;
	sodium_bin2hex(ret_key, SIGNER_KEY_TEXT, public, sizeof(public));
	return 0;
}
