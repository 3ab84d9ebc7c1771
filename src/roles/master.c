/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * master - starts the other processes, connects them, and does what the table says when one dies.
 *
 * It parses nothing an intruder could have written: its own processes' messages, and fixed requests
 * from root over the control socket. Every child dies with it (PR_SET_PDEATHSIG), and with priv
 * every honeypot and the namespaces, so that not even SIGKILL leaves anything running.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "lane.h"
#include "roles.h"
#include "run/outbox.h"
#include "run/role.h"
#include "service.h"

enum if_it_dies { STOP_ALL, RESTART };

static bool wants_services(const struct plan *p)
{
	return service_wanted(p, SERVICE_NIDS) || service_wanted(p, SERVICE_DATABASE);
}

/* The process table is the architecture: what is not in a role's row, it does not have. The user
 * and capabilities of each are in its own file, at the one call of role_confine(). */
static const struct {
	const char *name;
	int (*main)(void);
	enum if_it_dies if_it_dies;
	unsigned talks_to;		/* bits of roles it has a channel to */
	bool (*wanted)(const struct plan *p);	/* NULL always */
} table[ROLES] = {
	[ROLE_PRIV] =	  { "priv",	priv_main,     STOP_ALL, BIT(ROLE_GUESTS) | BIT(ROLE_RECORDER) },
	[ROLE_GUESTS] =	  { "guests",	guests_main,   STOP_ALL, BIT(ROLE_PRIV) },
	[ROLE_CAPTURE] =  { "capture",	capture_main,  RESTART,	 BIT(ROLE_RECORDER) },
	[ROLE_RECORDER] = { "recorder",	recorder_main, RESTART,	 BIT(ROLE_PRIV) | BIT(ROLE_CAPTURE) },
	[ROLE_SERVICES] = { "services",	services_main, RESTART,	 0, wants_services },
};

enum {
	BACKOFF_MIN_US = 100 * 1000, BACKOFF_MAX_US = 10 * 1000 * 1000,
	STEADY_US = 30 * 1000 * 1000,	/* ran for that long: the next restart is at once again */
	STOP_LIMIT_US = 10 * 1000 * 1000,
	MAX_CLIENTS = 32,
};

struct master;

struct child {
	struct master *all;
	enum role_id role;
	pid_t pid;			/* 0: not running */
	bool ready;
	bool placed;			/* services: has the gateway's namespace */
	struct peer peer;
	uint32_t restarts;
	uint64_t started_us, backoff_us;
	sd_event_source *exit, *timer;
};

struct client {
	struct master *all;
	struct peer peer;
	bool waits_for_down;
	int wants;			/* enum net_place asked for, -1 none */
};

struct master {
	sd_event *loop;
	const struct plan *plan;
	int plan_fd, control, ready_fd;
	struct child child[ROLES];
	struct client client[MAX_CLIENTS];
	struct { enum honeypot_state state; uint64_t since_us; char why[128]; } pot[MAX_HONEYPOTS];
	struct { enum service_state state; uint64_t since_us; char why[128]; } service[SERVICES];
	struct outbox events;
	uint64_t event_seq, since_us;
	sd_event_source *stop_timer;
	bool sources_given, started, stopping;
	int result;
};

/* --- events of the supervisor ------------------------------------------------------------------ */

static void flush_events(struct master *m)
{
	struct peer *to = &m->child[ROLE_RECORDER].peer;

	if (peer_up(to) && m->child[ROLE_RECORDER].ready)
		outbox_flush(&m->events, to->fd, MSG_EVENT);
}

static void tell(struct master *m, struct event *e)
{
	_text_ struct text t = { 0 };

	e->at_us = now_us();
	e->origin = (struct event_origin){ SOURCE_SUPERVISOR, m->plan->epoch, ++m->event_seq };
	event_pack(&t, e);
	/* If it is full, nothing was recorded for a long time; the gap in the numbers will say so. */
	outbox_give(&m->events, m->event_seq, &t);
	flush_events(m);
}

static void tell_role(struct master *m, enum role_id role, const char *state, const char *why)
{
	_free_ char *text = xasprintf("%s%s%s", table[role].name, *why ? ": " : "", why);

	log_info("%s %s%s%s", table[role].name, state, *why ? ": " : "", why);
	tell(m, &(struct event){ .kind = EV_ROLE, .honeypot = -1, .state = span_of(state), .reason = span_of(text) });
}

/* --- children --------------------------------------------------------------------------------- */

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

static int from_role(struct peer *p, struct msg *msg);
static int child_exited(sd_event_source *src, const siginfo_t *si, void *userdata);

static bool is_wanted(const struct master *m, enum role_id role)
{
	return table[role].main && (!table[role].wanted || table[role].wanted(m->plan));
}

static void start_role(struct master *m, enum role_id role)
{
	struct child *c = &m->child[role];
	int pair[2], r;

	if (chan_pair(pair) < 0)
		die("channel: %s", strerror(errno));
	c->pid = fork();
	if (c->pid < 0)
		die("fork: %s", strerror(errno));
	if (c->pid == 0)
		become_role(table[role].name, pair[1], m->plan_fd);
	close(pair[1]);
	c->ready = c->placed = false;
	c->started_us = mono_us();
	c->peer = (struct peer){ .name = table[role].name, .fd = -1, .kin = true, .handle = from_role, .owner = c };
	r = peer_open(&c->peer, m->loop, pair[0]);
	if (r >= 0)
		r = sd_event_add_child(m->loop, &c->exit, c->pid, WEXITED, child_exited, c);
	if (r < 0)
		die("%s: %s", table[role].name, strerror(-r));
}

/* A role is connected to the others when it is ready; the one it talks to may be ready already. */
static void connect_ready(struct master *m, enum role_id role)
{
	for (enum role_id other = 0; other < ROLES; other++)
		if (other != role && (table[role].talks_to & BIT(other)) && m->child[other].ready)
			connect_roles(m, role, other);
}

static void begin_stop(struct master *m, int result);

static int restart_due(sd_event_source *src, uint64_t usec, void *userdata)
{
	struct child *c = userdata;

	(void)src, (void)usec;
	if (!c->all->stopping)
		start_role(c->all, c->role);
	return 0;
}

static void restart(struct child *c)
{
	if (mono_us() - c->started_us > STEADY_US)
		c->backoff_us = 0;
	c->backoff_us = c->backoff_us ? c->backoff_us * 2 : BACKOFF_MIN_US;
	if (c->backoff_us > BACKOFF_MAX_US)
		c->backoff_us = BACKOFF_MAX_US;
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
		ROLE_PRIV, ROLE_GUESTS, ROLE_PACKETS, ROLE_GUARD, ROLE_CAPTURE, ROLE_RECORDER, ROLE_INDEX,
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
	tell_role(m, c->role, "died", why);
	if (table[c->role].if_it_dies == RESTART)
		restart(c);
	else
		begin_stop(m, 1);
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

static void begin_stop(struct master *m, int result)
{
	if (m->stopping)
		return;
	m->stopping = true;
	m->result = result;
	log_info("stopping");
	if (sd_event_add_time_relative(m->loop, &m->stop_timer, CLOCK_MONOTONIC, STOP_LIMIT_US, 1000, stop_limit, m) < 0)
		die("timer");
	stop_next(m);
}

/* --- what roles say --------------------------------------------------------------------------- */

/* Services run in the gateway; their files are sources too, for whoever captures. */
static void brief_services(struct master *m, enum role_id ready)
{
	struct child *s = &m->child[ROLE_SERVICES];
	_text_ struct text t = { 0 };

	if (!s->ready)
		return;
	if ((ready == ROLE_SERVICES || ready == ROLE_PRIV) && m->child[ROLE_PRIV].ready) {
		put_u8(&t, PLACE_GATEWAY);
		peer_say(&m->child[ROLE_PRIV].peer, MSG_NAMESPACE, &t, -1);
	}
	if (ready == ROLE_SERVICES || ready == ROLE_CAPTURE)
		peer_say(&s->peer, MSG_SOURCES, NULL, -1);
}

static bool reads_sources(uint8_t role)
{
	return role == ROLE_CAPTURE || role == ROLE_PACKETS;
}

/* Honeypots start when somebody is there who starts them, and all that they do is seen. */
static void start_honeypots(struct master *m)
{
	if (m->started || !m->sources_given || !m->child[ROLE_GUESTS].ready || !m->child[ROLE_PRIV].ready)
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

static void role_ready(struct child *c)
{
	struct master *m = c->all;

	c->ready = true;
	tell_role(m, c->role, "started", "");
	connect_ready(m, c->role);
	if (c->role == ROLE_RECORDER)
		flush_events(m);
	ask_for_sources(m, c->role);
	brief_services(m, c->role);
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
	tell(m, &(struct event){ .kind = EV_HONEYPOT, .honeypot = i, .state = span_of(honeypot_state_name(state)),
				 .reason = why });
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
	tell(m, &(struct event){ .kind = EV_ROLE, .honeypot = -1, .state = span_of(service_state_name(state)),
				 .reason = span_of(text) });
	return 0;
}

/* The descriptor of a namespace came back: for every client who waits for it. */
static int on_namespace(struct master *m, struct msg *msg)
{
	uint8_t place = get_u8(&msg->body);

	if (msg->body.bad || msg->fd < 0)
		return -EBADMSG;
	if (place == PLACE_GATEWAY && m->child[ROLE_SERVICES].ready && !m->child[ROLE_SERVICES].placed) {
		m->child[ROLE_SERVICES].placed = true;
		peer_say(&m->child[ROLE_SERVICES].peer, MSG_NAMESPACE, NULL, msg->fd);
	}
	for (size_t i = 0; i < MAX_CLIENTS; i++) {
		struct client *c = &m->client[i];

		if (peer_up(&c->peer) && c->wants == place) {
			c->wants = -1;
			peer_say(&c->peer, MSG_NAMESPACE, NULL, msg->fd);
		}
	}
	return 0;
}

static int on_ack(struct master *m, struct msg *msg)
{
	uint32_t lane;
	uint64_t seq;

	if (lane_get(m->plan, &msg->body, &lane, &seq) < 0 || lane != lane_number(m->plan, LANE_SUPERVISOR))
		return -EBADMSG;
	outbox_release(&m->events, seq);
	flush_events(m);
	return 0;
}

/* Who may say what: anything else from a role means that it was taken over. */
static int from_role(struct peer *p, struct msg *msg)
{
	struct child *c = p->owner;
	struct master *m = c->all;
	int r = -EBADMSG;

	if (msg->type == MSG_READY && !c->ready) {
		role_ready(c);
		r = 0;
	} else if (c->role == ROLE_PRIV && msg->type == MSG_SOURCE)
		r = forward_source(m, msg);
	else if (c->role == ROLE_PRIV && msg->type == MSG_START)
		r = sources_given(m, msg);
	else if (c->role == ROLE_PRIV && msg->type == MSG_NAMESPACE)
		r = on_namespace(m, msg);
	else if (c->role == ROLE_SERVICES && msg->type == MSG_SOURCE)
		r = forward_source(m, msg);
	else if (c->role == ROLE_SERVICES && msg->type == MSG_SERVICE)
		r = on_service(m, msg);
	else if (c->role == ROLE_GUESTS && msg->type == MSG_STATE)
		r = on_state(m, msg);
	else if (c->role == ROLE_RECORDER && msg->type == MSG_ACK)
		r = on_ack(m, msg);
	close_fd(&msg->fd);
	return r;
}

/* --- control socket --------------------------------------------------------------------------- */

static void status_honeypots(const struct master *m, struct text *t)
{
	const struct honeynet *n = &m->plan->net;

	for (uint32_t i = 0; i < n->n_honeypots; i++) {
		struct addr a = addr4(n->honeypot[i].address);
		char address[ADDR_TEXT];

		text_add(t, i ? ",{\"name\":" : "{\"name\":");
		text_json(t, n->honeypot[i].name, strlen(n->honeypot[i].name));
		text_addf(t, ",\"address\":\"%s\",\"image\":\"%s\",\"hostname\":\"%s\",\"state\":\"%s\",\"since_us\":%lu,\"why\":",
			  addr_text(&a, address), n->honeypot[i].image, n->honeypot[i].hostname,
			  honeypot_state_name(m->pot[i].state), m->pot[i].since_us);
		text_json(t, m->pot[i].why, strlen(m->pot[i].why));
		text_add(t, ",\"services\":[");
		for (uint32_t k = 0; k < m->plan->n_probes[i]; k++)
			text_addf(t, "%s\"%s:%u\"", k ? "," : "", m->plan->probe[i][k].name, m->plan->probe[i][k].port);
		text_add(t, "]}");
	}
}

static void status_roles(const struct master *m, struct text *t)
{
	for (enum role_id i = 0; i < ROLES; i++)
		if (is_wanted(m, i))
			text_addf(t, "%s{\"name\":\"%s\",\"pid\":%d,\"state\":\"%s\",\"restarts\":%u}", i ? "," : "",
			  table[i].name, m->child[i].pid,
			  !m->child[i].pid ? "dead" : m->child[i].ready ? "running" : "starting", m->child[i].restarts);
}

static void status_services(const struct master *m, struct text *t)
{
	bool first = true;

	for (enum service_id i = 0; i < SERVICES; i++) {
		if (!service_wanted(m->plan, i))
			continue;
		text_addf(t, "%s{\"name\":\"%s\",\"state\":\"%s\",\"since_us\":%lu,\"why\":", first ? "" : ",",
			  service_name(i), service_state_name(m->service[i].state), m->service[i].since_us);
		text_json(t, m->service[i].why, strlen(m->service[i].why));
		text_addc(t, '}');
		first = false;
	}
}

static void say_status(struct client *c)
{
	const struct master *m = c->all;
	_text_ struct text t = { 0 };

	text_addf(&t, "{\"honeynet\":\"%s\",\"state\":\"%s\",\"pid\":%d,\"since_us\":%lu,\"epoch\":%lu,\"honeypots\":[",
		  m->plan->net.name, m->stopping ? "stopping" : "running", getpid(), m->since_us, m->plan->epoch);
	status_honeypots(m, &t);
	text_add(&t, "],\"roles\":[");
	status_roles(m, &t);
	text_add(&t, "],\"services\":[");
	status_services(m, &t);
	text_add(&t, "]}");
	peer_say(&c->peer, MSG_STATUS, &t, -1);
}

/* A pair: one end for the client, one for guests, who copies between it and the console. */
static int attach(struct client *c, struct msg *msg)
{
	struct master *m = c->all;
	uint16_t i = get_u16(&msg->body);
	_text_ struct text t = { 0 };
	_fd_ int ours = -1, theirs = -1;
	int pair[2];

	if (msg->body.bad || i >= m->plan->net.n_honeypots)
		return -EBADMSG;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
		return -errno;
	ours = pair[0];
	theirs = pair[1];
	put_u16(&t, i);
	peer_say(&m->child[ROLE_GUESTS].peer, MSG_CONSOLE, &t, theirs);
	peer_say(&c->peer, MSG_ATTACH, NULL, ours);
	return 0;
}

static int ask_namespace(struct client *c, struct msg *msg)
{
	_text_ struct text t = { 0 };
	uint8_t place = get_u8(&msg->body);

	if (msg->body.bad || place >= PLACES)
		return -EBADMSG;
	c->wants = place;
	put_u8(&t, place);
	peer_say(&c->all->child[ROLE_PRIV].peer, MSG_NAMESPACE, &t, -1);
	return 0;
}

static int from_client(struct peer *p, struct msg *msg)
{
	struct client *c = p->owner;
	int r = -EBADMSG;

	close_fd(&msg->fd);
	switch (msg->type) {
	case MSG_STATUS:    say_status(c); r = 0; break;
	case MSG_DOWN:	    c->waits_for_down = true; begin_stop(c->all, 0); r = 0; break;
	case MSG_ATTACH:    r = attach(c, msg); break;
	case MSG_NAMESPACE: r = ask_namespace(c, msg); break;
	}
	return r;
}

static int client_comes(sd_event_source *src, int fd, uint32_t events, void *userdata)
{
	struct master *m = userdata;
	_fd_ int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)src, (void)events;
	for (size_t i = 0; client >= 0 && i < MAX_CLIENTS; i++) {
		struct client *c = &m->client[i];

		if (peer_up(&c->peer))
			continue;
		*c = (struct client){ .all = m, .wants = -1 };
		c->peer = (struct peer){ .name = "client", .fd = -1, .handle = from_client, .owner = c };
		peer_open(&c->peer, m->loop, steal_fd(&client));
		return 0;
	}
	return 0;	/* too many: this one is closed */
}

static int open_control(struct master *m)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	_fd_ int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (snprintf(at.sun_path, sizeof(at.sun_path), "%s/" CONTROL_SOCKET, m->plan->state) >= (int)sizeof(at.sun_path))
		return -ENAMETOOLONG;
	unlink(at.sun_path);	/* `skep up` holds the lock: whoever made it is gone */
	umask(0077);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(fd, MAX_CLIENTS) < 0)
		return -errno;
	m->control = steal_fd(&fd);
	return sd_event_add_io(m->loop, NULL, m->control, EPOLLIN, client_comes, m);
}

/* --- start and end ---------------------------------------------------------------------------- */

static int on_signal(sd_event_source *src, const struct signalfd_siginfo *si, void *userdata)
{
	(void)src, (void)si;
	begin_stop(userdata, 0);
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

int master_main(const struct plan *p, int plan_fd, int ready_fd)
{
	static struct master m;
	_free_ char *control = xasprintf("%s/" CONTROL_SOCKET, p->state);
	int r;

	log_name("master");
	prctl(PR_SET_NAME, "skep");
	m = (struct master){ .plan = p, .plan_fd = plan_fd, .ready_fd = ready_fd, .control = -1, .since_us = now_us() };
	if ((r = sd_event_default(&m.loop)) < 0 || (r = catch_signals(&m)) < 0 || (r = open_control(&m)) < 0)
		die("cannot start: %s", strerror(-r));
	for (enum role_id i = 0; i < ROLES; i++) {
		m.child[i].all = &m;
		m.child[i].role = i;
		m.child[i].peer.fd = -1;
		if (is_wanted(&m, i))
			start_role(&m, i);
	}
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
		if (table[i].name && !strcmp(table[i].name, name))
			return table[i].main();
	return 2;
}
