/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Source: the log server, TCP.
 *
 * Who sends more than his limit is read no further for the moment: TCP makes him wait, and nothing is
 * lost. A connection is closed by its sender, or when its place is needed and it was quiet long: a
 * time-out alone would cost real daemons the message that they next send into it.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "capture.h"
#include "capture/limit.h"
#include "capture/syslog_stream.h"
#include "net/listen.h"
#include "run/outbox.h"

enum {
	MAX_CONNECTIONS = 256, MAX_OF_ONE = 16,	/* at once; of one sender */
	QUIET_US = 60 * 1000 * 1000,		/* may be closed for another one */
	PIECE = 16 * 1024,			/* bytes of one connection before the next gets its turn */
	AT_ONCE = 64,				/* connections of one turn */
	BATCH_BYTES = 32 * 1024,
	PIECE_BATCHES = 128,			/* what a piece can become at most: 8192 events of 500 bytes */
};

struct connection {
	struct streams *all;
	int fd;				/* -1 free */
	struct addr src;
	uint16_t src_port;
	int32_t honeypot;
	uint64_t heard_us;		/* monotonic */
	struct syslog_stream stream;
};

struct streams {
	struct capture *all;
	int listener, poll;
	uint64_t last;
	uint64_t now_us;		/* of this turn, UTC */
	uint32_t refused;		/* connections, not told yet */
	struct addr refused_src;
	struct text batch;
	struct outbox *out;
	struct limit limit[MAX_HONEYPOTS + 1];	/* the last one: all who are no honeypot */
	struct connection connection[MAX_CONNECTIONS];
};

static void *make(struct capture *c)
{
	struct streams *s = xcalloc(1, sizeof(*s));

	*s = (struct streams){ .all = c, .listener = -1, .poll = epoll_create1(EPOLL_CLOEXEC),
			       .out = xcalloc(1, sizeof(struct outbox)) };
	if (s->poll < 0)
		die("epoll: %s", strerror(errno));
	for (size_t i = 0; i < MAX_CONNECTIONS; i++) {
		s->connection[i].all = s;
		s->connection[i].fd = -1;
	}
	return s;
}

static int watch(struct streams *s, int fd, struct connection *c)
{
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = c };

	return epoll_ctl(s->poll, EPOLL_CTL_ADD, fd, &e) < 0 ? -errno : 0;
}

static int take(void *source, enum source_kind kind, uint32_t index, int *fd)
{
	struct streams *s = source;

	(void)kind;
	if (index || s->listener >= 0)
		return -EBADMSG;
	s->listener = steal_fd(fd);
	return watch(s, s->listener, NULL);
}

static bool is_ours(uint32_t lane)
{
	return lane == lane_number(LANE_SYSLOG_TCP);
}

static void resume(void *source, uint32_t lane, uint64_t seq)
{
	struct streams *s = source;

	if (is_ours(lane) && seq > s->last)
		s->last = seq;
}

static void begin(void *source)
{
	struct streams *s = source;

	outbox_rewind(s->out);
}

static void ack(void *source, uint32_t lane, uint64_t seq)
{
	struct streams *s = source;

	if (is_ours(lane))
		outbox_release(s->out, seq);
}

/* --- events ----------------------------------------------------------------------------------- */

/* Whether a piece may be read: even if it is nothing but line feeds and letters in turn, there is room for it. */
static bool has_room(const struct streams *s)
{
	return s->out->used + PIECE_BATCHES < OUTBOX_MAX && s->out->bytes < OUTBOX_BYTES / 2;
}

static void give(struct streams *s)
{
	if (s->batch.len)
		outbox_give(s->out, s->last, &s->batch);
	text_clear(&s->batch);
}

static void say(struct streams *s, struct event *e)
{
	const struct plan *plan = capture_plan(s->all);
	int32_t none;

	e->origin = lane_origin(plan, lane_number(LANE_SYSLOG_TCP), &none);
	e->origin.seq = ++s->last;
	event_put(&s->batch, e);
}

/* may_send() - one more message; the gateway itself has no limit. @look: only whether it may */
static bool may_send(struct connection *c, bool look)
{
	struct addr gateway = addr4(capture_plan(c->all->all)->net.firewall_address);
	struct limit *l = &c->all->limit[c->honeypot < 0 ? MAX_HONEYPOTS : c->honeypot], copy = *l;

	return addr_same(&c->src, &gateway) || limit_take(look ? &copy : l, c->all->now_us);
}

static void on_message(void *arg, const char *bytes, size_t len, bool cut)
{
	struct connection *c = arg;
	struct streams *s = c->all;
	struct event e = {
		.at_us = s->now_us, .honeypot = c->honeypot, .src = c->src, .src_port = c->src_port,
		.dest = addr4(capture_plan(s->all)->net.firewall_address), .dest_port = SYSLOG_PORT,
		.proto = IPPROTO_TCP, .flags = cut ? EVENT_TRUNCATED : 0,
	};

	may_send(c, false);
	syslog_read(bytes, len, &e);
	say(s, &e);
	if (s->batch.len > BATCH_BYTES)
		give(s);
}

/* --- connections ------------------------------------------------------------------------------ */

static void end_connection(struct connection *c)
{
	syslog_stream_end(&c->stream, on_message, c);
	close(c->fd);
	c->fd = -1;
}

/* place_for() - a free one; or the one that was quiet longest, of this sender if he has too many; or NULL */
static struct connection *place_for(struct streams *s, const struct addr *src, uint64_t now)
{
	struct connection *free = NULL, *quiet = NULL, *his = NULL;
	uint32_t n = 0;

	for (size_t i = 0; i < MAX_CONNECTIONS; i++) {
		struct connection *c = &s->connection[i];
		bool same = c->fd >= 0 && addr_same(&c->src, src);

		n += same;
		if (c->fd < 0)
			free = free ? free : c;
		else if (!quiet || c->heard_us < quiet->heard_us)
			quiet = c;
		if (same && (!his || c->heard_us < his->heard_us))
			his = c;
	}
	if (n < MAX_OF_ONE && free)
		return free;
	quiet = n < MAX_OF_ONE ? quiet : his;
	if (!quiet || now - quiet->heard_us < QUIET_US)
		return NULL;
	end_connection(quiet);
	return quiet;
}

static void open_connection(struct streams *s, uint64_t now)
{
	struct sockaddr_in from = { 0 };
	socklen_t len = sizeof(from);
	_fd_ int fd = accept4(s->listener, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct addr src = addr4(ntohl(from.sin_addr.s_addr));
	struct connection *c = fd < 0 ? NULL : place_for(s, &src, now);

	if (fd < 0)
		return;
	if (!c || watch(s, fd, c) < 0) {
		s->refused++;
		s->refused_src = src;
		return;
	}
	c->fd = steal_fd(&fd);
	c->src = src;
	c->src_port = ntohs(from.sin_port);
	c->honeypot = honeypot_of(capture_plan(s->all), &src);
	c->heard_us = now;
	memset(&c->stream, 0, offsetof(struct syslog_stream, bytes));
}

/* read_connection() - true if there was anything */
static bool read_connection(struct connection *c, uint64_t now)
{
	static char piece[PIECE];
	ssize_t n;

	if (!may_send(c, true))
		return false;
	n = recv(c->fd, piece, sizeof(piece), MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	c->heard_us = now;
	if (n > 0)
		syslog_stream_feed(&c->stream, piece, (size_t)n, on_message, c);
	else
		end_connection(c);
	return true;
}

static void tell_refused(struct streams *s)
{
	struct event e = { .kind = EV_LOST, .at_us = s->now_us, .code = s->refused, .src = s->refused_src,
			   .honeypot = honeypot_of(capture_plan(s->all), &s->refused_src),
			   .reason = span_of("more connections to the log server than one source may have, or all") };

	if (s->refused)
		say(s, &e);
	s->refused = 0;
}

static bool read_all(struct streams *s)
{
	struct epoll_event ready[AT_ONCE];
	uint64_t now = mono_us();
	int n = epoll_wait(s->poll, ready, AT_ONCE, 0);
	bool busy = false;

	s->now_us = now_us();
	for (int i = 0; i < n && has_room(s); i++) {
		struct connection *c = ready[i].data.ptr;

		if (!c)
			open_connection(s, now);
		else if (c->fd >= 0)
			busy |= read_connection(c, now);
	}
	tell_refused(s);
	return busy;
}

static bool turn(void *source)
{
	struct streams *s = source;
	bool busy = false;

	if (s->listener < 0 || capture_flush(s->all, s->out, MSG_EVENTS) < 0)
		return s->listener >= 0;
	if (has_room(s)) {
		busy = read_all(s);
		give(s);
	}
	return capture_flush(s->all, s->out, MSG_EVENTS) < 0 || busy;
}

const struct source_ops source_streams = {
	"syslog over TCP", BIT(SOURCE_KIND_SYSLOG_TCP), make, take, resume, begin, ack, turn,
};
