/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What rules are made of beside honeypots: addresses, groups in groups, services by more than a port, times, and what a
 * rule's keys say together.
 *
 * Groups may name each other in any order, so what is in them is looked up when the whole file has been read
 * (groups_join()). All that is in a group's groups becomes its own member; nobody later sees a group in a group.
 */
#include <netinet/in.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "schema.h"
#include "value.h"

/* --- addresses -------------------------------------------------------------------------------- */

static void read_addresses(struct reader *r, const struct node *n, const struct field *f, void *at)
{
	struct honeynet *net = r->net;
	struct addresses *a = at;
	const struct node *const *item = &n;
	size_t items = field_items(r, n, f, &item);

	a->first = net->n_ranges;
	for (size_t i = 0; i < items; i++) {
		struct address_range one;

		if (item[i]->kind != NODE_SCALAR || !value_range(item[i]->text, &one.first, &one.last))
			field_bad(r, item[i], f);
		else if (net->n_ranges == MAX_RANGES)
			diag_add(r->d, item[i]->line, item[i]->column, "%s: expected at most %d in the whole file", f->key, MAX_RANGES);
		else
			net->range[net->n_ranges++] = one;
	}
	a->n = net->n_ranges - a->first;
}

void network_done(struct reader *r, const struct node *n, void *obj, uint32_t index)
{
	struct addresses *a = obj;

	a->line = n->line;
	object_add(r, n, OBJECT_NETWORK, index);
}

void dns_done(struct reader *r, const struct node *n, void *obj, uint32_t index)
{
	struct dns_name *d = obj;
	const struct node *host = node_get(n, "host");

	d->addresses.line = n->line;
	d->host_line = host ? host->line : n->line;
	d->host_column = host ? host->column : n->column;
	object_add(r, n, OBJECT_NAME, index);
}

/* --- groups ----------------------------------------------------------------------------------- */

/* Groups of one kind while they are joined: each is visited once, and what is open when it is met again is in itself. */
struct joining {
	struct reader *r;
	const struct node *list;
	const struct field *field;
	enum { NEW, OPEN, DONE } state[MAX_SERVICES];
};

_Static_assert(MAX_GROUPS <= MAX_SERVICES, "a state for each group");

static const struct field members_field = { "members", .type = &type_members, .max = MAX_HONEYPOTS };
static const struct field services_field = { "members", .type = &type_services_of, .max = MAX_REFS };

static size_t members_of(struct joining *j, uint32_t which, const struct node *const **ret)
{
	const struct node *map = j->list->child[which], *n = map->kind == NODE_MAP ? node_get(map, "members") : NULL;

	if (!n || n->kind == NODE_MAP || (n->kind == NODE_SCALAR && !n->text[0]) || (n->kind == NODE_LIST && n->n > j->field->max))
		return 0;	/* has been complained about */
	*ret = n->kind == NODE_LIST ? (const struct node *const *)n->child : NULL;
	return n->kind == NODE_LIST ? n->n : 1;
}

static const struct node *member_at(struct joining *j, uint32_t which, const struct node *const *item, size_t i)
{
	return item ? item[i] : node_get(j->list->child[which], "members");
}

static void complain_cycle(struct joining *j, const struct node *m, const struct node *at)
{
	diag_add(j->r->d, m->line, m->column, "members: \"%.64s\" is made of this group, see %u:%u: none can be in itself", m->text,
		 at->line, at->column);
}

static bool named_twice(struct joining *j, uint32_t which, const struct node *const *item, size_t i)
{
	const struct node *m = member_at(j, which, item, i);

	for (size_t k = 0; k < i; k++) {
		const struct node *o = member_at(j, which, item, k);

		if (o->kind == NODE_SCALAR && !strcasecmp(o->text, m->text)) {
			diag_add(j->r->d, m->line, m->column, "members: \"%s\" is named twice", m->text);
			return true;
		}
	}
	return false;
}

/* may_enter() - group @which is not being joined; false after a complaint about @m, which names it */
static bool may_enter(struct joining *j, const struct node *m, const struct known *k, uint32_t which)
{
	if (j->state[which] != OPEN)
		return true;
	complain_cycle(j, m, k->at);
	return false;
}

static void add_member(struct joining *j, struct group *g, const struct node *at, const struct object_ref *ref)
{
	for (uint32_t i = 0; i < g->n_members; i++)
		if (g->member[i].kind == ref->kind && g->member[i].index == ref->index)
			return;		/* by way of another group */
	if (g->n_members == MAX_MEMBERS)
		diag_add(j->r->d, at->line, at->column, "members: expected at most %d, with those of its groups", MAX_MEMBERS);
	else
		g->member[g->n_members++] = *ref;
}

/* join_members() - @one of each of group @which that @find knows; that one complains if it does not */
static void join_members(struct joining *j, uint32_t which, const struct known *(*find)(struct joining *j, const struct node *m),
			 void (*one)(struct joining *j, uint32_t which, const struct node *m, const struct known *k))
{
	const struct node *const *item = NULL;
	size_t items = members_of(j, which, &item);

	j->state[which] = OPEN;
	for (size_t i = 0; i < items; i++) {
		const struct node *m = member_at(j, which, item, i);
		const struct known *k;

		if (m->kind == NODE_SCALAR && m->text[0] && !named_twice(j, which, item, i) && (k = find(j, m)))
			one(j, which, m, k);
	}
	j->state[which] = DONE;
}

static const struct known *find_member(struct joining *j, const struct node *m)
{
	const struct known *k = object_find(j->r, m->text);

	if (k && k->ref.kind != OBJECT_FIREWALL)
		return k;
	unknown_name(j->r, m, j->field, "the name of a honeypot, a network, a table, a name or a group",
		     k ? NULL : known_near(j->r->object, j->r->n_objects, m->text));
	return NULL;
}

static void join_group(struct joining *j, uint32_t which);

static void join_member(struct joining *j, uint32_t which, const struct node *m, const struct known *k)
{
	struct group *g = &j->r->net->group[which], *other = &j->r->net->group[k->ref.index];

	if (k->ref.kind != OBJECT_GROUP) {
		add_member(j, g, m, &k->ref);
		return;
	}
	if (!may_enter(j, m, k, k->ref.index))
		return;
	if (j->state[k->ref.index] == NEW)
		join_group(j, k->ref.index);
	other->within = true;
	for (uint32_t o = 0; o < other->n_members; o++)
		add_member(j, g, m, &other->member[o]);
}

static void join_group(struct joining *j, uint32_t which)
{
	join_members(j, which, find_member, join_member);
}

static void add_service(struct joining *j, struct service *s, const struct node *at, uint16_t which)
{
	for (uint32_t i = 0; i < s->n_members; i++)
		if (s->member[i] == which)
			return;
	if (s->n_members == MAX_REFS)
		diag_add(j->r->d, at->line, at->column, "members: expected at most %d, with those of its groups", MAX_REFS);
	else
		s->member[s->n_members++] = which;
}

static const struct known *find_service(struct joining *j, const struct node *m)
{
	const struct known *k = known_find(j->r->service, j->r->n_services, m->text);

	if (!k)
		unknown_name(j->r, m, j->field, "a service's name", known_near(j->r->service, j->r->n_services, m->text));
	return k;
}

static void join_services(struct joining *j, uint32_t which);

static void join_service(struct joining *j, uint32_t which, const struct node *m, const struct known *k)
{
	struct service *s = &j->r->net->service[which], *other = &j->r->net->service[k->ref.index];

	if (!may_enter(j, m, k, k->ref.index))
		return;
	if (j->state[k->ref.index] == NEW)
		join_services(j, k->ref.index);
	other->within = true;
	for (uint32_t o = 0; o < other->n_members; o++)
		add_service(j, s, m, other->member[o]);
	if (!other->n_members)
		add_service(j, s, m, k->ref.index);
}

static void join_services(struct joining *j, uint32_t which)
{
	join_members(j, which, find_service, join_service);
}

static void join(struct reader *r, const struct node *list, uint32_t n, const struct field *field,
		 void (*one)(struct joining *j, uint32_t which))
{
	struct joining j = { .r = r, .list = list, .field = field };

	for (uint32_t i = 0; list && list->kind == NODE_LIST && i < n; i++)
		if (j.state[i] == NEW)
			one(&j, i);
}

void groups_join(struct reader *r, const struct node *root)
{
	join(r, node_get(root, "groups"), r->net->n_groups, &members_field, join_group);
	join(r, node_get(root, "services"), r->net->n_services, &services_field, join_services);
}

/* read_names() - only whether they are some: whose, groups_join() knows */
static void read_names(struct reader *r, const struct node *n, const struct field *f, void *at)
{
	const struct node *const *item = &n;
	size_t items = field_items(r, n, f, &item);

	(void)at;
	for (size_t i = 0; i < items; i++)
		item_is_text(r, item[i], f);
}

/* --- services --------------------------------------------------------------------------------- */

static void read_protocol(struct reader *r, const struct node *n, const struct field *f, void *at)
{
	static const struct { const char *name; uint8_t proto; } names[] = {
		{ "tcp", IPPROTO_TCP }, { "udp", IPPROTO_UDP }, { "icmp", IPPROTO_ICMP }, { "icmpv6", IPPROTO_ICMPV6 },
		{ "igmp", IPPROTO_IGMP }, { "gre", IPPROTO_GRE }, { "esp", IPPROTO_ESP }, { "ah", IPPROTO_AH }, { "sctp", IPPROTO_SCTP },
	};
	uint64_t v;

	for (size_t i = 0; n->kind == NODE_SCALAR && i < nitems(names); i++) {
		if (!strcmp(n->text, names[i].name)) {
			*(uint8_t *)at = names[i].proto;
			return;
		}
	}
	if (n->kind == NODE_SCALAR && value_count(n->text, &v) && v <= UINT8_MAX)
		*(uint8_t *)at = (uint8_t)v;
	else
		field_bad(r, n, f);
}

static void read_port_list(struct reader *r, const struct node *n, const struct field *f, struct port_range *port, uint32_t *count)
{
	const struct node *const *item = &n;
	size_t items = field_items(r, n, f, &item);

	for (size_t i = 0; i < items; i++) {
		struct port_range *p = &port[*count];

		if (item[i]->kind == NODE_SCALAR && value_ports(item[i]->text, &p->first, &p->last))
			++*count;
		else
			field_bad(r, item[i], f);
	}
}

static void read_ports(struct reader *r, const struct node *n, const struct field *f, void *at)
{
	struct service *s = at;

	read_port_list(r, n, f, s->port, &s->n_ports);
}

static void read_source_ports(struct reader *r, const struct node *n, const struct field *f, void *at)
{
	struct service *s = at;

	read_port_list(r, n, f, s->source_port, &s->n_source_ports);
}

static void read_flags(struct reader *r, const struct node *n, const struct field *f, void *at)
{
	static const char *const names[] = { "fin", "syn", "rst", "psh", "ack", "urg" };	/* by their bit */
	struct service *s = at;
	const struct node *const *item = &n;
	size_t items = field_items(r, n, f, &item);

	for (size_t i = 0; i < items; i++) {
		const char *name = item[i]->kind == NODE_SCALAR ? item[i]->text : "";
		bool no = !strncmp(name, "no-", 3);
		size_t k = 0;

		while (k < nitems(names) && strcmp(name + (no ? 3 : 0), names[k]))
			k++;
		if (k == nitems(names)) {
			field_bad(r, item[i], f);
		} else if (s->flags_of & BIT(k)) {
			diag_add(r->d, item[i]->line, item[i]->column, "%s: \"%s\" is named twice", f->key, names[k]);
		} else {
			s->flags_of |= (uint8_t)BIT(k);
			s->flags |= no ? 0 : (uint8_t)BIT(k);
		}
	}
}

static void read_types(struct reader *r, const struct node *n, const struct field *f, void *at)
{
	static const struct { const char *name; uint8_t proto, type; } names[] = {	/* RFC 792, RFC 4443 */
		{ "echo-reply", IPPROTO_ICMP, 0 }, { "unreachable", IPPROTO_ICMP, 3 }, { "redirect", IPPROTO_ICMP, 5 },
		{ "echo", IPPROTO_ICMP, 8 }, { "time-exceeded", IPPROTO_ICMP, 11 }, { "timestamp", IPPROTO_ICMP, 13 },
		{ "unreachable", IPPROTO_ICMPV6, 1 }, { "too-big", IPPROTO_ICMPV6, 2 }, { "time-exceeded", IPPROTO_ICMPV6, 3 },
		{ "echo", IPPROTO_ICMPV6, 128 }, { "echo-reply", IPPROTO_ICMPV6, 129 },
	};
	struct service *s = at;	/* whose protocol has been read: it comes before this in the table of keys */
	const struct node *const *item = &n;
	size_t items = field_items(r, n, f, &item);

	for (size_t i = 0; i < items; i++) {
		const char *name = item[i]->kind == NODE_SCALAR ? item[i]->text : "";
		uint64_t v = UINT64_MAX;

		for (size_t k = 0; k < nitems(names); k++)
			v = strcmp(name, names[k].name) || names[k].proto != s->proto ? v : names[k].type;
		if (v == UINT64_MAX && (!value_count(name, &v) || v > UINT8_MAX))
			field_bad(r, item[i], f);
		else
			s->type[s->n_types++] = (uint8_t)v;
	}
}

/* refuse_key() - @key is there though the service can have none */
static void refuse_key(struct reader *r, const struct node *n, const char *key, const char *why)
{
	const struct node *at = node_get(n, key);

	if (at)
		diag_add(r->d, at->line, at->column, "%s: %s, expected no such key", key, why);
}

void service_done(struct reader *r, const struct node *n, void *obj, uint32_t index)
{
	static const char *const keys[] = { "protocol", "ports", "source_ports", "flags", "types" };
	struct service *s = obj;
	bool tcp = s->proto == IPPROTO_TCP, udp = s->proto == IPPROTO_UDP, icmp = s->proto == IPPROTO_ICMP || s->proto == IPPROTO_ICMPV6;

	s->line = n->line;
	known_add(r, r->service, &r->n_services, n, (struct object_ref){ .index = (uint16_t)index });
	if (node_get(n, "members")) {
		for (size_t i = 0; i < nitems(keys); i++)
			refuse_key(r, n, keys[i], "a group of services has none");
		return;
	}
	if (!node_get(n, "protocol")) {
		diag_add(r->d, n->line, n->column, "missing key \"protocol\": expected %s", type_protocol.expects);
		return;
	}
	for (size_t i = 1; i < nitems(keys); i++) {
		bool has = !strcmp(keys[i], "flags") ? tcp : !strcmp(keys[i], "types") ? icmp : tcp || udp;

		if (!has)
			refuse_key(r, n, keys[i], icmp ? "icmp has none" : tcp ? "tcp has none" : udp ? "udp has none" :
				   "this protocol has none");
	}
	if ((tcp || udp) && !node_get(n, "ports") && !node_get(n, "source_ports") && !(tcp && node_get(n, "flags")))
		diag_add(r->d, n->line, n->column, "missing key \"ports\": expected %s", type_ports.expects);
}

/* bit_of() - the word's place in @names, as a bit; 0 after a complaint */
static uint32_t bit_of(struct reader *r, const struct node *word, const struct field *f, const char *const *names, size_t n)
{
	for (size_t k = 0; word->kind == NODE_SCALAR && k < n; k++)
		if (!strcasecmp(word->text, names[k]))
			return BIT(k);
	field_bad(r, word, f);
	return 0;
}

/* --- times ------------------------------------------------------------------------------------ */

static void read_days(struct reader *r, const struct node *n, const struct field *f, void *at)
{
	static const char *const names[] = { "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday" };
	uint8_t *days = at;
	const struct node *const *item = &n;
	size_t items = field_items(r, n, f, &item);

	if (items == 1 && item[0]->kind == NODE_SCALAR && !strcasecmp(item[0]->text, "any")) {
		*days = 0x7f;
		return;
	}
	for (size_t i = 0; i < items; i++)
		*days |= (uint8_t)bit_of(r, item[i], f, names, nitems(names));
}

static void read_clock(struct reader *r, const struct node *n, const struct field *f, void *at)
{
	if (n->kind != NODE_SCALAR || !value_clock(n->text, at))
		field_bad(r, n, f);
}

static void read_nightly(struct reader *r, const struct node *n, const struct field *f, void *at)
{
	uint32_t minutes = DAY_MINUTES;

	if (n->kind != NODE_SCALAR || (strcmp(n->text, "never") && (!value_clock(n->text, &minutes) || minutes == DAY_MINUTES)))
		field_bad(r, n, f);
	else
		*(uint32_t *)at = minutes;
}

void times_done(struct reader *r, const struct node *n, void *obj, uint32_t index)
{
	struct times *t = obj;
	const struct node *from = node_get(n, "from"), *to = node_get(n, "to");

	t->line = n->line;
	known_add(r, r->times, &r->n_times, n, (struct object_ref){ .index = (uint16_t)index });
	if (t->from == DAY_MINUTES && from)
		diag_add(r->d, from->line, from->column, "from: expected a minute of the day, 24:00 is none");
	else if (t->from == t->to && t->to)
		diag_add(r->d, to ? to->line : from->line, to ? to->column : from->column, "to: expected another time than that it begins at");
	else if (!t->to)
		t->to = DAY_MINUTES;	/* 00:00 is the end of the day */
}

static void read_times(struct reader *r, const struct node *n, const struct field *f, void *at)
{
	uint16_t *index = at;
	const struct node *const *item = &n;
	size_t items = field_items(r, n, f, &item), used = 0;

	for (size_t i = 0; i < items; i++) {
		const struct known *k;

		if (!one_name(r, item[i], f, items) || !strcasecmp(item[i]->text, "any"))
			continue;
		k = known_find(r->times, r->n_times, item[i]->text);
		if (k)
			index[used++] = k->ref.index;
		else
			unknown_name(r, item[i], f, "any or a time's name", known_near(r->times, r->n_times, item[i]->text));
	}
}

/* --- rules ------------------------------------------------------------------------------------ */

static void read_negate(struct reader *r, const struct node *n, const struct field *f, void *at)
{
	static const char *const names[] = { "source", "destination", "service" };	/* by the bits NOT_... */
	uint32_t *not = at;
	const struct node *const *item = &n;
	size_t items = field_items(r, n, f, &item);

	for (size_t i = 0; i < items; i++)
		*not |= bit_of(r, item[i], f, names, nitems(names));
}

static void read_limit(struct reader *r, const struct node *n, const struct field *f, void *at)
{
	struct rule *rule = container_of((uint32_t *)at, struct rule, limit);
	uint64_t many, period_s;

	if (n->kind != NODE_SCALAR || !value_limit(n->text, &many, &period_s) || many < f->min || many > f->max || !period_s ||
	    period_s > 86400) {
		field_bad(r, n, f);
		return;
	}
	rule->limit = (uint32_t)many;
	rule->limit_s = (uint32_t)period_s;
}

static bool is_any(const struct node *n)
{
	const struct node *one = n && n->kind == NODE_LIST && n->n == 1 ? n->child[0] : n;

	return !one || (one->kind == NODE_SCALAR && !strcasecmp(one->text, "any"));
}

void rule_look(struct reader *r, const struct node *n, struct rule *rule)
{
	static const char *const keys[] = { "source", "destination", "service" };
	const struct node *negate = node_get(n, "negate"), *limit = node_get(n, "limit");

	for (size_t i = 0; negate && i < nitems(keys); i++)
		if (rule->not & BIT(i) && is_any(node_get(n, keys[i])))
			diag_add(r->d, negate->line, negate->column, "negate: %s is any, and all others than any are none", keys[i]);
	if (limit && rule->action != ACTION_ACCEPT)
		diag_add(r->d, limit->line, limit->column, "limit: of what a rule accepts, this one does not");
	rule->n_times = is_any(node_get(n, "time")) ? 0 : items_of(n, "time");
}

_Static_assert(NOT_SOURCE == BIT(0) && NOT_DESTINATION == BIT(1) && NOT_SERVICE == BIT(2), "bits in the order of the keys");

const struct type type_addresses = {
	.read = read_addresses,
	.expects = "an address, a network such as 192.0.2.0/24 or 2001:db8::/32 without host bits, a range such as 192.0.2.5-192.0.2.9, or a list",
};
const struct type type_members = {
	.read = read_names,
	.expects = "the name of a honeypot, a network, a table, a name or a group, or a list of them",
};
const struct type type_services_of = {
	.read = read_names,
	.expects = "the name of a service, or a list of them",
};
const struct type type_protocol = {
	.read = read_protocol,
	.expects = "tcp, udp, icmp, icmpv6, igmp, gre, esp, ah, sctp or a number from 0 to 255",
};
const struct type type_ports = {
	.read = read_ports,
	.expects = "a port from 1 to 65535, a range such as 6000-6063, or a list",
};
const struct type type_source_ports = {
	.read = read_source_ports,
	.expects = "a port from 1 to 65535, a range such as 6000-6063, or a list",
};
const struct type type_flags = {
	.read = read_flags,
	.expects = "fin, syn, rst, psh, ack or urg, each as it is or with no- before it, or a list",
};
const struct type type_types = {
	.read = read_types,
	.expects = "echo, echo-reply, unreachable, time-exceeded, of icmp redirect and timestamp, of icmpv6 too-big, a number from 0 to 255, or a list",
};
const struct type type_days = {
	.read = read_days,
	.expects = "any, a day such as monday, or a list of them",
};
const struct type type_clock = {
	.read = read_clock,
	.expects = "a time such as 08:30, up to 24:00",
};
const struct type type_nightly = {
	.read = read_nightly,
	.expects = "never, or a time such as 03:30",
};
const struct type type_times = {
	.read = read_times,
	.expects = "any, the name of a time, or a list",
};
const struct type type_negate = {
	.read = read_negate,
	.expects = "source, destination or service, or a list of them",
};
const struct type type_limit = {
	.read = read_limit,
	.expects = "a number and a time of at most a day, such as 20/h or 5/10m, the number from",
	.unit = "",
};
