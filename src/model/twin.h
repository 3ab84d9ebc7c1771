/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Where the honeynet has IPv6, gateway and honeypots have two addresses each: the IPv6 one is that of the network with the IPv4
 * one in its last 32 bits (2001:db8::10.10.10.80). So it is the IPv4 address that says who somebody is, in both families.
 */
#include <stdbool.h>
#include <stdint.h>

#include "honeynet.h"

/* twin_of() - the IPv6 address of who has @address (host order); none (family 0) without IPv6 */
struct addr twin_of(const struct honeynet *n, uint32_t address);
/* twin_pot() - likewise honeypot @i's: those with instances, and these, have none */
struct addr twin_pot(const struct honeynet *n, uint32_t i);
/* The addresses that are good on the link only: this, and an interface's 64 bits */
#define TWIN_LINK ((addr_number)0xfe80 << 112)
/* twin_interface() - the last 64 bits of the link-local address that who has this MAC gives himself (RFC 4291, appendix A) */
uint64_t twin_interface(const uint8_t mac[6]);
/* twin_who() - whose address @a is, as his IPv4 one, host order: that of any IPv4 address is itself. 0: none's */
uint32_t twin_who(const struct honeynet *n, const struct addr *a);
/* twin_has() - @a is an address of honeypot @i: of either family, also its link-local one */
bool twin_has(const struct honeynet *n, uint32_t i, const struct addr *a);
/* twin_inside() - it belongs to the honeynet's networks */
bool twin_inside(const struct honeynet *n, const struct addr *a);
