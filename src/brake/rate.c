/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rate.h"

#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <netlink/netlink.h>
#include <netlink/route/qdisc.h>
#include <netlink/route/qdisc/tbf.h>
#include <netlink/route/tc.h>
#include <string.h>

enum {
	AT_ONCE = 128 * 1024,	/* bytes: more than any packet, also one that is cut into frames later */
	QUEUE = 256 * 1024,
};

static struct nl_sock *nl_open(void)
{
	struct nl_sock *s = nl_socket_alloc();

	if (s && nl_connect(s, NETLINK_ROUTE) < 0) {
		nl_socket_free(s);
		s = NULL;
	}
	return s;
}

static int put(struct nl_sock *s, int device, int bytes_per_s)
{
	struct rtnl_qdisc *q = rtnl_qdisc_alloc();
	int r;

	rtnl_tc_set_ifindex(TC_CAST(q), device);
	rtnl_tc_set_parent(TC_CAST(q), TC_H_ROOT);
	r = rtnl_tc_set_kind(TC_CAST(q), "tbf");
	if (r >= 0) {
		rtnl_qdisc_tbf_set_rate(q, bytes_per_s, AT_ONCE, 0);
		rtnl_qdisc_tbf_set_limit(q, QUEUE);
		r = rtnl_qdisc_add(s, q, NLM_F_CREATE | NLM_F_REPLACE);
	}
	rtnl_qdisc_put(q);
	return r;
}

int rate_set(const char *device, uint64_t bytes_per_s)
{
	struct nl_sock *s = nl_open();
	int r;

	if (!s)
		return -ENOMEM;
	r = put(s, (int)if_nametoindex(device), bytes_per_s < INT_MAX ? (int)bytes_per_s : INT_MAX);
	nl_socket_free(s);
	return r < 0 ? -EOPNOTSUPP : 0;
}

int rate_check(const char *device)
{
	struct nl_sock *s = nl_open();
	struct nl_cache *all = NULL;
	struct rtnl_qdisc *q;
	int r = -ENOMEM;

	if (s && rtnl_qdisc_alloc_cache(s, &all) == 0) {
		q = rtnl_qdisc_get_by_parent(all, (int)if_nametoindex(device), TC_H_ROOT);
		r = q && !strcmp(rtnl_tc_get_kind(TC_CAST(q)), "tbf");
		rtnl_qdisc_put(q);
		nl_cache_free(all);
	}
	nl_socket_free(s);
	return r;
}
