/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replay.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <stdlib.h>

#include "base/mem.h"
#include "emit.h"
#include "model/budget.h"
#include "objects.h"

enum { WAYS = 4, SOURCES = 1 << 14 };	/* places a flow may be at */

struct flow {
	addr_number source, destination;	/* of who began */
	uint16_t source_port, port;
	uint8_t proto;
	bool icmp;			/* its own family's; then */
	bool asks;			/* a request, whose answer is none */
	bool used, answered, counted;
	uint64_t seen_us;
};

struct account {
	uint64_t since_us, used;
};

/* Where a honeypot was last, and when. */
struct been {
	addr_number address;
	uint64_t at_us;
};

/* What a source has used of a rule's limit */
struct allowance {
	uint32_t rule;
	addr_number source;
	struct account account;
};

struct replay {
	const struct honeynet *net;
	struct account account[MAX_HONEYPOTS][BUDGETS];
	struct been been[MAX_HONEYPOTS][FAMILIES][MAX_DESTINATIONS];
	struct flow flow[REPLAY_FLOWS];	/* WAYS in a row for each hash */
	struct allowance allowance[SOURCES];	/* likewise; of more sources the oldest begin anew */
};

struct replay *replay_new(const struct honeynet *n)
{
	struct replay *r = xcalloc(1, sizeof(*r));

	r->net = n;
	return r;
}

struct replay *replay_free(struct replay *r)
{
	free(r);
	return NULL;
}

/* --- connections ------------------------------------------------------------------------------ */

/* The same for both directions */
static uint32_t hash(const struct flow *f)
{
	addr_number both = f->source ^ f->destination, sum = f->source + f->destination;
	uint64_t h = (uint64_t)(both >> 64) ^ (uint64_t)both << 32 ^ (uint64_t)sum ^
		     ((uint64_t)(uint16_t)(f->source_port ^ f->port) << 16) ^ f->proto;

	h = (h ^ h >> 31) * 0x9e3779b97f4a7c15;
	return (uint32_t)(h >> 40);
}

static bool same(const struct flow *a, const struct flow *b)
{
	return a->used && a->proto == b->proto && a->asks == b->asks && a->source == b->source && a->destination == b->destination &&
	       a->source_port == b->source_port && a->port == b->port;
}

static struct flow reversed(const struct flow *f)
{
	struct flow r = *f;

	r.source = f->destination;
	r.destination = f->source;
	r.source_port = f->port;
	r.port = f->source_port;
	r.asks = f->icmp && !f->asks;
	return r;
}

/* find() - the connection @key belongs to, and whether @key is of who began it; else the place for a new one */
static struct flow *find(struct replay *r, const struct flow *key, bool *ret_known, bool *ret_original)
{
	struct flow *row = &r->flow[hash(key) % (REPLAY_FLOWS / WAYS) * WAYS], back = reversed(key), *oldest = row;

	*ret_known = true;
	for (size_t i = 0; i < WAYS; i++) {
		*ret_original = same(&row[i], key);
		if (*ret_original || same(&row[i], &back))
			return &row[i];
		if (row[i].seen_us < oldest->seen_us)
			oldest = &row[i];
	}
	*ret_known = false;
	*ret_original = true;
	return oldest;
}

/* --- budgets ---------------------------------------------------------------------------------- */

/* charge() - @n of it; false: there is not so much left in the period that goes on at @at_us */
static bool charge(struct account *a, uint64_t at_us, uint64_t period_us, uint64_t limit, uint64_t n)
{
	if (!a->since_us || at_us - a->since_us >= period_us)
		*a = (struct account){ .since_us = at_us };
	if (a->used + n > limit)
		return false;
	a->used += n;
	return true;
}

static struct account *account_of(struct replay *r, uint16_t pot, enum reason budget)
{
	return &r->account[pot][budget - REASON_BUDGET_TCP];
}

/* is_within() - the limit of rule @i, if it has one, has something left for @source */
static bool is_within(struct replay *r, uint32_t i, addr_number source, uint64_t at_us)
{
	const struct rule *rule = &r->net->rule[i];
	uint64_t hash = ((uint64_t)i << 32 ^ (uint64_t)(source >> 64) ^ (uint64_t)source) * 0x9e3779b97f4a7c15;
	struct allowance *row = &r->allowance[(hash >> 40) % (SOURCES / WAYS) * WAYS], *a = row;

	if (!rule->limit)
		return true;
	for (size_t k = 0; k < WAYS; k++) {
		if (row[k].account.since_us && row[k].rule == i && row[k].source == source) {
			a = &row[k];
			break;
		}
		if (row[k].account.since_us < a->account.since_us)
			a = &row[k];
	}
	if (a->rule != i || a->source != source)
		*a = (struct allowance){ .rule = i, .source = source };
	return charge(&a->account, at_us, (uint64_t)rule->limit_s * 1000000, rule->limit, 1);
}

/* is_counted() - by its protocol's budget: a TCP connection once, others until answered, a ping always; never an answer */
static bool is_counted(const struct flow *f, bool original)
{
	return original && (f->icmp || !(f->proto == IPPROTO_TCP ? f->counted : f->answered));
}

/* reach() - @address is one of the @n hosts that who was at @been may reach in a period */
static bool reach(struct been *been, uint32_t n, addr_number address, uint64_t at_us, uint64_t period_us)
{
	struct been *room = NULL;

	for (uint32_t i = 0; i < n; i++) {
		bool counts = been[i].at_us && at_us - been[i].at_us < period_us;

		if (counts && been[i].address == address) {
			been[i].at_us = at_us;
			return true;
		}
		if (!counts)
			room = &been[i];
	}
	if (room)
		*room = (struct been){ address, at_us };
	return room;
}

/* An error tells who came what became of that. */
static bool is_error(const struct packet_about *p)
{
	uint8_t type = packet_icmp_type(p);

	if (!packet_is_icmp(p))
		return false;
	if (!number_is_4(p->source))
		return type && type <= ICMP6_PARAM_PROB;
	return type == ICMP_DEST_UNREACH || type == ICMP_SOURCE_QUENCH || type == ICMP_REDIRECT || type == ICMP_TIME_EXCEEDED ||
	       type == ICMP_PARAMETERPROB;
}

/* cross() - likewise of one that goes to another honeypot: a conversation is paid for once */
static bool cross(struct replay *r, struct flow *f, bool original, const struct packet_about *p)
{
	const struct containment *c = &r->net->containment;

	if (!original || f->counted || is_error(p))
		return true;
	if (!charge(account_of(r, p->honeypot, REASON_BUDGET_LATERAL), f->seen_us, (uint64_t)c->period_s * 1000000,
		    budget_amount(c, p->honeypot, BUDGET_LATERAL), 1))
		return false;
	return f->counted = true;
}

/* leave() - whether a packet of @f that leaves the honeynet is paid for, and if not, for want of what */
static bool leave(struct replay *r, struct flow *f, bool original, const struct packet_about *p, uint32_t len,
		  enum reason *ret_why)
{
	const struct containment *c = &r->net->containment;
	uint64_t period_us = (uint64_t)c->period_s * 1000000, at_us = f->seen_us;
	enum reason budget = packet_budget(p);
	enum family of = number_is_4(p->source) ? FAMILY_4 : FAMILY_6;

	*ret_why = budget;
	if (is_counted(f, original) &&
	    !charge(account_of(r, p->honeypot, budget), at_us, period_us, budget_limit(c, p->honeypot, budget), 1))
		return false;
	f->counted |= original;
	*ret_why = REASON_BUDGET_DESTINATIONS;
	if (c->destinations && original && !is_error(p) &&
	    !reach(r->been[p->honeypot][of], c->destinations, p->destination, at_us, period_us))
		return false;
	*ret_why = REASON_BUDGET_BYTES;
	return charge(account_of(r, p->honeypot, REASON_BUDGET_BYTES), at_us, period_us, budget_amount(c, p->honeypot, BUDGET_BYTES), len);
}

/* What tells a connection from another one between the same two */
static void name_flow(struct flow *f, const struct packet_about *p, uint16_t source_port)
{
	if (p->proto == IPPROTO_TCP || p->proto == IPPROTO_UDP) {
		f->source_port = source_port;
		f->port = p->port;
	} else if (packet_is_icmp(p)) {
		f->icmp = true;
		f->source_port = f->port = source_port;
		f->asks = packet_is_ping(p);
	}
}

/* asked_for() - they were recorded behind the gateway: what reached an instance was sent to its honeypot's address */
static struct packet_about asked_for(const struct honeynet *n, const struct packet_about *p)
{
	struct packet_about asked = *p;

	for (uint32_t i = 0; !p->inside && i < n->n_honeypots; i++)
		if (n->honeypot[i].is_instance && p->destination == (ADDR_4 | n->honeypot[i].address))
			asked.destination = ADDR_4 | n->honeypot[n->honeypot[i].instance_of].address;
	return asked;
}

/* ask_limit() - what a rule accepts it drops once its limit is used up; before anything is charged to what contains it */
static void ask_limit(struct replay *r, uint64_t at_us, addr_number source, struct explanation *e)
{
	if (e->rule < 0 || r->net->rule[e->rule].action != ACTION_ACCEPT || is_within(r, (uint32_t)e->rule, source, at_us))
		return;
	e->accept = false;
	e->reason = e->budget = N_REASONS;
}

void replay_packet(struct replay *r, uint64_t at_us, const struct packet_about *p, uint16_t source_port, uint32_t len,
		   struct replayed *ret)
{
	struct flow key = { .source = p->source, .destination = p->destination, .proto = p->proto, .used = true,
			    .seen_us = at_us };
	struct packet_about asked = asked_for(r->net, p);
	bool known, original;
	enum reason why = N_REASONS;
	struct flow *f;

	asked.source_port = source_port;
	asked.at_us = at_us;
	name_flow(&key, p, source_port);
	f = find(r, &key, &known, &original);
	*ret = (struct replayed){ .open = known, .accept = known };
	explain(r->net, &asked, &ret->e);
	if (ret->e.link) {		/* conntrack knows nothing of it */
		ret->accept = ret->e.accept;
		return;
	}
	if (!known || (original && !f->answered)) {	/* until there is an answer each packet opens it, and is asked about */
		ask_limit(r, at_us, p->source, &ret->e);
		ret->accept = ret->e.accept;
		if (!ret->accept)
			return;		/* no connection comes of it */
		if (!known)
			*f = key;
	}
	f->seen_us = at_us;
	f->answered |= !original;
	if (ret->e.reason == REASON_FENCE || ret->e.reason == REASON_BLACKLIST || ret->e.reason == REASON_ISOLATION ||
	    (ret->e.reason == REASON_RESOLVER && original)) {
		ret->accept = false;	/* nothing overrides it, not even that it is an answer */
		return;
	}
	if (ret->e.way != WAY_FORWARD || !p->inside)
		return;
	if (stays_inside(r->net, p->destination)) {
		why = REASON_BUDGET_LATERAL;
		ret->accept = cross(r, f, original, p);
	} else
		ret->accept = leave(r, f, original, p, len, &why);
	if (ret->accept)
		return;
	ret->e.accept = false;
	ret->e.reason = why;
	if (!known)
		f->used = false;
}
