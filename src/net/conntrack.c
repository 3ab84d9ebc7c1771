/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A dump walks the whole table and takes out what has expired on its way (net/netfilter/
 * nf_conntrack_netlink.c, ctnetlink_dump_table). Asked for a family of which it never has an entry, it
 * walks within the request and answers with nothing but its end.
 */
#include "conntrack.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
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

	return ask(fd, request(buf, IPCTNL_MSG_CT_GET, NLM_F_DUMP, AF_BRIDGE));
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

/* --- one address's ---------------------------------------------------------------------------- */

struct forgetting {
	struct addr a;
	uint8_t family;			/* AF_... */
	struct text orders;		/* requests, each a whole message */
};

/* is_of() - one of the ends of this tuple has the address */
static bool is_of(const struct nlattr *tuple, const struct addr *a)
{
	uint16_t src = a->family == 4 ? CTA_IP_V4_SRC : CTA_IP_V6_SRC, dst = a->family == 4 ? CTA_IP_V4_DST : CTA_IP_V6_DST;
	size_t size = a->family == 4 ? 4 : 16;
	const struct nlattr *ip, *end;

	mnl_attr_for_each_nested(ip, tuple) {
		if (mnl_attr_get_type(ip) != CTA_TUPLE_IP)
			continue;
		mnl_attr_for_each_nested(end, ip) {
			uint16_t type = mnl_attr_get_type(end);

			if ((type == src || type == dst) && mnl_attr_get_payload_len(end) == size &&
			    !memcmp(mnl_attr_get_payload(end), a->byte, size))
				return true;
		}
	}
	return false;
}

static int look_at_entry(const struct nlmsghdr *h, void *arg)
{
	struct forgetting *f = arg;
	const struct nlattr *a;

	mnl_attr_for_each(a, h, sizeof(struct nfgenmsg)) {
		struct nlmsghdr order = { .nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE, .nlmsg_flags = NLM_F_REQUEST };
		struct nfgenmsg g = { .nfgen_family = f->family, .version = NFNETLINK_V0 };

		if ((mnl_attr_get_type(a) != CTA_TUPLE_ORIG && mnl_attr_get_type(a) != CTA_TUPLE_REPLY) || !is_of(a, &f->a))
			continue;
		order.nlmsg_len = (uint32_t)(sizeof(order) + sizeof(g) + MNL_ALIGN(a->nla_len));
		text_addn(&f->orders, &order, sizeof(order));
		text_addn(&f->orders, &g, sizeof(g));
		text_addn(&f->orders, a, MNL_ALIGN(a->nla_len));
		break;			/* one end tells which it is */
	}
	return MNL_CB_OK;
}

static int read_table(int fd, struct forgetting *f)
{
	char buf[32 * 1024];
	struct timeval patience = { .tv_sec = 2 };
	int r = ask(fd, request(buf, IPCTNL_MSG_CT_GET, NLM_F_DUMP, f->family));

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	for (int more = MNL_CB_OK; r == 0 && more > MNL_CB_STOP;) {
		ssize_t n = recv(fd, buf, sizeof(buf), 0);

		more = n < 0 ? MNL_CB_ERROR : mnl_cb_run(buf, (size_t)n, 0, 0, look_at_entry, f);
		r = more < 0 ? -errno : 0;
	}
	return r;
}

int conntrack_forget_address(int gw, struct addr a)
{
	struct forgetting f = { .a = a, .family = a.family == 4 ? AF_INET : AF_INET6 };
	_fd_ int fd = nfnl_socket(gw);
	int r = fd < 0 ? fd : read_table(fd, &f);

	for (size_t at = 0; r == 0 && at < f.orders.len;) {
		const struct nlmsghdr *h = (const void *)(f.orders.at + at);

		if (send(fd, h, h->nlmsg_len, 0) < 0)
			r = -errno;
		at += h->nlmsg_len;
	}
	text_fini(&f.orders);
	return r;
}
