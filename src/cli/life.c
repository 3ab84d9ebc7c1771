/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "life.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "cli.h"
#include "control.h"

enum { GONE_MS = 30000 };

char *life_program(void)
{
	char *path = realpath("/proc/self/exe", NULL);

	if (!path)
		die("our own program: %s", strerror(errno));
	return path;
}

static int run(char *const argv[])
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		/* What it says is not what was asked for. */
		dup2(STDERR_FILENO, STDOUT_FILENO);
		execv(argv[0], argv);
		_exit(CLI_FAILED);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return CLI_FAILED;
	return pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : CLI_FAILED;
}

int life_up(const char *file, const char *store)
{
	_free_ char *program = life_program();
	char *argv[6] = { program, (char *)"up" };
	size_t n = 2;

	if (store) {
		argv[n++] = (char *)"--store";
		argv[n++] = (char *)store;
	}
	argv[n] = (char *)file;
	return run(argv);
}

int life_down(void)
{
	_free_ char *program = life_program();

	return run((char *[]){ program, (char *)"down", NULL });
}

static int hold(json_int_t pid)
{
	int fd = pid > 1 ? pidfd_open((pid_t)pid, 0) : -1;

	if (fd < 0)
		die("the honeynet's processes do not all run: see skep status");
	return fd;
}

int life_kill(int control)
{
	int all[1 + ROLES];
	json_t *status, *role;
	size_t i, n = 1;
	int r = control_status(control, NULL, &status);

	if (r < 0)
		die("skep does not answer: %s", strerror(-r));
	all[0] = hold(json_integer_value(json_object_get(status, "pid")));
	json_array_foreach(json_object_get(status, "roles"), i, role)
		if (n < nitems(all))
			all[n++] = hold(json_integer_value(json_object_get(role, "pid")));
	json_decref(status);
	pidfd_send_signal(all[0], SIGKILL, NULL, 0);
	r = CLI_OK;
	for (i = 0; i < n; i++) {
		struct pollfd one = { .fd = all[i], .events = POLLIN };

		if (poll(&one, 1, GONE_MS) != 1)
			r = CLI_FAILED;
		close(all[i]);
	}
	return r;
}
