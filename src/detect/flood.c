/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the gateway refuses by rate, from its counters: a finding when one begins to grow, with how
 * much so far, and one when it has been still for a while, with how much it was in all. So every
 * refused packet is in the record, though only the first ones are logged.
 *
 * A finding has the name of the reason; probes is the counter's value, from which we go on when we
 * learn. Counters begin anew with each start of priv, and after an hour in which nothing was refused.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "detect.h"

enum { STILL_S = 60, NOBODY = MAX_HONEYPOTS };

static const struct row {
	enum reason reason;
	enum severity from_pot, from_outside;
} rows[] = {
	{ REASON_FLOOD_SYN, SEVERITY_PRIORITY, SEVERITY_WARNING },
	{ REASON_FLOOD_UDP, SEVERITY_PRIORITY, SEVERITY_WARNING },
	{ REASON_FLOOD_ICMP, SEVERITY_PRIORITY, SEVERITY_WARNING },
	{ REASON_FLOOD_OTHER, SEVERITY_PRIORITY, SEVERITY_WARNING },
	{ REASON_FLOOD_IN, SEVERITY_WARNING, SEVERITY_WARNING },
	{ REASON_BUDGET_PACKETS, SEVERITY_INFORMATION, SEVERITY_INFORMATION },	/* answers to a fast scan, too */
	{ REASON_BUDGET_BANDWIDTH, SEVERITY_INFORMATION, SEVERITY_INFORMATION },
	{ REASON_BUDGET_LATERAL, SEVERITY_INFORMATION, SEVERITY_INFORMATION },	/* the first one is notice.c's */
	{ REASON_RESOLVER, SEVERITY_WARNING, SEVERITY_WARNING },
	{ REASON_ISOLATION, SEVERITY_WARNING, SEVERITY_WARNING },
	{ REASON_SPOOF_MAC, SEVERITY_PRIORITY, SEVERITY_WARNING },
	{ REASON_SPOOF_IP, SEVERITY_PRIORITY, SEVERITY_WARNING },
	{ REASON_SPOOF_ARP, SEVERITY_PRIORITY, SEVERITY_WARNING },
	{ REASON_SPOOF_ND, SEVERITY_PRIORITY, SEVERITY_WARNING },
	{ REASON_SPOOF_SOURCE, SEVERITY_PRIORITY, SEVERITY_WARNING },
	{ REASON_SPOOF_TAG, SEVERITY_PRIORITY, SEVERITY_WARNING },
	{ REASON_INSTANCE, SEVERITY_INFORMATION, SEVERITY_INFORMATION },
	{ REASON_BLOCKED, SEVERITY_INFORMATION, SEVERITY_INFORMATION },
	{ REASON_BLACKLIST, SEVERITY_INFORMATION, SEVERITY_INFORMATION },
	{ REASON_INVALID, SEVERITY_INFORMATION, SEVERITY_INFORMATION },
	{ REASON_IPV6, SEVERITY_INFORMATION, SEVERITY_INFORMATION },
	{ REASON_NOT_IP, SEVERITY_INFORMATION, SEVERITY_INFORMATION },
};

/* One counter. */
struct counted {
	uint64_t total, before;		/* now; when it began to grow */
	uint64_t begun_us, moved_us;
	bool on;
};

struct flood {
	const struct honeynet *net;
	uint64_t now_us;
	struct counted counted[MAX_HONEYPOTS + 1][nitems(rows)];
};

static void *flood_new(const struct honeynet *n, const uint8_t seed[16])
{
	struct flood *s = xcalloc(1, sizeof(*s));

	(void)seed;
	s->net = n;
	return s;
}

static void say(const struct flood *s, uint32_t pot, uint32_t row, const char *state, struct findings *out)
{
	const struct counted *c = &s->counted[pot][row];
	uint64_t n = c->total - c->before;
	struct finding *f = findings_new(out);

	f->name = reason_name(rows[row].reason);
	f->state = state;
	f->severity = pot == NOBODY ? rows[row].from_outside : rows[row].from_pot;
	if (*state == 'e')	/* its end was to be expected */
		f->severity = SEVERITY_INFORMATION;
	f->honeypot = pot == NOBODY ? -1 : (int32_t)pot;
	f->at_us = c->moved_us;
	f->start_us = c->begun_us;
	f->count = n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
	f->probes = c->total;
	snprintf(f->message, sizeof(f->message), "%" PRIu64 " packets refused in %" PRIu64 " s%s: %s", n,
		 (c->moved_us - c->begun_us + 999999) / 1000000, *state == 'e' ? ", it has ended" : " so far",
		 reason_doc(rows[row].reason));
}

static void flood_count(void *self, const struct refused *r, struct findings *out)
{
	struct flood *s = self;
	uint32_t pot = r->honeypot < 0 ? NOBODY : (uint32_t)r->honeypot, row = 0;
	struct counted *c;

	while (row < nitems(rows) && rows[row].reason != r->reason)
		row++;
	if (row == nitems(rows) || pot > NOBODY)
		return;
	c = &s->counted[pot][row];
	if (r->packets < c->total) {	/* begun anew; nobody's is a sum, of which a part was over */
		c->total = pot == NOBODY ? r->packets : 0;
		c->before = c->before < c->total ? c->before : c->total;
	}
	if (r->packets == c->total)
		return;
	if (!c->on) {
		c->before = c->total;
		c->begun_us = s->now_us;
	}
	c->total = r->packets;
	c->moved_us = s->now_us;
	if (!c->on)
		say(s, pot, row, "begun", out);
	c->on = true;
}

static void flood_tick(void *self, uint64_t now_us, struct findings *out)
{
	struct flood *s = self;

	s->now_us = now_us;
	for (uint32_t pot = 0; pot <= NOBODY; pot++) {
		for (uint32_t row = 0; row < nitems(rows) && out->n < FINDINGS_MAX; row++) {
			struct counted *c = &s->counted[pot][row];

			if (!c->on || c->moved_us + STILL_S * 1000000ull > now_us)
				continue;
			say(s, pot, row, "ended", out);
			c->on = false;
		}
	}
}

static void learn(struct flood *s, const struct event *f)
{
	uint32_t pot = f->honeypot < 0 ? NOBODY : (uint32_t)f->honeypot;

	for (uint32_t row = 0; row < nitems(rows); row++) {
		struct counted *c = &s->counted[pot][row];

		if (!span_is(f->reason, reason_name(rows[row].reason)))
			continue;
		*c = (struct counted){ .total = f->packets[0], .before = f->packets[0] - f->code,
				       .begun_us = f->start_us, .moved_us = f->at_us,
				       .on = span_is(f->state, "begun") };
	}
}

static void flood_feed(void *self, const struct event *e, struct findings *out)
{
	struct flood *s = self;

	if (e->kind == EV_ROLE && span_is(e->reason, "priv") && span_is(e->state, "started"))
		for (uint32_t pot = 0; pot <= NOBODY; pot++)
			for (uint32_t row = 0; row < nitems(rows); row++)
				s->counted[pot][row] = (struct counted){ 0 };
	if (e->kind == EV_FINDING && !out)
		learn(s, e);
}

const struct detector_ops detector_flood = {
	.name = "flood", .new = flood_new, .feed = flood_feed, .count = flood_count, .tick = flood_tick, .free = free,
};
