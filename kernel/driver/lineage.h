/* SPDX-License-Identifier: GPL-2.0-only */
/* Whose doing it is, where descent alone does not say. */
#ifndef PV_LINEAGE_H
#define PV_LINEAGE_H

#include <linux/types.h>

struct file;
struct inode;
struct linux_binprm;
struct msghdr;
struct pv_mark;
struct skep_flow;
struct sock;

/* lineage.c */
void pv_lineage_exec(struct linux_binprm *bprm);	/* for each of a script's interpreters too */
/* What current took over and how; @flow and @by may be NULL. */
void pv_lineage_tell(u32 op, const struct skep_flow *flow, const char *by, bool atomic);

/* mark.c */
const struct pv_mark *pv_mark_of(struct inode *inode);	/* NULL: no session's */
void pv_mark_put(struct inode *inode, u64 conn, u64 from);

/* order.c */
#define PV_ORDER_NAME 256

struct pv_order {
	u64 conn;
	u32 op;				/* enum skep_lineage_op */
	char name[PV_ORDER_NAME];	/* the file or socket it came by */
};

void pv_order_read(struct file *file, const struct pv_mark *mark);	/* current reads it */
void pv_order_sent(const struct sock *sk, const struct msghdr *msg);	/* by current, to init */
/* Whether the command line @argv, a NUL after each word, that current is about to run was ordered. */
bool pv_order_find(const char *argv, u32 len, struct pv_order *ret);

#endif
