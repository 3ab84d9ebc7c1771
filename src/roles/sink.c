/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sink - who answers in the place of those that honeypots do not reach any more (containment: refuse: pretend, tarpit).
 *
 * The rules lead a TCP connection here whose first SYN a budget has refused, when that SYN is sent again (policy/lead.c); the
 * kernel knows whom it was for. With pretend it is answered as a server of that port begins (sink/talk.h), with tarpit it is
 * held, its window as small as can be, and nothing is said. What is sent first is recorded; the rest is not even read, or
 * read and forgotten. Questions for a name or the time come by UDP: so many a second are answered, and each of these is recorded.
 *
 * Everything that arrives is hostile. Its sockets are made in the gateway before it gives its rights away; its own
 * network is empty, so that it cannot open another.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter_ipv4.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "capture.h"
#include "model/gate.h"
#include "policy/policy.h"
#include "roles.h"
#include "run/outbox.h"
#include "run/role.h"
#include "run/sandbox.h"
#include "sink/talk.h"

enum {
	VISITS = 256, POT_VISITS = 64,		/* at once, in all and of one honeypot: beyond it the oldest ends */
	BACKLOG = 64,
	FIRST = 512,				/* bytes of a connection that are recorded, */
	RECEIVED_MAX = 64 * 1024,		/* and taken in all */
	TELL_US = 3 * 1000 * 1000,		/* so long after the first of them; at its end, if there are none */
	IDLE_US = 60 * 1000 * 1000,
	LONGEST_US = 300 * 1000 * 1000,
	HELD_US = 900 * 1000 * 1000,		/* in the tarpit */
	TICK_US = 500 * 1000,
	QUESTIONS = 20,				/* of a honeypot, answered in a second */
};

/* Questions by UDP: where they come, and where they were for. */
static const struct { uint16_t at, port; } asked[] = { { GATE_SINK_DNS_PORT, DNS_PORT }, { GATE_SINK_NTP_PORT, NTP_PORT } };

struct visit {
	struct sink *all;
	int fd;				/* -1: nobody */
	sd_event_source *io;
	int32_t honeypot;
	struct addr src, dest;		/* dest: whom it was for */
	uint16_t src_port, dest_port;
	uint64_t begun_us, heard_us;	/* monotonic; heard: last */
	uint64_t first_us;		/* likewise; 0: nothing was sent yet */
	uint64_t at_us;			/* UTC */
	uint64_t received;
	char first[FIRST];
	uint32_t n_first;
	bool told;
	struct talk talk;
};

struct sink {
	struct role role;
	struct peer recorder;
	bool resumed, numbered;		/* numbered: the recorder said where the numbers stand; nobody is let in before */
	int listener;
	sd_event_source *accepts;
	uint64_t seq;
	struct outbox events;
	struct visit visit[VISITS];
	struct questions {
		struct sink *all;
		int fd;			/* -1: nobody is answered */
		uint16_t port;
		sd_event_source *io;
	} questions[nitems(asked)];
	struct { uint64_t since_us; unsigned n; } answered[MAX_HONEYPOTS];	/* in the second that began then */
};

static bool holds(const struct sink *s)
{
	return s->role.plan->net.containment.refuse == REFUSE_TARPIT;
}

/* --- telling ---------------------------------------------------------------------------------- */

static void flush(struct sink *s)
{
	if (s->resumed && peer_up(&s->recorder))
		outbox_flush(&s->events, s->recorder.fd, MSG_EVENT);
}

/* record() - what else there is to be said of @e */
static void record(struct sink *s, struct event *e)
{
	_text_ struct text t = { 0 };
	int32_t none;

	e->kind = EV_SINK;
	e->state = span_of(refuse_name(s->role.plan->net.containment.refuse));
	e->origin = lane_origin(s->role.plan, lane_number(LANE_SINK), &none);
	e->origin.seq = ++s->seq;
	event_pack(&t, e);
	outbox_give(&s->events, s->seq, &t);	/* full: the gap in the numbers says how many */
	flush(s);
}

static void tell(struct visit *v)
{
	struct event e = { .at_us = v->at_us, .honeypot = v->honeypot, .src = v->src, .dest = v->dest,
			   .src_port = v->src_port, .dest_port = v->dest_port, .proto = IPPROTO_TCP,
			   .bytes = { v->first, v->n_first } };

	if (v->told)
		return;
	v->told = true;
	if (v->received > v->n_first)
		e.flags |= EVENT_TRUNCATED;
	record(v->all, &e);
	if (holds(v->all))
		sd_event_source_set_io_events(v->io, EPOLLRDHUP);	/* no more is read */
}

/* --- visits ----------------------------------------------------------------------------------- */

static void end_visit(struct visit *v)
{
	tell(v);
	sd_event_source_disable_unref(v->io);
	close_fd(&v->fd);
	*v = (struct visit){ .fd = -1 };
}

/* say() - all of it at once or not at all: a few hundred bytes that have no room are not waited for */
static bool say(struct visit *v, const struct text *t)
{
	return !t->len || send(v->fd, text_str(t), t->len, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)t->len;
}

static void keep_first(struct visit *v, const char *bytes, size_t n)
{
	size_t room = FIRST - v->n_first;

	memcpy(v->first + v->n_first, bytes, n < room ? n : room);
	v->n_first += (uint32_t)(n < room ? n : room);
	v->received += n;
	if (v->n_first == FIRST)
		tell(v);
}

/* hear() - false: it is over */
static bool hear(struct visit *v)
{
	_text_ struct text answer = { 0 };
	char bytes[FIRST];
	ssize_t n = recv(v->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	bool goes_on;

	if (n < 0)
		return errno == EAGAIN;
	if (n == 0)
		return false;
	v->heard_us = mono_us();
	v->first_us = v->first_us ? v->first_us : v->heard_us;
	keep_first(v, bytes, (size_t)n);
	if (holds(v->all))
		return true;
	goes_on = talk_hear(&v->talk, bytes, (size_t)n, now_us(), &answer);
	return say(v, &answer) && goes_on && v->received < RECEIVED_MAX;
}

static int visit_ready(sd_event_source *src, int fd, uint32_t events, void *userdata)
{
	struct visit *v = userdata;

	(void)src, (void)fd;
	if (!(events & EPOLLIN) || !hear(v))
		end_visit(v);
	return 0;
}

/* free_visit() - a place that is free, or that of the oldest, of this honeypot if it has its share */
static struct visit *free_visit(struct sink *s, int32_t honeypot)
{
	struct visit *free = NULL, *oldest = NULL, *own = NULL;
	unsigned n = 0;

	for (size_t i = 0; i < VISITS; i++) {
		struct visit *v = &s->visit[i];

		if (v->fd < 0) {
			free = v;
			continue;
		}
		if (!oldest || v->begun_us < oldest->begun_us)
			oldest = v;
		if (v->honeypot != honeypot)
			continue;
		n++;
		if (!own || v->begun_us < own->begun_us)
			own = v;
	}
	if (n < POT_VISITS && free)
		return free;
	own = n < POT_VISITS ? oldest : own;
	end_visit(own);
	return own;
}

/* read_ends() - who came, and whom it was for; false: it was for us, and nobody led it here */
static bool read_ends(int fd, const struct plan *p, struct visit *ret)
{
	struct sockaddr_in from = { 0 }, to = { 0 };
	socklen_t from_len = sizeof(from), to_len = sizeof(to);

	if (getpeername(fd, (struct sockaddr *)&from, &from_len) < 0 || from.sin_family != AF_INET ||
	    getsockopt(fd, SOL_IP, SO_ORIGINAL_DST, &to, &to_len) < 0 || ntohl(to.sin_addr.s_addr) == p->net.firewall_address)
		return false;
	ret->src = addr4(ntohl(from.sin_addr.s_addr));
	ret->dest = addr4(ntohl(to.sin_addr.s_addr));
	ret->src_port = ntohs(from.sin_port);
	ret->dest_port = ntohs(to.sin_port);
	ret->honeypot = honeypot_of(p, &ret->src);
	return ret->honeypot >= 0;
}

static void begin_visit(struct sink *s, int *fd)
{
	struct visit new = { .all = s, .begun_us = mono_us(), .at_us = now_us() }, *v;
	_text_ struct text greeting = { 0 };

	if (!read_ends(*fd, s->role.plan, &new))
		return;
	new.heard_us = new.begun_us;
	v = free_visit(s, new.honeypot);
	*v = new;
	v->fd = steal_fd(fd);
	if (sd_event_add_io(s->role.loop, &v->io, v->fd, EPOLLIN | EPOLLRDHUP, visit_ready, v) < 0)
		die("event loop");
	if (!holds(s))
		talk_begin(&v->talk, v->dest_port, &greeting);
	if (!say(v, &greeting))
		end_visit(v);
}

static int on_accept(sd_event_source *src, int listener, uint32_t events, void *userdata)
{
	_fd_ int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)src, (void)events;
	if (fd >= 0)
		begin_visit(userdata, &fd);
	return 0;
}

/* --- questions -------------------------------------------------------------------------------- */

static bool may_answer(struct sink *s, int32_t honeypot)
{
	uint64_t now = mono_us();

	if (now - s->answered[honeypot].since_us >= 1000000) {
		s->answered[honeypot].since_us = now;
		s->answered[honeypot].n = 0;
	}
	return s->answered[honeypot].n++ < QUESTIONS;
}

/* hear_question() - its bytes, or -1; from whom, and by its mark whom it was for (policy/lead.c), as it stands in the packet */
static ssize_t hear_question(int fd, uint8_t bytes[TALK_DATAGRAM], struct sockaddr_in *ret_from, uint32_t *ret_to)
{
	union { struct cmsghdr align; char buf[CMSG_SPACE(sizeof(uint32_t))]; } control;
	struct iovec part = { bytes, TALK_DATAGRAM };
	struct msghdr m = { .msg_name = ret_from, .msg_namelen = sizeof(*ret_from), .msg_iov = &part, .msg_iovlen = 1,
			    .msg_control = control.buf, .msg_controllen = sizeof(control.buf) };
	ssize_t n = recvmsg(fd, &m, MSG_DONTWAIT);
	struct cmsghdr *c = n < 0 ? NULL : CMSG_FIRSTHDR(&m);

	if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SO_MARK || m.msg_flags & MSG_TRUNC || ret_from->sin_family != AF_INET)
		return -1;
	memcpy(ret_to, CMSG_DATA(c), sizeof(*ret_to));
	return n;
}

static int on_question(sd_event_source *src, int fd, uint32_t events, void *userdata)
{
	struct questions *q = userdata;
	struct sink *s = q->all;
	uint8_t bytes[TALK_DATAGRAM];
	struct sockaddr_in from = { 0 };
	_text_ struct text answer = { 0 };
	uint32_t to = 0;
	ssize_t n = hear_question(fd, bytes, &from, &to);
	struct event e = { .at_us = now_us(), .proto = IPPROTO_UDP, .src = addr4(ntohl(from.sin_addr.s_addr)), .dest = addr4(ntohl(to)),
			   .src_port = ntohs(from.sin_port), .dest_port = q->port };

	(void)src, (void)events;
	e.honeypot = n < 0 ? -1 : honeypot_of(s->role.plan, &e.src);
	if (e.honeypot < 0 || !talk_datagram(q->port, bytes, (size_t)n, e.at_us, &answer) || !may_answer(s, e.honeypot) ||
	    sendto(fd, text_str(&answer), answer.len, MSG_DONTWAIT, (struct sockaddr *)&from, sizeof(from)) < 0)
		return 0;
	e.bytes = (struct span){ (char *)bytes, (size_t)n };
	record(s, &e);
	return 0;
}

static bool is_over(const struct sink *s, const struct visit *v, uint64_t now)
{
	return holds(s) ? now - v->begun_us > HELD_US : now - v->heard_us > IDLE_US || now - v->begun_us > LONGEST_US;
}

static int tick(sd_event_source *src, uint64_t usec, void *userdata)
{
	struct sink *s = userdata;
	uint64_t now = mono_us();

	(void)usec;
	for (size_t i = 0; i < VISITS; i++) {
		struct visit *v = &s->visit[i];

		if (v->fd >= 0 && v->first_us && now - v->first_us > TELL_US)
			tell(v);
		if (v->fd >= 0 && is_over(s, v, now))
			end_visit(v);
	}
	flush(s);
	sd_event_source_set_time_relative(src, TICK_US);
	return sd_event_source_set_enabled(src, SD_EVENT_ONESHOT);
}

/* --- peers ------------------------------------------------------------------------------------ */

static void let_in(struct sink *s)
{
	if (s->numbered && s->listener >= 0 && !s->accepts &&
	    sd_event_add_io(s->role.loop, &s->accepts, s->listener, EPOLLIN, on_accept, s) < 0)
		die("event loop");
	for (size_t i = 0; s->numbered && i < nitems(asked); i++) {
		struct questions *q = &s->questions[i];

		if (q->fd >= 0 && !q->io && sd_event_add_io(s->role.loop, &q->io, q->fd, EPOLLIN, on_question, q) < 0)
			die("event loop");
	}
}

static int on_lane(struct sink *s, struct msg *m)
{
	uint32_t lane;
	uint64_t seq;

	if (lane_get(&m->body, &lane, &seq) < 0 || lane_fixed(lane) != LANE_SINK)
		return -EBADMSG;
	if (m->type == MSG_ACK)
		outbox_release(&s->events, seq);
	else if (!s->numbered)
		s->seq = seq;
	flush(s);
	return 0;
}

static int from_recorder(struct peer *peer, struct msg *m)
{
	struct sink *s = peer->owner;

	close_fd(&m->fd);
	if (m->type == MSG_ACK || m->type == MSG_RESUME)
		return on_lane(s, m);
	if (m->type != MSG_START)
		return -EBADMSG;
	outbox_rewind(&s->events);
	s->resumed = s->numbered = true;
	let_in(s);
	flush(s);
	return 0;
}

static void recorder_gone(struct peer *peer)
{
	struct sink *s = peer->owner;

	s->resumed = false;
}

static int take_recorder(struct sink *s, struct msg *m)
{
	s->resumed = false;
	return role_take_peer(&s->role, m, ROLE_RECORDER, &s->recorder);
}

/* In the tarpit nothing is read but the first bytes, so the kernel's own room is what an intruder fills. */
static int open_listener(const struct sink *s)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(GATE_SINK_PORT),
				  .sin_addr.s_addr = htonl(s->role.plan->net.firewall_address) };
	int one = 1, small = 1;
	_fd_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
	    (holds(s) && (setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)) < 0 ||
			  setsockopt(fd, IPPROTO_TCP, TCP_WINDOW_CLAMP, &small, sizeof(small)) < 0)) ||
	    bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(fd, BACKLOG) < 0)
		return -errno;
	return steal_fd(&fd);
}

static int open_questions(const struct sink *s, uint16_t port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port),
				  .sin_addr.s_addr = htonl(s->role.plan->net.firewall_address) };
	int one = 1;
	_fd_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVMARK, &one, sizeof(one)) < 0 ||
	    bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		return -errno;
	return steal_fd(&fd);
}

static void open_sockets(struct sink *s)
{
	s->listener = open_listener(s);
	if (s->listener < 0)
		die("port %d of the gateway: %s", GATE_SINK_PORT, strerror(-s->listener));
	for (size_t i = 0; !holds(s) && i < nitems(asked); i++) {
		struct questions *q = &s->questions[i];

		*q = (struct questions){ .all = s, .fd = open_questions(s, asked[i].at), .port = asked[i].port };
		if (q->fd < 0)
			die("UDP port %d of the gateway: %s", asked[i].at, strerror(-q->fd));
	}
}

/* What needs all rights is done here, before they are given away. */
static int take_gateway(struct sink *s, struct msg *m)
{
	_free_ char *empty = xasprintf("%s/run/empty", s->role.plan->state);

	if (s->listener >= 0 || m->fd < 0)
		return -EBADMSG;
	if (setns(m->fd, CLONE_NEWNET) < 0)
		die("the gateway: %s", strerror(errno));
	open_sockets(s);
	close_fd(&m->fd);
	role_confine(&s->role, &(struct sandbox){ .uid = SKEP_UID + ROLE_SINK, .root = empty,
						  .unshare = CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC });
	let_in(s);
	return 0;
}

static int stop(struct sink *s)
{
	for (size_t i = 0; i < VISITS; i++)
		if (s->visit[i].fd >= 0)
			end_visit(&s->visit[i]);
	return sd_event_exit(s->role.loop, 0);
}

static int from_master(struct peer *peer, struct msg *m)
{
	struct role *role = peer->owner;
	struct sink *s = role->self;
	int r = -EBADMSG;

	switch (m->type) {
	case MSG_NAMESPACE: r = take_gateway(s, m); break;
	case MSG_PEER:	    r = take_recorder(s, m); break;
	case MSG_PLAN:	    r = role_take_plan(role, m); break;
	case MSG_STOP:	    r = stop(s); break;
	}
	close_fd(&m->fd);
	return r;
}

int sink_main(void)
{
	static struct sink s = { .listener = -1 };

	role_begin(&s.role, "sink", from_master, &s);
	s.recorder = (struct peer){ .name = "recorder", .fd = -1, .kin = true, .handle = from_recorder,
				    .gone = recorder_gone, .owner = &s };
	for (size_t i = 0; i < VISITS; i++)
		s.visit[i].fd = -1;
	for (size_t i = 0; i < nitems(asked); i++)
		s.questions[i].fd = -1;
	if (sd_event_add_time_relative(s.role.loop, NULL, CLOCK_MONOTONIC, TICK_US, 1000, tick, &s) < 0)
		die("timer");
	peer_say(&s.role.master, MSG_READY, NULL, -1);
	return role_loop(&s.role);
}
