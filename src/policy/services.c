/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "services.h"

#include <netinet/in.h>
#include <string.h>

static void all_ports(struct range_set *s)
{
	s->n = 1;
	s->range[0] = (struct port_range){ 0, UINT16_MAX };
}

static void some_ports(struct range_set *s, const struct ports *p)
{
	s->n = p->n;
	memcpy(s->range, p->range, p->n * sizeof(p->range[0]));
}

void services_of(const struct match *m, struct services *ret)
{
	ret->icmp = m->any_service || m->icmp;
	ret->other = m->any_service;
	if (m->any_service) {
		all_ports(&ret->tcp);
		all_ports(&ret->udp);
	} else {
		some_ports(&ret->tcp, &m->tcp);
		some_ports(&ret->udp, &m->udp);
	}
}

/* take_range() - @s without ports @first to @last */
static bool take_range(struct range_set *s, uint32_t first, uint32_t last)
{
	bool had = false;

	for (uint32_t i = 0; i < s->n;) {
		struct port_range r = s->range[i];
		bool left = r.first < first, right = r.last > last;

		if (r.last < first || r.first > last) {
			i++;
			continue;
		}
		if (left && right && s->n == SERVICES_RANGES)
			return had;
		had = true;
		if (left && right) {
			memmove(&s->range[i + 1], &s->range[i], (s->n++ - i) * sizeof(r));
			s->range[i++].last = (uint16_t)(first - 1);
			s->range[i++].first = (uint16_t)(last + 1);
		} else if (left) {
			s->range[i++].last = (uint16_t)(first - 1);
		} else if (right) {
			s->range[i++].first = (uint16_t)(last + 1);
		} else {
			memmove(&s->range[i], &s->range[i + 1], (--s->n - i) * sizeof(r));
		}
	}
	return had;
}

static bool take_ports(struct range_set *s, const struct ports *p, bool all)
{
	bool had = false;

	if (all)
		return take_range(s, 0, UINT16_MAX);
	for (uint32_t i = 0; i < p->n; i++)
		had |= take_range(s, p->range[i].first, p->range[i].last);
	return had;
}

bool services_take(struct services *s, const struct match *m)
{
	bool had = (s->icmp && (m->icmp || m->any_service)) || (s->other && m->any_service);

	had |= take_ports(&s->tcp, &m->tcp, m->any_service);
	had |= take_ports(&s->udp, &m->udp, m->any_service);
	s->icmp &= !m->icmp && !m->any_service;
	s->other &= !m->any_service;
	return had;
}

bool services_none(const struct services *s)
{
	return !s->tcp.n && !s->udp.n && !s->icmp && !s->other;
}

void services_one(const struct services *s, uint8_t *ret_proto, uint16_t *ret_port)
{
	const struct range_set *ports = s->tcp.n ? &s->tcp : &s->udp;
	const struct port_range *last = ports->n ? &ports->range[ports->n - 1] : NULL;

	*ret_port = last ? last->first : 0;	/* the last one: more telling than port 0 of "any" */
	*ret_proto = s->tcp.n ? IPPROTO_TCP : s->udp.n ? IPPROTO_UDP : s->icmp ? IPPROTO_ICMP : IPPROTO_RAW;
}
