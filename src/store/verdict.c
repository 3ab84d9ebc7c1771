/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Verdicts: packets of one flow that met the same fate shortly after each other (a SYN that is tried
 * again) are one row.
 *
 * Which row that is, is remembered here, so that a driver that batches need not be asked in the
 * middle. It is a cache: what was dropped from it, or was there before this process, is asked for once.
 */
#include <sodium.h>
#include <string.h>

#include "base/mem.h"
#include "row.h"

enum { FLOWS_KEPT = 32768, KEY_BYTES = crypto_shorthash_siphashx24_BYTES };

/* Packets of one flow that met the same fate within this time are one verdict: a SYN is tried again
 * for 127 s. */
#define SAME_FATE_US 130000000ull

struct fates {
	struct flow { uint8_t key[KEY_BYTES]; uint64_t id, last_us; } flow[FLOWS_KEPT];
	uint8_t secret[crypto_shorthash_siphashx24_KEYBYTES];	/* nobody can make two flows look like one */
	uint64_t before_us;	/* verdicts up to then are in the tables only */
};

void fates_forget(struct store *s)
{
	free(s->fates);
	s->fates = NULL;
}

static struct fates *fates(struct store *s)
{
	if (!s->fates) {
		s->fates = xcalloc(1, sizeof(*s->fates));
		randombytes_buf(s->fates->secret, sizeof(s->fates->secret));
		s->fates->before_us = s->last_us;
	}
	return s->fates;
}

static void fate(struct row *r, const struct adding *a)
{
	const struct event *e = a->e;

	address(r, &e->src);
	address(r, &e->dest);
	number(r, e->src_port);
	number(r, e->dest_port);
	number(r, e->proto);
	number(r, a->honeypot);
	words(r, e->state);
	words(r, e->reason);
}

/* flow_slot() - where this flow and fate is remembered, if it is; *@ret_known whether it is */
static struct flow *flow_slot(struct store *s, const struct row *r, bool *ret_known)
{
	struct fates *known = fates(s);
	_text_ struct text t = { 0 };
	uint8_t key[KEY_BYTES];
	struct flow *f;
	size_t slot;

	for (size_t i = 0; i < r->n; i++) {
		put_u64(&t, r->c[i].kind == CELL_NUMBER ? (uint64_t)r->c[i].number : r->c[i].s.len);
		text_addn(&t, r->c[i].s.at, r->c[i].s.len);
	}
	crypto_shorthash_siphashx24(key, (const uint8_t *)text_str(&t), t.len, known->secret);
	memcpy(&slot, key, sizeof(slot));
	f = &known->flow[slot % FLOWS_KEPT];
	*ret_known = f->id && !memcmp(f->key, key, sizeof(key));
	if (!*ret_known)
		memcpy(f->key, key, sizeof(key));
	return f;
}

static uint64_t apart(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

/* from_tables() - a verdict that this process does not know, but one before it may have made */
static int from_tables(struct store *s, struct row *r, uint64_t at, struct flow *f)
{
	struct cell row[CELLS];
	int e;

	f->id = 0;
	if (at > s->fates->before_us + SAME_FATE_US)
		return 0;
	when(r, at > SAME_FATE_US ? at - SAME_FATE_US : 0);
	when(r, at + SAME_FATE_US);
	e = store_one(s, Q_VERDICT_FIND, r->c, row);
	if (e == 1) {
		f->id = (uint64_t)row[0].number;
		f->last_us = (uint64_t)row[1].number;
	}
	return e < 0 ? e : 0;
}

static int new_verdict(struct store *s, const struct adding *a, struct flow *f)
{
	struct row r = { 0 };

	f->id = a->e->seq;
	f->last_us = a->e->at_us;
	number(&r, f->id);
	number(&r, a->honeypot);
	number(&r, a->e->session);
	address(&r, &a->e->src);
	address(&r, &a->e->dest);
	number(&r, a->e->src_port);
	number(&r, a->e->dest_port);
	number(&r, a->e->proto);
	words(&r, a->e->state);
	words(&r, a->e->reason);
	when(&r, a->e->at_us);
	when(&r, a->e->at_us);
	return put(s, Q_VERDICT_ADD, &r);
}

int verdict_add(struct store *s, const struct adding *a, uint64_t *ret_id)
{
	uint64_t at = a->e->at_us < EVENT_TIME_MAX ? a->e->at_us : EVENT_TIME_MAX;
	struct row flow = { 0 }, more = { 0 };
	bool known;
	struct flow *f;
	int r = 0;

	fate(&flow, a);
	f = flow_slot(s, &flow, &known);
	if (!known)
		r = from_tables(s, &flow, at, f);
	if (r == 0 && (!f->id || apart(f->last_us, at) > SAME_FATE_US))
		r = new_verdict(s, a, f);
	if (r < 0) {
		f->id = 0;
		return r;
	}
	f->last_us = f->last_us > at ? f->last_us : at;
	when(&more, at);
	number(&more, f->id);
	*ret_id = f->id;
	return put(s, Q_VERDICT_MORE, &more);
}
