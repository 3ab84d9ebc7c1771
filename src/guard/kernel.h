/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* The guard's BPF program, from user space. A build without BPF has kernel_none.c instead. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "cgroup.h"
#include "files.h"
#include "record.h"

struct kernel;

struct kernel_options {
	bool lsm;			/* deny by BPF LSM; else kill from the tracepoint */
	bool enforce;			/* else shells are only reported */
	struct cgroup scope;		/* id 0: the whole machine */
	uint32_t honeypot_uid, honeypot_uids;
};

typedef void kernel_record_fn(void *arg, const struct guard_record *r);

/* kernel_open() - load and attach; from then on every execve() is judged. -errno: not on this machine.
 * Its processes' origins are still unknown, and unknown ones are let be: see kernel_tell(). */
int kernel_open(const struct kernel_options *o, kernel_record_fn *on_record, void *arg, struct kernel **ret);
void kernel_close(struct kernel *k);			/* may be NULL; the machine is as before */
int kernel_fd(const struct kernel *k);			/* readable when there are records */
void kernel_read(struct kernel *k);			/* calls on_record() for each */
void kernel_files(struct kernel *k, const struct guard_files *f);	/* replaces the list */
void kernel_allow(struct kernel *k, const uint64_t *cgroup, size_t n);	/* replaces the list */
void kernel_enforce(struct kernel *k, bool on);
/* kernel_tell() - of a process older than the program; nothing happens if it is known already */
void kernel_tell(struct kernel *k, pid_t pid, const struct guard_lineage *l);
/* kernel_ask() - 0 and *@ret, or -ENOENT */
int kernel_ask(struct kernel *k, pid_t pid, struct guard_lineage *ret);
void kernel_counts(struct kernel *k, uint64_t ret[COUNTS]);
