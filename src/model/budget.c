/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "budget.h"

#include <netinet/in.h>

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
