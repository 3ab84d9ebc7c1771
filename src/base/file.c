/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "mem.h"

int file_write(int fd, const void *p, size_t n)
{
	const char *s = p;

	while (n) {
		ssize_t k = write(fd, s, n);

		if (k < 0 && errno != EINTR)
			return -errno;
		s += k > 0 ? k : 0;
		n -= k > 0 ? (size_t)k : 0;
	}
	return 0;
}

int file_write_at(int fd, const void *p, size_t n, uint64_t at)
{
	for (const char *s = p; n;) {
		ssize_t k = pwrite(fd, s, n, (off_t)at);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return k < 0 ? -errno : -EIO;
		s += k;
		at += (uint64_t)k;
		n -= (size_t)k;
	}
	return 0;
}

int file_replace(const char *path, const struct text *t)
{
	_free_ char *next = xasprintf("%s.new", path);
	_fd_ int fd = open(next, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int r = fd < 0 ? -errno : file_write(fd, text_str(t), t->len);

	return r < 0 ? r : fsync(fd) < 0 || rename(next, path) < 0 ? -errno : 0;
}

int file_copy(int in, int out)
{
	char b[65536];
	ssize_t n;
	int r = 0;

	while (r == 0 && (n = read(in, b, sizeof(b))) != 0)
		r = n < 0 ? -errno : file_write(out, b, (size_t)n);
	return r;
}

int file_read(int fd, size_t max, struct text *t)
{
	char b[65536];
	size_t left = max;
	ssize_t n;

	while ((n = read(fd, b, sizeof(b))) != 0) {
		size_t fits = n > 0 && (size_t)n > left ? left : (size_t)n;

		if (n < 0)
			return -errno;
		text_addn(t, b, fits);
		left -= fits;
		if (fits < (size_t)n)
			return -EFBIG;
	}
	return 0;
}

int folder_each(int dirfd, int (*fn)(void *arg, const char *name), void *arg)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (!d) {
		r = -errno;
		if (fd >= 0)
			close(fd);
		return r;
	}
	while (r == 0 && (errno = 0, e = readdir(d)))
		r = fn(arg, e->d_name);
	if (r == 0)
		r = -errno;
	closedir(d);
	return r;
}
