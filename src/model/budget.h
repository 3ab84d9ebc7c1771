/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* The budgets: which one a packet is charged to, what it allows, what was used of it. */
#include <stdbool.h>
#include <stdint.h>

#include "base/cursor.h"
#include "honeynet.h"
#include "reason.h"

/* budget_of() - what leaves: REASON_BUDGET_TCP, _UDP, _ICMP or, for all other protocols, _OTHER */
enum reason budget_of(uint8_t proto);
/* budget_limit() - of one of these, or _LATERAL, in a period, for the honeypot at place @pot */
uint32_t budget_limit(const struct containment *c, uint32_t pot, enum reason budget);

/* The budgets' names: in the honeynet file, the kernel's sets, the state folder. */
extern const char *const budget_name[BUDGETS];
/* budget_find() - BUDGET_TCP, ...; BUDGETS: it has no such name */
uint32_t budget_find(const char *name);
/* budget_file() - its limit by the honeynet file, as own_budgets has it */
uint32_t budget_file(const struct containment *c, uint32_t budget);
/* budget_amount() - its limit for the honeypot at place @pot: connections, packets, or bytes */
uint64_t budget_amount(const struct containment *c, uint32_t pot, uint32_t budget);

/* A limit by hand. */
struct budget_set {
	uint16_t pot;			/* place of a honeypot */
	uint8_t budget;			/* BUDGET_TCP, ... */
	bool own;			/* false: the file's again */
	uint32_t limit;			/* as own_budgets has it */
};
bool own_budgets_sound(const struct own_budgets *o);
/* budget_set_sound() - it may be said, of a honeypot of @n */
bool budget_set_sound(const struct budget_set *b, const struct honeynet *n);
/* budget_set_in() - what @own becomes by it */
void budget_set_in(const struct budget_set *b, struct own_budgets *own);
/* Between processes; a cursor that is bad afterwards had none. */
void budget_set_put(const struct budget_set *b, struct text *t);
void budget_set_get(struct cursor *c, struct budget_set *ret);

/* What a honeypot has used of a budget in the period that goes on. */
struct budget_used {
	uint32_t address;	/* host order */
	uint64_t used;		/* connections, packets, or bytes */
	uint64_t limit;		/* likewise: that of this period, whatever the rules say by now */
	uint64_t left_ms;	/* of the period */
};
