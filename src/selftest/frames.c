/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "frames.h"

#include <string.h>

enum { LEAST = 60, IP_HEAD = 20, IP6_HEAD = 40, ICMP6 = 58, TCP_HEAD = 20, UDP_HEAD = 8, ICMP_HEAD = 8, TTL = 64 };

static void put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, (uint16_t)(v >> 16));
	put16(p + 2, (uint16_t)v);
}

void frame_add(struct frame *f, const void *p, size_t n)
{
	if (n > sizeof(f->byte) - f->n)
		n = sizeof(f->byte) - f->n;
	memcpy(f->byte + f->n, p, n);
	f->n += n;
}

void frame_add16(struct frame *f, uint16_t v)
{
	uint8_t b[2];

	put16(b, v);
	frame_add(f, b, sizeof(b));
}

void frame_add32(struct frame *f, uint32_t v)
{
	frame_add16(f, (uint16_t)(v >> 16));
	frame_add16(f, (uint16_t)v);
}

void frame_begin(struct frame *f, const struct ends *e, uint16_t type)
{
	f->n = 0;
	frame_add(f, e->to, sizeof(e->to));
	frame_add(f, e->from, sizeof(e->from));
	frame_add16(f, type);
}

void frame_pad(struct frame *f)
{
	static const uint8_t zero[LEAST];

	if (f->n < LEAST)
		frame_add(f, zero, LEAST - f->n);
}

static uint32_t sum_of(const uint8_t *p, size_t n, uint32_t sum)
{
	for (size_t i = 0; i + 1 < n; i += 2)
		sum += (uint32_t)p[i] << 8 | p[i + 1];
	return n & 1 ? sum + ((uint32_t)p[n - 1] << 8) : sum;
}

static uint16_t checksum(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void put_number(uint8_t *p, addr_number v)
{
	for (int i = 15; i >= 0; i--, v >>= 8)
		p[i] = (uint8_t)v;
}

static void frame_ip6(struct frame *f, const struct ip_head *h, const void *body, size_t n)
{
	uint8_t head[IP6_HEAD] = { 0x60 };

	put16(head + 4, (uint16_t)(h->n_option + n));
	head[6] = h->n_option ? h->extension : h->proto;
	head[7] = h->ttl ? h->ttl : TTL;
	put_number(head + 8, h->src6);
	put_number(head + 24, h->dest6);
	frame_add(f, head, sizeof(head));
	if (h->n_option) {
		frame_add(f, &h->proto, 1);
		frame_add(f, h->option + 1, h->n_option - 1);
	}
	frame_add(f, body, n);
}

void frame_ip(struct frame *f, const struct ip_head *h, const void *body, size_t n)
{
	uint8_t head[60] = { 0 };
	size_t len = IP_HEAD + h->n_option;

	if (h->six) {
		frame_ip6(f, h, body, n);
		return;
	}

	head[0] = (uint8_t)(0x40 | len / 4);
	put16(head + 2, (uint16_t)(len + n));
	put16(head + 4, h->id);
	put16(head + 6, h->fragment);
	head[8] = h->ttl ? h->ttl : TTL;
	head[9] = h->proto;
	put32(head + 12, h->src);
	put32(head + 16, h->dest);
	if (h->n_option)
		memcpy(head + IP_HEAD, h->option, h->n_option);
	put16(head + 10, checksum(sum_of(head, len, 0)));
	frame_add(f, head, len);
	frame_add(f, body, n);
}

static uint16_t with_addresses(const struct ip_head *h, uint8_t proto, const uint8_t *p, size_t n)
{
	uint8_t pseudo[36] = { 0 };
	size_t at = h->six ? 32 : 8;

	put32(pseudo, h->src);
	put32(pseudo + 4, h->dest);
	if (h->six) {
		put_number(pseudo, h->src6);
		put_number(pseudo + 16, h->dest6);
	}
	put16(pseudo + at, proto);	/* as IPv6 has it there is only more zero between */
	put16(pseudo + at + 2, (uint16_t)n);
	return checksum(sum_of(p, n, sum_of(pseudo, sizeof(pseudo), 0)));
}

size_t body_tcp(uint8_t *to, const struct ip_head *h, uint16_t from_port, uint16_t to_port, uint8_t flags, const void *p, size_t n)
{
	memset(to, 0, TCP_HEAD);
	put16(to, from_port);
	put16(to + 2, to_port);
	put32(to + 4, 0x5ee70000u + from_port);
	put32(to + 8, flags & FLAG_ACK ? 1 : 0);
	to[12] = TCP_HEAD / 4 << 4;
	to[13] = flags;
	put16(to + 14, 64240);
	if (n)
		memcpy(to + TCP_HEAD, p, n);
	put16(to + 16, with_addresses(h, 6, to, TCP_HEAD + n));
	return TCP_HEAD + n;
}

size_t body_udp(uint8_t *to, const struct ip_head *h, uint16_t from_port, uint16_t to_port, const void *p, size_t n)
{
	uint16_t sum;

	put16(to, from_port);
	put16(to + 2, to_port);
	put16(to + 4, (uint16_t)(UDP_HEAD + n));
	put16(to + 6, 0);
	if (n)
		memcpy(to + UDP_HEAD, p, n);
	sum = with_addresses(h, 17, to, UDP_HEAD + n);
	put16(to + 6, sum ? sum : 0xffff);
	return UDP_HEAD + n;
}

size_t body_icmp(uint8_t *to, uint8_t type, uint8_t code, uint16_t id, const void *p, size_t n)
{
	memset(to, 0, ICMP_HEAD);
	to[0] = type;
	to[1] = code;
	put16(to + 4, id);
	put16(to + 6, 1);
	if (n)
		memcpy(to + ICMP_HEAD, p, n);
	put16(to + 2, checksum(sum_of(to, ICMP_HEAD + n, 0)));
	return ICMP_HEAD + n;
}

void body_icmp6(uint8_t *body, const struct ip_head *h, size_t n)
{
	put16(body + 2, 0);
	put16(body + 2, with_addresses(h, ICMP6, body, n));
}

/* RFC 9260: CRC32c over all, itself as zero. */
static uint32_t crc32c(const uint8_t *p, size_t n)
{
	uint32_t crc = UINT32_MAX;

	while (n--) {
		crc ^= *p++;
		for (int i = 0; i < 8; i++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
	}
	return ~crc;
}

size_t body_sctp(uint8_t *to, uint16_t from_port, uint16_t to_port)
{
	enum { HEAD = 12, INIT = 20 };
	uint32_t crc;

	memset(to, 0, HEAD + INIT);
	put16(to, from_port);
	put16(to + 2, to_port);
	to[HEAD] = 1;
	put16(to + HEAD + 2, INIT);
	put32(to + HEAD + 4, 0x5eed0001u);
	put32(to + HEAD + 8, 65536);
	put16(to + HEAD + 12, 1);
	put16(to + HEAD + 14, 1);
	put32(to + HEAD + 16, 1);
	crc = crc32c(to, HEAD + INIT);
	for (int i = 0; i < 4; i++)	/* the lowest byte first */
		to[8 + i] = (uint8_t)(crc >> 8 * i);
	return HEAD + INIT;
}
