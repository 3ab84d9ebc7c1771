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
 * brake_machines() - the gateway and each honeypot that is there; their number. Each cap is containment's, and the
 * margin more. Who has instances sends with all of them from his one address, so he has all their caps; an instance's own
 * address is seen only if nobody translates it any more.
 */
enum { BRAKE_LIST = MAX_HONEYPOTS + 1 };
uint32_t brake_machines(const struct honeynet *n, struct brake_machine ret[BRAKE_LIST]);

/* brake_rate() - bytes a second of all together: the fallback's one cap */
uint64_t brake_rate(const struct honeynet *n);
