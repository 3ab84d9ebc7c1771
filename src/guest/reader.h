/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * A honeypot's disk is read by processes that may be lost: of a user without rights, without network, for so long and
 * with so much memory. What they say is no more to be believed than the disk.
 */
#include <sys/types.h>

/* reader_replay() - e2fsck replays the journal of @flat, an image that is ours to change. 0, -EUCLEAN if it could not,
 * or -errno */
int reader_replay(int flat);

/*
 * reader_diff() - a descriptor with a line of JSON for each difference from @image to @flat: "change" is added, changed
 * or removed; "file" (and "before", if it was there already) has path, type, mode, uid, gid, size, mtime, target_path and
 * hash.sha256; "differs" names what was changed. Or -errno; *@ret_pid is for reader_end().
 */
int reader_diff(int image, int flat, pid_t *ret_pid);
/* reader_get() - a descriptor with the bytes of the file @path of @flat, or -errno */
int reader_get(int flat, const char *path, pid_t *ret_pid);
/* reader_root() - what the root file system @image has, as root.h says; 0, or -errno */
int reader_root(int image, unsigned *ret);
/* reader_end() - waits for it: 0, -errno as tree.h says, or -EIO: it was lost */
int reader_end(pid_t pid);
