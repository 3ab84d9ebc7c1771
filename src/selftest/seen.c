/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "seen.h"

#include <net/ethernet.h>
#include <netinet/in.h>

enum { IP_HEAD = 20, ICMP_HEAD = 8, ARP_SENDER = ETH_HLEN + 14 };

static uint16_t u16_at(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t u32_at(const uint8_t *p)
{
	return (uint32_t)u16_at(p) << 16 | u16_at(p + 2);
}

static bool is_error(int type)
{
	return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

static void read_icmp(const uint8_t *l4, size_t left, struct seen *s)
{
	s->type = l4[0];
	s->code = l4[1];
	if (is_error(s->type) && left >= ICMP_HEAD + IP_HEAD)
		s->about = u32_at(l4 + ICMP_HEAD + 16);
}

struct seen seen_frame(const uint8_t *f, size_t n)
{
	const uint8_t *ip = f + ETH_HLEN, *l4;
	struct seen s = { .type = -1, .code = -1 };
	size_t head, left;

	if (n >= ARP_SENDER + 4 && u16_at(f + 12) == ETHERTYPE_ARP) {
		s.arp = true;
		s.src = u32_at(f + ARP_SENDER);
	}
	if (n < ETH_HLEN + IP_HEAD || u16_at(f + 12) != ETHERTYPE_IP || ip[0] >> 4 != 4)
		return s;
	s = (struct seen){ .ip = true, .src = u32_at(ip + 12), .dest = u32_at(ip + 16), .proto = ip[9], .type = -1, .code = -1,
			   .later = u16_at(ip + 6) & 0x1fff, .bytes = u16_at(ip + 2) };
	head = (size_t)(ip[0] & 15) * 4;
	left = n - ETH_HLEN;
	if (head < IP_HEAD || left < head + 4 || s.later)
		return s;
	l4 = ip + head;
	left -= head;
	if (s.proto == IPPROTO_ICMP)
		read_icmp(l4, left, &s);
	if (s.proto == IPPROTO_TCP || s.proto == IPPROTO_UDP) {
		s.src_port = u16_at(l4);
		s.dest_port = u16_at(l4 + 2);
	}
	if (s.proto == IPPROTO_TCP && left >= 14)
		s.flags = l4[13];
	return s;
}
