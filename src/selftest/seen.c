/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "seen.h"

#include <net/ethernet.h>
#include <netinet/in.h>

enum { IP_HEAD = 20, IP6_HEAD = 40, ICMP_HEAD = 8, ARP_SENDER = ETH_HLEN + 14, EXTENSIONS = 8 };

static uint16_t u16_at(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t u32_at(const uint8_t *p)
{
	return (uint32_t)u16_at(p) << 16 | u16_at(p + 2);
}

static addr_number number_at(const uint8_t *p)
{
	addr_number v = 0;

	for (int i = 0; i < 16; i++)
		v = v << 8 | p[i];
	return v;
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
		s->about = ADDR_4 | u32_at(l4 + ICMP_HEAD + 16);
}

/* ICMPv6's as ICMP's: unreachable, too large, too old, what a header has wrong, a ping and its answer. Others keep theirs. */
static void read_icmp6(const uint8_t *l4, size_t left, struct seen *s)
{
	static const struct { uint8_t type6, type, code; } same[] = {
		{ 1, 3, 0 }, { 2, 3, 4 }, { 3, 11, 0 }, { 4, 12, 0 }, { 128, 8, 0 }, { 129, 0, 0 },
	};

	s->type = 1000 + l4[0];
	s->code = l4[1];
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		if (l4[0] == same[i].type6) {
			s->type = same[i].type;
			s->code = same[i].code;
		}
	if (is_error(s->type) && left >= ICMP_HEAD + IP6_HEAD)
		s->about = number_at(l4 + ICMP_HEAD + 24);
}

/* read_transport() - @left bytes of what is behind the headers of IP */
static void read_transport(const uint8_t *l4, size_t left, struct seen *s)
{
	if (left < 4)
		return;
	if (s->proto == IPPROTO_ICMP)
		(s->six ? read_icmp6 : read_icmp)(l4, left, s);
	if (s->proto == IPPROTO_TCP || s->proto == IPPROTO_UDP) {
		s->src_port = u16_at(l4);
		s->dest_port = u16_at(l4 + 2);
	}
	if (s->proto == IPPROTO_TCP && left >= 14)
		s->flags = l4[13];
}

/* extension() - how long the header of extension at @p is, of which the first 8 bytes are there; 0: it is none */
static size_t extension(uint8_t proto, const uint8_t *p)
{
	switch (proto) {
	case IPPROTO_FRAGMENT: return 8;
	case IPPROTO_AH:       return (size_t)(p[1] + 2) * 4;
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_DSTOPTS:  return (size_t)(p[1] + 1) * 8;
	default:	       return 0;
	}
}

static void read_six(const uint8_t *ip, size_t left, struct seen *s)
{
	size_t at = IP6_HEAD, n;

	*s = (struct seen){ .ip = true, .six = true, .src = number_at(ip + 8), .dest = number_at(ip + 24), .proto = ip[6], .type = -1,
			    .code = -1, .bytes = IP6_HEAD + (size_t)u16_at(ip + 4) };
	for (int i = 0; i < EXTENSIONS && left >= at + 8 && !s->later && (n = extension(s->proto, ip + at)); i++) {
		s->later = s->proto == IPPROTO_FRAGMENT && u16_at(ip + at + 2) & 0xfff8;
		s->proto = ip[at];
		at += n;
	}
	s->proto = s->proto == IPPROTO_ICMPV6 ? IPPROTO_ICMP : s->proto;
	if (!s->later && left > at)
		read_transport(ip + at, left - at, s);
}

struct seen seen_frame(const uint8_t *f, size_t n)
{
	const uint8_t *ip = f + ETH_HLEN;
	struct seen s = { .type = -1, .code = -1 };
	size_t head, left;

	if (n >= ARP_SENDER + 4 && u16_at(f + 12) == ETHERTYPE_ARP) {
		s.arp = true;
		s.src = ADDR_4 | u32_at(f + ARP_SENDER);
	}
	if (n >= ETH_HLEN + IP6_HEAD && u16_at(f + 12) == ETHERTYPE_IPV6 && ip[0] >> 4 == 6)
		read_six(ip, n - ETH_HLEN, &s);
	if (n < ETH_HLEN + IP_HEAD || u16_at(f + 12) != ETHERTYPE_IP || ip[0] >> 4 != 4)
		return s;
	s = (struct seen){ .ip = true, .src = ADDR_4 | u32_at(ip + 12), .dest = ADDR_4 | u32_at(ip + 16), .proto = ip[9], .type = -1, .code = -1,
			   .later = u16_at(ip + 6) & 0x1fff, .bytes = u16_at(ip + 2) };
	head = (size_t)(ip[0] & 15) * 4;
	left = n - ETH_HLEN;
	if (head >= IP_HEAD && left >= head && !s.later)
		read_transport(ip + head, left - head, &s);
	return s;
}
