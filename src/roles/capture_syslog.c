/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Source: the log server, UDP.
 *
 * A honeypot is known by its address, which the bridge binds to its tap; what a message says about
 * its host is only a claim. Each honeypot has its own limit, all other senders one together; the
 * gateway itself has none.
 */
#include <netinet/in.h>

#include "base/clock.h"
#include "base/mem.h"
#include "capture/limit.h"
#include "capture/syslog.h"
#include "inboxes.h"
#include "intake.h"
#include "net/listen.h"

enum { TELL_US = 1000 * 1000 };		/* how often one sender's excess is told */

struct sender {
	struct limit limit;
	struct toll excess;
	struct addr src;		/* of the newest one that was too much */
	uint64_t told_us;
};

struct syslog {
	struct intake in;
	struct sender sender[MAX_HONEYPOTS + 1];	/* the last one: all who are no honeypot */
};

static void *make(struct capture *c)
{
	struct syslog *s = xcalloc(1, sizeof(*s));

	s->in = (struct intake){ .all = c, .lane = LANE_SYSLOG, .form = inbox_forms[INBOX_SYSLOG], .fd = -1,
				 .dropped_why = "no room for datagrams at the log server" };
	return s;
}

static int take(void *source, enum source_kind kind, uint32_t index, int *fd)
{
	struct syslog *s = source;

	return intake_take(&s->in, SOURCE_KIND_SYSLOG_UDP, INBOX_SYSLOG, kind, index, fd);
}

static void resume(void *source, uint32_t lane, uint64_t seq)
{
	struct syslog *s = source;

	intake_resume(&s->in, lane, seq);
	for (size_t i = 0; s->in.resumed && i < nitems(s->sender); i++) {
		toll_settle(&s->sender[i].excess, s->in.acked);
		toll_again(&s->sender[i].excess);
	}
}

static void begin(void *source)
{
	(void)source;
}

static void ack(void *source, uint32_t lane, uint64_t seq)
{
	struct syslog *s = source;

	intake_ack(&s->in, lane, seq);
	for (size_t i = 0; i < nitems(s->sender); i++)
		toll_settle(&s->sender[i].excess, s->in.acked);
}

static bool on_datagram(void *arg, struct intake *t, const struct datagram *d)
{
	struct syslog *s = arg;
	const struct plan *plan = capture_plan(t->all);
	struct event e = {
		.at_us = d->at_ns ? d->at_ns / 1000 : now_us(), .honeypot = honeypot_of(plan, &d->src),
		.src = d->src, .src_port = d->src_port, .dest = addr4(plan->net.firewall_address),
		.dest_port = SYSLOG_PORT, .proto = IPPROTO_UDP, .flags = d->cut ? EVENT_TRUNCATED : 0,
	};
	struct sender *from = &s->sender[e.honeypot < 0 ? MAX_HONEYPOTS : e.honeypot];

	if (!addr_same(&e.src, &e.dest) && !limit_take(&from->limit, e.at_us)) {
		from->excess.missing++;
		from->src = d->src;
		return true;
	}
	syslog_read(d->bytes, d->len, &e);
	intake_say(t, &e);
	return true;
}

static void tell_excess(struct syslog *s, uint64_t now)
{
	for (uint32_t i = 0; i < nitems(s->sender); i++) {
		struct sender *from = &s->sender[i];

		if (!from->excess.missing || now - from->told_us < TELL_US)
			continue;
		from->told_us = now;
		intake_tell(&s->in, &from->excess, i < MAX_HONEYPOTS ? (int32_t)i : -1, &from->src,
			    "more messages than one source may send");
	}
}

static bool turn(void *source)
{
	struct syslog *s = source;
	bool busy = intake_turn(&s->in, on_datagram, s);

	tell_excess(s, mono_us());
	return intake_flush(&s->in) < 0 || busy;
}

const struct source_ops source_syslog = {
	"syslog", BIT(SOURCE_KIND_SYSLOG_UDP) | BIT(SOURCE_KIND_INBOX), make, take, resume, begin, ack, turn,
};
