/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replan.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "budget.h"
#include "nat.h"

enum { NO_PLACE = UINT16_MAX };

static uint64_t bit(uint32_t i)
{
	return UINT64_C(1) << i;
}

/* --- places ----------------------------------------------------------------------------------- */

static uint16_t place_of(const struct honeynet *before, const struct honeypot *h)
{
	for (uint16_t i = 0; i < before->n_honeypots; i++)
		if (honeypot_there(before, i) && honeypot_same(&before->honeypot[i], h))
			return i;
	return NO_PLACE;
}

/* new_place() - one that nobody had, else one that somebody had before; @taken: places that are not free */
static uint16_t new_place(const struct honeynet *before, uint64_t taken)
{
	for (uint16_t i = (uint16_t)before->n_honeypots; i < MAX_HONEYPOTS; i++)
		if (!(taken & bit(i)))
			return i;
	for (uint16_t i = 0; i < before->n_honeypots; i++)
		if (!(taken & bit(i)))
			return i;
	return NO_PLACE;
}

static void refer(struct object_ref *ref, uint32_t n, const uint16_t *place)
{
	for (uint32_t i = 0; i < n; i++)
		if (ref[i].kind == OBJECT_HONEYPOT)
			ref[i].index = place[ref[i].index];
}

static void refer_rule(struct rule *r, const uint16_t *place)
{
	refer(r->source, r->n_sources, place);
	refer(r->destination, r->n_destinations, place);
}

/* What names honeypots by their number in the file names them by their place. */
static void renumber(struct honeynet *n, const uint16_t *place)
{
	for (uint32_t i = 0; i < n->n_groups; i++)
		refer(n->group[i].member, n->group[i].n_members, place);
	for (uint32_t i = 0; i < n->n_honeypots; i++)
		if (n->honeypot[i].is_instance)
			n->honeypot[i].instance_of = place[n->honeypot[i].instance_of];
	for (uint32_t i = 0; i < n->n_rules; i++)
		refer_rule(&n->rule[i], place);
	for (uint32_t i = 0; i < n->n_nat; i++) {
		struct nat_rule *r = &n->nat[i];

		refer_rule(&r->asks, place);
		if (r->kind == NAT_DESTINATION)
			r->honeypot = place[r->honeypot];
	}
}

int replan_places(const struct honeynet *before, struct honeynet *next)
{
	struct honeypot pot[MAX_HONEYPOTS] = { 0 };
	uint16_t place[MAX_HONEYPOTS];
	uint64_t taken = honeypots_there(before);
	uint32_t n = before->n_honeypots;

	memcpy(pot, before->honeypot, n * sizeof(pot[0]));
	for (uint32_t i = 0; i < n; i++)
		pot[i].gone = true;
	for (uint32_t i = 0; i < next->n_honeypots; i++) {
		place[i] = place_of(before, &next->honeypot[i]);
		if (place[i] == NO_PLACE)
			place[i] = new_place(before, taken);
		if (place[i] == NO_PLACE)
			return -ENOSPC;
		taken |= bit(place[i]);
		n = place[i] < n ? n : place[i] + 1u;
	}
	renumber(next, place);
	for (uint32_t i = 0; i < next->n_honeypots; i++)
		pot[place[i]] = next->honeypot[i];
	memcpy(next->honeypot, pot, sizeof(pot));
	next->n_honeypots = n;
	nat_keep(before, next);
	return 0;
}

/* --- what is different ------------------------------------------------------------------------ */

static bool same_refs(const struct honeynet *a, const struct object_ref *x, uint32_t n, const struct honeynet *b,
		      const struct object_ref *y, uint32_t m)
{
	bool same = n == m;

	for (uint32_t i = 0; same && i < n; i++)
		same = x[i].kind == y[i].kind && !strcmp(object_name(a, &x[i]), object_name(b, &y[i]));
	return same;
}

static bool same_services_of(const struct honeynet *a, const struct rule *x, const struct honeynet *b, const struct rule *y)
{
	bool same = x->n_services == y->n_services;

	for (uint32_t i = 0; same && i < x->n_services; i++)
		same = !strcmp(a->service[x->service[i]].name, b->service[y->service[i]].name);
	return same;
}

static bool same_times_of(const struct honeynet *a, const struct rule *x, const struct honeynet *b, const struct rule *y)
{
	bool same = x->n_times == y->n_times;

	for (uint32_t i = 0; same && i < x->n_times; i++)
		same = !strcmp(a->times[x->time[i]].name, b->times[y->time[i]].name);
	return same;
}

/* The lines they stand in, the places of the honeypots they name, and what is said about them do not matter. */
static bool same_rule(const struct honeynet *a, const struct rule *x, const struct honeynet *b, const struct rule *y)
{
	return same_refs(a, x->source, x->n_sources, b, y->source, y->n_sources) &&
	       same_refs(a, x->destination, x->n_destinations, b, y->destination, y->n_destinations) &&
	       same_services_of(a, x, b, y) && same_times_of(a, x, b, y) && x->not == y->not &&
	       x->direction == y->direction && x->action == y->action && x->limit == y->limit &&
	       x->limit_s == y->limit_s && x->log == y->log && x->disabled == y->disabled;
}

bool replan_same_rule(const struct honeynet *a, uint32_t i, const struct honeynet *b, uint32_t k)
{
	return same_rule(a, &a->rule[i], b, &b->rule[k]);
}

bool replan_same_nat(const struct honeynet *a, uint32_t i, const struct honeynet *b, uint32_t k)
{
	const struct nat_rule *x = &a->nat[i], *y = &b->nat[k];

	return same_rule(a, &x->asks, b, &y->asks) && x->kind == y->kind && x->address == y->address && x->port == y->port &&
	       (x->kind != NAT_DESTINATION || !strcmp(a->honeypot[x->honeypot].name, b->honeypot[y->honeypot].name));
}

static bool same_nat(const struct honeynet *a, const struct honeynet *b)
{
	bool same = a->n_nat == b->n_nat;

	for (uint32_t i = 0; same && i < a->n_nat; i++)
		same = replan_same_nat(a, i, b, i);
	return same;
}

static bool same_rules(const struct honeynet *a, const struct honeynet *b)
{
	bool same = a->n_rules == b->n_rules;

	for (uint32_t i = 0; same && i < a->n_rules; i++)
		same = replan_same_rule(a, i, b, i);
	return same;
}

static bool same_groups(const struct honeynet *a, const struct honeynet *b)
{
	bool same = a->n_groups == b->n_groups;

	for (uint32_t i = 0; same && i < a->n_groups; i++) {
		const struct group *x = &a->group[i], *y = &b->group[i];

		same = !strcmp(x->name, y->name) && same_refs(a, x->member, x->n_members, b, y->member, y->n_members);
	}
	return same;
}

static bool same_addresses(const struct honeynet *a, const struct addresses *x, uint32_t n, const struct honeynet *b,
			   const struct addresses *y, uint32_t m)
{
	bool same = n == m;

	for (uint32_t i = 0; same && i < n; i++)
		same = !strcmp(x[i].name, y[i].name) && x[i].n == y[i].n &&
		       !memcmp(&a->range[x[i].first], &b->range[y[i].first], x[i].n * sizeof(a->range[0]));
	return same;
}

static bool same_networks(const struct honeynet *a, const struct honeynet *b)
{
	return same_addresses(a, a->networks, a->n_networks, b, b->networks, b->n_networks);
}

static bool same_tables(const struct honeynet *a, const struct honeynet *b)
{
	return same_addresses(a, a->table, a->n_tables, b, b->table, b->n_tables);
}

static bool same_names(const struct honeynet *a, const struct honeynet *b)
{
	bool same = a->n_names == b->n_names;

	for (uint32_t i = 0; same && i < a->n_names; i++)
		same = !strcmp(a->dns[i].host, b->dns[i].host) &&
		       same_addresses(a, &a->dns[i].addresses, 1, b, &b->dns[i].addresses, 1);
	return same;
}

static bool same_times(const struct honeynet *a, const struct honeynet *b)
{
	bool same = a->n_times == b->n_times;

	for (uint32_t i = 0; same && i < a->n_times; i++) {
		const struct times *x = &a->times[i], *y = &b->times[i];

		same = !strcmp(x->name, y->name) && x->days == y->days && x->from == y->from && x->to == y->to;
	}
	return same;
}

static bool same_ports(const struct port_range *x, uint32_t n, const struct port_range *y, uint32_t m)
{
	return n == m && !memcmp(x, y, n * sizeof(*x));
}

static bool same_service(const struct honeynet *a, const struct service *x, const struct honeynet *b, const struct service *y)
{
	bool same = !strcmp(x->name, y->name) && x->proto == y->proto && x->flags == y->flags && x->flags_of == y->flags_of &&
		    same_ports(x->port, x->n_ports, y->port, y->n_ports) &&
		    same_ports(x->source_port, x->n_source_ports, y->source_port, y->n_source_ports) &&
		    x->n_types == y->n_types && !memcmp(x->type, y->type, x->n_types) && x->n_members == y->n_members;

	for (uint32_t k = 0; same && k < x->n_members; k++)
		same = !strcmp(a->service[x->member[k]].name, b->service[y->member[k]].name);
	return same;
}

static bool same_services(const struct honeynet *a, const struct honeynet *b)
{
	bool same = a->n_services == b->n_services;

	for (uint32_t i = 0; same && i < a->n_services; i++)
		same = same_service(a, &a->service[i], b, &b->service[i]);
	return same;
}

static bool same_list(const struct network *a, uint32_t n, const struct network *b, uint32_t m)
{
	bool same = n == m;

	for (uint32_t i = 0; same && i < n; i++)
		same = a[i].address == b[i].address && a[i].prefix == b[i].prefix;
	return same;
}

/* What was done by hand is no difference: it holds whatever the file says. */
static bool same_containment(const struct honeynet *a, const struct honeynet *b)
{
	const struct containment *x = &a->containment, *y = &b->containment;

	return !memcmp(x, y, offsetof(struct containment, n_black)) && x->isolation == y->isolation &&
	       same_list(x->resolver, x->n_resolvers, y->resolver, y->n_resolvers) &&
	       same_list(x->black, x->n_black, y->black, y->n_black) &&
	       same_list(x->white, x->n_white, y->white, y->n_white) &&
	       same_list(x->fence, containment_fence(x), y->fence, containment_fence(y));
}

/* Plain values are compared as such; the rest by a function of its own. */
#define PLAIN(name_, member) \
	{ .name = name_, .at = offsetof(struct plan, member), .size = sizeof(((struct plan *)0)->member) }
static const struct {
	const char *name;
	size_t at, size;
	bool (*same)(const struct honeynet *a, const struct honeynet *b);
} parts[PARTS] = {
	[PART_NETWORKS] =    { .name = "networks", .same = same_networks },
	[PART_TABLES] =	     { .name = "tables", .same = same_tables },
	[PART_NAMES] =	     { .name = "names", .same = same_names },
	[PART_GROUPS] =	     { .name = "groups", .same = same_groups },
	[PART_SERVICES] =    { .name = "services", .same = same_services },
	[PART_TIMES] =	     { .name = "times", .same = same_times },
	[PART_RULES] =	     { .name = "rules", .same = same_rules },
	[PART_NAT] =	     { .name = "nat", .same = same_nat },
	[PART_CONTAINMENT] = { .name = "containment", .same = same_containment },
	[PART_SAMPLES] =     PLAIN("capture", net.samples),
	[PART_NIDS] =	     PLAIN("nids", net.nids),
	[PART_OBJECTIVES] =  PLAIN("objectives", objectives),
	[PART_PACKETS] =     PLAIN("packets", net.packets),
	[PART_SCAN] =	     PLAIN("scan", net.scan),
	[PART_RESET] =	     PLAIN("reset", net.reset),
	[PART_SELFTEST] =    PLAIN("selftest", net.selftest),
	[PART_ALERT] =	     PLAIN("alert", net.alert),
	[PART_GUARD] =	     PLAIN("guard", net.guard),
	[PART_ACCESS] =	     PLAIN("access", net.access),
};

const char *plan_part_name(enum plan_part p)
{
	return parts[p].name;
}

static bool same_part(const struct plan *a, const struct plan *b, enum plan_part p)
{
	if (parts[p].same)
		return parts[p].same(&a->net, &b->net);
	return !memcmp((const char *)a + parts[p].at, (const char *)b + parts[p].at, parts[p].size);
}

/* only_in() - honeypot @i of @a is there, and @b has another one at its place, or none */
static bool only_in(const struct plan *a, const struct plan *b, uint32_t i)
{
	return honeypot_there(&a->net, i) && (!honeypot_there(&b->net, i) || a->born_us[i] != b->born_us[i]);
}

void replan_change(const struct plan *before, const struct plan *next, struct plan_change *ret)
{
	*ret = (struct plan_change){ 0 };
	for (uint32_t i = 0; i < MAX_HONEYPOTS; i++) {
		ret->added |= only_in(next, before, i) ? bit(i) : 0;
		ret->removed |= only_in(before, next, i) ? bit(i) : 0;
	}
	for (enum plan_part p = 0; p < PARTS; p++)
		ret->parts |= same_part(before, next, p) ? 0 : BIT(p);
}

bool plan_change_none(const struct plan_change *c)
{
	return !c->added && !c->removed && !c->parts;
}

bool plan_change_passes(const struct plan_change *c)
{
	return c->added || c->removed ||
	       c->parts & (BIT(PART_NETWORKS) | BIT(PART_TABLES) | BIT(PART_NAMES) | BIT(PART_GROUPS) | BIT(PART_SERVICES) |
			   BIT(PART_TIMES) | BIT(PART_RULES) | BIT(PART_NAT) | BIT(PART_CONTAINMENT));
}

int replan_twin(const struct plan_change *c, const struct plan *before, const struct plan *next, uint32_t i)
{
	for (uint32_t k = 0; k < MAX_HONEYPOTS; k++)
		if (c->added & bit(k) && !strcasecmp(next->net.honeypot[k].name, before->net.honeypot[i].name))
			return (int)k;
	return -1;
}

/* --- back ------------------------------------------------------------------------------------- */

/* All that a plan says of one place. */
static void take_place(const struct plan *from, uint32_t i, struct plan *to)
{
	to->net.honeypot[i] = from->net.honeypot[i];
	to->born_us[i] = from->born_us[i];
	memcpy(to->image[i], from->image[i], sizeof(to->image[i]));
	to->image_s[i] = from->image_s[i];
	to->root[i] = from->root[i];
	memcpy(to->disk[i], from->disk[i], sizeof(to->disk[i]));
	to->n_probes[i] = from->n_probes[i];
	memcpy(to->probe[i], from->probe[i], sizeof(to->probe[i]));
	to->cpu[i] = from->cpu[i];
}

void replan_back(const struct plan *before, const struct plan *now, struct plan *ret)
{
	*ret = *before;
	nat_keep(&now->net, &ret->net);
	ret->net.n_honeypots = now->net.n_honeypots;
	for (uint32_t i = 0; i < now->net.n_honeypots; i++) {
		if (before->born_us[i] == now->born_us[i])
			continue;
		take_place(now, i, ret);
		ret->net.honeypot[i].gone = true;
	}
}

/* --- in words --------------------------------------------------------------------------------- */

static void list(struct text *t, const char *what, uint64_t places, const struct honeynet *n)
{
	const char *before = t->len ? "; " : "";

	for (uint32_t i = 0; i < MAX_HONEYPOTS; i++) {
		if (!(places & bit(i)))
			continue;
		if (*what)
			text_addf(t, "%s%s ", before, what);
		text_addf(t, "%s%s", *what ? "" : ", ", n->honeypot[i].name);
		what = "";
	}
}

void replan_words(const struct plan_change *c, const struct plan *before, const struct plan *next, struct text *ret)
{
	uint64_t added = c->added, removed = 0, changed = 0;
	_text_ struct text t = { 0 };

	for (uint32_t i = 0; i < MAX_HONEYPOTS; i++) {
		int twin = c->removed & bit(i) ? replan_twin(c, before, next, i) : -1;

		if (twin >= 0) {
			added &= ~bit((uint32_t)twin);
			changed |= bit((uint32_t)twin);
		} else
			removed |= c->removed & bit(i);
	}
	list(&t, "added", added, &next->net);
	list(&t, "removed", removed, &before->net);
	list(&t, "changed", changed, &next->net);
	for (enum plan_part p = 0; p < PARTS; p++)
		if (c->parts & BIT(p))
			text_addf(&t, "%s%s", t.len ? "; " : "", plan_part_name(p));
	text_add(ret, text_str(&t));
}

/* --- whether it can be -------------------------------------------------------------------------- */

/* What roles and kernel have been given for good. */
#define FIXED(member) { offsetof(struct plan, member), sizeof(((struct plan *)0)->member) }
static const struct { size_t at, size; } fixed[] = {
	FIXED(epoch), FIXED(state), FIXED(kernel), FIXED(rules), FIXED(store_given),
	FIXED(net.name), FIXED(net.network), FIXED(net.prefix), FIXED(net.network6), FIXED(net.prefix6), FIXED(net.uplink), FIXED(net.firewall_name),
	FIXED(net.firewall_address), FIXED(net.store), FIXED(net.containment.destinations), FIXED(net.containment.tagged), FIXED(net.capture), FIXED(net.packets.enabled),
	FIXED(net.packets.buffer_mb), FIXED(guest_cmdline), FIXED(guest_release), FIXED(guest_version), FIXED(guest_cpuinfo),
};

/* Lists of strings, each as long as its list may get. */
#define STRINGS(member, n_, max_) { offsetof(struct plan, member), sizeof(((struct plan *)0)->member) / (max_), \
				    offsetof(struct plan, n_), max_ }
#define STRING(member) { offsetof(struct plan, member), sizeof(((struct plan *)0)->member), 0, 1 }
static const struct { size_t at, size, count_at; uint32_t max; } strings[] = {
	STRING(file),
	STRINGS(net.nids.rules, net.nids.n_rules, MAX_RULE_FILES),
	STRINGS(net.nids.prevention.rules, net.nids.prevention.n_rules, MAX_RULE_FILES), STRING(net.nids.prevention.lacks),
	STRINGS(net.objectives.file, net.objectives.n_files, MAX_OBJECTIVE_FILES),
	STRINGS(net.guard.allow, net.guard.n_allow, MAX_GUARD_ALLOW), STRING(net.guard.scope),
	STRING(net.alert.mail_to), STRING(net.alert.mail_from), STRING(net.alert.mail_server),
	STRING(net.alert.mail_password), STRING(net.alert.syslog), STRING(net.alert.webhook),
};

static bool ends(const char *s, size_t size)
{
	return memchr(s, '\0', size);
}

static bool sound_strings(const struct plan *p)
{
	const char *base = (const char *)p;
	bool sound = true;

	for (size_t i = 0; sound && i < nitems(strings); i++) {
		sound = !strings[i].count_at || *(const uint32_t *)(base + strings[i].count_at) <= strings[i].max;
		for (uint32_t k = 0; sound && k < strings[i].max; k++)
			sound = ends(base + strings[i].at + k * strings[i].size, strings[i].size);
	}
	return sound;
}

#define ENDS(array) ends(array, sizeof(array))

/* A name that becomes part of a path, a rule or a line: letters and digits, '-', '_' or '.', and no hidden file. */
static bool is_name(const char *s, size_t size)
{
	return ends(s, size) && *s && *s != '.' &&
	       !s[strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")];
}

#define IS_NAME(array) is_name(array, sizeof(array))

static bool sound_lists(const struct honeypot *h)
{
	bool sound = h->n_services <= MAX_PROBES && h->n_honeytokens <= MAX_HONEYTOKENS;

	for (uint32_t k = 0; sound && k < h->n_services; k++)
		sound = ENDS(h->service[k].name);
	for (uint32_t k = 0; sound && k < h->n_honeytokens; k++)
		sound = ENDS(h->honeytoken[k]);
	return sound;
}

/* An instance is one of a honeypot that has some. */
static bool sound_instance(const struct honeynet *n, uint32_t i)
{
	uint16_t of = n->honeypot[i].instance_of;

	return !n->honeypot[i].is_instance || !honeypot_there(n, i) ||
	       (honeypot_there(n, of) && !n->honeypot[of].is_instance && n->honeypot[of].instances.max);
}

/* What has instances or is one neither comes nor goes. */
static bool plain_honeypot(const struct honeynet *n, uint32_t i)
{
	return !n->honeypot[i].is_instance && !n->honeypot[i].instances.max;
}

static bool sound_honeypot(const struct plan *p, uint32_t i)
{
	const struct honeypot *h = &p->net.honeypot[i];

	return IS_NAME(h->name) && ENDS(h->image) && *h->image && IS_NAME(h->hostname) && ENDS(h->seed) && ENDS(p->image[i]) &&
	       ENDS(p->disk[i]) && !((h->address ^ p->net.network) >> (32 - p->net.prefix)) &&
	       h->address != p->net.firewall_address && p->n_probes[i] <= MAX_PROBES && sound_lists(h) &&
	       sound_instance(&p->net, i);
}

static bool sound_ref(const struct honeynet *n, const struct object_ref *ref)
{
	switch (ref->kind) {
	case OBJECT_ANY: case OBJECT_FIREWALL: return true;
	case OBJECT_HONEYPOT: return honeypot_there(n, ref->index);
	case OBJECT_GROUP:    return ref->index < n->n_groups;
	case OBJECT_NETWORK:  return ref->index < n->n_networks;
	case OBJECT_TABLE:    return ref->index < n->n_tables;
	case OBJECT_NAME:     return ref->index < n->n_names;
	}
	return false;
}

static bool sound_refs(const struct honeynet *n, const struct object_ref *ref, uint32_t count)
{
	bool sound = count && count <= MAX_REFS;

	for (uint32_t i = 0; sound && i < count; i++)
		sound = sound_ref(n, &ref[i]);
	return sound;
}

static bool sound_rule(const struct honeynet *n, const struct rule *r)
{
	bool sound = sound_refs(n, r->source, r->n_sources) && sound_refs(n, r->destination, r->n_destinations) &&
		     r->n_services <= MAX_REFS && r->n_times <= MAX_RULE_TIMES && r->direction <= DIRECTION_BETWEEN &&
		     r->action <= ACTION_CONTINUE && (!r->limit || r->limit_s) && ENDS(r->comment);

	for (uint32_t i = 0; sound && i < r->n_services; i++)
		sound = r->service[i] < n->n_services;
	for (uint32_t i = 0; sound && i < r->n_times; i++)
		sound = r->time[i] < n->n_times;
	return sound;
}

static bool sound_nat(const struct honeynet *n, const struct nat_rule *r)
{
	return sound_rule(n, &r->asks) && r->kind <= NAT_DESTINATION && (r->kind != NAT_SOURCE || nat_may_have(r->address)) &&
	       (r->kind != NAT_DESTINATION || honeypot_there(n, r->honeypot)) &&
	       (!r->port || (r->kind == NAT_DESTINATION && r->asks.n_services));
}

/* A group that is a member would be one of others, and perhaps of itself. */
static bool sound_group(const struct honeynet *n, const struct group *g)
{
	bool sound = g->n_members <= MAX_MEMBERS && ENDS(g->name);

	for (uint32_t i = 0; sound && i < g->n_members; i++)
		sound = sound_ref(n, &g->member[i]) && g->member[i].kind != OBJECT_ANY && g->member[i].kind != OBJECT_GROUP;
	return sound;
}

static bool sound_service(const struct honeynet *n, const struct service *s)
{
	bool sound = s->n_ports <= MAX_PORTS && s->n_source_ports <= MAX_PORTS && s->n_types <= MAX_TYPES &&
		     s->n_members <= MAX_REFS && ENDS(s->name);

	for (uint32_t i = 0; sound && i < s->n_members; i++)
		sound = s->member[i] < n->n_services && !n->service[s->member[i]].n_members;
	return sound;
}

static bool sound_addresses(const struct honeynet *n, const struct addresses *a)
{
	bool sound = ENDS(a->name) && a->first <= n->n_ranges && a->n <= n->n_ranges - a->first;

	for (uint32_t i = 0; sound && i < a->n; i++)
		sound = n->range[a->first + i].first <= n->range[a->first + i].last;
	return sound;
}

static bool sound_times(const struct times *t)
{
	return ENDS(t->name) && t->from < DAY_MINUTES && t->to && t->to <= DAY_MINUTES && t->from != t->to;
}

static bool sound_parties(const struct honeynet *n)
{
	bool sound = n->n_networks <= MAX_NETWORKS && n->n_tables <= MAX_TABLES && n->n_names <= MAX_NAMES &&
		     n->n_ranges <= MAX_RANGES && n->n_times <= MAX_TIMES;

	for (uint32_t i = 0; sound && i < n->n_networks; i++)
		sound = sound_addresses(n, &n->networks[i]);
	for (uint32_t i = 0; sound && i < n->n_tables; i++)
		sound = sound_addresses(n, &n->table[i]);
	for (uint32_t i = 0; sound && i < n->n_names; i++)
		sound = sound_addresses(n, &n->dns[i].addresses) && ENDS(n->dns[i].host);
	for (uint32_t i = 0; sound && i < n->n_times; i++)
		sound = sound_times(&n->times[i]);
	return sound;
}

static bool sound_networks(const struct network *a, uint32_t n, uint32_t max)
{
	bool sound = n <= max;

	for (uint32_t i = 0; sound && i < n; i++)
		sound = a[i].prefix && a[i].prefix <= 128;
	return sound;
}

static bool sound_containment(const struct containment *c)
{
	bool sound = own_budgets_sound(&c->session) && c->refuse <= REFUSE_TARPIT && c->jitter <= MAX_JITTER &&
		     c->margin <= 100 && c->n_by_hand <= c->n_fence && sound_networks(c->fence, c->n_fence, MAX_FENCE) &&
		     sound_networks(c->black, c->n_black, MAX_LISTED) && sound_networks(c->white, c->n_white, MAX_LISTED) &&
		     sound_networks(c->resolver, c->n_resolvers, MAX_LISTED);

	for (uint32_t i = 0; sound && i < MAX_HONEYPOTS; i++)
		sound = own_budgets_sound(&c->own[i]);
	return sound;
}

static bool sound_objects(const struct honeynet *n)
{
	bool sound = sound_containment(&n->containment) && sound_parties(n) && n->n_groups <= MAX_GROUPS && n->n_services <= MAX_SERVICES &&
		     n->n_rules <= MAX_RULES && n->n_nat <= MAX_NAT && n->n_before <= MAX_OUTSIDE;

	for (uint32_t i = 0; sound && i < n->n_groups; i++)
		sound = sound_group(n, &n->group[i]);
	for (uint32_t i = 0; sound && i < n->n_services; i++)
		sound = sound_service(n, &n->service[i]);
	for (uint32_t i = 0; sound && i < n->n_rules; i++)
		sound = sound_rule(n, &n->rule[i]);
	for (uint32_t i = 0; sound && i < n->n_nat; i++)
		sound = sound_nat(n, &n->nat[i]);
	for (uint32_t i = 0; sound && i < n->n_before; i++)
		sound = nat_may_have(n->before[i].address);
	return sound;
}

/* goes_on() - the old one of place @i is what it was, or gone */
static bool goes_on(const struct honeynet *before, const struct honeynet *next, uint32_t i)
{
	bool was = honeypot_there(before, i), is = honeypot_there(next, i);

	return honeypot_same(&before->honeypot[i], &next->honeypot[i]) &&
	       before->honeypot[i].instance_of == next->honeypot[i].instance_of && (was == is || (was && plain_honeypot(next, i)));
}

/* comes() - the new one of place @i takes that of nobody who is there, and came later */
static bool comes(const struct plan *before, const struct plan *next, uint32_t i)
{
	return !honeypot_there(&before->net, i) && plain_honeypot(&next->net, i) && next->born_us[i] > before->born_us[i] &&
	       next->born_us[i] > before->epoch;
}

static bool sound_places(const struct plan *before, const struct plan *next)
{
	bool sound = next->net.n_honeypots >= before->net.n_honeypots && next->net.n_honeypots <= MAX_HONEYPOTS;

	for (uint32_t i = 0; sound && i < next->net.n_honeypots; i++) {
		bool old = i < before->net.n_honeypots && before->born_us[i] == next->born_us[i];

		sound = sound_honeypot(next, i) && (old ? goes_on(&before->net, &next->net, i) : comes(before, next, i));
	}
	return sound;
}

int replan_fits(const struct plan *before, const struct plan *next)
{
	for (size_t i = 0; i < nitems(fixed); i++)
		if (memcmp((const char *)before + fixed[i].at, (const char *)next + fixed[i].at, fixed[i].size))
			return -EBADMSG;
	return sound_strings(next) && sound_places(before, next) && sound_objects(&next->net) &&
	       objectives_sound(&next->objectives) ? 0 : -EBADMSG;
}
