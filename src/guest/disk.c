/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "disk.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

enum { MAGIC = 0x4f4f4f4d, VERSION = 3, SECTOR = 512, ALIGN = 4096, PIECE = 256 * 1024 };
enum { EXT4_SECTOR = 2, EXT4_MAGIC_AT = 56, EXT4_UUID_AT = 104, EXT4_UUID = 16 };	/* in its superblock, all in one sector */
enum { MODE = 0640 };	/* its honeypot's user writes it; its maker's group, root's, looks at it without any capability */

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

/* Where the bitmap is, how long it is, and where the sectors are, of a disk of @size bytes. */
static uint64_t bitmap_at(void)
{
	return round_up(sizeof(struct header), ALIGN);
}

static uint64_t bitmap_len(uint64_t size)
{
	return (round_up(size, SECTOR) / SECTOR + 7) / 8;
}

static uint64_t data_at(uint64_t size)
{
	return round_up(bitmap_at() + bitmap_len(size), ALIGN);
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
	_fd_ int fd = -1;
	int r = header_for(image, &h);

	if (r < 0)
		return r;
	if (snprintf(tmp, sizeof(tmp), "%s.new", path) >= (int)sizeof(tmp))
		return -ENAMETOOLONG;
	fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, MODE);
	if (fd < 0 || write(fd, &h, sizeof(h)) != (ssize_t)sizeof(h) ||
	    ftruncate(fd, (off_t)(data_at(be64toh(h.size)) + be64toh(h.size))) < 0 ||
	    fchmod(fd, MODE) < 0 || fchown(fd, uid, getegid()) < 0 || fsync(fd) < 0 || rename(tmp, path) < 0)
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

int disk_note(const char *path, const char *image)
{
	char link[PATH_MAX];

	if (snprintf(link, sizeof(link), "%s" DISK_IMAGE, path) >= (int)sizeof(link))
		return -ENAMETOOLONG;
	unlink(link);
	return symlink(image, link) < 0 ? -errno : 0;
}

/* Looked at while it is still ours: who adopts may have no right to read another user's files. */
int disk_adopt(const char *path, const char *image, uid_t uid)
{
	char next[PATH_MAX];
	int r;

	if (snprintf(next, sizeof(next), "%s" DISK_NEXT, path) >= (int)sizeof(next))
		return -ENAMETOOLONG;
	r = disk_matches(next, image);
	if (r <= 0)
		return r;
	return chmod(next, MODE) < 0 || lchown(next, uid, getegid()) < 0 || rename(next, path) < 0 ? -errno : 1;
}

/* copy() - @len bytes at @at of @from to @to at @to_at */
static int copy(int from, uint64_t at, int to, uint64_t to_at, uint64_t len)
{
	_free_ char *b = xcalloc(PIECE, 1);

	while (len) {
		ssize_t n = pread(from, b, len < PIECE ? len : PIECE, (off_t)at);

		int r = n > 0 ? file_write_at(to, b, (size_t)n, to_at) : n < 0 ? -errno : -EUCLEAN;

		if (r < 0)
			return r;
		at += (uint64_t)n;
		to_at += (uint64_t)n;
		len -= (uint64_t)n;
	}
	return 0;
}

static int copy_sparse(int image, int out, uint64_t size)
{
	off_t at = 0, end;
	int r = 0;

	if (ioctl(out, FICLONE, image) == 0)
		return 0;
	if (ftruncate(out, (off_t)size) < 0)
		return -errno;
	while (r == 0 && (at = lseek(image, at, SEEK_DATA)) >= 0) {
		end = lseek(image, at, SEEK_HOLE);
		if (end < 0)
			return -errno;
		r = copy(image, (uint64_t)at, out, (uint64_t)at, (uint64_t)(end - at));
		at = end;
	}
	return r < 0 || errno == ENXIO ? r : -errno;
}

/* Runs of sectors that were written. */
static int copy_layer(int layer, int out, uint64_t size)
{
	uint64_t sectors = size / SECTOR, i = 0;
	_free_ uint8_t *map = xcalloc(bitmap_len(size), 1);
	int r = 0;

	if (pread(layer, map, bitmap_len(size), (off_t)bitmap_at()) != (ssize_t)bitmap_len(size))
		return -EUCLEAN;
	while (r == 0 && i < sectors) {
		uint64_t first = i;

		while (i < sectors && map[i / 8] >> i % 8 & 1)
			i++;
		if (i > first)
			r = copy(layer, data_at(size) + first * SECTOR, out, first * SECTOR, (i - first) * SECTOR);
		else
			i++;
	}
	return r;
}

int disk_flatten(const char *path, const char *image, int out)
{
	_fd_ int layer = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC), base = open(image, O_RDONLY | O_CLOEXEC);
	struct stat st;
	int r = layer < 0 || base < 0 || fstat(base, &st) < 0 ? -errno : disk_matches(path, image);

	if (r <= 0)
		return r < 0 ? r : -EUCLEAN;
	r = copy_sparse(base, out, (uint64_t)st.st_size);
	return r < 0 ? r : copy_layer(layer, out, (uint64_t)st.st_size);
}

int disk_copy(const char *from, int out)
{
	_fd_ int in = open(from, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	int r = in < 0 || fstat(in, &st) < 0 ? -errno : copy_sparse(in, out, (uint64_t)st.st_size);

	return r < 0 ? r : fsync(out) < 0 ? -errno : 0;
}

/* read_layer() - a sector as the honeypot sees it: 1, or 0: it is the image's; or -errno */
static int read_layer(int layer, uint64_t size, uint64_t sector, uint8_t ret[SECTOR])
{
	uint8_t bits;

	if (pread(layer, &bits, 1, (off_t)(bitmap_at() + sector / 8)) != 1)
		return -EUCLEAN;
	if (!(bits >> sector % 8 & 1))
		return 0;
	return pread(layer, ret, SECTOR, (off_t)(data_at(size) + sector * SECTOR)) == SECTOR ? 1 : -EUCLEAN;
}

int disk_ruined(const char *path, const char *image)
{
	_fd_ int layer = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC), base = open(image, O_RDONLY | O_CLOEXEC);
	uint8_t was[SECTOR], is[SECTOR];
	struct stat st;
	int r = layer < 0 || base < 0 || fstat(base, &st) < 0 ? -errno : 0;

	if (r < 0 || pread(base, was, SECTOR, EXT4_SECTOR * SECTOR) != SECTOR ||
	    was[EXT4_MAGIC_AT] != 0x53 || was[EXT4_MAGIC_AT + 1] != 0xef)
		return r;
	r = read_layer(layer, (uint64_t)st.st_size, EXT4_SECTOR, is);
	return r <= 0 ? r : memcmp(was + EXT4_MAGIC_AT, is + EXT4_MAGIC_AT, 2) ||
			    memcmp(was + EXT4_UUID_AT, is + EXT4_UUID_AT, EXT4_UUID);
}

uint64_t disk_age_us(const char *path, uint64_t now_us)
{
	uint64_t born;
	struct statx st;

	if (statx(AT_FDCWD, path, 0, STATX_BTIME, &st) < 0 || !(st.stx_mask & STATX_BTIME))
		return 0;
	born = (uint64_t)st.stx_btime.tv_sec * 1000000 + st.stx_btime.tv_nsec / 1000;
	return born < now_us ? now_us - born : 0;
}
