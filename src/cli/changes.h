/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What is different between the plan that runs and the next one, for who reads it before it is done. */
#include "model/replan.h"

struct changes {
	const struct plan *before, *next;
	struct plan_change what;
};

void changes_text(const struct changes *c, struct text *t);	/* a line each: - goes, + comes, ~ is another */
/* changes_json() - as members of an object: "added":[NAME...],"removed":[...],"changed":[...],"parts":[...],... */
void changes_json(const struct changes *c, struct text *t);
