/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * From a honeynet to the gateway's rules. Pure: a honeynet in, the text of one nft transaction out.
 *
 * Interfaces are fixed: tap<i> of honeypot i in bridge br0, wan0 to the outside. Names of the file
 * never reach the text, indexes do.
 */
#include <stdbool.h>

#include "base/text.h"
#include "model/honeynet.h"
#include "model/reason.h"

enum {
	POLICY_LOG_INET = 1,		/* NFLOG group of table inet skep */
	POLICY_LOG_BRIDGE = 3,		/* of table bridge skep_l2 */
	POLICY_COUNTED_MARK = 0x200,	/* connection mark: has been counted */
	POLICY_LOG_QUEUE = 32,		/* records in one message; the reader's timeout ends the wait for more */
};

/* Budgets are sets of this name and tcp, udp, icmp, other, bytes or lateral, with an element for each
 * honeypot that has used some of it: its expiry is the period's end, its counter (bytes: its quota)
 * what was used. */
#define POLICY_BUDGET_SET "budget_"
/* Where frames are tagged, sessions have sets too, of names between: budget_session_tcp, with an element for each honeypot's
 * address and its packets' mark. */
#define POLICY_SESSION "session_"

/*
 * What can come in floods is logged when it is first seen and a few times more, and counted in full:
 * in a set of this name and a reason's, "refused_flood_syn", an element with a counter for each
 * honeypot (by its address, or in the bridge by its tap), or for whoever else it came from.
 */
#define POLICY_REFUSED_SET "refused_"
struct policy_refused {
	enum reason reason;
	bool bridge;		/* the set is in table bridge skep_l2, else in inet skep */
	bool six;		/* it is there if the honeynet has IPv6, and is a set of its own if there is one of IPv4, too */
};
extern const struct policy_refused policy_refused[];
extern const size_t policy_n_refused;
/* policy_refused_set() - its name; returns @ret */
enum { POLICY_SET_NAME = 32 };
const char *policy_refused_set(enum reason r, bool six, char ret[POLICY_SET_NAME]);

/* Networks that no honeypot ever reaches; and, with an element for its family, that nothing comes in or goes out. */
#define POLICY_FENCE_SET "fence"
#define POLICY_LOCKDOWN_SET "lockdown"

/* The chain for what finds no room among its honeypot's destinations. */
#define POLICY_REFUSE_DESTINATION "refuse_destination"

/* By the honeynet file. */
#define POLICY_BLACKLIST_SET "blacklist"
#define POLICY_WHITELIST_SET "whitelist"
#define POLICY_RESOLVERS_SET "resolvers"

/* Where names are asked for, by udp or tcp. */
enum { DNS_PORT = 53, NTP_PORT = 123, DNS_TLS_PORT = 853 };

/* Sources that are kept out, each with its own time: a set of table inet skep. Of IPv6 there are two: of addresses, and of
 * networks of 64 bits, as who has one address may have all of these. */
#define POLICY_BLOCKED_SET "blocked"
#define POLICY_BLOCKED6_SET POLICY_BLOCKED_SET "6"
#define POLICY_BLOCKED6_NET_SET POLICY_BLOCKED6_SET "_net"
/* policy_blocked_set() - that for @who; NULL: it is none of these */
const char *policy_blocked_set(const struct network *who);

/*
 * Instances, each by its index i in honeypot[] (src/policy/instances.c). claim_<i> has the one source
 * it belongs to; while open_<i> has the element ipv4, the next source without an instance may become
 * that. came has an element for the address of each instance somebody got into, with a counter of what
 * he sent. All of them are empty when the rules are loaded.
 */
#define POLICY_CLAIM_SET "claim_"
#define POLICY_OPEN_SET "open_"
#define POLICY_CAME_SET "came"
/* The connection mark of what was led to instance i. */
#define POLICY_INSTANCE_MARK(i) (((i) + 1) << 16)
#define POLICY_INSTANCE_MASK 0x00ff0000u
_Static_assert(MAX_HONEYPOTS < 255, "an instance has its own mark");

/* policy_budgets() - of these rules those of the budgets again, as one transaction; nothing passes of the honeypot at place
 * @held, MAX_HONEYPOTS: none */
void policy_budgets(const struct honeynet *n, uint32_t held, struct text *ret);
/* Each rule's packets are counted by an object of this name and its number, through which a reload does not go. */
#define POLICY_RULE_COUNTER "rule_"
#define POLICY_NAT_COUNTER "nat_"	/* likewise each NAT rule's connections */

void policy_compile(const struct honeynet *n, struct text *ret);
/*
 * policy_replace() - the rules of @n in the place of those of @was, as the text of one transaction too. What the kernel
 * has counted stays: budgets that were used, who is kept out, what was refused; and connections that are open, claims on
 * instances that are in both, lockdown, and what was put into the fence by hand. A budget that began keeps its limit and
 * its end.
 */
void policy_replace(const struct honeynet *was, const struct honeynet *n, struct text *ret);
/*
 * policy_lint() - "line N: TEXT" for each group and service that no rule names, and each rule that can never match.
 * @all: also for rules some of which is decided before, with a packet that is left to them.
 */
void policy_lint(const struct honeynet *n, bool all, struct text *ret);
