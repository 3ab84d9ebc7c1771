/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Control groups (version 2): what the kernel calls a folder of the hierarchy. */
#include <stdint.h>

struct cgroup {
	uint64_t id;		/* also its folder's inode */
	uint32_t level;		/* 0 is the hierarchy's root */
	char path[256];		/* "/system.slice/..." as /proc/PID/cgroup has it; "" is the root */
};

/* cgroup_find() - of a folder below the hierarchy's mount; 0 and *@ret; -EINVAL it is none; -errno */
int cgroup_find(const char *folder, struct cgroup *ret);
/* cgroup_mount() - where the hierarchy is mounted, into @ret; 0 or -ENOENT */
int cgroup_mount(char ret[256]);
