/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "party.h"

bool address_inside(const struct honeynet *n, uint32_t address)
{
	return !((address ^ n->network) >> (32 - n->prefix));
}

bool addresses_have(const struct honeynet *n, const struct addresses *a, uint32_t address)
{
	for (uint32_t i = 0; i < a->n; i++)
		if (address >= n->range[a->first + i].first && address <= n->range[a->first + i].last)
			return true;
	return false;
}

/* A honeypot, or an instance of it: they are it, seen from outside. */
static bool is_honeypot(const struct honeynet *n, uint32_t which, uint32_t address)
{
	for (uint32_t i = 0; i < n->n_honeypots; i++)
		if (n->honeypot[i].address == address && honeypot_there(n, i) &&
		    (i == which || (n->honeypot[i].is_instance && n->honeypot[i].instance_of == which)))
			return true;
	return false;
}

static bool object_has(const struct honeynet *n, const struct object_ref *ref, uint32_t address, bool gateway)
{
	const struct addresses *a = object_addresses(n, ref);

	if (a)
		return addresses_have(n, a, gateway ? n->firewall_address : address);
	switch (ref->kind) {
	case OBJECT_ANY:      return true;
	case OBJECT_FIREWALL: return gateway;
	case OBJECT_HONEYPOT: return !gateway && is_honeypot(n, ref->index, address);
	default:	      return false;
	}
}

bool party_has(const struct honeynet *n, const struct object_ref *ref, uint32_t refs, uint32_t address, bool gateway)
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
