/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* The budgets: which one a packet is charged to, what it allows, what was used of it. */
#include <stdint.h>

#include "honeynet.h"
#include "reason.h"

/* budget_of() - REASON_BUDGET_TCP, _UDP, _ICMP or, for all other protocols, _OTHER */
enum reason budget_of(uint8_t proto);
/* budget_limit() - of one of these, in a period */
uint32_t budget_limit(const struct containment *c, enum reason budget);

/* The budgets' names: in the honeynet file, the kernel's sets, the state folder. The last one is of bytes. */
enum { BUDGET_TCP, BUDGET_UDP, BUDGET_ICMP, BUDGET_OTHER, BUDGET_BYTES, BUDGETS };
extern const char *const budget_name[BUDGETS];
/* budget_amount() - that budget's limit by the honeynet file: connections, packets, or bytes */
uint64_t budget_amount(const struct containment *c, uint32_t budget);

/* What a honeypot has used of a budget in the period that goes on. */
struct budget_used {
	uint32_t address;	/* host order */
	uint64_t used;		/* connections, packets, or bytes */
	uint64_t limit;		/* likewise: that of this period, whatever the rules say by now */
	uint64_t left_ms;	/* of the period */
};
