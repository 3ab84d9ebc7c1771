/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "budget.h"

#include <netinet/in.h>
#include <string.h>

const char *const budget_name[BUDGETS] = { "tcp", "udp", "icmp", "other", "bytes", "lateral" };

_Static_assert(REASON_BUDGET_LATERAL - REASON_BUDGET_TCP == BUDGET_LATERAL, "reasons and budgets in the same order");

enum reason budget_of(uint8_t proto)
{
	switch (proto) {
	case IPPROTO_TCP:  return REASON_BUDGET_TCP;
	case IPPROTO_UDP:  return REASON_BUDGET_UDP;
	case IPPROTO_ICMP: return REASON_BUDGET_ICMP;
	default:	   return REASON_BUDGET_OTHER;
	}
}

uint32_t budget_find(const char *name)
{
	uint32_t b = 0;

	while (b < BUDGETS && strcmp(budget_name[b], name))
		b++;
	return b;
}

uint32_t budget_file(const struct containment *c, uint32_t budget)
{
	const uint32_t limits[BUDGETS] = { c->tcp, c->udp, c->icmp, c->other, c->bytes_mb, c->lateral };

	return limits[budget];
}

static uint32_t limit_of(const struct containment *c, uint32_t pot, uint32_t budget)
{
	return c->own[pot].set >> budget & 1 ? c->own[pot].limit[budget] : budget_file(c, budget);
}

uint32_t budget_limit(const struct containment *c, uint32_t pot, enum reason budget)
{
	return limit_of(c, pot, budget - REASON_BUDGET_TCP);
}

uint64_t budget_amount(const struct containment *c, uint32_t pot, uint32_t budget)
{
	return (uint64_t)limit_of(c, pot, budget) << (budget == BUDGET_BYTES ? 20 : 0);
}

bool own_budgets_sound(const struct own_budgets *o)
{
	bool sound = !(o->set >> BUDGETS);

	for (uint32_t b = 0; sound && b < BUDGETS; b++)
		sound = !(o->set >> b & 1) ||
			(b == BUDGET_BYTES ? o->limit[b] && o->limit[b] <= MAX_BUDGET_MB : o->limit[b] <= MAX_BUDGET);
	return sound;
}

bool budget_set_sound(const struct budget_set *b, const struct honeynet *n)
{
	struct own_budgets own = { 0 };

	if (!honeypot_there(n, b->pot) || b->budget >= BUDGETS)
		return false;
	budget_set_in(b, &own);
	return own_budgets_sound(&own);
}

void budget_set_in(const struct budget_set *b, struct own_budgets *own)
{
	own->set = b->own ? own->set | 1u << b->budget : own->set & ~(1u << b->budget);
	own->limit[b->budget] = b->own ? b->limit : 0;
}

void budget_set_put(const struct budget_set *b, struct text *t)
{
	put_u16(t, b->pot);
	put_u8(t, b->budget);
	put_u8(t, b->own);
	put_u32(t, b->limit);
}

void budget_set_get(struct cursor *c, struct budget_set *ret)
{
	ret->pot = get_u16(c);
	ret->budget = get_u8(c);
	ret->own = get_u8(c);
	ret->limit = get_u32(c);
}
