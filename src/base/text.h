/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Text that grows. Always ends in a NUL that is not counted; may hold NULs of its own.
 *
 *	_text_ struct text t = { 0 };
 *	text_addf(&t, "%u", n);
 */
#include <stddef.h>
#include <stdint.h>

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
void text_addc(struct text *t, char c);
void text_add(struct text *t, const char *s);
void text_addn(struct text *t, const void *p, size_t n);
void text_addu(struct text *t, uint64_t v);	/* decimal */
void text_addf(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
const char *text_str(const struct text *t);	/* never NULL; lent until the next change */

/* text_utf8_char() - bytes of the UTF-8 character at @s, of which there are @n; 0: it is none */
size_t text_utf8_char(const char *s, size_t n);
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

struct span span_of(const char *s);	/* of a string; NULL gives an empty one */
int span_is(struct span s, const char *what);

#define _text_ __attribute__((cleanup(text_fini)))
