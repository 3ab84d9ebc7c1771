/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Long work, shown while it goes on: programs that name their phases on standard error, a line each, and
 * their result as the last line of standard output. On a terminal one line is kept up to date; else
 * each phase is a line. Elapsed times are of the job.
 */
#include <stddef.h>
#include <stdint.h>

enum { JOB_RESULT = 4096 };

struct job {
	const char *label;
	const char *argv[8];
	char result[JOB_RESULT];	/* last line of its standard output */

	/* while it runs */
	int pid, out, err, status;
	uint64_t started_us, ended_us;
	char phase[64], said[JOB_RESULT];	/* the phase, and the last lines it said in error */
	size_t said_len;
};

/*
 * jobs_run() - all of them, @at_once at a time, in order; 0, or 1 after the first that failed (what
 * it said last is printed; those still running are ended). Jobs that take less than two seconds are
 * not shown. Who interrupts us (SIGINT, SIGTERM, SIGHUP) ends them first, with all that they have started.
 */
int jobs_run(struct job *jobs, size_t n, size_t at_once);

/* A wait of our own, shown the same way. */
void progress_show(const char *label, const char *phase, uint64_t since_us);
void progress_done(const char *label, const char *phase, uint64_t since_us);	/* leaves its line */
