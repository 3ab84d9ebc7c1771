// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the host wishes of a guest that runs: that all there is be written to the disk, so that who
 * reads the disk from outside sees it. Looked for once a second.
 */
#include <linux/init.h>
#include <linux/jiffies.h>
#include <linux/syscalls.h>
#include <linux/workqueue.h>
#include "channel.h"

static void look(struct work_struct *work)
{
	u32 wish;

	if (pv_sync_wished(&wish)) {
		ksys_sync();
		pv_sync_done(wish);
	}
	schedule_delayed_work(to_delayed_work(work), HZ);
}
static DECLARE_DELAYED_WORK(looks, look);

static int __init wish_init(void)
{
	if (pv_channel_open())
		schedule_delayed_work(&looks, HZ);
	return 0;
}
late_initcall(wish_init);
