/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What the BPF program and user space exchange. Both are built together: no outside format. */
#include <linux/types.h>

enum {
	GUARD_COMM = 16,
	GUARD_PATH = 256,
	GUARD_ARGS = 512,
	GUARD_ANCESTORS = 8,
};

struct guard_key {		/* a file, as the kernel knows it */
	__u64 ino;
	__u32 dev, pad;		/* dev: major << 20 | minor */
};

struct guard_lineage {		/* what is remembered of a task */
	__u32 origin;		/* enum guard_origin */
	__u32 honeypot;		/* it, or the one it descends from, was a honeypot's process */
};

struct guard_ancestor {
	__u32 pid;
	__u32 euid;
	__u64 start_ns;		/* since boot: tells a pid used again */
	char comm[GUARD_COMM];	/* hostile text */
};

struct guard_record {		/* one violation */
	__u64 at_ns;		/* CLOCK_BOOTTIME */
	__u64 cgroup;
	__u32 rule;		/* enum guard_rule */
	__u32 stopped;		/* 1: denied or killed by the program itself; 0: only seen */
	__u32 origin;		/* before */
	__u32 file;		/* enum guard_file bits */
	__u32 pid, uid, euid, login;
	__u32 tty;		/* its controlling terminal, as guard_key.dev; 0 none */
	__u32 n_ancestors;	/* the first is the process itself */
	__u32 n_args;		/* bytes */
	struct guard_ancestor ancestor[GUARD_ANCESTORS];
	char path[GUARD_PATH];	/* as asked for; ends in NUL; hostile text */
	char args[GUARD_ARGS];	/* NUL after each; hostile text */
};

enum guard_count { COUNT_EXECS, COUNT_JUDGED, COUNT_VIOLATIONS, COUNT_LOST, COUNTS };
