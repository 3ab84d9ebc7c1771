/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Source: connections through the gateway that ended, from conntrack.
 *
 * One that was refused ends at once, but the packet log may still hold what the rules said to its
 * first packet. So news wait a moment: a flow's record comes after its verdict, which explains it.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "capture/flow.h"
#include "intake.h"
#include "inboxes.h"

enum { WAIT_US = 120 * 1000 };		/* NFLOG gathers packets for 50 ms, and each is read every 4 ms */

static void *make(struct capture *c)
{
	struct intake *t = xcalloc(1, sizeof(*t));

	*t = (struct intake){ .all = c, .lane = LANE_FLOW, .form = inbox_forms[INBOX_FLOW], .fd = -1,
			      .dropped_why = "no room for the kernel's news of connections that ended" };
	return t;
}

static int take(void *source, enum source_kind kind, uint32_t index, int *fd)
{
	return intake_take(source, SOURCE_KIND_FLOW, INBOX_FLOW, kind, index, fd);
}

static void resume(void *source, uint32_t lane, uint64_t seq)
{
	intake_resume(source, lane, seq);
}

static void begin(void *source)
{
	(void)source;
}

static void ack(void *source, uint32_t lane, uint64_t seq)
{
	intake_ack(source, lane, seq);
}

static void on_flow(void *arg, struct event *e)
{
	struct intake *t = arg;
	const struct plan *plan = capture_plan(t->all);

	e->honeypot = honeypot_of(plan, &e->src);
	if (e->honeypot < 0)
		e->honeypot = honeypot_of(plan, &e->dest);
	intake_say(t, e);
}

static void newest(void *arg, struct event *e)
{
	uint64_t *at_us = arg;

	*at_us = e->at_us > *at_us ? e->at_us : *at_us;
}

static bool on_datagram(void *arg, struct intake *t, const struct datagram *d)
{
	struct addr gateway = addr4(capture_plan(t->all)->net.firewall_address);
	uint64_t now = now_us(), at_us = 0;

	(void)arg;
	flow_read(d->bytes, d->len, &gateway, now - WAIT_US, newest, &at_us);
	if (at_us <= now && now - at_us < WAIT_US)
		return false;
	flow_read(d->bytes, d->len, &gateway, now, on_flow, t);
	return true;
}

static bool turn(void *source)
{
	return intake_turn(source, on_datagram, NULL);
}

const struct source_ops source_flows = {
	"flows", BIT(SOURCE_KIND_FLOW) | BIT(SOURCE_KIND_INBOX), make, take, resume, begin, ack, turn,
};
