/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netlink.h"

#include <stddef.h>

const struct nlmsghdr *netlink_next(const char **at, const char *end)
{
	const struct nlmsghdr *h = (const void *)*at;
	size_t left = (size_t)(end - *at), step;

	if (left < sizeof(*h) || h->nlmsg_len < sizeof(*h) || h->nlmsg_len > left)
		return NULL;
	step = NLMSG_ALIGN(h->nlmsg_len);
	*at += step < left ? step : left;
	return h;
}
