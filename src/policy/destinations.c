/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Distinct destinations: no more than N of a family in any time as long as a period, wherever it begins.
 *
 * Each honeypot has for each family a set with room for N hosts. A packet to one that is in it, or for which there is room, renews it there
 * for a period and goes on; for who finds no room there is no way. So all hosts that were sent something in a period are
 * in the set at its end, and they are N at most. What an own connection sends later renews it too.
 *
 * Budgets come first: what they refuse reaches nobody, and takes no room. An ICMP error is an answer to who came, and is not counted here.
 */
#include "destinations.h"

#include <stdio.h>

#include "model/twin.h"
#include "policy.h"

#define TABLE "inet skep"

const char *destinations_set(enum family f, uint32_t a, char ret[DESTINATIONS_NAME])
{
	snprintf(ret, DESTINATIONS_NAME, "reached%s_%u_%u_%u_%u", family_words[f].mark, a >> 24, a >> 16 & 255, a >> 8 & 255, a & 255);
	return ret;
}

/* goes() - honeypot @i is there and speaks this family */
static bool goes(enum family f, const struct honeynet *n, uint32_t i)
{
	return honeypot_there(n, i) && (f == FAMILY_4 || twin_pot(n, i).family);
}

static bool has(enum family f, const struct honeynet *n, uint32_t address)
{
	bool there = false;

	for (uint32_t i = 0; n && n->containment.destinations && i < n->n_honeypots; i++)
		there |= goes(f, n, i) && n->honeypot[i].address == address;
	return there;
}

void destinations_sets(struct text *t, const struct honeynet *was, const struct honeynet *n)
{
	char name[DESTINATIONS_NAME];

	for (enum family f = 0; n->containment.destinations && f < FAMILIES; f++)
		for (uint32_t i = 0; i < n->n_honeypots; i++)
			if (goes(f, n, i) && !has(f, was, n->honeypot[i].address))
				text_addf(t, "\tset %s { type %s; size %u; flags dynamic,timeout; }\n",
					  destinations_set(f, n->honeypot[i].address, name), family_words[f].type,
					  n->containment.destinations);
}

void destinations_drop(struct text *t, const struct honeynet *was, const struct honeynet *n)
{
	char name[DESTINATIONS_NAME];

	for (enum family f = 0; was->containment.destinations && f < FAMILIES; f++)
		for (uint32_t i = 0; i < was->n_honeypots; i++) {
			if (!goes(f, was, i) || has(f, n, was->honeypot[i].address))
				continue;
			destinations_set(f, was->honeypot[i].address, name);
			text_addf(t, "delete chain " TABLE " %s\ndelete set " TABLE " %s\n", name, name);
		}
}

static void one_chain(struct text *t, enum family f, const char *name, uint32_t period_s)
{
	text_addf(t, "\tchain %s {\n\t\tupdate @%s { %s timeout %us } return\n"
		     "\t\tgoto " POLICY_REFUSE_DESTINATION "%s\n\t}\n", name, name, family_words[f].daddr, period_s, family_words[f].mark);
}

void destinations_chains(struct text *t, enum family f, const struct honeynet *n)
{
	const struct family_words *w = &family_words[f];
	const char *comma = "";
	char name[DESTINATIONS_NAME];

	if (!n->containment.destinations) {
		text_addf(t, "\tchain check_destination%s {\n\t}\n", w->mark);
		return;
	}
	for (uint32_t i = 0; i < n->n_honeypots; i++)
		if (goes(f, n, i))
			one_chain(t, f, destinations_set(f, n->honeypot[i].address, name), n->containment.period_s);
	text_addf(t, "\tchain check_destination%s {\n\t\t%sct state related return\n\t\t%s vmap { ", w->mark, w->icmp, w->saddr);
	for (uint32_t i = 0; i < n->n_honeypots; i++) {
		struct addr a = f == FAMILY_4 ? addr4(n->honeypot[i].address) : twin_pot(n, i);

		if (!goes(f, n, i))
			continue;
		text_addf(t, "%s%s : goto %s", comma, emit_number(addr_to_number(&a)),
			  destinations_set(f, n->honeypot[i].address, name));
		comma = ", ";
	}
	text_add(t, " }\n\t\tdrop\n\t}\n");
}
