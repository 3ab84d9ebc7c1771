/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The running honeynet, tried: its rules read back from the kernel, and three small acts whose traces
 * must be in the journal a moment later.
 *
 *	told	an administrator's event that says what comes now, so that nobody takes it for an intruder
 *	opened	a TCP connection from the gateway's own address to a service of a honeypot: no session
 *	refused	a TCP connection from the lab to a port of the gateway that no rule should open
 */
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "policy/ruleset.h"

enum { LIVE_WAIT_MS = 3000, LIVE_CLOSED_PORT = 9 };

struct trace {
	bool done;		/* the act itself could be done */
	bool seen;		/* and is in the journal */
	uint32_t after_ms;
};

struct live {
	int control;
	json_t *status;
	int gateway, lab;		/* network namespaces; -1 not handed out */
	bool rules_read;
	struct ruleset rules;
	struct trace told, opened, refused;
	bool in_a_session;		/* what was opened counts as an intruder's */
	bool answered;			/* what should be refused got an answer */
	char target[128];		/* what was opened, "dns 10.10.10.53 port 22" */
	int64_t tracked, tracked_open;	/* connections the kernel tracks: before, and with ours; -1 unknown */
	uint32_t lines, bad_lines;	/* of the journal, meanwhile */
	uint64_t newest_us;		/* time of the newest one; 0 none */
};

void live_try(struct live *l);		/* dies if no honeynet runs */
void live_fini(struct live *l);
int live_role_pid(const struct live *l, const char *role);	/* 0: it does not run */
