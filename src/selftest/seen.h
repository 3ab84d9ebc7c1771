/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* A frame, read as far as the judge asks. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_ACK = 16 };

struct seen {
	bool ip;			/* an IPv4 packet, without a tag before it */
	bool arp;			/* of IPv4's addresses; @src says whose it is */
	uint32_t src, dest;
	uint8_t proto, flags;		/* @flags: of TCP */
	int type, code;			/* of ICMP; else -1 */
	uint32_t about;			/* an ICMP error's: where the packet went that it is about; else 0 */
	uint16_t src_port, dest_port;
	bool later;			/* not the first fragment */
	size_t bytes;
};

/* seen_frame() - @n bytes, whatever is in them; what is not there is zero */
struct seen seen_frame(const uint8_t *f, size_t n);
