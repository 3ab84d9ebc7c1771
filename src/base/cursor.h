/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * A cursor over hostile bytes: it cannot overrun and remembers that it failed. Read fields, then
 * look at bad once. After a failure every getter returns zero or an empty span. Little endian.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text.h"

struct cursor {
	const uint8_t *at, *end;
	bool bad;
};

struct cursor cursor_of(const void *p, size_t n);
size_t cursor_left(const struct cursor *c);
uint8_t get_u8(struct cursor *c);
uint16_t get_u16(struct cursor *c);
uint32_t get_u32(struct cursor *c);
uint64_t get_u64(struct cursor *c);
struct span get_span(struct cursor *c, size_t n);	/* lent: as long as the bytes */
void get_bytes(struct cursor *c, void *ret, size_t n);	/* copied; zeroes on failure */

/* The same fields, written. */
void put_u8(struct text *t, uint8_t v);
void put_u16(struct text *t, uint16_t v);
void put_u32(struct text *t, uint32_t v);
void put_u64(struct text *t, uint64_t v);
