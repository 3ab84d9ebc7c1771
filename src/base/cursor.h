/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * A cursor over hostile bytes: it cannot overrun and remembers that it failed. Read fields, then
 * look at bad once. After a failure every getter returns zero or an empty span. Little endian.
 *
 * All of it is here, where the compiler sees both ends: each event is some forty fields, twice.
 */
#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "addr.h"
#include "text.h"

struct cursor {
	const uint8_t *at, *end;
	bool bad;
};

static inline struct cursor cursor_of(const void *p, size_t n)
{
	/* An empty text has no bytes at all, and nothing may be added to NULL. */
	return (struct cursor){ .at = p, .end = n ? (const uint8_t *)p + n : p };
}

static inline size_t cursor_left(const struct cursor *c)
{
	return c->bad ? 0 : (size_t)(c->end - c->at);
}

/* get_span() - lent: as long as the bytes */
static inline struct span get_span(struct cursor *c, size_t n)
{
	struct span s = { "", 0 };

	c->bad = c->bad || n > (size_t)(c->end - c->at);
	if (!c->bad) {
		s = (struct span){ (const char *)c->at, n };
		c->at += n;
	}
	return s;
}

/* get_bytes() - copied; zeroes on failure */
static inline void get_bytes(struct cursor *c, void *ret, size_t n)
{
	struct span s = get_span(c, n);

	if (c->bad)
		memset(ret, 0, n);
	else
		memcpy(ret, s.at, n);
}

static inline uint8_t get_u8(struct cursor *c)
{
	uint8_t v;

	get_bytes(c, &v, sizeof(v));
	return v;
}

static inline uint16_t get_u16(struct cursor *c)
{
	uint16_t v;

	get_bytes(c, &v, sizeof(v));
	return le16toh(v);
}

static inline uint32_t get_u32(struct cursor *c)
{
	uint32_t v;

	get_bytes(c, &v, sizeof(v));
	return le32toh(v);
}

static inline uint64_t get_u64(struct cursor *c)
{
	uint64_t v;

	get_bytes(c, &v, sizeof(v));
	return le64toh(v);
}

static inline addr_number get_number(struct cursor *c)
{
	addr_number low = get_u64(c);

	return low | (addr_number)get_u64(c) << 64;
}

/* The same fields, written. */
static inline void put_u8(struct text *t, uint8_t v)
{
	text_addn(t, &v, sizeof(v));
}

static inline void put_u16(struct text *t, uint16_t v)
{
	v = htole16(v);
	text_addn(t, &v, sizeof(v));
}

static inline void put_u32(struct text *t, uint32_t v)
{
	v = htole32(v);
	text_addn(t, &v, sizeof(v));
}

static inline void put_u64(struct text *t, uint64_t v)
{
	v = htole64(v);
	text_addn(t, &v, sizeof(v));
}

static inline void put_number(struct text *t, addr_number v)
{
	put_u64(t, (uint64_t)v);
	put_u64(t, (uint64_t)(v >> 64));
}
