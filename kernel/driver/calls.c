// SPDX-License-Identifier: GPL-2.0-only
/*
 * System calls no security module is asked about, or only when they go well: each is put in the
 * place of the kernel's own, calls that one, and tells how it went. Some are not there in this
 * kernel; that someone tried is worth as much.
 */
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/proc_ns.h>
#include <linux/sched.h>
#include <linux/uaccess.h>
#include <asm/syscall.h>
#include <asm/unistd.h>
#include "channel.h"
#include "hooks.h"
#include "note.h"

/* The six registers of a system call. */
#define ARGS unsigned long a, unsigned long b, unsigned long c, unsigned long d, unsigned long e, unsigned long f

extern const sys_call_ptr_t sys_call_table[];

static sys_call_ptr_t plain[__NR_syscalls];

#define CALL(name) plain[__NR_##name](a, b, c, d, e, f)

/* Of an answer: 0, or the error a program sees. A call that is begun again has not failed. */
static u32 error_of(long answer)
{
	return answer < 0 && answer >= -MAX_ERRNO && -answer < ERESTARTSYS ? -answer : 0;
}

static long told_execve(ARGS)
{
	long r = CALL(execve);

	if (error_of(r))
		pv_exec_failed(AT_FDCWD, (const char __user *)a, (const char __user *const __user *)b, error_of(r));
	return r;
}

static long told_execveat(ARGS)
{
	long r = CALL(execveat);

	if (error_of(r))
		pv_exec_failed(a, (const char __user *)b, (const char __user *const __user *)c, error_of(r));
	return r;
}

void pv_namespace(struct task_struct *t, u32 op, u32 flags, u32 error)
{
	struct pv_note n;

	pv_note_begin(&n, SKEP_NAMESPACE, t);
	n.rec.flags |= error ? SKEP_F_REFUSED : 0;
	pv_note_add(&n, SKEP_T_OP, &op, sizeof(op));
	pv_note_add(&n, SKEP_T_CODE, &flags, sizeof(flags));
	pv_channel_put(&n);
}

static long told_unshare(ARGS)
{
	u32 flags = a & PV_CLONE_NEW;
	long r = CALL(unshare);

	if (flags && pv_task(current)->conn)
		pv_namespace(current, SKEP_NS_UNSHARE, flags, error_of(r));
	return r;
}

/* Which namespaces setns() is asked to enter: 0 stands for the one kind the descriptor has. */
static u32 kinds_of(int fd, u32 asked)
{
	struct file *f = fget(fd);

	if (f && proc_ns_file(f))
		asked = get_proc_ns(file_inode(f))->ops->type;
	if (f)
		fput(f);
	return asked;
}

static long told_setns(ARGS)
{
	u32 flags = kinds_of(a, b);
	long r = CALL(setns);

	if (pv_task(current)->conn)
		pv_namespace(current, SKEP_NS_SETNS, flags, error_of(r));
	return r;
}

static long told_delete_module(ARGS)
{
	char name[MODULE_NAME_LEN];
	long len = strncpy_from_user(name, (const char __user *)a, sizeof(name)), r = CALL(delete_module);

	name[len < 0 ? 0 : min_t(long, len, sizeof(name) - 1)] = '\0';
	pv_attempt(SKEP_KERNEL_UNLOAD, name, error_of(r));
	return r;
}

static long told_bpf(ARGS)
{
	static const char *const commands[] = {
		"map_create", "map_lookup_elem", "map_update_elem", "map_delete_elem", "map_get_next_key",
		"prog_load", "obj_pin", "obj_get", "prog_attach", "prog_detach", "prog_test_run",
	};
	long r = CALL(bpf);

	if (pv_task(current)->conn)
		pv_attempt(SKEP_KERNEL_BPF, (u32)a < ARRAY_SIZE(commands) ? commands[(u32)a] : "", error_of(r));
	return r;
}

/* What a boot does, too, is told of visits only. */
#define ATTEMPT(name, op, what, visits_only) \
	static long told_##name(ARGS) \
	{ \
		long r = CALL(name); \
\
		if (!(visits_only) || pv_task(current)->conn) \
			pv_attempt(op, what, error_of(r)); \
		return r; \
	}

ATTEMPT(perf_event_open, SKEP_KERNEL_PERF, "", true)
ATTEMPT(io_uring_setup, SKEP_KERNEL_URING, "", true)
ATTEMPT(kexec_load, SKEP_KERNEL_KEXEC, "kexec_load", false)
ATTEMPT(kexec_file_load, SKEP_KERNEL_KEXEC, "kexec_file_load", false)
ATTEMPT(iopl, SKEP_KERNEL_PORTS, "iopl", false)
ATTEMPT(ioperm, SKEP_KERNEL_PORTS, "ioperm", false)

static const struct { unsigned int nr; sys_call_ptr_t told; } calls[] __initconst = {
	{ __NR_execve, told_execve },
	{ __NR_execveat, told_execveat },
	{ __NR_unshare, told_unshare },
	{ __NR_setns, told_setns },
	{ __NR_delete_module, told_delete_module },
	{ __NR_bpf, told_bpf },
	{ __NR_perf_event_open, told_perf_event_open },
	{ __NR_kexec_load, told_kexec_load },
	{ __NR_kexec_file_load, told_kexec_file_load },
	{ __NR_iopl, told_iopl },
	{ __NR_ioperm, told_ioperm },
	{ __NR_io_uring_setup, told_io_uring_setup },
};

/* The table is constant for the compiler only: nothing here is write-protected. */
static int __init calls_init(void)
{
	sys_call_ptr_t *table = (sys_call_ptr_t *)sys_call_table;

	if (!pv_channel_open())
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		plain[calls[i].nr] = table[calls[i].nr];
		table[calls[i].nr] = calls[i].told;
	}
	return 0;
}
core_initcall(calls_init);
