/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Text that grows. Always ends in a NUL that is not counted; may hold NULs of its own.
 *
 *	_text_ struct text t = { 0 };
 *	text_addf(&t, "%u", n);
 */
#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct text {
	char *at;	/* NULL until something was added */
	size_t len, room;
};

struct span {		/* lent bytes, not ended by NUL */
	const char *at;
	size_t len;
};

void text_fini(struct text *t);		/* leaves an empty text */
void text_clear(struct text *t);	/* empties it, keeps the memory */
void text_room(struct text *t, size_t more);	/* for so many bytes more; adding makes it by itself */
void text_addu(struct text *t, uint64_t v);	/* decimal */
void text_digits(struct text *t, unsigned v, unsigned n);	/* the last @n decimal digits */
void text_addf(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
const char *text_str(const struct text *t);	/* never NULL; lent until the next change */

/* text_utf8_char() - bytes of the UTF-8 character at @s, of which there are @n; 0: it is none */
size_t text_utf8_char(const char *s, size_t n);
bool text_is_utf8(const char *s, size_t n);
/* text_json() - @n bytes as a JSON string with its quotes. Bytes that are no UTF-8 become U+FFFD. */
void text_json(struct text *t, const char *s, size_t n);
/* text_utf8() - the bytes, those that are no UTF-8 as U+FFFD */
void text_utf8(struct text *t, const char *s, size_t n);
/* text_base64() - RFC 4648 with padding, without quotes */
void text_base64(struct text *t, const void *p, size_t n);
/* text_unbase64() - adds the bytes to @t; 0, or -EINVAL and @t as it was */
int text_unbase64(struct text *t, const char *s, size_t n);
/* text_safe() - for a terminal or a log line: control bytes and what is no UTF-8 as \xNN */
void text_safe(struct text *t, const char *s, size_t n);

/* Lines are made of many short pieces: what adds one is worth its place in each caller. */
static inline void text_addn(struct text *t, const void *p, size_t n)
{
	if (t->room - t->len <= n)
		text_room(t, n);
	if (n)
		memcpy(t->at + t->len, p, n);
	t->len += n;
	t->at[t->len] = '\0';
}

static inline void text_addc(struct text *t, char c)
{
	text_addn(t, &c, 1);
}

static inline void text_add(struct text *t, const char *s)
{
	text_addn(t, s, strlen(s));
}

/*
 * text_plain() - how many of the bytes, counted from the first one, are ASCII that stands for itself
 * everywhere, in JSON too. Eight at a time: the highest bit of a byte in @odd is set if it is below a space,
 * a quote, a backslash or above '~'; behind such a one it may be set for nothing.
 */
static inline size_t text_plain(const char *s, size_t n)
{
	const uint64_t each = 0x0101010101010101, high = each << 7;
	size_t i = 0;

	for (; n - i >= sizeof(uint64_t); i += sizeof(uint64_t)) {
		uint64_t w, odd;

		memcpy(&w, s + i, sizeof(w));
		w = le64toh(w);
		odd = (w - each * ' ') | ((w ^ each * '"') - each) | ((w ^ each * '\\') - each) | (w + each) | w;
		if (odd & high)
			return i + (size_t)__builtin_ctzll(odd & high) / 8;
	}
	while (i < n && s[i] >= 0x20 && s[i] < 0x7f && s[i] != '"' && s[i] != '\\')
		i++;
	return i;
}

struct span span_of(const char *s);	/* of a string; NULL gives an empty one */
int span_is(struct span s, const char *what);

#define _text_ __attribute__((cleanup(text_fini)))
