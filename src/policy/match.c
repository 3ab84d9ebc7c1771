/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "match.h"

#include <netinet/in.h>
#include <stdlib.h>

static uint64_t bit(uint32_t i)
{
	return UINT64_C(1) << i;
}

/* A honeypot, and its instances: they are it, seen from outside. */
static uint64_t with_instances(const struct honeynet *n, uint32_t which)
{
	uint64_t all = bit(which);

	for (uint32_t i = 0; i < n->n_honeypots; i++)
		if (honeypot_there(n, i) && n->honeypot[i].is_instance && n->honeypot[i].instance_of == which)
			all |= bit(i);
	return all;
}

static struct who who_of(const struct honeynet *n, const struct object_ref *ref, uint32_t refs)
{
	struct who w = { 0 };

	for (uint32_t i = 0; i < refs; i++) {
		const struct group *g = &n->group[ref[i].index];

		switch (ref[i].kind) {
		case OBJECT_ANY:
			w.honeypots |= honeypots_there(n);
			w.firewall = w.outside = true;
			break;
		case OBJECT_FIREWALL:
			w.firewall = true;
			break;
		case OBJECT_HONEYPOT:
			w.honeypots |= with_instances(n, ref[i].index);
			break;
		case OBJECT_GROUP:
			for (uint32_t k = 0; k < g->n_members; k++)
				w.honeypots |= with_instances(n, g->member[k]);
			break;
		}
	}
	return w;
}

static int by_first(const void *a, const void *b)
{
	const struct port_range *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

/* join() - ranges that touch or overlap become one: nft refuses a set in which they do */
static void join(struct ports *p)
{
	uint32_t kept = 0;

	qsort(p->range, p->n, sizeof(p->range[0]), by_first);
	for (uint32_t i = 1; i < p->n; i++) {
		struct port_range *last = &p->range[kept];

		if (p->range[i].first > (uint32_t)last->last + 1)
			p->range[++kept] = p->range[i];
		else if (p->range[i].last > last->last)
			last->last = p->range[i].last;
	}
	p->n = p->n ? kept + 1 : 0;
}

void match_of(const struct honeynet *n, const struct rule *r, struct match *ret)
{
	*ret = (struct match){
		.source = who_of(n, r->source, r->n_sources),
		.destination = who_of(n, r->destination, r->n_destinations),
		.any_service = !r->n_services,
	};
	for (uint32_t i = 0; i < r->n_services; i++) {
		const struct service *s = &n->service[r->service[i]];
		struct ports *p = s->proto == IPPROTO_TCP ? &ret->tcp : &ret->udp;

		if (s->proto == IPPROTO_ICMP) {
			ret->icmp = true;
			continue;
		}
		for (uint32_t k = 0; k < s->n_ports; k++)
			p->range[p->n++] = s->port[k];
	}
	join(&ret->tcp);
	join(&ret->udp);
}
