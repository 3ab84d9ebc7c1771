/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * A honeypot's capture ring as the host makes it: a memfd laid out as include/skep/capture.h says.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/*
 * ring_make() - an empty ring of @size bytes (a power of two); a descriptor, or -errno. @freeze: while it
 * is full and nobody reads, the guest stands still; else it runs on, after a while.
 */
int ring_make(uint64_t size, bool freeze);
/* ring_forget() - what the guest's kernel keeps over its reboots is of the disk it had, and goes with that; 0 or -errno */
int ring_forget(int ring);

/* One of the host's words to the guest, as struct skep_conf has it. */
struct ring_word {
	uint32_t kind;		/* enum skep_conf_kind */
	const char *name;
	struct span data;
	uint32_t mode, uid, gid;
	int64_t time_ns;
};

/* They are collected, and then written into the ring before each start. */
void ring_conf_add(struct text *conf, const struct ring_word *w);
/* ring_conf_tree() - a FILE, root's and changed at @time_ns or a little later, for every regular file below folder @path;
 * -ENOENT: no such folder */
int ring_conf_tree(struct text *conf, const char *path, int64_t time_ns);
/* ring_written() - records the guest has written so far; its own word */
uint64_t ring_written(int ring);
uint64_t ring_unread(int ring);	/* bytes in it that nobody has taken out yet; by its own word */
/* ring_waits() - the guest waits for room, and has at least since the last call nobody read: by @tail, one for each ring */
bool ring_waits(int ring, uint64_t *tail);
/* ring_wish_sync() - asks the guest to write all there is to its disk; the wish, for ring_synced() */
uint32_t ring_wish_sync(int ring);
bool ring_synced(int ring, uint32_t wish);	/* it says it has */
/* ring_configure() - 0, -E2BIG, or -errno */
int ring_configure(int ring, const struct text *conf);
