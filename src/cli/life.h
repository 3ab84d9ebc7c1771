/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* The honeynet begun and ended by a verb that is about something else. What that says goes to standard error. */

char *life_program(void);	/* our own program, by its whole path; yours. Dies if it is not known */
/* These give exit codes. */
int life_up(const char *file, const char *store);	/* each may be NULL: as the verb up without it */
int life_down(void);
/* life_kill() - as a power cut would end it: the master is killed, and all die with him. Returns when they have. */
int life_kill(int control);
