/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* One packet as it was on the wire. Its bytes are hostile; who only stores them need not care. */
#include <stdint.h>

#include "base/text.h"

enum {
	PACKET_BLOCK = 256 * 1024,	/* of the kernel's ring; no frame is larger: GRO ends at 64 KiB */
	PACKET_BYTES_MAX = PACKET_BLOCK,
};

struct packet {
	uint64_t at_ns;		/* UTC, nanoseconds since 1970, by the kernel */
	uint32_t wire_len;	/* bytes it had; fewer may be here */
	struct span bytes;	/* from the Ethernet header on; lent */
};
