/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Lanes: the numbered streams of events that reach the recorder. Who sends on a lane and the
 * recorder agree about them by the plan alone: first one for the ring at each place of a honeypot,
 * then the fixed ones below. A lane's number never changes; a place's next ring has another epoch.
 *
 * Numbers only grow. In a lane without gaps the next one is the last one plus one, so that what is
 * missing is known; in the others a number says where the source stood (a time, a place in a
 * file), and the sender himself says what he knows to be missing.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "base/cursor.h"
#include "model/event.h"
#include "model/plan.h"
#include "run/role.h"

enum lane_fixed {
	LANE_LOG_INET, LANE_LOG_BRIDGE,	/* the gateway's packet logs */
	LANE_FLOW,			/* connections that ended */
	LANE_SYSLOG, LANE_SYSLOG_TCP,	/* log server */
	LANE_NIDS, LANE_INLINE,		/* lines of EVE; a number is file << 40 | offset behind the line */
	LANE_PACKETS, LANE_GUARD,
	LANE_SUPERVISOR,
	LANE_SINK,
	LANES_FIXED
};
enum { LANE_LOGS = 2, MAX_LANES = MAX_HONEYPOTS + LANES_FIXED };

uint32_t lane_number(enum lane_fixed f);
/* lane_fixed() - which one it is; -ENOENT for a honeypot's ring */
int lane_fixed(uint32_t lane);
/* lane_sender() - the role that sends on it; ROLES for the supervisor */
enum role_id lane_sender(uint32_t lane);
bool lane_without_gaps(uint32_t lane);

/* lane_origin() - source and epoch of a lane, seq 0; *@ret_honeypot its place or -1 */
struct event_origin lane_origin(const struct plan *p, uint32_t lane, int32_t *ret_honeypot);
/* lane_find() - the lane an event belongs to, or -ENOENT */
int lane_find(const struct plan *p, const struct event *e);

/* MSG_ACK and MSG_RESUME: a lane and the last number that is on disk */
void lane_put(struct text *t, uint32_t lane, uint64_t seq);
int lane_get(struct cursor *c, uint32_t *ret_lane, uint64_t *ret_seq);
