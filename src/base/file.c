/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "file.h"

#include <errno.h>
#include <unistd.h>

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

int file_copy(int in, int out)
{
	char b[65536];
	ssize_t n;
	int r = 0;

	while (r == 0 && (n = read(in, b, sizeof(b))) != 0)
		r = n < 0 ? -errno : file_write(out, b, (size_t)n);
	return r;
}
