/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "match.h"

#include <netinet/in.h>
#include <stdlib.h>

#include "base/mem.h"
#include "model/nat.h"
#include "model/party.h"
#include "model/twin.h"
#include "objects.h"

/* --- source and destination ------------------------------------------------------------------- */

static void add_one(struct ranges *to, const struct addr *a)
{
	if (a->family)
		ranges_add(to, addr_to_number(a), addr_to_number(a));
}

static void add_host(const struct honeynet *n, uint32_t i, struct ranges *to)
{
	struct addr four = addr4(n->honeypot[i].address), six = twin_pot(n, i);

	add_one(to, &four);
	add_one(to, &six);
}

/* A honeypot, and its instances: they are it, seen from outside. */
static void add_honeypot(const struct honeynet *n, uint32_t which, struct ranges *to)
{
	for (uint32_t i = 0; i < n->n_honeypots; i++) {
		const struct honeypot *h = &n->honeypot[i];

		if (honeypot_there(n, i) && (i == which || (h->is_instance && h->instance_of == which)))
			add_host(n, i, to);
	}
}

static void add_object(const struct honeynet *n, const struct object_ref *ref, struct ranges *to, bool *firewall)
{
	const struct addresses *a = object_addresses(n, ref);

	for (uint32_t i = 0; a && i < a->n; i++)
		ranges_add(to, n->range[a->first + i].first, n->range[a->first + i].last);
	*firewall |= a && addresses_have_gateway(n, a);
	switch (ref->kind) {
	case OBJECT_ANY:
		ranges_add(to, 0, ADDR_LAST);
		*firewall = true;
		break;
	case OBJECT_FIREWALL:
		*firewall = true;
		break;
	case OBJECT_HONEYPOT:
		add_honeypot(n, ref->index, to);
		break;
	case OBJECT_GROUP:
		for (uint32_t k = 0; k < n->group[ref->index].n_members; k++)	/* of which none is a group */
			add_object(n, &n->group[ref->index].member[k], to, firewall);
		break;
	default:
		break;
	}
}

static void party_of(const struct honeynet *n, const struct object_ref *ref, uint32_t refs, bool others, struct ranges *to,
		     bool *firewall)
{
	for (uint32_t i = 0; i < refs; i++)
		add_object(n, &ref[i], to, firewall);
	ranges_join(to);
	if (others) {
		ranges_invert(to);
		*firewall = !*firewall;
	}
}

/* cut_networks() - what is @inside the honeynet's networks, or not, is left */
static void cut_networks(const struct honeynet *n, struct ranges *r, bool inside)
{
	struct ranges own = { 0 };

	ranges_add(&own, ADDR_4 | n->network, ADDR_4 | n->network | UINT32_MAX >> n->prefix);
	if (n->prefix6)
		ranges_add(&own, n->network6, n->network6 | ADDR_LAST >> n->prefix6);
	for (uint32_t i = 0; !inside && i < own.n; i++)
		ranges_cut(r, own.at[i].first, own.at[i].last, false);
	if (inside)
		ranges_meet(r, &own);
	ranges_join(r);
	ranges_fini(&own);
}

/* Where a packet goes, its addresses tell: nobody has another's (check_source). */
static void go(const struct honeynet *n, enum direction d, struct match *m)
{
	if (d != DIRECTION_ANY)
		cut_networks(n, &m->source, d != DIRECTION_IN);
	if (d == DIRECTION_OUT || d == DIRECTION_BETWEEN)
		cut_networks(n, &m->destination, d == DIRECTION_BETWEEN);
	m->firewall &= d != DIRECTION_OUT;
}

/* --- services --------------------------------------------------------------------------------- */

static void add_more(struct match *m, uint16_t which)
{
	m->more = xrealloc(m->more, m->n_more + 1, sizeof(m->more[0]));
	m->more[m->n_more++] = which;
}

static void add_service(const struct honeynet *n, uint16_t which, struct match *m)
{
	const struct service *s = &n->service[which];
	bool ports = s->proto == IPPROTO_TCP || s->proto == IPPROTO_UDP;

	if (ports && (s->n_source_ports || s->flags_of)) {
		add_more(m, which);
	} else if (ports && s->n_ports) {
		for (uint32_t i = 0; i < s->n_ports; i++)
			ranges_add(s->proto == IPPROTO_TCP ? &m->tcp : &m->udp, s->port[i].first, s->port[i].last);
	} else if (s->proto == IPPROTO_ICMP && s->n_types) {
		for (uint32_t i = 0; i < s->n_types; i++)
			ranges_add(&m->types, s->type[i], s->type[i]);
	} else if (s->proto == IPPROTO_ICMPV6 && s->n_types) {
		for (uint32_t i = 0; i < s->n_types; i++)
			ranges_add(&m->types6, s->type[i], s->type[i]);
	} else {
		ranges_add(&m->protocols, s->proto, s->proto);
	}
}

static void services_of(const struct honeynet *n, const struct rule *r, struct match *m)
{
	struct ranges *all[] = { &m->tcp, &m->udp, &m->types, &m->types6, &m->protocols };

	m->any_service = !r->n_services;
	for (uint32_t i = 0; i < r->n_services; i++) {
		const struct service *s = &n->service[r->service[i]];

		for (uint32_t k = 0; k < s->n_members; k++)
			add_service(n, s->member[k], m);
		if (!s->n_members)
			add_service(n, r->service[i], m);
	}
	for (size_t i = 0; i < nitems(all); i++)
		ranges_join(all[i]);
}

static bool has_some(const struct ranges *r, enum family f)
{
	return ranges_touch(r, family_words[f].first, family_words[f].last);
}

bool match_is_about(const struct match *m, enum family f, bool input)
{
	return has_some(&m->source, f) && (input ? m->firewall : has_some(&m->destination, f));
}

void matches_init(struct matches *m, const struct honeynet *n)
{
	*m = (struct matches){ n->n_rules, xcalloc(n->n_rules + 1, sizeof(m->at[0])) };
	for (uint32_t i = 0; i < n->n_rules; i++) {
		const struct rule *r = &n->rule[i];
		struct match *one = &m->at[i];
		bool itself = false;

		if (r->disabled)
			continue;
		party_of(n, r->source, r->n_sources, r->not & NOT_SOURCE, &one->source, &itself);
		party_of(n, r->destination, r->n_destinations, r->not & NOT_DESTINATION, &one->destination, &one->firewall);
		go(n, r->direction, one);
		services_of(n, r, one);
	}
}

/* nat_party_of() - of IPv4. @firewall: what that is as one of them; 0 nobody */
static void nat_party_of(const struct honeynet *n, const struct object_ref *ref, uint32_t refs, bool others, uint32_t firewall,
			 struct ranges *to)
{
	bool has = false;

	for (uint32_t i = 0; i < refs; i++)
		add_object(n, &ref[i], to, &has);
	if (has && firewall)
		ranges_add(to, ADDR_4 | firewall, ADDR_4 | firewall);
	ranges_join(to);
	if (others)
		ranges_invert(to);
	ranges_cut(to, ADDR_4, ADDR_4_LAST, true);
}

static void all_honeypots(const struct honeynet *n, struct ranges *to)
{
	for (uint32_t i = 0; i < n->n_honeypots; i++)
		if (honeypot_there(n, i))
			ranges_add(to, ADDR_4 | n->honeypot[i].address, ADDR_4 | n->honeypot[i].address);
	ranges_join(to);
}

static void all_outside(const struct honeynet *n, struct ranges *to)
{
	uint32_t address[MAX_OUTSIDE], many = nat_addresses(n, address);

	for (uint32_t i = 0; i < many; i++)
		ranges_add(to, ADDR_4 | address[i], ADDR_4 | address[i]);
	ranges_join(to);
}

void matches_of_nat(struct matches *m, const struct honeynet *n, bool in)
{
	struct ranges own = { 0 };

	*m = (struct matches){ n->n_nat, xcalloc(n->n_nat + 1, sizeof(m->at[0])) };
	(in ? all_outside : all_honeypots)(n, &own);
	for (uint32_t i = 0; i < n->n_nat; i++) {
		const struct rule *r = &n->nat[i].asks;
		struct match *one = &m->at[i];

		if (r->disabled || n->nat[i].kind == (in ? NAT_SOURCE : NAT_DESTINATION))
			continue;
		nat_party_of(n, r->source, r->n_sources, r->not & NOT_SOURCE, 0, &one->source);
		nat_party_of(n, r->destination, r->n_destinations, r->not & NOT_DESTINATION, UPLINK_ADDRESS, &one->destination);
		ranges_meet(in ? &one->destination : &one->source, &own);
		cut_networks(n, in ? &one->source : &one->destination, false);
		services_of(n, r, one);
	}
	ranges_fini(&own);
}

void matches_fini(struct matches *m)
{
	for (uint32_t i = 0; i < m->n; i++) {
		struct match *one = &m->at[i];

		ranges_fini(&one->source);
		ranges_fini(&one->destination);
		ranges_fini(&one->tcp);
		ranges_fini(&one->udp);
		ranges_fini(&one->types);
		ranges_fini(&one->types6);
		ranges_fini(&one->protocols);
		free(one->more);
	}
	free(m->at);
	*m = (struct matches){ 0 };
}
