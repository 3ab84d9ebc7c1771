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
};

/* budgets_begin() - before anything may pass: gives back what was used; dies if it cannot */
void budgets_begin(struct budgets *b);
/* budgets_beat() - every few seconds */
void budgets_beat(struct budgets *b);
/* budgets_end() - when nothing passes any more */
void budgets_end(struct budgets *b);
