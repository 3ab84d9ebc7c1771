/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reader.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sodium.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "root.h"
#include "run/sandbox.h"
#include "tree.h"

enum { READER_UID = SKEP_UID + 900, SECONDS = 300, MEMORY_MB = 1024, FILES_MAX = 64, FD_FLAT = 3, FD_IMAGE = 4, FDS };

/* What the process does: 0 or -errno, its exit code's negative. */
typedef int job_fn(const char *path);

/* --- what is said ----------------------------------------------------------------------------- */

static void put_string(struct text *t, const char *s)
{
	text_json(t, s, strlen(s));
}

static const char *type_of(uint16_t mode)
{
	return S_ISREG(mode) ? "file" : S_ISDIR(mode) ? "dir" : S_ISLNK(mode) ? "symlink" : S_ISCHR(mode) ? "char" :
	       S_ISBLK(mode) ? "block" : S_ISFIFO(mode) ? "fifo" : S_ISSOCK(mode) ? "socket" : "unknown";
}

static void put_file(struct text *t, const char *key, const struct tree_file *f)
{
	char hash[65];

	text_addf(t, ",\"%s\":{\"path\":", key);
	put_string(t, f->path);
	text_addf(t, ",\"type\":\"%s\",\"mode\":\"%04o\",\"uid\":%u,\"gid\":%u,\"size\":%llu,\"mtime\":%lld", type_of(f->mode),
		  f->mode & 07777u, f->uid, f->gid, (unsigned long long)f->size, (long long)f->mtime_s);
	if (f->target) {
		text_add(t, ",\"target_path\":");
		put_string(t, f->target);
	}
	if (f->hashed)
		text_addf(t, ",\"hash\":{\"sha256\":\"%s\"}", sodium_bin2hex(hash, sizeof(hash), f->sha256, sizeof(f->sha256)));
	text_add(t, "}");
}

static int say(void *arg, const struct tree_file *before, const struct tree_file *after, unsigned what)
{
	static const char *const names[] = { "mode", "owner", "size", "mtime", "target_path", "content" };
	_text_ struct text t = { 0 };
	const char *comma = "";

	(void)arg;
	text_addf(&t, "{\"change\":\"%s\"", !before ? "added" : !after ? "removed" : "changed");
	put_file(&t, "file", after ? after : before);
	if (before && after) {
		put_file(&t, "before", before);
		text_add(&t, ",\"differs\":[");
		for (size_t i = 0; i < nitems(names); i++)
			if (what >> i & 1) {
				text_addf(&t, "%s\"%s\"", comma, names[i]);
				comma = ",";
			}
		text_add(&t, "]");
	}
	text_add(&t, "}\n");
	return file_write(STDOUT_FILENO, text_str(&t), t.len);
}

/* --- jobs ------------------------------------------------------------------------------------- */

static int do_replay(const char *path)
{
	(void)path;
	execl("/sbin/e2fsck", "e2fsck", "-y", "-E", "journal_only", "/proc/self/fd/3", NULL);
	return -errno;
}

static int do_diff(const char *path)
{
	struct tree *before, *after;
	int r = tree_open(FD_IMAGE, &before);

	(void)path;
	if (r == 0)
		r = tree_open(FD_FLAT, &after);
	return r < 0 ? r : tree_diff(before, after, say, NULL);
}

static int do_get(const char *path)
{
	struct tree *t;
	int r = tree_open(FD_FLAT, &t);

	return r < 0 ? r : tree_copy(t, path, STDOUT_FILENO);
}

static int do_root(const char *path)
{
	struct tree *t;
	unsigned char has;
	int r = tree_open(FD_FLAT, &t);

	(void)path;
	if (r < 0)
		return r;
	has = (unsigned char)root_look(t);
	return file_write(STDOUT_FILENO, &has, 1);
}

/* --- processes -------------------------------------------------------------------------------- */

static _Noreturn void run(job_fn *job, const char *path, int flat, int image, int out)
{
	const char *what;
	int null = open("/dev/null", O_RDWR);
	const int fds[FDS] = { null, out, null, flat, image < 0 ? null : image };

	if (sandbox_fds(fds, FDS) < 0 || sandbox_limit(RLIMIT_CPU, SECONDS) < 0 || sandbox_limit(RLIMIT_NOFILE, FILES_MAX) < 0 ||
	    sandbox_enter(&(struct sandbox){ .uid = READER_UID, .unshare = CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS }, &what) < 0 ||
	    sandbox_limit(RLIMIT_AS, (uint64_t)MEMORY_MB << 20) < 0)
		_exit(EPERM);
	_exit(-job(path) & 0x7f);
}

/* start() - a descriptor with what it says, or -errno */
static int start(job_fn *job, const char *path, int flat, int image, pid_t *ret_pid)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	*ret_pid = fork();
	if (*ret_pid == 0)
		run(job, path, flat, image, ends[1]);
	close(ends[1]);
	if (*ret_pid < 0) {
		close(ends[0]);
		return -EAGAIN;
	}
	return ends[0];
}

int reader_end(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EIO;
}

int reader_replay(int flat)
{
	pid_t pid = 0;
	int fd = fchown(flat, READER_UID, READER_UID) < 0 ? -errno : start(do_replay, NULL, flat, -1, &pid), r;

	if (fd < 0)
		return fd;
	close(fd);
	r = reader_end(pid);
	return r == 0 || r == -1 ? 0 : -EUCLEAN;	/* 1: it was replayed */
}

int reader_diff(int image, int flat, pid_t *ret_pid)
{
	return start(do_diff, NULL, flat, image, ret_pid);
}

int reader_get(int flat, const char *path, pid_t *ret_pid)
{
	return start(do_get, path, flat, -1, ret_pid);
}

int reader_root(int image, unsigned *ret)
{
	pid_t pid = 0;
	unsigned char has = 0;
	_fd_ int fd = start(do_root, NULL, image, -1, &pid);
	ssize_t n = fd < 0 ? 0 : read(fd, &has, 1);
	int r = fd < 0 ? fd : reader_end(pid);

	if (r < 0)
		return r;
	if (n != 1)
		return -EIO;
	*ret = has;
	return 0;
}
