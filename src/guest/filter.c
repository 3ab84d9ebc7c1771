/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The list was measured: what was not on it was written down and let through (SECCOMP_USER_NOTIF_FLAG_CONTINUE) while
 * the system tests ran against real honeypots, from their start over attacks and reboots to their end. What makes the
 * calls: arch/um/os-Linux and arch/um/drivers of the kernel, and the start of a static glibc.
 */
#include "filter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_tun.h>
#include <asm/ptrace-abi.h>
#include <linux/ptrace.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include "base/mem.h"

#define NEW_NAMESPACE (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | \
		       CLONE_NEWNET)

/* What is allowed whatever its arguments are. */
static const int always[] = {
	/* disk, console, tap, ring: open descriptors */
	SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev), SCMP_SYS(pread64), SCMP_SYS(pwrite64),
	SCMP_SYS(recvmsg), SCMP_SYS(sendmsg), SCMP_SYS(lseek), SCMP_SYS(fsync), SCMP_SYS(fdatasync), SCMP_SYS(fallocate),
	SCMP_SYS(ftruncate), SCMP_SYS(close), SCMP_SYS(dup), SCMP_SYS(fcntl), SCMP_SYS(fstat),
	/* waiting for them */
	SCMP_SYS(poll), SCMP_SYS(epoll_create), SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait),
	SCMP_SYS(eventfd2), SCMP_SYS(futex),
	/* its memory and that of its processes */
	SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mprotect), SCMP_SYS(madvise), SCMP_SYS(brk), SCMP_SYS(modify_ldt),
	SCMP_SYS(arch_prctl),
	/* its processes: they are in a pid namespace of their own */
	SCMP_SYS(wait4), SCMP_SYS(kill), SCMP_SYS(tgkill), SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getppid),
	SCMP_SYS(getpgrp), SCMP_SYS(setsid), SCMP_SYS(exit), SCMP_SYS(exit_group),
	/* interrupts */
	SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigsuspend),
	SCMP_SYS(sigaltstack), SCMP_SYS(restart_syscall),
	/* time and chance */
	SCMP_SYS(clock_gettime), SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep), SCMP_SYS(timer_create),
	SCMP_SYS(timer_settime), SCMP_SYS(timer_gettime), SCMP_SYS(timer_delete), SCMP_SYS(getrandom), SCMP_SYS(sched_yield),
	/* its start: the C library's, the file of its memory, what machine this is */
	SCMP_SYS(openat), SCMP_SYS(access), SCMP_SYS(newfstatat), SCMP_SYS(readlink), SCMP_SYS(unlink),
	SCMP_SYS(statfs), SCMP_SYS(fstatfs), SCMP_SYS(uname), SCMP_SYS(set_tid_address), SCMP_SYS(set_robust_list), SCMP_SYS(prlimit64), SCMP_SYS(pipe2),
};

/* The first argument that counts, and its values. */
static const struct { int nr; unsigned arg; uint64_t value; } some[] = {
	{ SCMP_SYS(socketpair), 0, AF_UNIX },	/* between its threads */
	{ SCMP_SYS(ioctl), 1, TCGETS },		/* the console */
	{ SCMP_SYS(ioctl), 1, TCSETS },
	{ SCMP_SYS(ioctl), 1, TCSETSW },
	{ SCMP_SYS(ioctl), 1, TCSETSF },
	{ SCMP_SYS(ioctl), 1, TIOCGWINSZ },
	{ SCMP_SYS(ioctl), 1, TIOCSCTTY },
	{ SCMP_SYS(ioctl), 1, TIOCGPGRP },
	{ SCMP_SYS(ioctl), 1, TIOCSPGRP },
	{ SCMP_SYS(ioctl), 1, TUNGETIFF },	/* the wire */
	{ SCMP_SYS(ioctl), 1, TUNGETFEATURES },
	{ SCMP_SYS(ioctl), 1, TUNSETOFFLOAD },
	{ SCMP_SYS(ioctl), 1, TUNSETVNETHDRSZ },
	{ SCMP_SYS(ptrace), 0, PTRACE_TRACEME },
	{ SCMP_SYS(ptrace), 0, PTRACE_CONT },
	{ SCMP_SYS(ptrace), 0, PTRACE_KILL },
	{ SCMP_SYS(ptrace), 0, PTRACE_SYSCALL },
	{ SCMP_SYS(ptrace), 0, PTRACE_SYSEMU },
	{ SCMP_SYS(ptrace), 0, PTRACE_SYSEMU_SINGLESTEP },
	{ SCMP_SYS(ptrace), 0, PTRACE_SINGLESTEP },
	{ SCMP_SYS(ptrace), 0, PTRACE_PEEKUSR },
	{ SCMP_SYS(ptrace), 0, PTRACE_POKEUSR },
	{ SCMP_SYS(ptrace), 0, PTRACE_GETREGS },
	{ SCMP_SYS(ptrace), 0, PTRACE_SETREGS },
	{ SCMP_SYS(ptrace), 0, PTRACE_GETFPREGS },
	{ SCMP_SYS(ptrace), 0, PTRACE_SETFPREGS },
	{ SCMP_SYS(ptrace), 0, PTRACE_GETREGSET },
	{ SCMP_SYS(ptrace), 0, PTRACE_SETREGSET },
	{ SCMP_SYS(ptrace), 0, PTRACE_GETSIGINFO },
	{ SCMP_SYS(ptrace), 0, PTRACE_SETOPTIONS },
	{ SCMP_SYS(ptrace), 0, PTRACE_OLDSETOPTIONS },
	{ SCMP_SYS(ptrace), 0, PTRACE_ARCH_PRCTL },
};

static int add_rules(scmp_filter_ctx c, int kernel_fd)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < nitems(always); i++)
		r = seccomp_rule_add(c, SCMP_ACT_ALLOW, always[i], 0);
	for (size_t i = 0; r == 0 && i < nitems(some); i++)
		r = seccomp_rule_add(c, SCMP_ACT_ALLOW, some[i].nr, 1, SCMP_CMP(some[i].arg, SCMP_CMP_EQ, some[i].value));
	if (r == 0)
		r = seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, SCMP_A0(SCMP_CMP_MASKED_EQ, NEW_NAMESPACE, 0));
	if (r == 0)	/* its flags lie in memory, where nobody can judge them; the C library then takes clone */
		r = seccomp_rule_add(c, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	if (r == 0)	/* less still, as soon as it has started (kernel/driver/host_user.c) */
		r = seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(seccomp), 2,
				     SCMP_A0(SCMP_CMP_EQ, SECCOMP_SET_MODE_FILTER), SCMP_A1(SCMP_CMP_EQ, SECCOMP_FILTER_FLAG_TSYNC));
	if (r == 0)	/* itself, once: the descriptor closes */
		r = seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(execveat), 2, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)kernel_fd),
				     SCMP_A4(SCMP_CMP_EQ, AT_EMPTY_PATH));
	return r;
}

/* The library says it into a file. */
static int take_program(scmp_filter_ctx c, struct filter *f)
{
	_fd_ int fd = memfd_create("filter", MFD_CLOEXEC);
	off_t len;
	int r = fd < 0 ? -errno : seccomp_export_bpf(c, fd);

	if (r < 0)
		return r;
	len = lseek(fd, 0, SEEK_END);
	f->program = xcalloc(1, sizeof(*f->program));
	f->program->filter = xcalloc(1, (size_t)len);
	f->program->len = (unsigned short)((size_t)len / sizeof(struct sock_filter));
	return pread(fd, f->program->filter, (size_t)len, 0) == len ? 0 : -EIO;
}

int filter_make(int kernel_fd, struct filter *ret)
{
	scmp_filter_ctx c = seccomp_init(SCMP_ACT_NOTIFY);
	int r = c ? 0 : -ENOMEM;

	*ret = (struct filter){ 0 };
	if (r == 0)
		r = add_rules(c, kernel_fd);
	if (r == 0)
		r = take_program(c, ret);
	seccomp_release(c);
	if (r < 0)
		filter_free(ret);
	return r;
}

void filter_free(struct filter *f)
{
	if (f->program)
		free(f->program->filter);
	free(f->program);
	f->program = NULL;
}

int filter_load(const struct filter *f)
{
	long fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, f->program);

	return fd < 0 ? -errno : (int)fd;
}

int foul_next(int listener, struct foul *ret)
{
	struct seccomp_notif n = { 0 };

	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &n) < 0)
		return -errno;
	*ret = (struct foul){ .id = n.id, .pid = (pid_t)n.pid, .nr = n.data.nr };
	for (size_t i = 0; i < nitems(ret->args); i++)
		ret->args[i] = n.data.args[i];
	return 0;
}

void foul_text(const struct foul *f, char *ret, size_t size)
{
	char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, f->nr);
	const uint64_t *a = f->args;

	snprintf(ret, size, "%s(%#llx, %#llx, %#llx, %#llx, %#llx, %#llx)", name ? name : "?", (unsigned long long)a[0],
		 (unsigned long long)a[1], (unsigned long long)a[2], (unsigned long long)a[3], (unsigned long long)a[4],
		 (unsigned long long)a[5]);
	free(name);
}
