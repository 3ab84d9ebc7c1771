/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Whole files and folders. Descriptors are lent. */
#include <stddef.h>
#include <stdint.h>

#include "text.h"

/* file_write() - all of it, from where the file stands; 0 or -errno */
int file_write(int fd, const void *p, size_t n);
/* file_write_at() - all of it, at byte @at; 0 or -errno */
int file_write_at(int fd, const void *p, size_t n, uint64_t at);
/* file_replace() - @path, of whoever calls alone, has this text from now on, or what it had; 0, safe on disk, or -errno */
int file_replace(const char *path, const struct text *t);
/* file_copy() - all that is left in @in; 0 or -errno */
int file_copy(int in, int out);
/* file_read() - all that is left, at most @max bytes, added to @t; -EFBIG there is more; 0 or -errno */
int file_read(int fd, size_t max, struct text *t);

/* folder_each() - @fn for each name in it, in any order, until it says other than 0: that, 0, or -errno */
int folder_each(int dirfd, int (*fn)(void *arg, const char *name), void *arg);
