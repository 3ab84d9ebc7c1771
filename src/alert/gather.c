/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gather.h"

#include <string.h>

enum { CRITICAL_S = 1 };
#define HOUR_US (3600ull * 1000000)

void gather_init(struct gather *g, const struct alert_conf *c)
{
	*g = (struct gather){ .group_s = c->group_s, .per_hour = c->per_hour, .least = c->least };
}

/* The same name and source; without a source, the same honeypot. */
static bool is_one(const struct note *a, const struct note *b)
{
	return !strcmp(a->name, b->name) && !strcmp(a->source, b->source) &&
	       (a->source[0] || !strcmp(a->honeypot, b->honeypot));
}

static struct entry *entry_for(struct message *m, const struct note *n)
{
	for (uint32_t i = 0; i < m->n; i++)
		if (is_one(&m->entry[i].note, n))
			return &m->entry[i];
	if (m->n == MESSAGE_ENTRIES)
		return NULL;
	m->entry[m->n] = (struct entry){ .first_us = n->at_us };
	return &m->entry[m->n++];
}

bool gather_give(struct gather *g, const struct note *n, uint64_t now_us)
{
	struct message *m = &g->message;
	uint8_t worst;
	struct entry *e;

	if (n->severity < g->least)
		return false;
	if (!g->since_us)
		g->since_us = now_us ? now_us : 1;
	if (n->severity > m->severity)
		m->severity = n->severity;
	if (n->seq > m->id)
		m->id = n->seq;
	e = entry_for(m, n);
	if (!e) {
		m->more++;
		return true;
	}
	worst = e->note.severity > n->severity ? e->note.severity : n->severity;
	e->note = *n;
	e->note.severity = worst;
	e->times++;
	return true;
}

static bool is_critical(const struct gather *g)
{
	return g->message.severity == SEVERITY_CRITICAL;
}

uint64_t gather_due(const struct gather *g)
{
	const struct gather_hour *h = is_critical(g) ? &g->critical : &g->hour;
	uint32_t wait_s = is_critical(g) && g->group_s > CRITICAL_S ? CRITICAL_S : g->group_s;
	uint64_t due = g->since_us + wait_s * 1000000ull;

	if (!g->since_us)
		return UINT64_MAX;
	if (h->made >= g->per_hour && due < h->since_us + HOUR_US)
		return h->since_us + HOUR_US;
	return due;
}

void gather_take(struct gather *g, uint64_t now_us, struct message *ret)
{
	struct gather_hour *h = is_critical(g) ? &g->critical : &g->hour;

	if (now_us >= h->since_us + HOUR_US)
		*h = (struct gather_hour){ .since_us = now_us };
	h->made++;
	*ret = g->message;
	ret->made_us = now_us;
	g->message = (struct message){ 0 };
	g->since_us = 0;
}
