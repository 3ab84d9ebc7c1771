/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* A session: one intruder's visit to one honeypot, from an accepted connection to its end. */
#include <stdint.h>

#include "base/addr.h"
#include "event.h"
#include "honeynet.h"

struct session {
	uint64_t id;			/* from 1, never given twice */
	uint64_t epoch, conn;		/* with honeypot: the key by which guest events find it */
	int32_t honeypot_index;		/* into the honeynet that runs now; -1 none of these */
	char honeypot[NAME_SIZE];
	struct addr src, dest;
	uint16_t src_port, dest_port;
	char user[64];			/* account, "" until known; hostile text */
	uint64_t start_us, end_us;	/* end 0: still open */
	uint64_t last_us;		/* newest event */
	uint64_t commands;		/* programs run */
	uint64_t tty_bytes;		/* typed and shown */
};

/*
 * session_account() - the account this event of session @s shows, empty if it shows none: the
 * LOGNAME of a program run in an SSH session, sshd's own programs excepted (theirs is what the
 * listener was started with). Lent: as long as @e's bytes.
 */
struct span session_account(const struct session *s, const struct event *e);
