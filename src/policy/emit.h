/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What all parts of the compiler write. */
#include <stdint.h>

#include "base/addr.h"
#include "base/text.h"
#include "model/honeynet.h"
#include "model/reason.h"

/* The rules for both families are written by the same functions; these come first for those that are in words of one. */
enum family { FAMILY_4, FAMILY_6, FAMILIES };

struct family_words {
	addr_number first, last;	/* of all its addresses; of IPv6 from above IPv4's on: below is nobody on a wire */
	const char *saddr, *daddr, *type;	/* of an address */
	/* The address of the honeypot that sends or gets it, as IPv4's: in IPv6 its last 32 bits are that (model/twin.h) */
	const char *pot, *to_pot;
	const char *mark;		/* at the end of names of its chains and sets */
	const char *icmp, *udp, *tcp;	/* matches, each with a blank after it */
	const char *others;		/* none of these */
	const char *ping;
};
extern const struct family_words family_words[FAMILIES];
enum family families(const struct honeynet *n);	/* how many of them, from IPv4 on, it speaks */

/* Both ends of a TCP connection, as who begins it sends them, and the type of a set of these. */
#define EMIT_TCP_ENDS "ip saddr . tcp sport . ip daddr . tcp dport"
#define EMIT_TCP_ENDS_TYPE "ipv4_addr . inet_service . ipv4_addr . inet_service"

/* emit_address() - one of few buffers that are used in turn, enough for one line */
const char *emit_address(uint32_t a);
const char *emit_number(addr_number a);		/* likewise, of either family */
/* emit_log() - what makes a record of the packet; @verdict: "accept", "drop", "continue" */
void emit_log(struct text *t, const char *verdict, const char *reason, unsigned group);
/* emit_drop() - a rule whose matches are @match ("" or with a blank after each) */
void emit_drop(struct text *t, const char *match, enum reason r);
/* emit_if() - what comes then is asked of what @match fits only, until emit_end_if() with the same one. It is matched once, which
 * all pay for whom it does not fit. */
void emit_if(struct text *t, const char *match);
void emit_end_if(struct text *t, const char *match);
/* emit_timed_set() - each element of which lives for so long, unless its rule says otherwise */
void emit_timed_set(struct text *t, const char *name, const char *type, unsigned size, uint32_t timeout_s);
