// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/stat.h>
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
