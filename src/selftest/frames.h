/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Packets, byte by byte, as whoever owns a machine can send them. All sizes are the caller's to keep. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

enum { FRAME_MAX = 1514, FLAG_FIN = 1, FLAG_SYN = 2, FLAG_RST = 4, FLAG_PSH = 8, FLAG_ACK = 16, FLAG_URG = 32 };

struct frame {
	size_t n;
	uint8_t byte[FRAME_MAX];
};

struct ends {			/* hardware addresses */
	uint8_t to[6], from[6];
};

struct ip_head {		/* addresses in host order */
	uint32_t src, dest;
	bool six;		/* an IPv6 packet, of these addresses: */
	addr_number src6, dest6;
	uint8_t proto;
	uint8_t ttl;		/* 0: as Linux begins */
	uint16_t id, fragment;	/* @fragment: offset and flags, as in the header */
	const uint8_t *option;	/* of a multiple of four bytes; of IPv6 one header of extension, whose first byte is filled in */
	size_t n_option;
	uint8_t extension;	/* its kind */
};

void frame_begin(struct frame *f, const struct ends *e, uint16_t type);
void frame_add(struct frame *f, const void *p, size_t n);
void frame_add16(struct frame *f, uint16_t v);
void frame_add32(struct frame *f, uint32_t v);
/* frame_pad() - with zeroes, to the least that Ethernet carries */
void frame_pad(struct frame *f);

/* frame_ip() - an IP packet with this body, appended; its checksum is right */
void frame_ip(struct frame *f, const struct ip_head *h, const void *body, size_t n);

/* These write what an IP packet of @h carries; how many bytes that is. Checksums are right. */
size_t body_tcp(uint8_t *to, const struct ip_head *h, uint16_t from_port, uint16_t to_port, uint8_t flags, const void *p, size_t n);
size_t body_udp(uint8_t *to, const struct ip_head *h, uint16_t from_port, uint16_t to_port, const void *p, size_t n);
size_t body_icmp(uint8_t *to, uint8_t type, uint8_t code, uint16_t id, const void *p, size_t n);
void body_icmp6(uint8_t *body, const struct ip_head *h, size_t n);	/* its @n bytes get ICMPv6's checksum */
size_t body_sctp(uint8_t *to, uint16_t from_port, uint16_t to_port);	/* an INIT */
