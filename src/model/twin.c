/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "twin.h"

struct addr twin_of(const struct honeynet *n, uint32_t address)
{
	return n->prefix6 ? addr_of_number(n->network6 | address) : (struct addr){ 0 };
}

struct addr twin_pot(const struct honeynet *n, uint32_t i)
{
	const struct honeypot *h = &n->honeypot[i];

	return h->is_instance || h->instances.max ? (struct addr){ 0 } : twin_of(n, h->address);
}

uint64_t twin_interface(const uint8_t mac[6])
{
	uint64_t v = mac[0] ^ 2;

	for (int i = 1; i < 6; i++)
		v = i == 3 ? v << 24 | 0xfffe00u | mac[i] : v << 8 | mac[i];
	return v;
}

uint32_t twin_who(const struct honeynet *n, const struct addr *a)
{
	addr_number v = addr_to_number(a);

	if (a->family == 4)
		return (uint32_t)v;
	return a->family == 6 && n->prefix6 && v >> 32 == n->network6 >> 32 ? (uint32_t)v : 0;
}

bool twin_has(const struct honeynet *n, uint32_t i, const struct addr *a)
{
	const struct honeypot *h = &n->honeypot[i];
	addr_number v = addr_to_number(a);

	return twin_who(n, a) == h->address || v == (TWIN_LINK | twin_interface(h->mac));
}

bool twin_inside(const struct honeynet *n, const struct addr *a)
{
	addr_number v = addr_to_number(a);

	if (a->family == 4)
		return !(((uint32_t)v ^ n->network) >> (32 - n->prefix));
	return a->family == 6 && n->prefix6 && !((v ^ n->network6) >> (128 - n->prefix6));
}
