// SPDX-License-Identifier: GPL-2.0-only
/*
 * Probes: a visitor reads what tells whether this is a real machine. Many of these files are not here at
 * all; who looks for one in vain is told with ENOENT. Names are compared as they were given then: who
 * takes pains to write "." and ".." is missed.
 *
 * What every login, ps or ls reads is not in the list.
 */
#include <linux/dcache.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/magic.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <asm/processor.h>
#include <asm/ptrace.h>
#include <asm/unistd.h>
#include "channel.h"
#include "hooks.h"
#include "note.h"

/* With a slash at its end: it and all below. */
static const char *const telling[] = {
	"/proc/cpuinfo", "/proc/version", "/proc/cmdline", "/proc/modules", "/proc/kallsyms", "/proc/kcore",
	"/proc/config.gz", "/proc/iomem", "/proc/ioports", "/proc/interrupts", "/proc/dma", "/proc/devices",
	"/proc/misc", "/proc/mtrr", "/proc/scsi/", "/proc/ide/", "/proc/bus/", "/proc/acpi/", "/proc/driver/",
	"/proc/tty/", "/proc/xen/", "/proc/vz/", "/proc/bc/", "/proc/mm", "/proc/exitcode", "/proc/sysemu",
	"/proc/1/environ", "/proc/1/cgroup", "/proc/1/sched",
	"/proc/sys/kernel/version", "/proc/sys/kernel/tainted", "/proc/sys/kernel/modules_disabled",
	"/proc/sys/kernel/kptr_restrict", "/proc/sys/kernel/dmesg_restrict", "/proc/sys/kernel/yama/",
	"/proc/sys/kernel/perf_event_paranoid", "/proc/sys/kernel/unprivileged_bpf_disabled",
	"/sys/class/dmi/", "/sys/devices/virtual/dmi/", "/sys/firmware/", "/sys/hypervisor/", "/sys/module/",
	"/sys/bus/", "/sys/kernel/security/", "/sys/kernel/debug/", "/sys/devices/platform/",
	"/sys/devices/system/clocksource/", "/sys/devices/system/cpu/vulnerabilities/",
	"/dev/mem", "/dev/kmem", "/dev/port", "/dev/kvm", "/dev/ubda", "/dev/vport", "/dev/virtio-ports/",
	"/.dockerenv", "/run/.containerenv", "/run/systemd/container",
};

static bool is_telling(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(telling); i++) {
		size_t len = strlen(telling[i]);

		if (!strncmp(name, telling[i], len) && (telling[i][len - 1] == '/' || !name[len]))
			return true;
		if (telling[i][len - 1] == '/' && strlen(name) == len - 1 && !memcmp(name, telling[i], len - 1))
			return true;
	}
	return false;
}

static void tell(const char *name, u32 error)
{
	struct pv_note n;

	pv_note_begin(&n, SKEP_PROBE, current);
	pv_note_add_text(&n, SKEP_T_FILE, name);
	if (error)
		pv_note_add(&n, SKEP_T_CODE, &error, sizeof(error));
	pv_channel_put(&n);
}

/* Where a file system has its place, wherever somebody mounts it. */
static const char *place_of(const struct super_block *sb)
{
	switch (sb->s_magic) {
	case PROC_SUPER_MAGIC:	 return "/proc";
	case SYSFS_MAGIC:	 return "/sys";
	case SECURITYFS_MAGIC:	 return "/sys/kernel/security";
	case DEBUGFS_MAGIC:	 return "/sys/kernel/debug";
	default:		 return NULL;
	}
}

void pv_probe_open(struct file *f)
{
	const char *place = place_of(f->f_path.dentry->d_sb);
	char *buf, *inside, *name;

	if (!(f->f_mode & FMODE_READ) || !S_ISREG(file_inode(f)->i_mode) || !place)
		return;
	buf = __getname();
	inside = buf ? dentry_path_raw(f->f_path.dentry, buf, PATH_MAX) : NULL;
	name = IS_ERR_OR_NULL(inside) ? NULL : kasprintf(GFP_KERNEL, "%s%s", place, inside);
	if (name && is_telling(name))
		tell(name, 0);
	kfree(name);
	if (buf)
		__putname(buf);
}

/* Which of a call's words is the name it looks for. */
static const struct { unsigned int nr, word; } lookups[] = {
	{ __NR_open, 0 }, { __NR_openat, 1 }, { __NR_openat2, 1 }, { __NR_stat, 0 }, { __NR_lstat, 0 },
	{ __NR_newfstatat, 1 }, { __NR_statx, 1 }, { __NR_access, 0 }, { __NR_faccessat, 1 },
	{ __NR_faccessat2, 1 }, { __NR_readlink, 0 }, { __NR_readlinkat, 1 }, { __NR_chdir, 0 },
};

void pv_probe_missing(unsigned long nr)
{
	const struct uml_pt_regs *r = &task_pt_regs(current)->regs;
	unsigned long at = 0;
	char name[64];
	long len;

	if (!pv_task(current)->conn)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(lookups); i++)
		if (lookups[i].nr == nr)
			at = lookups[i].word ? UPT_SYSCALL_ARG2(r) : UPT_SYSCALL_ARG1(r);
	if (!at)
		return;
	len = strncpy_from_user(name, (const char __user *)at, sizeof(name));
	if (len <= 0 || len == sizeof(name) || name[0] != '/')
		return;
	if (is_telling(name))
		tell(name, ENOENT);
}
