// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include "host.h"

#define PAGE 4096ul

extern void *__libc_stack_end;	/* somewhere in it */

/*
 * Each guest process begins as a fork of this one and clears out only what lies below the guest's
 * TASK_SIZE: all mappings above stay in it, for any guest program to read and write. The ring must
 * not be among them, and the host's own stack, whose arguments name files of the host, should not.
 */
void *pv_host_map(int fd, unsigned long long *ret_len)
{
	struct stat st;
	void *at;

	if (fstat(fd, &st) < 0 || st.st_size == 0)
		return NULL;
	at = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED || madvise(at, (size_t)st.st_size, MADV_DONTFORK) < 0)
		return NULL;
	*ret_len = (unsigned long long)st.st_size;
	return at;
}

void pv_host_keep_stack(void)
{
	char *top = (char *)((unsigned long)__libc_stack_end & ~(PAGE - 1)), *page;

	for (page = top; madvise(page, PAGE, MADV_DONTFORK) == 0; page += PAGE)
		;
	for (page = top - PAGE; madvise(page, PAGE, MADV_DONTFORK) == 0; page -= PAGE)
		;
}

/*
 * The host has listed what this kernel may call at all (src/guest/filter.c). Some of it only its start needs: from
 * now on it kills. Threads there are already are bound by it, too.
 */
void pv_host_close_doors(void)
{
	static const unsigned int closed[] = {
		SYS_openat, SYS_access, SYS_newfstatat, SYS_readlink, SYS_unlink, SYS_statfs, SYS_fstatfs,
		SYS_execveat, SYS_prlimit64, SYS_socketpair, SYS_set_tid_address, SYS_seccomp,
	};
	enum { N = sizeof(closed) / sizeof(*closed) };
	struct sock_filter code[N + 3] = { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)) };
	struct sock_fprog program = { N + 3, code };
	unsigned char i;

	for (i = 0; i < N; i++)
		code[i + 1] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, closed[i], N - i, 0);
	code[N + 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	code[N + 2] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program))
		pv_host_die("channel: the start's calls stay open\n");
}

static unsigned long long clock_ns(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (unsigned long long)t.tv_sec * 1000000000ULL + (unsigned long long)t.tv_nsec;
}

unsigned long long pv_host_realtime_ns(void)
{
	return clock_ns(CLOCK_REALTIME);
}

unsigned long long pv_host_monotonic_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

void pv_host_sleep_ms(unsigned int ms)
{
	struct timespec t = { ms / 1000, (long)(ms % 1000) * 1000000L };

	clock_nanosleep(CLOCK_MONOTONIC, 0, &t, NULL);
}

void pv_host_die(const char *why)
{
	if (write(2, why, strlen(why)) < 0)
		_exit(3);
	_exit(2);
}

/* user_syms.c exports it; a static glibc since 2.33 has it no more. */
int __attribute__((weak)) __xmknod(int version, const char *path, unsigned int mode, void *dev);
int __xmknod(int version, const char *path, unsigned int mode, void *dev)
{
	(void)version, (void)path, (void)mode, (void)dev;
	errno = ENOSYS;
	return -1;
}
