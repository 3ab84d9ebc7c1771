/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scan_table.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { BUCKETS = 2 * SCAN_ENTRIES, TARGET_BUCKETS = 2 * SCAN_TARGETS };

struct target {
	uint64_t id;			/* which target of which kind: a keyed hash of 64 bits */
	uint32_t owner;			/* entry, index + 1; 0 free */
	uint32_t next, prev;		/* in the owner's list, and of free ones next: index + 1 */
	uint32_t hash_next;
	struct probe_seen seen;		/* the last attempt */
};

struct scan_table {
	uint8_t seed[crypto_shorthash_KEYBYTES];
	uint64_t fast_us, slow_us;
	uint32_t most;
	uint32_t used, newest, oldest, free_entry;
	uint32_t targets_used, free_target;
	uint32_t n_active, n_wide;
	uint32_t active[SCAN_ENTRIES];		/* index + 1 */
	uint32_t bucket[BUCKETS], target_bucket[TARGET_BUCKETS];
	struct scan_entry entry[SCAN_ENTRIES];
	struct target target[SCAN_TARGETS];
};

struct scan_table *scan_table_new(const uint8_t seed[16], uint64_t fast_us, uint64_t slow_us, uint32_t most)
{
	struct scan_table *t = xcalloc(1, sizeof(*t));

	memcpy(t->seed, seed, sizeof(t->seed));
	t->fast_us = fast_us;
	t->slow_us = slow_us;
	t->most = most;
	return t;
}

struct scan_table *scan_table_free(struct scan_table *t)
{
	for (uint32_t i = 0; t && i < t->used; i++)
		free(t->entry[i].wide);
	free(t);
	return NULL;
}

static uint64_t hash(const struct scan_table *t, const void *p, size_t n)
{
	uint8_t out[crypto_shorthash_BYTES];
	uint64_t v;

	crypto_shorthash(out, p, n, t->seed);
	memcpy(&v, out, sizeof(v));
	return v;
}

/* --- targets ---------------------------------------------------------------------------------- */

/* What makes two attempts the same target depends on whose targets they are. */
static uint64_t target_id(const struct scan_table *t, const struct scan_entry *e, const struct probe_seen *p)
{
	struct {
		struct addr a, b;
		uint32_t owner;
		uint16_t port;
		uint8_t proto, kind;
	} of;

	memset(&of, 0, sizeof(of));	/* with what may lie between the members */
	of.owner = e->self;
	of.kind = e->key.kind;
	if (e->key.kind != SCAN_POT)
		of.a = p->dest;
	if (e->key.kind == SCAN_PORT)
		of.b = p->src;
	else {
		of.port = p->port;
		of.proto = p->proto;
	}
	return hash(t, &of, sizeof(of));
}

static struct target *target_at(struct scan_table *t, uint32_t i)
{
	return i ? &t->target[i - 1] : NULL;
}

static struct target *target_find(struct scan_table *t, const struct scan_entry *e, uint64_t id)
{
	struct target *x = target_at(t, t->target_bucket[id % TARGET_BUCKETS]);

	while (x && (x->id != id || x->owner != e->self + 1))
		x = target_at(t, x->hash_next);
	return x;
}

static void unlink_target(struct scan_table *t, struct scan_entry *e, struct target *x)
{
	uint32_t i = (uint32_t)(x - t->target) + 1;

	if (e->first_fast == i)
		e->first_fast = x->next;
	if (x->prev)
		target_at(t, x->prev)->next = x->next;
	else
		e->first = x->next;
	if (x->next)
		target_at(t, x->next)->prev = x->prev;
	else
		e->last = x->prev;
}

static void append_target(struct scan_table *t, struct scan_entry *e, struct target *x)
{
	uint32_t i = (uint32_t)(x - t->target) + 1;

	x->next = 0;
	x->prev = e->last;
	if (e->last)
		target_at(t, e->last)->next = i;
	else
		e->first = i;
	e->last = i;
	if (!e->first_fast)
		e->first_fast = i;
}

static bool is_fast(const struct scan_table *t, const struct target *x, uint64_t now_us)
{
	return x->seen.at_us + t->fast_us > now_us;
}

static void free_target(struct scan_table *t, struct scan_entry *e, struct target *x, bool fast)
{
	uint32_t i = (uint32_t)(x - t->target) + 1, *at = &t->target_bucket[x->id % TARGET_BUCKETS];

	while (*at != i)
		at = &target_at(t, *at)->hash_next;
	*at = x->hash_next;
	unlink_target(t, e, x);
	e->n--;
	e->n_fast -= fast;
	x->owner = 0;
	x->next = t->free_target;
	t->free_target = i;
}

static void free_targets(struct scan_table *t, struct scan_entry *e)
{
	while (e->first)
		free_target(t, e, target_at(t, e->first), false);
	e->first_fast = 0;
	e->n_fast = 0;
}

/* Entries that many share know the short window only: a port that everybody knocks at is no scan. */
static void expire(struct scan_table *t, struct scan_entry *e, uint64_t now_us)
{
	uint64_t keep = e->key.kind == SCAN_SOURCE ? t->slow_us : t->fast_us;

	while (e->first_fast && !is_fast(t, target_at(t, e->first_fast), now_us)) {
		e->first_fast = target_at(t, e->first_fast)->next;
		e->n_fast--;
	}
	while (e->first && target_at(t, e->first)->seen.at_us + keep <= now_us)
		free_target(t, e, target_at(t, e->first), false);
}

static void forget(struct scan_table *t, struct scan_entry *e);

static struct target *new_target(struct scan_table *t)
{
	uint32_t i = t->free_target;

	if (i) {
		t->free_target = target_at(t, i)->next;
		return target_at(t, i);
	}
	if (t->targets_used < SCAN_TARGETS)
		return &t->target[t->targets_used++];
	while (!t->free_target)		/* the one that asks is the newest: it stays */
		forget(t, &t->entry[t->oldest - 1]);
	i = t->free_target;
	t->free_target = target_at(t, i)->next;
	return target_at(t, i);
}

void scan_note(struct scan_table *t, struct scan_entry *e, const struct probe_seen *p)
{
	uint64_t id = target_id(t, e, p);
	struct target *x;

	expire(t, e, p->at_us);
	x = target_find(t, e, id);
	if (x) {
		e->n_fast += !is_fast(t, x, p->at_us);
		unlink_target(t, e, x);
	} else {
		if (e->n >= t->most)
			free_target(t, e, target_at(t, e->first), e->n_fast == e->n);
		x = new_target(t);
		x->id = id;
		x->owner = e->self + 1;
		x->hash_next = t->target_bucket[id % TARGET_BUCKETS];
		t->target_bucket[id % TARGET_BUCKETS] = (uint32_t)(x - t->target) + 1;
		e->n++;
		e->n_fast++;
	}
	x->seen = *p;
	append_target(t, e, x);
}

uint64_t scan_pots(struct scan_table *t, const struct scan_entry *e)
{
	uint64_t pots = 0;

	for (uint32_t i = e->first; i; i = target_at(t, i)->next)
		if (target_at(t, i)->seen.honeypot >= 0)
			pots |= 1ull << target_at(t, i)->seen.honeypot;
	return pots;
}

bool scan_mostly_one(struct scan_table *t, const struct scan_entry *e)
{
	struct addr leader = { 0 };
	uint32_t lead = 0, its = 0;

	for (uint32_t i = e->first; i; i = target_at(t, i)->next) {
		if (!lead)
			leader = target_at(t, i)->seen.src;
		lead = memcmp(&leader, &target_at(t, i)->seen.src, sizeof(leader)) ? lead - 1 : lead + 1;
	}
	for (uint32_t i = e->first; i; i = target_at(t, i)->next)
		its += !memcmp(&leader, &target_at(t, i)->seen.src, sizeof(leader));
	return its > e->n / 2;
}

/* --- entries ---------------------------------------------------------------------------------- */

static uint32_t *bucket_of(struct scan_table *t, const struct scan_key *k)
{
	return &t->bucket[hash(t, k, sizeof(*k)) % BUCKETS];
}

struct scan_entry *scan_find(struct scan_table *t, const struct scan_key *k)
{
	for (uint32_t i = *bucket_of(t, k); i; i = t->entry[i - 1].hash_next)
		if (!memcmp(&t->entry[i - 1].key, k, sizeof(*k)))
			return &t->entry[i - 1];
	return NULL;
}

static void leave_line(struct scan_table *t, struct scan_entry *e)
{
	*(e->newer ? &t->entry[e->newer - 1].older : &t->newest) = e->older;
	*(e->older ? &t->entry[e->older - 1].newer : &t->oldest) = e->newer;
}

static void join_line(struct scan_table *t, struct scan_entry *e)
{
	e->newer = 0;
	e->older = t->newest;
	*(t->newest ? &t->entry[t->newest - 1].newer : &t->oldest) = e->self + 1;
	t->newest = e->self + 1;
}

static void forget(struct scan_table *t, struct scan_entry *e)
{
	uint32_t *at = bucket_of(t, &e->key);

	scan_end(t, e);
	while (*at != e->self + 1)
		at = &t->entry[*at - 1].hash_next;
	*at = e->hash_next;
	leave_line(t, e);
	e->key.kind = SCAN_KINDS;
	e->hash_next = t->free_entry;
	t->free_entry = e->self + 1;
}

static uint32_t new_entry(struct scan_table *t)
{
	uint32_t i;

	if (!t->free_entry && t->used < SCAN_ENTRIES)
		return t->used++;
	if (!t->free_entry)
		forget(t, &t->entry[t->oldest - 1]);
	i = t->free_entry - 1;
	t->free_entry = t->entry[i].hash_next;
	return i;
}

struct scan_entry *scan_get(struct scan_table *t, const struct scan_key *k)
{
	struct scan_entry *e = scan_find(t, k);
	uint32_t i;

	if (e) {
		leave_line(t, e);
		join_line(t, e);
		return e;
	}
	i = new_entry(t);
	e = &t->entry[i];
	*e = (struct scan_entry){ .key = *k, .self = i, .hash_next = *bucket_of(t, k) };
	*bucket_of(t, k) = i + 1;
	join_line(t, e);
	return e;
}

struct scan_entry *scan_each(struct scan_table *t, uint32_t *at)
{
	while (*at < t->used && t->entry[*at].key.kind == SCAN_KINDS)
		++*at;
	return *at < t->used ? &t->entry[(*at)++] : NULL;
}

struct scan_entry *scan_active(struct scan_table *t, uint32_t i)
{
	return i < t->n_active ? &t->entry[t->active[i] - 1] : NULL;
}

/* --- those that are scans --------------------------------------------------------------------- */

static void set_bit(uint64_t *bits, uint32_t i, uint32_t *count)
{
	*count += !(bits[i / 64] >> i % 64 & 1);
	bits[i / 64] |= 1ull << i % 64;
}

void scan_widen(struct scan_table *t, struct scan_entry *e, const struct probe_seen *p)
{
	uint32_t host = p->dest.family == 4 ? addr_u32(&p->dest) : (uint32_t)hash(t, &p->dest, sizeof(p->dest));

	if (!e->wide)
		return;
	set_bit(e->wide->port, p->port, &e->wide->ports);
	set_bit(e->wide->host, host % 8192, &e->wide->hosts);
	set_bit(e->wide->source, (uint32_t)hash(t, &p->src, sizeof(p->src)) % 8192, &e->wide->sources);
}

void scan_begin(struct scan_table *t, struct scan_entry *e)
{
	if (!e->active) {
		e->active = true;
		e->active_at = t->n_active;
		t->active[t->n_active++] = e->self + 1;
	}
	if (!e->wide && t->n_wide < SCAN_WIDE) {
		e->wide = xcalloc(1, sizeof(*e->wide));
		t->n_wide++;
	}
	for (uint32_t i = e->first; i; i = target_at(t, i)->next)
		scan_widen(t, e, &target_at(t, i)->seen);
	if (e->first)
		e->begun_us = target_at(t, e->slow || !e->first_fast ? e->first : e->first_fast)->seen.at_us;
	free_targets(t, e);
}

void scan_end(struct scan_table *t, struct scan_entry *e)
{
	free_targets(t, e);
	t->n_wide -= e->wide != NULL;
	free(e->wide);
	e->wide = NULL;
	if (!e->active)
		return;
	e->active = false;
	t->active[e->active_at] = t->active[--t->n_active];
	t->entry[t->active[e->active_at] - 1].active_at = e->active_at;
}

void scan_unshare(struct scan_table *t, const struct scan_entry *source, scan_shared_fn *shared)
{
	for (uint32_t i = source->first; i; i = target_at(t, i)->next) {
		struct probe_seen p = target_at(t, i)->seen;
		struct scan_key keys[2];

		shared(&p, keys);
		for (size_t k = 0; k < nitems(keys); k++) {
			struct scan_entry *e = scan_find(t, &keys[k]);
			struct target *x;

			if (!e || e->active)
				continue;
			expire(t, e, source->last_us);	/* what is left is in the short window */
			x = target_find(t, e, target_id(t, e, &p));
			if (x && addr_same(&x->seen.src, &p.src))
				free_target(t, e, x, true);
		}
	}
}
