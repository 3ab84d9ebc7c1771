/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guard - the host guard: who starts a shell with root's rights on this machine (guard/guard.h).
 *
 * It loads its BPF program, or opens what the machine has instead, as root, and then becomes a user
 * without a name who keeps only what going on needs. What it tells outlives a recorder that dies:
 * it waits in the outbox until it is on disk.
 *
 * If this process dies, its programs leave the kernel with it, and the master starts it again: for a
 * moment nobody is stopped. A machine that nobody can log in to would be worse.
 */
#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "guard/cgroup.h"
#include "guard/guard.h"
#include "guard/terminal.h"
#include "lane.h"
#include "roles.h"
#include "run/outbox.h"
#include "run/role.h"
#include "run/sandbox.h"

enum { TICK_US = 1000 * 1000, EARLY_MAX = 64 };

struct guarding {
	struct role role;
	struct peer recorder;
	bool resumed;
	bool numbered;			/* the recorder said where the numbers stand; until then hits wait in early */
	struct guard_hit early[EARLY_MAX];
	uint32_t n_early, early_lost;
	struct guard *guard;
	enum guard_mode mode;
	uint64_t seq;
	struct outbox events;
	struct guard_extra extra[MAX_GUARD_ALLOW + 1];
	const char *allowed[MAX_GUARD_ALLOW + 1];
	struct guard_options options;
};

/* --- events ------------------------------------------------------------------------------------- */

static void flush(struct guarding *g)
{
	if (g->resumed && peer_up(&g->recorder))
		outbox_flush(&g->events, g->recorder.fd, MSG_EVENT);
}

static void add_ancestry(struct text *t, const struct guard_hit *h)
{
	for (uint32_t i = 1; i < h->r.n_ancestors; i++) {
		text_addf(t, "%s(%u) %s", h->r.ancestor[i].comm, h->r.ancestor[i].pid, h->exe[i]);
		text_addc(t, '\0');
	}
}

static int32_t honeypot_of(const struct guarding *g, uint32_t uid)
{
	uint32_t i = uid - SKEP_UID_GUEST;

	return i < g->role.plan->net.n_honeypots ? (int32_t)i : -1;
}

static bool is_escape(const struct guard_hit *h)
{
	return h->r.rule == GUARD_HONEYPOT || h->r.rule == GUARD_UID;
}

static void record(struct guarding *g, const struct guard_hit *h)
{
	_text_ struct text t = { 0 }, ancestry = { 0 };
	_free_ char *rule = h->repeats ? xasprintf("%s (%u more of the same)", guard_rule_words(h->r.rule), h->repeats) :
					 xstrdup(guard_rule_words(h->r.rule));
	uint64_t ago_us = clock_us(CLOCK_BOOTTIME) - h->r.at_ns / 1000;
	struct event e = { .kind = EV_GUARD, .at_us = now_us() - ago_us, .honeypot = honeypot_of(g, h->r.uid),
			   .state = span_of(guard_outcome_words(h->outcome)), .reason = span_of(rule),
			   .severity = (uint8_t)guard_rule_severity(h->r.rule), .path = span_of(h->r.path),
			   .file = span_of(h->exe[0]), .args = { h->r.args, h->r.n_args } };

	e.process = (struct event_process){ .pid = h->r.pid, .ppid = h->r.ancestor[1].pid, .uid = h->r.uid, .euid = h->r.euid };
	memcpy(e.process.comm, h->r.ancestor[0].comm, sizeof(e.process.comm));
	if (h->r.n_args == GUARD_ARGS)
		e.flags |= EVENT_TRUNCATED;
	if (h->outcome == OUTCOME_DENIED || h->outcome == OUTCOME_KILLED)
		e.flags |= EVENT_REFUSED;
	add_ancestry(&ancestry, h);
	e.ancestry = (struct span){ text_str(&ancestry), ancestry.len };
	e.origin = lane_origin(g->role.plan, lane_number(LANE_GUARD), &(int32_t){ 0 });
	e.origin.seq = ++g->seq;
	event_pack(&t, &e);
	outbox_give(&g->events, g->seq, &t);	/* full: the gap in the numbers says how many */
	flush(g);
}

/* A process that took the place of a dead one must not give that one's numbers again. */
static void on_hit(void *arg, const struct guard_hit *h)
{
	struct guarding *g = arg;

	if (g->mode == GUARD_OFF && !is_escape(h))
		return;
	if (g->numbered)
		record(g, h);
	else if (g->n_early < EARLY_MAX)
		g->early[g->n_early++] = *h;
	else
		g->early_lost++;
}

static void number_early(struct guarding *g)
{
	g->numbered = true;
	for (uint32_t i = 0; i < g->n_early; i++)
		record(g, &g->early[i]);
	g->seq += g->early_lost;	/* a gap, which the recorder counts */
}

static void say_level(struct guarding *g)
{
	_text_ struct text t = { 0 };
	uint64_t counts[COUNTS] = { 0 };

	guard_counts(g->guard, counts);
	put_u8(&t, (uint8_t)guard_level(g->guard));
	put_u8(&t, (uint8_t)g->mode);
	put_u64(&t, counts[COUNT_JUDGED]);
	put_u64(&t, counts[COUNT_VIOLATIONS]);
	put_u64(&t, counts[COUNT_LOST]);
	chan_send(g->role.master.fd, MSG_GUARD_LEVEL, &t, -1);	/* no room: the next second says it */
}

/* --- turns -------------------------------------------------------------------------------------- */

static int ready(sd_event_source *src, int fd, uint32_t events, void *userdata)
{
	struct guarding *g = userdata;

	(void)src, (void)fd, (void)events;
	guard_read(g->guard, clock_us(CLOCK_BOOTTIME) * 1000);
	return 0;
}

static int tick(sd_event_source *src, uint64_t usec, void *userdata)
{
	struct guarding *g = userdata;

	(void)usec;
	guard_tick(g->guard);
	flush(g);
	say_level(g);
	sd_event_source_set_time_relative(src, TICK_US);
	return sd_event_source_set_enabled(src, SD_EVENT_ONESHOT);
}

static int on_lane(struct guarding *g, struct msg *m)
{
	uint32_t lane;
	uint64_t seq;

	if (lane_get(&m->body, &lane, &seq) < 0 || lane_fixed(lane) != LANE_GUARD)
		return -EBADMSG;
	if (m->type == MSG_ACK)
		outbox_release(&g->events, seq);
	else if (!g->numbered)
		g->seq = seq;
	flush(g);
	return 0;
}

static int from_recorder(struct peer *peer, struct msg *m)
{
	struct guarding *g = peer->owner;

	close_fd(&m->fd);
	if (m->type == MSG_ACK || m->type == MSG_RESUME)
		return on_lane(g, m);
	if (m->type != MSG_START)
		return -EBADMSG;
	outbox_rewind(&g->events);
	g->resumed = true;
	if (!g->numbered)
		number_early(g);
	flush(g);
	return 0;
}

static void recorder_gone(struct peer *peer)
{
	struct guarding *g = peer->owner;

	g->resumed = false;
}

static int take_recorder(struct guarding *g, struct msg *m)
{
	g->resumed = false;
	return role_take_peer(&g->role, m, ROLE_RECORDER, &g->recorder);
}

static int take_mode(struct guarding *g, struct msg *m)
{
	uint8_t mode = get_u8(&m->body);

	if (m->body.bad || mode > GUARD_OFF)
		return -EBADMSG;
	g->mode = mode;
	guard_enforce(g->guard, mode == GUARD_ON);
	say_level(g);
	return 0;
}

static int from_master(struct peer *peer, struct msg *m)
{
	struct role *role = peer->owner;
	struct guarding *g = role->self;
	int r = -EBADMSG;

	switch (m->type) {
	case MSG_PEER:	     r = take_recorder(g, m); break;
	case MSG_GUARD_MODE: r = take_mode(g, m); break;
	case MSG_PLAN:	     r = role_take_plan(role, m); break;
	case MSG_STOP:	     r = sd_event_exit(role->loop, 0); break;
	}
	close_fd(&m->fd);
	return r;
}

/* --- start -------------------------------------------------------------------------------------- */

/* What the honeynet file allows: programs, and control groups. */
static void read_allowed(struct guarding *g)
{
	const struct guard_conf *c = &g->role.plan->net.guard;
	size_t files = 0, groups = 0, n;
	char cgroups[256];

	n = cgroup_mount(cgroups) == 0 ? strlen(cgroups) : 0;
	for (uint32_t i = 0; i < c->n_allow; i++) {
		if (n && !strncmp(c->allow[i], cgroups, n) && c->allow[i][n] == '/')
			g->allowed[groups++] = c->allow[i];
		else
			g->extra[files++] = (struct guard_extra){ c->allow[i], FILE_STEWARD | FILE_GATE | FILE_SETUID };
	}
}

static int start(struct guarding *g)
{
	const struct plan *p = g->role.plan;

	read_allowed(g);
	g->mode = p->net.guard.mode;
	g->options = (struct guard_options){
		.enforce = g->mode == GUARD_ON, .warn = p->net.guard.warn, .scope = p->net.guard.scope, .extra = g->extra,
		.allowed = g->allowed, .honeypot_uid = SKEP_UID_GUEST, .honeypot_uids = MAX_HONEYPOTS, .kernel = p->kernel,
	};
	return guard_open(&g->options, on_hit, g, &g->guard);
}

int guard_main(void)
{
	static struct guarding g;
	uint64_t caps = 1ULL << CAP_SYS_PTRACE |	/* what program another user's process runs */
			1ULL << CAP_DAC_READ_SEARCH |	/* the lists again, when a package was updated */
			1ULL << CAP_KILL;		/* a honeypot that broke out */
	int r;

	role_begin(&g.role, "guard", from_master, &g);
	g.recorder = (struct peer){ .name = "recorder", .fd = -1, .kin = true, .handle = from_recorder,
				    .gone = recorder_gone, .owner = &g };
	r = start(&g);
	if (r < 0)
		die("cannot start (scope: %s): %s", g.options.scope[0] ? g.options.scope : "the machine", strerror(-r));
	if (guard_level(g.guard) == LEVEL_FANOTIFY)
		caps |= 1ULL << CAP_SYS_ADMIN;		/* marks on new files */
	role_confine(&g.role, &(struct sandbox){ .uid = SKEP_UID + ROLE_GUARD, .caps = caps,
						 .gid = g.options.warn ? terminal_group() : 0,
						 .unshare = CLONE_NEWNET | CLONE_NEWIPC });
	if ((r = sd_event_add_io(g.role.loop, NULL, guard_fd(g.guard), EPOLLIN, ready, &g)) < 0 ||
	    (r = sd_event_add_time_relative(g.role.loop, NULL, CLOCK_MONOTONIC, TICK_US, 1000, tick, &g)) < 0)
		die("event loop: %s", strerror(-r));
	log_line(guard_level(g.guard) == LEVEL_NONE ? LOG_ERROR : LOG_INFO, "level %s: %s", guard_level_name(guard_level(g.guard)), guard_level_doc(guard_level(g.guard)));
	say_level(&g);
	peer_say(&g.role.master, MSG_READY, NULL, -1);
	return role_loop(&g.role);
}
