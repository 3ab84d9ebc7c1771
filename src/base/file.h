/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Bytes into files, whole or not at all said to be written. Descriptors are lent. */
#include <stddef.h>

int file_write(int fd, const void *p, size_t n);	/* all of it, from where the file stands; 0 or -errno */
int file_copy(int in, int out);				/* all that is left in @in; 0 or -errno */
