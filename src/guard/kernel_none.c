/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In place of kernel.c where clang, bpftool or libbpf were missing at build time. */
#include "kernel.h"

#include <errno.h>

int kernel_open(const struct kernel_options *o, kernel_record_fn *on_record, void *arg, struct kernel **ret)
{
	(void)o, (void)on_record, (void)arg, (void)ret;
	return -ENOSYS;
}

void kernel_close(struct kernel *k)
{
	(void)k;
}

int kernel_fd(const struct kernel *k)
{
	(void)k;
	return -1;
}

void kernel_read(struct kernel *k)
{
	(void)k;
}

void kernel_files(struct kernel *k, const struct guard_files *f)
{
	(void)k, (void)f;
}

void kernel_allow(struct kernel *k, const uint64_t *cgroup, size_t n)
{
	(void)k, (void)cgroup, (void)n;
}

void kernel_enforce(struct kernel *k, bool on)
{
	(void)k, (void)on;
}

void kernel_tell(struct kernel *k, pid_t pid, const struct guard_lineage *l)
{
	(void)k, (void)pid, (void)l;
}

int kernel_ask(struct kernel *k, pid_t pid, struct guard_lineage *ret)
{
	(void)k, (void)pid, (void)ret;
	return -ENOENT;
}

void kernel_counts(struct kernel *k, uint64_t ret[COUNTS])
{
	(void)k, (void)ret;
}
