/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Which file is a shell, an interpreter, a gate, a steward...: the list that the policy's bits come
 * from, made from paths and patterns. Files are known by inode, so the list must be made again when
 * a package is updated.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "policy.h"
#include "record.h"

struct guard_listed {
	uint64_t dev, ino;	/* as stat() has them */
	struct guard_key key;	/* as the kernel has them: on btrfs and overlayfs not the same */
	uint32_t bits;		/* enum guard_file; 0: a system folder */
	char *path;
};

struct guard_files {
	struct guard_listed *at;	/* sorted by dev and ino */
	size_t n, room;
};

/* Added to the built-in list by the administrator and by tests: paths or patterns of glob(7). */
struct guard_extra {
	const char *pattern;
	uint32_t bits;
};

/* files_make() - the list of this machine, with @extra (ended by a NULL pattern; may be NULL); or @extra alone */
void files_make(const struct guard_extra *extra, bool alone, struct guard_files *ret);
void files_fini(struct guard_files *f);
/* files_bits() - of the file with this stat and path: what the BPF program finds out by itself */
uint32_t files_bits(const struct guard_files *f, const struct stat *st, const char *path);

/* The folders whose change means that the list is to be made again. NULL at the end. */
extern const char *const guard_watched[];
