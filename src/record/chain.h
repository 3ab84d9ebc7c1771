/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The hash chain: each record is sealed with a key of its own, and the keys move forward only.
 *
 *	K_1     = BLAKE2b-256(key S, "skep chain first key")	S: the secret the administrator keeps
 *	K_(n+1) = BLAKE2b-256(key K_n, "skep chain next key")	K_n is wiped when the record has its seal
 *	mac_n   = BLAKE2b-128(key K_n, FILE '\n' LINE)		LINE: all bytes of the line before the mac
 *	id      = BLAKE2b-128(key S, "skep chain id"), its first eight bytes
 *
 * Who takes this machine finds K_n of the next record, from which no key before it can be computed:
 * what was sealed stays as it was, or shows. Who has S can compute them all. The seal stands in the
 * line itself, as its last member:
 *
 *	,"chain":{"n":17,"after":"<mac of record 16>","mac":"<mac of this one>"}}
 *
 * Each mac also covers the number, the name of the journal's file, and the mac of the record before,
 * so every record can be checked by itself and says which one it came after. "after" of the first
 * record is zero in an empty journal, else the BLAKE2b-128 of the line it came after.
 *
 * Sources: M. Bellare, B. Yee, "Forward integrity for secure audit logs" (1997); B. Schneier,
 * J. Kelsey, "Secure audit logs to support computer forensics" (1999); BLAKE2b: RFC 7693.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum {
	CHAIN_SECRET = 16,
	CHAIN_KEY = 32,
	CHAIN_MAC = 16,
	CHAIN_ID = 8,
	CHAIN_ID_TEXT = 2 * CHAIN_ID + 1,
};

struct chain_key {
	uint64_t n;		/* the record it seals, from 1 */
	uint8_t key[CHAIN_KEY];
};

struct seal {
	uint64_t n;
	uint8_t after[CHAIN_MAC], mac[CHAIN_MAC];
	size_t covered;		/* bytes of the line before the mac */
};

void chain_id(const uint8_t secret[CHAIN_SECRET], uint8_t ret[CHAIN_ID]);
const char *chain_id_text(const uint8_t id[CHAIN_ID], char ret[CHAIN_ID_TEXT]);	/* hex; returns @ret */
void chain_first(const uint8_t secret[CHAIN_SECRET], struct chain_key *ret);
void chain_next(struct chain_key *k);	/* the old key is gone */

/* chain_digest() - of a line that is in no chain; @len without its line feed */
void chain_digest(const char *line, size_t len, uint8_t ret[CHAIN_MAC]);

/*
 * seal_write() - appends @line, an object that ends in "}\n", to @t with its seal of at most
 * LINE_SEAL_MAX bytes (line.h). @last: the mac of the record before, becomes that of this one.
 */
void seal_write(const struct chain_key *k, const char *file, struct span line, struct text *t,
		uint8_t last[CHAIN_MAC]);
/* seal_read() - @len without the line feed; 0, or -EBADMSG: the line has no seal */
int seal_read(const char *line, size_t len, struct seal *ret);
/* seal_mac() - the mac this line should have under this key in a file of this name */
void seal_mac(const struct chain_key *k, const char *file, const char *line, size_t covered,
	      uint8_t ret[CHAIN_MAC]);

/*
 * The secret as people write it: 16 bytes and 4 of a check sum, in Crockford's base 32, eight groups
 * of four. Small letters are as good as large ones, O is 0, I and L are 1, dashes and blanks do not
 * count.
 */
enum { CHAIN_SECRET_TEXT = 8 * 5 };
void chain_secret_text(const uint8_t secret[CHAIN_SECRET], char ret[CHAIN_SECRET_TEXT]);
int chain_secret_parse(const char *s, uint8_t ret[CHAIN_SECRET]);	/* 0, or -EINVAL: mistyped */
