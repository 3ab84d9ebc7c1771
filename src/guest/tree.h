/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The files in a disk image, read with libext2fs: no file system of an intruder is mounted by the host's kernel.
 * Whoever calls this is in a process that may be lost: the library reads what a hostile kernel wrote.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tree;

struct tree_file {
	const char *path;	/* absolute; any bytes but NUL */
	uint16_t mode;		/* with its type, as stat() has it */
	uint32_t uid, gid;
	uint64_t size;		/* bytes; of a device, its number */
	int64_t mtime_s;
	const char *target;	/* of a symbolic link; NULL */
	bool hashed;
	uint8_t sha256[32];	/* of a regular file that was added or changed */
};

/* What is different. */
enum { TREE_MODE = 1, TREE_OWNER = 2, TREE_SIZE = 4, TREE_MTIME = 8, TREE_TARGET = 16, TREE_CONTENT = 32 };

/*
 * tree_open() - all of @fd, an image of ext2 to ext4 that nobody writes until tree_close(); the descriptor is lent. 0 or -errno: -EUCLEAN it is no such file system, -E2BIG it has more files than are believed.
 */
int tree_open(int fd, struct tree **ret);
void tree_close(struct tree *t);

/*
 * tree_diff() - calls @each for what was added (@before NULL), removed (@after NULL) or changed, by path; a file that
 * has another type is removed and added. That a folder's time is another is not told: what happened in it is. Contents are compared byte by byte, whatever the times say. What cannot be
 * read counts as changed. 0, or what @each returned if that is not 0, or -errno.
 */
int tree_diff(struct tree *before, struct tree *after,
	      int (*each)(void *arg, const struct tree_file *before, const struct tree_file *after, unsigned what), void *arg);

/* tree_find() - the file at the absolute @path, links followed inside the tree; its strings are lent by @t. 0, -ENOENT,
 * or -ELOOP */
int tree_find(struct tree *t, const char *path, struct tree_file *ret);
/* tree_head() - the first bytes of the regular file @path, at most @n; how many, or -errno as tree_copy() */
int tree_head(struct tree *t, const char *path, char *ret, unsigned n);
/* tree_each() - calls @each for all there is, by path, without hashes; 0, or what @each returned if that is not 0 */
int tree_each(struct tree *t, int (*each)(void *arg, const struct tree_file *f), void *arg);

/* tree_copy() - the bytes of the regular file @path to @to; 0, -ENOENT, -EISDIR if it is none, or -errno */
int tree_copy(struct tree *t, const char *path, int to);
