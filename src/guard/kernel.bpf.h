/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The few kernel structures the guard reads, with the few fields it reads. libbpf moves each access
 * to where the running kernel has the field (CO-RE), so nothing here must be complete or in order.
 */
#include <linux/types.h>
#include <stdbool.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct { __u32 val; } kuid_t;

struct cred { kuid_t uid, euid; };
struct super_block { __u32 s_dev; };
struct inode { unsigned short i_mode; kuid_t i_uid; kuid_t i_gid; unsigned long i_ino; struct super_block *i_sb; };
struct dentry { struct dentry *d_parent; struct inode *d_inode; };
struct path { struct dentry *dentry; };
struct file { struct path f_path; struct inode *f_inode; };
struct mm_struct { unsigned long arg_start, arg_end; };
struct tty_driver { int major, minor_start; };
struct tty_struct { struct tty_driver *driver; int index; };
struct signal_struct { struct tty_struct *tty; };
struct task_struct {
	unsigned int flags;
	int pid, tgid;
	struct task_struct *real_parent, *group_leader;
	const struct cred *cred;
	struct mm_struct *mm;
	struct signal_struct *signal;
	kuid_t loginuid;
	__u64 start_boottime;
	char comm[16];
};
struct linux_binprm { struct file *file; struct cred *cred; const char *filename; };

#pragma clang attribute pop
