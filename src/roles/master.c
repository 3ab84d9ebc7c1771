/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * master - starts the other processes, connects them, and does what the table says when one dies.
 *
 * It parses nothing an intruder could have written: its own processes' messages, and fixed requests
 * from root over the control socket. Every child dies with it (PR_SET_PDEATHSIG), and with priv
 * every honeypot and the namespaces, so that not even SIGKILL leaves anything running.
 */
#include "master.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "database.h"

static bool wants_packets(const struct plan *p)
{
	return p->net.packets.enabled;
}

static bool wants_services(const struct plan *p)
{
	return service_wanted(p, SERVICE_NIDS) || service_wanted(p, SERVICE_DATABASE);
}

static bool wants_sink(const struct plan *p)
{
	return refuse_leads(p->net.containment.refuse);
}

/* The process table is the architecture: what is not in a role's row, it does not have. The user
 * and capabilities of each are in its own file, at the one call of role_confine(). */
const struct role_row role_table[ROLES] = {
	[ROLE_PRIV] =	  { "priv",	priv_main,     STOP_ALL, BIT(ROLE_GUESTS) | BIT(ROLE_RECORDER) },
	[ROLE_GUESTS] =	  { "guests",	guests_main,   STOP_ALL, BIT(ROLE_PRIV) },
	[ROLE_CAPTURE] =  { "capture",	capture_main,  RESTART,	 BIT(ROLE_RECORDER) },
	[ROLE_RECORDER] = { "recorder",	recorder_main, RESTART,	 BIT(ROLE_PRIV) | BIT(ROLE_CAPTURE) | BIT(ROLE_PACKETS) |
							 BIT(ROLE_GUARD) | BIT(ROLE_ALERT) | BIT(ROLE_SINK) },
	[ROLE_PACKETS] =  { "packets",	packets_main,  RESTART,	 BIT(ROLE_RECORDER), wants_packets },
	[ROLE_ALERT] =	  { "alert",	alert_main,    RESTART,	 BIT(ROLE_RECORDER), alert_wanted },
	[ROLE_INDEX] =	  { "index",	index_main,    RESTART,	 0, database_wanted },
	[ROLE_GUARD] =	  { "guard",	guard_main,    RESTART,	 BIT(ROLE_RECORDER) },
	[ROLE_SERVICES] = { "services",	services_main, RESTART,	 0, wants_services },
	[ROLE_BRAKE] =	  { "brake",	brake_main,    RESTART,	 0 },
	[ROLE_SINK] =	  { "sink",	sink_main,     RESTART,	 BIT(ROLE_RECORDER), wants_sink },
};

bool role_is_wanted(const struct plan *p, enum role_id role)
{
	return role_table[role].main && (!role_table[role].wanted || role_table[role].wanted(p));
}

/* --- events of the supervisor ------------------------------------------------------------------ */

void master_flush(struct master *m)
{
	struct peer *to = &m->child[ROLE_RECORDER].peer;

	if (peer_up(to) && m->child[ROLE_RECORDER].ready)
		outbox_flush(&m->events, to->fd, MSG_EVENT);
}

void master_tell(struct master *m, struct event *e)
{
	_text_ struct text t = { 0 };

	e->at_us = now_us();
	e->origin = (struct event_origin){ SOURCE_SUPERVISOR, m->plan->epoch, ++m->event_seq };
	event_pack(&t, e);
	/* If it is full, nothing was recorded for a long time; the gap in the numbers will say so. */
	outbox_give(&m->events, m->event_seq, &t);
	master_flush(m);
}

void master_tell_role(struct master *m, enum role_id role, const char *state, const char *why)
{
	_free_ char *text = xasprintf("%s%s%s", role_table[role].name, *why ? ": " : "", why);

	log_info("%s %s%s%s", role_table[role].name, state, *why ? ": " : "", why);
	master_tell(m, &(struct event){ .kind = EV_ROLE, .honeypot = -1, .state = span_of(state), .reason = span_of(text) });
}

/* --- start and end ---------------------------------------------------------------------------- */

static int on_signal(sd_event_source *src, const struct signalfd_siginfo *si, void *userdata)
{
	(void)src, (void)si;
	children_stop(userdata, 0);
	return 0;
}

static int catch_signals(struct master *m)
{
	static const int ends[] = { SIGTERM, SIGINT, SIGHUP };
	sigset_t set;
	int r = 0;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	for (size_t i = 0; i < nitems(ends); i++)
		sigaddset(&set, ends[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; r >= 0 && i < nitems(ends); i++)
		r = sd_event_add_signal(m->loop, NULL, ends[i], on_signal, m);
	return r;
}

int master_main(int plan_fd, int ready_fd)
{
	static struct master m;
	_free_ char *control = NULL;
	const struct plan *p;
	int r = plan_map(plan_fd, &p);

	log_name("master");
	prctl(PR_SET_NAME, "skep");
	if (r < 0)
		die("plan: %s", strerror(-r));
	control = xasprintf("%s/" CONTROL_SOCKET, p->state);
	m = (struct master){ .plan = p, .plan_fd = plan_fd, .control = -1, .gateway = -1, .since_us = now_us(), .reload.fd = -1,
			     .locked = p->net.containment.locked,
			     .guard.mode = (uint8_t)p->net.guard.mode };
	memcpy(m.own, p->net.containment.own, sizeof(m.own));
	if ((r = sd_event_default(&m.loop)) < 0 || (r = catch_signals(&m)) < 0 || (r = clients_open(&m)) < 0)
		die("cannot start: %s", strerror(-r));
	children_start(&m);
	nightly_plan(&m);
	if (write(ready_fd, "", 1) < 0)
		log_warn("who started us is gone");
	close(ready_fd);
	r = sd_event_loop(m.loop);
	unlink(control);
	log_info("stopped");
	return r < 0 ? 1 : r;
}

int role_run(const char *name)
{
	for (enum role_id i = 0; i < ROLES; i++)
		if (role_table[i].name && !strcmp(role_table[i].name, name))
			return role_table[i].main();
	return 2;
}
