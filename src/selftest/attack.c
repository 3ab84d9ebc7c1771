/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What runs in the throw-away honeypot of `skep selftest`, as root: a program by itself, without any library of ours.
 *
 *	attack [-6 NETWORK] OWN GATEWAY OUTER FENCE BLACK [HONEYPOT]...
 *
 * OWN is this machine's address, GATEWAY and OUTER are the gateway's, FENCE and BLACK each one that nobody may reach. In NETWORK
 * these have their addresses of IPv6 (model/twin.h); without it what is tried by IPv6 is left out. It
 * waits for a word on its standard input, and goes through the list of attempts (attempts.h), or those of them that are
 * small. Frames go out by a packet socket, as they are; how many of them is all that it says. What came of it is seen by
 * others.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "attempts.h"
#include "frames.h"

#define nitems(a) (sizeof(a) / sizeof((a)[0]))

enum { POTS = 64, FLOOD_MS = 1000, ANSWER_MS = 500, REFLECT_MS = 2000, NOBODY_MS = 10000, PAYLOAD = 64 };
enum { IP_AND_ICMP = 28, DONT_FRAGMENT = 0x4000 };

struct attack {
	int packet, raw, raw6;		/* frames; packets for whose hardware address the kernel asks */
	int ifindex;
	addr_number network6;		/* 0: none */
	uint32_t own, gateway, outer, fence, black, pot[POTS];
	size_t n_pots;
	struct ends ends;		/* to the gateway, as it should be */
	enum attempt_id now;
	uint64_t sent;
	bool failed;
	bool few;			/* only attempts that are small */
};

static struct sockaddr_in at(uint32_t address, uint16_t port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(address) };
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void wait_ms(unsigned ms)
{
	poll(NULL, 0, (int)ms);
}

static void send_frame(struct attack *a, const struct frame *f)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = a->ifindex, .sll_halen = ETH_ALEN };

	memcpy(to.sll_addr, f->byte, ETH_ALEN);
	if (sendto(a->packet, f->byte, f->n, 0, (struct sockaddr *)&to, sizeof(to)) == (ssize_t)f->n)
		a->sent++;
	else if (errno == ENOBUFS)
		wait_ms(1);
}

/* --- what is in a packet ---------------------------------------------------------------------- */

/* mark() - says whose attempt it is; some bytes more */
static size_t mark(const struct attack *a, uint8_t *to)
{
	memset(to, 'x', PAYLOAD);
	memcpy(to, ATTEMPT_MAGIC, ATTEMPT_MAGIC_SIZE);
	to[ATTEMPT_MAGIC_SIZE] = (uint8_t)a->now;
	return PAYLOAD;
}

static struct ip_head head_to(const struct attack *a, uint32_t dest, uint8_t proto)
{
	return (struct ip_head){ .src = a->own, .dest = dest, .proto = proto, .id = (uint16_t)a->sent };
}

static void ip_frame(const struct attack *a, struct frame *f, const struct ip_head *h, const void *body, size_t n)
{
	frame_begin(f, &a->ends, h->six ? ETHERTYPE_IPV6 : ETHERTYPE_IP);
	frame_ip(f, h, body, n);
}

static void send_ip(struct attack *a, const struct ip_head *h, const void *body, size_t n)
{
	struct frame f;

	ip_frame(a, &f, h, body, n);
	send_frame(a, &f);
}

static void send_tcp(struct attack *a, struct ip_head h, uint16_t from, uint16_t port, uint8_t flags)
{
	uint8_t body[64];

	h.proto = IPPROTO_TCP;
	send_ip(a, &h, body, body_tcp(body, &h, from, port, flags, NULL, 0));
}

static void send_udp(struct attack *a, struct ip_head h, uint16_t from, uint16_t port)
{
	uint8_t body[256], said[PAYLOAD];
	size_t n = mark(a, said);

	h.proto = IPPROTO_UDP;
	send_ip(a, &h, body, body_udp(body, &h, from, port, said, n));
}

static void send_icmp(struct attack *a, struct ip_head h, uint8_t type, uint16_t id)
{
	uint8_t body[256], said[PAYLOAD];
	size_t n = body_icmp(body, type, 0, id, said, mark(a, said));

	h.proto = h.six ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
	if (h.six)
		body_icmp6(body, &h, n);
	send_ip(a, &h, body, n);
}

/* target() - one of the addresses of what is tried now: few, since how many a honeypot reaches may be limited, too */
static struct ip_head target(const struct attack *a, unsigned i)
{
	unsigned hosts = a->now == ATTEMPT_CONNECTIONS ? 256 : 4;

	return head_to(a, attempt_address(a->now) + (attempts[a->now].answered ? 0 : i % hosts), IPPROTO_TCP);
}

/* target6() - likewise, by IPv6 */
static struct ip_head target6(const struct attack *a, unsigned i)
{
	return (struct ip_head){ .six = true, .src6 = a->network6 | a->own, .dest6 = attempt_address6(a->now) | (1 + i % 4) };
}

static uint32_t any_address(void)
{
	return 0x0b000000u + (uint32_t)(random() % 0x60000000);
}

/* flood() - as many as go out in so long */
static void flood(struct attack *a, void (*one)(struct attack *a, unsigned i))
{
	uint64_t end = now_ms() + FLOOD_MS;

	for (unsigned i = 0; now_ms() < end; i++)
		one(a, i);
}

/* --- who says it is another ------------------------------------------------------------------- */

static void try_spoofed(struct attack *a)
{
	for (unsigned i = 0; i < 100; i++) {
		struct ip_head h = target(a, i);

		h.src = any_address();
		send_tcp(a, h, (uint16_t)(PORT_FROM + i), 80, FLAG_SYN);
		send_udp(a, h, (uint16_t)(PORT_FROM + i), 53);
		send_udp(a, h, (uint16_t)(PORT_FROM + i), 123);
		send_icmp(a, h, 8, (uint16_t)i);
	}
}

static void try_neighbour(struct attack *a)
{
	const uint32_t others[] = { a->gateway, a->outer, a->outer + 65, 0x7f000001, 0, 0xffffffff, a->own | 255, a->own & ~255u,
				    a->own ^ 1, 0xe0000001 };

	for (size_t i = 0; i < nitems(others) + a->n_pots; i++) {
		struct ip_head h = target(a, (unsigned)i);

		h.src = i < nitems(others) ? others[i] : a->pot[i - nitems(others)];
		send_tcp(a, h, PORT_FROM, 80, FLAG_SYN);
		send_tcp(a, h, PORT_FROM, 80, FLAG_ACK);
		send_udp(a, h, PORT_FROM, 53);
		send_icmp(a, h, 8, 1);
	}
}

static void try_mac(struct attack *a)
{
	const struct ends right = a->ends;

	for (unsigned i = 0; i < 50; i++) {
		memcpy(a->ends.from, i % 2 ? right.to : right.from, ETH_ALEN);
		if (i % 2 == 0 || i > 10)
			a->ends.from[5] ^= (uint8_t)(i + 1);
		if (i > 40)
			a->ends.from[0] |= 1;	/* of a group */
		send_udp(a, target(a, i), PORT_FROM, 80);
		send_tcp(a, target(a, i), PORT_FROM, 80, FLAG_SYN);
		send_icmp(a, target(a, i), 8, 1);
		a->ends = right;
	}
}

static void one_spoofed_syn(struct attack *a, unsigned i)
{
	struct ip_head h = target(a, i);

	h.src = any_address();
	send_tcp(a, h, (uint16_t)(PORT_FROM + i % 40000), 80, FLAG_SYN);
}

static void try_spoofed_flood(struct attack *a)
{
	flood(a, one_spoofed_syn);
}

/* --- below IP --------------------------------------------------------------------------------- */

static const uint8_t everybody[ETH_ALEN] = { 255, 255, 255, 255, 255, 255 };

struct arp {
	uint16_t op;
	uint8_t from[ETH_ALEN];		/* whose hardware address, the frame's own is ours */
	uint32_t is, asks;
};

static void send_arp(struct attack *a, const struct arp *p, const uint8_t to[ETH_ALEN])
{
	struct ends e = a->ends;
	uint8_t said[PAYLOAD];
	struct frame f;

	memcpy(e.to, to, ETH_ALEN);
	frame_begin(&f, &e, ETHERTYPE_ARP);
	frame_add16(&f, 1);
	frame_add16(&f, ETHERTYPE_IP);
	frame_add16(&f, 0x0604);
	frame_add16(&f, p->op);
	frame_add(&f, p->from, ETH_ALEN);
	frame_add32(&f, p->is);
	frame_add(&f, p->op == 1 ? (const uint8_t[ETH_ALEN]){ 0 } : to, ETH_ALEN);
	frame_add32(&f, p->asks);
	mark(a, said);
	frame_add(&f, said, 18);	/* where Ethernet pads */
	send_frame(a, &f);
}

static void try_arp(struct attack *a)
{
	for (size_t i = 0; i < a->n_pots + 2; i++) {
		uint32_t whose = i < a->n_pots ? a->pot[i] : i == a->n_pots ? a->gateway : a->own ^ 3;
		struct arp p = { .is = whose, .asks = whose };

		memcpy(p.from, a->ends.from, ETH_ALEN);
		for (p.op = 1; p.op <= 2; p.op++) {
			send_arp(a, &p, everybody);
			send_arp(a, &p, a->ends.to);
			p.asks = a->gateway;
			send_arp(a, &p, everybody);
		}
		p.op = 2;		/* of us, but with another's hardware address */
		p.is = a->own;
		memcpy(p.from, a->ends.to, ETH_ALEN);
		send_arp(a, &p, everybody);
	}
}

static void send_ip6(struct attack *a, uint8_t next, const void *body, size_t n, bool to_all)
{
	static const uint8_t src[16] = { 0x20, 1, 0x0d, 0xb8, [15] = 0x66 }, dest[16] = { 0x20, 1, 0x0d, 0xb8, [15] = 1 };
	static const uint8_t all[16] = { 0xff, 2, [15] = 1 };
	struct ends e = a->ends;
	struct frame f;

	if (to_all)
		memcpy(e.to, (const uint8_t[ETH_ALEN]){ 0x33, 0x33, 0, 0, 0, 1 }, ETH_ALEN);
	frame_begin(&f, &e, ETHERTYPE_IPV6);
	frame_add32(&f, 0x60000000);
	frame_add16(&f, (uint16_t)n);
	frame_add(&f, (const uint8_t[]){ next, 255 }, 2);
	frame_add(&f, src, 16);
	frame_add(&f, to_all ? all : dest, 16);
	frame_add(&f, body, n);
	send_frame(a, &f);
}

static void try_ipv6(struct attack *a)
{
	static const uint8_t types[] = { 128, 133, 134, 135, 136, 137, 143 };	/* ping, RS, RA, NS, NA, redirect, MLD */
	uint8_t body[128] = { 0 };

	for (size_t i = 0; i < nitems(types); i++) {
		body[0] = types[i];
		send_ip6(a, IPPROTO_ICMPV6, body, 24 + mark(a, body + 24), true);
		send_ip6(a, IPPROTO_ICMPV6, body, 24 + mark(a, body + 24), false);
	}
	memset(body, 0, sizeof(body));
	for (size_t i = 0; i < 4; i++) {
		static const uint8_t protos[] = { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_IPIP, IPPROTO_GRE };

		send_ip6(a, protos[i], body, 20 + mark(a, body + 20), false);
	}
}

static void try_ipv6_extensions(struct attack *a)
{
	static const uint8_t headers[] = { 0, 43, 44, 50, 51, 60, 135, 139, 140, 59 };
	uint8_t body[160] = { 0 };

	for (size_t i = 0; i < nitems(headers); i++) {
		body[0] = IPPROTO_UDP;
		send_ip6(a, headers[i], body, 16 + mark(a, body + 16), false);
		body[0] = 60;			/* one in another */
		body[8] = IPPROTO_ICMPV6;
		send_ip6(a, headers[i], body, 24 + mark(a, body + 24), true);
		body[8] = 0;
	}
}

/* --- IPv6 that the honeynet has ----------------------------------------------------------------- */

#define LINK_LOCAL ((addr_number)0xfe80 << 112)
#define ALL_NODES ((addr_number)0xff02 << 112 | 1)
#define OUTER6 ((addr_number)0x20010db8ffff0000 << 64 | 1)	/* the gateway's at the uplink */

/* link_local() - what this machine calls itself on its link */
static addr_number link_local(const struct attack *a)
{
	const uint8_t *m = a->ends.from;
	uint64_t v = (uint64_t)(m[0] ^ 2) << 56 | (uint64_t)m[1] << 48 | (uint64_t)m[2] << 40 | (uint64_t)0xfffe << 24 |
		     (uint64_t)m[3] << 16 | (uint64_t)m[4] << 8 | m[5];

	return LINK_LOCAL | v;
}

static void try_six_spoofed(struct attack *a)
{
	const addr_number others[] = {
		a->network6 | a->gateway, a->network6 | (a->own ^ 1), a->network6 | (addr_number)1 << 32 | a->own, ADDR_4 | a->own,
		(a->network6 | a->own) ^ (addr_number)1 << 64, link_local(a), link_local(a) ^ 1, ALL_NODES, 0, 1,
		OUTER6, OUTER6 + 0x65, (addr_number)0x2001486048600000 << 64 | 0x8888,
	};

	for (size_t i = 0; i < nitems(others) + a->n_pots; i++) {
		struct ip_head h = target6(a, (unsigned)i);

		h.src6 = i < nitems(others) ? others[i] : a->network6 | a->pot[i - nitems(others)];
		send_tcp(a, h, PORT_FROM, 80, FLAG_SYN);
		send_tcp(a, h, PORT_FROM, 80, FLAG_ACK);
		send_udp(a, h, PORT_FROM, 53);
		send_icmp(a, h, 128, 1);
	}
}

/* neighbours() - a message of theirs about @claims, with our hardware address as that one's, and a mark as an option of its own */
static size_t neighbours(const struct attack *a, uint8_t *to, const struct ip_head *h, uint8_t type, addr_number claims)
{
	size_t n = type == 134 ? 16 : type == 137 ? 40 : 24;

	memset(to, 0, n + 8 + 72);
	to[0] = type;
	to[4] = type == 134 ? 64 : 0x20;	/* hops of who is a router; an answer that replaces another */
	to[7] = type == 134 ? 200 : 0;		/* for so many seconds */
	for (int i = 15; n > 16 && i >= 0; i--, claims >>= 8)
		to[8 + i] = (uint8_t)claims;
	to[n] = type == 134 || type == 135 ? 1 : 2;
	to[n + 1] = 1;
	memcpy(to + n + 2, a->ends.from, ETH_ALEN);
	to[n + 8] = 253;
	to[n + 9] = 9;
	mark(a, to + n + 10);
	n += 8 + 72;
	body_icmp6(to, h, n);
	return n;
}

/* As it is, behind two kinds of headers, and as the first fragment of more. */
static void send_neighbours(struct attack *a, addr_number from, uint8_t type, addr_number claims)
{
	static const uint8_t nothing[8] = { 0, 0, 1, 4 }, more[8] = { 0, 0, 0, 1, 0, 0, 0, 7 };
	static const struct { uint8_t kind; const uint8_t *option; } before[] = {
		{ 0, NULL }, { IPPROTO_HOPOPTS, nothing }, { IPPROTO_DSTOPTS, nothing }, { IPPROTO_FRAGMENT, more },
	};
	const struct ends right = a->ends;

	memcpy(a->ends.to, (const uint8_t[]){ 0x33, 0x33, 0, 0, 0, 1 }, ETH_ALEN);
	for (size_t i = 0; i < nitems(before); i++) {
		struct ip_head h = { .six = true, .src6 = from, .dest6 = ALL_NODES, .proto = IPPROTO_ICMPV6, .ttl = 255,
				     .option = before[i].option, .n_option = before[i].option ? 8 : 0,
				     .extension = before[i].kind };
		uint8_t body[256];
		size_t n = neighbours(a, body, &h, type, claims);

		send_ip(a, &h, body, n);
	}
	a->ends = right;
}

static void try_six_poisoning(struct attack *a)
{
	for (size_t i = 0; i <= a->n_pots; i++) {
		addr_number own = a->network6 | a->own, other = a->network6 | (i < a->n_pots ? a->pot[i] : a->gateway);

		send_neighbours(a, own, 136, other);
		send_neighbours(a, link_local(a), 136, other);
		send_neighbours(a, other, 136, other);
		send_neighbours(a, other, 135, own);
		send_neighbours(a, own, 137, other);
		send_neighbours(a, link_local(a), 134, 0);
		send_neighbours(a, other, 134, 0);
	}
}

static void try_six_gateway(struct attack *a)
{
	const addr_number to[] = { a->network6 | a->gateway, OUTER6 };

	for (unsigned i = 0; i < nitems(to); i++)
		for (unsigned k = 0; attempt_port(k); k++) {
			struct ip_head h = { .six = true, .src6 = a->network6 | a->own, .dest6 = to[i] };

			send_tcp(a, h, PORT_GATEWAY, attempt_port(k), FLAG_SYN);
			send_udp(a, h, PORT_GATEWAY, attempt_port(k));
			wait_ms(20);
		}
}

static void try_six_inside(struct attack *a)
{
	for (size_t i = 0; i < a->n_pots; i++)
		for (unsigned k = 0; k < 5; k++) {
			struct sockaddr_in6 to = { .sin6_family = AF_INET6 };
			struct ip_head h = { .six = true, .src6 = a->network6 | a->own, .dest6 = a->network6 | a->pot[i],
					     .proto = IPPROTO_TCP };
			uint8_t body[64];
			struct frame f;

			ip_frame(a, &f, &h, body, body_tcp(body, &h, PORT_INSIDE, attempt_port(k), FLAG_SYN, NULL, 0));
			memcpy(&to.sin6_addr, f.byte + ETH_HLEN + 24, sizeof(to.sin6_addr));
			a->sent += sendto(a->raw6, f.byte + ETH_HLEN, f.n - ETH_HLEN, 0, (struct sockaddr *)&to, sizeof(to)) > 0;
			wait_ms(10);
		}
}

static void try_six_ping(struct attack *a)
{
	for (unsigned i = 0; i < 10; i++)
		send_icmp(a, target6(a, i), 128, (uint16_t)i);
}

static void try_six_icmp_types(struct attack *a)
{
	for (unsigned type = 0; type < 256; type++)
		send_icmp(a, target6(a, type), (uint8_t)type, (uint16_t)type);
}

static void one_six_ping(struct attack *a, unsigned i)
{
	send_icmp(a, target6(a, i), 128, (uint16_t)i);
}

static void try_six_ping_flood(struct attack *a)
{
	flood(a, one_six_ping);
}

static void try_six_protocols(struct attack *a)
{
	static const uint8_t protos[] = { IPPROTO_SCTP, IPPROTO_ESP, 89 };	/* OSPF */

	for (unsigned i = 0; i < nitems(protos); i++) {
		struct ip_head h = target6(a, i);
		uint8_t body[PAYLOAD];

		h.proto = protos[i];
		send_ip(a, &h, body, protos[i] == IPPROTO_SCTP ? body_sctp(body, PORT_FROM, 2905) : mark(a, body));
	}
}

static void try_six_fragments(struct attack *a)
{
	for (unsigned i = 0; i < 2; i++) {
		struct ip_head h = target6(a, i);
		uint8_t body[256], said[PAYLOAD];
		size_t n;

		h.proto = IPPROTO_UDP;
		h.extension = IPPROTO_FRAGMENT;
		h.n_option = 8;
		n = body_udp(body, &h, (uint16_t)(PORT_FROM + i), 80, said, mark(a, said));
		for (unsigned k = 0; k < 3; k++) {
			unsigned part = i % 2 ? 2 - k : k;	/* the last one first */
			const uint8_t option[8] = { 0, 0, 0, (uint8_t)(part * 24 | (part < 2)), 0, 0, 8, (uint8_t)i };

			h.option = option;
			send_ip(a, &h, body + part * 24, part < 2 ? 24 : n - 48);
		}
		a->sent -= 2;			/* one datagram */
	}
}

static void try_six_options(struct attack *a)
{
	static const uint8_t nothing[8] = { 0, 0, 1, 4 };
	static const uint8_t kinds[] = { IPPROTO_HOPOPTS, IPPROTO_DSTOPTS };

	for (unsigned i = 0; i < nitems(kinds); i++) {
		struct ip_head h = target6(a, i);

		h.extension = kinds[i];
		h.option = nothing;
		h.n_option = sizeof(nothing);
		send_udp(a, h, (uint16_t)(PORT_FROM + i), 80);
	}
}

static void one_six_datagram(struct attack *a, unsigned i)
{
	send_udp(a, target6(a, i), (uint16_t)(PORT_FROM + i % 1000), (uint16_t)(i % 65535 + 1));
}

static void try_six_udp_flood(struct attack *a)
{
	flood(a, one_six_datagram);
}

static void one_six_syn(struct attack *a, unsigned i)
{
	send_tcp(a, target6(a, i), (uint16_t)(PORT_FROM + i % 40000), (uint16_t)(i / 40000 + 80), FLAG_SYN);
}

static void try_six_connections(struct attack *a)
{
	for (unsigned i = 0; i < 4; i++)
		one_six_syn(a, i);
}

static void try_six_syn_flood(struct attack *a)
{
	flood(a, one_six_syn);
}

/* a_packet() - one that would pass if it came by itself, marked, in its own frame @at bytes after the beginning */
static size_t a_packet(const struct attack *a, uint8_t *to)
{
	struct ip_head h = target(a, 1);
	uint8_t body[256], said[PAYLOAD];
	struct frame f;

	h.proto = IPPROTO_UDP;
	ip_frame(a, &f, &h, body, body_udp(body, &h, PORT_FROM, 80, said, mark(a, said)));
	memcpy(to, f.byte + ETH_HLEN, f.n - ETH_HLEN);
	return f.n - ETH_HLEN;
}

static void send_raw(struct attack *a, uint16_t type, const void *before, size_t n, bool to_all)
{
	struct ends e = a->ends;
	uint8_t packet[512];
	struct frame f;

	if (to_all)
		memcpy(e.to, everybody, ETH_ALEN);
	frame_begin(&f, &e, type);
	frame_add(&f, before, n);
	frame_add(&f, packet, a_packet(a, packet));
	send_frame(a, &f);
}

static void try_raw(struct attack *a)
{
	static const uint16_t types[] = { 0x88cc, 0x888e, 0x8863, 0x8864, 0x8847, 0x8848, 0x0842, 0x8137, 0x809b, 0x80f3, 0x8906,
					  0x88e5, 0x8035, 0x6003, 0x9000, 0x88f7, 0x8902, 0x22f0, 0x22ea, 0x6558, 0x0801, 0x07ff,
					  0x86de, 0x8914, 0x8892, 0x88a4, 0x88cd, 0x88d9, 0x88e1, 0x88e3, 0x88e7, 0x88f5, 0x88fb,
					  0x891d, 0x893a, 0x9999, 0xcafe, 0xfeed, 0xffff, 0x0600 };
	static const uint8_t snap[] = { 0xaa, 0xaa, 3, 0, 0, 0, 8, 0 }, stp[] = { 0x42, 0x42, 3, 0, 0, 0, 0 }, label[] = { 0, 1, 1, 64 };
	struct frame runt = { 0 };

	for (size_t i = 0; i < nitems(types); i++) {
		send_raw(a, types[i], label, types[i] == 0x8847 ? sizeof(label) : 0, false);
		send_raw(a, types[i], label, types[i] == 0x8847 ? sizeof(label) : 0, true);
	}
	send_raw(a, 200, snap, sizeof(snap), false);	/* IP in LLC and SNAP */
	send_raw(a, 200, snap, sizeof(snap), true);
	send_raw(a, 200, stp, sizeof(stp), true);
	frame_begin(&runt, &a->ends, ETHERTYPE_IP);
	send_frame(a, &runt);
}

static void try_vlan(struct attack *a)
{
	for (uint16_t vlan = 0; vlan < 20; vlan++) {
		const uint8_t one[] = { (uint8_t)(vlan >> 8), (uint8_t)vlan, 8, 0 };
		const uint8_t two[] = { 0, (uint8_t)vlan, 0x81, 0, 0, (uint8_t)vlan, 8, 0 };

		send_raw(a, 0x8100, one, sizeof(one), false);
		send_raw(a, 0x8100, two, sizeof(two), false);
		send_raw(a, 0x88a8, one, sizeof(one), false);
		send_raw(a, 0x88a8, two, sizeof(two), true);
		send_raw(a, 0x9100, one, sizeof(one), true);
	}
}

/* --- IP, not as it should be ------------------------------------------------------------------ */

static void try_unfinished(struct attack *a)
{
	for (unsigned i = 0; i < 20; i++) {
		struct ip_head h = target(a, i);
		uint8_t body[256], said[PAYLOAD];
		size_t n;

		h.proto = IPPROTO_UDP;
		h.id = (uint16_t)(1000 + i);
		n = body_udp(body, &h, PORT_FROM, 80, said, mark(a, said));
		h.fragment = i % 2 ? 0x2000 : 3;	/* the first and none behind it; a last one without a first */
		send_ip(a, &h, body, i % 2 ? 48 : n);
	}
}

static void try_checksums(struct attack *a)
{
	for (unsigned i = 0; i < 30; i++) {
		struct ip_head h = target(a, i);
		uint8_t body[256], said[PAYLOAD];
		struct frame f;
		size_t n;

		h.proto = i % 3 ? IPPROTO_UDP : IPPROTO_TCP;
		n = i % 3 ? body_udp(body, &h, PORT_FROM, 80, said, mark(a, said)) :
			    body_tcp(body, &h, (uint16_t)(PORT_FROM + i), 80, FLAG_SYN, NULL, 0);
		ip_frame(a, &f, &h, body, n);
		f.byte[i % 3 == 2 ? ETH_HLEN + 10 : i % 3 ? ETH_HLEN + 26 : ETH_HLEN + 36] ^= 0x5a;
		send_frame(a, &f);
	}
}

static void try_tcp_flags(struct attack *a)
{
	for (unsigned flags = 0; flags < 256; flags++)
		if ((flags & (FLAG_FIN | FLAG_SYN | FLAG_RST | FLAG_ACK)) != FLAG_SYN)
			send_tcp(a, target(a, flags), (uint16_t)(PORT_FROM + flags), 80, (uint8_t)flags);
}

static void try_forbidden(struct attack *a, struct ip_head h)
{
	for (unsigned i = 0; i < 20; i++) {
		uint8_t body[256], said[PAYLOAD];

		h.proto = IPPROTO_TCP;
		send_ip(a, &h, body, body_tcp(body, &h, (uint16_t)(PORT_FROM + i), 80, FLAG_SYN, said, mark(a, said)));
		send_udp(a, h, PORT_FROM, (uint16_t)(53 + i));
		send_icmp(a, h, h.six ? 128 : 8, (uint16_t)i);
	}
}

static void try_fence(struct attack *a)
{
	try_forbidden(a, head_to(a, a->fence, IPPROTO_TCP));
}

static void try_blacklist(struct attack *a)
{
	try_forbidden(a, head_to(a, a->black, IPPROTO_TCP));
}

static void try_six_fence(struct attack *a)
{
	try_forbidden(a, (struct ip_head){ .six = true, .src6 = a->network6 | a->own, .dest6 = ATTEMPT_FENCED6 });
}

static void try_six_blacklist(struct attack *a)
{
	try_forbidden(a, (struct ip_head){ .six = true, .src6 = a->network6 | a->own, .dest6 = ATTEMPT_BLACK6 });
}

static void try_gateway(struct attack *a)
{
	const uint32_t to[] = { a->gateway, a->outer };

	for (unsigned i = 0; i < nitems(to); i++)
		for (unsigned k = 0; attempt_port(k); k++) {
			send_tcp(a, head_to(a, to[i], IPPROTO_TCP), PORT_GATEWAY, attempt_port(k), FLAG_SYN);
			send_udp(a, head_to(a, to[i], IPPROTO_UDP), PORT_GATEWAY, attempt_port(k));
			wait_ms(20);	/* below what is called a flood */
		}
}

static void try_inside(struct attack *a)
{
	for (size_t i = 0; i < a->n_pots; i++)
		for (unsigned k = 0; attempt_port(k); k++) {
			struct ip_head h = head_to(a, a->pot[i], IPPROTO_TCP);
			struct sockaddr_in to = at(a->pot[i], 0);
			uint8_t body[64];
			struct frame f;

			ip_frame(a, &f, &h, body, body_tcp(body, &h, PORT_INSIDE, attempt_port(k), FLAG_SYN, NULL, 0));
			a->sent += sendto(a->raw, f.byte + ETH_HLEN, f.n - ETH_HLEN, 0, (struct sockaddr *)&to, sizeof(to)) > 0;
			wait_ms(10);
		}
}

/* --- within the budgets, and beyond ----------------------------------------------------------- */

static void try_icmp_types(struct attack *a)
{
	for (unsigned type = 0; type < 256; type++)
		send_icmp(a, target(a, type), (uint8_t)type, (uint16_t)type);
}

/* What a router on the way says to one that is too old, and whether the largest frame comes through and back. */
static void try_path(struct attack *a)
{
	static uint8_t said[FRAME_MAX - ETH_HLEN - IP_AND_ICMP], body[FRAME_MAX];

	for (unsigned i = 0; i < 4; i++) {
		struct ip_head h = target(a, i);

		h.proto = IPPROTO_ICMP;
		h.ttl = i % 2;
		h.fragment = DONT_FRAGMENT;
		send_ip(a, &h, body, body_icmp(body, 8, 0, (uint16_t)i, said, i % 2 ? mark(a, said) : sizeof(said)));
	}
}

static void try_ping(struct attack *a)
{
	for (unsigned i = 0; i < 10; i++)
		send_icmp(a, target(a, i), 8, (uint16_t)i);
}

static void one_ping(struct attack *a, unsigned i)
{
	send_icmp(a, target(a, i), 8, (uint16_t)i);
}

static void try_ping_flood(struct attack *a)
{
	flood(a, one_ping);
}

static void try_gre(struct attack *a)
{
	for (unsigned i = 0; i < 4; i++) {
		uint8_t body[512] = { i % 2 ? 0x20 : 0, i % 2, 8, 0 };	/* the second kind is PPTP's */
		struct ip_head h = target(a, i);

		if (i % 2)
			memcpy(body, (const uint8_t[]){ 0x20, 1, 0x88, 0x0b, 0, 4, 0, (uint8_t)i }, 8);
		h.proto = IPPROTO_GRE;
		send_ip(a, &h, body, i % 2 ? 12 : 4 + a_packet(a, body + 4));
	}
}

static void try_sctp(struct attack *a)
{
	for (unsigned i = 0; i < 3; i++) {
		struct ip_head h = target(a, i);
		uint8_t body[64];

		h.proto = IPPROTO_SCTP;
		send_ip(a, &h, body, body_sctp(body, (uint16_t)(PORT_FROM + i), 2905));
	}
}

static void try_protocols(struct attack *a)
{
	for (unsigned i = 0; i < 3 * 256; i++) {
		struct ip_head h = target(a, i);
		uint8_t body[PAYLOAD];

		h.proto = (uint8_t)i;
		if (h.proto == IPPROTO_TCP || h.proto == IPPROTO_UDP || h.proto == IPPROTO_ICMP)
			continue;
		send_ip(a, &h, body, mark(a, body));
		if (i % 16 == 0)
			wait_ms(100);
	}
}

static void try_fragments(struct attack *a)
{
	for (unsigned i = 0; i < 3; i++) {
		struct ip_head h = target(a, i);
		uint8_t body[256], said[PAYLOAD];
		size_t n;

		h.proto = IPPROTO_UDP;
		h.id = (uint16_t)(2000 + i);
		n = body_udp(body, &h, (uint16_t)(PORT_FROM + i), 80, said, mark(a, said));
		for (unsigned k = 0; k < 3; k++) {
			unsigned part = i % 2 ? 2 - k : k;	/* the last one first */

			h.fragment = (uint16_t)(part * 3 | (part < 2 ? 0x2000 : 0));
			send_ip(a, &h, body + part * 24, part < 2 ? 24 : n - 48);
		}
		a->sent -= 2;			/* one datagram */
	}
}

static void try_options(struct attack *a)
{
	static const uint8_t options[][12] = {
		{ 7, 11, 4 }, { 68, 12, 5, 1 }, { 131, 7, 4, 192, 0, 2, 1, 1 }, { 137, 7, 4, 192, 0, 2, 1, 1 }, { 148, 4 },
		{ 130, 11 }, { 136, 4 }, { 1, 1, 1, 1, 1 },
	};

	for (unsigned i = 0; i < nitems(options); i++) {
		struct ip_head h = target(a, i);

		h.option = options[i];
		h.n_option = sizeof(options[i]);
		send_udp(a, h, (uint16_t)(PORT_FROM + i), 80);
	}
}

/* Until it was answered; each time that costs. */
static bool is_answered(struct attack *a, int fd)
{
	uint8_t said[PAYLOAD];

	for (int i = 0; i < 3; i++) {
		a->sent += send(fd, said, mark(a, said), 0) > 0;
		if (poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, ANSWER_MS) == 1 && recv(fd, said, sizeof(said), 0) > 0)
			return true;
	}
	return false;
}

static void try_open_flow(struct attack *a)
{
	const struct sockaddr_in to = at(attempt_address(a->now), PORT_OPEN_FLOW);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	uint8_t said[PAYLOAD];

	if (fd >= 0 && connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0 && is_answered(a, fd))
		for (uint64_t end = now_ms() + FLOOD_MS; now_ms() < end;)
			a->sent += send(fd, said, mark(a, said), MSG_DONTWAIT) > 0;
	close(fd);
}

static void try_ntp(struct attack *a)
{
	for (unsigned i = 0; i < 5; i++) {
		static const uint8_t monlist[48] = { 0x17, 0, 3, 0x2a };
		struct ip_head h = target(a, i);
		uint8_t body[128];

		h.proto = IPPROTO_UDP;
		send_ip(a, &h, body, body_udp(body, &h, (uint16_t)(PORT_FROM + i), 123, monlist, sizeof(monlist)));
	}
}

/* query() - a TXT question for a name that carries something */
static size_t query(uint8_t *q, unsigned i)
{
	size_t n = 12;

	memcpy(q, (const uint8_t[]){ (uint8_t)(i >> 8), (uint8_t)i, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0 }, 12);
	for (int label = 0; label < 3; label++) {
		q[n++] = 60;
		for (int k = 0; k < 60; k++)
			q[n++] = (uint8_t)('a' + random() % 26);
	}
	memcpy(q + n, "\6tunnel\7example\0\0\20\0\1", 21);
	return n + 21;
}

static void try_dns_tunnel(struct attack *a)
{
	for (unsigned i = 0; i < 300; i++) {
		struct ip_head h = target(a, i);
		uint8_t body[512], q[300];

		h.proto = IPPROTO_UDP;
		send_ip(a, &h, body, body_udp(body, &h, (uint16_t)(PORT_FROM + i), 53, q, query(q, i)));
		if (i % 10 == 0)
			wait_ms(50);
	}
}

static void one_datagram(struct attack *a, unsigned i)
{
	send_udp(a, target(a, i), (uint16_t)(PORT_FROM + i % 1000), (uint16_t)(i % 65535 + 1));
}

static void try_udp_flood(struct attack *a)
{
	flood(a, one_datagram);
}

/* --- connections ------------------------------------------------------------------------------ */

/* begin_connection() - counted; its socket once it is open, -1 if it does not open within @ms */
static int begin_connection(struct attack *a, uint32_t address, uint16_t port, int ms)
{
	const struct sockaddr_in to = at(address, port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), e = 0;
	socklen_t len = sizeof(e);

	if (fd < 0)
		return -1;
	a->sent++;
	if ((connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0 || errno == EINPROGRESS) &&
	    poll(&(struct pollfd){ .fd = fd, .events = POLLOUT }, 1, ms) == 1 &&
	    getsockopt(fd, SOL_SOCKET, SO_ERROR, &e, &len) == 0 && !e)
		return fd;
	close(fd);
	return -1;
}

static bool next_line(int fd, char *line, size_t size)
{
	for (size_t n = 0; n + 1 < size; n++) {
		if (poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, ANSWER_MS) != 1 || read(fd, line + n, 1) != 1)
			return false;
		line[n + 1] = '\0';
		if (line[n] == '\n')
			return true;
	}
	return false;
}

/* related() - says @word to a server, and connects to the ports it answers with: @form finds one in a line */
static void related(struct attack *a, uint16_t port, const char *word, unsigned (*port_in)(const char *line))
{
	uint32_t server = attempt_address(a->now);
	int fd = begin_connection(a, server, port, 2000);
	char line[256];

	for (int i = 0; fd >= 0 && i < 4; i++) {
		int other;

		if (write(fd, word, strlen(word)) < 0 || !next_line(fd, line, sizeof(line)) || !port_in(line))
			break;
		other = begin_connection(a, server, (uint16_t)port_in(line), 100);
		close(other);
	}
	close(fd);
}

static unsigned ftp_port(const char *line)
{
	const char *open = strchr(line, '(');
	unsigned high, low;

	return open && sscanf(open, "(%*u,%*u,%*u,%*u,%u,%u)", &high, &low) == 2 ? (high & 255) << 8 | (low & 255) : 0;
}

static void try_ftp(struct attack *a)
{
	related(a, PORT_FTP, "PASV\r\n", ftp_port);
}

static unsigned irc_port(const char *line)
{
	const char *dcc = strstr(line, "DCC SEND file ");
	unsigned port;

	return dcc && sscanf(dcc, "DCC SEND file %*u %u", &port) == 1 ? port & 65535 : 0;
}

static void try_irc(struct attack *a)
{
	char word[128];

	snprintf(word, sizeof(word), "PRIVMSG bob :\1DCC SEND mine %u 5000 100\1\r\n", a->own);
	related(a, PORT_IRC, word, irc_port);
}

static void the_syn(struct attack *a, unsigned i)
{
	(void)i;
	send_tcp(a, target(a, 0), PORT_FROM, 80, FLAG_SYN);
}

static void try_same_syn(struct attack *a)
{
	flood(a, the_syn);
}

static void try_connections(struct attack *a)
{
	for (unsigned i = 0; i < 1000; i++) {
		send_tcp(a, target(a, i), (uint16_t)(PORT_FROM + i), (uint16_t)(i % 2 ? 80 : 443), FLAG_SYN);
		if (i % 10 == 0)
			wait_ms(50);
	}
}

static void try_tcp_scan(struct attack *a)
{
	for (unsigned port = 1; port < 1024; port++)
		send_tcp(a, target(a, 1), PORT_FROM, (uint16_t)port, FLAG_SYN);
}

static void one_syn(struct attack *a, unsigned i)
{
	send_tcp(a, target(a, i), (uint16_t)(PORT_FROM + i % 40000), (uint16_t)(i / 40000 + 80), FLAG_SYN);
}

static void try_syn_flood(struct attack *a)
{
	flood(a, one_syn);
}

/* Ten of a thousand bytes each for one of few: for a while from the first that asks on, if anybody gets in to ask. */
static void reflect(struct attack *a, uint16_t port)
{
	const struct sockaddr_in own = at(0, port);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	uint64_t end = now_ms() + NOBODY_MS;
	uint8_t said[1000] = { 0 };
	bool asked = false;

	a->failed = fd < 0 || bind(fd, (const struct sockaddr *)&own, sizeof(own)) < 0;
	while (!a->failed && now_ms() < end) {
		struct sockaddr_in from;
		socklen_t len = sizeof(from);
		uint8_t got[256];

		if (poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, 100) != 1 ||
		    recvfrom(fd, got, sizeof(got), 0, (struct sockaddr *)&from, &len) < 0)
			continue;
		end = asked ? end : now_ms() + REFLECT_MS;
		asked = true;
		mark(a, said);
		for (int i = 0; i < 10; i++)
			a->sent += sendto(fd, said, sizeof(said), 0, (struct sockaddr *)&from, len) > 0;
	}
	close(fd);
}

static void try_reflect_dns(struct attack *a)
{
	reflect(a, 53);
}

static void try_reflect_ntp(struct attack *a)
{
	reflect(a, 123);
}

static void (*const tries[N_ATTEMPTS])(struct attack *a) = {
	[ATTEMPT_SPOOFED] = try_spoofed, [ATTEMPT_NEIGHBOUR] = try_neighbour, [ATTEMPT_MAC] = try_mac,
	[ATTEMPT_SPOOFED_FLOOD] = try_spoofed_flood, [ATTEMPT_ARP] = try_arp, [ATTEMPT_IPV6] = try_ipv6,
	[ATTEMPT_IPV6_EXTENSIONS] = try_ipv6_extensions, [ATTEMPT_RAW] = try_raw, [ATTEMPT_VLAN] = try_vlan,
	[ATTEMPT_UNFINISHED] = try_unfinished, [ATTEMPT_CHECKSUMS] = try_checksums, [ATTEMPT_TCP_FLAGS] = try_tcp_flags,
	[ATTEMPT_FENCE] = try_fence, [ATTEMPT_BLACKLIST] = try_blacklist, [ATTEMPT_GATEWAY] = try_gateway,
	[ATTEMPT_INSIDE] = try_inside,
	[ATTEMPT_PATH] = try_path, [ATTEMPT_PING] = try_ping, [ATTEMPT_ICMP_TYPES] = try_icmp_types,
	[ATTEMPT_PING_FLOOD] = try_ping_flood, [ATTEMPT_GRE] = try_gre,
	[ATTEMPT_SCTP] = try_sctp, [ATTEMPT_PROTOCOLS] = try_protocols, [ATTEMPT_FRAGMENTS] = try_fragments,
	[ATTEMPT_OPTIONS] = try_options, [ATTEMPT_OPEN_FLOW] = try_open_flow, [ATTEMPT_NTP] = try_ntp,
	[ATTEMPT_DNS_TUNNEL] = try_dns_tunnel, [ATTEMPT_UDP_FLOOD] = try_udp_flood, [ATTEMPT_FTP] = try_ftp,
	[ATTEMPT_IRC] = try_irc, [ATTEMPT_SAME_SYN] = try_same_syn, [ATTEMPT_CONNECTIONS] = try_connections,
	[ATTEMPT_TCP_SCAN] = try_tcp_scan, [ATTEMPT_SYN_FLOOD] = try_syn_flood, [ATTEMPT_REFLECT_DNS] = try_reflect_dns,
	[ATTEMPT_REFLECT_NTP] = try_reflect_ntp, [ATTEMPT_SIX_SPOOFED] = try_six_spoofed,
	[ATTEMPT_SIX_POISONING] = try_six_poisoning, [ATTEMPT_SIX_GATEWAY] = try_six_gateway,
	[ATTEMPT_SIX_FENCE] = try_six_fence, [ATTEMPT_SIX_BLACKLIST] = try_six_blacklist,
	[ATTEMPT_SIX_INSIDE] = try_six_inside, [ATTEMPT_SIX_PING] = try_six_ping,
	[ATTEMPT_SIX_ICMP_TYPES] = try_six_icmp_types, [ATTEMPT_SIX_PING_FLOOD] = try_six_ping_flood,
	[ATTEMPT_SIX_PROTOCOLS] = try_six_protocols, [ATTEMPT_SIX_FRAGMENTS] = try_six_fragments,
	[ATTEMPT_SIX_OPTIONS] = try_six_options, [ATTEMPT_SIX_UDP_FLOOD] = try_six_udp_flood,
	[ATTEMPT_SIX_CONNECTIONS] = try_six_connections, [ATTEMPT_SIX_SYN_FLOOD] = try_six_syn_flood,
};

/* --- begin ------------------------------------------------------------------------------------ */

static uint32_t address_of(const char *word)
{
	struct in_addr a;

	return inet_pton(AF_INET, word, &a) == 1 ? ntohl(a.s_addr) : 0;
}

static addr_number network_of(const char *word)
{
	struct in6_addr a;
	addr_number v = 0;

	if (inet_pton(AF_INET6, word, &a) != 1)
		return 0;
	for (int i = 0; i < 16; i++)
		v = v << 8 | a.s6_addr[i];
	return v;
}

static bool is_configured(const struct attack *a)
{
	struct ifreq r = { .ifr_name = "eth0" };

	return ioctl(a->raw, SIOCGIFADDR, &r) == 0 &&
	       ntohl(((struct sockaddr_in *)(void *)&r.ifr_addr)->sin_addr.s_addr) == a->own;
}

/* gateway_mac() - the kernel asks for it when something is sent there */
static bool gateway_mac(struct attack *a)
{
	const struct sockaddr_in to = at(a->gateway, 514);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	FILE *f = fopen("/proc/net/arp", "re");
	unsigned mac[ETH_ALEN], found = 0;
	char line[256], address[32], flags[16];

	if (fd >= 0 && sendto(fd, "<13>selftest", 12, 0, (const struct sockaddr *)&to, sizeof(to)) < 0)
		found = 0;
	close(fd);
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%31s %*s %15s %x:%x:%x:%x:%x:%x", address, flags, &mac[0], &mac[1], &mac[2], &mac[3], &mac[4],
			   &mac[5]) == 8 && address_of(address) == a->gateway && !strcmp(flags, "0x2")) {
			for (int i = 0; i < ETH_ALEN; i++)
				a->ends.to[i] = (uint8_t)mac[i];
			found = 1;
		}
	if (f)
		fclose(f);
	return found;
}

static bool set_up(struct attack *a)
{
	struct ifreq r = { .ifr_name = "eth0" };

	if (!is_configured(a) || !gateway_mac(a) || ioctl(a->raw, SIOCGIFHWADDR, &r) < 0)
		return false;
	memcpy(a->ends.from, r.ifr_hwaddr.sa_data, ETH_ALEN);
	a->ifindex = (int)if_nametoindex("eth0");
	return true;
}

static bool told_to_go(struct attack *a)
{
	char line[64];
	ssize_t n;

	if (poll(&(struct pollfd){ .fd = STDIN_FILENO, .events = POLLIN }, 1, 1000) != 1)
		return false;
	n = read(STDIN_FILENO, line, sizeof(line) - 1);
	line[n > 0 ? n : 0] = '\0';
	a->few = strstr(line, "few");
	return a->few || strstr(line, "all");
}

int main(int argc, char **argv)
{
	struct attack a = { .raw6 = -1 };

	if (argc > 2 && !strcmp(argv[1], "-6")) {
		a.network6 = network_of(argv[2]);
		a.raw6 = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
		argv += 2;
		argc -= 2;
	}
	if (argc < 6)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	a.own = address_of(argv[1]);
	a.gateway = address_of(argv[2]);
	a.outer = address_of(argv[3]);
	a.fence = address_of(argv[4]);
	a.black = address_of(argv[5]);
	for (int i = 6; i < argc && a.n_pots < POTS; i++)
		a.pot[a.n_pots++] = address_of(argv[i]);
	a.packet = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	a.raw = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	if (a.packet < 0 || a.raw < 0 || (a.network6 && a.raw6 < 0))
		return 1;
	while (!set_up(&a))
		wait_ms(200);
	srandom((unsigned)now_ms());
	do
		printf(ATTEMPT_SAYS "ready\n");
	while (!told_to_go(&a));
	for (a.now = 0; a.now < N_ATTEMPTS; a.now++) {
		if ((a.few && !attempt_is_small(a.now)) || (attempts[a.now].six && !a.network6))
			continue;
		a.sent = 0;
		a.failed = false;
		printf(ATTEMPT_SAYS "begin %d\n", (int)a.now);
		tries[a.now](&a);
		wait_ms(100);
		if (!a.failed)
			printf(ATTEMPT_SAYS "end %d %lu\n", (int)a.now, a.sent);
	}
	for (;;) {		/* whoever starts us again would begin anew */
		printf(ATTEMPT_SAYS "done\n");
		wait_ms(1000);
	}
}
