/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* The budgets of new connections: which one a packet is charged to, and what it allows. */
#include <stdint.h>

#include "honeynet.h"
#include "reason.h"

/* budget_of() - REASON_BUDGET_TCP, _UDP, _ICMP or, for all other protocols, _OTHER */
enum reason budget_of(uint8_t proto);
/* budget_limit() - of one of these, in a period */
uint32_t budget_limit(const struct containment *c, enum reason budget);
