/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Another plan given to the running skep. They say what is wrong. */
#include "model/plan.h"

/* handover_turn() - a descriptor that keeps others from doing so while it is open; dies if somebody else has it */
int handover_turn(void);
/*
 * handover_give() - @next, of whose added honeypots all is built, in the place of the plan that runs; taken back if nobody
 * confirms it within @confirm_s, 0 never. An exit code
 */
int handover_give(const struct plan *next, uint32_t confirm_s, int control);
int handover_settle(bool back, int control);	/* the last one holds for good, or is taken back; an exit code */
