/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * brake - keeps the second layer of data control (brake/brake.h) on the gateway's way out.
 *
 * It gets the gateway's namespace from priv and nothing else: neither the rules nor who watches over them. Its word, every
 * 0.3 s, is what lets anything pass. If this process dies or stands still, the net is closed within two seconds, whatever
 * the rules say; the next one takes over what was counted. If the rules are gone, it does not notice, and need not.
 *
 * It reads counters, no packet.
 */
#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "brake/brake.h"
#include "model/budget.h"
#include "model/nat.h"
#include "roles.h"
#include "run/role.h"
#include "run/sandbox.h"

enum { BEAT_US = 300 * 1000, LOOK_BEATS = 3 };
#define DEVICE "wan0"

struct braking {
	struct role role;
	struct brake *brake;		/* NULL: it has no gateway yet */
	struct honeynet net;		/* the plan's, with the budgets that were said by hand since */
	unsigned beats;
	enum brake_found found;
};

static uint64_t now_ns(void)
{
	return clock_us(CLOCK_MONOTONIC) * 1000;
}

/* Whose all is that was counted: each place's, and behind them the gateway's, and of an address that is several honeypots'. */
struct counts {
	uint64_t refused[MAX_HONEYPOTS + 1][BRAKE_WHYS];
};

static void add_refused(struct counts *c, uint32_t place, const struct brake_used *u)
{
	for (uint8_t w = 0; w < BRAKE_WHYS; w++)
		c->refused[place][w] += u->refused[w];
}

/* add_outside() - what was sent from addresses of NAT rules */
static void add_outside(const struct braking *b, struct counts *c)
{
	const struct honeynet *n = &b->role.plan->net;
	uint32_t address[MAX_OUTSIDE], many = nat_addresses(n, address);
	struct brake_used u;

	for (uint32_t i = 0; i < many; i++) {
		uint64_t pots = nat_pots(n, address[i]);
		bool one = pots && !(pots & (pots - 1));

		if (pots && brake_read(b->brake, address[i], &u) == 0)
			add_refused(c, one ? (uint32_t)__builtin_ctzll(pots) : MAX_HONEYPOTS, &u);
	}
}

/* Totals: the master, who outlives us, knows what was there before. */
static void put_refused(struct text *t, const struct counts *c)
{
	for (uint32_t i = 0; i <= MAX_HONEYPOTS; i++)
		for (uint8_t w = 0; w < BRAKE_WHYS; w++) {
			if (!c->refused[i][w])
				continue;
			put_u16(t, i < MAX_HONEYPOTS ? (uint16_t)i : UINT16_MAX);
			put_u8(t, w);
			put_u64(t, c->refused[i][w]);
		}
}

static void say(struct braking *b)
{
	const struct honeynet *n = &b->role.plan->net;
	uint64_t passed, refused;
	_text_ struct text t = { 0 };
	struct counts c = { 0 };
	struct brake_used u;

	brake_sum(b->brake, &passed, &refused);
	put_u8(&t, (uint8_t)brake_kind(b->brake));
	put_u8(&t, (uint8_t)b->found);
	put_u64(&t, passed);
	put_u64(&t, refused);
	if (brake_read(b->brake, BRAKE_GATEWAY, &u) == 0)
		add_refused(&c, MAX_HONEYPOTS, &u);
	for (uint32_t i = 0; i < n->n_honeypots; i++)
		if (honeypot_there(n, i) && brake_read(b->brake, n->honeypot[i].address, &u) == 0)
			add_refused(&c, i, &u);
	add_outside(b, &c);
	put_refused(&t, &c);
	chan_send(b->role.master.fd, MSG_BRAKE, &t, -1);	/* no room: the next second says it */
}

static void look(struct braking *b)
{
	int error = 0;
	enum brake_found found = brake_check(b->brake, &error);

	if (found == BRAKE_LOST && b->found != BRAKE_LOST)
		log_error("it is not on " DEVICE ", and cannot be put there: %s", strerror(-error));
	if (found == BRAKE_PUT_BACK)
		log_error("somebody took it off " DEVICE "; it is on again");
	b->found = found;
	say(b);
}

static int beat(sd_event_source *src, uint64_t usec, void *userdata)
{
	struct braking *b = userdata;
	int r = brake_beat(b->brake, now_ns());

	(void)usec;
	if (r < 0)
		log_error("the net closes: %s", strerror(-r));
	if (b->beats++ % LOOK_BEATS == 0)
		look(b);
	sd_event_source_set_time_relative(src, BEAT_US);
	return sd_event_source_set_enabled(src, SD_EVENT_ONESHOT);
}

/* What needs all rights is done here, before the first of them is given away. */
static int take_gateway(struct braking *b, struct msg *m)
{
	_free_ char *empty = xasprintf("%s/run/empty", b->role.plan->state);

	if (b->brake || m->fd < 0)
		return -EBADMSG;
	if (setns(m->fd, CLONE_NEWNET) < 0)
		die("the gateway: %s", strerror(errno));
	b->net = b->role.plan->net;
	b->brake = brake_open(DEVICE, &b->net, now_ns());
	role_confine(&b->role, &(struct sandbox){ .uid = SKEP_UID + ROLE_BRAKE, .root = empty, .unshare = CLONE_NEWNS | CLONE_NEWIPC,
						  .caps = 1ULL << CAP_NET_ADMIN });	/* to put it back */
	log_line(brake_kind(b->brake) == BRAKE_COUNTS ? LOG_INFO : LOG_WARN, "%s: %s", brake_kind_name(brake_kind(b->brake)),
		 brake_kind_doc(brake_kind(b->brake)));
	return sd_event_add_time_relative(b->role.loop, NULL, CLOCK_MONOTONIC, 0, 1000, beat, b);
}

static void renew_caps(struct braking *b)
{
	int r = b->brake ? brake_plan(b->brake, &b->net) : 0;

	if (r < 0)
		log_error("not every honeypot has its caps, and those without send nothing: %s", strerror(-r));
}

static int take_plan(struct braking *b, struct msg *m)
{
	int r = role_take_plan(&b->role, m);

	if (r == 0) {
		b->net = b->role.plan->net;
		renew_caps(b);
	}
	return r;
}

static int take_budget(struct braking *b, struct msg *m)
{
	struct budget_set s;

	budget_set_get(&m->body, &s);
	if (m->body.bad)
		return -EBADMSG;
	if (budget_set_sound(&s, &b->net)) {	/* else of a honeypot that a reload has just removed */
		budget_set_in(&s, &b->net.containment.own[s.pot]);
		renew_caps(b);
	}
	return 0;
}

static int from_master(struct peer *peer, struct msg *m)
{
	struct role *role = peer->owner;
	struct braking *b = role->self;
	int r = -EBADMSG;

	switch (m->type) {
	case MSG_NAMESPACE: r = take_gateway(b, m); break;
	case MSG_PLAN:	    r = take_plan(b, m); break;
	case MSG_BUDGET:    r = take_budget(b, m); break;
	case MSG_STOP:	    r = sd_event_exit(role->loop, 0); break;
	}
	close_fd(&m->fd);
	return r;
}

int brake_main(void)
{
	static struct braking b;

	role_begin(&b.role, "brake", from_master, &b);
	peer_say(&b.role.master, MSG_READY, NULL, -1);
	return role_loop(&b.role);
}
