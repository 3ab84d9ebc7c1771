/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What roles say to the master: who may say what, and whom it is passed on to. */
#include "master.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "lane.h"

static void tell_brake_budget(struct master *m, const struct budget_set *b)
{
	_text_ struct text t = { 0 };

	budget_set_put(b, &t);
	if (m->child[ROLE_BRAKE].placed)
		peer_say(&m->child[ROLE_BRAKE].peer, MSG_BUDGET, &t, -1);
}

/* A new keeper knows those of the plan, so only what was said since is news to him. */
static void tell_brake_budgets(struct master *m)
{
	const struct own_budgets *plan = m->plan->net.containment.own;

	for (uint16_t i = 0; i < m->plan->net.n_honeypots; i++)
		for (uint8_t k = 0; k < BUDGETS && memcmp(&m->own[i], &plan[i], sizeof(plan[i])); k++)
			tell_brake_budget(m, &(struct budget_set){ i, k, m->own[i].set >> k & 1, m->own[i].limit[k] });
}

/*
 * Who works in the gateway is given its namespace. It comes from priv once; from then on the master has it, so that a new
 * keeper of the brake needs nobody else.
 */
static void place_in_gateway(struct master *m)
{
	static const enum role_id in_gateway[] = { ROLE_SERVICES, ROLE_BRAKE, ROLE_SINK };

	for (size_t i = 0; i < nitems(in_gateway); i++) {
		struct child *c = &m->child[in_gateway[i]];

		if (!c->ready || c->placed || m->gateway < 0)
			continue;
		c->placed = true;
		peer_say(&c->peer, MSG_NAMESPACE, NULL, m->gateway);
		if (c->role == ROLE_BRAKE) {
			tell_brake_budgets(m);
			brake_expect(m);
		}
	}
}

static void ask_for_gateway(struct master *m, enum role_id ready)
{
	_text_ struct text t = { 0 };

	put_u8(&t, PLACE_GATEWAY);
	if (ready == ROLE_PRIV)
		peer_say(&m->child[ROLE_PRIV].peer, MSG_NAMESPACE, &t, -1);
	else
		place_in_gateway(m);
}

/* The services' files are sources too, for whoever captures. */
static void brief_services(struct master *m, enum role_id ready)
{
	struct child *s = &m->child[ROLE_SERVICES];

	if (s->ready && (ready == ROLE_SERVICES || ready == ROLE_CAPTURE))
		peer_say(&s->peer, MSG_SOURCES, NULL, -1);
}

static bool reads_sources(uint8_t role)
{
	return role == ROLE_CAPTURE || role == ROLE_PACKETS;
}

/* Honeypots start when somebody is there who starts them, all that they do is seen, and both layers of control stand. */
static void start_honeypots(struct master *m)
{
	if (m->started || !m->sources_given || !m->brake.heard_us || !m->child[ROLE_GUESTS].ready || !m->child[ROLE_PRIV].ready)
		return;
	m->started = true;
	peer_say(&m->child[ROLE_GUESTS].peer, MSG_START, NULL, -1);
}

static int sources_given(struct master *m, struct msg *msg)
{
	uint8_t role = get_u8(&msg->body);

	if (msg->body.bad || !reads_sources(role))
		return -EBADMSG;
	peer_say(&m->child[role].peer, MSG_START, NULL, -1);
	m->sources_given |= role == ROLE_CAPTURE;
	start_honeypots(m);
	return 0;
}

/* Sources are with priv; who reads them gets them when both are ready, and again when it is new. */
static void ask_for_sources(struct master *m, enum role_id ready)
{
	for (uint8_t role = 0; role < ROLES; role++) {
		_text_ struct text t = { 0 };

		if (!reads_sources(role) || !m->child[role].ready || !m->child[ROLE_PRIV].ready ||
		    (ready != ROLE_PRIV && ready != role))
			continue;
		put_u8(&t, role);
		peer_say(&m->child[ROLE_PRIV].peer, MSG_SOURCES, &t, -1);
	}
}

/* A guard that starts anew has the honeynet file's mode; an administrator may have said another. */
void role_brief_guard(struct master *m)
{
	_text_ struct text t = { 0 };

	put_u8(&t, m->guard.mode);
	peer_say(&m->child[ROLE_GUARD].peer, MSG_GUARD_MODE, &t, -1);
}

void role_brief_recorder(struct master *m)
{
	if (m->objectives.len)
		peer_say(&m->child[ROLE_RECORDER].peer, MSG_OBJECTIVES, &m->objectives, -1);
}

static int on_guard_level(struct master *m, struct msg *msg)
{
	uint8_t level = get_u8(&msg->body), mode = get_u8(&msg->body);
	uint64_t judged = get_u64(&msg->body), violations = get_u64(&msg->body), lost = get_u64(&msg->body);

	if (msg->body.bad || level >= LEVELS || mode > GUARD_OFF)
		return -EBADMSG;
	m->guard.level = level;
	m->guard.judged = judged;
	m->guard.violations = violations;
	m->guard.lost = lost;
	return 0;
}

static void role_ready(struct child *c)
{
	struct master *m = c->all;

	c->ready = true;
	master_tell_role(m, c->role, "started", "");
	children_connect(m, c->role);
	if (c->role == ROLE_RECORDER) {
		role_brief_recorder(m);
		master_flush(m);
	}
	ask_for_sources(m, c->role);
	ask_for_gateway(m, c->role);
	brief_services(m, c->role);
	if (c->role == ROLE_GUARD)
		role_brief_guard(m);
	start_honeypots(m);
}

static int forward_source(struct master *m, struct msg *msg)
{
	_text_ struct text t = { 0 };
	uint8_t kind = get_u8(&msg->body);
	uint32_t index = get_u32(&msg->body);

	if (msg->body.bad || msg->fd < 0)
		return -EBADMSG;
	put_u8(&t, kind);
	put_u32(&t, index);
	peer_say(&m->child[kind == SOURCE_KIND_PACKETS ? ROLE_PACKETS : ROLE_CAPTURE].peer, MSG_SOURCE, &t, msg->fd);
	return 0;
}

static int on_state(struct master *m, struct msg *msg)
{
	uint16_t i = get_u16(&msg->body);
	uint8_t state = get_u8(&msg->body);
	struct span why = get_span(&msg->body, cursor_left(&msg->body));

	if (msg->body.bad || i >= m->plan->net.n_honeypots || state >= HP_STATES || why.len >= sizeof(m->pot[i].why))
		return -EBADMSG;
	m->pot[i].state = state;
	m->pot[i].since_us = now_us();
	memcpy(m->pot[i].why, why.at, why.len);
	m->pot[i].why[why.len] = '\0';
	master_tell(m, &(struct event){ .kind = EV_HONEYPOT, .honeypot = i, .state = span_of(honeypot_state_name(state)),
					.reason = why });
	return 0;
}

/* An instance is somebody's, or free again. */
static int on_claim(struct master *m, struct msg *msg)
{
	uint16_t i = get_u16(&msg->body);
	uint32_t visitor = get_u32(&msg->body);
	char text[ADDR_TEXT];
	_free_ char *why = NULL;
	struct addr a;

	if (msg->body.bad || i >= m->plan->net.n_honeypots)
		return -EBADMSG;
	a = addr4(visitor ? visitor : m->pot[i].visitor);
	why = xasprintf(visitor ? "by %s" : "as new, after %s", addr_text(&a, text));
	m->pot[i].visitor = visitor;
	master_tell(m, &(struct event){ .kind = EV_HONEYPOT, .honeypot = i, .state = span_of(visitor ? "claimed" : "free"),
					.reason = span_of(why), .src = a });
	return 0;
}

static int on_pot(struct master *m, struct msg *msg)
{
	uint16_t i = get_u16(&msg->body);
	uint8_t deed = get_u8(&msg->body);
	uint32_t e = get_u32(&msg->body);

	if (msg->body.bad || i >= m->plan->net.n_honeypots || deed >= POT_DEEDS)
		return -EBADMSG;
	clients_tell_pot(m, i, deed, e);
	return 0;
}

static int on_service(struct master *m, struct msg *msg)
{
	uint8_t i = get_u8(&msg->body), state = get_u8(&msg->body);
	struct span why = get_span(&msg->body, cursor_left(&msg->body));
	_free_ char *text = NULL;

	if (msg->body.bad || i >= SERVICES || state >= SERVICE_STATES)
		return -EBADMSG;
	why.len = why.len < sizeof(m->service[i].why) ? why.len : sizeof(m->service[i].why) - 1;
	m->service[i].state = state;
	m->service[i].since_us = now_us();
	memcpy(m->service[i].why, why.at, why.len);
	m->service[i].why[why.len] = '\0';
	text = xasprintf("%s%s%s", service_name(i), why.len ? ": " : "", m->service[i].why);
	log_info("%s is %s", text, service_state_name(state));
	master_tell(m, &(struct event){ .kind = EV_ROLE, .honeypot = -1, .state = span_of(service_state_name(state)),
					.reason = span_of(text) });
	return 0;
}

/* The descriptor of a namespace came back. */
static int on_namespace(struct master *m, struct msg *msg)
{
	uint8_t place = get_u8(&msg->body);

	if (msg->body.bad || msg->fd < 0)
		return -EBADMSG;
	if (place == PLACE_GATEWAY && m->gateway < 0) {
		m->gateway = fcntl(msg->fd, F_DUPFD_CLOEXEC, 0);
		if (m->gateway < 0)
			die("the gateway: %s", strerror(errno));
		place_in_gateway(m);
	}
	clients_give_namespace(m, place, msg->fd);
	return 0;
}

/* priv has let an address in or kept it out, or has not. */
static int on_block(struct master *m, struct msg *msg)
{
	struct network who = { .address = get_number(&msg->body) };
	uint32_t e;

	who.prefix = get_u32(&msg->body);
	e = get_u32(&msg->body);
	if (msg->body.bad || !who.prefix)
		return -EBADMSG;
	clients_tell_block(m, &who, e);
	return 0;
}

static int on_hand(struct master *m, struct msg *msg)
{
	struct by_hand h = { .asked = true, .what = get_u8(&msg->body) };
	uint32_t e;

	h.network.address = get_number(&msg->body);
	h.network.prefix = get_u32(&msg->body);
	e = get_u32(&msg->body);
	if (msg->body.bad || h.what >= HANDS)
		return -EBADMSG;
	if (e == 0 && h.what <= HAND_UNLOCK)
		m->locked = h.what == HAND_LOCK;
	clients_tell_hand(m, &h, e);
	return 0;
}

static int on_budget(struct master *m, struct msg *msg)
{
	struct budget_set b;
	uint32_t e;

	budget_set_get(&msg->body, &b);
	e = get_u32(&msg->body);
	if (msg->body.bad || b.pot >= MAX_HONEYPOTS || b.budget >= BUDGETS)
		return -EBADMSG;
	if (!e) {
		budget_set_in(&b, &m->own[b.pot]);
		tell_brake_budget(m, &b);
	}
	clients_tell_budget(m, &b, e);
	return 0;
}

static int on_alert(struct master *m, struct msg *msg)
{
	clients_tell_alert(m, msg->type, get_span(&msg->body, cursor_left(&msg->body)));
	return 0;
}

static int on_visited(struct master *m, struct msg *msg)
{
	_text_ struct text t = { 0 };
	uint16_t i = get_u16(&msg->body);

	if (msg->body.bad || i >= m->plan->net.n_honeypots)
		return -EBADMSG;
	put_u16(&t, i);
	if (m->child[ROLE_GUESTS].ready)
		peer_say(&m->child[ROLE_GUESTS].peer, MSG_VISITED, &t, -1);
	return 0;
}

static int on_prevented(struct master *m, struct msg *msg)
{
	uint32_t dropped = get_u32(&msg->body), rewritten = get_u32(&msg->body);

	if (msg->body.bad)
		return -EBADMSG;
	m->prevented.dropped += dropped;
	m->prevented.rewritten += rewritten;
	return 0;
}

static int on_ack(struct master *m, struct msg *msg)
{
	uint32_t lane;
	uint64_t seq;

	if (lane_get(&msg->body, &lane, &seq) < 0 || lane != lane_number(LANE_SUPERVISOR))
		return -EBADMSG;
	outbox_release(&m->events, seq);
	master_flush(m);
	return 0;
}

static int on_brake(struct master *m, struct msg *msg)
{
	int r = brake_said(m, msg);

	start_honeypots(m);
	return r;
}

/* Who may say what: anything else from a role means that it was taken over. */
static const struct { enum role_id role; uint16_t type; int (*handle)(struct master *m, struct msg *msg); } sayings[] = {
	{ ROLE_PRIV,	 MSG_SOURCE,	   forward_source },
	{ ROLE_PRIV,	 MSG_START,	   sources_given },
	{ ROLE_PRIV,	 MSG_NAMESPACE,	   on_namespace },
	{ ROLE_PRIV,	 MSG_BLOCK,	   on_block },
	{ ROLE_PRIV,	 MSG_HAND,	   on_hand },
	{ ROLE_PRIV,	 MSG_BUDGET,	   on_budget },
	{ ROLE_PRIV,	 MSG_PREPARE,	   reload_prepared },
	{ ROLE_PRIV,	 MSG_COMMIT,	   reload_committed },
	{ ROLE_PRIV,	 MSG_MENDED,	   brake_mended },
	{ ROLE_SERVICES, MSG_SOURCE,	   forward_source },
	{ ROLE_SERVICES, MSG_SERVICE,	   on_service },
	{ ROLE_ALERT,	 MSG_ALERT_TEST,   on_alert },
	{ ROLE_ALERT,	 MSG_ALERT_STATUS, on_alert },
	{ ROLE_GUESTS,	 MSG_STATE,	   on_state },
	{ ROLE_GUESTS,	 MSG_POT,	   on_pot },
	{ ROLE_GUESTS,	 MSG_CLAIM,	   on_claim },
	{ ROLE_GUESTS,	 MSG_END,	   reload_ended },
	{ ROLE_GUARD,	 MSG_GUARD_LEVEL,  on_guard_level },
	{ ROLE_BRAKE,	 MSG_BRAKE,	   on_brake },
	{ ROLE_RECORDER, MSG_ACK,	   on_ack },
	{ ROLE_RECORDER, MSG_VISITED,	   on_visited },
	{ ROLE_RECORDER, MSG_PREVENTED,	   on_prevented },
	{ ROLE_RECORDER, MSG_PLAN,	   reload_told },
};

int role_says(struct peer *p, struct msg *msg)
{
	struct child *c = p->owner;
	int r = -EBADMSG;

	if (msg->type == MSG_READY && !c->ready) {
		role_ready(c);
		r = 0;
	}
	for (size_t i = 0; i < nitems(sayings); i++)
		if (sayings[i].role == c->role && sayings[i].type == msg->type)
			r = sayings[i].handle(c->all, msg);
	close_fd(&msg->fd);
	return r;
}
