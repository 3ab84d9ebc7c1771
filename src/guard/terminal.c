/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A number says which terminal it is, but not in which of the machine's many /dev/pts. So it is opened
 * by way of a process that has it open: what /proc shows is the terminal itself, whatever names the
 * intruder gave it or other things. Such an entry is looked at before it is opened (O_PATH), and only
 * the device with the right number is: opening anything else of his might wait, or do something.
 */
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

enum { PTY = 136, PTYS = 8, CONSOLE = 4, CONSOLES = 63 };	/* major numbers; how many; major number; how many */

/* A pseudo terminal or a console: closing a serial line may wait until it has sent what it was given. */
static bool never_waits(uint32_t tty)
{
	return (tty >> 20) - PTY < PTYS || (tty - (CONSOLE << 20 | 1)) < CONSOLES;
}

static int open_terminal(uint32_t pid, int fd, uint32_t tty)
{
	char path[64];
	_fd_ int at = -1;
	struct statx st;

	snprintf(path, sizeof(path), "/proc/%u/fd/%d", pid, fd);
	at = open(path, O_PATH | O_CLOEXEC);
	if (at < 0 || statx(at, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE, &st) < 0 || !S_ISCHR(st.stx_mode) ||
	    (st.stx_rdev_major << 20 | st.stx_rdev_minor) != tty)
		return -ENOENT;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", at);
	fd = open(path, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int terminal_warn(uint32_t tty, const struct guard_ancestor *a, uint32_t n, const char *words)
{
	_fd_ int fd = -ENOENT;

	if (!tty || !never_waits(tty))
		return -ENXIO;
	for (uint32_t i = 0; fd == -ENOENT && i < n; i++)
		for (int k = 0; fd == -ENOENT && k <= STDERR_FILENO; k++)
			fd = open_terminal(a[i].pid, k, tty);
	if (fd < 0)
		return fd;
	if (!isatty(fd))
		return -ENOTTY;
	return write(fd, words, strlen(words)) < 0 ? -errno : 0;
}

gid_t terminal_group(void)
{
	const struct group *g = getgrnam("tty");

	return g ? g->gr_gid : 0;
}
