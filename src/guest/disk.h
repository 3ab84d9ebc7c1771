/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * A honeypot's disk: a copy-on-write layer over the image it shares with others.
 *
 * Format: COW version 3 of User-Mode Linux (arch/um/drivers/cow_user.c): a header in big endian,
 * a bitmap of 512-byte sectors that were written, then the sectors in their place. The file is
 * sparse: it takes what the honeypot has written.
 */
#include <sys/types.h>

#define DISK_BACKING "/base"	/* the image's name inside the jail, written into the header */

/* disk_make() - an empty layer over @image at @path, owned by @uid, replacing what is there; 0 or -errno */
int disk_make(const char *path, const char *image, uid_t uid);
/* disk_matches() - 1 if @path is a layer over exactly this image, 0 if not (or not there), -errno */
int disk_matches(const char *path, const char *image);
