/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "objects.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>

#include "base/mem.h"
#include "explain.h"
#include "model/budget.h"
#include "model/nat.h"
#include "model/twin.h"

/* --- source and destination ------------------------------------------------------------------- */

bool stays_inside(const struct honeynet *n, addr_number address)
{
	return number_inside(n, address) || address >> 118 == TWIN_LINK >> 118 || address >> 112 == 0xff02;
}

static bool goes(const struct honeynet *n, enum direction d, const struct packet_about *p, bool gateway)
{
	bool from = number_inside(n, p->source), to = gateway || number_inside(n, p->destination);

	switch (d) {
	case DIRECTION_IN:	return !from;
	case DIRECTION_OUT:	return from && !to;
	case DIRECTION_BETWEEN: return from && to;
	default:		return true;
	}
}

/* --- services --------------------------------------------------------------------------------- */

static bool has_port(const struct port_range *range, uint32_t n, uint16_t port)
{
	for (uint32_t i = 0; i < n; i++)
		if (port >= range[i].first && port <= range[i].last)
			return true;
	return !n;
}

bool packet_is_icmp(const struct packet_about *p)
{
	return p->proto == (number_is_4(p->source) ? IPPROTO_ICMP : IPPROTO_ICMPV6);
}

bool packet_is_strange(const struct packet_about *p)
{
	return (p->proto == IPPROTO_ICMP || p->proto == IPPROTO_ICMPV6) && !packet_is_icmp(p);
}

static uint8_t echo_request(const struct packet_about *p)
{
	return number_is_4(p->source) ? ICMP_ECHO : ICMP6_ECHO_REQUEST;
}

uint8_t packet_icmp_type(const struct packet_about *p)
{
	return p->icmp_type < 0 ? echo_request(p) : (uint8_t)p->icmp_type;
}

bool packet_is_ping(const struct packet_about *p)
{
	return packet_is_icmp(p) && packet_icmp_type(p) == echo_request(p);
}

enum reason packet_budget(const struct packet_about *p)
{
	if (packet_is_icmp(p))
		return REASON_BUDGET_ICMP;
	return p->proto == IPPROTO_TCP || p->proto == IPPROTO_UDP ? budget_of(p->proto) : REASON_BUDGET_OTHER;
}

static bool has_type(const struct service *s, const struct packet_about *p)
{
	for (uint32_t i = 0; i < s->n_types; i++)
		if (s->type[i] == packet_icmp_type(p))
			return true;
	return !s->n_types;
}

static bool is_service(const struct service *s, const struct packet_about *p)
{
	uint8_t flags = p->tcp_flags ? p->tcp_flags : PACKET_SYN;

	if (s->proto != p->proto)
		return false;
	if (p->proto == IPPROTO_ICMP || p->proto == IPPROTO_ICMPV6)
		return has_type(s, p);
	if (p->proto != IPPROTO_TCP && p->proto != IPPROTO_UDP)
		return true;
	return has_port(s->port, s->n_ports, p->port) && has_port(s->source_port, s->n_source_ports, p->source_port) &&
	       (p->proto == IPPROTO_UDP || (flags & s->flags_of) == s->flags);
}

static bool serves(const struct honeynet *n, const struct rule *r, const struct packet_about *p)
{
	for (uint32_t i = 0; i < r->n_services; i++) {
		const struct service *s = &n->service[r->service[i]];
		bool has = !s->n_members && is_service(s, p);

		for (uint32_t k = 0; !has && k < s->n_members; k++)
			has = is_service(&n->service[s->member[k]], p);
		if (has)
			return true;
	}
	return !r->n_services;
}

/* --- time ------------------------------------------------------------------------------------- */

uint32_t week_minute(uint64_t at_us)
{
	return (uint32_t)((at_us / 60000000 + 3 * DAY_MINUTES) % WEEK_MINUTES);	/* 1970 began on a Thursday */
}

static bool is_time(const struct times *t, uint32_t minute)
{
	uint32_t day = minute / DAY_MINUTES, before = (day + 6) % 7, at = minute % DAY_MINUTES;

	if (t->from < t->to)
		return t->days >> day & 1 && at >= t->from && at < t->to;
	return (t->days >> day & 1 && at >= t->from) || (t->days >> before & 1 && at < t->to);
}

static bool is_now(const struct honeynet *n, const struct rule *r, uint64_t at_us)
{
	for (uint32_t i = 0; i < r->n_times; i++)
		if (is_time(&n->times[r->time[i]], week_minute(at_us)))
			return true;
	return !r->n_times;
}

bool rule_has(const struct honeynet *n, const struct rule *r, const struct packet_about *p, bool gateway)
{
	return !r->disabled && goes(n, r->direction, p, gateway) &&
	       party_has(n, r->source, r->n_sources, p->source, false) == !(r->not & NOT_SOURCE) &&
	       party_has(n, r->destination, r->n_destinations, p->destination, gateway) == !(r->not & NOT_DESTINATION) &&
	       serves(n, r, p) == !(r->not & NOT_SERVICE) && is_now(n, r, p->at_us);
}

bool nat_rule_has(const struct honeynet *n, const struct nat_rule *r, const struct packet_about *p)
{
	return number_is_4(p->source) && number_is_4(p->destination) &&
	       nat_asks(n, r, (uint32_t)p->source, (uint32_t)p->destination) &&
	       serves(n, &r->asks, p) == !(r->asks.not & NOT_SERVICE);
}

bool rule_names_firewall(const struct rule *r)
{
	if (r->not & (NOT_DESTINATION | NOT_SERVICE))
		return false;
	for (uint32_t i = 0; i < r->n_destinations; i++)
		if (r->destination[i].kind == OBJECT_FIREWALL)
			return true;
	return false;
}
