/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "disk.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

enum { MAGIC = 0x4f4f4f4d, VERSION = 3, SECTOR = 512, ALIGN = 4096 };

struct header {
	uint32_t magic, version, mtime;
	uint64_t size;
	uint32_t sector_size, alignment, format;
	char backing[4096];
} __attribute__((packed));

static uint64_t round_up(uint64_t v, uint64_t to)
{
	return (v + to - 1) / to * to;
}

static int header_for(const char *image, struct header *ret)
{
	struct stat st;

	if (stat(image, &st) < 0)
		return -errno;
	*ret = (struct header){
		.magic = htobe32(MAGIC), .version = htobe32(VERSION), .mtime = htobe32((uint32_t)st.st_mtime),
		.size = htobe64((uint64_t)st.st_size), .sector_size = htobe32(SECTOR),
		.alignment = htobe32(ALIGN), .backing = DISK_BACKING,
	};
	return 0;
}

int disk_make(const char *path, const char *image, uid_t uid)
{
	char tmp[PATH_MAX];
	struct header h;
	uint64_t size, bitmap;
	_fd_ int fd = -1;
	int r = header_for(image, &h);

	if (r < 0)
		return r;
	if (snprintf(tmp, sizeof(tmp), "%s.new", path) >= (int)sizeof(tmp))
		return -ENAMETOOLONG;
	size = be64toh(h.size);
	bitmap = round_up(size, SECTOR) / SECTOR / 8 + 1;
	fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, &h, sizeof(h)) != (ssize_t)sizeof(h) ||
	    ftruncate(fd, (off_t)(round_up(round_up(sizeof(h), ALIGN) + bitmap, ALIGN) + size)) < 0 ||
	    fchown(fd, uid, uid) < 0 || fsync(fd) < 0 || rename(tmp, path) < 0)
		return errno ? -errno : -EIO;
	return 0;
}

int disk_matches(const char *path, const char *image)
{
	struct header want, got;
	_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	int r = header_for(image, &want);

	if (r < 0)
		return r;
	return fd >= 0 && read(fd, &got, sizeof(got)) == (ssize_t)sizeof(got) && !memcmp(&got, &want, sizeof(got));
}
