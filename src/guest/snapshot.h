/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Disks of honeypots that were kept: in a folder of each honeypot ID.disk, the copy-on-write layer as it
 * was, and ID.json, which says when and why. They are evidence: nothing here changes one that is there.
 */
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SNAPSHOT_ID = 24, SNAPSHOT_LABEL = 128 };

struct snapshot {
	char id[SNAPSHOT_ID];		/* "20261124T020512Z", and "-2" if there were more in that second */
	uint64_t at_us;			/* UTC */
	uint64_t bytes;			/* it takes on the disk */
	char label[SNAPSHOT_LABEL];	/* the administrator's words, or "" */
	char image[PATH_MAX];		/* what it is a layer over */
};

/* What is to become one. */
struct snapshot_of {
	const char *disk, *image, *label;	/* a layer over that image, and why it is kept */
	uint64_t at_us;				/* now, UTC */
};

/* snapshot_folder() - that of @pot below the state folder @state, made if there is none; a descriptor or -errno */
int snapshot_folder(const char *state, const char *pot);

/* A honeypot's folder of them is @dir, lent. */

/*
 * snapshot_take() - copies a disk whose honeypot stands still. 0 and *@ret, or -errno; then nothing is
 * left of it.
 */
int snapshot_take(int dir, const struct snapshot_of *of, struct snapshot *ret);
/* snapshot_move() - likewise, but the disk itself becomes the snapshot: it must be on the same file system */
int snapshot_move(int dir, const struct snapshot_of *of);
/* snapshot_prune() - of those whose label begins with @label the newest @keep stay; 0 or -errno */
int snapshot_prune(int dir, const char *label, uint32_t keep);
/* snapshot_find() - 0 and *@ret, -ENOENT, -EBADMSG: what is written about it cannot be read; or -errno */
int snapshot_find(int dir, const char *id, struct snapshot *ret);
int snapshot_list(int dir, struct snapshot **ret, size_t *ret_n);	/* oldest first; *@ret is yours; 0 or -errno */
/* snapshot_restore() - lays a copy of it beside @disk, for the honeypot's next start (disk_adopt()); 0 or -errno */
int snapshot_restore(int dir, const struct snapshot *s, const char *disk);
int snapshot_remove(int dir, const struct snapshot *s);			/* 0 or -errno */

#define SNAPSHOTS "snapshots"	/* below the state folder; a folder of each honeypot in it */
#define SNAPSHOT_RESET "before a reset: "	/* the label of a disk that a reset took away begins so */
