/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "chan.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"

enum { ROOM = 4 * 1024 * 1024 };	/* bytes a peer may lag behind */

union control {
	struct cmsghdr head;
	char buf[CMSG_SPACE(sizeof(int))];
};

int chan_pair(int ret_fds[2])
{
	int room = ROOM, fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) < 0)
		return -errno;
	for (int i = 0; i < 2; i++)
		if (setsockopt(fds[i], SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room)) < 0)
			setsockopt(fds[i], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	ret_fds[0] = fds[0];
	ret_fds[1] = fds[1];
	return 0;
}

int chan_send(int chan, uint16_t type, const struct text *body, int fd)
{
	union control ctl = { 0 };
	uint16_t head = htole16(type);
	struct iovec iov[2] = {
		{ &head, sizeof(head) },
		{ body ? body->at : NULL, body ? body->len : 0 },
	};
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = 2 };
	ssize_t n;

	if (sizeof(head) + iov[1].iov_len > CHAN_MAX)
		return -EMSGSIZE;
	if (fd >= 0) {
		m.msg_control = ctl.buf;
		m.msg_controllen = CMSG_LEN(sizeof(int));
		ctl.head = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET,
					     .cmsg_type = SCM_RIGHTS };
		memcpy(CMSG_DATA(&ctl.head), &fd, sizeof(fd));
	}
	do
		n = sendmsg(chan, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		return 0;
	return errno == EWOULDBLOCK || errno == ENOBUFS ? -EAGAIN : errno == ECONNRESET ? -EPIPE : -errno;
}

int chan_send_wait(int chan, uint16_t type, const struct text *body, int fd)
{
	int r;

	while ((r = chan_send(chan, type, body, fd)) == -EAGAIN) {
		struct pollfd p = { chan, POLLOUT, 0 };

		if (poll(&p, 1, -1) < 0 && errno != EINTR)
			return -errno;
	}
	return r;
}

/* Takes the descriptor out of the control data. CMSG_LEN, not SPACE, was offered: one at most. */
static int passed_fd(struct msghdr *m)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(m);
	int fd = -1;

	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}

int chan_recv(int chan, struct chan_buf *b, struct msg *ret)
{
	union control ctl;
	struct iovec iov = { b->bytes, sizeof(b->bytes) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = ctl.buf,
			    .msg_controllen = CMSG_LEN(sizeof(int)) };
	struct msg got;
	ssize_t n;

	do
		n = recvmsg(chan, &m, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	/* A peer that died before it had read everything is said once to have; what it had sent is still there. */
	while (n < 0 && (errno == EINTR || errno == ECONNRESET));
	if (n < 0)
		return errno == EWOULDBLOCK ? -EAGAIN : -errno;
	if (n == 0)
		return 0;
	got = (struct msg){ .fd = passed_fd(&m), .body = cursor_of(b->bytes, (size_t)n) };
	got.type = get_u16(&got.body);
	if (got.body.bad || (m.msg_flags & (MSG_TRUNC | MSG_CTRUNC))) {
		close_fd(&got.fd);
		return -EBADMSG;
	}
	*ret = got;
	return 1;
}
