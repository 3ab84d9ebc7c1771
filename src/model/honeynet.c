/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "honeynet.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char *const weaknesses[WEAKNESSES_N] = {
#define X(id, name, doc) name,
	WEAKNESSES(X)
#undef X
};

const char *weakness_name(enum weakness w)
{
	return weaknesses[w];
}

int weakness_find(const char *name, enum weakness *ret)
{
	for (int i = 0; i < WEAKNESSES_N; i++) {
		if (!strcmp(weaknesses[i], name)) {
			*ret = (enum weakness)i;
			return 0;
		}
	}
	return -ENOENT;
}

int honeypot_find(const struct honeynet *n, const char *name, uint32_t *ret)
{
	for (uint32_t i = 0; i < n->n_honeypots; i++) {
		if (honeypot_there(n, i) && !strcasecmp(n->honeypot[i].name, name)) {
			*ret = i;
			return 0;
		}
	}
	return -ENOENT;
}

bool honeypot_there(const struct honeynet *n, uint32_t i)
{
	return i < n->n_honeypots && !n->honeypot[i].gone;
}

bool honeynet_prevents(const struct honeynet *n)
{
	const struct nids_conf *c = &n->nids;

	return c->enabled && c->prevention.mode != INLINE_OFF && !*c->prevention.lacks;
}

uint64_t honeypots_there(const struct honeynet *n)
{
	uint64_t bits = 0;

	for (uint32_t i = 0; i < n->n_honeypots; i++)
		bits |= (uint64_t)honeypot_there(n, i) << i;
	return bits;
}

static bool same_probes(const struct honeypot *a, const struct honeypot *b)
{
	bool same = a->n_services == b->n_services;

	for (uint32_t i = 0; same && i < a->n_services; i++)
		same = !strcmp(a->service[i].name, b->service[i].name) && a->service[i].proto == b->service[i].proto &&
		       a->service[i].port == b->service[i].port;
	return same;
}

static bool same_honeytokens(const struct honeypot *a, const struct honeypot *b)
{
	bool same = a->n_honeytokens == b->n_honeytokens;

	for (uint32_t i = 0; same && i < a->n_honeytokens; i++)
		same = !strcmp(a->honeytoken[i], b->honeytoken[i]);
	return same;
}

static bool same_instances(const struct honeypot *a, const struct honeypot *b)
{
	return a->is_instance == b->is_instance && a->instances.per == b->instances.per &&
	       a->instances.max == b->instances.max && a->instances.idle_s == b->instances.idle_s;
}

bool honeypot_same(const struct honeypot *a, const struct honeypot *b)
{
	return !strcmp(a->name, b->name) && a->address == b->address && !memcmp(a->mac, b->mac, sizeof(a->mac)) &&
	       !strcmp(a->image, b->image) && !strcmp(a->hostname, b->hostname) && a->memory_mb == b->memory_mb &&
	       !strcmp(a->seed, b->seed) && a->weak_as_given == b->weak_as_given && a->weaknesses == b->weaknesses &&
	       same_probes(a, b) && same_honeytokens(a, b) && same_instances(a, b);
}

uint32_t network_find(const struct network *list, uint32_t n, const struct network *one)
{
	uint32_t i = 0;

	while (i < n && (list[i].address != one->address || list[i].prefix != one->prefix))
		i++;
	return i;
}

static bool agree(addr_number a, addr_number b, uint32_t prefix)
{
	return !prefix || !((a ^ b) >> (128 - prefix));
}

bool networks_meet(const struct network *a, const struct network *b)
{
	return agree(a->address, b->address, a->prefix < b->prefix ? a->prefix : b->prefix);
}

bool networks_have(const struct network *list, uint32_t n, addr_number address)
{
	for (uint32_t i = 0; i < n; i++)
		if (agree(address, list[i].address, list[i].prefix))
			return true;
	return false;
}

const char *network_text(const struct network *n, char ret[NETWORK_TEXT])
{
	struct addr a = addr_of_number(n->address);
	char text[ADDR_TEXT];

	snprintf(ret, NETWORK_TEXT, "%s/%u", addr_text(&a, text), n->prefix - (a.family == 4 ? 96 : 0));
	return ret;
}

uint32_t containment_fence(const struct containment *c)
{
	return c->n_fence - c->n_by_hand;
}

const char *action_name(enum action a)
{
	static const char *const names[] = {
		[ACTION_DROP] = "drop", [ACTION_ACCEPT] = "accept", [ACTION_REJECT] = "reject", [ACTION_CONTINUE] = "continue",
	};

	return names[a];
}

const char *refuse_name(enum refuse_how r)
{
	static const char *const names[] = {
		[REFUSE_DROP] = "drop", [REFUSE_REJECT] = "reject", [REFUSE_PRETEND] = "pretend", [REFUSE_TARPIT] = "tarpit",
	};

	return names[r];
}

bool refuse_leads(enum refuse_how r)
{
	return r == REFUSE_PRETEND || r == REFUSE_TARPIT;
}

const char *direction_name(enum direction d)
{
	static const char *const names[] = {
		[DIRECTION_ANY] = "any", [DIRECTION_IN] = "in", [DIRECTION_OUT] = "out", [DIRECTION_BETWEEN] = "between",
	};

	return names[d];
}

const char *object_name(const struct honeynet *n, const struct object_ref *ref)
{
	switch (ref->kind) {
	case OBJECT_FIREWALL: return n->firewall_name;
	case OBJECT_HONEYPOT: return n->honeypot[ref->index].name;
	case OBJECT_GROUP:    return n->group[ref->index].name;
	case OBJECT_NETWORK:  return n->networks[ref->index].name;
	case OBJECT_TABLE:    return n->table[ref->index].name;
	case OBJECT_NAME:     return n->dns[ref->index].addresses.name;
	default:	      return "any";
	}
}

const struct addresses *object_addresses(const struct honeynet *n, const struct object_ref *ref)
{
	switch (ref->kind) {
	case OBJECT_NETWORK: return &n->networks[ref->index];
	case OBJECT_TABLE:   return &n->table[ref->index];
	case OBJECT_NAME:    return &n->dns[ref->index].addresses;
	default:	     return NULL;
	}
}
