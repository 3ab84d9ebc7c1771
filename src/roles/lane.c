/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lane.h"

#include <errno.h>

uint32_t lane_log(const struct plan *p, uint32_t log)
{
	return p->net.n_honeypots + log;
}

uint32_t lane_supervisor(const struct plan *p)
{
	return p->net.n_honeypots + LANE_LOGS;
}

uint32_t lane_count(const struct plan *p)
{
	return lane_supervisor(p) + 1;
}

struct event_origin lane_origin(const struct plan *p, uint32_t lane, int32_t *ret_honeypot)
{
	*ret_honeypot = lane < p->net.n_honeypots ? (int32_t)lane : -1;
	if (lane < p->net.n_honeypots)
		return (struct event_origin){ .source = SOURCE_GUEST, .epoch = p->epoch };
	if (lane < lane_supervisor(p))	/* two logs of one source: told apart by their epochs */
		return (struct event_origin){ .source = SOURCE_GATEWAY,
					      .epoch = p->epoch + lane - p->net.n_honeypots };
	return (struct event_origin){ .source = SOURCE_SUPERVISOR, .epoch = p->epoch };
}

int lane_find(const struct plan *p, const struct event *e)
{
	for (uint32_t i = 0; i < lane_count(p); i++) {
		int32_t honeypot;
		struct event_origin o = lane_origin(p, i, &honeypot);

		if (o.source == e->origin.source && o.epoch == e->origin.epoch &&
		    (honeypot < 0 || honeypot == e->honeypot))
			return (int)i;
	}
	return -ENOENT;
}

void lane_put(struct text *t, uint32_t lane, uint64_t seq)
{
	put_u32(t, lane);
	put_u64(t, seq);
}

int lane_get(const struct plan *p, struct cursor *c, uint32_t *ret_lane, uint64_t *ret_seq)
{
	uint32_t lane = get_u32(c);
	uint64_t seq = get_u64(c);

	if (c->bad || lane >= lane_count(p))
		return -EBADMSG;
	*ret_lane = lane;
	*ret_seq = seq;
	return 0;
}
