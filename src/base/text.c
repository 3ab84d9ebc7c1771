/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

void text_fini(struct text *t)
{
	free(t->at);
	*t = (struct text){ 0 };
}

void text_clear(struct text *t)
{
	t->len = 0;
	if (t->at)
		t->at[0] = '\0';
}

void text_room(struct text *t, size_t more)
{
	size_t want = t->len + more + 1;

	if (want <= t->room)
		return;
	if (want < t->room * 2)
		want = t->room * 2;
	if (want < 64)
		want = 64;
	t->at = xrealloc(t->at, want, 1);
	t->room = want;
}

void text_addu(struct text *t, uint64_t v)
{
	char digits[20];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + v % 10);
	while (v /= 10);
	text_addn(t, digits + at, sizeof(digits) - at);
}

void text_digits(struct text *t, unsigned v, unsigned n)
{
	char digits[10];

	for (unsigned i = n; i--; v /= 10)
		digits[i] = (char)('0' + v % 10);
	text_addn(t, digits, n);
}

void text_addf(struct text *t, const char *fmt, ...)
{
	va_list ap, again;
	int n;

	text_room(t, 64);	/* enough for most; else it is done once more */
	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(t->at + t->len, t->room - t->len, fmt, ap);
	if (n > 0 && (size_t)n >= t->room - t->len) {
		text_room(t, (size_t)n);
		vsnprintf(t->at + t->len, t->room - t->len, fmt, again);
	}
	t->len += n > 0 ? (size_t)n : 0;
	va_end(again);
	va_end(ap);
}

const char *text_str(const struct text *t)
{
	return t->at ? t->at : "";
}

/* RFC 3629: shortest form, no surrogates, up to U+10FFFF */
size_t text_utf8_char(const char *at, size_t n)
{
	const unsigned char *s = (const unsigned char *)at;
	static const struct { unsigned char from, to, low, high; size_t len; } rows[] = {
		{ 0x00, 0x7f, 0, 0, 1 },	{ 0xc2, 0xdf, 0x80, 0xbf, 2 },
		{ 0xe0, 0xe0, 0xa0, 0xbf, 3 },	{ 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 },	{ 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 },	{ 0xf1, 0xf3, 0x80, 0xbf, 4 },
		{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		if (s[0] < rows[i].from || s[0] > rows[i].to)
			continue;
		if (rows[i].len > n || (rows[i].len > 1 && (s[1] < rows[i].low || s[1] > rows[i].high)))
			return 0;
		for (size_t k = 2; k < rows[i].len; k++)
			if ((s[k] & 0xc0) != 0x80)
				return 0;
		return rows[i].len;
	}
	return 0;
}

bool text_is_utf8(const char *s, size_t n)
{
	for (size_t i = text_plain(s, n); i < n; i += text_plain(s + i, n - i)) {
		size_t len = text_utf8_char(s + i, n - i);

		if (!len)
			return false;
		i += len;
	}
	return true;
}

static void json_ascii(struct text *t, unsigned char c)
{
	static const char plain[] = "\"\\\b\f\n\r\t", letter[] = "\"\\bfnrt";
	const char *p = c ? strchr(plain, c) : NULL;

	if (p) {
		text_addc(t, '\\');
		text_addc(t, letter[p - plain]);
	} else if (c < 0x20 || c == 0x7f)
		text_addf(t, "\\u%04x", c);
	else
		text_addc(t, (char)c);
}

/* @one: of a character that is not plain(), its bytes and its length; 0 bytes: it is no UTF-8 */
static void put_utf8(struct text *t, const char *s, size_t n, void (*one)(struct text *t, const char *c, size_t len))
{
	for (size_t i = 0; i < n;) {
		size_t as_is = text_plain(s + i, n - i), len;

		text_addn(t, s + i, as_is);
		i += as_is;
		if (i == n)
			break;
		len = text_utf8_char(s + i, n - i);
		one(t, s + i, len);
		i += len ? len : 1;
	}
}

static void json_char(struct text *t, const char *c, size_t len)
{
	if (len == 1)
		json_ascii(t, (unsigned char)*c);
	else if (len)
		text_addn(t, c, len);
	else
		text_add(t, "\\ufffd");
}

void text_json(struct text *t, const char *s, size_t n)
{
	text_addc(t, '"');
	put_utf8(t, s, n, json_char);
	text_addc(t, '"');
}

static void utf8_char(struct text *t, const char *c, size_t len)
{
	if (len)
		text_addn(t, c, len);
	else
		text_add(t, "\xef\xbf\xbd");
}

void text_utf8(struct text *t, const char *s, size_t n)
{
	put_utf8(t, s, n, utf8_char);
}

static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void text_base64(struct text *t, const void *p, size_t n)
{
	const unsigned char *s = p;

	text_room(t, (n + 2) / 3 * 4);
	for (size_t i = 0; i < n; i += 3) {
		size_t left = n - i;
		uint32_t v = (uint32_t)s[i] << 16 | (left > 1 ? (uint32_t)s[i + 1] << 8 : 0) |
			     (left > 2 ? s[i + 2] : 0);
		char out[4] = { base64[v >> 18], base64[v >> 12 & 63],
				left > 1 ? base64[v >> 6 & 63] : '=', left > 2 ? base64[v & 63] : '=' };

		text_addn(t, out, sizeof(out));
	}
}

int text_unbase64(struct text *t, const char *s, size_t n)
{
	size_t before = t->len;

	if (n % 4)
		return -EINVAL;
	for (size_t i = 0; i < n; i += 4) {
		size_t pad = i + 4 == n ? (size_t)(s[i + 3] == '=') + (s[i + 3] == '=' && s[i + 2] == '=') : 0;
		uint32_t v = 0;
		char out[3];

		for (size_t k = 0; k < 4; k++) {
			const char *p = k < 4 - pad ? memchr(base64, s[i + k], 64) : base64;

			if (!p) {
				t->len = before;
				return -EINVAL;
			}
			v = v << 6 | (uint32_t)(p - base64);
		}
		out[0] = (char)(v >> 16);
		out[1] = (char)(v >> 8);
		out[2] = (char)v;
		text_addn(t, out, 3 - pad);
	}
	return 0;
}

void text_safe(struct text *t, const char *s, size_t n)
{
	for (size_t i = 0; i < n;) {
		size_t len = text_utf8_char(s + i, n - i);
		unsigned char c = (unsigned char)s[i];
		/* U+0080 to U+009F: some terminals take them for control characters */
		int c1 = len == 2 && c == 0xc2 && (unsigned char)s[i + 1] < 0xa0;

		if (!len || c < 0x20 || c == 0x7f || c1)
			for (size_t k = 0; k < (len ? len : 1); k++)
				text_addf(t, "\\x%02x", (unsigned char)s[i + k]);
		else
			text_addn(t, s + i, len);
		i += len ? len : 1;
	}
}

struct span span_of(const char *s)
{
	return (struct span){ s, s ? strlen(s) : 0 };
}

int span_is(struct span s, const char *what)
{
	return s.len == strlen(what) && (!s.len || !memcmp(s.at, what, s.len));
}
