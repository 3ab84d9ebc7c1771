/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "budget.h"

#include <netinet/in.h>

const char *const budget_name[BUDGETS] = { "tcp", "udp", "icmp", "other", "bytes" };

_Static_assert(REASON_BUDGET_BYTES - REASON_BUDGET_TCP == BUDGET_BYTES, "reasons and budgets in the same order");

enum reason budget_of(uint8_t proto)
{
	switch (proto) {
	case IPPROTO_TCP:  return REASON_BUDGET_TCP;
	case IPPROTO_UDP:  return REASON_BUDGET_UDP;
	case IPPROTO_ICMP: return REASON_BUDGET_ICMP;
	default:	   return REASON_BUDGET_OTHER;
	}
}

uint32_t budget_limit(const struct containment *c, enum reason budget)
{
	switch (budget) {
	case REASON_BUDGET_TCP:	 return c->tcp;
	case REASON_BUDGET_UDP:	 return c->udp;
	case REASON_BUDGET_ICMP: return c->icmp;
	default:		 return c->other;
	}
}

uint64_t budget_amount(const struct containment *c, uint32_t budget)
{
	return budget == BUDGET_BYTES ? (uint64_t)c->bytes_mb << 20 : budget_limit(c, REASON_BUDGET_TCP + budget);
}
