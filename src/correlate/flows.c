/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flows.h"

#include <string.h>

static uint64_t mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * 0x9e3779b97f4a7c15ull;
	return h ^ h >> 29;
}

static uint64_t address(uint64_t h, const struct addr *a)
{
	uint64_t v[2];

	memcpy(v, a->byte, sizeof(v));
	return mix(mix(h, v[0]), v[1]);
}

static struct seen_flow *set_of(struct flows *f, const struct event *e)
{
	uint64_t h = address(address(e->proto, &e->src), &e->dest);

	h = mix(h, (uint64_t)e->src_port << 16 | e->dest_port);
	return &f->at[(h >> 16) % (FLOWS / FLOWS_WAYS) * FLOWS_WAYS];
}

static bool is_it(const struct seen_flow *s, const struct event *e)
{
	return s->proto == e->proto && s->src_port == e->src_port && s->dest_port == e->dest_port &&
	       addr_same(&s->src, &e->src) && addr_same(&s->dest, &e->dest);
}

struct seen_flow *flows_find(struct flows *f, const struct event *e)
{
	struct seen_flow *set = set_of(f, e);

	for (int i = 0; e->proto && i < FLOWS_WAYS; i++)
		if (is_it(&set[i], e)) {
			set[i].used = ++f->uses;
			return &set[i];
		}
	return NULL;
}

struct seen_flow *flows_take(struct flows *f, const struct event *e)
{
	struct seen_flow *s = flows_find(f, e), *set = set_of(f, e);

	if (s)
		return s;
	s = set;
	for (int i = 1; i < FLOWS_WAYS; i++)
		if (set[i].used < s->used)
			s = &set[i];
	*s = (struct seen_flow){ .src = e->src, .dest = e->dest, .src_port = e->src_port, .dest_port = e->dest_port,
				 .proto = e->proto, .used = ++f->uses };
	return s;
}
