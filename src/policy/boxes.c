/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boxes.h"

#include <netinet/in.h>
#include <stdlib.h>

#include "base/mem.h"

void boxes_fini(struct boxes *b)
{
	free(b->at);
	*b = (struct boxes){ 0 };
}

void boxes_add(struct boxes *b, const struct box *one)
{
	if (b->n == BOXES_MAX) {
		b->beyond = true;
		return;
	}
	if (b->n == b->room) {
		b->room = b->room ? b->room * 2 : 8;
		b->at = xrealloc(b->at, b->room, sizeof(b->at[0]));
	}
	b->at[b->n++] = *one;
}

struct box box_all(void)
{
	return (struct box){ .side = { { 0, ADDR_LAST }, { 0, BOX_GATEWAY }, { 0, UINT8_MAX }, { 0, UINT16_MAX },
				       { 0, UINT16_MAX }, { 0, UINT8_MAX }, { 0, WEEK_MINUTES - 1 } } };
}

static bool apart(const struct box *a, const struct box *b)
{
	for (int i = 0; i < BOX_SIDES; i++)
		if (a->side[i].last < b->side[i].first || a->side[i].first > b->side[i].last)
			return true;
	return false;
}

/* cut() - what is left of @a without @b goes to @to: side by side what lies before it, and behind it */
static void cut(struct box a, const struct box *b, struct boxes *to)
{
	for (int i = 0; i < BOX_SIDES; i++) {
		struct box piece = a;

		if (a.side[i].first < b->side[i].first) {
			piece.side[i].last = b->side[i].first - 1;
			boxes_add(to, &piece);
			a.side[i].first = b->side[i].first;
		}
		if (a.side[i].last > b->side[i].last) {
			piece = a;
			piece.side[i].first = b->side[i].last + 1;
			boxes_add(to, &piece);
			a.side[i].last = b->side[i].last;
		}
	}
}

static bool take_one(struct boxes *from, const struct box *what, uint64_t *steps)
{
	struct boxes left = { .beyond = from->beyond };
	uint32_t first = 0;

	while (first < from->n && apart(&from->at[first], what))
		first++;
	*steps += from->n;
	if (first == from->n)
		return false;
	for (uint32_t i = 0; i < from->n; i++) {
		if (i < first || apart(&from->at[i], what))
			boxes_add(&left, &from->at[i]);
		else
			cut(from->at[i], what, &left);
	}
	boxes_fini(from);
	*from = left;
	return true;
}

bool boxes_take(struct boxes *from, const struct boxes *what, uint64_t *steps)
{
	bool had = false;

	for (uint32_t i = 0; i < what->n && from->n; i++)
		had |= take_one(from, &what->at[i], steps);
	return had;
}

/* --- of a rule: one side after the other is narrowed to each of its ranges ---------------------- */

static void side_ranges(struct boxes *b, int side, const struct ranges *r, bool gateway)
{
	struct boxes all = { .beyond = b->beyond };

	for (uint32_t i = 0; i < b->n; i++) {
		struct box one = b->at[i];

		for (uint32_t k = 0; k < r->n; k++) {
			one.side[side].first = r->at[k].first;
			one.side[side].last = r->at[k].last == BOX_GATEWAY ? BOX_GATEWAY - 1 : r->at[k].last;
			boxes_add(&all, &one);
		}
		if (gateway) {
			one.side[side].first = one.side[side].last = BOX_GATEWAY;
			boxes_add(&all, &one);
		}
	}
	boxes_fini(b);
	*b = all;
}

static void add_ports(struct boxes *b, uint8_t proto, const struct ranges *ports)
{
	struct box one = box_all();

	one.side[BOX_PROTO].first = one.side[BOX_PROTO].last = proto;
	for (uint32_t i = 0; i < ports->n; i++) {
		one.side[BOX_PORT].first = ports->at[i].first;
		one.side[BOX_PORT].last = ports->at[i].last;
		boxes_add(b, &one);
	}
}

/* Each combination of flags that is meant is a box of its own; of the two that no service knows, all. */
static void add_flags(struct boxes *b, struct box one, const struct service *s)
{
	for (uint32_t flags = 0; flags <= UINT8_MAX; flags++) {
		if ((flags & s->flags_of) != s->flags)
			continue;
		one.side[BOX_FLAGS].first = flags;
		while (flags < UINT8_MAX && ((flags + 1) & s->flags_of) == s->flags)
			flags++;
		one.side[BOX_FLAGS].last = flags;
		boxes_add(b, &one);
	}
}

static void add_more(struct boxes *b, const struct service *s)
{
	static const struct port_range any = { 0, UINT16_MAX };
	struct box one = box_all();

	one.side[BOX_PROTO].first = one.side[BOX_PROTO].last = s->proto;
	for (uint32_t i = 0; i < (s->n_ports ? s->n_ports : 1); i++)
		for (uint32_t k = 0; k < (s->n_source_ports ? s->n_source_ports : 1); k++) {
			const struct port_range *to = s->n_ports ? &s->port[i] : &any;
			const struct port_range *from = s->n_source_ports ? &s->source_port[k] : &any;

			one.side[BOX_PORT].first = to->first;
			one.side[BOX_PORT].last = to->last;
			one.side[BOX_SOURCE_PORT].first = from->first;
			one.side[BOX_SOURCE_PORT].last = from->last;
			add_flags(b, one, s);
		}
}

static void services_of(const struct honeynet *n, const struct match *m, struct boxes *ret)
{
	struct box one = box_all();

	if (m->any_service)
		boxes_add(ret, &one);
	add_ports(ret, IPPROTO_TCP, &m->tcp);
	add_ports(ret, IPPROTO_UDP, &m->udp);
	add_ports(ret, IPPROTO_ICMP, &m->types);
	add_ports(ret, IPPROTO_ICMPV6, &m->types6);
	for (uint32_t i = 0; i < m->protocols.n; i++) {
		one.side[BOX_PROTO].first = m->protocols.at[i].first;
		one.side[BOX_PROTO].last = m->protocols.at[i].last;
		boxes_add(ret, &one);
	}
	for (uint32_t i = 0; i < m->n_more; i++)
		add_more(ret, &n->service[m->more[i]]);
}

static void times_of(const struct honeynet *n, const struct rule *r, struct ranges *ret)
{
	for (uint32_t i = 0; i < r->n_times; i++) {
		const struct times *t = &n->times[r->time[i]];
		uint32_t len = t->from < t->to ? t->to - t->from : t->to + DAY_MINUTES - t->from;

		for (uint32_t d = 0; d < 7; d++) {
			uint32_t first = d * DAY_MINUTES + t->from, end = first + len;

			if (!(t->days >> d & 1))
				continue;
			ranges_add(ret, first, end > WEEK_MINUTES ? WEEK_MINUTES - 1 : end - 1);
			if (end > WEEK_MINUTES)
				ranges_add(ret, 0, end - WEEK_MINUTES - 1);
		}
	}
	ranges_join(ret);
}

/* meets() - the side is narrowed to @first and on; false: nothing of it is there */
static bool meets(struct box *b, int side, addr_number first, addr_number last)
{
	if (b->side[side].first > last || b->side[side].last < first)
		return false;
	b->side[side].first = b->side[side].first < first ? first : b->side[side].first;
	b->side[side].last = b->side[side].last > last ? last : b->side[side].last;
	return true;
}

/* is_strange() - all of it is ICMP of the other family, which nobody speaks */
static bool is_strange(const struct box *b, enum family f)
{
	addr_number proto = b->side[BOX_PROTO].first;

	return proto == b->side[BOX_PROTO].last && proto == (f == FAMILY_4 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
}

/* part_families() - both ends of a packet are of one family */
static void part_families(const struct honeynet *n, struct boxes *b)
{
	struct boxes all = { .beyond = b->beyond };

	for (uint32_t i = 0; i < b->n; i++)
		for (enum family f = 0; f < families(n); f++) {
			addr_number first = family_words[f].first, last = family_words[f].last;
			struct box one = b->at[i];

			if (!is_strange(&one, f) && meets(&one, BOX_SOURCE, first, last) &&
			    (one.side[BOX_DESTINATION].first == BOX_GATEWAY || meets(&one, BOX_DESTINATION, first, last)))
				boxes_add(&all, &one);
		}
	boxes_fini(b);
	*b = all;
}

void boxes_of(const struct honeynet *n, const struct match *m, const struct rule *r, struct boxes *ret)
{
	struct ranges times = { 0 };
	uint64_t steps = 0;

	services_of(n, m, ret);
	if (r->not & NOT_SERVICE) {
		struct boxes others = { 0 };
		struct box all = box_all();

		boxes_add(&others, &all);
		boxes_take(&others, ret, &steps);
		boxes_fini(ret);
		*ret = others;
	}
	side_ranges(ret, BOX_SOURCE, &m->source, false);
	side_ranges(ret, BOX_DESTINATION, &m->destination, m->firewall);
	part_families(n, ret);
	times_of(n, r, &times);
	if (r->n_times)
		side_ranges(ret, BOX_MINUTE, &times, false);
	ranges_fini(&times);
}
