/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "explain.h"

#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <stdio.h>

#include "base/addr.h"
#include "lead.h"
#include "model/budget.h"
#include "model/nat.h"
#include "objects.h"
#include "policy.h"

enum { SYSLOG = 514 };

static bool is_fenced(const struct containment *c, uint32_t address)
{
	return networks_have(c->fence, c->n_fence, ADDR_4 | address);
}

static bool is_black(const struct containment *c, const struct packet_about *p, enum explain_way way)
{
	return networks_have(c->black, c->n_black, ADDR_4 | p->source) ||
	       (way == WAY_FORWARD && networks_have(c->black, c->n_black, ADDR_4 | p->destination));
}

/* A question for names that goes to somebody who was not named */
static bool is_unresolved(const struct honeynet *n, const struct packet_about *p)
{
	const struct containment *c = &n->containment;

	return c->n_resolvers && p->inside && (p->proto == IPPROTO_TCP || p->proto == IPPROTO_UDP) &&
	       (p->port == DNS_PORT || p->port == DNS_TLS_PORT) && !address_inside(n, p->destination) &&
	       !networks_have(c->resolver, c->n_resolvers, ADDR_4 | p->destination);
}

static uint32_t find(const struct honeynet *n, uint32_t address)
{
	uint32_t i = 0;

	while (i < n->n_honeypots && n->honeypot[i].address != address)
		i++;
	return i;
}

bool explain_from(const struct honeynet *n, struct packet_about *p)
{
	uint32_t i = find(n, p->source);

	p->inside = i < n->n_honeypots;
	p->honeypot = (uint16_t)i;
	return p->inside || !address_inside(n, p->source);
}

/* What a rule that names the firewall itself lets a honeypot have of it */
static bool is_named(const struct honeynet *n, const struct packet_about *p)
{
	for (uint32_t i = 0; i < n->n_rules; i++)
		if (n->rule[i].action == ACTION_ACCEPT && rule_names_firewall(&n->rule[i]) && rule_has(n, &n->rule[i], p, true))
			return true;
	return false;
}

static void contain_input(const struct honeynet *n, const struct packet_about *p, struct explanation *e)
{
	bool log = (p->proto == IPPROTO_TCP || p->proto == IPPROTO_UDP) && p->port == SYSLOG;

	if (p->inside && !log && !packet_is_ping(p) && !is_named(n, p)) {
		e->accept = false;
		e->reason = REASON_DEFAULT;
	}
}

static void contain_forward(const struct honeynet *n, const struct packet_about *p, struct explanation *e)
{
	if (!p->inside)
		return;
	e->budget = address_inside(n, p->destination) ? REASON_BUDGET_LATERAL : budget_of(p->proto);
	e->limit = budget_limit(&n->containment, p->honeypot, e->budget);
	if (!e->limit) {
		e->accept = false;
		e->reason = e->budget;
	}
}

static void ask_rules(const struct honeynet *n, const struct packet_about *p, struct explanation *e)
{
	for (uint32_t i = 0; i < n->n_rules && e->rule < 0; i++) {
		if (!rule_has(n, &n->rule[i], p, e->way == WAY_INPUT))
			continue;
		if (n->rule[i].action != ACTION_CONTINUE)
			e->rule = (int32_t)i;
		else if (e->n_continued++ < EXPLAIN_CONTINUED)
			e->continued[e->n_continued - 1] = (uint16_t)i;
	}
	if (e->rule < 0) {
		e->reason = REASON_DEFAULT;
		return;
	}
	e->accept = n->rule[e->rule].action == ACTION_ACCEPT;
	if (e->accept && e->way == WAY_INPUT)
		contain_input(n, p, e);
	else if (e->accept)
		contain_forward(n, p, e);
}

/* Who comes from there to a honeypot, and what goes there */
static bool is_white(const struct honeynet *n, const struct packet_about *p)
{
	const struct containment *c = &n->containment;

	return p->inside ? !address_inside(n, p->destination) && networks_have(c->white, c->n_white, ADDR_4 | p->destination) :
			   find(n, p->destination) < n->n_honeypots && networks_have(c->white, c->n_white, ADDR_4 | p->source);
}

static bool is_instance(const struct honeynet *n, uint32_t address)
{
	uint32_t i = find(n, address);

	return i < n->n_honeypots && n->honeypot[i].is_instance;
}

/* ask_nat() - the first NAT rule about it; @in: of what comes from outside for an address of the gateway's */
static int32_t ask_nat(const struct honeynet *n, const struct packet_about *p, bool in)
{
	for (uint32_t i = 0; i < n->n_nat; i++)
		if (n->nat[i].kind != (in ? NAT_SOURCE : NAT_DESTINATION) && nat_rule_has(n, &n->nat[i], p))
			return (int32_t)i;
	return -1;
}

/* lead() - what comes from outside, as it is behind the gateway */
static struct packet_about lead(const struct honeynet *n, const struct packet_about *p, struct explanation *e)
{
	struct packet_about led = *p;
	const struct nat_rule *r;

	if (!p->inside && !address_inside(n, p->source) && nat_has_address(n, p->destination))
		e->nat = ask_nat(n, p, true);
	r = e->nat < 0 ? NULL : &n->nat[e->nat];
	if (r && r->kind == NAT_DESTINATION) {
		led.destination = n->honeypot[r->honeypot].address;
		led.port = r->port ? r->port : p->port;
	}
	e->destination = led.destination;
	e->port = led.port;
	return led;
}

static bool is_gateway(const struct honeynet *n, uint32_t gateway, uint32_t address)
{
	return address == n->firewall_address || (gateway && address == gateway) || nat_has_address(n, address);
}

void explain(const struct honeynet *n, uint32_t gateway, const struct packet_about *sent, struct explanation *ret)
{
	struct explanation e = { .rule = -1, .reason = N_REASONS, .budget = N_REASONS, .nat = -1 };
	struct packet_about led = lead(n, sent, &e), *p = &led;

	e.way = is_gateway(n, gateway, p->destination) ? WAY_INPUT : WAY_FORWARD;
	if (p->inside && p->source != n->honeypot[p->honeypot].address) {
		e.way = WAY_BRIDGE;
		e.reason = REASON_SPOOF_IP;
	} else if (p->inside && e.way == WAY_FORWARD && is_fenced(&n->containment, p->destination)) {
		e.reason = REASON_FENCE;
	} else if (is_black(&n->containment, p, e.way)) {
		e.reason = REASON_BLACKLIST;
	} else if (!p->inside && address_inside(n, p->source)) {
		e.reason = REASON_SPOOF_SOURCE;
	} else if (!p->inside && is_instance(n, p->destination)) {
		e.reason = REASON_INSTANCE;
	} else if (e.way == WAY_FORWARD && p->inside && n->containment.isolation && address_inside(n, p->destination)) {
		e.reason = REASON_ISOLATION;
	} else if (e.way == WAY_FORWARD && is_unresolved(n, p)) {
		e.reason = REASON_RESOLVER;
	} else if (e.way == WAY_FORWARD && is_white(n, p)) {
		e.accept = true;
		e.reason = REASON_WHITELIST;
		contain_forward(n, p, &e);
	} else {
		ask_rules(n, p, &e);
	}
	if (e.accept && e.way == WAY_FORWARD && p->inside && !address_inside(n, p->destination))
		e.nat = ask_nat(n, p, false);
	*ret = e;
}

/* --- in words --------------------------------------------------------------------------------- */

static void put_party(const struct honeynet *n, uint32_t address, struct text *t)
{
	uint32_t i = find(n, address);
	struct addr a = addr4(address);
	char text[ADDR_TEXT];

	text_addf(t, "%s", addr_text(&a, text));
	if (i < n->n_honeypots)
		text_addf(t, " (%s)", n->honeypot[i].name);
	else if (address == n->firewall_address)
		text_addf(t, " (%s)", n->firewall_name);
}

static void put_packet(const struct honeynet *n, const struct packet_about *p, struct text *t)
{
	put_party(n, p->source, t);
	text_add(t, " to ");
	put_party(n, p->destination, t);
	switch (p->proto) {
	case IPPROTO_TCP:  text_addf(t, ", new TCP connection to port %u", p->port); break;
	case IPPROTO_UDP:  text_addf(t, ", UDP to port %u", p->port); break;
	case IPPROTO_ICMP: text_add(t, packet_is_ping(p) ? ", ping" : ", ICMP"); break;
	default:	   text_addf(t, ", protocol %u", p->proto);
	}
	text_addc(t, '\n');
}

static const char *const ways[] = {
	[WAY_FORWARD] = "the gateway is to pass it on", [WAY_INPUT] = "it is for the gateway itself",
	[WAY_BRIDGE] = "it comes no further than the honeypot's plug",
};

static void put_rule(const struct explanation *e, const struct rule *r, struct text *t)
{
	text_addf(t, "  rule %d %s it (line %u of the honeynet file)\n", e->rule,
		  r->action == ACTION_ACCEPT ? "accepts" : r->action == ACTION_REJECT ? "rejects" : "drops", r->line);
	if (r->limit && e->accept)
		text_addf(t, "  as one of %u in %u s from this source\n", r->limit, r->limit_s);
}

static void put_nat(const struct honeynet *n, const struct packet_about *p, const struct explanation *e, struct text *t)
{
	const struct nat_rule *r = &n->nat[e->nat];

	text_addf(t, "  NAT rule %d ", e->nat);
	if (r->kind == NAT_SOURCE) {
		text_add(t, "has it seen from ");
		put_party(n, r->address, t);
		text_add(t, " outside");
	} else if (r->kind == NAT_DESTINATION) {
		text_add(t, "leads it to ");
		put_party(n, e->destination, t);
		if (e->port != p->port)
			text_addf(t, ", port %u", e->port);
	} else {
		text_add(t, "leaves it as it is");
	}
	text_addf(t, " (line %u of the honeynet file)\n", r->asks.line);
}

void explain_text(const struct honeynet *n, const struct packet_about *p, const struct explanation *e, struct text *t)
{
	const struct rule *r = e->rule < 0 ? NULL : &n->rule[e->rule];
	uint32_t i = find(n, e->destination);

	put_packet(n, p, t);
	if (e->nat >= 0 && !p->inside)
		put_nat(n, p, e, t);
	text_addf(t, "  %s\n", ways[e->way]);
	if (!p->inside && i < n->n_honeypots && n->honeypot[i].instances.max)
		text_add(t, "  to the instance that is its source's, or one that is free, or this honeypot if none is\n");
	for (uint32_t k = 0; k < e->n_continued && k < EXPLAIN_CONTINUED; k++)
		text_addf(t, "  rule %u counts it (line %u of the honeynet file)\n", e->continued[k], n->rule[e->continued[k]].line);
	if (r)
		put_rule(e, r, t);
	if (e->budget != N_REASONS && e->limit)
		text_addf(t, "  containment: it takes one of %u a period (%s)\n", e->limit, reason_name(e->budget));
	if (e->budget != N_REASONS && e->limit && e->budget <= REASON_BUDGET_OTHER && n->containment.session.set >> (e->budget - REASON_BUDGET_TCP) & 1)
		text_addf(t, "  containment: of these a session may have %u in a period (%s)\n",
			  n->containment.session.limit[e->budget - REASON_BUDGET_TCP], reason_name(REASON_BUDGET_SESSION));
	if (e->budget != N_REASONS && e->budget != REASON_BUDGET_LATERAL && e->limit && n->containment.destinations)
		text_addf(t, "  containment: its destination is one of %u it may have in a period (%s)\n", n->containment.destinations,
			  reason_name(REASON_BUDGET_DESTINATIONS));
	if (e->reason != N_REASONS)
		text_addf(t, "  %s: %s\n", reason_name(e->reason), reason_doc(e->reason));
	if (e->nat >= 0 && p->inside)
		put_nat(n, p, e, t);
	text_addf(t, "%s\n", e->accept ? "accepted" : e->budget != N_REASONS && n->containment.refuse == REFUSE_REJECT ? "rejected" :
		  "dropped");
	if (!e->accept && refuse_leads(n->containment.refuse) && e->budget == REASON_BUDGET_TCP)
		text_addf(t, "its SYN, sent again, is %s by the gateway itself\n",
			  n->containment.refuse == REFUSE_PRETEND ? "answered" : "held");
	if (!e->accept && n->containment.refuse == REFUSE_PRETEND && p->proto == IPPROTO_UDP && lead_answers(p->port) &&
	    (e->budget == REASON_BUDGET_UDP || e->reason == REASON_RESOLVER))
		text_add(t, "asked again, it is answered by the gateway itself\n");
}
