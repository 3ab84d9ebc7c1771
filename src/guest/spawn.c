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
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include "base/mem.h"
#include "disk.h"
#include "filter.h"
#include "landlock.h"
#include "limits.h"
#include "run/chan.h"
#include "run/sandbox.h"

/* Where the descriptors stand in the jail. */
enum { FD_RING = 3, FD_TAP = 4, FD_KERNEL = SPAWN_FD_KERNEL, FD_WORD, FDS };
enum { EXIT_JAIL = 99 };
enum { FILES_MAX = 256, SCRATCH_MB = 32 };

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

static int become_guest(const struct spawn *s)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET((size_t)s->cpu, &one);
	if (sched_setaffinity(0, sizeof(one), &one) < 0 || personality(ADDR_NO_RANDOMIZE) < 0 ||
	    sandbox_limit(RLIMIT_CORE, 0) < 0 || sandbox_limit(RLIMIT_NPROC, SPAWN_PROCESSES) < 0 ||
	    sandbox_limit(RLIMIT_NOFILE, FILES_MAX) < 0)
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
		 "vec0:transport=fd,fd=%d,vnet=1,%svec=0,depth=128,gro=1,mac=%02x:%02x:%02x:%02x:%02x:%02x",
		 FD_TAP, s->tagged ? "tag=1," : "", m[0], m[1], m[2], m[3], m[4], m[5]);
	syscall(SYS_execveat, FD_KERNEL, "", argv, env, AT_EMPTY_PATH);
	fail("kernel");
}

/* The listener that the child has sent, or -errno: it has ended before. */
static int take_listener(int from)
{
	_free_ struct chan_buf *b = xcalloc(1, sizeof(*b));
	struct pollfd p = { from, POLLIN, 0 };
	struct msg m;
	int r;

	while ((r = poll(&p, 1, -1)) < 0 && errno == EINTR)
		;
	r = r < 0 ? -errno : chan_recv(from, b, &m);
	return r == 1 ? m.fd : r < 0 ? r : -ECHILD;
}

/* From here on no call that is not on the list. The answer says that the listener is heard, and the limits hold. */
static int obey(const struct filter *f)
{
	int listener = filter_load(f);
	char byte;

	if (listener < 0)
		return listener;
	return chan_send(FD_WORD, 0, NULL, listener) < 0 || read(FD_WORD, &byte, 1) != 1 ? -EPIPE : 0;
}

static _Noreturn void child(const struct spawn *s, int kernel, int word)
{
	const int fds[FDS] = { s->console, s->console, s->console, s->ring < 0 ? s->console : s->ring, s->tap, kernel, word };

	if (build_root(s) < 0)
		fail("root folder");
	if (become_guest(s) < 0)
		fail("user and limits");
	if (landlock_enter(kernel) < 0)
		fail("landlock");
	if (sandbox_fds(fds, FDS) < 0)
		fail("descriptors");
	fcntl(FD_KERNEL, F_SETFD, FD_CLOEXEC);
	fcntl(FD_WORD, F_SETFD, FD_CLOEXEC);
	if (obey(s->filter) < 0)
		fail("system calls");
	run_kernel(s);
}

int guest_spawn(const struct spawn *s, pid_t *ret_pid, int *ret_listener)
{
	_fd_ int kernel = open(s->kernel, O_RDONLY | O_CLOEXEC), ours = -1, theirs = -1;
	int pidfd = -1, word[2];
	struct clone_args args = {
		.flags = CLONE_PIDFD | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS |
			 CLONE_NEWCGROUP,
		.pidfd = (uintptr_t)&pidfd,
		.exit_signal = SIGCHLD,
	};
	long pid;

	if (kernel < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, word) < 0)
		return -errno;
	ours = word[0];
	theirs = word[1];
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid < 0)
		return -errno;
	if (pid == 0)
		child(s, kernel, theirs);
	close_fd(&theirs);
	theirs = -1;
	*ret_pid = (pid_t)pid;
	if (s->group && limits_join(s->group, (pid_t)pid) < 0)
		kill((pid_t)pid, SIGKILL);	/* as if it had failed itself */
	*ret_listener = take_listener(ours);	/* if there is none, the process has ended, and its pidfd says so */
	if (*ret_listener >= 0 && write(ours, "", 1) != 1) {
		close_fd(ret_listener);
		*ret_listener = -1;
	}
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
