/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * What the gateway would have made of packets that were recorded: rules as explain() follows them, connections remembered,
 * budgets counted down by the packets' own time. Pure. Rates are not followed: what is cut by them depends on moments
 * shorter than a record's clock is good for; nor how many connections are open at once.
 */
#include "explain.h"

struct replay;

struct replayed {
	bool accept, open;		/* open: it belongs to a connection that was accepted before */
	struct explanation e;		/* of a packet that opens one, or tries to */
};

struct replay *replay_new(const struct honeynet *n);	/* lent, as long as it */
struct replay *replay_free(struct replay *r);	/* takes it; returns NULL */

/*
 * replay_packet() - the next packet, its time and source port beside @p: @source_port of tcp and udp, of icmp and icmpv6 the
 * number of the conversation (RFC 792, 4443: the identifier); @len of its IP datagram, in bytes. Connections are
 * remembered up to REPLAY_FLOWS; then the oldest are forgotten, as a gateway does.
 */
enum { REPLAY_FLOWS = 1 << 18 };
void replay_packet(struct replay *r, uint64_t at_us, const struct packet_about *p, uint16_t source_port, uint32_t len,
		   struct replayed *ret);
