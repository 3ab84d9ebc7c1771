/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "peer.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"

enum { BURST = 64 * 1024, HEAD = 256 };	/* bytes taken before others get their turn; what a message costs by itself */

static void lose(struct peer *p)
{
	peer_close(p);
	if (p->gone)
		p->gone(p);
}

/* take_one() - what a message that was handled counts for; 0 there is none now, or it is gone */
static size_t take_one(struct peer *p, struct chan_buf *buf)
{
	int fd = p->fd, r;
	size_t size = HEAD;
	struct msg m;

	r = chan_recv(fd, buf, &m);
	if (r == -EAGAIN)
		return 0;
	if (r > 0)
		size += cursor_left(&m.body);
	if (r > 0)
		r = p->handle && p->handle(p, &m) >= 0 ? 1 : -EBADMSG;
	if (r == -EBADMSG && p->kin)
		die("%s: message that makes no sense", p->name);
	if (r <= 0 && p->fd == fd)
		lose(p);
	return r > 0 ? size : 0;
}

static int ready(sd_event_source *src, int fd, uint32_t events, void *userdata)
{
	static struct chan_buf buf;
	struct peer *p = userdata;

	(void)src, (void)events;
	for (size_t n = 0, one = 1; n < BURST && one && p->fd == fd; n += one)
		one = take_one(p, &buf);
	return 0;
}

void peer_drain(struct peer *p)
{
	static struct chan_buf buf;	/* its own: a handler of another peer may be waiting for us */

	while (peer_up(p) && take_one(p, &buf))
		;
}

int peer_open(struct peer *p, sd_event *loop, int fd)
{
	int r;

	peer_close(p);
	r = sd_event_add_io(loop, &p->source, fd, EPOLLIN, ready, p);
	if (r < 0) {
		close(fd);
		return r;
	}
	p->fd = fd;
	return 0;
}

void peer_close(struct peer *p)
{
	p->source = sd_event_source_disable_unref(p->source);
	if (p->fd > 0)
		close(p->fd);
	p->fd = -1;
}

bool peer_up(const struct peer *p)
{
	return p->fd > 0;
}

void peer_say(struct peer *p, uint16_t type, const struct text *body, int fd)
{
	int r = peer_up(p) ? chan_send_wait(p->fd, type, body, fd) : 0;

	if (r < 0 && r != -EPIPE)
		log_warn("%s: cannot send: %s", p->name, strerror(-r));
}
