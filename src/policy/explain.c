/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "explain.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <stdio.h>

#include "base/addr.h"
#include "lead.h"
#include "model/budget.h"
#include "model/nat.h"
#include "model/twin.h"
#include "objects.h"
#include "policy.h"

enum { SYSLOG = 514 };

static bool is_black(const struct containment *c, const struct packet_about *p, enum explain_way way)
{
	return networks_have(c->black, c->n_black, p->source) ||
	       (way == WAY_FORWARD && networks_have(c->black, c->n_black, p->destination));
}

/* A question for names that goes to somebody who was not named */
static bool is_unresolved(const struct honeynet *n, const struct packet_about *p)
{
	const struct containment *c = &n->containment;

	return c->n_resolvers && p->inside && (p->proto == IPPROTO_TCP || p->proto == IPPROTO_UDP) &&
	       (p->port == DNS_PORT || p->port == DNS_TLS_PORT) && !stays_inside(n, p->destination) &&
	       !networks_have(c->resolver, c->n_resolvers, p->destination);
}

static uint32_t find(const struct honeynet *n, addr_number address)
{
	uint32_t i = 0;

	while (i < n->n_honeypots && !honeypot_has(n, i, address))
		i++;
	return i;
}

/* is_link_of() - it is honeypot @i's address for its link */
static bool is_link_of(const struct honeynet *n, uint32_t i, addr_number address)
{
	return twin_pot(n, i).family && address == (TWIN_LINK | twin_interface(n->honeypot[i].mac));
}

bool explain_from(const struct honeynet *n, struct packet_about *p)
{
	uint32_t i = find(n, p->source);

	for (uint32_t k = 0; i == n->n_honeypots && k < n->n_honeypots; k++)
		i = is_link_of(n, k, p->source) ? k : i;
	p->inside = i < n->n_honeypots;
	p->honeypot = (uint16_t)i;
	return p->inside || !number_inside(n, p->source);
}

/* --- what is decided before rules are asked --------------------------------------------------- */

/* What IPv6 says of the link itself (RFC 4861, 2710, 3810) */
enum link { LINK_NO, LINK_NEIGHBOUR, LINK_ROUTER, LINK_REDIRECT, LINK_ASKED };
enum { MLD2_LISTENER_REPORT = 143 };

static enum link link_kind(const struct packet_about *p)
{
	if (number_is_4(p->source) || !packet_is_icmp(p))
		return LINK_NO;
	switch (packet_icmp_type(p)) {
	case ND_NEIGHBOR_SOLICIT:
	case ND_NEIGHBOR_ADVERT:	return LINK_NEIGHBOUR;
	case ND_ROUTER_ADVERT:		return LINK_ROUTER;
	case ND_REDIRECT:		return LINK_REDIRECT;
	case ND_ROUTER_SOLICIT:
	case MLD_LISTENER_QUERY:
	case MLD_LISTENER_REPORT:
	case MLD_LISTENER_REDUCTION:
	case MLD2_LISTENER_REPORT:	return LINK_ASKED;
	default:			return LINK_NO;
	}
}

/*
 * at_plug() - whether the bridge lets it in; else why not, or no reason: it is what any machine asks for and nobody records.
 * Of an advertisement it is not known here whose address it is about; it is taken to be the honeypot's own.
 */
static bool at_plug(const struct honeynet *n, const struct packet_about *p, enum reason *ret_why)
{
	bool own = honeypot_has(n, p->honeypot, p->source), linked = !own && is_link_of(n, p->honeypot, p->source);
	enum link kind = link_kind(p);

	if (!number_is_4(p->source) && !n->prefix6)
		*ret_why = REASON_IPV6;
	else if (!own && !linked)
		*ret_why = REASON_SPOOF_IP;
	else if (kind == LINK_ROUTER || kind == LINK_REDIRECT)
		*ret_why = REASON_SPOOF_ND;
	else if (linked && kind == LINK_NO)
		*ret_why = REASON_IPV6;
	else
		return kind != LINK_ASKED;
	return false;
}

/* ask_link() - true: it is decided; neighbours ask for each other, who else the gateway does not hear, and nothing of it goes farther */
static bool ask_link(const struct honeynet *n, const struct packet_about *p, struct explanation *e)
{
	enum link kind = link_kind(p);

	e->accept = kind == LINK_NEIGHBOUR && (e->way == WAY_INPUT || (p->inside && stays_inside(n, p->destination)));
	e->link = e->accept || (e->way == WAY_INPUT && (kind == LINK_ROUTER || kind == LINK_ASKED));
	if (kind != LINK_NO && !e->link)
		e->reason = REASON_INVALID;
	return kind != LINK_NO;
}

/* --- the rules, and what contains what they accept -------------------------------------------- */

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
	e->budget = stays_inside(n, p->destination) ? REASON_BUDGET_LATERAL : packet_budget(p);
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

	return p->inside ? !stays_inside(n, p->destination) && networks_have(c->white, c->n_white, p->destination) :
			   find(n, p->destination) < n->n_honeypots && networks_have(c->white, c->n_white, p->source);
}

static bool is_instance(const struct honeynet *n, addr_number address)
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

static bool is_nat_address(const struct honeynet *n, addr_number address)
{
	return number_is_4(address) && nat_has_address(n, (uint32_t)address);
}

/* lead() - what comes from outside, as it is behind the gateway */
static struct packet_about lead(const struct honeynet *n, const struct packet_about *p, struct explanation *e)
{
	struct packet_about led = *p;
	const struct nat_rule *r;

	if (!p->inside && !packet_is_strange(p) && !number_inside(n, p->source) && is_nat_address(n, p->destination))
		e->nat = ask_nat(n, p, true);
	r = e->nat < 0 ? NULL : &n->nat[e->nat];
	if (r && r->kind == NAT_DESTINATION) {
		led.destination = ADDR_4 | n->honeypot[r->honeypot].address;
		led.port = r->port ? r->port : p->port;
	}
	e->destination = led.destination;
	e->port = led.port;
	return led;
}

static bool is_firewall(const struct honeynet *n, addr_number address)
{
	struct addr six = twin_of(n, n->firewall_address);

	return address == (ADDR_4 | n->firewall_address) || (six.family && address == addr_to_number(&six));
}

static bool is_gateway(const struct honeynet *n, addr_number address)
{
	return is_firewall(n, address) || address == (ADDR_4 | UPLINK_ADDRESS) || address == UPLINK_ADDRESS6 ||
	       is_nat_address(n, address);
}

/* follow() - the hook's chain, one line after the other */
static void follow(const struct honeynet *n, const struct packet_about *p, struct explanation *e)
{
	const struct containment *c = &n->containment;
	bool passed_on = e->way == WAY_FORWARD;

	if (p->inside && passed_on && networks_have(c->fence, c->n_fence, p->destination)) {
		e->reason = REASON_FENCE;
	} else if (is_black(c, p, e->way)) {
		e->reason = REASON_BLACKLIST;
	} else if (!p->inside && number_inside(n, p->source)) {
		e->reason = REASON_SPOOF_SOURCE;
	} else if (!p->inside && is_instance(n, p->destination)) {
		e->reason = REASON_INSTANCE;
	} else if (passed_on && p->inside && c->isolation && stays_inside(n, p->destination)) {
		e->reason = REASON_ISOLATION;
	} else if (passed_on && is_unresolved(n, p)) {
		e->reason = REASON_RESOLVER;
	} else if (passed_on && is_white(n, p)) {
		e->accept = true;
		e->reason = REASON_WHITELIST;
		contain_forward(n, p, e);
	} else {
		ask_rules(n, p, e);
	}
	if (e->accept && passed_on && p->inside && !number_inside(n, p->destination))
		e->nat = ask_nat(n, p, false);
}

void explain(const struct honeynet *n, const struct packet_about *sent, struct explanation *ret)
{
	struct explanation e = { .rule = -1, .reason = N_REASONS, .budget = N_REASONS, .nat = -1 };
	struct packet_about p = lead(n, sent, &e);

	e.way = is_gateway(n, p.destination) ? WAY_INPUT : WAY_FORWARD;
	if (p.inside && !at_plug(n, &p, &e.reason)) {
		e.way = WAY_BRIDGE;
		e.link = e.reason == N_REASONS;
	} else if (!number_is_4(p.source) && !n->prefix6) {
		e.reason = REASON_IPV6;
	} else if (packet_is_strange(&p)) {
		e.reason = REASON_INVALID;
	} else if (!ask_link(n, &p, &e)) {
		follow(n, &p, &e);
	}
	*ret = e;
}

/* --- in words --------------------------------------------------------------------------------- */

static void put_party(const struct honeynet *n, addr_number address, struct text *t)
{
	uint32_t i = find(n, address);
	struct addr a = addr_of_number(address);
	char text[ADDR_TEXT];

	text_addf(t, "%s", addr_text(&a, text));
	if (i < n->n_honeypots)
		text_addf(t, " (%s)", n->honeypot[i].name);
	else if (is_firewall(n, address))
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
	default:
		if (packet_is_icmp(p))
			text_addf(t, "%s", packet_is_ping(p) ? ", ping" : number_is_4(p->source) ? ", ICMP" : ", ICMPv6");
		else
			text_addf(t, ", protocol %u", p->proto);
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
		put_party(n, ADDR_4 | r->address, t);
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
	if (e->link)
		text_add(t, "  it is about the link itself, as ARP is: no rule is asked, nothing is recorded\n");
	if (!p->inside && i < n->n_honeypots && n->honeypot[i].instances.max)
		text_add(t, "  to the instance that is its source's, or one that is free, or this honeypot if none is\n");
	for (uint32_t k = 0; k < e->n_continued && k < EXPLAIN_CONTINUED; k++)
		text_addf(t, "  rule %u counts it (line %u of the honeynet file)\n", e->continued[k], n->rule[e->continued[k]].line);
	if (r)
		put_rule(e, r, t);
	if (e->budget != N_REASONS && e->limit)
		text_addf(t, "  containment: it takes one of %u a period (%s)\n", e->limit, reason_name(e->budget));
	if (e->budget != N_REASONS && e->limit && e->budget <= REASON_BUDGET_OTHER &&
	    n->containment.session.set >> (e->budget - REASON_BUDGET_TCP) & 1)
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
	if (!number_is_4(p->source))
		return;		/* of which nothing is led */
	if (!e->accept && refuse_leads(n->containment.refuse) && e->budget == REASON_BUDGET_TCP)
		text_addf(t, "its SYN, sent again, is %s by the gateway itself\n",
			  n->containment.refuse == REFUSE_PRETEND ? "answered" : "held");
	if (!e->accept && n->containment.refuse == REFUSE_PRETEND && p->proto == IPPROTO_UDP && lead_answers(p->port) &&
	    (e->budget == REASON_BUDGET_UDP || e->reason == REASON_RESOLVER))
		text_add(t, "asked again, it is answered by the gateway itself\n");
}
