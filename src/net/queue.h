/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * What goes to a program, which decides about it (nfnetlink_queue), before it leaves: packets of connections that
 * honeypots have opened to the outside, both ways, once the table skep has accepted them. The rules never say "bypass":
 * while nobody reads the queue, what comes to it is dropped by the kernel.
 */
#include <stdbool.h>
#include <stddef.h>

#define QUEUE_TABLE "skep_queue"	/* of family ip, and another one of ip6: xtables knows no inet */
enum { QUEUE_NUMBER = 0 };

/*
 * queue_load() - the table in the gateway @gw, with @six also that for IPv6, in one transaction, with what this kernel has for it:
 * nftables' own statement (nft_queue), or the target of xtables (xt_NFQUEUE) by way of nft_compat. Whatever the table was before is
 * replaced. 0; -ENOENT: the kernel has neither; or -errno
 */
int queue_load(int gw, bool six);
/* queue_unload() - it is gone, also if it was not there; @six likewise. 0 or -errno */
int queue_unload(int gw, bool six);
