/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The running honeynet, tried: its rules read back from the kernel, and four small acts whose traces
 * must be in the journal a moment later.
 *
 *	told	an administrator's event that says what comes now, so that nobody takes it for an intruder
 *	opened	a TCP connection from the gateway's own address to a service of a honeypot: no session
 *	refused	a TCP connection of LAB_NOBODY to a port of the gateway that no rule should open
 *	kept_out	a TCP connection of LAB_NOBODY to that service, while it is blocked
 */
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/event.h"
#include "policy/ruleset.h"

enum { LIVE_WAIT_MS = 4000, LIVE_CLOSED_PORT = 9 };

struct trace {
	bool done;		/* the act itself could be done */
	bool seen;		/* and is in the journal */
	uint32_t after_ms;
};

struct live {
	int control;
	json_t *status;
	json_t *alert;			/* as `skep alert status --json`; NULL: there is nobody to tell */
	int gateway, lab;		/* network namespaces; -1 not handed out */
	bool rules_read;
	struct ruleset rules;
	struct trace told, opened, refused, kept_out;
	bool in_a_session;		/* what was opened counts as an intruder's */
	bool answered;			/* what should be refused got an answer */
	bool let_in;			/* who was kept out is so no longer */
	struct event flow;		/* what was opened: addresses, ports */
	char target[128];		/* what was opened, "dns 10.10.10.53 port 22" */
	int64_t tracked, tracked_open;	/* connections the kernel tracks: before, and with ours; -1 unknown */
	uint32_t lines, bad_lines;	/* of the journal, meanwhile */
	uint32_t loose_lines;		/* those without a seal that comes after that of the line before */
	uint64_t newest_us;		/* time of the newest one; 0 none */
	uint64_t since_us;		/* when this began */
	char file[32];			/* the journal's file they are in */
};

void live_try(struct live *l);		/* dies if no honeynet runs */
void live_fini(struct live *l);
int live_role_pid(const struct live *l, const char *role);	/* 0: it does not run */
