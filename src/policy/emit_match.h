/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What a rule matches, as text: matches of nft, each with a blank after it, and alternatives of them. */
#include <stdbool.h>

#include "base/text.h"
#include "emit.h"
#include "match.h"

/* Matches that are alternatives. The caller frees the text. */
struct lines {
	struct text text;
	uint32_t n;
};

/* emit_line() - where one more is written, lent; one that stays empty matches everything */
struct text *emit_line(struct lines *l);
/* emit_services() - those of @m, one that matches everything for any */
void emit_services(struct lines *l, const struct honeynet *n, const struct match *m);
/* emit_lines() - all of @a with each of @b, after @head and before @verdict */
void emit_lines(struct text *t, const char *head, const struct lines *a, const struct lines *b, const char *verdict);

/* emit_party() - an address, which nft calls @key, is in @r; or in none of the others, if that takes fewer words. @r has some
 * of the family */
void emit_party(struct text *t, enum family f, const char *key, const struct ranges *r);
/* emit_who() - source and destination; of the gateway's @input the source alone */
void emit_who(struct text *t, enum family f, const struct match *m, bool input);
