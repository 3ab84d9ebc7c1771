/* SPDX-License-Identifier: GPL-2.0-only */
/* Sockets and socket addresses in the words of the ring. */
#ifndef PV_FLOW_H
#define PV_FLOW_H

#include <linux/types.h>
#include "capture.h"

struct sock;
struct sockaddr;

#define PV_UNIX_NAME 112

bool pv_is_inet(const struct sock *sk);		/* false for NULL */
void pv_flow_of(struct skep_flow *f, const struct sock *sk);
/* False if @at is no address of the internet. */
bool pv_flow_set_local(struct skep_flow *f, const struct sockaddr *at, int len);
bool pv_flow_set_remote(struct skep_flow *f, const struct sockaddr *to, int len);
/* Where a unix socket is bound, "@name" if it is in no file system, "" if nowhere. */
void pv_unix_name(const struct sock *sk, char name[PV_UNIX_NAME]);

#endif
