/* SPDX-License-Identifier: GPL-2.0-only */
/* What differs between the kernels this driver is built for, 6.1 and 6.12. */
#ifndef PV_VERSION_H
#define PV_VERSION_H

#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)

#include <asm/unaligned.h>

struct user_namespace;

#define PV_CONST_DRIVER			/* how a bus's match() gets the driver */
#define PV_COMMITTED			/* how a hook gets the program that is being run */
#define PV_IDMAP			/* the first argument of the hooks that change attributes */
#define PV_NO_IDMAP &init_user_ns	/* that of notify_change() */
#define PV_CAPABILITY "capability"	/* whose hooks ours are */

typedef char pv_tty_flag;
typedef int pv_tty_count;

#else

#include <linux/unaligned.h>

struct lsm_id;
struct mnt_idmap;
extern const struct lsm_id capability_lsmid;

#define PV_CONST_DRIVER const
#define PV_COMMITTED const
#define PV_IDMAP struct mnt_idmap *idmap,
#define PV_NO_IDMAP &nop_mnt_idmap
#define PV_CAPABILITY &capability_lsmid
#define PV_NO_SENDPAGE			/* what comes from a file is sent as any other message */

typedef u8 pv_tty_flag;
typedef size_t pv_tty_count;

#endif

#endif
