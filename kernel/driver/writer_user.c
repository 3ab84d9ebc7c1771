// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>
#include "writer.h"

typedef unsigned long long u64;

#define RING_MIN (128u * 1024)

static u64 aligned(u64 len)
{
	return (len + 7) & ~7ULL;
}

static int is_bulk(const struct skep_rec *rec)
{
	return (SKEP_BULK_KINDS >> rec->kind) & 1;
}

static int has_contents(const struct skep_rec *rec)
{
	return rec->kind == SKEP_CONTENT || rec->kind == SKEP_MODULE;
}

static int is_sound(const struct skep_ring *r, u64 len)
{
	return len >= SKEP_RING_HEADER && r->magic == SKEP_RING_MAGIC &&
	       r->version == SKEP_RING_VERSION && r->size >= RING_MIN && !(r->size & (r->size - 1)) &&
	       r->data >= SKEP_RING_HEADER && r->data <= len && r->size <= len - r->data &&
	       r->memory_len <= len && r->memory <= len - r->memory_len && !(r->memory & 7) &&
	       (!r->config_len || (r->config >= SKEP_RING_HEADER && r->config <= len &&
				   r->config_len <= len - r->config && !(r->config & 7)));
}

int pv_writer_open(struct pv_writer *w, void *at, u64 len)
{
	struct skep_ring *r = at;

	if (!is_sound(r, len))
		return -1;
	*w = (struct pv_writer){ .ring = r, .data = (char *)at + r->data };
	r->boots++;
	r->waiting = 0;
	if (r->next_head == r->head)
		r->seq = r->next_seq;
	return 0;
}

u64 pv_writer_tail(const struct pv_writer *w)
{
	return __atomic_load_n(&w->ring->tail, __ATOMIC_ACQUIRE);
}

static u64 room(const struct pv_writer *w)
{
	u64 used = w->ring->head - pv_writer_tail(w);

	return used > w->ring->size ? 0 : w->ring->size - used;
}

static u64 copy_in(struct pv_writer *w, u64 at, const void *from, u64 len)
{
	u64 offset = at & (w->ring->size - 1), first = w->ring->size - offset;

	if (first > len)
		first = len;
	memcpy(w->data + offset, from, first);
	memcpy(w->data, (const char *)from + first, len - first);
	return at + len;
}

/* Each store is seen, by the reader and by a later kernel, only after those above it. */
static void publish(struct skep_ring *r, u64 head)
{
	u64 seq = r->seq + 1;

	__atomic_store_n(&r->next_head, head, __ATOMIC_RELEASE);
	__atomic_store_n(&r->next_seq, seq, __ATOMIC_RELEASE);
	__atomic_store_n(&r->head, head, __ATOMIC_RELEASE);
	__atomic_store_n(&r->seq, seq, __ATOMIC_RELEASE);
}

static enum pv_verdict put(struct pv_writer *w, struct skep_rec *rec, const struct pv_field *field,
			   unsigned int n_fields, u64 reserve)
{
	u64 at = w->ring->head;
	unsigned int i;

	if (room(w) < aligned(rec->len) + reserve)
		return PV_FULL;
	rec->seq = w->ring->seq + 1;
	at = copy_in(w, at, rec, sizeof(*rec));
	for (i = 0; i < n_fields; i++) {
		struct skep_field head = { .tag = field[i].tag, .len = field[i].len };

		at = copy_in(w, at, &head, sizeof(head));
		at = copy_in(w, at, field[i].at, field[i].len);
	}
	publish(w->ring, aligned(at));
	return PV_PUT;
}

static void measure(struct skep_rec *rec, const struct pv_field *field, unsigned int n_fields)
{
	unsigned int i;

	rec->len = sizeof(*rec);
	for (i = 0; i < n_fields; i++)
		rec->len += sizeof(struct skep_field) + field[i].len;
}

/* If there is no room for it, the next one tells it. */
static void tell_lost(struct pv_writer *w, struct skep_lost *lost, unsigned int class, u64 reserve)
{
	unsigned int n = lost->untold > ~0u ? ~0u : lost->untold;
	const struct pv_field field[] = { { &class, sizeof(class), SKEP_T_OP }, { &n, sizeof(n), SKEP_T_CODE } };
	struct skep_rec rec = lost->first;

	if (!n)
		return;
	rec.kind = SKEP_LOST;
	rec.flags = 0;
	measure(&rec, field, 2);
	if (put(w, &rec, field, 2, reserve) == PV_PUT)
		lost->untold -= n;
}

static void look_at_flood(struct pv_writer *w)
{
	u64 there = room(w), size = w->ring->size;

	if (there < size / 4)
		w->flooded = 1;
	else if (there >= size / 2)
		w->flooded = 0;
}

static u64 reserve_for(const struct pv_writer *w, const struct skep_rec *rec, unsigned int how)
{
	u64 size = w->ring->size;

	if (how & PV_ATOMIC)
		return 0;
	return has_contents(rec) && aligned(rec->len) <= size / 4 ? size / 2 : size / 16;
}

enum pv_verdict pv_writer_try(struct pv_writer *w, struct skep_rec *rec, const struct pv_field *field,
			      unsigned int n_fields, unsigned int how)
{
	int may_drop = is_bulk(rec) && !(how & PV_PATIENT);
	enum pv_verdict v = PV_FULL;
	u64 reserve;

	measure(rec, field, n_fields);
	reserve = reserve_for(w, rec, how);
	look_at_flood(w);
	if (!w->flooded) {
		tell_lost(w, &w->ring->kept, SKEP_CLASS_KEPT, reserve);
		tell_lost(w, &w->ring->bulk, SKEP_CLASS_BULK, reserve);
	}
	if (!may_drop || !w->flooded)
		v = put(w, rec, field, n_fields, reserve);
	if (v == PV_PUT || !may_drop)
		return v;
	pv_writer_drop(w, rec);
	return PV_DROPPED;
}

void pv_writer_drop(struct pv_writer *w, const struct skep_rec *rec)
{
	struct skep_lost *lost = is_bulk(rec) ? &w->ring->bulk : &w->ring->kept;

	if (!lost->untold)
		lost->first = *rec;
	lost->untold++;
	lost->count++;
}
