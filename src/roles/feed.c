/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "feed.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "model/plan.h"
#include "record/journal.h"
#include "record/line.h"
#include "store/store.h"

enum { STOP = 1 };

/* One transaction: what becomes part of the feed if it is committed. */
struct batch {
	struct feed *f;
	int max, n;
	uint64_t left_out;
	struct place next, bad;
};

/* same_journal() - the store's newest record is the journal's record of that number */
static int same_journal(struct feed *f, uint64_t seq, const struct place *at)
{
	_text_ struct text t = { 0 };
	_line_ struct line l = { 0 };
	int r = journal_read(f->journal, at, &t);

	if (r == -ENODATA || r == -ENOENT)
		return -ESTALE;
	if (r < 0)
		return r;
	return line_read(text_str(&t), t.len, NULL, &l) < 0 || l.event.seq != seq ? -ESTALE : 0;
}

int feed_open(struct feed *f, const char *where)
{
	uint64_t seq = 0;
	int r = store_open(where, STORE_WRITE, &f->store);

	if (r == 0 && f->plan)
		r = store_honeypots(f->store, f->plan);
	if (r == 0)
		r = store_last(f->store, &seq, &f->next);
	if (r == 0 && seq)
		r = same_journal(f, seq, &f->next);
	f->next.offset += f->next.len;
	f->rested = false;
	return r;
}

void feed_close(struct feed *f)
{
	f->store = store_close(f->store);
}

static int index_line(struct feed *f, struct line *l, const struct place *at)
{
	int r = 0;

	if (l->event.honeypot < 0 && l->honeypot[0])
		r = store_honeypot(f->store, l->honeypot, &l->event.honeypot);
	return r < 0 ? r : store_add(f->store, &l->event, at);
}

static int take_line(void *arg, const struct place *at, const char *s, size_t len)
{
	struct batch *b = arg;
	_line_ struct line l = { 0 };
	int r = s ? line_read(s, len, b->f->plan ? &b->f->plan->net : NULL, &l) : -EBADMSG;

	if (r == 0) {
		r = index_line(b->f, &l, at);
		if (r < 0 && r != -EINVAL)
			return r;
	}
	if (r < 0) {
		b->left_out++;
		b->bad = *at;
	}
	b->next = *at;
	b->next.offset += at->len;
	return ++b->n == b->max ? STOP : 0;
}

/* one_batch() - records taken, committed; -errno: none of them */
static int one_batch(struct feed *f, int max)
{
	struct batch b = { .f = f, .max = max, .next = f->next };
	int r = store_begin(f->store);

	if (r == 0)
		r = journal_scan(f->journal, f->next.file, f->next.offset, take_line, &b);
	if (r >= 0)
		r = store_commit(f->store);
	if (r < 0) {
		store_rollback(f->store);
		return r;
	}
	f->next = b.next;
	f->added += (uint64_t)b.n - b.left_out;
	f->left_out += b.left_out;
	if (b.left_out)
		f->bad = b.bad;
	return b.n;
}

/* skip_one() - past a line that the store never takes */
static int skip_line(void *arg, const struct place *at, const char *s, size_t len)
{
	struct feed *f = arg;

	(void)s, (void)len;
	f->left_out++;
	f->bad = f->next = *at;
	f->next.offset += at->len;
	return STOP;
}

/*
 * with_care() - somewhere in a batch is a record that the store never takes: what comes before it, in
 * batches half as large each time; then without it
 */
static int with_care(struct feed *f)
{
	int r = -EBADMSG;

	for (int max = FEED_BATCH / 2; max && r == -EBADMSG; max /= 2)
		r = one_batch(f, max);
	return r == -EBADMSG ? journal_scan(f->journal, f->next.file, f->next.offset, skip_line, f) : r;
}

int feed_some(struct feed *f)
{
	int r = one_batch(f, FEED_BATCH);

	if (r == -EBADMSG)
		r = with_care(f);
	if (r == 0 && !f->rested) {
		/* All that former deployments did is in: who was left inside then is not any more. */
		r = f->plan ? store_end_before(f->store, f->plan->epoch) : 0;
		f->rested = r == 0;
	}
	return r;
}
