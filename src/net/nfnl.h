/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* nfnl_socket() - a NETLINK_NETFILTER socket of namespace @gw, bound; or -errno */
int nfnl_socket(int gw);
