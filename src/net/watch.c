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

enum { ROOM = 32 * 1024 * 1024, FRAME = 65536, TAG = 4 };

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
		       setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on)) < 0 ||
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

static bool find(struct msghdr *m, int level, int type, void *ret, size_t size)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c))
		if (c->cmsg_level == level && c->cmsg_type == type) {
			memcpy(ret, CMSG_DATA(c), size);
			return true;
		}
	return false;
}

static uint64_t stamp_of(struct msghdr *m)
{
	struct timespec t = { 0 };

	find(m, SOL_SOCKET, SCM_TIMESTAMPNS, &t, sizeof(t));
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* put_tag() - the kernel keeps it beside the frame; @room: with TAG bytes before the frame. Where the frame begins then */
static uint8_t *put_tag(uint8_t *room, struct msghdr *m)
{
	struct tpacket_auxdata a = { 0 };
	uint16_t tag[2];

	if (!find(m, SOL_PACKET, PACKET_AUXDATA, &a, sizeof(a)) || !(a.tp_status & TP_STATUS_VLAN_VALID))
		return room + TAG;
	memmove(room, room + TAG, 2 * ETH_ALEN);
	tag[0] = htons(a.tp_status & TP_STATUS_VLAN_TPID_VALID ? a.tp_vlan_tpid : ETH_P_8021Q);
	tag[1] = htons(a.tp_vlan_tci);
	memcpy(room + 2 * ETH_ALEN, tag, sizeof(tag));
	return room;
}

int watch_next(int fd, struct watched *ret)
{
	static uint8_t room[TAG + FRAME];
	struct sockaddr_ll from = { 0 };
	union { struct cmsghdr align; char buf[CMSG_SPACE(sizeof(struct timespec)) + CMSG_SPACE(sizeof(struct tpacket_auxdata))]; } control;
	struct iovec part = { room + TAG, FRAME };
	struct msghdr m = { .msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &part, .msg_iovlen = 1,
			    .msg_control = control.buf, .msg_controllen = sizeof(control.buf) };
	ssize_t n = recvmsg(fd, &m, MSG_TRUNC);
	const uint8_t *frame;
	size_t tag;

	if (n < 0)
		return errno == EAGAIN || errno == EINTR || errno == ENETDOWN ? 0 : -errno;
	frame = put_tag(room, &m);
	tag = (size_t)(room + TAG - frame);
	*ret = (struct watched){ .byte = frame, .n = tag + ((size_t)n < FRAME ? (size_t)n : FRAME), .len = tag + (size_t)n,
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
