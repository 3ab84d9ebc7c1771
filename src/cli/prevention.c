/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "prevention.h"

#include <errno.h>

#include "base/mem.h"
#include "net/netns.h"
#include "net/queue.h"
#include "rules.h"

static int kernel_queues(bool six)
{
	_fd_ int ns = netns_new();

	return ns < 0 ? ns : queue_load(ns, six);
}

const char *prevention_lacks(bool six)
{
	int suricata = rules_suricata_queues(), kernel;

	if (suricata <= 0)
		return suricata == 0 ? "this Suricata was built without NFQUEUE" : suricata == -ENOENT ? "suricata is not installed" :
		       "suricata does not say what it can";
	kernel = kernel_queues(six);
	return kernel == 0 ? NULL : kernel == -ENOENT ? "the kernel has neither nft_queue nor xt_NFQUEUE" :
	       "the kernel cannot be asked for nft_queue and xt_NFQUEUE";
}
