/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* IP addresses, both families in one value. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ADDR_TEXT = 46 };	/* bytes that hold any address as text, with NUL */

struct addr {
	uint8_t family;		/* 4, 6, or 0: none */
	uint8_t byte[16];	/* network order; IPv4 in the first four */
};

struct addr addr4(uint32_t host_order);
uint32_t addr_u32(const struct addr *a);		/* IPv4 in host order; else 0 */
const char *addr_text(const struct addr *a, char ret[ADDR_TEXT]);	/* returns @ret; "" for none */
int addr_parse(const char *s, struct addr *ret);	/* 0 or -EINVAL */
/*
 * Both families on one line of numbers, so that a range or a network is two of them: IPv6 as it is, IPv4 as ::ffff:0:0 and on
 * (RFC 4291, 2.5.5.2).
 */
__extension__ typedef unsigned __int128 addr_number;
#define ADDR_4 ((addr_number)0xffff << 32)		/* 0.0.0.0 */
#define ADDR_4_LAST (ADDR_4 | UINT32_MAX)
#define ADDR_LAST (~(addr_number)0)
addr_number addr_to_number(const struct addr *a);	/* of none: 0, as of :: */
struct addr addr_of_number(addr_number v);
static inline bool number_is_4(addr_number v)
{
	return v >> 32 == 0xffff;
}

bool addr_same(const struct addr *a, const struct addr *b);
bool addr_loopback(const struct addr *a);
