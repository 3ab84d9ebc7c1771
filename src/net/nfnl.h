/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* nfnl_socket() - a NETLINK_NETFILTER socket of namespace @gw, bound; or -errno */
int nfnl_socket(int gw);
/* nfnl_talk() - sends @len bytes of messages, and reads until the one with number @last is acknowledged; 0 or -errno */
int nfnl_talk(int fd, const void *buf, size_t len, uint32_t last);
