/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guests - the life of the honeypots: starts them, sees them answer, starts them again, and lends
 * their consoles.
 *
 * A honeypot counts as up when every service of its recipe has accepted a connection. The probes
 * come from the gateway's own address; what a guest records about them is known as ours by that.
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
#include "roles.h"
#include "run/role.h"
#include "run/sandbox.h"

enum {
	SCROLLBACK = 32 * 1024,		/* console bytes shown to who attaches */
	PROBE_EVERY_US = 300 * 1000,
	BOOT_LIMIT_US = 180 * 1000 * 1000,
	RESTART_MIN_US = 1000 * 1000, RESTART_MAX_US = 60 * 1000 * 1000,
	STEADY_US = 60 * 1000 * 1000,	/* up for that long: the next restart is quick again */
};

static const struct { const char *name; unsigned may_become; } life[] = {
	[HP_OFF] =     { "off",	    BIT(HP_BOOTING) },
	[HP_BOOTING] = { "booting", BIT(HP_UP) | BIT(HP_BROKEN) | BIT(HP_OFF) },
	[HP_UP] =      { "up",	    BIT(HP_OFF) },
	[HP_BROKEN] =  { "broken",  BIT(HP_OFF) | BIT(HP_UP) },
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
	enum honeypot_state state;
	uint64_t since_us, restart_us;
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

static const char *name_of(const struct guest *g)
{
	return g->all->role.plan->net.honeypot[g->index].name;
}

static void enter(struct guest *g, enum honeypot_state to, const char *why)
{
	_text_ struct text t = { 0 };

	if (!(life[g->state].may_become & BIT(to)))
		die("%s: %s after %s", name_of(g), life[to].name, life[g->state].name);
	g->state = to;
	g->since_us = mono_us();
	put_u16(&t, g->index);
	put_u8(&t, (uint8_t)to);
	text_add(&t, why);
	peer_say(&g->all->role.master, MSG_STATE, &t, -1);
}

static void ask_priv(struct guest *g, uint16_t type, int probe)
{
	_text_ struct text t = { 0 };

	put_u16(&t, g->index);
	if (probe >= 0)
		put_u8(&t, (uint8_t)probe);
	peer_say(&g->all->priv, type, &t, -1);
}

static void set_timer(struct guest *g, uint64_t in_us, sd_event_time_handler_t fn)
{
	g->timer = sd_event_source_disable_unref(g->timer);
	if (sd_event_add_time_relative(g->all->role.loop, &g->timer, CLOCK_MONOTONIC, in_us, 50000, fn, g) < 0)
		die("timer");
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
	ask_priv(g, MSG_PROBE, g->probe);
	set_timer(g, PROBE_EVERY_US * 4, probe_due);	/* if no answer comes at all */
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
	if (e)
		set_timer(g, PROBE_EVERY_US, probe_due);
	else
		probe_passed(g);
	return 0;
}

static int on_probe(struct guest *g, struct msg *m)
{
	if (g->state != HP_BOOTING && g->state != HP_BROKEN)
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

	if (m->body.bad)
		return -EBADMSG;
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

static int on_exited(struct guest *g, struct msg *m)
{
	uint32_t status = get_u32(&m->body);
	char why[64];

	if (m->body.bad)
		return -EBADMSG;
	end_probe(g);
	if (g->state == HP_UP && mono_us() - g->since_us > STEADY_US)
		g->restart_us = 0;
	if (WIFSIGNALED(status))
		snprintf(why, sizeof(why), "its kernel died by signal %d", WTERMSIG(status));
	else
		snprintf(why, sizeof(why), "its kernel ended with %d", WEXITSTATUS(status));
	enter(g, HP_OFF, why);
	g->restart_us = g->restart_us ? g->restart_us * 2 : RESTART_MIN_US;
	if (g->restart_us > RESTART_MAX_US)
		g->restart_us = RESTART_MAX_US;
	set_timer(g, g->restart_us, restart_due);
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
		case MSG_PROBE:	 r = on_probe(&gs->guest[i], m); break;
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

static int start_all(struct guests *gs)
{
	for (uint32_t i = 0; i < gs->role.plan->net.n_honeypots; i++)
		ask_priv(&gs->guest[i], MSG_SPAWN, -1);
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
	case MSG_CONSOLE: r = lend_console(gs, m); break;
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
