/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What skep says the gateway decides, against what the kernel decides: random policies, each with random packets that are
 * really sent, from honeypots and from outside, also in others' names. The seed is printed; SEED=N repeats a run.
 */
#include "wired.h"

#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/if_ether.h>
#include <netinet/ip_icmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/mem.h"
#include "capture/packet.h"
#include "config/config.h"
#include "model/nat.h"
#include "model/twin.h"
#include "net/conntrack.h"
#include "policy/explain.h"
#include "policy/policy.h"
#include "policy/replay.h"

#ifdef __SANITIZE_ADDRESS__
enum { POLICIES = 20 };		/* slower, and the same */
#else
enum { POLICIES = 300 };
#endif
enum {
	PACKETS = 100, PORTS = 20, SERVICES = 6, NETWORKS = 3, TIMES = 2, WAIT_US = 2000000,
	SPOOFS = 4, PINGS = 8,	/* below what is logged of a flood, and what the gateway answers in one */
	UNSPOKEN = 2,		/* likewise of IPv6 where there is none; what any machine says by itself comes on top */
	PUBLICS = 3, NI_QUERY = 139,	/* the other type that opens a conversation (RFC 4620) */
};
#define OUTER6 UPLINK_ADDRESS6
#define NEAR6 (NET6 | (addr_number)0x40 << 64 | 5)	/* 2001:db8:10:40::5: of the honeynet's network, if that is so large */
#define PUBLIC 0xc633640au	/* 198.51.100.10 and the next ones, the gateway's in all these tests */

static uint64_t state;

/* splitmix64, by Steele, Lea and Flood, 2014 */
static uint32_t any(uint32_t below)
{
	uint64_t z = state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (uint32_t)((z ^ z >> 31) >> 32) % below;
}

/* --- a policy --------------------------------------------------------------------------------- */

static uint16_t any_port(void)
{
	static const uint16_t special[] = { 22, 53, 514, 3306 };

	return any(5) ? (uint16_t)(1 + any(PORTS)) : special[any(nitems(special))];
}

static void any_ports(struct port_range *p, uint32_t *n, uint16_t (*one)(void))
{
	*n = 1 + any(3);
	for (uint32_t i = 0; i < *n; i++) {
		p[i].first = one();
		p[i].last = (uint16_t)(p[i].first + any(4));
	}
}

/* Where packets of these tests come from: their ports are counted up. */
static uint16_t any_source_port(void)
{
	return (uint16_t)(1024 + any(64000));
}

static void any_flags(struct service *s)
{
	s->flags_of = (uint8_t)(1 + any(63));
	s->flags = (uint8_t)(any(3) ? PACKET_SYN & s->flags_of : any(64) & s->flags_of);
}

static void any_service(struct service *s)
{
	static const uint8_t protos[] = { IPPROTO_TCP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP, IPPROTO_ICMPV6, 200 };
	static const uint8_t types[] = { ICMP_ECHO, ICMP_TIMESTAMP, ICMP_ADDRESS, 3, ICMP6_ECHO_REQUEST, NI_QUERY };
	bool tcp, ports;

	*s = (struct service){ .proto = protos[any(nitems(protos))] };
	tcp = s->proto == IPPROTO_TCP;
	ports = tcp || s->proto == IPPROTO_UDP;
	s->proto = (uint8_t)(s->proto + (s->proto == 200 ? any(3) : 0));
	if (ports && any(6))
		any_ports(s->port, &s->n_ports, any_port);
	if (ports && !any(4)) {
		s->n_source_ports = 1;
		s->source_port[0].first = any_source_port();
		s->source_port[0].last = (uint16_t)(s->source_port[0].first | 0x7fff);
	}
	if (tcp && !any(4))
		any_flags(s);
	for (uint32_t i = s->proto == IPPROTO_ICMP || s->proto == IPPROTO_ICMPV6 ? any(3) : 0; i--;)
		s->type[s->n_types++] = types[any(nitems(types))];
}

/* any_objects_to() - networks about those who send and are sent to, with or without the firewall; a table; times */
static void any_objects_to(struct honeynet *n)
{
	static const struct address_range ranges[] = {
		RANGE4(0x0a0a0a00, 0x0a0a0aff), RANGE4(POT1, POT1), RANGE4(POT, POT1), RANGE4(WAN & ~63u, WAN | 3), RANGE4(WAN, WAN),
		RANGE4(0x0a0a0a02, POT), RANGE4(OUTER, OUTER), RANGE4(0, 0x7fffffff), RANGE4(0x80000000, UINT32_MAX), RANGE4(GATE, GATE),
		{ NET6, NET6 | UINT32_MAX }, { POT6, POT6 }, { POT1_6, POT6 }, { WAN6 & ~(addr_number)63, WAN6 | 3 },
		{ WAN6, WAN6 }, { OUTER6, OUTER6 }, { ADDR_4_LAST + 1, WAN6 }, { WAN6, ADDR_LAST }, { GATE6, GATE6 },
		{ ADDR_4_LAST + 1, ADDR_LAST },
	};
	uint32_t now = (uint32_t)((now_us() / 60000000 + 3 * DAY_MINUTES) % WEEK_MINUTES);

	n->n_networks = NETWORKS + 1;
	n->n_tables = 1;
	n->n_ranges = 0;
	for (uint32_t i = 0; i <= NETWORKS; i++) {
		struct addresses *a = i < NETWORKS ? &n->networks[i] : &n->table[0];

		*a = (struct addresses){ .first = n->n_ranges, .n = 1 + any(3) };
		for (uint32_t k = 0; k < a->n; k++) {
			struct address_range r = ranges[any(nitems(ranges))];

			n->range[n->n_ranges++] = r.first <= r.last ? r : (struct address_range){ r.last, r.first };
		}
	}
	n->networks[NETWORKS] = (struct addresses){ .first = n->n_ranges, .n = 1 };
	n->range[n->n_ranges++] = (struct address_range)RANGE4(PUBLIC + any(2), PUBLIC + PUBLICS - 1);
	n->n_times = TIMES;	/* none begins or ends within the next half hour */
	for (uint32_t i = 0; i < TIMES; i++) {
		struct times *t = &n->times[i];

		t->days = (uint8_t)(any(2) ? 1 + any(127) : BIT(now / DAY_MINUTES));
		t->from = (now + DAY_MINUTES - 30 - any(600)) % DAY_MINUTES;
		t->to = (now + 60 + any(600)) % DAY_MINUTES + 1;
		if (!any(3)) {
			uint32_t from = t->from;

			t->from = (t->to - 1) % DAY_MINUTES;
			t->to = from + 1;
		}
	}
}

static struct object_ref any_object(const struct honeynet *n)
{
	static const enum object_kind kinds[] = { OBJECT_FIREWALL, OBJECT_HONEYPOT, OBJECT_HONEYPOT, OBJECT_GROUP, OBJECT_NETWORK,
						  OBJECT_NETWORK, OBJECT_TABLE };
	struct object_ref ref = { .kind = kinds[any(nitems(kinds))] };

	ref.index = ref.kind == OBJECT_HONEYPOT ? (uint16_t)any(n->n_honeypots) : ref.kind == OBJECT_NETWORK ? (uint16_t)any(NETWORKS) : 0;
	return ref;
}

static uint32_t any_objects(const struct honeynet *n, struct object_ref *ret)
{
	uint32_t many = 1 + any(2);

	for (uint32_t i = 0; i < many; i++)
		ret[i] = any(5) ? any_object(n) : (struct object_ref){ OBJECT_ANY, 0 };
	return many;
}

/* any_rule() - @tight: one may have a limit */
static void any_rule(const struct honeynet *n, struct rule *r, bool tight)
{
	static const enum action actions[] = { ACTION_ACCEPT, ACTION_ACCEPT, ACTION_ACCEPT, ACTION_ACCEPT, ACTION_DROP, ACTION_REJECT,
					       ACTION_CONTINUE };

	*r = (struct rule){ .action = actions[any(nitems(actions))], .log = true, .disabled = !any(10) };
	r->direction = any(2) ? DIRECTION_ANY : (enum direction)any(4);
	r->n_sources = any_objects(n, r->source);
	r->n_destinations = any_objects(n, r->destination);
	r->n_services = any(3) ? 1 + any(3) : 0;
	for (uint32_t k = 0; k < r->n_services; k++)
		r->service[k] = (uint16_t)any(SERVICES + 1);
	r->n_times = any(4) ? 0 : 1 + any(2);
	for (uint32_t k = 0; k < r->n_times; k++)
		r->time[k] = (uint16_t)any(TIMES);
	r->not = any(3) ? 0 : any(8) & (r->n_services ? 7u : 3u);
	if (r->action == ACTION_ACCEPT && tight && any(2)) {
		r->limit = 1 + any(4);
		r->limit_s = 3600;
	}
}

/* any_port_of() - NAT rule @r is about services of one protocol only, which has ports, and leads them to another one */
static void any_port_of(struct honeynet *n, struct nat_rule *r)
{
	uint8_t proto = any(2) ? IPPROTO_TCP : IPPROTO_UDP;

	for (uint16_t i = 0; i < SERVICES; i++)
		if (n->service[i].proto == proto && r->asks.n_services < MAX_REFS)
			r->asks.service[r->asks.n_services++] = i;
	if (r->asks.n_services)
		r->port = any_port();
}

static void any_nat(struct honeynet *n, struct nat_rule *r)
{
	static const struct object_ref to[] = { { OBJECT_ANY, 0 }, { OBJECT_FIREWALL, 0 }, { OBJECT_NETWORK, NETWORKS },
						{ OBJECT_NETWORK, NETWORKS } };

	*r = (struct nat_rule){ .kind = (enum nat_kind)any(3) };
	any_rule(n, &r->asks, false);
	r->asks.n_times = 0;
	r->asks.direction = DIRECTION_ANY;
	if (r->kind == NAT_SOURCE)
		r->address = any(3) ? PUBLIC + any(PUBLICS) : OUTER;
	if (r->kind != NAT_DESTINATION)
		return;
	r->honeypot = (uint16_t)any(2);
	r->asks.n_destinations = 1;
	r->asks.destination[0] = to[any(nitems(to))];
	if (r->asks.destination[0].kind == OBJECT_ANY)
		r->asks.not &= ~(uint32_t)NOT_DESTINATION;
	if (any(2)) {
		r->asks.n_services = 0;
		r->asks.not &= ~(uint32_t)NOT_SERVICE;
		any_port_of(n, r);
	}
}

/* many_rules() - about few destinations and ports each, which are found by them */
static void many_rules(struct honeynet *n)
{
	static const struct object_ref to[] = { { OBJECT_HONEYPOT, 0 }, { OBJECT_HONEYPOT, 1 }, { OBJECT_HONEYPOT, 2 }, { OBJECT_NETWORK, 0 } };

	n->range[n->networks[0].first] = (struct address_range)RANGE4(POT1, POT1 + 2);
	n->networks[0].n = 1;
	for (uint32_t i = 0; i < SERVICES; i++) {
		n->service[i] = (struct service){ .proto = any(2) ? IPPROTO_TCP : IPPROTO_UDP };
		any_ports(n->service[i].port, &n->service[i].n_ports, any_port);
	}
	for (uint32_t many = 8 + any(60); many--; n->n_rules++) {
		struct rule *r = &n->rule[n->n_rules];

		any_rule(n, r, false);
		r->not &= NOT_SOURCE;
		r->n_destinations = 1 + any(2);
		r->destination[0] = to[any(nitems(to))];
		r->destination[1] = to[any(nitems(to))];
		r->direction = DIRECTION_ANY;
		r->n_services = r->action == ACTION_CONTINUE ? 1 : 1 + any(2);
		r->n_times = r->action == ACTION_CONTINUE ? 0 : r->n_times;
	}
}

/* any_lists() - each with some of both families */
static void any_lists(struct containment *c)
{
	c->n_black = any(4) ? 0 : 2;
	c->black[0] = (struct network)NETWORK4(WAN + 1, 32);
	c->black[1] = (struct network){ WAN6 + 1, 128 };
	c->n_white = any(4) ? 0 : 2;
	c->white[0] = (struct network)NETWORK4(WAN & ~1u, 31);	/* the black one, too */
	c->white[1] = (struct network){ WAN6, 127 };
	c->n_fence = any(4) ? 0 : 2;
	c->fence[0] = (struct network)NETWORK4(WAN & ~63u, 26);
	c->fence[1] = (struct network){ WAN6 & ~(addr_number)63, 122 };
	c->n_resolvers = any(3) ? 0 : 1 + any(2);
	c->resolver[0] = (struct network)NETWORK4(WAN + 2, 31);
	c->resolver[1] = (struct network){ WAN6 + 2, 127 };
}

/* any_policy() - budgets of 0 or more than enough; @tight: of a few */
static void any_policy(struct honeynet *n, bool tight)
{
	uint32_t *limits[] = { &n->containment.tcp, &n->containment.udp, &n->containment.icmp, &n->containment.other,
			       &n->containment.lateral };

	n->containment = (struct containment){ .period_s = 3600, .bytes_mb = 1000, .packets_per_s = 1000000 };
	n->containment.destinations = tight ? any(5) : 0;
	any_lists(&n->containment);
	n->containment.isolation = !any(6);
	for (size_t i = 0; i < nitems(limits); i++)
		*limits[i] = tight ? any(8) : any(6) ? 10000 : 0;
	n->network6 = NET6;
	n->prefix6 = any(2) ? (const uint32_t[]){ 48, 64, 64, 96 }[any(4)] : 0;
	any_objects_to(n);
	n->n_groups = 1;
	n->group[0].n_members = 1 + any(n->n_honeypots);
	for (uint32_t i = 0; i < n->group[0].n_members; i++)
		n->group[0].member[i] = (struct object_ref){ OBJECT_HONEYPOT, (uint16_t)i };
	if (!any(3))
		n->group[0].member[n->group[0].n_members++] = (struct object_ref){ OBJECT_NETWORK, (uint16_t)any(NETWORKS) };
	n->n_services = SERVICES + 1;
	for (uint32_t i = 0; i < SERVICES; i++)
		any_service(&n->service[i]);
	n->service[SERVICES] = (struct service){ .n_members = 2, .member = { (uint16_t)any(SERVICES), (uint16_t)any(SERVICES) } };
	n->n_rules = 0;
	if (!any(3))
		many_rules(n);
	for (uint32_t many = 1 + any(10); many--; n->n_rules++)
		any_rule(n, &n->rule[n->n_rules], tight);
	n->n_nat = any(2) ? 0 : 1 + any(6);
	for (uint32_t i = 0; i < n->n_nat; i++)
		any_nat(n, &n->nat[i]);
	for (uint32_t i = 0; i < n->n_rules; i++)
		n->rule[i].line = i;
}

/* --- packets ---------------------------------------------------------------------------------- */

struct sent {
	struct packet_about p;
	uint16_t port;			/* the source's */
	struct explanation e;
	bool answered;			/* by a record of the kernel's */
	uint32_t continued;		/* records of rules that did not decide */
};

/* What would be cut by rate, or logged only the first times, is left out. */
struct spent {
	unsigned spoofs[3], pings[3], fenced[2], black[2], asked[2], apart[2], unspoken[3];
};

static uint32_t any_destination(int from)
{
	static const uint32_t inside[] = { POT, POT1, GATE, OUTER, WAN, WAN, WAN + 1, WAN + 2, WAN + 3, PUBLIC };
	static const uint32_t outside[] = { POT, POT1, GATE, OUTER, 0x0a0a0a6e, OUTER, PUBLIC, PUBLIC + 1, PUBLIC + 2 };

	return from == 2 ? outside[any(nitems(outside))] : inside[any(nitems(inside))];
}

/* as_six() - the IPv6 address of who has @a; what NAT rules give the gateway has none */
static addr_number as_six(uint32_t a)
{
	return a >> 8 == 0x0a0a0a ? NET6 | a : a >= WAN ? WAN6 + (a - WAN) : OUTER6;
}

/* is_left_out() - @destination is, or stands for, that of @p */
static bool is_left_out(const struct honeynet *n, int from, struct spent *spent, const struct packet_about *p, uint32_t destination)
{
	const struct containment *c = &n->containment;
	bool gateway = destination >= OUTER && destination < WAN;

	if (from < 2 && destination >= WAN && c->n_fence && spent->fenced[from]++ >= SPOOFS)
		return true;
	if (from < 2 && destination == WAN + 1 && c->n_black && spent->black[from]++ >= SPOOFS)
		return true;
	if (from < 2 && destination >= WAN && p->port == 53 && c->n_resolvers && spent->asked[from]++ >= SPOOFS)
		return true;
	if (from < 2 && destination <= POT && destination != GATE && c->isolation && spent->apart[from]++ >= SPOOFS)
		return true;
	if (!number_is_4(p->source) && !n->prefix6 && spent->unspoken[from]++ >= UNSPOKEN)
		return true;
	return (p->proto == IPPROTO_ICMP || p->proto == IPPROTO_ICMPV6) && (destination == GATE || gateway) &&
	       spent->pings[from]++ >= PINGS;
}

/* any_about() - what it is, whoever sends it */
static void any_about(int from, bool six, struct packet_about *p)
{
	const uint8_t protos[] = { IPPROTO_TCP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDP, six ? IPPROTO_ICMPV6 : IPPROTO_ICMP,
				   (uint8_t)(200 + from) };	/* without ports, what the other sends would be its answer */
	static const int16_t types[] = { ICMP_ECHO, ICMP_ECHO, ICMP_TIMESTAMP, ICMP_ADDRESS };
	static const int16_t types6[] = { ICMP6_ECHO_REQUEST, ICMP6_ECHO_REQUEST, NI_QUERY };
	static const uint8_t flags[] = { PACKET_SYN, PACKET_SYN, PACKET_SYN, 0x22, 0x10 };	/* SYN and URG; ACK: amid a connection */

	*p = (struct packet_about){ .proto = protos[any(nitems(protos))], .port = any_port(),
				    .icmp_type = six ? types6[any(nitems(types6))] : types[any(nitems(types))],
				    .tcp_flags = flags[any(nitems(flags))], .at_us = now_us(),
				    .inside = from < 2, .honeypot = (uint16_t)from };
	if (p->proto == (six ? IPPROTO_ICMPV6 : IPPROTO_ICMP) && !any(20))
		p->proto = six ? IPPROTO_ICMP : IPPROTO_ICMPV6;		/* nobody speaks that */
}

/* any_packet() - from honeypot 0 or 1, or 2: from outside; false: one that is left out */
static bool any_packet(const struct honeynet *n, int from, struct spent *spent, struct packet_about *p)
{
	static const uint32_t own[] = { POT, POT1, WAN }, other[] = { POT1, POT, 0x0a0a0a63 };
	bool spoof = !any(12), six = n->prefix6 ? any(2) : !any(10);
	uint32_t source = spoof ? other[from] : own[from], destination = any_destination(from);

	any_about(from, six, p);
	p->source = six ? as_six(source) : ADDR_4 | source;
	p->destination = six ? as_six(destination) : ADDR_4 | destination;
	if (spoof && six && from < 2 && any(2))		/* its own, but for the link only */
		p->source = TWIN_LINK | twin_interface(n->honeypot[from].mac);
	if (spoof && six && from == 2 && any(2))
		p->source = NEAR6;
	if (!six && destination > OUTER && destination < WAN && !nat_has_address(n, destination))
		return false;
	if (destination == own[from] || destination == source || (spoof && spent->spoofs[from]++ >= SPOOFS))
		return false;
	return !is_left_out(n, from, spent, p, destination);
}

static uint16_t checksum(const uint8_t *p, size_t len, uint32_t sum)
{
	for (size_t k = 0; k < len; k += 2)
		sum += (uint32_t)p[k] << 8 | p[k + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

static void put_address(uint8_t *to, addr_number a)
{
	struct addr v = addr_of_number(a);

	memcpy(to, v.byte, v.family == 4 ? 4 : 16);
}

/* write_head() - RFC 791, 8200; its length */
static size_t write_head(const struct sent *s, uint8_t more, uint8_t *ret)
{
	bool six = !number_is_4(s->p.source);

	ret[0] = six ? 0x60 : 0x45;
	ret[six ? 5 : 3] = six ? more : (uint8_t)(20 + more);
	ret[six ? 6 : 9] = s->p.proto;
	ret[six ? 7 : 8] = 64;
	put_address(ret + (six ? 8 : 12), s->p.source);
	put_address(ret + (six ? 24 : 16), s->p.destination);
	return six ? 40 : 20;
}

/* write_packet() - RFC 9293, 768, 792, 4443; its length */
static size_t write_packet(const struct sent *s, uint8_t ret[60])
{
	static const uint8_t lengths[] = { [IPPROTO_TCP] = 20, [IPPROTO_UDP] = 8, [IPPROTO_ICMP] = 8, [IPPROTO_ICMPV6] = 8 };
	static const uint8_t sums[] = { [IPPROTO_TCP] = 16, [IPPROTO_UDP] = 6, [IPPROTO_ICMP] = 2, [IPPROTO_ICMPV6] = 2 };
	uint8_t proto = s->p.proto, more = proto < nitems(lengths) && lengths[proto] ? lengths[proto] : 4, *at;
	uint16_t source = htons(s->port), port = htons(s->p.port), sum;
	size_t head, both = number_is_4(s->p.source) ? 8 : 32;	/* addresses, which stand before */

	memset(ret, 0, 60);
	head = write_head(s, more, ret);
	at = ret + head;
	if (proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6) {
		at[0] = (uint8_t)s->p.icmp_type;
		memcpy(at + 4, &source, 2);	/* the number of the conversation */
	} else {
		memcpy(at, &source, 2);
		memcpy(at + 2, &port, 2);
	}
	if (proto == IPPROTO_UDP)
		at[5] = 8;
	if (proto == IPPROTO_TCP) {
		at[12] = 0x50;
		at[13] = s->p.tcp_flags;
	}
	sum = proto == IPPROTO_ICMP ? checksum(at, more, 0) : checksum(at - both, both + more, (uint32_t)proto + more);
	if (proto < nitems(lengths) && lengths[proto])
		memcpy(at + sums[proto], &sum, 2);
	return head + more;
}

static void send_one(const int fd[2], const struct sent *s)
{
	bool six = !number_is_4(s->p.source);
	struct sockaddr_in to = sa((uint32_t)s->p.destination, 0);
	struct sockaddr_in6 to6 = sa6(s->p.destination, 0);
	uint8_t packet[60];
	size_t len = write_packet(s, packet);

	if (sendto(fd[six], packet, len, 0, six ? (void *)&to6 : (void *)&to, six ? sizeof(to6) : sizeof(to)) != (ssize_t)len)
		fail_msg("a packet of protocol %u: %s", s->p.proto, strerror(errno));
}

/* --- the kernel's word ------------------------------------------------------------------------ */

struct answers {
	const struct honeynet *net;
	struct sent *sent;
	size_t n;
};

static bool agrees(const struct sent *s, const struct event *v)
{
	const struct explanation *e = &s->e;
	char why[64];

	if (e->reason != N_REASONS)
		snprintf(why, sizeof(why), "%s", reason_name(e->reason));
	else
		snprintf(why, sizeof(why), "rule %d", e->rule);
	return span_is(v->state, e->accept ? "accept" : "drop") && span_is(v->reason, why);
}

/* continues() - it is the next of the rules that let it go on */
static bool continues(const struct sent *s, const struct event *v)
{
	char why[64];

	assert_true(s->e.n_continued <= EXPLAIN_CONTINUED);
	snprintf(why, sizeof(why), "rule %u", s->e.continued[s->continued]);
	return span_is(v->reason, why);
}

static void disagree(const struct honeynet *n, const struct sent *s, const struct event *v)
{
	_text_ struct text words = { 0 };

	explain_text(n, &s->p, &s->e, &words);
	policy_compile(n, &words);
	fail_msg("the kernel: %.*s by %.*s; skep:\n%s", (int)v->state.len, v->state.at, (int)v->reason.len, v->reason.at,
		 text_str(&words));
}

static bool is_about(const struct sent *s, const struct event *v)
{
	struct addr from = addr_of_number(s->p.source), to = addr_of_number(s->e.destination);
	bool ports = s->p.proto == IPPROTO_TCP || s->p.proto == IPPROTO_UDP;
	bool types = s->p.proto == IPPROTO_ICMP || s->p.proto == IPPROTO_ICMPV6;

	return v->proto == s->p.proto && addr_same(&v->src, &from) && addr_same(&v->dest, &to) &&
	       (!ports || (v->src_port == s->port && v->dest_port == s->e.port)) &&
	       (!types || v->src_port == s->p.icmp_type);	/* an answer to another's ping, say, which may come late, is of another */
}

static int on_verdict(void *arg, struct event *v)
{
	struct answers *a = arg;
	struct sent *candidate = NULL;

	for (size_t i = 0; i < PACKETS; i++) {
		struct sent *s = &a->sent[i];

		if (s->answered || !is_about(s, v))
			continue;
		candidate = s;
		if (span_is(v->state, "continue")) {	/* comes before the last word */
			if (s->continued < s->e.n_continued && continues(s, v)) {
				s->continued++;
				return 0;
			}
			continue;
		}
		if (!agrees(s, v))
			continue;	/* without ports, another's in his name looks the same */
		if (s->continued != s->e.n_continued)
			continue;
		s->answered = true;
		a->n++;
		return 0;
	}
	if (candidate)
		disagree(a->net, candidate, v);
	return 0;	/* an answer of the gateway's, say */
}

static void hear(struct answers *a)
{
	uint64_t end = mono_us() + WAIT_US, strange = 0;
	char buf[65536];

	while (a->n < PACKETS && mono_us() < end) {
		for (size_t i = 0; i < nitems(lab.log); i++) {
			ssize_t n = recv(lab.log[i], buf, sizeof(buf), MSG_DONTWAIT);

			if (n > 0)
				assert_int_equal(packet_log_read(buf, (size_t)n, 1, on_verdict, a, &strange), 0);
		}
		usleep(1000);
	}
	for (size_t i = 0; i < PACKETS; i++) {
		_text_ struct text words = { 0 };

		if (a->sent[i].answered)
			continue;
		explain_text(a->net, &a->sent[i].p, &a->sent[i].e, &words);
		fail_msg("the kernel says nothing; skep:\n%s", text_str(&words));
	}
}

/* What arrived outside has the source that was said. Of TCP and UDP, whose ports tell it from others; how many had another one. */
static unsigned see_arrivals(int fd, const struct answers *a)
{
	unsigned translated = 0;
	uint8_t packet[64];
	ssize_t len;

	while ((len = recv(fd, packet, sizeof(packet), MSG_DONTWAIT)) > 0) {
		uint32_t source, to, want;
		uint16_t ports[2];

		memcpy(&source, packet + 12, 4);
		memcpy(&to, packet + 16, 4);
		memcpy(ports, packet + 20, 4);
		for (size_t i = 0; len >= 24 && i < PACKETS; i++) {
			const struct sent *s = &a->sent[i];
			const struct nat_rule *r = s->e.nat < 0 ? NULL : &a->net->nat[s->e.nat];

			if (!s->p.inside || s->p.proto != packet[9] || (packet[9] != IPPROTO_TCP && packet[9] != IPPROTO_UDP) ||
			    s->p.destination != (ADDR_4 | ntohl(to)) || s->port != ntohs(ports[0]) || s->p.port != ntohs(ports[1]))
				continue;
			want = r && r->kind == NAT_SOURCE ? r->address : (uint32_t)s->p.source;
			if (ntohl(source) != want)
				disagree(a->net, s, &(struct event){ .state = span_of("another source"), .reason = span_of("NAT") });
			translated += want != (uint32_t)s->p.source;
		}
	}
	return translated;
}

/* load() - whether some of its rules are found by destination and port */
static bool load(const struct honeynet *n)
{
	_fd_ int connections = conntrack_open(lab.gw);
	_text_ struct text t = { 0 };

	policy_compile(n, &t);
	/* What was counted of a conversation without ports is the next one's, too. */
	assert_int_equal(conntrack_flush(connections), 0);
	assert_int_equal(nft(lab.gw, text_str(&t)), 0);
	gate(true, true);
	return strstr(text_str(&t), " vmap ");
}

/* What lint says can never match decides none of them. */
static void ask_lint(const struct honeynet *n, const struct sent *sent)
{
	_text_ struct text lint = { 0 };

	policy_lint(n, false, &lint);
	for (size_t i = 0; i < PACKETS; i++) {
		char never[48];

		snprintf(never, sizeof(never), ": rule %d can never match", sent[i].e.rule);
		if (sent[i].e.rule >= 0 && strstr(text_str(&lint), never))
			fail_msg("%s, but does", never);
		snprintf(never, sizeof(never), ": NAT rule %d can never match", sent[i].e.nat);
		if (sent[i].e.nat >= 0 && strstr(text_str(&lint), never))
			fail_msg("%s, but does", never);
	}
}

/* Explained one by one, or in their order, with what they use up */
static void judge(const struct honeynet *n, struct replay *r, struct sent *s)
{
	struct replayed d;

	s->p.source_port = s->port;
	if (!r) {
		explain(n, &s->p, &s->e);
		return;
	}
	replay_packet(r, now_us(), &s->p, s->port, 24, &d);
	s->e = d.e;
}

/* What was met so far: rules found by destination and port, packets that NAT rules led in, and translated on their way out; of
 * IPv6 what rules let pass, and what they did not */
struct met {
	unsigned found, led, translated, six[2];
};

/* has_met() - all of that; in order little leaves, for budgets that are used up, and that is not waited for */
static bool has_met(const struct met *m, bool in_order)
{
	return m->found && m->six[0] && m->six[1] && (in_order || (m->led && m->translated));
}

static void try_policy(const struct honeynet *n, const int socks[3][2], int arrivals, bool in_order, uint16_t *port,
		       struct met *met)
{
	static struct sent sent[PACKETS];
	struct replay *replay = in_order ? replay_new(n) : NULL;
	struct answers a = { n, sent, 0 };
	struct spent spent = { 0 };

	met->found += load(n);

	for (size_t i = 0; i < PACKETS;) {
		int from = (int)any(3);

		sent[i] = (struct sent){ .port = *port };
		if (!any_packet(n, from, &spent, &sent[i].p))
			continue;
		*port = *port < 65535 ? (uint16_t)(*port + 1) : 1024;	/* no two are of one connection */
		judge(n, replay, &sent[i]);
		met->led += sent[i].e.destination != sent[i].p.destination;
		met->six[sent[i].e.accept] += !number_is_4(sent[i].p.source) && sent[i].e.rule >= 0;
		send_one(socks[from], &sent[i++]);
	}
	hear(&a);
	met->translated += see_arrivals(arrivals, &a);
	ask_lint(n, sent);
	replay_free(replay);
}

/* speak_six() - where nobody has to ask who has an address: that would be recorded where there is no IPv6 */
static int speak_six(void **unused)
{
	int r = lab_open(unused);
	static const char gate[] = "00:00:5e:00:01:0a", outer[] = "00:00:5e:00:01:0b";
	static const char *const other[] = { "35", "50" };

	if (r < 0 || !lab.home)
		return r;
	lab_six(true);
	run(lab.wan, "ip neigh replace 2001:db8:ffff::1 lladdr %s dev eth0", outer);
	for (int i = 0; i < 2; i++)
		run(lab.pot[i], "ip neigh replace 2001:db8:10::a0a:a01 lladdr %s dev eth0; "
		    "ip neigh replace 2001:db8:10::a0a:a%s lladdr 52:54:00:0a:0a:%s dev eth0", gate, other[i], other[i]);
	return 0;
}

static void agree(bool in_order, unsigned policies)
{
	static const char silence[] = "table inet t {\nchain c {\ntype filter hook prerouting priority -400;\ndrop\n}\n}\n";
	static struct honeynet n;
	_diag_ struct diag d = { 0 };
	_fd_ int arrivals = -1;
	int socks[3][2];
	static uint16_t port = 1024;
	struct met met = { 0 };

	state = getenv("SEED") ? strtoull(getenv("SEED"), NULL, 10) : now_us();
	print_message("# SEED=%llu\n", (unsigned long long)state);
	assert_int_equal(config_load("etc/honeynet.yaml", &n, &d), 0);
	run(lab.gw, "for i in 10 11 12; do ip addr replace 198.51.100.$i/32 dev wan0; done");
	enter(lab.wan);
	arrivals = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, htons(ETH_P_IP));
	enter(lab.home);
	assert_true(arrivals >= 0);
	for (size_t i = 0; i < nitems(socks); i++) {
		int ns = (int[]){ lab.pot[0], lab.pot[1], lab.wan }[i];

		socks[i][0] = sock(ns, SOCK_RAW, IPPROTO_RAW);
		socks[i][1] = sock6(ns, SOCK_RAW, IPPROTO_RAW);
		assert_int_equal(nft(ns, silence), 0);		/* nobody answers */
	}
	/* Few of them may miss something by chance: then some more are drawn. */
	for (unsigned i = 0; i < policies || (policies >= 20 && i < 10 * policies && !has_met(&met, in_order)); i++) {
		any_policy(&n, in_order);
		try_policy(&n, socks, arrivals, in_order, &port, &met);
	}
	assert_true(policies < 20 || has_met(&met, in_order));
	for (size_t i = 0; i < nitems(socks); i++) {
		close(socks[i][0]);
		close(socks[i][1]);
		assert_int_equal(nft((int[]){ lab.pot[0], lab.pot[1], lab.wan }[i], "delete table inet t"), 0);
	}
}

static void the_kernel_agrees(void **unused)
{
	(void)unused;
	if (no_lab())
		return;
	agree(false, POLICIES);
}

static void the_kernel_agrees_what_is_used_up(void **unused)
{
	(void)unused;
	if (no_lab())
		return;
	agree(true, POLICIES / 5);
}

/* --- by hand ---------------------------------------------------------------------------------- */

static void explained_as(const char *path, const char *from, const char *to, struct packet_about *p, const char *want)
{
	static struct honeynet n;
	_diag_ struct diag d = { 0 };
	_text_ struct text t = { 0 };
	struct explanation e;
	struct addr a, b;

	assert_int_equal(config_load(path, &n, &d), 0);
	assert_true(addr_parse(from, &a) == 0 && addr_parse(to, &b) == 0);
	p->source = addr_to_number(&a);
	p->destination = addr_to_number(&b);
	explain_from(&n, p);
	explain(&n, p, &e);
	explain_text(&n, p, &e, &t);
	if (!strstr(text_str(&t), want))
		fail_msg("not \"%s\":\n%s", want, text_str(&t));
}

static void explained_in(const char *path, const char *from, const char *to, uint8_t proto, uint16_t port, const char *want)
{
	struct packet_about p = { .proto = proto, .port = port, .icmp_type = -1 };

	explained_as(path, from, to, &p, want);
}

static void explained(const char *from, const char *to, uint8_t proto, uint16_t port, const char *want)
{
	explained_in("etc/honeynet.yaml", from, to, proto, port, want);
}

static void instances_in_words(void **unused)
{
	static const char path[] = "tests/golden/policy/instances.yaml", who[] = "198.51.100.66", web1[] = "10.10.10.253";

	(void)unused;
	explained_in(path, who, "10.10.10.80", IPPROTO_TCP, 80, "or this honeypot if none is\n  rule 0 accepts it");
	explained_in(path, who, web1, IPPROTO_TCP, 80, "by its own visitor\ndropped");
	explained_in(path, "10.10.10.254", web1, IPPROTO_TCP, 80, "(web-1), new TCP connection to port 80\n  the gateway is to "
		     "pass it on\n  rule 0 accepts it");
	explained_in(path, web1, who, IPPROTO_TCP, 80, "rule 1 accepts it (line 14 of the honeynet file)\n  containment");
}

static void nat_in_words(void **unused)
{
	static const char path[] = "tests/golden/policy/nat.yaml", who[] = "203.0.113.9", public[] = "198.51.100.10";

	(void)unused;
	explained_in(path, who, public, IPPROTO_TCP, 8080, "port 8080\n  NAT rule 3 leads it to 10.10.10.80 (web), port 80 "
		     "(line 31 of the honeynet file)\n  the gateway is to pass it on\n  to the instance that is its source's");
	explained_in(path, who, public, IPPROTO_TCP, 22, "NAT rule 4 leads it to 10.10.10.110 (mail) (line 32 of the honeynet file)\n"
		     "  the gateway");
	explained_in(path, who, public, IPPROTO_ICMP, 0, "NAT rule 10 leaves it as it is (line 38 of the honeynet file)\n"
		     "  it is for the gateway itself");
	explained_in(path, "10.10.10.53", public, IPPROTO_TCP, 22, "port 22\n  it is for the gateway itself");
	explained_in(path, "10.10.10.110", who, IPPROTO_TCP, 80, "NAT rule 1 has it seen from 198.51.100.10 outside "
		     "(line 29 of the honeynet file)\naccepted");
	explained_in(path, "10.10.10.110", who, IPPROTO_UDP, 53, "NAT rule 2 has it seen from 198.51.100.1 outside");
	explained_in(path, "10.10.10.53", "192.0.2.7", IPPROTO_TCP, 80, "NAT rule 0 leaves it as it is");
}

/* six.yaml has a (10.0.0.2), b, and many, which has instances, so no IPv6 */
static void both_families_in_words(void **unused)
{
	static const char path[] = "tests/golden/policy/six.yaml", a[] = "2001:db8:10::a00:2", b[] = "2001:db8:10::a00:3";
	static const char who[] = "2001:db8:40::1", office[] = "2001:db8:20::9", fenced[] = "2001:db8:66::1";

	(void)unused;
	explained_in(path, who, a, IPPROTO_TCP, 80, "to 2001:db8:10::a00:2 (a), new TCP connection to port 80\n"
		     "  the gateway is to pass it on\n  rule 1 accepts it (line 24 of the honeynet file)\n  as one of 5 in 600 s from this source\naccepted");
	explained_in(path, who, a, IPPROTO_ICMPV6, 0, "(a), ping\n  the gateway is to pass it on\n  rule 1 accepts it");
	explained_in(path, who, a, IPPROTO_ICMP, 0, "invalid: ");
	explained_in(path, "192.0.2.9", "10.0.0.2", IPPROTO_ICMPV6, 0, "invalid: ");
	explained_in(path, who, b, IPPROTO_TCP, 22, "rule 2 rejects it");
	explained_in(path, office, "2001:db8:10::a00:1", IPPROTO_TCP, 22, "(gate), new TCP connection to port 22\n"
		     "  it is for the gateway itself\n  rule 0 accepts it");
	explained_in(path, office, "2001:db8:ffff::1", IPPROTO_TCP, 22, "it is for the gateway itself\n  rule 0 accepts it");
	explained_in(path, a, who, IPPROTO_UDP, 80, "it takes one of 20 a period (budget udp)\n"
		     "  containment: its destination is one of 100");
	explained_in(path, a, who, IPPROTO_UDP, 53, "resolver: ");
	explained_in(path, a, fenced, IPPROTO_UDP, 80, "fence: ");
	explained_in(path, fenced, a, IPPROTO_TCP, 80, "rule 1 accepts it");
	explained_in(path, a, "2001:db8:77::1", IPPROTO_TCP, 80, "blacklist: ");
	explained_in(path, "2001:db8:88::1", a, IPPROTO_TCP, 9, "whitelist: ");
	explained_in(path, "2001:db8:10::a00:4", who, IPPROTO_TCP, 80, "spoof source: ");		/* many's, if it had one */
	explained_in(path, "2001:db8:10::a00:63", a, IPPROTO_TCP, 80, "spoof source: ");
	explained_in(path, "fe80::5054:ff:fe00:2", who, IPPROTO_TCP, 80, "no further than the honeypot's plug\n  ipv6: ");
	explained_in("etc/honeynet.yaml", who, "2001:db8:10::a0a:a51", IPPROTO_TCP, 80, "ipv6: ");
}

static void explained_link(int16_t type, const char *from, const char *to, const char *want)
{
	struct packet_about p = { .proto = IPPROTO_ICMPV6, .icmp_type = type };

	explained_as("tests/golden/policy/six.yaml", from, to, &p, want);
}

static void what_ipv6_says_of_the_link(void **unused)
{
	static const char a[] = "2001:db8:10::a00:2", gate[] = "2001:db8:10::a00:1", link[] = "fe80::5054:ff:fe00:2";
	static const char who[] = "2001:db8:40::1";

	(void)unused;
	explained_link(ND_NEIGHBOR_SOLICIT, a, "ff02::1:ff00:3", "no rule is asked, nothing is recorded\naccepted");
	explained_link(ND_NEIGHBOR_ADVERT, link, gate, "it is for the gateway itself\n  it is about the link itself, as ARP is");
	explained_link(ND_NEIGHBOR_SOLICIT, a, who, "invalid: ");			/* no neighbour */
	explained_link(ND_ROUTER_SOLICIT, link, "ff02::2", "plug\n"
		       "  it is about the link itself, as ARP is: no rule is asked, nothing is recorded\ndropped");
	explained_link(ND_ROUTER_ADVERT, link, "ff02::1", "spoof nd: ");
	explained_link(ND_REDIRECT, a, "2001:db8:10::a00:3", "spoof nd: ");
	explained_link(ND_ROUTER_ADVERT, who, "2001:db8:ffff::1", "no rule is asked, nothing is recorded\ndropped");
}

/* What was recorded of its visitor's packets has its own address. */
static void an_instance_is_reached_in_the_record(void **unused)
{
	static struct honeynet n;
	_diag_ struct diag d = { 0 };
	struct packet_about p = { .source = ADDR_4 | WAN, .destination = ADDR_4 | POT2, .proto = IPPROTO_TCP, .port = 80 };
	struct replay *r = replay_new(&n);
	struct replayed decided;

	(void)unused;
	assert_int_equal(config_load("tests/golden/policy/instances.yaml", &n, &d), 0);
	replay_packet(r, 1, &p, 4000, 40, &decided);
	assert_true(decided.accept && !decided.open && decided.e.rule == 0);
	replay_free(r);
}

/* One budget is for both families, destinations are counted in each; what was recorded of an answer belongs to its question. */
static void a_record_uses_up_both(void **unused)
{
	static const struct { bool six; uint8_t host; enum reason refused; } rows[] = {
		{ false, 1, N_REASONS }, { true, 1, N_REASONS }, { false, 2, N_REASONS }, { true, 2, N_REASONS },
		{ false, 3, REASON_BUDGET_DESTINATIONS }, { true, 3, REASON_BUDGET_DESTINATIONS },	/* paid for all the same */
		{ true, 1, N_REASONS }, { false, 1, REASON_BUDGET_UDP }, { true, 1, REASON_BUDGET_UDP },
	};
	static struct honeynet n;
	_diag_ struct diag d = { 0 };
	struct replay *r = replay_new(&n);
	struct replayed decided;

	(void)unused;
	assert_int_equal(config_load("tests/golden/policy/six.yaml", &n, &d), 0);
	n.containment.udp = 7;
	n.containment.destinations = 2;
	for (uint16_t i = 0; i < nitems(rows); i++) {
		addr_number pot = rows[i].six ? n.network6 | 0x0a000002 : ADDR_4 | 0x0a000002;
		addr_number host = rows[i].six ? WAN6 + rows[i].host : ADDR_4 | 0xcb007100 | rows[i].host;
		struct packet_about p = { .source = pot, .destination = host, .proto = IPPROTO_UDP, .port = 9, .icmp_type = -1 };
		struct packet_about answer = { .source = host, .destination = pot, .proto = IPPROTO_UDP,
					       .port = (uint16_t)(4000 + i), .icmp_type = -1 };

		assert_true(explain_from(&n, &p) && p.inside);
		replay_packet(r, 1000000u + i, &p, (uint16_t)(4000 + i), 60, &decided);
		assert_int_equal(decided.accept, rows[i].refused == N_REASONS);
		assert_true(decided.accept || decided.e.reason == rows[i].refused);
		replay_packet(r, 1000000u + i, &answer, 9, 60, &decided);
		assert_int_equal(decided.open, rows[i].refused == N_REASONS);
	}
	replay_free(r);
}

static void who_asks_in_vain_is_answered(void **unused)
{
	static struct honeynet n;
	_diag_ struct diag d = { 0 };

	(void)unused;
	assert_int_equal(config_load("tests/golden/policy/instances.yaml", &n, &d), 0);
	n.containment.udp = 0;
	for (uint16_t port = 52; port <= 54; port++) {
		struct packet_about p = { .source = ADDR_4 | POT, .destination = ADDR_4 | WAN, .proto = IPPROTO_UDP, .port = port,
					  .icmp_type = -1 };
		_text_ struct text t = { 0 };
		struct explanation e;

		explain_from(&n, &p);
		explain(&n, &p, &e);
		explain_text(&n, &p, &e, &t);
		assert_non_null(strstr(text_str(&t), "dropped\n"));
		assert_int_equal(!!strstr(text_str(&t), "dropped\nasked again, it is answered by the gateway itself\n"), port == 53);
	}
}

static void the_papers_rules_in_words(void **unused)
{
	(void)unused;
	explained("198.51.100.66", "10.10.10.81", IPPROTO_TCP, 80, "rule 1 accepts it (line ");
	explained("10.10.10.81", "203.0.113.80", IPPROTO_TCP, 80, "it takes one of 20 a period (budget tcp)\n  containment: its "
		  "destination is one of 100 it may have in a period (budget destinations)\naccepted");
	explained("10.10.10.81", "10.10.10.80", IPPROTO_TCP, 80, "(Apache) to 10.10.10.80 (Roxen), new TCP connection to port 80");
	explained("198.51.100.66", "10.10.10.1", IPPROTO_TCP, 80, "rule 3 drops it");
	explained("10.10.10.81", "10.10.10.1", IPPROTO_TCP, 80, "default: no rule or containment allows it\ndropped");
	explained("10.10.10.81", "198.51.100.1", IPPROTO_ICMP, 0, "it is for the gateway itself\n  rule 2 accepts it");
	explained("10.10.10.81", "10.10.10.80", IPPROTO_TCP, 80, "it takes one of 1000 a period (budget lateral)\naccepted");
	explained("10.10.10.81", "203.0.113.53", IPPROTO_UDP, 53, "it takes one of 20 a period (budget udp)");
	explained("10.10.10.81", "203.0.113.54", IPPROTO_UDP, 53, "resolver: a honeypot asks only the named resolvers for names\ndropped");
	explained("10.10.10.81", "203.0.113.54", IPPROTO_TCP, 853, "resolver: ");
	explained("203.0.113.54", "10.10.10.53", IPPROTO_UDP, 53, "rule 1 accepts it");
	explained_in("tests/golden/policy/motel.yaml", "172.31.255.254", "203.0.113.9", IPPROTO_TCP, 25,
		     "dropped\nits SYN, sent again, is held by the gateway itself\n");
	explained("10.10.10.99", "10.10.10.81", IPPROTO_UDP, 53, "spoof source");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_papers_rules_in_words),
		cmocka_unit_test(who_asks_in_vain_is_answered),
		cmocka_unit_test(instances_in_words),
		cmocka_unit_test(nat_in_words),
		cmocka_unit_test(both_families_in_words),
		cmocka_unit_test(what_ipv6_says_of_the_link),
		cmocka_unit_test(a_record_uses_up_both),
		cmocka_unit_test(an_instance_is_reached_in_the_record),
		cmocka_unit_test(the_kernel_agrees),
		cmocka_unit_test(the_kernel_agrees_what_is_used_up),
	};

	return cmocka_run_group_tests(tests, speak_six, lab_close);
}
