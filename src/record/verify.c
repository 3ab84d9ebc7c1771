/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verify, the walk: one pass over the journal.
 *
 * A seal is right under one key only, so a right seal tells a record's number for certain, wherever
 * the record stands. The number that is due next is the normal case. Who comes out of turn is kept
 * aside: if the number that is due follows after all, it had been moved here; if RUN of them follow
 * each other, those before are a gap and the walk goes on from there. A number that is lower fills a
 * gap (it was moved) or is a copy. Lines without a right seal are kept until the end, when it is known
 * which numbers nobody saw (verify_judge.c).
 *
 * The mac covers the file's name. If it is right under another one, near the line's own time, then
 * the record, or with the first one the file, was moved.
 */
#include "verify.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <sodium.h>

#include "base/mem.h"
#include "journal.h"
#include "journal_files.h"
#include "line.h"
#include "verify_walk.h"

enum {
	AHEAD_MAX = 4 * 1024 * 1024,		/* numbers we look ahead of what is known */
	STATE_AHEAD_MAX = 256 * 1024 * 1024,	/* the same for the state: two minutes' work */
	HOURS = 48,				/* a record's own time and its file's name may differ by */
	PROGRESS_BYTES = 4 * 1024 * 1024,
};

struct verify_finding *walk_say(struct walk *w, enum verify_what what, const struct spot *spot)
{
	struct verify_result *r = w->result;
	struct verify_finding *f = &w->spare;

	if (r->n < VERIFY_KEPT)
		f = &r->at[r->n++];
	else
		r->beyond++;
	r->good = r->good && !verify_bad(what);
	*f = (struct verify_finding){ .what = what };
	if (spot) {
		f->order = spot->order;
		f->at = spot->at;
		f->line = spot->line;
	}
	return f;
}

static uint64_t line_time(const char *line, size_t len)
{
	char head[48] = { 0 };
	struct tm tm = { 0 };
	const char *rest;

	memcpy(head, line, len < sizeof(head) - 1 ? len : sizeof(head) - 1);
	rest = strptime(head, "{\"timestamp\":\"%Y-%m-%dT%H:%M:%S.", &tm);
	return rest && tm.tm_year >= 70 ? (uint64_t)timegm(&tm) * 1000000 + strtoul(rest, NULL, 10) % 1000000 : 0;
}

/* --- numbers ---------------------------------------------------------------------------------- */

bool walk_take_gap(struct walk *w, uint64_t n)
{
	for (size_t i = 0; i < w->n_gaps; i++) {
		struct gap *g = &w->gap[i];

		if (n < g->from || n >= g->to)
			continue;
		if (n == g->from)
			g->from++;
		else if (n + 1 == g->to)
			g->to--;
		else if (w->n_gaps < GAPS_MAX) {
			w->gap[w->n_gaps] = *g;
			w->gap[w->n_gaps++].from = n + 1;
			g->to = n;
		}
		return true;
	}
	return false;
}

static void add_gap(struct walk *w, uint64_t from, const struct record *next)
{
	struct gap g = { .from = from, .to = next->n, .spot = next->spot };

	memcpy(g.after, next->after, CHAIN_MAC);
	memcpy(g.before, w->last.spot.at.file, sizeof(g.before));
	if (w->n_gaps < GAPS_MAX)
		w->gap[w->n_gaps++] = g;
	else {
		w->result->beyond++;
		w->result->good = false;
	}
}

/* Those that follow each other are one finding. What was told of a record already may be worse than that. */
static void say_misplaced(struct walk *w, enum verify_what what, const struct record *r)
{
	struct verify_result *res = w->result;
	struct verify_finding *f = res->n ? &res->at[res->n - 1] : NULL;

	if (r->told && what == VERIFY_DOUBLED && f && f->order == r->spot.order)
		f->what = what;
	if (r->told)
		return;
	if (f && f->what == what && f->last + 1 == r->n && f->order + f->count == r->spot.order) {
		f->last++;
		f->count++;
		return;
	}
	f = walk_say(w, what, &r->spot);
	f->first = f->last = r->n;
	f->count = 1;
}

static void in_order(struct walk *w, const struct record *r)
{
	if (w->last.n && memcmp(r->after, w->last.mac, CHAIN_MAC))
		walk_say(w, VERIFY_EXCHANGED, &w->last.spot)->first = w->last.n;
	w->last = *r;
	w->next = r->n + 1;
	if (w->key.n == r->n)
		chain_next(&w->key);
	else
		chain_keys_get(&w->keys, w->next, &w->key);
}

/* Those whose turn it is now stood too early. */
static void drain(struct walk *w)
{
	for (size_t i = 0; i < w->n_early; i++) {
		struct record r = w->early[i];

		if (r.n != w->next)
			continue;
		say_misplaced(w, VERIFY_MOVED, &r);
		in_order(w, &r);
		w->n_early--;
		memmove(&w->early[i], &w->early[i + 1], (w->n_early - i) * sizeof(r));
		i = (size_t)-1;
	}
}

/* jump() - the run at the end of those that came early is where the journal goes on */
static void jump(struct walk *w)
{
	size_t n = w->run, kept = 0;
	struct record *run = &w->early[w->n_early - n];

	w->n_early -= n;
	w->run = 0;
	if (run->n > w->next) {
		add_gap(w, w->next, run);
		w->last.n = 0;
	}
	for (size_t i = 0; i < n; i++)
		in_order(w, &run[i]);
	for (size_t i = 0; i < w->n_early; i++) {
		if (w->early[i].n >= w->next)
			w->early[kept++] = w->early[i];
		else if (walk_take_gap(w, w->early[i].n))
			say_misplaced(w, VERIFY_MOVED, &w->early[i]);
	}
	w->n_early = kept;
	drain(w);
}

static int by_number(const void *a, const void *b)
{
	const struct record *x = a, *y = b;

	return x->n < y->n ? -1 : x->n > y->n;
}

/* Again and again: the lowest ones that follow each other, also in the files, become the run. */
void walk_settle(struct walk *w)
{
	while (w->n_early) {
		struct record run[EARLY_MAX];
		size_t n = 1;

		qsort(w->early, w->n_early, sizeof(w->early[0]), by_number);
		while (n < w->n_early && w->early[n].n == w->early[n - 1].n + 1 &&
		       w->early[n].spot.order > w->early[n - 1].spot.order)
			n++;
		memcpy(run, w->early, n * sizeof(run[0]));
		memmove(w->early, w->early + n, (w->n_early - n) * sizeof(run[0]));
		memcpy(w->early + w->n_early - n, run, n * sizeof(run[0]));
		w->run = n;
		jump(w);
	}
}

/* Comes out of turn; false: it is here already. */
static bool come_early(struct walk *w, const struct record *r)
{
	for (size_t i = 0; i < w->n_early; i++)
		if (w->early[i].n == r->n)
			return false;
	w->run = w->n_early && w->run && w->early[w->n_early - 1].n + 1 == r->n ? w->run + 1 : 1;
	w->early[w->n_early++] = *r;
	if (w->run == RUN || w->n_early == EARLY_MAX)
		jump(w);
	return true;
}

/* The lines before the first record of a chain that began in a journal that was not empty. */
static void settle_before(struct walk *w, const struct record *first)
{
	static const uint8_t empty[CHAIN_MAC];
	struct verify_finding *f;

	if (first->n != 1 || first->spot.order == 1 || !memcmp(first->after, empty, CHAIN_MAC))
		return;
	f = walk_say(w, VERIFY_BEFORE, &w->start);
	f->count = first->spot.order - 1;
	if (memcmp(first->after, w->before, CHAIN_MAC))
		walk_say(w, VERIFY_CHANGED, &w->before_spot);
	w->n_unfit = w->foreign = w->unfit_beyond = 0;
}

static void take(struct walk *w, const struct record *r)
{
	bool new = true;

	if (!w->first.n) {
		w->first = *r;
		settle_before(w, r);
	}
	w->foreign = 0;
	if (r->n == w->next) {
		w->run = 0;
		in_order(w, r);
		drain(w);
	} else if (r->n > w->next)
		new = come_early(w, r);
	else if (walk_take_gap(w, r->n))
		say_misplaced(w, VERIFY_MOVED, r);
	else
		new = false;
	if (!new)
		say_misplaced(w, VERIFY_DOUBLED, r);
	w->result->records += new;
}

/* --- seals ------------------------------------------------------------------------------------ */

static void mac_of(struct walk *w, const char *name, const struct seal *s, const char *line, uint8_t ret[CHAIN_MAC])
{
	struct chain_key k = w->key;

	if (k.n != s->n)
		chain_keys_get(&w->keys, s->n, &k);
	seal_mac(&k, name, line, s->covered, ret);
}

static bool fits(struct walk *w, const char *name, const struct seal *s, const char *line)
{
	uint8_t mac[CHAIN_MAC];

	mac_of(w, name, s, line, mac);
	return !sodium_memcmp(mac, s->mac, CHAIN_MAC);
}

/* find_name() - under which name it was sealed, if near its own time */
static bool find_name(struct walk *w, const struct seal *s, struct span line, char ret[32])
{
	uint64_t at_us = line_time(line.at, line.len);

	memcpy(ret, w->spot.at.file, 32);
	if (fits(w, ret, s, line.at))
		return true;
	if (at_us < HOURS * 3600000000ull || w->tries++ >= NAME_TRIES)
		return false;
	for (uint64_t i = 0; i <= 2 * HOURS; i++) {	/* 0, +1, -1, +2, -2 ... */
		uint64_t hours = (i + 1) / 2 * 3600000000ull;

		journal_file_at(i % 2 ? at_us + hours : at_us - hours, ret);
		if (fits(w, ret, s, line.at))
			return true;
	}
	return false;
}

/* The record was sealed in a file of another name than we thought. */
static void other_name(struct walk *w, const char *name, const struct record *r)
{
	bool own = !strcmp(name, w->spot.at.file);
	struct verify_finding *f;

	if (own && w->renamed)	/* not the file was renamed: its first record had come from elsewhere */
		w->result->at[w->renamed - 1].what = VERIFY_MOVED;
	if (own || !r->spot.at.offset)
		str_copy(w->name, name, sizeof(w->name));
	w->renamed = 0;
	if (own)
		return;
	f = walk_say(w, r->spot.at.offset ? VERIFY_MOVED : VERIFY_FILE_RENAMED, &r->spot);
	f->first = f->last = r->n;
	str_copy(f->other, name, sizeof(f->other));
	if (!r->spot.at.offset && f != &w->spare)
		w->renamed = w->result->n;
}

/* authentic() - true and *@ret if the line is one of ours, wherever it belongs */
static bool authentic(struct walk *w, const struct seal *s, struct span line, struct record *ret)
{
	uint64_t known = w->state_good && w->state.next.n > w->next ? w->state.next.n : w->next;
	struct record r = { .n = s->n, .spot = w->spot };
	char name[32];

	if (s->n > known + AHEAD_MAX)
		return false;
	memcpy(r.after, s->after, CHAIN_MAC);
	memcpy(r.mac, s->mac, CHAIN_MAC);
	if (!fits(w, w->name, s, line.at)) {
		if (!find_name(w, s, line, name))
			return false;
		other_name(w, name, &r);
		r.told = strcmp(name, r.spot.at.file);
	} else if (w->renamed) {
		w->result->at[w->renamed - 1].last = r.n;
		r.told = true;
	}
	*ret = r;
	return true;
}

/* --- lines ------------------------------------------------------------------------------------ */

static void describe(struct unfit *u, struct span line)
{
	_line_ struct line l = { 0 };

	if (!line.at || line_read(line.at, line.len, NULL, &l) < 0)
		return;
	u->record = true;
	u->seq = l.event.seq;
	u->at_us = l.event.at_us;
	u->foreign = l.event.kind == EV_CHAIN && u->sealed && u->seal.n == 1;
}

/* @s: its seal, NULL if it has none */
static void take_unfit(struct walk *w, struct span line, const struct seal *s)
{
	struct unfit u = { .spot = w->spot, .sealed = s, .count = 1 };

	if (!w->first.n) {
		w->before_spot = w->spot;
		chain_digest(line.at ? line.at : "", line.len, w->before);
	}
	if (w->foreign) {
		w->unfit[w->foreign - 1].count++;
		return;
	}
	if (w->n_unfit == UNFIT_MAX) {
		w->unfit_beyond++;
		return;
	}
	if (s) {
		u.seal = *s;
		if (s->n <= w->next + AHEAD_MAX)
			mac_of(w, w->name, s, line.at, u.computed);
	}
	describe(&u, line);
	u.expected = w->n_early ? w->early[w->n_early - 1].n + 1 : w->next;
	w->unfit[w->n_unfit++] = u;
	if (u.foreign)
		w->foreign = w->n_unfit;
}

static bool seen_file(struct walk *w, const char *sha256)
{
	char (*slot)[65];
	uint16_t v;
	bool seen;

	memcpy(&v, sha256, sizeof(v));
	slot = &w->seen_files[(v ^ sha256[2]) % SEEN_FILES];
	seen = !strcmp(*slot, sha256);
	str_copy(*slot, sha256, sizeof(*slot));
	return seen;
}

static void say_file(struct walk *w, enum named_file_what what, struct verify_finding about)
{
	static const enum verify_what say[] = {
		[NAMED_MISSING] = VERIFY_FILE_MISSING, [NAMED_CHANGED] = VERIFY_FILE_CHANGED,
		[NAMED_FOLDER_MISSING] = VERIFY_FILE_MISSING,
	};
	bool allowed = what == NAMED_FOLDER_MISSING && w->v->may_lack_files;
	struct verify_finding *f;

	if (allowed && w->lacks_files++)
		return;		/* once is enough */
	f = walk_say(w, about.error ? VERIFY_READ : allowed ? VERIFY_FOLDER_MISSING : say[what], &w->spot);
	f->first = about.first;
	f->seq = about.seq;
	f->at_us = about.at_us;
	f->error = about.error;
	memcpy(f->other, about.other, sizeof(f->other));
}

/* The file a record names by its hash, if it does. */
static void check_file(struct walk *w, struct span line, uint64_t n)
{
	static const char sign[] = "\"sha256\":\"";
	struct verify_finding about = { .first = n };
	_line_ struct line l = { 0 };
	int r;

	if (w->v->evidence < 0 || !memmem(line.at, line.len, sign, strlen(sign)) ||
	    line_read(line.at, line.len, NULL, &l) < 0 || !l.event.sha256[0] || seen_file(w, l.event.sha256))
		return;
	r = named_file_check(w->v->evidence, &l.event, about.other);
	w->result->files += r == NAMED_GOOD;
	about.seq = l.event.seq;
	about.at_us = l.event.at_us;
	about.error = r < 0 ? -r : 0;
	if (r != NAMED_GOOD && r != NAMED_NONE)
		say_file(w, r < 0 ? NAMED_NONE : (enum named_file_what)r, about);
}

static void show_progress(struct walk *w)
{
	if (!w->v->progress || w->done - w->shown < PROGRESS_BYTES)
		return;
	w->shown = w->done;
	w->v->progress(w->v->arg, w->done, w->total);
}

/* Times are read at the end, of two records. */
static void keep_head(struct walk *w, struct span line)
{
	struct head *h = &w->head[w->head[0].len > 0];

	h->len = line.len < sizeof(h->at) ? line.len : sizeof(h->at);
	memcpy(h->at, line.at, h->len);
}

static int take_line(void *arg, const struct place *at, const char *s, size_t len)
{
	struct walk *w = arg;
	struct span line = { s, len };
	struct record r;
	struct seal seal;

	w->spot.at = *at;
	w->spot.line++;
	w->spot.order++;
	if (w->spot.order == 1)
		w->start = w->spot;
	w->done += at->len;
	show_progress(w);
	if (!s || seal_read(s, len, &seal) < 0)
		take_unfit(w, line, NULL);
	else if (!authentic(w, &seal, line, &r))
		take_unfit(w, line, &seal);
	else {
		take(w, &r);
		check_file(w, line, r.n);
		keep_head(w, line);
	}
	return 0;
}

/* --- files ------------------------------------------------------------------------------------ */

/* What stands behind the last line feed of the newest file; a recorder at work may just be writing it. */
static void look_at_tail(struct walk *w, const char *file)
{
	bool here = !strcmp(w->spot.at.file, file);
	uint64_t end = here ? w->spot.at.offset + w->spot.at.len : 0;
	_fd_ int fd = openat(w->v->journal, file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct chain_state now;
	struct verify_finding *f;
	struct spot spot = w->spot;
	_free_ char *b = NULL;
	ssize_t n;

	if (fd < 0)
		return;
	b = xcalloc(LINE_BYTES_MAX, 1);
	n = pread(fd, b, LINE_BYTES_MAX, (off_t)end);
	if (n <= 0 || memchr(b, '\n', (size_t)n))
		return;
	if (!w->state_error && chain_state_read(w->v->journal, &now) == 0 && now.generation != w->state.generation)
		return;
	str_copy(spot.at.file, file, sizeof(spot.at.file));
	spot.at.offset = end;
	spot.line = here ? spot.line + 1 : 1;
	spot.order += 2;
	f = walk_say(w, VERIFY_UNFINISHED, &spot);
	f->count = (uint64_t)n;
}

static void walk_file(struct walk *w, const char *name, bool newest)
{
	int r;

	w->spot.line = w->renamed = w->tries = 0;
	str_copy(w->name, name, sizeof(w->name));
	r = journal_scan_file(w->v->journal, name, newest, take_line, w);
	if (r < 0) {
		struct spot spot = { .order = ++w->spot.order };

		str_copy(spot.at.file, name, sizeof(spot.at.file));
		walk_say(w, VERIFY_READ, &spot)->error = -r;
	} else if (newest)
		look_at_tail(w, name);
}

static int walk_files(struct walk *w)
{
	struct journal_files files;
	int r = journal_files(w->v->journal, NULL, &files);

	if (r < 0) {
		walk_say(w, VERIFY_READ, NULL)->error = -r;
		return r;
	}
	for (size_t i = 0; i < files.n; i++) {
		struct stat st;

		if (fstatat(w->v->journal, files.name[i], &st, AT_SYMLINK_NOFOLLOW) == 0)
			w->total += (uint64_t)st.st_size;
	}
	for (size_t i = 0; i < files.n; i++)
		walk_file(w, files.name[i], i + 1 == files.n);
	journal_files_fini(&files);
	return 0;
}

/* The state is taken first: what it knows is in the journal already. */
static void look_at_state(struct walk *w)
{
	struct verify_result *r = w->result;
	struct chain_key k;

	w->state_error = chain_state_read(w->v->journal, &w->state);
	if (w->state_error)
		return;
	memcpy(r->state_id, w->state.id, CHAIN_ID);
	if (memcmp(r->id, r->state_id, CHAIN_ID) || w->state.next.n > STATE_AHEAD_MAX)
		return;
	chain_keys_get(&w->keys, w->state.next.n, &k);
	w->state_good = !sodium_memcmp(k.key, w->state.next.key, CHAIN_KEY);
	sodium_memzero(&k, sizeof(k));
}

static int by_order(const void *a, const void *b)
{
	const struct verify_finding *x = a, *y = b;

	return x->order < y->order ? -1 : x->order > y->order;
}

int verify_run(const struct verify *v, const uint8_t secret[CHAIN_SECRET], struct verify_result *ret)
{
	struct walk *w;

	if (sodium_init() < 0)
		return -EIO;
	w = xcalloc(1, sizeof(*w));
	*ret = (struct verify_result){ .good = true };
	chain_id(secret, ret->id);
	w->v = v;
	w->result = ret;
	w->next = 1;
	chain_keys_init(&w->keys, secret);
	chain_keys_get(&w->keys, 1, &w->key);
	look_at_state(w);
	if (walk_files(w) == 0)
		judge(w);
	qsort(ret->at, ret->n, sizeof(ret->at[0]), by_order);
	ret->next = w->next;
	ret->first_us = line_time(w->head[0].at, w->head[0].len);
	ret->last_us = w->head[1].len ? line_time(w->head[1].at, w->head[1].len) : ret->first_us;
	sodium_memzero(w, sizeof(*w));
	free(w);
	return 0;
}
