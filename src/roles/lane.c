/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lane.h"

#include <errno.h>

enum { FOR_EVER = 1 };	/* the numbering outlives `skep up`: what was not read then is read now */

static const struct {
	uint8_t source;
	uint8_t sender;
	bool gaps;
	uint64_t epoch;		/* 0: a new one with each `skep up` */
	uint64_t shift;		/* lanes of one source are told apart by their epochs */
} fixed[LANES_FIXED] = {
	[LANE_LOG_INET] =   { .source = SOURCE_GATEWAY, .sender = ROLE_CAPTURE },
	[LANE_LOG_BRIDGE] = { .source = SOURCE_GATEWAY, .sender = ROLE_CAPTURE, .shift = 1 },
	[LANE_FLOW] =	    { .source = SOURCE_FLOW, .sender = ROLE_CAPTURE },
	[LANE_SYSLOG] =	    { .source = SOURCE_SYSLOG, .sender = ROLE_CAPTURE },
	[LANE_SYSLOG_TCP] = { .source = SOURCE_SYSLOG, .sender = ROLE_CAPTURE, .shift = 1 },
	[LANE_NIDS] =	    { .source = SOURCE_NIDS, .sender = ROLE_CAPTURE, .gaps = true, .epoch = FOR_EVER },
	[LANE_INLINE] =	    { .source = SOURCE_NIDS, .sender = ROLE_CAPTURE, .gaps = true, .epoch = FOR_EVER + 1 },
	[LANE_PACKETS] =    { .source = SOURCE_PACKETS, .sender = ROLE_PACKETS },
	[LANE_GUARD] =	    { .source = SOURCE_GUARD, .sender = ROLE_GUARD },
	[LANE_SUPERVISOR] = { .source = SOURCE_SUPERVISOR, .sender = ROLES },
	[LANE_SINK] =	    { .source = SOURCE_GATEWAY, .sender = ROLE_SINK, .shift = 2 },
};

uint32_t lane_number(enum lane_fixed f)
{
	return MAX_HONEYPOTS + (uint32_t)f;
}

int lane_fixed(uint32_t lane)
{
	return lane < MAX_HONEYPOTS ? -ENOENT : (int)(lane - MAX_HONEYPOTS);
}

enum role_id lane_sender(uint32_t lane)
{
	int f = lane_fixed(lane);

	return f < 0 ? ROLE_CAPTURE : fixed[f].sender;
}

bool lane_without_gaps(uint32_t lane)
{
	int f = lane_fixed(lane);

	return f < 0 || !fixed[f].gaps;
}

struct event_origin lane_origin(const struct plan *p, uint32_t lane, int32_t *ret_honeypot)
{
	int f = lane_fixed(lane);

	*ret_honeypot = f < 0 ? (int32_t)lane : -1;
	if (f < 0)
		return (struct event_origin){ .source = SOURCE_GUEST, .epoch = p->born_us[lane] };
	return (struct event_origin){ .source = fixed[f].source,
				      .epoch = fixed[f].epoch ? fixed[f].epoch : p->epoch + fixed[f].shift };
}

int lane_find(const struct plan *p, const struct event *e)
{
	if (e->origin.source == SOURCE_GUEST)
		return e->honeypot >= 0 && e->honeypot < (int32_t)p->net.n_honeypots &&
		       e->origin.epoch == p->born_us[e->honeypot] ? e->honeypot : -ENOENT;
	for (uint32_t i = MAX_HONEYPOTS; i < MAX_LANES; i++) {
		int32_t none;
		struct event_origin o = lane_origin(p, i, &none);

		if (o.source == e->origin.source && o.epoch == e->origin.epoch)
			return (int)i;
	}
	return -ENOENT;
}

void lane_put(struct text *t, uint32_t lane, uint64_t seq)
{
	put_u32(t, lane);
	put_u64(t, seq);
}

int lane_get(struct cursor *c, uint32_t *ret_lane, uint64_t *ret_seq)
{
	uint32_t lane = get_u32(c);
	uint64_t seq = get_u64(c);

	if (c->bad || lane >= MAX_LANES)
		return -EBADMSG;
	*ret_lane = lane;
	*ret_seq = seq;
	return 0;
}
