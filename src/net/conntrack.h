/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The gateway's connection table: who tells when a connection ended, and who makes the kernel tell it
 * soon. Left alone, the kernel looks for expired entries so seldom that the news is minutes old.
 */
#include <stdint.h>

#include "base/addr.h"

/* conntrack_listen() - a socket of the gateway @gw that gets an event for each entry that goes; or -errno */
int conntrack_listen(int gw);
/* conntrack_open() - a socket for sweep, flush and forget; they need CAP_NET_ADMIN */
int conntrack_open(int gw);
/* conntrack_sweep() - let go of what has expired; does not wait. 0 or -errno */
int conntrack_sweep(int fd);
/*
 * conntrack_forget_address() - let go of the connections of this address, before or behind a translation: they are
 * told as ended, and whoever gets the address has none of them. 0 or -errno
 */
int conntrack_forget_address(int gw, struct addr a);
/* conntrack_flush() - let go of everything: connections that are open are told as ended now */
int conntrack_flush(int fd);
/* conntrack_forget() - let go of the connections whose mark, under @mask, is @mark */
int conntrack_forget(int fd, uint32_t mark, uint32_t mask);
