/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* The wired gateway with the paper's honeynet's rules, and its budgets, which are kept in a folder as priv keeps them. */
#include "wired.h"

#include "model/honeynet.h"
#include "net/firewall.h"
#include "policy/ruleset.h"
#include "roles/budgets.h"

extern struct plan plan;	/* its state folder is the test's to say, and whether it has IPv6: load() */
extern struct firewall *wall;
extern struct budgets budgets;

/* load() - the rules, new, with this containment (what it leaves open is out of the way), and what was kept; the gate is shut */
void load(struct containment c, bool six);
void up(struct containment c, bool six);	/* and it is open */
void down(void);
/* gone() - all that held them ends, in no order */
void gone(void);
/* change() - other rules in the place of those that are loaded, as with a reload */
void change(const struct honeynet *next);

struct budget_used used_of(const char *budget, uint32_t address);
uint32_t place_of(uint32_t address);
