/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What test_jail and the probe it starts say to each other, in the file that would be the capture ring. */
enum {	/* beside attempts: */
	PROBE_FORKS = 1000, PROBE_EATS, PROBE_COUNTS,	/* takes all it can get of processes, of memory, of time */
	PROBE_LISTS,					/* its root, which only Landlock forbids */
};

struct probe_note {
	unsigned attempt;		/* set by the test */
	char name[96];			/* by the probe, before it tries; "" there is no such attempt */
	int tried;			/* the call came back */
	int succeeded;
	int error;			/* its errno */
	unsigned long got;		/* processes, or MiB */
};
