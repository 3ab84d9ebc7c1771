/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Table bridge skep_l2: a tap sends with its honeypot's MAC and addresses, or not at all. */
#include "base/text.h"
#include "model/honeynet.h"

/* What each Linux says to its neighbours, and to routers about groups */
#define NEIGHBOURS "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert }"
#define LISTENERS "mld-listener-query, mld-listener-report, mld-listener-done, mld2-listener-report"

/* bridge_sets() - which taps there are, and what each may say it is */
void bridge_sets(struct text *t, const struct honeynet *n);
/* bridge_renew() - the same, as commands, for the sets that are there */
void bridge_renew(struct text *t, const struct honeynet *n);
void bridge_chains(struct text *t, const struct honeynet *n);
