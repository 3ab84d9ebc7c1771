/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Who is meant by the objects of a rule, asked of the objects themselves. */
#include <stdbool.h>
#include <stdint.h>

#include "honeynet.h"

/* address_inside() - of the honeynet's network */
bool address_inside(const struct honeynet *n, uint32_t address);
bool number_inside(const struct honeynet *n, addr_number address);	/* likewise, of its networks */
/* honeypot_has() - it is one of honeypot @i's two addresses */
bool honeypot_has(const struct honeynet *n, uint32_t i, addr_number address);
/* addresses_have() - one of @a's ranges has it */
bool addresses_have(const struct honeynet *n, const struct addresses *a, addr_number address);
/* addresses_have_gateway() - likewise, one of those that the gateway has in the honeynet */
bool addresses_have_gateway(const struct honeynet *n, const struct addresses *a);
/* party_has() - one of the objects has it. @gateway: it is the gateway itself, whichever of its addresses that is */
bool party_has(const struct honeynet *n, const struct object_ref *ref, uint32_t refs, addr_number address, bool gateway);
