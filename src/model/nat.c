/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nat.h"

#include "party.h"

struct list {
	uint32_t *at, n;
};

static void add(struct list *l, uint32_t address)
{
	uint32_t i = 0;

	while (i < l->n && l->at[i] != address)
		i++;
	if (i == l->n && l->n < MAX_OUTSIDE)
		l->at[l->n++] = address;
}

bool nat_may_have(uint32_t address)
{
	return (address & UPLINK_MASK) == (UPLINK_ADDRESS & UPLINK_MASK) && address & ~UPLINK_MASK && ~(address | UPLINK_MASK) &&
	       address != UPLINK_FAR;
}

/* add_object() - the addresses at the uplink that it names */
static void add_object(const struct honeynet *n, const struct object_ref *ref, struct list *l)
{
	const struct addresses *a = object_addresses(n, ref);
	const struct group *g = ref->kind == OBJECT_GROUP ? &n->group[ref->index] : NULL;

	for (uint32_t i = 0; a && i < a->n; i++) {
		const struct address_range *r = &n->range[a->first + i];

		for (uint32_t at = UPLINK_ADDRESS & UPLINK_MASK; at < (UPLINK_ADDRESS | ~UPLINK_MASK); at++)
			if ((ADDR_4 | at) >= r->first && (ADDR_4 | at) <= r->last && nat_may_have(at))
				add(l, at);
	}
	for (uint32_t i = 0; g && i < g->n_members; i++)	/* of which none is a group */
		add_object(n, &g->member[i], l);
}

uint32_t nat_addresses(const struct honeynet *n, uint32_t ret[MAX_OUTSIDE])
{
	struct list l = { ret, 0 };

	if (n->n_nat)
		add(&l, UPLINK_ADDRESS);
	for (uint32_t i = 0; i < n->n_nat; i++) {
		const struct nat_rule *r = &n->nat[i];

		if (r->asks.disabled)
			continue;
		if (r->kind == NAT_SOURCE)
			add(&l, r->address);
		for (uint32_t k = 0; r->kind == NAT_DESTINATION && k < r->asks.n_destinations; k++)
			add_object(n, &r->asks.destination[k], &l);
	}
	for (uint32_t i = 0; i < n->n_before; i++)
		add(&l, n->before[i].address);
	return l.n;
}

bool nat_has_address(const struct honeynet *n, uint32_t address)
{
	uint32_t list[MAX_OUTSIDE], many = nat_addresses(n, list), i = 0;

	while (i < many && list[i] != address)
		i++;
	return i < many;
}

static bool is_from(const struct honeynet *n, const struct rule *a, uint32_t source)
{
	return party_has(n, a->source, a->n_sources, ADDR_4 | source, false) == !(a->not & NOT_SOURCE);
}

static bool is_to(const struct honeynet *n, const struct rule *a, uint32_t destination)
{
	addr_number v = ADDR_4 | destination;
	bool to = party_has(n, a->destination, a->n_destinations, v, false) ||
		  (destination == UPLINK_ADDRESS && party_has(n, a->destination, a->n_destinations, v, true));

	return to == !(a->not & NOT_DESTINATION);
}

bool nat_asks(const struct honeynet *n, const struct nat_rule *r, uint32_t source, uint32_t destination)
{
	return !r->asks.disabled && is_from(n, &r->asks, source) && is_to(n, &r->asks, destination);
}

/* leaves_by() - something that honeypot @i opens may be translated to @address: no rule before decides about all of it */
static bool leaves_by(const struct honeynet *n, uint32_t i, uint32_t address)
{
	for (uint32_t k = 0; k < n->n_nat; k++) {
		const struct nat_rule *r = &n->nat[k];
		const struct rule *a = &r->asks;

		if (a->disabled || r->kind == NAT_DESTINATION || !is_from(n, a, n->honeypot[i].address))
			continue;
		if (r->kind == NAT_SOURCE && r->address == address)
			return true;
		if (a->destination[0].kind == OBJECT_ANY && !a->n_services)
			return false;
	}
	return false;
}

/* is_led_to() - something for @address may be led to honeypot @i, which answers from there */
static bool is_led_to(const struct honeynet *n, uint32_t i, uint32_t address)
{
	const struct honeypot *h = &n->honeypot[i];

	for (uint32_t k = 0; k < n->n_nat; k++) {
		const struct nat_rule *r = &n->nat[k];

		if (r->kind == NAT_DESTINATION && (r->honeypot == i || (h->is_instance && h->instance_of == r->honeypot)) &&
		    !r->asks.disabled && is_to(n, &r->asks, address))
			return true;
	}
	return false;
}

uint64_t nat_pots(const struct honeynet *n, uint32_t address)
{
	uint64_t pots = 0;

	for (uint32_t i = 0; i < n->n_honeypots; i++)
		if (leaves_by(n, i, address) || is_led_to(n, i, address))
			pots |= UINT64_C(1) << i;
	for (uint32_t i = 0; i < n->n_before; i++)
		pots |= n->before[i].address == address ? n->before[i].pots : 0;
	return pots & honeypots_there(n);
}

void nat_keep(const struct honeynet *was, struct honeynet *n)
{
	uint32_t address[MAX_OUTSIDE], many = nat_addresses(was, address);

	n->n_before = many;
	for (uint32_t i = 0; i < many; i++)
		n->before[i] = (struct outside){ address[i], nat_pots(was, address[i]) };
}
