/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep down: ends the honeynet, and returns when nothing of it is left. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/control.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "cli/state.h"

enum { DOWN_MS = 30000 };

/* The master holds the lock until it is gone, and with it all that it started. */
static int wait_for_lock(uint64_t since)
{
	_free_ char *path = state_path("run/lock");
	_fd_ int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (mono_us() - since > DOWN_MS * 1000ULL)
			return -ETIMEDOUT;
		progress_show("down", "waiting", since);
		poll(NULL, 0, 50);
	}
	return 0;
}

int verb_down(int argc, char **argv)
{
	_fd_ int control = -1;
	uint64_t since = mono_us();
	int r = cli_options(&argc, &argv, "down", NULL);

	if (r >= 0)
		return r;
	if (argc)
		return cli_wrong("down", NULL);
	control = control_open();
	if (control == -ENOENT) {
		fprintf(stderr, "skep: no honeynet stands (state folder %s)\n", state_dir());
		return 0;
	}
	if (control < 0)
		control_must();
	control_ask(control, MSG_DOWN, NULL, DOWN_MS, NULL, NULL);
	r = wait_for_lock(since);
	if (r < 0)
		die("skep does not end: %s", strerror(-r));
	progress_done("down", "", since);
	return 0;
}
