/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "party.h"

#include "twin.h"

bool address_inside(const struct honeynet *n, uint32_t address)
{
	return !((address ^ n->network) >> (32 - n->prefix));
}

bool number_inside(const struct honeynet *n, addr_number address)
{
	struct addr a = addr_of_number(address);

	return twin_inside(n, &a);
}

bool addresses_have(const struct honeynet *n, const struct addresses *a, addr_number address)
{
	for (uint32_t i = 0; i < a->n; i++)
		if (address >= n->range[a->first + i].first && address <= n->range[a->first + i].last)
			return true;
	return false;
}

bool addresses_have_gateway(const struct honeynet *n, const struct addresses *a)
{
	struct addr six = twin_of(n, n->firewall_address);

	return addresses_have(n, a, ADDR_4 | n->firewall_address) || (six.family && addresses_have(n, a, addr_to_number(&six)));
}

bool honeypot_has(const struct honeynet *n, uint32_t i, addr_number address)
{
	struct addr six = twin_pot(n, i);

	return address == (ADDR_4 | n->honeypot[i].address) || (six.family && address == addr_to_number(&six));
}

/* A honeypot, or an instance of it: they are it, seen from outside. */
static bool is_honeypot(const struct honeynet *n, uint32_t which, addr_number address)
{
	for (uint32_t i = 0; i < n->n_honeypots; i++)
		if (honeypot_has(n, i, address) && honeypot_there(n, i) &&
		    (i == which || (n->honeypot[i].is_instance && n->honeypot[i].instance_of == which)))
			return true;
	return false;
}

static bool object_has(const struct honeynet *n, const struct object_ref *ref, addr_number address, bool gateway)
{
	const struct addresses *a = object_addresses(n, ref);

	if (a)
		return gateway ? addresses_have_gateway(n, a) : addresses_have(n, a, address);
	switch (ref->kind) {
	case OBJECT_ANY:      return true;
	case OBJECT_FIREWALL: return gateway;
	case OBJECT_HONEYPOT: return !gateway && is_honeypot(n, ref->index, address);
	default:	      return false;
	}
}

bool party_has(const struct honeynet *n, const struct object_ref *ref, uint32_t refs, addr_number address, bool gateway)
{
	for (uint32_t i = 0; i < refs; i++) {
		const struct group *g = ref[i].kind == OBJECT_GROUP ? &n->group[ref[i].index] : NULL;
		bool has = !g && object_has(n, &ref[i], address, gateway);

		for (uint32_t k = 0; g && !has && k < g->n_members; k++)
			has = object_has(n, &g->member[k], address, gateway);
		if (has)
			return true;
	}
	return false;
}
