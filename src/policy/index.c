/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "index.h"

#include <netinet/in.h>
#include <stdlib.h>

#include "base/mem.h"

enum {
	RUN_MIN = 8,		/* fewer rules are asked one after the other as fast */
	KEYS_MAX = 64,		/* of one rule; each is a line more */
};

/* A rule under one of its keys */
struct entry {
	uint32_t address;
	uint16_t port, rule;
	uint8_t proto;
};

struct entries {
	uint32_t n, room;
	struct entry *at;
};

/* size_of() - of ports, or of addresses of IPv4 */
static uint64_t size_of(const struct ranges *r)
{
	uint64_t size = 0;

	for (uint32_t i = 0; i < r->n; i++)
		size += (uint64_t)(r->at[i].last - r->at[i].first) + 1;
	return size;
}

/* is_nothing() - it is about no packet that is passed on, or disabled: it is in nobody's way */
static bool is_nothing(const struct match *m)
{
	return !match_is_about(m, FAMILY_4, false);
}

/* has_keys() - it is about few destinations, and ports of TCP and UDP */
static bool has_keys(const struct match *m)
{
	uint64_t ports = size_of(&m->tcp) + size_of(&m->udp);
	struct ranges to = ranges_part(&m->destination, ADDR_4, ADDR_4_LAST);
	bool few = size_of(&to) * ports <= KEYS_MAX;

	ranges_fini(&to);
	return few && ports && !m->any_service && !m->types.n && !m->types6.n && !m->protocols.n && !m->n_more;
}

static void add_ports(struct entries *e, struct entry one, const struct ranges *ports)
{
	for (uint32_t i = 0; i < ports->n; i++)
		for (uint32_t p = (uint32_t)ports->at[i].first; p <= ports->at[i].last; p++) {
			one.port = (uint16_t)p;
			if (e->n == e->room) {
				e->room = e->room ? e->room * 2 : 256;
				e->at = xrealloc(e->at, e->room, sizeof(e->at[0]));
			}
			e->at[e->n++] = one;
		}
}

static void add_rule(struct entries *e, const struct match *m, uint32_t i)
{
	struct entry one = { .rule = (uint16_t)i };
	struct ranges to = { 0 };

	if (is_nothing(m))
		return;
	to = ranges_part(&m->destination, ADDR_4, ADDR_4_LAST);
	for (uint32_t k = 0; k < to.n; k++)
		for (addr_number a = to.at[k].first; a <= to.at[k].last; a++) {
			one.address = (uint32_t)a;
			one.proto = IPPROTO_TCP;
			add_ports(e, one, &m->tcp);
			one.proto = IPPROTO_UDP;
			add_ports(e, one, &m->udp);
		}
	ranges_fini(&to);
}

static int by_key(const struct entry *x, const struct entry *y)
{
	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	if (x->proto != y->proto)
		return x->proto < y->proto ? -1 : 1;
	return x->port != y->port ? x->port < y->port ? -1 : 1 : 0;
}

static int by_key_and_rule(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int keys = by_key(x, y);

	return keys ? keys : x->rule < y->rule ? -1 : x->rule > y->rule;
}

static void add_run(struct index *x, const struct entries *e, uint32_t from, uint32_t to)
{
	x->run = xrealloc(x->run, x->n_runs + 1, sizeof(x->run[0]));
	x->key = xrealloc(x->key, x->n_keys + e->n, sizeof(x->key[0]));
	x->rule = xrealloc(x->rule, x->n_rules + e->n, sizeof(x->rule[0]));
	x->run[x->n_runs] = (struct index_run){ from, to, x->n_keys, 0 };
	for (uint32_t i = 0; i < e->n; i++) {
		const struct entry *one = &e->at[i];

		if (!i || by_key(one, &e->at[i - 1]))
			x->key[x->n_keys++] = (struct index_key){ one->address, one->port, one->proto, x->n_rules, 0 };
		x->key[x->n_keys - 1].n++;
		x->rule[x->n_rules++] = one->rule;
	}
	x->run[x->n_runs].n = x->n_keys - x->run[x->n_runs].first;
	x->n_runs++;
}

void index_init(struct index *x, const struct honeynet *n, const struct matches *m, bool (*may)(const struct honeynet *n,
		const struct matches *m, uint32_t i))
{
	*x = (struct index){ 0 };
	for (uint32_t from = 0, to; from < m->n; from = to + (to == from)) {
		struct entries e = { 0 };

		for (to = from; to < m->n && (is_nothing(&m->at[to]) || (may(n, m, to) && has_keys(&m->at[to]))); to++)
			add_rule(&e, &m->at[to], to);	/* nothing, if it matches nothing */
		if (to - from >= RUN_MIN && e.n) {
			qsort(e.at, e.n, sizeof(e.at[0]), by_key_and_rule);
			add_run(x, &e, from, to);
		}
		free(e.at);
	}
}

void index_fini(struct index *x)
{
	free(x->run);
	free(x->key);
	free(x->rule);
	*x = (struct index){ 0 };
}

const struct index_run *index_at(const struct index *x, uint32_t i)
{
	for (uint32_t k = 0; k < x->n_runs; k++)
		if (x->run[k].from == i)
			return &x->run[k];
	return NULL;
}
