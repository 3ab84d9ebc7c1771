/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* The plan that the running skep follows, and another one given to it. All of it says what is wrong. */
#include "model/plan.h"

/* running_plan() - mapped for ever; dies if there is none to be had */
const struct plan *running_plan(int control);
/* running_turn() - a descriptor that keeps others from giving another plan while it is open; dies if somebody else has it */
int running_turn(void);
/* running_give() - @next, of whose added honeypots all is built, in the place of the plan that runs; an exit code */
int running_give(const struct plan *next, int control);
