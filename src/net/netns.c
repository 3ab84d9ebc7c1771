/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netns.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"

static int here(void)
{
	int fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int loopback_up(void)
{
	_fd_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP };

	return fd < 0 || ioctl(fd, SIOCSIFFLAGS, &ifr) < 0 ? -errno : 0;
}

int netns_new(void)
{
	_fd_ int back = here();
	_fd_ int ns = -1;
	int r;

	if (back < 0)
		return back;
	if (unshare(CLONE_NEWNET) < 0)
		return -errno;
	ns = here();
	r = ns < 0 ? ns : loopback_up();
	netns_leave(steal_fd(&back));
	return r < 0 ? r : steal_fd(&ns);
}

int netns_enter(int ns)
{
	_fd_ int back = here();

	if (back < 0)
		return back;
	if (setns(ns, CLONE_NEWNET) < 0)
		return -errno;
	return steal_fd(&back);
}

void netns_leave(int back)
{
	/* To go on in the wrong namespace would be to act on the wrong network. */
	if (setns(back, CLONE_NEWNET) < 0)
		die("cannot return to the network namespace: %s", strerror(errno));
	close(back);
}

int netns_set(const char *path, const char *value)
{
	char full[256];
	_fd_ int fd = -1;

	if (snprintf(full, sizeof(full), "/proc/sys/net/%s", path) >= (int)sizeof(full))
		return -ENAMETOOLONG;
	fd = open(full, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		return -errno;
	return 0;
}
