// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include "host.h"

void *pv_host_map(int fd, unsigned long long *ret_len)
{
	struct stat st;
	void *at;

	if (fstat(fd, &st) < 0 || st.st_size == 0)
		return NULL;
	at = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return NULL;
	*ret_len = (unsigned long long)st.st_size;
	return at;
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
