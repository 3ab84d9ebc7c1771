/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* How many hosts, of each family, a honeypot may reach in a period, as nft text for policy.c. destinations.c says how. */
#include "base/text.h"
#include "emit.h"
#include "model/honeynet.h"

/* The set of where the honeypot with this address has been: of table inet skep; each element dies a period after the last packet there. */
enum { DESTINATIONS_NAME = 32 };
const char *destinations_set(enum family f, uint32_t address, char ret[DESTINATIONS_NAME]);	/* returns @ret */

/* destinations_sets() - those of @n; not those that @was has already (may be NULL) */
void destinations_sets(struct text *t, const struct honeynet *was, const struct honeynet *n);
/* destinations_drop() - chains and sets of honeypots of @was that are not in @n; their rules are gone */
void destinations_drop(struct text *t, const struct honeynet *was, const struct honeynet *n);
/* destinations_chains() - and check_destination, which what leaves has to pass */
void destinations_chains(struct text *t, enum family f, const struct honeynet *n);
