/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Lanes: the numbered streams of events that reach the recorder. Who sends on a lane and the
 * recorder agree about them by the plan alone.
 *
 *	0 .. n-1	guest rings, by honeypot
 *	n, n+1		the gateway's packet logs (inet, bridge)
 *	n+2		the supervisor (master)
 */
#include <stdint.h>

#include "base/text.h"
#include "base/cursor.h"
#include "model/event.h"
#include "model/plan.h"

enum { LANE_LOGS = 2, MAX_LANES = MAX_HONEYPOTS + LANE_LOGS + 1 };

uint32_t lane_count(const struct plan *p);
uint32_t lane_log(const struct plan *p, uint32_t log);		/* of packet log @log */
uint32_t lane_supervisor(const struct plan *p);

/* lane_origin() - source and epoch of a lane, seq 0; *@ret_honeypot its index or -1 */
struct event_origin lane_origin(const struct plan *p, uint32_t lane, int32_t *ret_honeypot);
/* lane_find() - the lane an event belongs to, or -ENOENT */
int lane_find(const struct plan *p, const struct event *e);

/* MSG_ACK and MSG_RESUME: a lane and the last number that is on disk */
void lane_put(struct text *t, uint32_t lane, uint64_t seq);
int lane_get(const struct plan *p, struct cursor *c, uint32_t *ret_lane, uint64_t *ret_seq);
