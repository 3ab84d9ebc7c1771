/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Walking a datagram of netlink messages. Pure. */
#include <linux/netlink.h>

/* netlink_next() - the message at *@at, which moves behind it; NULL at the end or at nonsense.
 * mnl_nlmsg_ok() takes a length above 2 GiB for a negative one, and so for good. */
const struct nlmsghdr *netlink_next(const char **at, const char *end);
