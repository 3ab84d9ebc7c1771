/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "after.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/mem.h"
#include "sandbox.h"

enum { TRIES = 100, STEP_MS = 100 };

/* The pipe ends with the last process that has its other end, and that is the parent. */
static _Noreturn void wait_and_clean(pid_t parent, int pipe, uint64_t caps, bool (*clean)(void *arg), void *arg)
{
	const char *what;
	char none;

	if (sandbox_fds(&pipe, 1) < 0 || setsid() < 0 || chdir("/") < 0 ||
	    sandbox_enter(&(struct sandbox){ .caps = caps }, &what) < 0 || prctl(PR_SET_PDEATHSIG, 0) < 0)
		_exit(1);
	prctl(PR_SET_NAME, "skep-after");
	while (read(0, &none, 1) < 0 && errno == EINTR)
		;
	/* Its descriptors are closed a moment before it has ended. */
	for (int i = 0; i < TRIES && (getppid() == parent || !clean(arg)); i++)
		poll(NULL, 0, STEP_MS);
	_exit(0);
}

int after_me(uint64_t caps, bool (*clean)(void *arg), void *arg)
{
	pid_t parent = getpid(), pid;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid == 0)
		wait_and_clean(parent, ends[0], caps, clean, arg);
	close(ends[0]);
	if (pid < 0)
		close(ends[1]);
	return pid < 0 ? -errno : 0;	/* ends[1] stays open as long as we live */
}
