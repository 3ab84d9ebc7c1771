/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What the gateway's rules log (NFLOG), as events. The packets are hostile. Pure. */
#include <stddef.h>
#include <stdint.h>

#include "model/event.h"

/*
 * packet_read() - the first @len bytes of a packet: addresses, protocol and ports into @e as far
 * as they are there. @ethertype 0x0800, 0x0806 or any other. Returns where what IP carries begins; 0: that is not there.
 */
size_t packet_read(const void *bytes, size_t len, uint16_t ethertype, struct event *e);

/* Called for each logged packet of a datagram; the event's spans are lent. Non-zero stops. */
typedef int packet_log_fn(void *arg, struct event *e);

/*
 * packet_log_read() - a datagram of the NFLOG socket: one event EV_VERDICT for each packet, with
 * origin.seq its number plus one (32 bits), state "accept", "drop" or "continue", reason from the log prefix, and the
 * packet's mark.
 * Packets whose prefix is not ours are counted in *@strange. 0, or what @fn returned, or -EBADMSG.
 */
int packet_log_read(const void *datagram, size_t len, uint64_t now_us, packet_log_fn *fn, void *arg,
		    uint64_t *strange);
