/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What honeypots have used of their budgets outlives the honeynet: priv's part of it. policy/kept.h says what is kept. */
#include "model/plan.h"
#include "policy/kept.h"

struct firewall;

struct budgets {
	const struct plan *plan;
	struct firewall *firewall;
	int gw;			/* namespace of the gateway */
	int fd;			/* of the file */
	struct kept kept;	/* what it says */
	struct own_budgets own[MAX_HONEYPOTS];	/* what was said by hand since the plan was made, too */
};

/* budgets_begin() - the rules are loaded: gives back what was used; dies if it cannot */
void budgets_begin(struct budgets *b);
/* budgets_open() - before anything may pass: from here on it is known that something may; dies if it cannot */
void budgets_open(struct budgets *b);
/* budgets_plan() - the plan is another one, and so are the rules */
void budgets_plan(struct budgets *b);
/* budgets_set() - the honeypot at place @pot may so much from now on: also in the period that goes on; 0 or -errno */
int budgets_set(struct budgets *b, uint32_t pot, const struct own_budgets *own);
/* budgets_beat() - every few seconds */
void budgets_beat(struct budgets *b);
/* budgets_end() - when nothing passes any more */
void budgets_end(struct budgets *b);
