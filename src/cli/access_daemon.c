/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Our own sshd as a process: found by its pid file, believed only if it is an sshd with our
 * configuration, spoken to by pidfd, so that a number that was given again harms nobody. sshd makes
 * itself a daemon; it listens when its pid file is there.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "access/sshd.h"
#include "access.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

enum { START_US = 5 * 1000 * 1000, STOP_US = 5 * 1000 * 1000, STEP_MS = 20, MAX_OPEN = 64 };

const char *daemon_sshd(void)
{
	static const char *const places[] = { "/usr/sbin/sshd", "/usr/local/sbin/sshd", "/sbin/sshd" };

	for (size_t i = 0; i < nitems(places); i++)
		if (access(places[i], X_OK) == 0)
			return places[i];
	return NULL;
}

/* pidfd_*() without the wrappers: glibc has them only since 2.36. */
static int open_pid(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	return fd < 0 ? -errno : fd;
}

static int signal_pid(int pidfd, int sig)
{
	return syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0) < 0 ? -errno : 0;
}

/* run() - an sshd to its end, its words into @ret (NULL: to nowhere); its wait status or -errno */
static int run(char *const argv[], struct text *ret)
{
	int status, out[2];
	char buf[1024];
	ssize_t n;
	pid_t pid;

	if (pipe2(out, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);

		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		dup2(ret ? out[1] : null, STDERR_FILENO);
		execv(argv[0], argv);
		_exit(127);
	}
	close(out[1]);
	while (pid > 0 && ret && (n = read(out[0], buf, sizeof(buf))) > 0)
		text_addn(ret, buf, (size_t)n);
	close(out[0]);
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -errno;
	return status;
}

int daemon_check(const char *config, struct text *why)
{
	char *argv[] = { (char *)daemon_sshd(), (char *)"-t", (char *)"-f", (char *)config, NULL };
	int r = run(argv, why);

	return r == 0 ? 0 : -EINVAL;
}

/* ours() - what runs under this number is an sshd that was told our configuration */
static bool ours(pid_t pid, const char *folder)
{
	_free_ char *exe = xasprintf("/proc/%d/exe", pid), *cmdline = xasprintf("/proc/%d/cmdline", pid);
	_free_ char *config = xasprintf("%s/" SSHD_CONFIG " ", folder);
	char path[4096] = "", args[8192] = "";
	_fd_ int fd = open(cmdline, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, args, sizeof(args) - 2);
	const char *name;

	if (n <= 0 || readlink(exe, path, sizeof(path) - 1) < 0)
		return false;
	for (ssize_t i = 0; i < n; i++)
		args[i] = args[i] ? args[i] : ' ';
	args[n] = ' ';		/* a word ends here, too */
	name = strrchr(path, '/');
	return name && !strncmp(name, "/sshd", 5) && strstr(args, config);
}

int daemon_find(const char *folder, pid_t *ret_pid)
{
	_free_ char *path = xasprintf("%s/" SSHD_PID, folder);
	FILE *f = fopen(path, "re");
	_fd_ int fd = -1;
	int pid = 0;

	if (!f)
		return -ESRCH;
	if (fscanf(f, "%d", &pid) != 1)
		pid = 0;
	fclose(f);
	fd = pid > 0 ? open_pid(pid) : -ESRCH;
	if (fd < 0 || !ours(pid, folder))
		return -ESRCH;
	*ret_pid = pid;
	return steal_fd(&fd);
}

int daemon_start(const char *folder)
{
	_free_ char *config = xasprintf("%s/" SSHD_CONFIG, folder), *log = xasprintf("%s/" SSHD_LOG, folder);
	_free_ char *pid_file = xasprintf("%s/" SSHD_PID, folder);
	char *argv[] = { (char *)daemon_sshd(), (char *)"-f", config, (char *)"-E", log, NULL };
	uint64_t since = mono_us();
	pid_t pid;
	int r;

	unlink(pid_file);
	r = run(argv, NULL);
	if (r)
		return r < 0 ? r : -EINVAL;
	do {
		_fd_ int fd = daemon_find(folder, &pid);

		if (fd >= 0)
			return 0;
		poll(NULL, 0, STEP_MS);
	} while (mono_us() - since < START_US);
	return -ETIMEDOUT;
}

/* Each login is a child of the sshd that took it. */
static size_t children(pid_t pid, pid_t ret[MAX_OPEN])
{
	_free_ char *path = xasprintf("/proc/%d/task/%d/children", pid, pid);
	FILE *f = fopen(path, "re");
	size_t n = 0;

	while (f && n < MAX_OPEN && fscanf(f, "%d", &ret[n]) == 1)
		n++;
	if (f)
		fclose(f);
	return n;
}

size_t daemon_open(pid_t pid)
{
	pid_t child[MAX_OPEN];

	return children(pid, child);
}

int daemon_stop(const char *folder, bool sessions, size_t *ret_open)
{
	int child_fd[MAX_OPEN];
	pid_t pid, child[MAX_OPEN];
	_fd_ int fd = daemon_find(folder, &pid);
	struct pollfd gone = { .fd = fd, .events = POLLIN };
	size_t n;
	int r;

	if (fd < 0)
		return fd;
	n = children(pid, child);
	for (size_t i = 0; i < n; i++)
		child_fd[i] = open_pid(child[i]);
	r = signal_pid(fd, SIGTERM);
	if (r == 0 && poll(&gone, 1, STOP_US / 1000) != 1)
		r = -ETIMEDOUT;
	for (size_t i = 0; i < n; i++) {
		if (sessions && child_fd[i] >= 0)
			signal_pid(child_fd[i], SIGTERM);
		close_fd(&child_fd[i]);
	}
	if (r == 0 && ret_open)
		*ret_open = n;
	return r;
}
