/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verify, the end: numbers nobody saw and lines without a right seal explain each other.
 *
 * The record behind a missing one says which mac that had. So a line that would have this mac is
 * what was written, whatever its own mac says now. Other lines that say a missing number, or stand
 * where one was due, were changed; what is left over was put in; numbers that are left were removed.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "base/mem.h"
#include "journal.h"
#include "verify_walk.h"

enum {
	NEAR = 64,		/* numbers after the one that was due in which a line without any is looked for */
	MOMENTS = 30,
	MOMENT_US = 10 * 1000,
};

static const struct { const char *word, *doc; bool bad; } whats[] = {
#define X(id, word, bad, doc) [VERIFY_##id] = { word, doc, bad },
	VERIFY_FINDINGS(X)
#undef X
};

const char *verify_word(enum verify_what w)
{
	return whats[w].word;
}

const char *verify_doc(enum verify_what w)
{
	return whats[w].doc;
}

bool verify_bad(enum verify_what w)
{
	return whats[w].bad;
}

static void say_unfit(struct walk *w, struct unfit *u, enum verify_what what, uint64_t n)
{
	struct verify_finding *f = walk_say(w, what, &u->spot);

	f->first = f->last = n;
	f->seq = u->seq;
	f->at_us = u->at_us;
	f->count = u->count;
	u->count = 0;	/* explained */
}

static struct unfit *find_unfit(struct walk *w, uint64_t n, const uint8_t mac[CHAIN_MAC])
{
	for (size_t i = 0; i < w->n_unfit; i++) {
		struct unfit *u = &w->unfit[i];

		if (u->count && u->sealed && u->seal.n == n && !memcmp(u->computed, mac, CHAIN_MAC))
			return u;
	}
	return NULL;
}

/* From the end of each gap backwards, as far as each line's "after" leads. */
static void find_replaced_macs(struct walk *w)
{
	for (size_t i = w->n_gaps; i-- > 0;) {
		struct gap g = w->gap[i];
		struct unfit *u;

		while (g.to > g.from && (u = find_unfit(w, g.to - 1, g.after))) {
			memcpy(g.after, u->seal.after, CHAIN_MAC);
			walk_take_gap(w, --g.to);
			say_unfit(w, u, VERIFY_MAC_REPLACED, g.to);
		}
	}
}

static void find_changed(struct walk *w)
{
	for (size_t i = 0; i < w->n_unfit; i++) {
		struct unfit *u = &w->unfit[i];

		if (u->count && u->sealed && !u->foreign && walk_take_gap(w, u->seal.n))
			say_unfit(w, u, VERIFY_CHANGED, u->seal.n);
	}
	for (size_t i = 0; i < w->n_unfit; i++) {
		struct unfit *u = &w->unfit[i];
		uint64_t n = u->expected;

		/* one with a seal may be a changed one whose number was changed too */
		while (u->count && !u->foreign && n < u->expected + (u->sealed ? 1 : NEAR) && !walk_take_gap(w, n))
			n++;
		if (u->count && !u->foreign && n < u->expected + (u->sealed ? 1 : NEAR))
			say_unfit(w, u, VERIFY_CHANGED, n);
	}
}

static void say_rest(struct walk *w)
{
	for (size_t i = 0; i < w->n_unfit; i++) {
		struct unfit *u = &w->unfit[i];

		if (u->count)
			say_unfit(w, u, w->foreign == i + 1 ? VERIFY_OTHER_CHAIN :
				  u->record ? VERIFY_INSERTED : VERIFY_GARBAGE, 0);
	}
	if (w->unfit_beyond) {
		w->result->beyond += w->unfit_beyond;
		w->result->good = false;
	}
}

static uint64_t hour_of(const char *file)
{
	struct tm tm = { 0 };

	return strptime(file, "%Y-%m-%dT%H", &tm) ? (uint64_t)timegm(&tm) / 3600 : 0;
}

/* Between the last line of one file and the first of another there is room for a third. */
static bool whole_file(const struct walk *w, const struct gap *g)
{
	struct stat st;

	if (g->end)
		return w->state.at.file[0] && fstatat(w->v->journal, w->state.at.file, &st, 0) < 0 && errno == ENOENT;
	return !g->spot.at.offset && g->before[0] && hour_of(g->spot.at.file) > hour_of(g->before) + 1;
}

static void say_gaps(struct walk *w)
{
	for (size_t i = 0; i < w->n_gaps; i++) {
		const struct gap *g = &w->gap[i];
		struct verify_finding *f;

		if (g->from >= g->to)
			continue;
		f = walk_say(w, whole_file(w, g) ? VERIFY_FILE_REMOVED : g->end ? VERIFY_CUT : VERIFY_REMOVED, &g->spot);
		f->first = g->from;
		f->last = g->to - 1;
		f->count = g->to - g->from;
		if (f->what == VERIFY_FILE_REMOVED)
			str_copy(f->other, g->end ? w->state.at.file : g->before, sizeof(f->other));
	}
}

/* What the state knows and nobody saw was cut off. */
static void look_at_end(struct walk *w)
{
	struct gap g = { .from = w->next, .to = w->state.next.n, .end = true };

	if (!w->state_good || w->state.next.n <= w->next || w->n_gaps == GAPS_MAX)
		return;
	g.spot = w->spot;
	g.spot.at.offset += g.spot.at.len;
	g.spot.at.len = 0;
	g.spot.line++;
	g.spot.order++;
	memcpy(g.after, w->state.last, CHAIN_MAC);
	w->gap[w->n_gaps++] = g;
}

/* A recorder at work writes the state within a moment. */
static bool state_moves(const struct walk *w)
{
	struct chain_state again;
	bool moved = false;

	for (int i = 0; i < MOMENTS && !moved; i++) {
		if (i)
			usleep(MOMENT_US);
		moved = chain_state_read(w->v->journal, &again) == 0 && again.generation != w->state.generation;
	}
	sodium_memzero(&again, sizeof(again));
	return moved;
}

/* The journal goes further than the state: it is written just now, the machine fell, or it is an old copy. */
static void look_behind(struct walk *w)
{
	const struct place *last = &w->last.spot.at, *known = &w->state.at;
	uint64_t bytes = last->offset + last->len;

	if (!w->state_good || w->state.next.n >= w->next || state_moves(w))
		return;
	if (!strcmp(last->file, known->file))
		bytes -= known->offset + known->len;
	walk_say(w, bytes > JOURNAL_BATCH_MAX ? VERIFY_STATE_OLD : VERIFY_BEHIND, &w->spot)->count =
		w->next - w->state.next.n;
}

static void judge_state(struct walk *w)
{
	struct spot end = { .order = w->spot.order + 3 };

	if (w->state_error == -ENOENT || w->state_error == -EBADMSG)
		walk_say(w, w->state_error == -ENOENT ? VERIFY_STATE_MISSING : VERIFY_STATE_DAMAGED, &end);
	else if (w->state_error) {
		str_copy(end.at.file, CHAIN_STATE_FILE, sizeof(end.at.file));
		walk_say(w, VERIFY_READ, &end)->error = -w->state_error;
	} else if (memcmp(w->result->id, w->result->state_id, CHAIN_ID))
		walk_say(w, VERIFY_STATE_OTHER, &end);
	else if (!w->state_good)
		walk_say(w, VERIFY_STATE_FORGED, &end);
}

void judge(struct walk *w)
{
	struct spot end = { .order = w->spot.order + 4 };
	bool ours = !w->state_error && !memcmp(w->result->id, w->result->state_id, CHAIN_ID);

	walk_settle(w);
	if (!w->result->records && !ours && (w->spot.order || !w->state_error)) {
		w->result->n = 0;
		walk_say(w, VERIFY_WRONG_KEY, NULL);
		return;
	}
	look_at_end(w);
	find_replaced_macs(w);
	find_changed(w);
	say_rest(w);
	say_gaps(w);
	look_behind(w);
	judge_state(w);
	if (w->next - 1 < w->v->at_least) {
		struct verify_finding *f = walk_say(w, VERIFY_FEWER, &end);

		f->first = w->next;
		f->last = w->v->at_least;
	}
}
