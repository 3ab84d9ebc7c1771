/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules that can never match. A rule is taken apart into pairs of one source and one destination;
 * it is of no use if for every pair an earlier rule covers all of its services. What takes several
 * earlier rules to cover the services of a single pair is not found.
 */
#include <string.h>

#include "base/mem.h"
#include "match.h"
#include "policy.h"

enum { FIREWALL = MAX_HONEYPOTS, OUTSIDE, PARTIES };

static bool has(const struct who *w, uint32_t party)
{
	return party == FIREWALL ? w->firewall : party == OUTSIDE ? w->outside : w->honeypots >> party & 1;
}

/* The gateway's own packets pass no rule, and nobody's packets to himself pass the gateway. */
static bool filtered(uint32_t source, uint32_t destination)
{
	return source != FIREWALL && (source != destination || source == OUTSIDE);
}

/* covered_by() - the first rule before @i that decides the pair for all of @i's services; or @i */
static uint32_t covered_by(const struct match *m, uint32_t i, uint32_t source, uint32_t destination)
{
	uint32_t k = 0;

	while (k < i && !(has(&m[k].source, source) && has(&m[k].destination, destination) &&
			  match_covers(&m[k], &m[i])))
		k++;
	return k;
}

/* shadow() - how many pairs of rule @i are filtered at all, and, by rule, who covers them;
 * false if at least one is left to it */
static bool shadow(const struct match *m, uint32_t i, bool by[MAX_RULES], uint32_t *ret_pairs)
{
	*ret_pairs = 0;
	for (uint32_t s = 0; s < PARTIES; s++) {
		for (uint32_t d = 0; d < PARTIES; d++) {
			uint32_t k;

			if (!has(&m[i].source, s) || !has(&m[i].destination, d) || !filtered(s, d))
				continue;
			++*ret_pairs;
			k = covered_by(m, i, s, d);
			if (k == i)
				return false;
			by[k] = true;
		}
	}
	return true;
}

void policy_lint(const struct honeynet *n, struct text *ret)
{
	_free_ struct match *m = xcalloc(MAX_RULES, sizeof(*m));

	for (uint32_t i = 0; i < n->n_rules; i++) {
		bool by[MAX_RULES] = { false };
		uint32_t pairs, listed = 0;

		match_of(n, &n->rule[i], &m[i]);
		if (!shadow(m, i, by, &pairs))
			continue;
		text_addf(ret, "line %u: rule %u can never match: ", n->rule[i].line, i);
		if (!pairs)
			text_add(ret, "the firewall's own packets pass no rules, nor do anybody's to himself\n");
		for (uint32_t k = 0; pairs && k < i; k++)
			if (by[k])
				text_addf(ret, "%srule %u", listed++ ? ", " : "all of it is decided by ", k);
		if (pairs)
			text_addc(ret, '\n');
	}
}
