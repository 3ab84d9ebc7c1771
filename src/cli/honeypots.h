/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* The running honeypots, as the master's status says. */
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct honeypots {
	uint32_t n, up;
	bool broken;		/* or escaped */
	char complaint[256];	/* about the first such one */
	uint32_t services, services_up;
	char service[256];	/* about the first service that is not up */
};

/*
 * honeypots_wait() - until all of @which, places by bit, are up, showing progress; 0, or a negative errno and why: -EPIPE
 * the honeynet has ended, -EIO a honeypot is broken, -ETIME one has not answered for five minutes
 */
enum { HONEYPOTS_WHY = 256 };
int honeypots_wait(int control, uint64_t which, char ret_why[HONEYPOTS_WHY]);
/* honeypots_ask() - over an open control socket; 0 or -errno */
int honeypots_ask(int control, struct honeypots *ret);
/* honeypot_index() - by name, without regard to case; 0 and *@ret, -ENOENT, or -errno */
int honeypot_index(int control, const char *name, uint16_t *ret);
void honeypots_table(const json_t *status);	/* printed; @status as control_status() gives it */
int honeypots_print(void);			/* of the running honeynet; 0, or 1: it does not answer */
