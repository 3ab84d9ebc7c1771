/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * What was seen of connections by their five values: what the gateway decided, whose visit it is. So
 * much as fits, in sets of a few: a set's least recently used goes. Who chooses ports and addresses so
 * that they meet in one set costs that set its memory, and nobody any time.
 */
#include <stdint.h>

#include "model/event.h"

enum { FLOWS = 64 * 1024, FLOWS_WAYS = 8 };

struct seen_flow {
	struct addr src, dest;
	uint16_t src_port, dest_port;
	uint8_t proto;			/* 0: free */
	uint64_t used;			/* order of use */
	uint64_t at_us;			/* of what was seen last */
	char state[8], reason[32];	/* of the newest verdict; "" none */
	uint64_t session, session_us;	/* 0 none; since when it is this one's */
	struct event_process process;	/* of the honeypot that opened it; zero unknown */
};

struct flows {
	uint64_t uses;
	struct seen_flow at[FLOWS];
};

/* flows_find() - the one with @e's values in this direction; NULL. Lent until the next flows_take() */
struct seen_flow *flows_find(struct flows *f, const struct event *e);
/* flows_take() - the same, or a new one in its set */
struct seen_flow *flows_take(struct flows *f, const struct event *e);
