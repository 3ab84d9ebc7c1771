/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files about files share: kinds of file systems, and what is known of an inode. */
#ifndef PV_FILES_H
#define PV_FILES_H

#include <linux/types.h>
#include "capture.h"

struct inode;
struct super_block;

enum pv_fs {
	PV_FS_PLAIN,	/* files as everybody knows them */
	PV_FS_PROC,
	PV_FS_SYSTEM,	/* switches of the kernel: sysfs and its like */
	PV_FS_NONE,	/* pipes, sockets, control groups: nothing worth telling */
};

enum pv_fs pv_fs_of(const struct super_block *sb);

/* Of an inode that an intruder opened for writing, or that was run and is not part of the image. */
struct pv_written {
	struct skep_rec by;	/* who wrote it last in a visit; conn 0: nobody did */
	u64 told_by[2];		/* who was told to open it, to cut it short; by entity */
	u64 told_at[2];
	u64 captured;		/* so many bytes, from its beginning, are with the host */
	u64 captured_at;	/* since then; 0 never */
	bool dirty;		/* written since then */
	bool rewritten;		/* not only at its end */
	bool inside;		/* by another program than a server that accepts */
	bool made;		/* in a visit: made, or cut short */
	bool run;		/* all of it is with the host, as it was when it was run */
};

struct pv_written *pv_written_of(const struct inode *i);	/* or NULL */
struct pv_written *pv_written_make(struct inode *i);		/* NULL only if there is no memory */

#endif
