/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * probe - what one who has taken over a honeypot's kernel would try: started in its place, in the very same
 * jail. One attempt a start, for the first call that is not allowed ends it. It makes the calls itself, since
 * a library might be careful.
 */
#include "jail_probe.h"
#include "skep/capture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

enum { RING = 3, TAP = 4 };

static long open_path(const char *path)
{
	return syscall(SYS_openat, AT_FDCWD, path, O_RDONLY);
}

/* --- files ------------------------------------------------------------------------------------ */

static long read_passwd(void)	{ return open_path("/etc/passwd"); }
static long climb(void)		{ return open_path("../../../../../../../etc/passwd"); }
static long proc_self(void)	{ return open_path("/proc/self/status"); }
static long proc_one(void)	{ return open_path("/proc/1/root/etc/passwd"); }
static long sysfs(void)		{ return open_path("/sys/kernel"); }
static long memory_device(void) { return open_path("/dev/mem"); }
static long kernel_log(void)	{ return open_path("/dev/kmsg"); }
static long tun_device(void)	{ return open_path("/dev/net/tun"); }
static long null_device(void)	{ return open_path("/dev/null"); }

static long climb_by_fd(void)
{
	long root = syscall(SYS_openat, AT_FDCWD, "/", O_RDONLY | O_DIRECTORY);

	return root < 0 ? root : syscall(SYS_openat, root, "../etc/passwd", O_RDONLY);
}

/* The image is every honeypot's. */
static long write_image(void)
{
	return syscall(SYS_openat, AT_FDCWD, "/base", O_RDWR);
}

static long open_raw_disk(void)
{
	syscall(SYS_mknodat, AT_FDCWD, "/sda", S_IFBLK | 0600, 8 << 8);
	return open_path("/sda");
}

static long handle(void)
{
	unsigned of_root[] = { 8, 1, 2, 0 };	/* 8 bytes, an inode of ext4, that of its root */

	return syscall(SYS_open_by_handle_at, RING, of_root, O_RDONLY);
}

static long do_mount(void)	{ return syscall(SYS_mount, "none", "/", "tmpfs", 0, NULL); }
static long mount_proc(void)	{ return syscall(SYS_mount, "proc", "/", "proc", 0, NULL); }
static long open_tree_(void)	{ return syscall(SYS_open_tree, AT_FDCWD, "/", 0); }
static long fsopen_(void)	{ return syscall(SYS_fsopen, "ext4", 0); }
static long unmount(void)	{ return syscall(SYS_umount2, "/", MNT_DETACH); }
static long do_chroot(void)	{ return syscall(SYS_chroot, "/"); }
static long pivot(void)		{ return syscall(SYS_pivot_root, ".", "."); }

/* --- processes and rights --------------------------------------------------------------------- */

/* Somebody of the host; the numbers are those of a namespace of its own. */
static long kill_host(void)
{
	for (int pid = 2; pid < 5000; pid++)
		if (syscall(SYS_kill, pid, 0) == 0)
			return 0;
	errno = ESRCH;
	return -1;
}

static long kill_all(void)	{ return syscall(SYS_kill, -1, SIGKILL); }
static long attach(void)	{ return syscall(SYS_ptrace, PTRACE_ATTACH, 2, 0, 0); }
static long seize(void)		{ return syscall(SYS_ptrace, PTRACE_SEIZE, 2, 0, 0); }
static long pidfd(void)		{ return syscall(SYS_pidfd_open, 1, 0); }

static long peek(void)
{
	char byte;
	struct iovec here = { &byte, 1 }, there = { (void *)0x400000, 1 };

	return syscall(SYS_process_vm_readv, 1, &here, 1, &there, 1, 0);
}

static long become_root(void)	{ return syscall(SYS_setresuid, 0, 0, 0); }
static long become_other(void)	{ return syscall(SYS_setuid, 1000); }
static long join_group(void)	{ return syscall(SYS_setgroups, 0, NULL); }
static long new_user(void)	{ return syscall(SYS_unshare, CLONE_NEWUSER); }
static long clone_user(void)	{ return syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0); }
static long clone_net(void)	{ return syscall(SYS_clone, CLONE_NEWNET | SIGCHLD, 0, 0, 0, 0); }
static long clone_by_struct(void) { return syscall(SYS_clone3, &(unsigned long[8]){ CLONE_NEWUSER, [4] = SIGCHLD }, 64); }
static long enter_namespace(void) { return syscall(SYS_setns, RING, 0); }
static long run_file(void)	{ return syscall(SYS_execve, "/base", (char *[]){ "x", NULL }, NULL); }
static long run_itself(void)	{ return syscall(SYS_execveat, RING, "", (char *[]){ "x", NULL }, NULL, AT_EMPTY_PATH); }
static long memory_file(void)	{ return syscall(SYS_memfd_create, "x", 0); }
static long keep_caps(void)	{ return syscall(SYS_prctl, 8, 1, 0, 0, 0); }
static long get_caps(void)	{ return syscall(SYS_capset, &(unsigned[2]){ 0x20080522 }, &(unsigned[6]){ ~0u, ~0u }); }
static long other_processor(void) { return syscall(SYS_sched_setaffinity, 0, 8, &(unsigned long){ ~0ul }); }
static long first_in_line(void)	{ return syscall(SYS_setpriority, 0, 0, -20); }

static long more_processes(void)
{
	return syscall(SYS_prlimit64, 0, 6, &(unsigned long[2]){ ~0ul, ~0ul }, NULL);	/* RLIMIT_NPROC */
}

/* --- the network ------------------------------------------------------------------------------ */

static long inet_socket(void)	{ return syscall(SYS_socket, AF_INET, SOCK_STREAM, 0); }
static long packet_socket(void) { return syscall(SYS_socket, AF_PACKET, SOCK_RAW, 0); }
static long netlink_socket(void) { return syscall(SYS_socket, AF_NETLINK, SOCK_RAW, 0); }
static long unix_socket(void)	{ return syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0); }
static long vm_socket(void)	{ return syscall(SYS_socket, AF_VSOCK, SOCK_STREAM, 0); }
static long inet_pair(void)	{ return syscall(SYS_socketpair, AF_INET, SOCK_STREAM, 0, (int[2]){ 0 }); }

/* The tap of another honeypot */
static long other_tap(void)
{
	struct ifreq r = { .ifr_name = "tap1", .ifr_flags = IFF_TAP | IFF_NO_PI };

	return syscall(SYS_ioctl, TAP, TUNSETIFF, &r);
}

static long own_hardware_address(void)
{
	struct ifreq r = { .ifr_hwaddr = { .sa_family = 1, .sa_data = { 2 } } };

	return syscall(SYS_ioctl, TAP, SIOCSIFHWADDR, &r);
}

static long keep_tap(void)	{ return syscall(SYS_ioctl, TAP, TUNSETPERSIST, 1); }

/* --- the host's kernel ------------------------------------------------------------------------ */

static long load_bpf(void)	{ return syscall(SYS_bpf, 5, &(char[128]){ 0 }, 128); }
static long perf(void)		{ return syscall(SYS_perf_event_open, &(char[128]){ 1 }, 0, -1, -1, 0); }
static long uring(void)		{ return syscall(SYS_io_uring_setup, 1, &(char[120]){ 0 }); }
static long faults(void)	{ return syscall(SYS_userfaultfd, 1); }
static long load_module(void)	{ return syscall(SYS_finit_module, RING, "", 0); }
static long load_kernel(void)	{ return syscall(SYS_kexec_load, 0, 0, NULL, 0); }
static long restart(void)	{ return syscall(SYS_reboot, 0xfee1dead, 672274793, 0x1234567, NULL); }
static long ports(void)		{ return syscall(SYS_iopl, 3); }
static long keyring(void)	{ return syscall(SYS_keyctl, 0, -3, 0); }
static long set_clock(void)	{ return syscall(SYS_settimeofday, &(long[2]){ 0 }, NULL); }
static long swap(void)		{ return syscall(SYS_swapon, "/disk", 0); }
static long shared_memory(void) { return syscall(SYS_shmget, 1, 4096, 01666); }
static long queue(void)		{ return syscall(SYS_msgget, 1, 01666); }
static long type_ahead(void)	{ return syscall(SYS_ioctl, 0, TIOCSTI, "x"); }
static long old_calls(void)
{
	long r;

	__asm__ volatile("int $0x80" : "=a"(r) : "a"(11), "b"(0), "c"(0), "d"(0) : "memory");	/* execve of 32 bits */
	errno = r < 0 ? (int)-r : 0;
	return r < 0 ? -1 : r;
}

/* Whatever is open besides what it was given */
static long more_descriptors(void)
{
	for (int fd = TAP + 1; fd < 256; fd++)
		if (syscall(SYS_fcntl, fd, F_GETFD) >= 0)
			return fd;
	errno = EBADF;
	return -1;
}

static const struct { const char *name; long (*attempt)(void); } attempts[] = {
#define A(f) { #f, f }
	A(read_passwd), A(climb), A(climb_by_fd), A(proc_self), A(proc_one), A(sysfs), A(memory_device), A(kernel_log),
	A(tun_device), A(null_device), A(write_image), A(open_raw_disk), A(handle), A(do_mount), A(mount_proc), A(open_tree_),
	A(fsopen_), A(unmount), A(do_chroot), A(pivot), A(kill_host), A(kill_all), A(attach), A(seize), A(pidfd), A(peek),
	A(become_root), A(become_other), A(join_group), A(new_user), A(clone_user), A(clone_net), A(clone_by_struct),
	A(enter_namespace), A(run_file), A(run_itself), A(memory_file), A(keep_caps), A(get_caps), A(other_processor),
	A(first_in_line), A(more_processes), A(inet_socket), A(packet_socket), A(netlink_socket), A(unix_socket), A(vm_socket),
	A(inet_pair), A(other_tap), A(own_hardware_address), A(keep_tap), A(load_bpf), A(perf), A(uring), A(faults),
	A(load_module), A(load_kernel), A(restart), A(ports), A(keyring), A(set_clock), A(swap), A(shared_memory), A(queue),
	A(type_ahead), A(old_calls), A(more_descriptors),
#undef A
};

static void note_got(struct probe_note *n, unsigned long got)
{
	n->got = got;
	pwrite(RING, n, sizeof(*n), 0);
}

/* Each waits until the first one ends. */
static void fork_all(struct probe_note *n)
{
	for (unsigned long i = 0; i < 10000; i++) {
		long pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

		if (pid < 0)
			break;
		while (pid == 0)
			poll(NULL, 0, -1);
		note_got(n, i + 1);
	}
}

static void eat_all(struct probe_note *n)
{
	enum { MIB = 1 << 20 };

	for (unsigned long i = 0; i < 4096; i++) {
		char *p = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

		if (p == MAP_FAILED)
			break;
		note_got(n, i + 1);
	}
}

static void count_on(struct probe_note *n)
{
	for (unsigned long i = 1;; i++)
		note_got(n, i);
}

static void list_root(struct probe_note *n)
{
	long fd = syscall(SYS_openat, AT_FDCWD, "/", O_RDONLY | O_DIRECTORY);

	n->error = fd < 0 ? errno : 0;
	note_got(n, 1);
}

int main(void)
{
	struct probe_note n;
	long r;

	if (pread(RING, &n, sizeof(n), 0) != sizeof(n))
		return 1;
	n.name[0] = '\0';
	if (n.attempt == SKEP_RING_MAGIC)	/* a real ring: it stands in the place of a whole honeypot's kernel */
		return (int)inet_socket();
	if (n.attempt == PROBE_FORKS)
		fork_all(&n);
	if (n.attempt == PROBE_EATS)
		eat_all(&n);
	if (n.attempt == PROBE_COUNTS)
		count_on(&n);
	if (n.attempt == PROBE_LISTS)
		list_root(&n);
	if (n.attempt < sizeof(attempts) / sizeof(attempts[0]))
		snprintf(n.name, sizeof(n.name), "%s", attempts[n.attempt].name);
	if (pwrite(RING, &n, sizeof(n), 0) != sizeof(n) || !n.name[0])
		return 0;
	errno = 0;
	r = attempts[n.attempt].attempt();
	n.tried = 1;
	n.succeeded = r >= 0;
	n.error = errno;
	pwrite(RING, &n, sizeof(n), 0);
	return 0;
}
