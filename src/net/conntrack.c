/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A dump walks the whole table and takes out what has expired on its way (net/netfilter/
 * nf_conntrack_netlink.c, ctnetlink_dump_table). Asked for IPv6, of which the gateway has no entry, it
 * walks within the request and answers with nothing but its end.
 */
#include "conntrack.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "nfnl.h"

int conntrack_listen(int gw)
{
	_fd_ int fd = nfnl_socket(gw);
	int group = NFNLGRP_CONNTRACK_DESTROY, room = 32 * 1024 * 1024;

	if (fd < 0)
		return fd;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) < 0 ||
	    setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0)
		return -errno;
	return steal_fd(&fd);
}

int conntrack_open(int gw)
{
	return nfnl_socket(gw);
}

enum { REQUEST_MAX = 64 };

/* request() - its head, in a buffer of REQUEST_MAX */
static struct nlmsghdr *request(char *buf, uint16_t type, uint16_t flags, uint8_t family)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct nfgenmsg *g;

	h->nlmsg_type = (uint16_t)(NFNL_SUBSYS_CTNETLINK << 8 | type);
	h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	g = mnl_nlmsg_put_extra_header(h, sizeof(*g));
	*g = (struct nfgenmsg){ .nfgen_family = family, .version = NFNETLINK_V0 };
	return h;
}

static int ask(int fd, const struct nlmsghdr *h)
{
	char answer[4096];

	/* what was answered the last time */
	while (recv(fd, answer, sizeof(answer), MSG_DONTWAIT | MSG_TRUNC) > 0)
		;
	return send(fd, h, h->nlmsg_len, MSG_DONTWAIT) < 0 ? -errno : 0;
}

int conntrack_sweep(int fd)
{
	char buf[REQUEST_MAX];

	return ask(fd, request(buf, IPCTNL_MSG_CT_GET, NLM_F_DUMP, AF_INET6));
}

int conntrack_flush(int fd)
{
	char buf[REQUEST_MAX];

	return ask(fd, request(buf, IPCTNL_MSG_CT_DELETE, 0, AF_UNSPEC));
}

int conntrack_forget(int fd, uint32_t mark, uint32_t mask)
{
	char buf[REQUEST_MAX];
	struct nlmsghdr *h = request(buf, IPCTNL_MSG_CT_DELETE, 0, AF_UNSPEC);

	mnl_attr_put_u32(h, CTA_MARK, htonl(mark));
	mnl_attr_put_u32(h, CTA_MARK_MASK, htonl(mask));
	return ask(fd, h);
}
