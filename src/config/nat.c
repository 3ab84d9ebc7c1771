/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NAT rules: what their keys say together, and whether the gateway can have the addresses they want of it. */
#include <netinet/in.h>
#include <strings.h>

#include "base/mem.h"
#include "config.h"
#include "model/nat.h"
#include "schema.h"
#include "value.h"

/* What is said wherever an address cannot be one of the gateway's. */
#define AT_UPLINK "an address of the uplink's network, 198.51.100.0/24 without the lab's own 198.51.100.66"

/* one_address() - of a network that is one, by its name */
static bool one_address(const struct reader *r, const char *name, uint32_t *ret)
{
	const struct known *k = object_find(r, name);
	const struct addresses *a = k && k->ref.kind == OBJECT_NETWORK ? &r->net->networks[k->ref.index] : NULL;

	if (!a || a->n != 1 || r->net->range[a->first].first != r->net->range[a->first].last ||
	    !number_is_4(r->net->range[a->first].first))
		return false;
	*ret = (uint32_t)r->net->range[a->first].first;
	return true;
}

static void read_outside(struct reader *r, const struct node *n, const struct field *f, void *at)
{
	uint32_t address = UPLINK_ADDRESS;

	if (n->kind != NODE_SCALAR ||
	    (strcasecmp(n->text, "masquerade") && !value_address(n->text, &address) && !one_address(r, n->text, &address)))
		field_bad(r, n, f);
	else if (!nat_may_have(address))
		diag_add(r->d, n->line, n->column, "%s: expected " AT_UPLINK ", not \"%.64s\"", f->key, n->text);
	else
		*(uint32_t *)at = address;
}

static void read_inside(struct reader *r, const struct node *n, const struct field *f, void *at)
{
	const struct known *k = n->kind == NODE_SCALAR ? object_find(r, n->text) : NULL;

	if (k && k->ref.kind == OBJECT_HONEYPOT)
		*(uint16_t *)at = k->ref.index;
	else if (n->kind == NODE_SCALAR && !k)
		unknown_name(r, n, f, "a honeypot's name", known_near(r->object, r->n_objects, n->text));
	else
		field_bad(r, n, f);
}

/* one_port() - of a service that is one; 0 */
static uint16_t one_port(const struct service *s)
{
	return (s->proto == IPPROTO_TCP || s->proto == IPPROTO_UDP) && s->n_ports == 1 && s->port[0].first == s->port[0].last ?
	       s->port[0].first : 0;
}

static void read_to_service(struct reader *r, const struct node *n, const struct field *f, void *at)
{
	const struct known *k = n->kind == NODE_SCALAR ? known_find(r->service, r->n_services, n->text) : NULL;
	uint16_t port = k ? one_port(&r->net->service[k->ref.index]) : 0;

	if (port)
		*(uint16_t *)at = port;
	else if (n->kind == NODE_SCALAR && n->text[0] && !k)
		unknown_name(r, n, f, "a service's name", known_near(r->service, r->n_services, n->text));
	else
		field_bad(r, n, f);
}

void nat_done(struct reader *r, const struct node *n, void *obj, uint32_t index)
{
	const struct node *from = node_get(n, "translated_source"), *to = node_get(n, "translated_destination");
	const struct node *service = node_get(n, "translated_service");
	struct nat_rule *rule = obj;

	rule_done(r, n, &rule->asks, index);
	rule->asks.n_sources = rule->asks.n_sources ? rule->asks.n_sources : 1;		/* without the key it is any */
	rule->asks.n_destinations = rule->asks.n_destinations ? rule->asks.n_destinations : 1;
	rule->kind = from ? NAT_SOURCE : to ? NAT_DESTINATION : NAT_NONE;
	if (from && to)
		diag_add(r->d, to->line, to->column, "translated_destination: a rule has that or translated_source, not both: "
			 "who comes would not be known any more");
	if (service && !to)
		diag_add(r->d, service->line, service->column, "translated_service: only with translated_destination");
}

/* --- once groups and services are joined ------------------------------------------------------ */

static bool is_of(const struct honeynet *n, uint16_t which, uint8_t proto)
{
	const struct service *s = &n->service[which];
	bool all = s->n_members || s->proto == proto;

	for (uint32_t i = 0; i < s->n_members; i++)
		all &= n->service[s->member[i]].proto == proto;
	return all;
}

/* A port is one of a protocol, and so must be what is led there. */
static void look_at_service(const struct node *map, const struct honeynet *n, const struct nat_rule *r, struct diag *d)
{
	const struct node *to = node_get(map, "translated_service");
	uint8_t proto = 0;
	bool all = r->asks.n_services && !(r->asks.not & NOT_SERVICE);

	for (uint32_t i = 0; i < n->n_services; i++)
		if (to && !strcasecmp(n->service[i].name, to->text))
			proto = n->service[i].proto;
	for (uint32_t i = 0; i < r->asks.n_services; i++)
		all &= is_of(n, r->asks.service[i], proto);
	if (to && !all)
		diag_add(d, to->line, to->column, "translated_service: expected a service of the rule, and only such as are of the "
			 "same protocol, %s", proto == IPPROTO_TCP ? "tcp" : "udp");
}

/* may_have() - all its addresses can be the gateway's at the uplink */
static bool may_have(const struct honeynet *n, const struct object_ref *ref)
{
	const struct addresses *a = ref->kind == OBJECT_NETWORK ? &n->networks[ref->index] : NULL;
	const struct group *g = ref->kind == OBJECT_GROUP ? &n->group[ref->index] : NULL;
	bool all = a || g || ref->kind == OBJECT_ANY || ref->kind == OBJECT_FIREWALL;

	for (uint32_t i = 0; a && all && i < a->n; i++) {
		addr_number first = n->range[a->first + i].first, last = n->range[a->first + i].last;

		all = last - first < MAX_OUTSIDE && number_is_4(first);
		for (uint32_t k = 0; all && k <= (uint32_t)(last - first); k++)
			all = nat_may_have((uint32_t)first + k);
	}
	for (uint32_t i = 0; g && all && i < g->n_members; i++)
		all = may_have(n, &g->member[i]);
	return all;
}

static void look_at_destination(const struct node *map, const struct honeynet *n, const struct nat_rule *r, struct diag *d)
{
	const struct node *to = node_get(map, "destination");

	for (uint32_t i = 0; r->kind == NAT_DESTINATION && i < r->asks.n_destinations; i++) {
		const struct node *one = to && to->kind == NODE_LIST ? to->child[i] : to ? to : map;

		if (!may_have(n, &r->asks.destination[i]))
			diag_add(d, one->line, one->column, "destination: \"%s\" cannot be led on, expected any, the firewall, or "
				 "networks each of which is " AT_UPLINK, object_name(n, &r->asks.destination[i]));
	}
}

void nat_look(const struct node *root, const struct honeynet *n, struct diag *d)
{
	const struct node *list = node_get(root, "nat");
	uint32_t address[MAX_OUTSIDE];

	for (uint32_t i = 0; i < n->n_nat; i++) {
		look_at_service(list->child[i], n, &n->nat[i], d);
		look_at_destination(list->child[i], n, &n->nat[i], d);
	}
	if (nat_addresses(n, address) == MAX_OUTSIDE)
		diag_add(d, list->line, list->column, "nat: expected fewer than %d addresses at the uplink in all, its own among them",
			 MAX_OUTSIDE);
}

const struct type type_outside = {
	.read = read_outside,
	.expects = "masquerade, an IPv4 address of the uplink's network, or the name of a network that is one",
};
const struct type type_inside = {
	.read = read_inside,
	.expects = "the name of a honeypot",
};
const struct type type_to_service = {
	.read = read_to_service,
	.expects = "the name of a service of tcp or udp that is one port",
};
