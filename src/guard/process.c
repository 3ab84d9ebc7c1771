/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

enum { CHAIN_MAX = 64, NS_PER_S = 1000000000 };

/* read_file() - of /proc/PID/@what: bytes, NUL added, or -errno */
static ssize_t read_file(pid_t pid, const char *what, char *ret, size_t size)
{
	char path[64];
	_fd_ int fd = -1;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, what);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, ret, size - 1);
	if (n < 0)
		return errno == ESRCH ? -ENOENT : -errno;
	ret[n] = '\0';
	return n;
}

/* "pid (comm) state ppid ...": the name may hold anything, so the last parenthesis counts. */
static int parse_stat(char *text, struct process *p)
{
	char *open_ = strchr(text, '('), *close_ = strrchr(text, ')');
	unsigned long flags;
	unsigned tty;

	if (!open_ || !close_ || close_ < open_)
		return -EBADMSG;
	snprintf(p->comm, sizeof(p->comm), "%.*s", (int)(close_ - open_ - 1), open_ + 1);
	if (sscanf(close_ + 1, " %*c %d %*d %*d %u %*d %lu %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %lu",
		   &p->ppid, &tty, &flags, &p->start_ticks) != 4)
		return -EBADMSG;
	p->kernel = flags & 0x200000;	/* PF_KTHREAD */
	p->tty = (tty & 0xfff00) << 12 | (tty & 0xff) | (tty >> 12 & 0xfff00);	/* as the kernel's new_encode_dev() */
	return 0;
}

void process_exe(pid_t pid, char ret[GUARD_PATH])
{
	char path[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	n = readlink(path, ret, GUARD_PATH - 1);
	ret[n > 0 ? n : 0] = '\0';
}

int process_read(pid_t pid, struct process *ret)
{
	struct process p = { .pid = pid, .login = LOGIN_NONE };
	char text[4096], path[64];
	ssize_t n = read_file(pid, "stat", text, sizeof(text));
	const char *uids;

	if (n < 0 || (n = parse_stat(text, &p)) < 0 || (n = read_file(pid, "status", text, sizeof(text))) < 0)
		return (int)n;
	uids = strstr(text, "\nUid:\t");
	if (!uids || sscanf(uids, "\nUid:\t%u\t%u", &p.uid, &p.euid) != 2)
		return -EBADMSG;
	if (read_file(pid, "loginuid", text, sizeof(text)) > 0)
		p.login = (uint32_t)strtoul(text, NULL, 10);
	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	if (stat(path, &p.exe_st) == 0)
		process_exe(pid, p.exe);
	*ret = p;
	return 0;
}

bool process_root(const struct process *p)
{
	return p->uid == 0 || p->euid == 0;
}

uint32_t process_origin(const struct process *p, const struct guard_files *f)
{
	struct process chain[CHAIN_MAX];
	uint32_t origin = ORIGIN_UNKNOWN;
	int n = 0;

	chain[n++] = *p;
	while (n < CHAIN_MAX && chain[n - 1].ppid > 0 && process_read(chain[n - 1].ppid, &chain[n]) == 0)
		n++;
	if (chain[n - 1].kernel)
		origin = ORIGIN_DAEMON;
	else if (chain[n - 1].ppid == 0)
		origin = ORIGIN_INIT;
	else
		return ORIGIN_UNKNOWN;
	for (int i = n - 2; i >= 0; i--)
		origin = guard_origin_next(origin, chain[i].exe[0] ? files_bits(f, &chain[i].exe_st, chain[i].exe) : 0,
					   process_root(&chain[i]));
	return origin;
}

bool process_in_cgroup(pid_t pid, const char *path)
{
	char text[4096];
	size_t n = strlen(path);
	const char *at;

	if (read_file(pid, "cgroup", text, sizeof(text)) <= 0)
		return false;
	at = strncmp(text, "0::", 3) ? strstr(text, "\n0::") : text;
	if (!at)
		return false;
	at += *at == '\n' ? 4 : 3;
	return !strncmp(at, path, n) && (at[n] == '\n' || at[n] == '/' || !at[n]);
}

uint32_t process_args(pid_t pid, char ret[GUARD_ARGS])
{
	ssize_t n = read_file(pid, "cmdline", ret, GUARD_ARGS);

	return n < 0 ? 0 : (uint32_t)n;
}

uint32_t process_ancestors(const struct process *p, struct guard_ancestor ret[GUARD_ANCESTORS])
{
	long hz = sysconf(_SC_CLK_TCK);
	struct process at = *p;
	uint32_t n = 0;

	do {
		ret[n] = (struct guard_ancestor){ .pid = (uint32_t)at.pid, .euid = at.euid,
						  .start_ns = at.start_ticks * (uint64_t)(NS_PER_S / hz) };
		memcpy(ret[n].comm, at.comm, sizeof(ret[n].comm));
		n++;
	} while (n < GUARD_ANCESTORS && at.ppid > 0 && process_read(at.ppid, &at) == 0);
	return n;
}
