/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

struct addr addr4(uint32_t host_order)
{
	struct addr a = { .family = 4 };
	uint32_t v = htonl(host_order);

	memcpy(a.byte, &v, sizeof(v));
	return a;
}

uint32_t addr_u32(const struct addr *a)
{
	uint32_t v;

	memcpy(&v, a->byte, sizeof(v));
	return a->family == 4 ? ntohl(v) : 0;
}

/* text4() - every record has two of these */
static void text4(const uint8_t byte[4], char *to)
{
	for (int i = 0; i < 4; i++) {
		unsigned v = byte[i];

		if (v >= 100)
			*to++ = (char)('0' + v / 100);
		if (v >= 10)
			*to++ = (char)('0' + v / 10 % 10);
		*to++ = (char)('0' + v % 10);
		*to++ = i < 3 ? '.' : '\0';
	}
}

const char *addr_text(const struct addr *a, char ret[ADDR_TEXT])
{
	ret[0] = '\0';
	if (a->family == 4)
		text4(a->byte, ret);
	else if (a->family == 6)
		inet_ntop(AF_INET6, a->byte, ret, ADDR_TEXT);
	return ret;
}

/* parse4() - four numbers below 256 without zeros in front; false if it is anything else */
static bool parse4(const char *s, uint8_t ret[4])
{
	for (int i = 0; i < 4; i++) {
		const char *from = s;
		unsigned v = 0;

		while (*s >= '0' && *s <= '9' && s - from < 3)
			v = v * 10 + (unsigned)(*s++ - '0');
		if (s == from || v > 255 || (*from == '0' && s - from > 1) || *s++ != (i < 3 ? '.' : '\0'))
			return false;
		ret[i] = (uint8_t)v;
	}
	return true;
}

int addr_parse(const char *s, struct addr *ret)
{
	struct addr a = { .family = 4 };

	if (!parse4(s, a.byte)) {
		a = (struct addr){ .family = 6 };
		if (inet_pton(AF_INET6, s, a.byte) != 1)
			return -EINVAL;
	}
	*ret = a;
	return 0;
}

addr_number addr_to_number(const struct addr *a)
{
	addr_number v = 0;

	if (a->family == 4)
		return ADDR_4 | addr_u32(a);
	for (int i = 0; a->family == 6 && i < 16; i++)
		v = v << 8 | a->byte[i];
	return v;
}

struct addr addr_of_number(addr_number v)
{
	struct addr a = { .family = 6 };

	if (number_is_4(v))
		return addr4((uint32_t)v);
	for (int i = 15; i >= 0; i--, v >>= 8)
		a.byte[i] = (uint8_t)v;
	return a;
}

bool addr_same(const struct addr *a, const struct addr *b)
{
	return a->family == b->family && !memcmp(a->byte, b->byte, a->family == 4 ? 4 : 16);
}

bool addr_loopback(const struct addr *a)
{
	static const uint8_t one[16] = { [15] = 1 };

	return (a->family == 4 && a->byte[0] == 127) || (a->family == 6 && !memcmp(a->byte, one, 16));
}
