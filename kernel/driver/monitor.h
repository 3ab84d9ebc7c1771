/* SPDX-License-Identifier: GPL-2.0-only */
/* What sshd's monitor is asked and answers, as logins. */
#ifndef PV_MONITOR_H
#define PV_MONITOR_H

#include <linux/types.h>

struct pv_monitor;

struct pv_monitor *pv_monitor_new(void);	/* may sleep; NULL: no memory */
void pv_monitor_free(struct pv_monitor *m);	/* anywhere; NULL is fine */

/* The current task wrote this; @end 0 or 1. */
void pv_monitor_feed(struct pv_monitor *m, u32 end, const u8 *bytes, u32 len);

#endif
