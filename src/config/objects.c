/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Objects and services: their names, what refers to them, and what must hold between them.
 *
 * Firewall, honeypots, networks, tables, names and groups share one name space, services have another, times a third; case does not
 * matter in any (language.c has what groups, services and times are made of). A name is known as soon as it was read, even from an object that is wrong otherwise, so
 * that one mistake does not make a complaint of every place that refers to it.
 */
#include <ctype.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>

#include "base/addr.h"
#include "base/mem.h"
#include "schema.h"
#include "value.h"

const struct known *known_find(const struct known *k, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcasecmp(k[i].name, name))
			return &k[i];
	return NULL;
}

const struct known *object_find(const struct reader *r, const char *name)
{
	return known_find(r->object, r->n_objects, name);
}

const char *known_near(const struct known *k, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (value_near(name, k[i].name))
			return k[i].name;
	return NULL;
}

void known_add(struct reader *r, struct known *k, size_t *n, const struct node *map,
		      struct object_ref ref)
{
	const struct node *at = map->kind == NODE_MAP ? node_get(map, "name") : NULL;
	const struct known *other;

	if (!at || at->kind != NODE_SCALAR || !at->text[0])
		return;		/* has been complained about */
	other = known_find(k, *n, at->text);
	if (!strcasecmp(at->text, "any"))
		diag_add(r->d, at->line, at->column, "name: \"%s\" is reserved, it stands for everything", at->text);
	else if (other)
		diag_add(r->d, at->line, at->column, "name: \"%.64s\" is taken, see %u:%u (case does not matter)",
			 at->text, other->at->line, other->at->column);
	else
		k[(*n)++] = (struct known){ at->text, at, ref };
}

void object_add(struct reader *r, const struct node *map, enum object_kind kind, uint32_t index)
{
	known_add(r, r->object, &r->n_objects, map, (struct object_ref){ kind, (uint16_t)index });
}

void unknown_name(struct reader *r, const struct node *n, const struct field *f, const char *what,
			 const char *near)
{
	diag_add(r->d, n->line, n->column, "%s: expected %s, \"%.64s\" is none%s%s%s", f->key, what, n->text,
		 near ? ", did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

/* A host's address: inside the network, and neither its first nor its last. */
static void look_at_address(struct reader *r, const struct node *map, uint32_t address)
{
	const struct node *n = map->kind == NODE_MAP ? node_get(map, "address") : NULL;
	uint32_t hosts = r->net->prefix ? UINT32_MAX >> r->net->prefix : UINT32_MAX;

	if (!n || !address || !r->network_good)
		return;
	if ((address & ~hosts) != r->net->network)
		diag_add(r->d, n->line, n->column, "address: expected one inside the network, %s is outside", n->text);
	else if (!(address & hosts))
		diag_add(r->d, n->line, n->column, "address: expected a host's, %s is the network itself", n->text);
	else if ((address & hosts) == hosts)
		diag_add(r->d, n->line, n->column, "address: expected a host's, %s is the broadcast address", n->text);
}

static void read_network(struct reader *r, const struct node *n, const struct field *f, void *at)
{
	char right[ADDR_TEXT];
	uint32_t network, prefix, hosts;
	struct addr a;

	(void)at;
	if (n->kind != NODE_SCALAR || !value_network(n->text, &network, &prefix) || prefix < f->min ||
	    prefix > f->max) {
		field_bad(r, n, f);
		return;
	}
	hosts = UINT32_MAX >> prefix;
	a = addr4(network & ~hosts);
	if (network & hosts)
		diag_add(r->d, n->line, n->column, "%s: host bits are set, expected %s/%u", f->key, addr_text(&a, right),
			 prefix);
	r->net->network = network & ~hosts;
	r->net->prefix = prefix;
	r->network_good = true;
}

static void read_network6(struct reader *r, const struct node *n, const struct field *f, void *at)
{
	addr_number network, hosts;
	char right[ADDR_TEXT];
	uint32_t prefix;
	struct addr a;

	(void)at;
	/* Neither multicast, nor link-local, nor what stands for IPv4 or nobody */
	if (n->kind != NODE_SCALAR || !value_network6(n->text, &network, &prefix) || prefix < f->min || prefix > f->max ||
	    network >> 120 == 0xff || network >> 118 == 0x3fa || network >> 96 == 0) {
		field_bad(r, n, f);
		return;
	}
	hosts = ADDR_LAST >> prefix;
	a = addr_of_number(network & ~hosts);
	if (network & hosts)
		diag_add(r->d, n->line, n->column, "%s: host bits are set, expected %s/%u", f->key, addr_text(&a, right), prefix);
	r->net->network6 = network & ~hosts;
	r->net->prefix6 = prefix;
}

/* The kernel's set takes no network twice, nor one within another. */
static void read_networks(struct reader *r, const struct node *n, const struct field *f, void *at)
{
	uint32_t *count = (uint32_t *)((char *)r->net + f->count);
	struct network *list = at;
	const struct node *const *item = &n;
	size_t items = field_items(r, n, f, &item);

	for (size_t i = 0; i < items; i++) {
		struct network *one = &list[*count];
		uint32_t k = 0;

		if (item[i]->kind != NODE_SCALAR || !value_fence(item[i]->text, one)) {
			field_bad(r, item[i], f);
			continue;
		}
		while (k < *count && !networks_meet(&list[k], one))
			k++;
		if (k < *count)
			diag_add(r->d, item[i]->line, item[i]->column, "%s: %s is in the %s already", f->key, item[i]->text, f->key);
		else
			++*count;
	}
}

void firewall_done(struct reader *r, const struct node *n, void *obj, uint32_t index)
{
	(void)obj;
	object_add(r, n, OBJECT_FIREWALL, index);
	look_at_address(r, n, r->net->firewall_address);
}

void derive_mac(uint32_t address, uint8_t ret[6])
{
	memcpy(ret, (uint8_t[6]){ 0x52, 0x54, 0, (uint8_t)(address >> 16), (uint8_t)(address >> 8), (uint8_t)address }, 6);
}

/* derive() - what an absent hostname and mac are made from */
static void derive(struct honeypot *h, const struct node *n)
{
	size_t i;

	if (!node_get(n, "hostname")) {
		for (i = 0; h->name[i]; i++)	/* a host name has no underscore */
			h->hostname[i] = h->name[i] == '_' ? '-' : (char)tolower((unsigned char)h->name[i]);
		while (i > 0 && h->hostname[i - 1] == '-')
			h->hostname[--i] = '\0';
	}
	if (!node_get(n, "mac"))
		derive_mac(h->address, h->mac);
}

static void look_at_neighbours(struct reader *r, const struct node *n, uint32_t index)
{
	const struct honeypot *h = &r->net->honeypot[index];
	const struct node *address = node_get(n, "address"), *mac = node_get(n, "mac");

	if (!h->address)
		return;
	if (h->address == r->net->firewall_address)
		diag_add(r->d, address->line, address->column, "address: %s is the firewall's", address->text);
	for (uint32_t i = 0; i < index; i++) {
		const struct honeypot *o = &r->net->honeypot[i];

		if (h->address == o->address)
			diag_add(r->d, address->line, address->column, "address: %s is taken, see line %u",
				 address->text, o->line);
		else if (o->address && memcmp(h->mac, (uint8_t[6]){ 0 }, 6) && !memcmp(h->mac, o->mac, 6))
			diag_add(r->d, mac ? mac->line : n->line, mac ? mac->column : n->column,
				 "mac: the honeypot of line %u has the same", o->line);
	}
}

void honeypot_done(struct reader *r, const struct node *n, void *obj, uint32_t index)
{
	const struct node *image = node_get(n, "image");
	struct honeypot *h = obj;

	h->line = n->line;
	if (image) {
		h->image_line = image->line;
		h->image_column = image->column;
	}
	object_add(r, n, OBJECT_HONEYPOT, index);
	look_at_address(r, n, h->address);
	derive(h, n);
	look_at_neighbours(r, n, index);
}

static void read_probes(struct reader *r, const struct node *n, const struct field *f, void *at)
{
	struct honeypot *h = at;
	const struct node *const *item = &n;
	size_t items = field_items(r, n, f, &item);

	for (size_t i = 0; i < items; i++) {
		if (item[i]->kind == NODE_SCALAR && value_probe(item[i]->text, &h->service[h->n_services]))
			h->n_services++;
		else
			field_bad(r, item[i], f);
	}
}

bool item_is_text(struct reader *r, const struct node *n, const struct field *f)
{
	if (n->kind == NODE_SCALAR && n->text[0])
		return true;
	diag_add(r->d, n->line, n->column, "%s: expected a name, not %s", f->key, node_kind_name(n));
	return false;
}

static void unknown_weakness(struct reader *r, const struct node *n, const struct field *f)
{
	const char *near = NULL;

	for (int i = 0; !near && i < WEAKNESSES_N; i++)
		if (value_near(n->text, weakness_name((enum weakness)i)))
			near = weakness_name((enum weakness)i);
	unknown_name(r, n, f, f->type->expects, near);
}

static void read_weaknesses(struct reader *r, const struct node *n, const struct field *f, void *at)
{
	struct honeypot *h = at;
	const struct node *const *item = &n;
	size_t items = field_items(r, n, f, &item);
	enum weakness w;

	h->weak_as_given = true;
	for (size_t i = 0; i < items; i++) {
		if (!item_is_text(r, item[i], f) || (items == 1 && !strcmp(item[i]->text, "none")))
			continue;
		if (weakness_find(item[i]->text, &w) < 0)
			unknown_weakness(r, item[i], f);
		else if (h->weaknesses & BIT(w))
			diag_add(r->d, item[i]->line, item[i]->column, "%s: \"%s\" is named twice", f->key, item[i]->text);
		else
			h->weaknesses |= BIT(w);
	}
}

static void read_honeytokens(struct reader *r, const struct node *n, const struct field *f, void *at)
{
	struct honeypot *h = at;
	const struct node *const *item = &n;
	size_t items = field_items(r, n, f, &item);

	for (size_t i = 0; i < items; i++) {
		if (item[i]->kind == NODE_SCALAR && value_is_path(item[i]->text) &&
		    str_copy(h->honeytoken[h->n_honeytokens], item[i]->text, sizeof(h->honeytoken[0])))
			h->n_honeytokens++;
		else
			field_bad(r, item[i], f);
	}
}

void group_done(struct reader *r, const struct node *n, void *obj, uint32_t index)
{
	struct group *g = obj;

	g->line = n->line;
	object_add(r, n, OBJECT_GROUP, index);
}

bool one_name(struct reader *r, const struct node *n, const struct field *f, size_t items)
{
	if (!item_is_text(r, n, f))
		return false;
	if (items > 1 && !strcasecmp(n->text, "any")) {
		diag_add(r->d, n->line, n->column, "%s: \"any\" is everything, expected it to stand alone", f->key);
		return false;
	}
	return true;
}

static void read_objects(struct reader *r, const struct node *n, const struct field *f, void *at)
{
	struct object_ref *ref = at;
	const struct node *const *item = &n;
	size_t items = field_items(r, n, f, &item), used = 0;

	for (size_t i = 0; i < items; i++) {
		const struct known any = { .ref = { .kind = OBJECT_ANY } }, *k;
		bool twice = false;

		if (!one_name(r, item[i], f, items))
			continue;
		k = strcasecmp(item[i]->text, "any") ? object_find(r, item[i]->text) : &any;
		if (!k) {
			unknown_name(r, item[i], f, "any, the firewall, a honeypot, a network, a table, a name or a group",
				     known_near(r->object, r->n_objects, item[i]->text));
			continue;
		}
		for (size_t o = 0; o < used; o++)
			twice |= ref[o].kind == k->ref.kind && ref[o].index == k->ref.index;
		if (twice)
			diag_add(r->d, item[i]->line, item[i]->column, "%s: \"%s\" is named twice", f->key, item[i]->text);
		else
			ref[used++] = k->ref;
	}
}

static void read_services(struct reader *r, const struct node *n, const struct field *f, void *at)
{
	uint16_t *index = at;
	const struct node *const *item = &n;
	size_t items = field_items(r, n, f, &item), used = 0;

	for (size_t i = 0; i < items; i++) {
		const struct known *k;
		bool twice = false;

		if (!one_name(r, item[i], f, items) || !strcasecmp(item[i]->text, "any"))
			continue;
		k = known_find(r->service, r->n_services, item[i]->text);
		if (!k) {
			unknown_name(r, item[i], f, "any or a service's name",
				     known_near(r->service, r->n_services, item[i]->text));
			continue;
		}
		for (size_t o = 0; o < used; o++)
			twice |= index[o] == k->ref.index;
		if (twice)
			diag_add(r->d, item[i]->line, item[i]->column, "%s: \"%s\" is named twice", f->key, item[i]->text);
		else
			index[used++] = k->ref.index;
	}
}

uint32_t items_of(const struct node *map, const char *key)
{
	const struct node *n = node_get(map, key);

	return !n ? 0 : n->kind == NODE_LIST ? (uint32_t)n->n : 1;
}

void rule_done(struct reader *r, const struct node *n, void *obj, uint32_t index)
{
	struct rule *rule = obj;
	const struct node *service = node_get(n, "service");

	(void)r, (void)index;
	/* Without complaints every name became one reference; with any, nobody sees these. */
	rule->n_sources = items_of(n, "source");
	rule->n_destinations = items_of(n, "destination");
	rule->n_services = items_of(n, "service");
	if (rule->n_services == 1) {
		const struct node *one = service->kind == NODE_LIST ? service->child[0] : service;

		if (one->kind == NODE_SCALAR && !strcasecmp(one->text, "any"))
			rule->n_services = 0;
	}
	rule->line = n->line;
	rule_look(r, n, rule);
}

const struct type type_network6 = {
	.read = read_network6,
	.expects = "an IPv6 network such as 2001:db8::/64, with a prefix from",
	.unit = "",
};
const struct type type_network = {
	.read = read_network,
	.expects = "an IPv4 network such as 10.10.10.0/24, its prefix from",
	.unit = "",
};
const struct type type_probes = {
	.read = read_probes,
	.expects = "a name, tcp or udp, and a port, such as http tcp 80, or a list of them",
};
const struct type type_objects = {
	.read = read_objects,
	.expects = "any, the name of the firewall, a honeypot, a network, a table, a name or a group, or a list",
};
const struct type type_services = {
	.read = read_services,
	.expects = "any, the name of a service, or a list",
};
const struct type type_networks = {
	.read = read_networks,
	.expects = "an address, a network such as 192.0.2.0/24 or 2001:db8::/32 without host bits, or a list",
};
#define X(id, name, doc) name ", "
const struct type type_weaknesses = {
	.read = read_weaknesses,
	.expects = WEAKNESSES(X) "or none, or a list of them",
};
#undef X
const struct type type_honeytokens = {
	.read = read_honeytokens,
	.expects = "an absolute path of at most 255 characters, or a list of them",
};
