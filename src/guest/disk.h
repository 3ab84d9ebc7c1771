/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * A honeypot's disk: a copy-on-write layer over the image it shares with others.
 *
 * Format: COW version 3 of User-Mode Linux (arch/um/drivers/cow_user.c): a header in big endian,
 * a bitmap of 512-byte sectors that were written, then the sectors in their place. The file is
 * sparse: it takes what the honeypot has written.
 */
#include <stdint.h>
#include <sys/types.h>

#define DISK_BACKING "/base"	/* the image's name inside the jail, written into the header */
#define DISK_IMAGE ".image"	/* added to a disk's name: a link to its image */
#define DISK_TOLD ".told"	/* likewise: there if its honeypot's identity is on it */
#define DISK_NEXT ".next"	/* added to a disk's name: what it is to be at its honeypot's next start */

/* disk_make() - an empty layer over @image at @path, owned by @uid, the caller's group's to read, replacing what is there; 0 or -errno */
int disk_make(const char *path, const char *image, uid_t uid);
/* disk_matches() - 1 if @path is a layer over exactly this image, 0 if not (or not there), -errno */
int disk_matches(const char *path, const char *image);
/* disk_note() - writes down what @path is a layer over, for who reads it later: PATH.image; 0 or -errno */
int disk_note(const char *path, const char *image);
/* disk_copy() - into the empty file @out, sparse as it is, and on the disk before this returns; 0 or -errno */
int disk_copy(const char *from, int out);
/* disk_adopt() - 1: what was laid beside it, PATH.next, is @path now, and @uid's; 0: there is none over @image; -errno */
int disk_adopt(const char *path, const char *image, uid_t uid);
/*
 * disk_ruined() - 1: the superblock of its ext4 is no longer the image's: other things were written there; 0: it is, or
 * the image is no ext4; or -errno. May be asked while its honeypot runs.
 */
int disk_ruined(const char *path, const char *image);
uint64_t disk_age_us(const char *path, uint64_t now_us);	/* since it was made; 0 if the file system does not say */
/*
 * disk_flatten() - what the honeypot sees, image and layer together, into the empty file @out, which stays sparse. The
 * honeypot should stand still. 0 or -errno: -EUCLEAN if @path is no layer over @image.
 */
int disk_flatten(const char *path, const char *image, int out);
