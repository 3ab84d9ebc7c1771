/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Connections that ended, as conntrack's DESTROY events tell them. From the kernel; still bounded. Pure. */
#include <stddef.h>
#include <stdint.h>

#include "model/event.h"

enum { FLOW_DATAGRAM_MAX = 1024 };	/* bytes; such an event has about 300 */

typedef void flow_fn(void *arg, struct event *e);

/*
 * flow_read() - a datagram of the conntrack socket: @fn for each flow it tells the end of, as EV_FLOW.
 * The flow's direction is that of its first packet, its destination who answers or would (an instance, or to whom a NAT rule
 * leads, though the packet was sent to another address), unless that is @gateway; octets are those of whole IP packets; at_us is when
 * conntrack gave it up, some seconds after the last packet. For ICMP the ports are type and code, as
 * EVE has it. What is no such event, or has no addresses, is passed over. -EBADMSG: nonsense
 */
int flow_read(const void *datagram, size_t len, const struct addr *gateway, uint64_t now_us, flow_fn *fn, void *arg);
