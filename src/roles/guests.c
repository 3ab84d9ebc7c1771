/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guests - the life of the honeypots: starts them, sees them answer, starts them again, and lends
 * their consoles.
 *
 * A honeypot counts as up when every service of its recipe has accepted a connection. The probes
 * come from the gateway's own address; what a guest records about them is known as ours by that.
 *
 * Who has worked, and then has no file system any more or does not come up twice in a row, had his disk ruined by somebody:
 * he gets another one, and the ruined one is kept.
 */
#include <errno.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "model/event.h"
#include "model/life.h"
#include "roles.h"
#include "run/role.h"
#include "run/sandbox.h"
#include "skep/capture.h"

enum {
	SCROLLBACK = 32 * 1024,		/* console bytes shown to who attaches */
	PROBE_EVERY_US = 100 * 1000,
	PROBE_LIMIT_US = 1000 * 1000,	/* no answer for so long: asked again */
	BOOT_LIMIT_US = 180 * 1000 * 1000,
	RESTART_MIN_US = 1000 * 1000, RESTART_MAX_US = 30 * 1000 * 1000,	/* with its start, it answers within a minute */
	REVIEW_US = 1000 * 1000,	/* how often it is asked whether one is due to be put back */
	STARTS = 2,		/* so many without an answer, from a disk it has answered from: somebody ruined it */
	QUIET_US = 60 * 1000 * 1000,	/* so long after a program in a session nobody is in it */
	STEADY_US = 60 * 1000 * 1000,	/* up for that long: the next restart is quick again */
};

static const struct { const char *name; unsigned may_become; } life[] = {
	[HP_OFF] =     { "off",	    BIT(HP_BOOTING) | BIT(HP_ESCAPED) },
	[HP_BOOTING] = { "booting", BIT(HP_UP) | BIT(HP_BROKEN) | BIT(HP_OFF) | BIT(HP_FROZEN) | BIT(HP_ESCAPED) },
	[HP_UP] =      { "up",	    BIT(HP_OFF) | BIT(HP_FROZEN) | BIT(HP_ESCAPED) },
	[HP_BROKEN] =  { "broken",  BIT(HP_OFF) | BIT(HP_UP) | BIT(HP_ESCAPED) },
	[HP_FROZEN] =  { "frozen",  BIT(HP_OFF) | BIT(HP_BOOTING) | BIT(HP_UP) | BIT(HP_ESCAPED) },
	[HP_ESCAPED] = { "escaped", BIT(HP_OFF) },	/* until somebody resets it */
	[HP_REMOVED] = { HONEYPOT_REMOVED, BIT(HP_BOOTING) },	/* from any state; for good, unless the reload fails */
};
_Static_assert(nitems(life) == HP_STATES, "a state without a row");

const char *honeypot_state_name(enum honeypot_state s)
{
	return life[s].name;
}

struct guests;

struct guest {
	struct guests *all;
	uint16_t index;
	enum honeypot_state state, thaws_to;
	uint64_t since_us, restart_us;
	bool held;			/* it stands still by the administrator's will */
	bool ends;			/* it is being removed, or was */
	uint64_t born_us;		/* of whom this is told, 0 nobody yet: another one may get this place */
	const char *resets;		/* it gets a new disk, and why; NULL */
	uint64_t disk_us, visited_us;	/* since when it has its disk; when somebody was in it last, 0 never on this disk */
	bool offered;			/* an instance: priv has heard that it is up */
	uint32_t visitor;		/* whose instance it is, 0 nobody's */
	uint64_t came_us;		/* when he sent something last */
	bool worked;			/* it has answered from this disk */
	uint32_t starts;		/* since it answered last */
	uint8_t probe;			/* the service that is asked next; all before it answered */
	int probe_fd;
	sd_event_source *probe_io, *timer;
	int console;
	sd_event_source *console_io;
	int viewer;			/* who looks at the console; -1 nobody */
	sd_event_source *viewer_io;
	char back[SCROLLBACK];
	size_t back_len;
};

struct guests {
	struct role role;
	struct peer priv;
	bool started;
	struct guest guest[MAX_HONEYPOTS];
};

static const struct honeypot *conf_of(const struct guest *g)
{
	return &g->all->role.plan->net.honeypot[g->index];
}

static const char *name_of(const struct guest *g)
{
	return conf_of(g)->name;
}

/* An instance is there for newcomers only while it is up and stays so. */
static void offer(struct guest *g)
{
	bool up = conf_of(g)->is_instance && g->state == HP_UP && !g->resets;
	_text_ struct text t = { 0 };

	if (up == g->offered)
		return;
	g->offered = up;
	put_u16(&t, g->index);
	put_u8(&t, up);
	peer_say(&g->all->priv, MSG_OFFER, &t, -1);
}

static void enter(struct guest *g, enum honeypot_state to, const char *why)
{
	_text_ struct text t = { 0 };

	if (to != HP_REMOVED && !(life[g->state].may_become & BIT(to)))
		die("%s: %s after %s", name_of(g), life[to].name, life[g->state].name);
	g->state = to;
	g->since_us = mono_us();
	put_u16(&t, g->index);
	put_u8(&t, (uint8_t)to);
	text_add(&t, why);
	peer_say(&g->all->role.master, MSG_STATE, &t, -1);
	offer(g);
}

static void ask_priv(struct guest *g, uint16_t type, int probe)
{
	_text_ struct text t = { 0 };

	put_u16(&t, g->index);
	if (probe >= 0)
		put_u8(&t, (uint8_t)probe);
	peer_say(&g->all->priv, type, &t, -1);
}

/* put_back() - a new disk, and from the start; @why is lent for ever */
static void put_back(struct guest *g, const char *why)
{
	_text_ struct text t = { 0 };

	g->resets = why;
	offer(g);
	g->timer = sd_event_source_disable_unref(g->timer);
	put_u16(&t, g->index);
	text_add(&t, why);
	peer_say(&g->all->priv, MSG_RESET, &t, -1);
}

static void enter_reset(struct guest *g)
{
	_free_ char *why = xasprintf(LIFE_PUT_BACK "%s", g->resets ? g->resets : "");

	enter(g, HP_OFF, why);
}

static void set_timer(struct guest *g, uint64_t in_us, sd_event_time_handler_t fn)
{
	g->timer = sd_event_source_disable_unref(g->timer);
	if (sd_event_add_time_relative(g->all->role.loop, &g->timer, CLOCK_MONOTONIC, in_us, 50000, fn, g) < 0)
		die("timer");
}

/* alone_us() - how long nobody has been in it */
static uint64_t alone_us(const struct guest *g, uint64_t now)
{
	return g->visited_us ? now - g->visited_us : UINT64_MAX;
}

/* What has never worked would not work with a new disk either, which would cost an old one that is kept as evidence. */
static bool may_be_ruined(const struct guest *g)
{
	return g->worked && g->all->role.plan->net.reset.ruined && !g->resets && !g->ends;
}

/* --- probes ----------------------------------------------------------------------------------- */

static void end_probe(struct guest *g)
{
	g->probe_io = sd_event_source_disable_unref(g->probe_io);
	close_fd(&g->probe_fd);
	g->probe_fd = -1;
}

static int probe_due(sd_event_source *src, uint64_t usec, void *userdata)
{
	struct guest *g = userdata;

	(void)src, (void)usec;
	end_probe(g);
	if (g->state == HP_BOOTING && mono_us() - g->since_us > BOOT_LIMIT_US)
		enter(g, HP_BROKEN, "a service does not answer");
	if (g->state == HP_BROKEN && may_be_ruined(g) && alone_us(g, mono_us()) >= QUIET_US) {
		put_back(g, LIFE_RUINED "a service does not answer any more");
		return 0;
	}
	ask_priv(g, MSG_PROBE, g->probe);
	set_timer(g, PROBE_LIMIT_US, probe_due);	/* if no answer comes at all */
	return 0;
}

static void probe_passed(struct guest *g)
{
	uint32_t n = g->all->role.plan->n_probes[g->index];

	while (++g->probe < n && g->all->role.plan->probe[g->index][g->probe].proto != IPPROTO_TCP)
		;	/* only a TCP service says that it is there */
	if (g->probe < n) {
		ask_priv(g, MSG_PROBE, g->probe);
		return;
	}
	g->timer = sd_event_source_disable_unref(g->timer);
	g->worked = true;
	g->starts = 0;
	enter(g, HP_UP, "");
}

static int probe_ready(sd_event_source *src, int fd, uint32_t events, void *userdata)
{
	struct guest *g = userdata;
	int e = 0;
	socklen_t len = sizeof(e);

	(void)src, (void)events;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &e, &len) < 0)
		e = errno;
	end_probe(g);
	if (e || g->state == HP_FROZEN)
		set_timer(g, PROBE_EVERY_US, probe_due);
	else
		probe_passed(g);
	return 0;
}

static int on_probe(struct guest *g, struct msg *m)
{
	if ((g->state != HP_BOOTING && g->state != HP_BROKEN) || g->ends)
		return 0;
	end_probe(g);
	if (m->fd < 0)
		return 0;	/* the timer tries again */
	g->probe_fd = steal_fd(&m->fd);
	return sd_event_add_io(g->all->role.loop, &g->probe_io, g->probe_fd, EPOLLOUT, probe_ready, g);
}

/* --- life ------------------------------------------------------------------------------------- */

static int restart_due(sd_event_source *src, uint64_t usec, void *userdata)
{
	(void)src, (void)usec;
	ask_priv(userdata, MSG_SPAWN, -1);
	return 0;
}

static void drop_viewer(struct guest *g)
{
	g->viewer_io = sd_event_source_disable_unref(g->viewer_io);
	close_fd(&g->viewer);
	g->viewer = -1;
}

static int viewer_ready(sd_event_source *src, int fd, uint32_t events, void *userdata)
{
	struct guest *g = userdata;
	char buf[512];
	ssize_t n = read(fd, buf, sizeof(buf));

	(void)src, (void)events;
	if (n <= 0 || g->console < 0) {
		drop_viewer(g);
		return 0;
	}
	/* A console that takes no more loses what was typed, as a real one does. */
	if (write(g->console, buf, (size_t)n) < 0 && errno != EAGAIN)
		drop_viewer(g);
	return 0;
}

static void keep_back(struct guest *g, const char *s, size_t n)
{
	if (n > sizeof(g->back) - g->back_len) {
		size_t drop = g->back_len + n - sizeof(g->back);

		memmove(g->back, g->back + drop, g->back_len - drop);
		g->back_len -= drop;
	}
	memcpy(g->back + g->back_len, s, n);
	g->back_len += n;
}

static int console_ready(sd_event_source *src, int fd, uint32_t events, void *userdata)
{
	struct guest *g = userdata;
	char buf[4096];
	ssize_t n = read(fd, buf, sizeof(buf));

	(void)src, (void)events;
	if (n > 0) {
		keep_back(g, buf, (size_t)n);
		if (g->viewer >= 0 && write(g->viewer, buf, (size_t)n) < 0 && errno != EAGAIN)
			drop_viewer(g);
	} else if (n == 0 || errno != EAGAIN) {
		g->console_io = sd_event_source_disable_unref(g->console_io);
		close_fd(&g->console);
		g->console = -1;
	}
	return 0;
}

static int on_spawn(struct guest *g, struct msg *m)
{
	uint32_t e = get_u32(&m->body);
	uint64_t age = get_u64(&m->body), now = mono_us();
	uint8_t used = get_u8(&m->body);

	if (m->body.bad)
		return -EBADMSG;
	if (g->ends)		/* it was asked for before */
		return 0;
	if (!g->disk_us)
		g->worked = used;	/* in an earlier life of the honeynet */
	g->starts++;
	g->disk_us = now - age;		/* older than the machine runs: it wraps, and the difference is right again */
	if (e) {
		enter(g, HP_BOOTING, "");
		enter(g, HP_BROKEN, strerror((int)e));
		return 0;
	}
	g->console_io = sd_event_source_disable_unref(g->console_io);
	close_fd(&g->console);
	g->console = steal_fd(&m->fd);
	enter(g, HP_BOOTING, "");
	g->probe = UINT8_MAX;
	if (sd_event_add_io(g->all->role.loop, &g->console_io, g->console, EPOLLIN, console_ready, g) < 0)
		return -EBADMSG;
	set_timer(g, PROBE_EVERY_US, probe_due);
	probe_passed(g);	/* UINT8_MAX + 1: the first one is next */
	return 0;
}

/* Who ends again and again waits longer and longer. */
static uint64_t back_off(struct guest *g)
{
	g->restart_us = g->restart_us ? g->restart_us * 2 : RESTART_MIN_US;
	if (g->restart_us > RESTART_MAX_US)
		g->restart_us = RESTART_MAX_US;
	return g->restart_us;
}

static int escape_over(sd_event_source *src, uint64_t usec, void *userdata)
{
	(void)src, (void)usec;
	put_back(userdata, "it escaped");
	return 0;
}

/* Its kernel did what no kernel does: it is not started again, unless the honeynet file says so. */
static void lock_up(struct guest *g, const char *why)
{
	end_probe(g);
	g->timer = sd_event_source_disable_unref(g->timer);
	if (g->state == HP_ESCAPED)
		return;
	enter(g, HP_ESCAPED, why);
	if (g->all->role.plan->net.reset.escaped && !g->ends)
		set_timer(g, back_off(g), escape_over);
}

static int on_escaped(struct guest *g, struct msg *m)
{
	struct span s = get_span(&m->body, cursor_left(&m->body));
	_free_ char *why = xasprintf("%.*s", (int)s.len, s.at);

	lock_up(g, why);
	return 0;
}

static void say_end(uint32_t status, char *ret, size_t size)
{
	if (WIFSIGNALED(status))
		snprintf(ret, size, "its kernel died by signal %d", WTERMSIG(status));
	else if (WEXITSTATUS(status) == SKEP_EXIT_REBOOT)
		str_copy(ret, "it was rebooted from inside", size);
	else if (WEXITSTATUS(status) == SKEP_EXIT_PANIC)
		str_copy(ret, "its kernel panicked", size);
	else if (WEXITSTATUS(status) == 0)
		str_copy(ret, "it was powered off from inside", size);
	else
		snprintf(ret, size, "its kernel ended with %d", WEXITSTATUS(status));
}

static int on_exited(struct guest *g, struct msg *m)
{
	uint32_t status = get_u32(&m->body);
	char why[64];

	if (m->body.bad)
		return -EBADMSG;
	end_probe(g);
	g->held = false;
	if (g->state == HP_ESCAPED || g->ends)
		return 0;
	if (g->resets) {
		if (g->state != HP_OFF)
			enter_reset(g);
		return 0;
	}
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) {	/* no listener hears of these */
		lock_up(g, "its kernel made a call of another architecture, or one that only its start makes");
		return 0;
	}
	if (g->state == HP_UP && mono_us() - g->since_us > STEADY_US)
		g->restart_us = 0;
	if (g->starts >= STARTS && may_be_ruined(g)) {
		put_back(g, LIFE_RUINED "it ended twice before it answered");
		enter_reset(g);
		return 0;
	}
	say_end(status, why, sizeof(why));
	enter(g, HP_OFF, why);
	set_timer(g, back_off(g), restart_due);
	return 0;
}

static void on_ruined(struct guest *g)
{
	if ((g->state == HP_BOOTING || g->state == HP_UP || g->state == HP_BROKEN) && may_be_ruined(g)) {
		end_probe(g);
		put_back(g, LIFE_RUINED "the file system on it is gone");
	}
}

/* Not its fault: it is neither broken nor dead, and goes on by itself when its ring is read again. */
static int on_frozen(struct guest *g, struct msg *m)
{
	uint8_t frozen = get_u8(&m->body);

	if (m->body.bad)
		return -EBADMSG;
	if (g->held || g->ends)
		return 0;
	if (!frozen && g->state == HP_FROZEN) {
		enter(g, g->thaws_to, "");
	} else if (frozen && (life[g->state].may_become & BIT(HP_FROZEN))) {
		g->thaws_to = g->state;
		enter(g, HP_FROZEN, "its capture ring is full, and nobody reads it");
	}
	return 0;
}

static void answer(struct guest *g, enum pot_deed deed, uint32_t e)
{
	_text_ struct text t = { 0 };

	put_u16(&t, g->index);
	put_u8(&t, (uint8_t)deed);
	put_u32(&t, e);
	peer_say(&g->all->role.master, MSG_POT, &t, -1);
}

static int on_reset(struct guest *g, struct msg *m)
{
	uint32_t e = get_u32(&m->body);

	if (m->body.bad)
		return -EBADMSG;
	if (g->ends)
		return 0;
	g->visited_us = 0;
	g->came_us = mono_us();		/* an instance's visitor is known until it is offered again */
	g->worked = false;
	g->starts = 0;
	if (g->state == HP_ESCAPED)
		enter_reset(g);
	else
		g->restart_us = 0;
	g->resets = NULL;
	if (g->state == HP_OFF)
		ask_priv(g, MSG_SPAWN, -1);
	answer(g, POT_RESET, e);
	return 0;
}

static int on_held(struct guest *g, struct msg *m)
{
	static const enum pot_deed deeds[HOLDS] = {
		[HOLD_NOT] = POT_THAW, [HOLD_STILL] = POT_FREEZE, [HOLD_SYNCED] = POT_STILL,
	};
	uint8_t how = get_u8(&m->body);
	uint32_t e = get_u32(&m->body);
	bool still = how != HOLD_NOT;

	if (m->body.bad || how >= HOLDS)
		return -EBADMSG;
	if (g->ends)
		e = ENOENT;
	if (e == 0 && still && (life[g->state].may_become & BIT(HP_FROZEN))) {
		g->held = true;
		g->thaws_to = g->state;
		enter(g, HP_FROZEN, "by the administrator");
	} else if (e == 0 && !still && g->held) {
		g->held = false;
		if (g->state == HP_FROZEN)
			enter(g, g->thaws_to, "");
	}
	answer(g, deeds[how], e);
	return 0;
}

/* The next one is told of when his instance is free again, on its new disk. */
static int on_claim(struct guest *g, struct msg *m)
{
	uint32_t visitor = get_u32(&m->body);
	_text_ struct text t = { 0 };

	if (m->body.bad)
		return -EBADMSG;
	g->came_us = mono_us();
	if (visitor == g->visitor)
		return 0;
	g->visitor = visitor;
	put_u16(&t, g->index);
	put_u32(&t, visitor);
	peer_say(&g->all->role.master, MSG_CLAIM, &t, -1);
	return 0;
}

/* It has ended, to be removed. */
static int on_ended(struct guest *g)
{
	_text_ struct text t = { 0 };

	if (!g->ends)
		return -EBADMSG;
	enter(g, HP_REMOVED, "by a reload");
	put_u16(&t, g->index);
	peer_say(&g->all->role.master, MSG_END, &t, -1);
	return 0;
}

static int from_priv(struct peer *peer, struct msg *m)
{
	struct guests *gs = peer->owner;
	uint16_t i = get_u16(&m->body);
	int r = -EBADMSG;

	if (!m->body.bad && i < gs->role.plan->net.n_honeypots) {
		switch (m->type) {
		case MSG_SPAWN:	 r = on_spawn(&gs->guest[i], m); break;
		case MSG_EXITED: r = on_exited(&gs->guest[i], m); break;
		case MSG_RESET:	 r = on_reset(&gs->guest[i], m); break;
		case MSG_HOLD:	 r = on_held(&gs->guest[i], m); break;
		case MSG_ESCAPED: r = on_escaped(&gs->guest[i], m); break;
		case MSG_RUINED: on_ruined(&gs->guest[i]); r = 0; break;
		case MSG_FROZEN: r = on_frozen(&gs->guest[i], m); break;
		case MSG_PROBE:	 r = on_probe(&gs->guest[i], m); break;
		case MSG_CLAIM:	 r = on_claim(&gs->guest[i], m); break;
		case MSG_END:	 r = on_ended(&gs->guest[i]); break;
		}
	}
	close_fd(&m->fd);
	return r;
}

/* --- the master's word ------------------------------------------------------------------------ */

static int lend_console(struct guests *gs, struct msg *m)
{
	uint16_t i = get_u16(&m->body);
	struct guest *g = &gs->guest[i];

	if (m->body.bad || i >= gs->role.plan->net.n_honeypots || m->fd < 0)
		return -EBADMSG;
	drop_viewer(g);		/* the newest wins */
	g->viewer = steal_fd(&m->fd);
	if (sd_event_add_io(gs->role.loop, &g->viewer_io, g->viewer, EPOLLIN, viewer_ready, g) < 0 ||
	    (g->back_len && write(g->viewer, g->back, g->back_len) < 0))
		drop_viewer(g);
	return 0;
}

static void hold(struct guest *g, enum hold how)
{
	_text_ struct text t = { 0 };

	put_u16(&t, g->index);
	put_u8(&t, (uint8_t)how);
	peer_say(&g->all->priv, MSG_HOLD, &t, -1);
}

static int do_deed(struct guests *gs, struct msg *m)
{
	uint16_t i = get_u16(&m->body);
	uint8_t deed = get_u8(&m->body);
	struct guest *g;

	if (m->body.bad || i >= gs->role.plan->net.n_honeypots || deed >= POT_DEEDS)
		return -EBADMSG;
	g = &gs->guest[i];
	if (g->ends) {
		answer(g, deed, ENOENT);
		return 0;
	}
	switch (deed) {
	case POT_RESET:
		end_probe(g);
		put_back(g, "by the administrator");
		break;
	case POT_FREEZE:
	case POT_STILL:
		if (g->state == HP_BOOTING || g->state == HP_UP)
			hold(g, deed == POT_STILL ? HOLD_SYNCED : HOLD_STILL);
		else
			answer(g, deed, EINVAL);
		break;
	default:
		if (g->held)
			hold(g, HOLD_NOT);
		else
			answer(g, deed, EINVAL);
	}
	return 0;
}

/* --- when one is due to be put back ----------------------------------------------------------- */

/* is_left() - an instance whose visitor sends nothing any more; he may have left it in a state that is not up */
static bool is_left(const struct guest *g, uint64_t now)
{
	const struct honeynet *n = &g->all->role.plan->net;
	uint64_t idle_us = n->honeypot[conf_of(g)->instance_of].instances.idle_s * 1000000ull;

	return g->visitor && (g->state == HP_UP || g->state == HP_BROKEN) && now - g->came_us >= idle_us;
}

/* due() - why, or NULL. Who is in it may stay, but not for ever: a visit that never ends would keep a disk for ever. */
static const char *due(const struct guest *g, uint64_t now)
{
	const struct reset_conf *c = &g->all->role.plan->net.reset;
	uint64_t age = now - g->disk_us, alone = alone_us(g, now);

	if (g->resets || g->ends)
		return NULL;
	if (is_left(g, now))
		return "its visitor has gone";
	if (g->state != HP_UP)
		return NULL;
	if (c->after_visit_s && g->visited_us && alone >= c->after_visit_s * 1000000ull)
		return "its visitor has gone";
	if (c->age_s && age >= c->age_s * 1000000ull && (alone >= QUIET_US || age >= 2 * c->age_s * 1000000ull))
		return "its disk is old";
	return NULL;
}

static int review(sd_event_source *src, uint64_t usec, void *userdata)
{
	struct guests *gs = userdata;

	(void)usec;
	for (uint32_t i = 0; i < gs->role.plan->net.n_honeypots; i++) {
		const char *why = due(&gs->guest[i], mono_us());

		if (why)
			put_back(&gs->guest[i], why);
	}
	sd_event_source_set_time_relative(src, REVIEW_US);
	return sd_event_source_set_enabled(src, SD_EVENT_ONESHOT);
}

static int on_visited(struct guests *gs, struct msg *m)
{
	uint16_t i = get_u16(&m->body);

	if (m->body.bad || i >= gs->role.plan->net.n_honeypots)
		return -EBADMSG;
	gs->guest[i].visited_us = mono_us();
	return 0;
}

/* --- who is there ----------------------------------------------------------------------------- */

/* Whoever had this place before: nothing of it is left. */
static void begin_anew(struct guest *g, uint64_t born_us)
{
	struct guests *all = g->all;
	uint16_t index = g->index;

	drop_viewer(g);
	end_probe(g);
	g->console_io = sd_event_source_disable_unref(g->console_io);
	close_fd(&g->console);
	g->timer = sd_event_source_disable_unref(g->timer);
	*g = (struct guest){ .all = all, .index = index, .probe_fd = -1, .console = -1, .viewer = -1, .born_us = born_us };
}

/* All that are in the plan and do not run: at the start, and when it changes; also when a removal came to nothing. */
static void start_new(struct guests *gs)
{
	const struct plan *p = gs->role.plan;

	for (uint32_t i = 0; i < p->net.n_honeypots; i++) {
		struct guest *g = &gs->guest[i];

		if (!honeypot_there(&p->net, i) || (g->born_us == p->born_us[i] && !g->ends))
			continue;
		if (g->born_us != p->born_us[i])
			begin_anew(g, p->born_us[i]);
		g->ends = false;
		ask_priv(g, MSG_SPAWN, -1);
	}
}

static int start_all(struct guests *gs)
{
	gs->started = true;
	start_new(gs);
	return sd_event_add_time_relative(gs->role.loop, NULL, CLOCK_MONOTONIC, REVIEW_US, 0, review, gs);
}

static int take_plan(struct guests *gs, struct msg *m)
{
	int r = role_take_plan(&gs->role, m);

	if (r == 0 && gs->started)
		start_new(gs);
	return r;
}

/* To be removed: priv has it write its disk and end, and says when it has. */
static int end_guest(struct guests *gs, struct msg *m)
{
	uint16_t i = get_u16(&m->body);
	struct guest *g = &gs->guest[i];

	if (m->body.bad || !honeypot_there(&gs->role.plan->net, i) || g->ends)
		return -EBADMSG;
	g->ends = true;
	end_probe(g);
	g->timer = sd_event_source_disable_unref(g->timer);
	if (g->resets)
		answer(g, POT_RESET, ENOENT);
	g->resets = NULL;
	ask_priv(g, MSG_END, -1);
	return 0;
}

static int from_master(struct peer *peer, struct msg *m)
{
	struct role *role = peer->owner;
	struct guests *gs = role->self;
	int r = -EBADMSG;

	switch (m->type) {
	case MSG_PEER:	  r = role_take_peer(role, m, ROLE_PRIV, &gs->priv); break;
	case MSG_START:	  r = start_all(gs); break;
	case MSG_POT:	  r = do_deed(gs, m); break;
	case MSG_VISITED: r = on_visited(gs, m); break;
	case MSG_CONSOLE: r = lend_console(gs, m); break;
	case MSG_PLAN:	  r = take_plan(gs, m); break;
	case MSG_END:	  r = end_guest(gs, m); break;
	case MSG_STOP:	  r = sd_event_exit(role->loop, 0); break;
	}
	close_fd(&m->fd);
	return r;
}

int guests_main(void)
{
	static struct guests gs;
	_free_ char *empty = NULL;

	role_begin(&gs.role, "guests", from_master, &gs);
	gs.priv = (struct peer){ .name = "priv", .fd = -1, .kin = true, .handle = from_priv, .owner = &gs };
	for (uint16_t i = 0; i < MAX_HONEYPOTS; i++)
		gs.guest[i] = (struct guest){ .all = &gs, .index = i, .probe_fd = -1, .console = -1, .viewer = -1 };
	empty = xasprintf("%s/run/empty", gs.role.plan->state);
	role_confine(&gs.role, &(struct sandbox){ .uid = SKEP_UID + ROLE_GUESTS, .root = empty,
						  .unshare = CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC });
	peer_say(&gs.role.master, MSG_READY, NULL, -1);
	return role_loop(&gs.role);
}
