/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The journal: lines, one file an hour (UTC, of arrival), "2026-11-23T05.ndjson", only appended to.
 *
 * Each line is sealed when it is added, see chain.h, so that nobody can change, remove or add one later
 * without that showing; "chain.state" beside the files says how far the chain has come.
 *
 * A line counts once journal_sync() returned 0. Between two syncs is a batch: it goes into one file,
 * that of the hour in which it began. The clock may step back: the journal stays in its newest file.
 * Everything is relative to a directory descriptor, which is lent and must stay open.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "model/place.h"
#include "sealer.h"

enum { JOURNAL_BATCH_MAX = 8 * 1024 * 1024 };	/* bytes that may wait for journal_sync() */

struct journal;

struct journal_end {
	uint64_t seq;		/* last number given, 0 none; those that are missing at the end count */
	uint64_t torn;		/* bytes of a torn last line that were cut */
	struct place last;	/* of the last line; file "" none */
	struct chain_found chain;	/* whether it is the journal that was left; to be recorded if not */
};

/*
 * journal_open() - recovers: cuts what follows the last line feed, which was never acknowledged.
 * -EUCLEAN: the last MiB of the newest file holds no line of ours; a human must look at it.
 */
int journal_open(int dirfd, struct journal **ret, struct journal_end *ret_end);
struct journal *journal_close(struct journal *j);	/* what is not synced is gone; returns NULL */

/*
 * journal_add() - a whole line with its line feed, an object without seal; @ret_at: where it stands
 * with its seal. 0, or -ENOBUFS: sync first, -EINVAL: no such line
 */
int journal_add(struct journal *j, uint64_t now_us, const char *line, size_t len, struct place *ret_at);

/*
 * journal_sync() - 0: everything added is on disk. -errno: nothing of this batch counts as written,
 * what was begun is cut off again, the batch is kept with its places and the next call tries again.
 * Or all of it is on disk, but the chain's state is not: the next call tries that again.
 */
int journal_sync(struct journal *j);
size_t journal_waiting(const struct journal *j);	/* bytes not yet synced */

/* journal_file_at() - name of the file a batch of this time goes into; a scan may begin there */
void journal_file_at(uint64_t us, char ret[32]);

/*
 * Called for each line in order, without its line feed. It may be no line of ours: line_read() tells.
 * @line NULL: too long, or (in all files but the newest) without line feed; @at says where and how
 * long. Non-zero stops and is returned.
 */
typedef int journal_fn(void *arg, const struct place *at, const char *line, size_t len);

/*
 * journal_scan() - from a place on to the end there is now. @file NULL or "": from the beginning; one
 * that is not there: from the next.
 */
int journal_scan(int dirfd, const char *file, uint64_t offset, journal_fn *fn, void *arg);

/* journal_read() - appends the one line at @at, with its line feed; -ENODATA: there is no such line */
int journal_read(int dirfd, const struct place *at, struct text *t);
