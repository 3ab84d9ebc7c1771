/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is wrong, or at least worth a thought, in a rulebase. A rule is taken apart into pairs of one source and one
 * destination; from each pair's services those are taken that earlier rules decide. What is left to none of its pairs can
 * never match; what is left to some is shown by a packet.
 */
#include <netinet/in.h>
#include <string.h>

#include "base/mem.h"
#include "match.h"
#include "policy.h"
#include "services.h"

enum { FIREWALL = MAX_HONEYPOTS, OUTSIDE, PARTIES };

/* What was found of one rule */
struct finding {
	bool by[MAX_RULES];		/* decides some of it before */
	bool left;			/* some of it is left to it: a packet */
	bool met;			/* it is about packets that pass the gateway at all */
	uint32_t source, destination;	/* parties */
	uint8_t proto;
	uint16_t port;
};

static bool has(const struct who *w, uint32_t party)
{
	return party == FIREWALL ? w->firewall : party == OUTSIDE ? w->outside : w->honeypots >> party & 1;
}

/* The gateway's own packets pass no rule, and nobody's packets to himself pass the gateway. */
static bool filtered(uint32_t source, uint32_t destination)
{
	return source != FIREWALL && (source != destination || source == OUTSIDE);
}

static bool about(const struct match *m, uint32_t source, uint32_t destination)
{
	return has(&m->source, source) && has(&m->destination, destination);
}

static void look_at_pair(const struct match *m, uint32_t i, uint32_t source, uint32_t destination, struct finding *f)
{
	struct services left;

	services_of(&m[i], &left);
	for (uint32_t k = 0; k < i && !services_none(&left); k++)
		if (about(&m[k], source, destination))
			f->by[k] |= services_take(&left, &m[k]);
	f->met = true;
	if (services_none(&left) || f->left)
		return;
	f->left = true;
	f->source = source;
	f->destination = destination;
	services_one(&left, &f->proto, &f->port);
}

static void look_at_rule(const struct match *m, uint32_t i, struct finding *ret)
{
	*ret = (struct finding){ 0 };
	for (uint32_t s = 0; s < PARTIES; s++)
		for (uint32_t d = 0; d < PARTIES; d++)
			if (about(&m[i], s, d) && filtered(s, d))
				look_at_pair(m, i, s, d, ret);
}

/* --- in words --------------------------------------------------------------------------------- */

/* put_rules() - those that decide before, or only those of them that decide otherwise; how many */
static uint32_t put_rules(const struct honeynet *n, uint32_t i, const struct finding *f, bool otherwise, struct text *t)
{
	uint32_t listed = 0;

	for (uint32_t k = 0; k < i; k++)
		if (f->by[k] && (!otherwise || n->rule[k].action != n->rule[i].action))
			text_addf(t, "%srule %u", listed++ ? ", " : "", k);
	return listed;
}

static void put_party(const struct honeynet *n, uint32_t party, struct text *t)
{
	text_add(t, party == FIREWALL ? n->firewall_name : party == OUTSIDE ? "outside" : n->honeypot[party].name);
}

static void put_packet(const struct honeynet *n, const struct finding *f, struct text *t)
{
	put_party(n, f->source, t);
	text_add(t, " to ");
	put_party(n, f->destination, t);
	if (f->proto == IPPROTO_ICMP || f->proto == IPPROTO_RAW)
		text_add(t, f->proto == IPPROTO_ICMP ? ", icmp" : ", another protocol than tcp, udp and icmp");
	else
		text_addf(t, ", %s port %u", f->proto == IPPROTO_TCP ? "tcp" : "udp", f->port);
}

static void say_never(const struct honeynet *n, uint32_t i, const struct finding *f, struct text *t)
{
	text_addf(t, "line %u: rule %u can never match: ", n->rule[i].line, i);
	if (f->met) {
		text_add(t, "all of it is decided by ");
		put_rules(n, i, f, false, t);
	} else {
		text_add(t, "the firewall's own packets pass no rules, nor do anybody's to himself");
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
	put_packet(n, f, t);
	text_addc(t, '\n');
}

static bool names(const struct object_ref *o, uint32_t many, uint32_t group)
{
	for (uint32_t i = 0; i < many; i++)
		if (o[i].kind == OBJECT_GROUP && o[i].index == group)
			return true;
	return false;
}

static void say_unused(const struct honeynet *n, struct text *t)
{
	for (uint32_t g = 0; g < n->n_groups; g++) {
		bool used = false;

		for (uint32_t i = 0; i < n->n_rules; i++)
			used |= names(n->rule[i].source, n->rule[i].n_sources, g) ||
				names(n->rule[i].destination, n->rule[i].n_destinations, g);
		if (!used)
			text_addf(t, "line %u: no rule names group %s\n", n->group[g].line, n->group[g].name);
	}
	for (uint32_t s = 0; s < n->n_services; s++) {
		bool used = false;

		for (uint32_t i = 0; i < n->n_rules; i++)
			for (uint32_t k = 0; k < n->rule[i].n_services; k++)
				used |= n->rule[i].service[k] == s;
		if (!used)
			text_addf(t, "line %u: no rule names service %s\n", n->service[s].line, n->service[s].name);
	}
}

void policy_lint(const struct honeynet *n, bool all, struct text *ret)
{
	_free_ struct match *m = xcalloc(MAX_RULES, sizeof(*m));

	say_unused(n, ret);
	for (uint32_t i = 0; i < n->n_rules; i++) {
		struct finding f;

		match_of(n, &n->rule[i], &m[i]);
		look_at_rule(m, i, &f);
		if (!f.left)
			say_never(n, i, &f, ret);
		else if (all)
			say_partly(n, i, &f, ret);
	}
}
