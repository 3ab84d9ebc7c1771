/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cursor.h"

#include <endian.h>
#include <string.h>

struct cursor cursor_of(const void *p, size_t n)
{
	/* An empty text has no bytes at all, and nothing may be added to NULL. */
	return (struct cursor){ .at = p, .end = n ? (const uint8_t *)p + n : p };
}

size_t cursor_left(const struct cursor *c)
{
	return c->bad ? 0 : (size_t)(c->end - c->at);
}

struct span get_span(struct cursor *c, size_t n)
{
	struct span s = { "", 0 };

	c->bad = c->bad || n > (size_t)(c->end - c->at);
	if (!c->bad) {
		s = (struct span){ (const char *)c->at, n };
		c->at += n;
	}
	return s;
}

void get_bytes(struct cursor *c, void *ret, size_t n)
{
	struct span s = get_span(c, n);

	if (c->bad)
		memset(ret, 0, n);
	else
		memcpy(ret, s.at, n);
}

uint8_t get_u8(struct cursor *c)
{
	uint8_t v;

	get_bytes(c, &v, sizeof(v));
	return v;
}

uint16_t get_u16(struct cursor *c)
{
	uint16_t v;

	get_bytes(c, &v, sizeof(v));
	return le16toh(v);
}

uint32_t get_u32(struct cursor *c)
{
	uint32_t v;

	get_bytes(c, &v, sizeof(v));
	return le32toh(v);
}

uint64_t get_u64(struct cursor *c)
{
	uint64_t v;

	get_bytes(c, &v, sizeof(v));
	return le64toh(v);
}

void put_u8(struct text *t, uint8_t v)
{
	text_addn(t, &v, sizeof(v));
}

void put_u16(struct text *t, uint16_t v)
{
	v = htole16(v);
	text_addn(t, &v, sizeof(v));
}

void put_u32(struct text *t, uint32_t v)
{
	v = htole32(v);
	text_addn(t, &v, sizeof(v));
}

void put_u64(struct text *t, uint64_t v)
{
	v = htole64(v);
	text_addn(t, &v, sizeof(v));
}
