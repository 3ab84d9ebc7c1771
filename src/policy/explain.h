/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * What the gateway decides about a packet, and why: the compiler's rules, followed on paper. Pure, and held against the
 * kernel's own verdicts with random policies and real packets (tests/unit/test_explain.c).
 *
 * It is the first packet of a connection, sent while the gate is open and nothing is used up: locks, rates and what a
 * budget has left are the kernel's to know (`skep budget`). A budget of 0 is a rule, and is known.
 */
#include "base/text.h"
#include "model/honeynet.h"
#include "model/reason.h"

struct packet_about {
	addr_number source, destination;	/* of one family */
	uint8_t proto;			/* IPPROTO_* */
	uint16_t port, source_port;	/* of tcp and udp; port is the destination's */
	int16_t icmp_type;		/* of icmp and icmpv6; -1: a ping */
	uint8_t tcp_flags;		/* of tcp; 0: a SYN */
	uint64_t at_us;			/* UTC; for rules of some hours only */
	bool inside;			/* a honeypot sends it, the one whose address it has or @honeypot */
	uint16_t honeypot;		/* index of who sends it, if inside */
};

enum { PACKET_SYN = 2 };

enum explain_way { WAY_FORWARD, WAY_INPUT, WAY_BRIDGE };	/* to another host, to the gateway, stopped at its plug */

enum { EXPLAIN_CONTINUED = 8 };
struct explanation {
	enum explain_way way;
	bool accept;
	bool link;			/* IPv6 says it of the link, as ARP does: no rule is asked */
	int32_t rule;			/* the first that matches; -1: none was, or none was asked */
	enum reason reason;		/* what drops it if no rule does, or accepts it: WHITELIST; N_REASONS: a rule decides */
	enum reason budget;		/* what it is charged to; N_REASONS: nothing */
	uint32_t limit;			/* that budget's, in a period */
	uint32_t n_continued;		/* rules that matched before, and let it go on */
	uint16_t continued[EXPLAIN_CONTINUED];	/* the first of them */
	int32_t nat;			/* the NAT rule that matches; -1: none was, or none was asked */
	addr_number destination;	/* whom rules are asked about: the packet's own, or to whom it is led, */
	uint16_t port;			/* likewise */
};

/* explain_from() - who sends what has this source address: sets inside and honeypot; false: nobody may */
bool explain_from(const struct honeynet *n, struct packet_about *p);

void explain(const struct honeynet *n, const struct packet_about *p, struct explanation *ret);

/* explain_text() - the same in words, a line each step */
void explain_text(const struct honeynet *n, const struct packet_about *p, const struct explanation *e, struct text *ret);
