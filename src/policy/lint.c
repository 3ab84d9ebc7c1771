/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is wrong, or at least worth a thought, in a rulebase. From the packets a rule matches those are taken that never
 * come so far, and then those that earlier rules decide. A rule to which nothing is left can never match; what is left to
 * it otherwise is shown by a packet.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/mem.h"
#include "boxes.h"
#include "emit.h"
#include "model/nat.h"
#include "model/party.h"
#include "model/twin.h"
#include "policy.h"

enum { STEPS_MAX = 300000000 };		/* comparisons in all; then it is enough */

/* What was found of one rule */
struct finding {
	bool *by;		/* of earlier rules: decides some of it */
	bool met;		/* it is about packets that pass the gateway at all */
	bool apart;		/* its source, destination and service are not of one family */
	bool left;		/* some of it is left to it, for example: */
	struct box example;
};

struct lint {
	const struct honeynet *net;
	struct matches match;
	struct boxes *rule;	/* of those that were looked at */
	struct boxes never;	/* packets that are stopped before any rule, or of which the gateway knows nothing */
	uint64_t steps;
	struct text *to;
};

static void narrow(struct box *b, int side, addr_number first, addr_number last)
{
	b->side[side].first = first;
	b->side[side].last = last;
}

static struct address_range network_of(const struct honeynet *n, enum family f)
{
	addr_number first = f == FAMILY_4 ? ADDR_4 | n->network : n->network6;

	return (struct address_range){ first, first | (f == FAMILY_4 ? UINT32_MAX >> n->prefix : ADDR_LAST >> n->prefix6) };
}

/* find_closed() - what honeypots may not send whatever the rules say: questions for names to others than the resolvers, anything
 * to each other */
static void find_closed(struct lint *l, enum family f)
{
	static const uint8_t protos[] = { IPPROTO_TCP, IPPROTO_UDP };
	static const uint16_t ports[] = { DNS_PORT, DNS_TLS_PORT };
	const struct containment *c = &l->net->containment;
	struct address_range own = network_of(l->net, f);
	struct ranges others = { 0 };
	struct box one = box_all();

	narrow(&one, BOX_SOURCE, own.first, own.last);
	narrow(&one, BOX_DESTINATION, own.first, own.last);
	if (c->isolation)
		boxes_add(&l->never, &one);
	ranges_add(&others, family_words[f].first, family_words[f].last);
	ranges_cut(&others, own.first, own.last, false);
	ranges_cut(&others, BOX_GATEWAY, BOX_GATEWAY, false);
	for (uint32_t i = 0; i < c->n_resolvers; i++) {
		addr_number first = c->resolver[i].address, hosts = c->resolver[i].prefix < 128 ? ADDR_LAST >> c->resolver[i].prefix : 0;

		ranges_cut(&others, first, first | hosts, false);
	}
	for (uint32_t i = 0; c->n_resolvers && i < others.n; i++)
		for (size_t k = 0; k < nitems(protos) * nitems(ports); k++) {
			narrow(&one, BOX_DESTINATION, others.at[i].first, others.at[i].last);
			narrow(&one, BOX_PROTO, protos[k % 2], protos[k % 2]);
			narrow(&one, BOX_PORT, ports[k / 2], ports[k / 2]);
			boxes_add(&l->never, &one);
		}
	ranges_fini(&others);
}

/* add_gateway() - that is the gateway, not somebody it passes packets on to */
static void add_gateway(struct lint *l, addr_number address)
{
	struct box b = box_all();

	narrow(&b, BOX_DESTINATION, address, address);
	boxes_add(&l->never, &b);
}

static void find_gateways(struct lint *l)
{
	const struct honeynet *n = l->net;
	struct addr six = twin_of(n, n->firewall_address);
	uint32_t outside[MAX_OUTSIDE], many = nat_addresses(n, outside);

	add_gateway(l, ADDR_4 | n->firewall_address);
	add_gateway(l, ADDR_4 | UPLINK_ADDRESS);
	for (uint32_t i = 0; i < many; i++)
		add_gateway(l, ADDR_4 | outside[i]);
	if (!six.family)
		return;
	add_gateway(l, addr_to_number(&six));
	add_gateway(l, UPLINK_ADDRESS6);
}

/* The gateway's own packets pass no rule, nobody's to himself pass the gateway, and nobody has an address that is free. */
static void find_never(struct lint *l, enum family f)
{
	const struct honeynet *n = l->net;
	struct address_range own = network_of(n, f);
	struct ranges nobody = { 0 };

	ranges_add(&nobody, own.first, own.last);
	for (uint32_t i = 0; i < n->n_honeypots; i++) {
		struct addr a = f == FAMILY_4 ? addr4(n->honeypot[i].address) : twin_pot(n, i);
		addr_number v = addr_to_number(&a);
		struct box itself = box_all();

		if (!honeypot_there(n, i) || !a.family)
			continue;
		ranges_cut(&nobody, v, v, false);
		narrow(&itself, BOX_SOURCE, v, v);
		narrow(&itself, BOX_DESTINATION, v, v);
		boxes_add(&l->never, &itself);
	}
	for (uint32_t i = 0; i < nobody.n; i++) {
		struct box b = box_all();

		narrow(&b, BOX_SOURCE, nobody.at[i].first, nobody.at[i].last);
		boxes_add(&l->never, &b);
	}
	ranges_fini(&nobody);
	find_closed(l, f);
}

/* decides() - no later rule is asked about what it matches */
static bool decides(const struct honeynet *n, uint32_t i)
{
	return !n->rule[i].disabled && n->rule[i].action != ACTION_CONTINUE;
}

static bool is_known(const struct honeynet *n, addr_number address)
{
	bool known = address == BOX_GATEWAY;

	for (uint32_t i = 0; !known && i < n->n_honeypots; i++)
		known = honeypot_has(n, i, address) && honeypot_there(n, i);
	return known;
}

/* is_anywhere() - where all addresses of a family begin */
static bool is_anywhere(addr_number address)
{
	return address == family_words[FAMILY_4].first || address == family_words[FAMILY_6].first;
}

/* example_of() - one with names says more than one without */
static struct box example_of(const struct honeynet *n, const struct boxes *left)
{
	struct box best = box_all();
	int most = -1;

	for (uint32_t i = 0; i < left->n; i++) {
		const struct box *b = &left->at[i];
		int names = 2 * is_known(n, b->side[BOX_SOURCE].first) + is_anywhere(b->side[BOX_SOURCE].first) +
			    3 * is_known(n, b->side[BOX_DESTINATION].first);

		if (names >= most) {
			most = names;
			best = *b;
		}
	}
	return best;
}

static void look_at_rule(struct lint *l, uint32_t i, struct finding *f)
{
	_boxes_ struct boxes left = { 0 };
	const struct match *m = &l->match.at[i];

	boxes_of(l->net, m, &l->net->rule[i], &l->rule[i]);
	boxes_of(l->net, m, &l->net->rule[i], &left);
	f->apart = !left.n && !left.beyond && m->source.n && (m->destination.n || m->firewall);
	boxes_take(&left, &l->never, &l->steps);
	f->met = left.n;
	for (uint32_t k = 0; k < i && left.n; k++)
		f->by[k] = decides(l->net, k) && boxes_take(&left, &l->rule[k], &l->steps);
	f->left = left.n || left.beyond;
	f->met |= left.beyond;
	f->example = example_of(l->net, &left);
}

/* --- in words --------------------------------------------------------------------------------- */

/* put_rules() - those that decide before, or only those of them that decide otherwise; how many */
static uint32_t put_rules(const struct honeynet *n, uint32_t i, const struct finding *f, bool otherwise, struct text *t)
{
	uint32_t listed = 0;

	for (uint32_t k = 0; k < i; k++)
		if (f->by[k] && (!otherwise || (n->rule[k].action == ACTION_ACCEPT) != (n->rule[i].action == ACTION_ACCEPT)))
			text_addf(t, "%srule %u", listed++ ? ", " : "", k);
	return listed;
}

static void put_party(const struct honeynet *n, addr_number address, struct text *t)
{
	struct addr a = addr_of_number(address);
	char text[ADDR_TEXT];

	for (uint32_t i = 0; i < n->n_honeypots; i++)
		if (honeypot_has(n, i, address) && honeypot_there(n, i)) {
			text_add(t, n->honeypot[i].name);
			return;
		}
	text_add(t, address == BOX_GATEWAY ? n->firewall_name : is_anywhere(address) ? "outside" : addr_text(&a, text));
}

static void put_protocol(const struct box *b, struct text *t)
{
	uint64_t first = (uint64_t)b->side[BOX_PROTO].first, last = (uint64_t)b->side[BOX_PROTO].last, port = (uint64_t)b->side[BOX_PORT].first;
	bool tcp = first <= IPPROTO_TCP && last >= IPPROTO_TCP, udp = first <= IPPROTO_UDP && last >= IPPROTO_UDP;
	uint8_t icmp = number_is_4(b->side[BOX_SOURCE].first) ? IPPROTO_ICMP : IPPROTO_ICMPV6;

	if (tcp || udp)
		text_addf(t, ", %s port %llu", tcp ? "tcp" : "udp", (unsigned long long)port);
	else if (first <= icmp && last >= icmp)
		text_add(t, icmp == IPPROTO_ICMP ? ", icmp" : ", icmpv6");
	else
		text_addf(t, ", protocol %llu", (unsigned long long)first);
	if ((tcp || udp) && b->side[BOX_SOURCE_PORT].first)
		text_addf(t, " from port %llu", (unsigned long long)b->side[BOX_SOURCE_PORT].first);
	if (!tcp && !udp && first == icmp && last == icmp && b->side[BOX_PORT].last < UINT16_MAX)
		text_addf(t, " type %llu", (unsigned long long)port);
	if (tcp && first == last && b->side[BOX_FLAGS].last < UINT8_MAX)
		text_addf(t, " with flags 0x%02llx", (unsigned long long)b->side[BOX_FLAGS].first);
}

static void put_packet(const struct honeynet *n, const struct box *b, struct text *t)
{
	static const char *const days[] = { "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday" };
	uint64_t minute = (uint64_t)b->side[BOX_MINUTE].first;

	put_party(n, b->side[BOX_SOURCE].first, t);
	text_add(t, " to ");
	put_party(n, b->side[BOX_DESTINATION].first, t);
	text_add(t, number_is_4(b->side[BOX_SOURCE].first) ? "" : " by IPv6");
	put_protocol(b, t);
	if (minute || b->side[BOX_MINUTE].last < WEEK_MINUTES - 1)
		text_addf(t, ", %s %02llu:%02llu", days[minute / DAY_MINUTES], (unsigned long long)(minute % DAY_MINUTES / 60),
			  (unsigned long long)(minute % 60));
}

static void say_never(const struct honeynet *n, uint32_t i, const struct finding *f, struct text *t)
{
	text_addf(t, "line %u: rule %u can never match: ", n->rule[i].line, i);
	if (f->met) {
		text_add(t, "all of it is decided by ");
		put_rules(n, i, f, false, t);
	} else if (f->apart) {
		text_add(t, n->prefix6 ? "its source, destination and service are not of one family" :
				       "it is about IPv6, which the honeynet does not speak (network6)");
	} else {
		text_addf(t, "the firewall's own packets pass no rules, nor do anybody's to himself%s%s%s",
			  n->n_nat ? ", nor what comes for an address before NAT rules lead it on" : "",
			  n->containment.isolation ? ", nor honeypots' to each other" : "",
			  n->containment.n_resolvers ? ", nor questions for names to others than the resolvers" : "");
	}
	text_addc(t, '\n');
}

static void say_partly(const struct honeynet *n, uint32_t i, const struct finding *f, struct text *t)
{
	_text_ struct text others = { 0 }, against = { 0 };

	if (!put_rules(n, i, f, false, &others))
		return;
	text_addf(t, "line %u: rule %u: some of it is decided by %s", n->rule[i].line, i, text_str(&others));
	if (put_rules(n, i, f, true, &against))
		text_addf(t, "; the opposite of it by %s", text_str(&against));
	text_add(t, "; left to it, for example: ");
	put_packet(n, &f->example, t);
	text_addc(t, '\n');
}

/* --- what no rule names ----------------------------------------------------------------------- */

static void use_refs(const struct object_ref *ref, uint32_t n, bool (*used)[UINT8_MAX + 1])
{
	for (uint32_t i = 0; i < n; i++)
		used[ref[i].kind][ref[i].index] = true;
}

_Static_assert(MAX_HONEYPOTS <= UINT8_MAX && MAX_GROUPS <= UINT8_MAX && MAX_NETWORKS <= UINT8_MAX && MAX_TABLES <= UINT8_MAX &&
	       MAX_NAMES <= UINT8_MAX,
	       "an object has an index below that");

static void say_one(const struct lint *l, uint32_t line, const char *kind, const char *name)
{
	text_addf(l->to, "line %u: no rule names %s %s\n", line, kind, name);
}

static void use_rule(const struct rule *r, bool (*used)[UINT8_MAX + 1], bool *services)
{
	use_refs(r->source, r->n_sources, used);
	use_refs(r->destination, r->n_destinations, used);
	for (uint32_t k = 0; k < r->n_services; k++)
		services[r->service[k]] = true;
}

static void say_unused(const struct lint *l)
{
	const struct honeynet *n = l->net;
	bool used[OBJECT_NAME + 1][UINT8_MAX + 1] = { 0 }, services[MAX_SERVICES] = { 0 }, times[MAX_TIMES] = { 0 };

	for (uint32_t i = 0; i < n->n_rules; i++) {
		const struct rule *r = &n->rule[i];

		use_rule(r, used, services);
		for (uint32_t k = 0; k < r->n_times; k++)
			times[r->time[k]] = true;
	}
	for (uint32_t i = 0; i < n->n_nat; i++)
		use_rule(&n->nat[i].asks, used, services);
	for (uint32_t g = 0; g < n->n_groups; g++)
		use_refs(n->group[g].member, n->group[g].n_members, used);	/* if nobody names the group, that is said */
	for (uint32_t i = 0; i < n->n_groups; i++)
		if (!used[OBJECT_GROUP][i] && !n->group[i].within)
			say_one(l, n->group[i].line, "group", n->group[i].name);
	for (uint32_t i = 0; i < n->n_networks; i++)
		if (!used[OBJECT_NETWORK][i])
			say_one(l, n->networks[i].line, "network", n->networks[i].name);
	for (uint32_t i = 0; i < n->n_tables; i++)
		if (!used[OBJECT_TABLE][i])
			say_one(l, n->table[i].line, "table", n->table[i].name);
	for (uint32_t i = 0; i < n->n_names; i++)
		if (!used[OBJECT_NAME][i])
			say_one(l, n->dns[i].addresses.line, "name", n->dns[i].addresses.name);
	for (uint32_t i = 0; i < n->n_services; i++)
		if (!services[i] && !n->service[i].within)
			say_one(l, n->service[i].line, "service", n->service[i].name);
	for (uint32_t i = 0; i < n->n_times; i++)
		if (!times[i])
			say_one(l, n->times[i].line, "time", n->times[i].name);
}

/* say_six() - objects that are nobody here */
static void say_six(const struct lint *l)
{
	const struct honeynet *n = l->net;

	for (uint32_t i = 0; !n->prefix6 && i < n->n_networks + n->n_tables; i++) {
		const struct addresses *a = i < n->n_networks ? &n->networks[i] : &n->table[i - n->n_networks];
		bool four = !a->n;

		for (uint32_t k = a->first; !four && k < a->first + a->n; k++)
			four = n->range[k].first <= ADDR_4_LAST && n->range[k].last >= ADDR_4;
		if (!four)
			text_addf(l->to, "line %u: %s %s has addresses of IPv6 only, which the honeynet does not speak (network6)\n",
				  a->line, i < n->n_networks ? "network" : "table", a->name);
	}
}

static void lint_rules(struct lint *l, bool all)
{
	const struct honeynet *n = l->net;
	_free_ bool *by = xcalloc(n->n_rules + 1, sizeof(*by));

	for (uint32_t i = 0; i < n->n_rules; i++) {
		struct finding f = { .by = by };

		if (n->rule[i].disabled)
			continue;
		if (l->steps > STEPS_MAX) {
			text_addf(l->to, "line %u: from rule %u on they are too many to be held against each other\n",
				  n->rule[i].line, i);
			return;
		}
		memset(by, 0, n->n_rules);
		look_at_rule(l, i, &f);
		if (!f.left)
			say_never(n, i, &f, l->to);
		else if (all)
			say_partly(n, i, &f, l->to);
	}
}

/* --- NAT rules: of what comes in, and of what goes out, each for itself --------------------------- */

static bool differ(const struct nat_rule *a, const struct nat_rule *b)
{
	return a->kind != b->kind || a->address != b->address || a->honeypot != b->honeypot || a->port != b->port;
}

/* put_nat() - as put_rules() */
static uint32_t put_nat(const struct honeynet *n, uint32_t i, const struct finding *f, bool otherwise, struct text *t)
{
	uint32_t listed = 0;

	for (uint32_t k = 0; k < i; k++)
		if (f->by[k] && (!otherwise || differ(&n->nat[k], &n->nat[i])))
			text_addf(t, "%sNAT rule %u", listed++ ? ", " : "", k);
	return listed;
}

static void say_nat(const struct honeynet *n, uint32_t i, const struct finding *f, struct text *t)
{
	static const char *const nothing[] = {
		[NAT_NONE] = "it is neither what a honeypot opens to the outside nor what comes from there for the gateway",
		[NAT_SOURCE] = "no honeypot opens it to the outside",
		[NAT_DESTINATION] = "it does not come from outside for an address of the gateway's there",
	};
	_text_ struct text others = { 0 }, against = { 0 };

	put_nat(n, i, f, false, &others);
	text_addf(t, "line %u: NAT rule %u", n->nat[i].asks.line, i);
	if (!f->left) {
		text_addf(t, " can never match: %s%s%s\n", f->met ? "all of it is decided by " : nothing[n->nat[i].kind],
			  text_str(&others), !f->met && n->prefix6 ? "; IPv6 is not translated" : "");
		return;
	}
	text_addf(t, ": some of it is decided by %s", text_str(&others));
	if (put_nat(n, i, f, true, &against))
		text_addf(t, "; in another way by %s", text_str(&against));
	text_add(t, "; left to it, for example: ");
	put_packet(n, &f->example, t);
	text_addc(t, '\n');
}

/* look_at_nat() - @of: the boxes of the rules before it, and its own from here on */
static void look_at_nat(struct lint *l, uint32_t i, const struct match *m, struct boxes *of, struct finding *f)
{
	_boxes_ struct boxes left = { 0 };

	boxes_of(l->net, m, &l->net->nat[i].asks, &of[i]);
	boxes_of(l->net, m, &l->net->nat[i].asks, &left);
	f->met |= left.n;
	for (uint32_t k = 0; k < i && left.n; k++)
		f->by[k] |= boxes_take(&left, &of[k], &l->steps);
	f->left |= left.n || left.beyond;
	if (left.n)
		f->example = example_of(l->net, &left);
}

static void lint_nat(struct lint *l, bool all)
{
	const struct honeynet *n = l->net;
	struct boxes of[2][MAX_NAT] = { 0 };
	struct matches m[2];

	for (int in = 0; in < 2; in++)
		matches_of_nat(&m[in], n, in);
	for (uint32_t i = 0; i < n->n_nat; i++) {
		bool by[MAX_NAT] = { 0 }, some = false;
		struct finding f = { .by = by };

		if (n->nat[i].asks.disabled)
			continue;
		for (int in = 0; in < 2; in++)
			look_at_nat(l, i, &m[in].at[i], of[in], &f);
		for (uint32_t k = 0; k < i; k++)
			some |= by[k];
		if (!f.left || (all && some))
			say_nat(n, i, &f, l->to);
	}
	for (int in = 0; in < 2; in++) {
		for (uint32_t i = 0; i < n->n_nat; i++)
			boxes_fini(&of[in][i]);
		matches_fini(&m[in]);
	}
}

void policy_lint(const struct honeynet *n, bool all, struct text *ret)
{
	struct lint l = { .net = n, .rule = xcalloc(n->n_rules + 1, sizeof(*l.rule)), .to = ret };

	matches_init(&l.match, n);
	say_unused(&l);
	say_six(&l);
	find_gateways(&l);
	for (enum family f = 0; f < families(n); f++)
		find_never(&l, f);
	lint_rules(&l, all);
	lint_nat(&l, all);
	for (uint32_t i = 0; i < n->n_rules; i++)
		boxes_fini(&l.rule[i]);
	boxes_fini(&l.never);
	matches_fini(&l.match);
	free(l.rule);
}
