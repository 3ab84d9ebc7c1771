/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "frame_ops.h"

#include <stddef.h>

#include "skep/capture.h"

enum { OPS = 16 };

static const char *const names[EV_KINDS][OPS] = {
	[EV_CREDS] = {
		[SKEP_CREDS_UID] = "uid", [SKEP_CREDS_GID] = "gid", [SKEP_CREDS_CAPS] = "capabilities",
		[SKEP_CREDS_EXEC] = "exec",
	},
	[EV_NAMESPACE] = {
		[SKEP_NS_UNSHARE] = "unshare", [SKEP_NS_SETNS] = "setns", [SKEP_NS_CLONE] = "clone",
	},
	[EV_FILE] = {
		[SKEP_FILE_OPEN] = "open", [SKEP_FILE_CREATE] = "create", [SKEP_FILE_UNLINK] = "unlink",
		[SKEP_FILE_RENAME] = "rename", [SKEP_FILE_LINK] = "link", [SKEP_FILE_SYMLINK] = "symlink",
		[SKEP_FILE_CHMOD] = "chmod", [SKEP_FILE_CHOWN] = "chown", [SKEP_FILE_TRUNCATE] = "truncate",
		[SKEP_FILE_MKDIR] = "mkdir", [SKEP_FILE_RMDIR] = "rmdir", [SKEP_FILE_MKNOD] = "mknod",
		[SKEP_FILE_TIMES] = "times",
	},
	[EV_CONTENT] = { [SKEP_CONTENT_CLOSED] = "written", [SKEP_CONTENT_RUN] = "run" },
	[EV_MOUNT] = {
		[SKEP_MOUNT_MOUNT] = "mount", [SKEP_MOUNT_REMOUNT] = "remount", [SKEP_MOUNT_MOVE] = "move",
		[SKEP_MOUNT_UMOUNT] = "umount", [SKEP_MOUNT_PIVOT] = "pivot_root", [SKEP_MOUNT_CHROOT] = "chroot",
	},
	[EV_PTRACE] = { [SKEP_PTRACE_ACCESS] = "access", [SKEP_PTRACE_TRACEME] = "traceme" },
	[EV_KERNEL] = {
		[SKEP_KERNEL_REQUEST] = "module_request", [SKEP_KERNEL_UNLOAD] = "module_unload",
		[SKEP_KERNEL_BPF] = "bpf", [SKEP_KERNEL_KEXEC] = "kexec", [SKEP_KERNEL_MEMORY] = "memory",
		[SKEP_KERNEL_LOCKDOWN] = "lockdown", [SKEP_KERNEL_PERF] = "perf",
		[SKEP_KERNEL_PORTS] = "ports", [SKEP_KERNEL_URING] = "io_uring",
	},
	[EV_LOGIN] = {
		[SKEP_LOGIN_UNKNOWN] = "unknown", [SKEP_LOGIN_REFUSED] = "refused",
		[SKEP_LOGIN_ACCEPTED] = "accepted",
	},
	[EV_LOST] = { [SKEP_CLASS_KEPT] = "kept", [SKEP_CLASS_BULK] = "bulk" },
	[EV_LINEAGE] = {
		[SKEP_LINEAGE_FILE] = "file", [SKEP_LINEAGE_JOB] = "job", [SKEP_LINEAGE_TERMINAL] = "terminal",
		[SKEP_LINEAGE_SOCKET] = "socket",
	},
};

const char *frame_op_name(enum event_kind k, uint32_t op)
{
	return (unsigned)k < EV_KINDS && op < OPS ? names[k][op] : NULL;
}
