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

int addr_parse(const char *s, struct addr *ret)
{
	struct addr a = { .family = strchr(s, ':') ? 6 : 4 };

	if (inet_pton(a.family == 4 ? AF_INET : AF_INET6, s, a.byte) != 1)
		return -EINVAL;
	*ret = a;
	return 0;
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
