/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "chain.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "base/mem.h"
#include "line.h"

enum { MAC_TEXT = 22, CHECK = 4 };	/* base64 of a mac, without padding; bytes of a secret's check sum */

#define BEFORE_N "\"chain\":{\"n\":"
#define BEFORE_AFTER ",\"after\":\""
#define BEFORE_MAC "\",\"mac\":\""
#define BEHIND_MAC "\"}}"
#define LEN(s) (sizeof(s) - 1)

_Static_assert(1 + LEN(BEFORE_N) + 20 + LEN(BEFORE_AFTER) + LEN(BEFORE_MAC) + LEN(BEHIND_MAC) + 2 * MAC_TEXT <=
	       LINE_SEAL_MAX, "a seal needs more room");

static void keyed(uint8_t *ret, size_t size, const uint8_t *key, size_t key_size, const char *word)
{
	crypto_generichash(ret, size, (const unsigned char *)word, strlen(word), key, key_size);
}

void chain_id(const uint8_t secret[CHAIN_SECRET], uint8_t ret[CHAIN_ID])
{
	uint8_t sum[CHAIN_MAC];

	keyed(sum, sizeof(sum), secret, CHAIN_SECRET, "skep chain id");
	memcpy(ret, sum, CHAIN_ID);
}

const char *chain_id_text(const uint8_t id[CHAIN_ID], char ret[CHAIN_ID_TEXT])
{
	return sodium_bin2hex(ret, CHAIN_ID_TEXT, id, CHAIN_ID);
}

void chain_first(const uint8_t secret[CHAIN_SECRET], struct chain_key *ret)
{
	ret->n = 1;
	keyed(ret->key, CHAIN_KEY, secret, CHAIN_SECRET, "skep chain first key");
}

void chain_next(struct chain_key *k)
{
	uint8_t next[CHAIN_KEY];

	keyed(next, CHAIN_KEY, k->key, CHAIN_KEY, "skep chain next key");
	memcpy(k->key, next, CHAIN_KEY);
	sodium_memzero(next, sizeof(next));
	k->n++;
}

void chain_digest(const char *line, size_t len, uint8_t ret[CHAIN_MAC])
{
	crypto_generichash(ret, CHAIN_MAC, (const unsigned char *)line, len, NULL, 0);
}

void seal_mac(const struct chain_key *k, const char *file, const char *line, size_t covered, uint8_t ret[CHAIN_MAC])
{
	crypto_generichash_state s;

	crypto_generichash_init(&s, k->key, CHAIN_KEY, CHAIN_MAC);
	crypto_generichash_update(&s, (const unsigned char *)file, strlen(file));
	crypto_generichash_update(&s, (const unsigned char *)"\n", 1);
	crypto_generichash_update(&s, (const unsigned char *)line, covered);
	crypto_generichash_final(&s, ret, CHAIN_MAC);
	sodium_memzero(&s, sizeof(s));
}

static void mac_text(const uint8_t mac[CHAIN_MAC], char ret[MAC_TEXT + 1])
{
	sodium_bin2base64(ret, MAC_TEXT + 1, mac, CHAIN_MAC, sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
}

/* Not by mac_text(), which takes ten times as long lest a clock betrays the bytes: a mac is no secret. */
static void put_mac(const uint8_t mac[CHAIN_MAC], struct text *t)
{
	text_base64(t, mac, CHAIN_MAC);
	t->len -= 2;	/* the padding */
}

/* Written as we write it, or it is none: the library also reads bytes above 127 as if they were letters. */
static int get_mac(const char *s, uint8_t ret[CHAIN_MAC])
{
	char again[MAC_TEXT + 1];
	size_t n;

	if (sodium_base642bin(ret, CHAIN_MAC, s, MAC_TEXT, NULL, &n, NULL, sodium_base64_VARIANT_ORIGINAL_NO_PADDING) ||
	    n != CHAIN_MAC)
		return -EBADMSG;
	mac_text(ret, again);
	return memcmp(s, again, MAC_TEXT) ? -EBADMSG : 0;
}

void seal_write(const struct chain_key *k, const char *file, struct span line, struct text *t,
		uint8_t last[CHAIN_MAC])
{
	size_t from = t->len;

	text_addn(t, line.at, line.len - LEN("}\n"));
	if (t->at[t->len - 1] != '{')
		text_addc(t, ',');
	text_add(t, BEFORE_N);
	text_addu(t, k->n);
	text_add(t, BEFORE_AFTER);
	put_mac(last, t);
	text_add(t, BEFORE_MAC);
	seal_mac(k, file, t->at + from, t->len - from, last);
	put_mac(last, t);
	text_add(t, BEHIND_MAC "\n");
}

/* back() - true if @what stands before *@at, which then is moved to its beginning */
static bool back(const char *line, size_t *at, const char *what)
{
	size_t n = strlen(what);

	if (*at < n || memcmp(line + *at - n, what, n))
		return false;
	*at -= n;
	return true;
}

/* The number that ends at *@at; written as we write it, or it is none. */
static bool back_number(const char *line, size_t *at, uint64_t *ret)
{
	uint64_t n = 0, unit = 1;
	size_t from = *at;

	while (from && isdigit((unsigned char)line[from - 1]) && *at - from < 19) {
		n += (uint64_t)(line[--from] - '0') * unit;
		unit *= 10;
	}
	if (from == *at || line[from] == '0')
		return false;
	*at = from;
	*ret = n;
	return true;
}

int seal_read(const char *line, size_t len, struct seal *ret)
{
	struct seal s;
	size_t at = len, mac, after;

	if (!back(line, &at, BEHIND_MAC) || at < MAC_TEXT)
		return -EBADMSG;
	mac = at -= MAC_TEXT;
	if (!back(line, &at, BEFORE_MAC) || at < MAC_TEXT)
		return -EBADMSG;
	after = at -= MAC_TEXT;
	if (!back(line, &at, BEFORE_AFTER) || !back_number(line, &at, &s.n) || !back(line, &at, BEFORE_N) ||
	    get_mac(line + mac, s.mac) < 0 || get_mac(line + after, s.after) < 0)
		return -EBADMSG;
	s.covered = mac;
	*ret = s;
	return 0;
}

/* --- the secret as text ----------------------------------------------------------------------- */

static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static void with_check(const uint8_t secret[CHAIN_SECRET], uint8_t ret[CHAIN_SECRET + CHECK])
{
	uint8_t sum[CHAIN_MAC];

	keyed(sum, sizeof(sum), secret, CHAIN_SECRET, "skep chain secret check");
	memcpy(ret, secret, CHAIN_SECRET);
	memcpy(ret + CHAIN_SECRET, sum, CHECK);
}

/* Five bits a letter: letter @i stands for bits 5i to 5i + 4. */
void chain_secret_text(const uint8_t secret[CHAIN_SECRET], char ret[CHAIN_SECRET_TEXT])
{
	uint8_t b[CHAIN_SECRET + CHECK];

	with_check(secret, b);
	for (size_t i = 0; i < sizeof(b) * 8 / 5; i++) {
		unsigned v = 0;

		for (size_t bit = 5 * i; bit < 5 * i + 5; bit++)
			v = v << 1 | (b[bit / 8] >> (7 - bit % 8) & 1);
		ret[i + i / 4] = digits[v];
		if (i % 4 == 3)
			ret[i + i / 4 + 1] = '-';
	}
	ret[CHAIN_SECRET_TEXT - 1] = '\0';
	sodium_memzero(b, sizeof(b));
}

static int digit(char c)
{
	const char *p;

	c = (char)toupper((unsigned char)c);
	c = c == 'O' ? '0' : c == 'I' || c == 'L' ? '1' : c;
	p = c ? strchr(digits, c) : NULL;
	return p ? (int)(p - digits) : -1;
}

int chain_secret_parse(const char *s, uint8_t ret[CHAIN_SECRET])
{
	uint8_t b[CHAIN_SECRET + CHECK] = { 0 }, want[CHAIN_SECRET + CHECK];
	size_t n = 0;
	int r = 0;

	for (; *s && r == 0; s++) {
		int v = digit(*s);

		if (*s == '-' || isspace((unsigned char)*s))
			continue;
		if (v < 0 || n == sizeof(b) * 8 / 5) {
			r = -EINVAL;
			break;
		}
		for (size_t bit = 5 * n; bit < 5 * n + 5; bit++)
			b[bit / 8] |= (uint8_t)((v >> (4 - (bit - 5 * n)) & 1) << (7 - bit % 8));
		n++;
	}
	with_check(b, want);
	if (r == 0 && (n != sizeof(b) * 8 / 5 || sodium_memcmp(b, want, sizeof(b))))
		r = -EINVAL;
	if (r == 0)
		memcpy(ret, b, CHAIN_SECRET);
	sodium_memzero(b, sizeof(b));
	sodium_memzero(want, sizeof(want));
	return r;
}
