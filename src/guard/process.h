/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* A process as /proc shows it now: for the levels without BPF, and to tell the BPF program about those
 * that are older than it. What is gone is gone: every reader has to expect -ENOENT. */
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "files.h"
#include "record.h"

enum { LOGIN_NONE = UINT32_MAX };

struct process {
	pid_t pid, ppid;
	uint32_t uid, euid;
	uint32_t login;			/* audit login id, or LOGIN_NONE */
	uint32_t tty;			/* controlling terminal, major << 20 | minor; 0 none */
	uint64_t start_ticks;
	bool kernel;			/* a thread of the kernel: no exe */
	char comm[GUARD_COMM];		/* hostile text */
	char exe[GUARD_PATH];		/* "" unknown; hostile text */
	struct stat exe_st;		/* if exe is known */
};

/* process_read() - 0 and *@ret, -ENOENT it is gone, -errno */
int process_read(pid_t pid, struct process *ret);
bool process_root(const struct process *p);
/* process_origin() - enum guard_origin, worked out from what it and its ancestors are now */
uint32_t process_origin(const struct process *p, const struct guard_files *f);
/* process_in_cgroup() - in the cgroup (version 2) @path, "/..." from the hierarchy's root, or below it */
bool process_in_cgroup(pid_t pid, const char *path);
/* process_exe() - path of its program into @ret, "" if it cannot be told */
void process_exe(pid_t pid, char ret[GUARD_PATH]);
/* process_args() - first bytes of its command line, NUL after each; how many */
uint32_t process_args(pid_t pid, char ret[GUARD_ARGS]);
/* process_ancestors() - itself first; how many */
uint32_t process_ancestors(const struct process *p, struct guard_ancestor ret[GUARD_ANCESTORS]);
