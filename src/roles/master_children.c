/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The master's children: started, connected to each other, started again when they die, ended in order. */
#include "master.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

enum {
	BACKOFF_MIN_US = 100 * 1000, BACKOFF_MAX_US = 10 * 1000 * 1000,
	WAITED_FOR_MAX_US = 500 * 1000,	/* without whom the gate is closed, and honeypots may stand still */
	STEADY_US = 30 * 1000 * 1000,	/* ran for that long: the next restart is at once again */
	STOP_LIMIT_US = 10 * 1000 * 1000,
};

static _Noreturn void become_role(const char *name, int chan, int plan)
{
	/* Above the numbers that are about to be taken. */
	int c = fcntl(chan, F_DUPFD, 64), p = fcntl(plan, F_DUPFD, 64);
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (c < 0 || p < 0 || dup2(c, ROLE_FD_MASTER) < 0 || dup2(p, ROLE_FD_PLAN) < 0 ||
	    close_range(ROLE_FD_PLAN + 1, ~0U, 0) < 0)
		_exit(1);
	execl("/proc/self/exe", "skep", "role", name, (char *)NULL);
	_exit(1);
}

static void connect_roles(struct master *m, enum role_id a, enum role_id b)
{
	const enum role_id ends[2] = { a, b };
	int pair[2];

	if (!m->child[a].pid || !m->child[b].pid)
		return;
	if (chan_pair(pair) < 0)
		die("channel: %s", strerror(errno));
	for (int i = 0; i < 2; i++) {
		_text_ struct text t = { 0 };

		put_u8(&t, (uint8_t)ends[1 - i]);
		peer_say(&m->child[ends[i]].peer, MSG_PEER, &t, pair[i]);
		close(pair[i]);
	}
}

static int child_exited(sd_event_source *src, const siginfo_t *si, void *userdata);

static void child_start(struct master *m, enum role_id role)
{
	struct child *c = &m->child[role];
	int pair[2], r;

	if (chan_pair(pair) < 0)
		die("channel: %s", strerror(errno));
	c->pid = fork();
	if (c->pid < 0)
		die("fork: %s", strerror(errno));
	if (c->pid == 0)
		become_role(role_table[role].name, pair[1], m->plan_fd);
	close(pair[1]);
	c->ready = c->placed = c->renews = false;
	c->started_us = mono_us();
	c->peer = (struct peer){ .name = role_table[role].name, .fd = -1, .kin = true, .handle = role_says, .owner = c };
	r = peer_open(&c->peer, m->loop, pair[0]);
	if (r >= 0)
		r = sd_event_add_child(m->loop, &c->exit, c->pid, WEXITED, child_exited, c);
	if (r < 0)
		die("%s: %s", role_table[role].name, strerror(-r));
}

static void start_wanted(struct master *m, enum role_id role)
{
	if (role_is_wanted(m->plan, role))
		child_start(m, role);
}

void children_start(struct master *m)
{
	for (enum role_id i = 0; i < ROLES; i++) {
		m->child[i] = (struct child){ .all = m, .role = i, .peer.fd = -1 };
		start_wanted(m, i);
	}
}

/* One that has died and waits for its turn comes back by itself, if it is wanted then. */
void child_renew(struct master *m, enum role_id role)
{
	struct child *c = &m->child[role];

	if (c->pid) {
		c->renews = true;
		peer_say(&c->peer, MSG_STOP, NULL, -1);
	} else if (sd_event_source_get_enabled(c->timer, NULL) <= 0)
		start_wanted(m, role);
}

/* A role is connected to the others when it is ready; the one it talks to may be ready already. */
void children_connect(struct master *m, enum role_id role)
{
	for (enum role_id other = 0; other < ROLES; other++)
		if (other != role && (role_table[role].talks_to & BIT(other)) && m->child[other].ready)
			connect_roles(m, role, other);
}

static int restart_due(sd_event_source *src, uint64_t usec, void *userdata)
{
	struct child *c = userdata;

	(void)src, (void)usec;
	if (!c->all->stopping && !c->pid)
		start_wanted(c->all, c->role);
	return 0;
}

static void restart(struct child *c)
{
	bool waited_for = c->role == ROLE_CAPTURE || c->role == ROLE_RECORDER || c->role == ROLE_BRAKE;
	uint64_t max = waited_for ? WAITED_FOR_MAX_US : BACKOFF_MAX_US;

	if (mono_us() - c->started_us > STEADY_US)
		c->backoff_us = 0;
	c->backoff_us = c->backoff_us ? c->backoff_us * 2 : BACKOFF_MIN_US;
	if (c->backoff_us > max)
		c->backoff_us = max;
	c->restarts++;
	c->timer = sd_event_source_unref(c->timer);
	if (sd_event_add_time_relative(c->all->loop, &c->timer, CLOCK_MONOTONIC, c->backoff_us, 1000, restart_due, c) < 0)
		die("timer");
}

static void finish_if_all_gone(struct master *m)
{
	for (enum role_id i = 0; i < ROLES; i++)
		if (m->child[i].pid)
			return;
	sd_event_exit(m->loop, m->result);
}

/* Stopping goes from the outside in: priv first (gate, honeypots), then who captures, records, passes on. */
static void stop_next(struct master *m)
{
	static const enum role_id order[] = {
		ROLE_PRIV, ROLE_GUESTS, ROLE_PACKETS, ROLE_GUARD, ROLE_BRAKE, ROLE_SINK, ROLE_CAPTURE, ROLE_RECORDER, ROLE_INDEX,
		ROLE_ALERT, ROLE_SERVICES,
	};

	for (size_t i = 0; i < nitems(order); i++) {
		struct child *c = &m->child[order[i]];

		if (!c->pid)
			continue;
		if (peer_up(&c->peer) && chan_send(c->peer.fd, MSG_STOP, NULL, -1) == 0)
			return;
		kill(c->pid, SIGKILL);
		return;
	}
	finish_if_all_gone(m);
}

static int child_exited(sd_event_source *src, const siginfo_t *si, void *userdata)
{
	struct child *c = userdata;
	struct master *m = c->all;
	char why[64];

	snprintf(why, sizeof(why), si->si_code == CLD_EXITED ? "exit code %d" : "signal %d", si->si_status);
	c->pid = 0;
	c->ready = false;
	c->exit = sd_event_source_unref(src);
	peer_close(&c->peer);
	if (c->role == ROLE_RECORDER)
		outbox_rewind(&m->events);
	if (m->stopping) {
		stop_next(m);
		return 0;
	}
	if (c->role == ROLE_RECORDER)
		reload_recorder_gone(m);
	if (c->renews) {
		master_tell_role(m, c->role, "ended", "the plan has changed");
		start_wanted(m, c->role);
		return 0;
	}
	master_tell_role(m, c->role, "died", why);
	if (role_table[c->role].if_it_dies == RESTART)
		restart(c);
	else
		children_stop(m, 1);
	return 0;
}

static int stop_limit(sd_event_source *src, uint64_t usec, void *userdata)
{
	struct master *m = userdata;

	(void)src, (void)usec;
	for (enum role_id i = 0; i < ROLES; i++)
		if (m->child[i].pid)
			kill(m->child[i].pid, SIGKILL);
	return 0;
}

void children_stop(struct master *m, int result)
{
	if (m->stopping)
		return;
	m->stopping = true;
	m->result = result;
	log_info("stopping");
	nightly_end(m);
	if (sd_event_add_time_relative(m->loop, &m->stop_timer, CLOCK_MONOTONIC, STOP_LIMIT_US, 1000, stop_limit, m) < 0)
		die("timer");
	stop_next(m);
}
