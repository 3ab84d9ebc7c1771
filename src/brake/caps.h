/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What the brake lets each address send. Pure. */
#include <stdint.h>

#include "count.h"
#include "model/honeynet.h"

struct brake_machine {
	uint32_t address;		/* as seen from outside; BRAKE_GATEWAY for the gateway's own */
	struct brake_caps caps;
};

/*
 * brake_machines() - the gateway, each honeypot that is there, and each address by which NAT rules let some be seen; their number.
 * Each cap is containment's, and the margin more. Who has instances sends with all of them from his one address, so he has all
 * their caps; an address of NAT rules has those of all who may send from it. The own address of who is seen by another one
 * is seen in IPv6, which nobody translates, and if nobody translates it any more.
 */
enum { BRAKE_LIST = 1 + MAX_HONEYPOTS + MAX_OUTSIDE };
uint32_t brake_machines(const struct honeynet *n, struct brake_machine ret[BRAKE_LIST]);

/* brake_six() - its IPv6 network, if there is one */
struct brake_six brake_six(const struct honeynet *n);

/* brake_rate() - bytes a second of all together: the fallback's one cap */
uint64_t brake_rate(const struct honeynet *n);
