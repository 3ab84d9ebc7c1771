/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Theory of operation
 *
 * clone() makes the child the first process of a pid namespace, so that its end is the end of
 * everything below it. The child builds its root on a tmpfs that only it sees, leaves the old one,
 * becomes its user, and executes the kernel by descriptor: no path of the host is left to it.
 *
 * Why each setting is there (measured):
 *   one cpu           a guest that moves between processors is six times slower
 *   no randomization  a static kernel would waste memory on the random gap, or execute itself again
 *   rseq off          glibc 2.35 and newer register it, and the guest's first process dies
 *   vec=0, vnet=1     a tap descriptor with virtio-net headers: tap speed without privileges
 */
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include "base/mem.h"
#include "disk.h"

/* Where the descriptors stand in the jail. */
enum { FD_RING = 3, FD_TAP = 4, FD_KERNEL = 5, FDS };
enum { EXIT_JAIL = 99 };
enum { PROCESS_MAX = 2048, FILES_MAX = 256, SCRATCH_MB = 32 };

static int touch(const char *path)
{
	_fd_ int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	return fd < 0 ? -errno : 0;
}

static int bind_file(const char *from, const char *name, unsigned long more)
{
	if (touch(name) < 0 || mount(from, name, NULL, MS_BIND, NULL) < 0 ||
	    mount(NULL, name, NULL, MS_REMOUNT | MS_BIND | MS_NOSUID | MS_NODEV | MS_NOEXEC | more, NULL) < 0)
		return -errno;
	return 0;
}

/* The guest's memory is a file here, so the tmpfs is as large as that and not noexec. */
static int build_root(const struct spawn *s)
{
	char options[96];

	snprintf(options, sizeof(options), "mode=1777,size=%um", s->memory_mb + SCRATCH_MB);
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("root", s->scratch, "tmpfs", MS_NOSUID | MS_NODEV, options) < 0 || chdir(s->scratch) < 0)
		return -errno;
	if (bind_file(s->image, &DISK_BACKING[1], MS_RDONLY) < 0 || bind_file(s->disk, "disk", 0) < 0)
		return -errno;
	if (syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return -errno;
	return 0;
}

static int limit(int what, rlim_t most)
{
	struct rlimit l = { most, most };

	return setrlimit((__rlimit_resource_t)what, &l) < 0 ? -errno : 0;
}

static int become_guest(const struct spawn *s)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET((size_t)s->cpu, &one);
	if (sched_setaffinity(0, sizeof(one), &one) < 0 || personality(ADDR_NO_RANDOMIZE) < 0 ||
	    limit(RLIMIT_CORE, 0) < 0 || limit(RLIMIT_NPROC, PROCESS_MAX) < 0 ||
	    limit(RLIMIT_NOFILE, FILES_MAX) < 0)
		return -errno;
	for (int cap = 0; cap <= 63; cap++)
		if (prctl(PR_CAPBSET_DROP, cap) < 0 && errno != EINVAL)
			return -errno;
	if (setgroups(0, NULL) < 0 || setresgid(s->uid, s->uid, s->uid) < 0 || setresuid(s->uid, s->uid, s->uid) < 0)
		return -errno;
	/* The kernel traces its own processes, so it must be dumpable; the signal comes after the
	 * change of user, which clears it. */
	if (prctl(PR_SET_DUMPABLE, 1) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return -errno;
	return 0;
}

/* move_fds() - @from[i] becomes descriptor i, everything else is closed */
static int move_fds(const int *from, int n)
{
	int high[16];

	for (int i = 0; i < n; i++)
		if ((high[i] = fcntl(from[i], F_DUPFD, 64)) < 0)
			return -errno;
	for (int i = 0; i < n; i++)
		if (dup2(high[i], i) < 0)
			return -errno;
	return close_range((unsigned)n, ~0U, 0) < 0 ? -errno : 0;
}

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "jail: %s: %s\n", what, strerror(errno));
	_exit(EXIT_JAIL);
}

static _Noreturn void run_kernel(const struct spawn *s)
{
	char memory[32], net[128], console[] = "con0=fd:0,fd:1";
	const uint8_t *m = s->mac;
	char *argv[] = {
		"linux", memory, "ubd0=/disk," DISK_BACKING, "root=/dev/vda", "rw", console, "con=none",
		"ssl=none", net, s->ring < 0 ? NULL : "pv=3", NULL,
	};
	char *env[] = { "TMPDIR=/", "HOME=/", "GLIBC_TUNABLES=glibc.pthread.rseq=0", NULL };

	snprintf(memory, sizeof(memory), "mem=%uM", s->memory_mb);
	snprintf(net, sizeof(net),
		 "vec0:transport=fd,fd=%d,vnet=1,vec=0,depth=128,gro=1,mac=%02x:%02x:%02x:%02x:%02x:%02x",
		 FD_TAP, m[0], m[1], m[2], m[3], m[4], m[5]);
	fcntl(FD_KERNEL, F_SETFD, FD_CLOEXEC);
	syscall(SYS_execveat, FD_KERNEL, "", argv, env, AT_EMPTY_PATH);
	fail("kernel");
}

static _Noreturn void child(const struct spawn *s, int kernel)
{
	const int fds[FDS] = { s->console, s->console, s->console, s->ring < 0 ? s->console : s->ring, s->tap, kernel };

	if (build_root(s) < 0)
		fail("root folder");
	if (become_guest(s) < 0)
		fail("user and limits");
	if (move_fds(fds, FDS) < 0)
		fail("descriptors");
	run_kernel(s);
}

int guest_spawn(const struct spawn *s, pid_t *ret_pid)
{
	_fd_ int kernel = open(s->kernel, O_RDONLY | O_CLOEXEC);
	int pidfd = -1;
	struct clone_args args = {
		.flags = CLONE_PIDFD | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS |
			 CLONE_NEWCGROUP,
		.pidfd = (uintptr_t)&pidfd,
		.exit_signal = SIGCHLD,
	};
	long pid;

	if (kernel < 0)
		return -errno;
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid < 0)
		return -errno;
	if (pid == 0)
		child(s, kernel);
	*ret_pid = (pid_t)pid;
	return pidfd;
}

int console_open(int *ret_master, int *ret_slave)
{
	_fd_ int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK), slave = -1;
	struct termios raw;
	char name[64];

	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
		return -errno;
	if (ptsname_r(master, name, sizeof(name)))
		return -ENODEV;
	slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0 || tcgetattr(slave, &raw) < 0)
		return -errno;
	cfmakeraw(&raw);
	if (tcsetattr(slave, TCSANOW, &raw) < 0)
		return -errno;
	*ret_master = steal_fd(&master);
	*ret_slave = steal_fd(&slave);
	return 0;
}
