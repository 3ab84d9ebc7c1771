/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/mem.h"
#include "netns.h"

enum { ROOM = 32 * 1024 * 1024, FRAME = 65536 };

/* The direction is looked at before a frame takes room: a flood the other way costs none. */
static int filter(int fd, bool out)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, out ? UINT32_MAX : 0),
		BPF_STMT(BPF_RET | BPF_K, out ? 0 : UINT32_MAX),
	};
	struct sock_fprog program = { .len = nitems(code), .filter = code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0 ? -errno : 0;
}

static int set_up(int fd, bool out)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	int room = ROOM, on = 1, r = filter(fd, out);

	if (r == 0 && (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) < 0 ||
		       setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) < 0 ||
		       bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0))
		r = -errno;
	return r;
}

int watch_open(int ns, bool out)
{
	int back = netns_enter(ns), r;
	_fd_ int fd = -1;

	if (back < 0)
		return back;
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);	/* hears nothing until it is bound */
	r = fd < 0 ? -errno : set_up(fd, out);
	netns_leave(back);
	return r < 0 ? r : steal_fd(&fd);
}

static uint64_t stamp_of(struct msghdr *m)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		struct timespec t;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS)
			continue;
		memcpy(&t, CMSG_DATA(c), sizeof(t));
		return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
	}
	return 0;
}

int watch_next(int fd, struct watched *ret)
{
	static uint8_t frame[FRAME];
	struct sockaddr_ll from = { 0 };
	union { struct cmsghdr align; char buf[CMSG_SPACE(sizeof(struct timespec))]; } control;
	struct iovec part = { frame, sizeof(frame) };
	struct msghdr m = { .msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &part, .msg_iovlen = 1,
			    .msg_control = control.buf, .msg_controllen = sizeof(control.buf) };
	ssize_t n = recvmsg(fd, &m, MSG_TRUNC);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR || errno == ENETDOWN ? 0 : -errno;
	*ret = (struct watched){ .byte = frame, .n = (size_t)n < sizeof(frame) ? (size_t)n : sizeof(frame), .len = (size_t)n,
				 .at_us = stamp_of(&m), .ifindex = from.sll_ifindex };
	return 1;
}

int watch_lost(int fd, uint64_t *ret)
{
	struct tpacket_stats s = { 0 };
	socklen_t len = sizeof(s);

	if (getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &s, &len) < 0)
		return -errno;
	*ret = s.tp_drops;
	return 0;
}

int watch_interface(int ns, const char *name)
{
	int back = netns_enter(ns), i;

	if (back < 0)
		return 0;
	i = (int)if_nametoindex(name);
	netns_leave(back);
	return i;
}
