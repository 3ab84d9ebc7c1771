/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* By which the judge judges: numbers of the honeynet file, and who is who. */
#include <stdbool.h>
#include <stdint.h>

#include "attempts.h"

struct terms {
	uint32_t own;			/* address of the throw-away honeypot, host order */
	uint32_t gateway[2];		/* the gateway's addresses */
	addr_number network6;		/* all these have their twins in it; 0: there is no IPv6 */
	addr_number outer6;		/* and that of the gateway's second one */
	uint64_t limit[CHARGES];	/* what is left of each budget; of CHARGE_GATEWAY: ports that may answer */
	uint64_t bytes;			/* what is left of that budget */
	uint64_t period_us;
	uint32_t packets_per_s;
	bool resolvers;			/* some are named: nobody else is asked */
};

static inline bool terms_is(const struct terms *t, addr_number address, uint32_t who)
{
	return address == (ADDR_4 | who) || (t->network6 && address == (t->network6 | who));
}

static inline bool terms_is_gateway(const struct terms *t, addr_number address)
{
	return terms_is(t, address, t->gateway[0]) || address == (ADDR_4 | t->gateway[1]) || (t->network6 && address == t->outer6);
}

/* terms_ask() - it is tried in this honeynet */
static inline bool terms_ask(const struct terms *t, enum attempt_id a)
{
	return t->network6 || !attempts[a].six;
}
