/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * From findings to messages. The first finding begins a message, which is complete after group_s;
 * those of one name and source are one entry. Something critical waits for a second at most.
 *
 * When per_hour messages were made within an hour, the one that is being made waits, and grows, until
 * the hour is over. Critical ones have an hour's number of their own. Pure: told the time.
 */
#include "note.h"

struct gather_hour {
	uint64_t since_us;
	uint32_t made;
};

struct gather {
	uint32_t group_s, per_hour;
	uint8_t least;
	uint64_t since_us;		/* of the message being made; 0 none */
	struct gather_hour hour, critical;
	struct message message;
};

void gather_init(struct gather *g, const struct alert_conf *c);
/* gather_give() - false: less than is to be told */
bool gather_give(struct gather *g, const struct note *n, uint64_t now_us);
/* gather_due() - when the message is complete; UINT64_MAX there is none */
uint64_t gather_due(const struct gather *g);
/* gather_take() - at or after that time; the message is the caller's, the next one begins empty */
void gather_take(struct gather *g, uint64_t now_us, struct message *ret);
