/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * From a honeynet to the gateway's rules. Pure: a honeynet in, the text of one nft transaction out.
 *
 * Interfaces are fixed: tap<i> of honeypot i in bridge br0, wan0 to the outside. Names of the file
 * never reach the text, indexes do.
 */
#include "base/text.h"
#include "model/honeynet.h"

enum {
	POLICY_LOG_INET = 1,		/* NFLOG group of table inet skep */
	POLICY_LOG_BRIDGE = 3,		/* of table bridge skep_l2 */
	POLICY_SNAPLEN = 128,		/* bytes of a packet in a record */
	POLICY_OWNER_MARK = 0x100,	/* packet mark without which nothing is forwarded */
	POLICY_COUNTED_MARK = 0x200,	/* connection mark: has been counted */
};

/* Budgets are sets of this name and tcp, udp, icmp, other or bytes, with an element for each
 * honeypot that has used some of it: its expiry is the period's end, its counter (bytes: its quota)
 * what was used. */
#define POLICY_BUDGET_SET "budget_"

void policy_compile(const struct honeynet *n, struct text *ret);
/* policy_lint() - a line for each rule that can never match; nothing if there is none */
void policy_lint(const struct honeynet *n, struct text *ret);
