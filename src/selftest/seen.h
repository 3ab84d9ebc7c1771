/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* A frame, read as far as the judge asks. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

enum { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_ACK = 16 };

struct seen {
	bool ip;			/* an IP packet, without a tag before it; */
	bool six;			/* of IPv6: ICMPv6 is told as ICMP, and its types, where they are the same, as ICMP's */
	bool arp;			/* of IPv4's addresses; @src says whose it is */
	addr_number src, dest;
	uint8_t proto, flags;		/* @flags: of TCP */
	int type, code;			/* of ICMP; else -1 */
	addr_number about;		/* an ICMP error's: where the packet went that it is about; else 0 */
	uint16_t src_port, dest_port;
	bool later;			/* not the first fragment */
	size_t bytes;
};

/* seen_frame() - @n bytes, whatever is in them; what is not there is zero */
struct seen seen_frame(const uint8_t *f, size_t n);
