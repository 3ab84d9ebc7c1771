/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "connector.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"

enum { WHAT_AT = NLMSG_HDRLEN + sizeof(struct cn_msg), ROOM = 4 * 1024 * 1024 };

/* Forks and exits are most of it, and stay in the kernel. Loads are in network order. */
static int keep_only(int fd, bool execs)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, WHAT_AT),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(PROC_EVENT_UID), 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(execs ? PROC_EVENT_EXEC : PROC_EVENT_UID), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog filter = { nitems(code), code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) < 0 ? -errno : 0;
}

static int listen_to_it(int fd)
{
	struct __attribute__((aligned(NLMSG_ALIGNTO))) {
		struct nlmsghdr head;
		struct __attribute__((packed)) {
			struct cn_msg msg;
			enum proc_cn_mcast_op op;
		} body;
	} q = { .head = { .nlmsg_len = sizeof(q), .nlmsg_type = NLMSG_DONE },
		.body = { .msg = { .id = { CN_IDX_PROC, CN_VAL_PROC }, .len = sizeof(enum proc_cn_mcast_op) },
			  .op = PROC_CN_MCAST_LISTEN } };

	return send(fd, &q, sizeof(q), 0) < 0 ? -errno : 0;
}

int connector_open(bool execs)
{
	_fd_ int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_CONNECTOR);
	struct sockaddr_nl at = { .nl_family = AF_NETLINK, .nl_groups = CN_IDX_PROC };
	int room = ROOM, r;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	r = keep_only(fd, execs);
	if (r == 0)
		r = bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 ? -errno : listen_to_it(fd);
	return r < 0 ? r : steal_fd(&fd);
}

static void one(const char *buf, size_t n, connector_fn *fn, void *arg)
{
	struct proc_event e;

	if (n < WHAT_AT + offsetof(struct proc_event, event_data) + sizeof(e.event_data.id))
		return;
	memset(&e, 0, sizeof(e));
	memcpy(&e, buf + WHAT_AT, n - WHAT_AT < sizeof(e) ? n - WHAT_AT : sizeof(e));
	if (e.what == PROC_EVENT_EXEC)
		fn(arg, CONNECTOR_EXEC, e.event_data.exec.process_tgid);
	else if (e.what == PROC_EVENT_UID)
		fn(arg, CONNECTOR_UID, e.event_data.id.process_tgid);
}

uint32_t connector_read(int fd, connector_fn *fn, void *arg)
{
	char buf[1024] __attribute__((aligned(NLMSG_ALIGNTO)));
	uint32_t lost = 0;

	for (;;) {
		struct sockaddr_nl from = { 0 };
		socklen_t len = sizeof(from);
		ssize_t n = recvfrom(fd, buf, sizeof(buf), 0, (struct sockaddr *)&from, &len);

		if (n < 0 && errno == ENOBUFS) {
			lost++;
			continue;
		}
		if (n < 0)
			return lost;
		if (from.nl_pid == 0)	/* from the kernel, not from another process */
			one(buf, (size_t)n, fn, arg);
	}
}
