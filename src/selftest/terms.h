/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* By which the judge judges: numbers of the honeynet file, and who is who. */
#include <stdbool.h>
#include <stdint.h>

#include "attempts.h"

struct terms {
	uint32_t own;			/* address of the throw-away honeypot, host order */
	uint32_t gateway[2];		/* the gateway's addresses */
	uint64_t limit[CHARGES];	/* what is left of each budget; of CHARGE_GATEWAY: ports that may answer */
	uint64_t bytes;			/* what is left of that budget */
	uint64_t period_us;
	uint32_t packets_per_s;
	bool resolvers;			/* some are named: nobody else is asked */
};

static inline bool terms_is_gateway(const struct terms *t, uint32_t address)
{
	return address == t->gateway[0] || address == t->gateway[1];
}
