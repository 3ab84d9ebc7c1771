/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Distinct destinations: no more than N in any time as long as a period, wherever it begins.
 *
 * Each honeypot has a set with room for N hosts. A packet to one that is in it, or for which there is room, renews it there
 * for a period and goes on; for who finds no room there is no way. So all hosts that were sent something in a period are
 * in the set at its end, and they are N at most. What an own connection sends later renews it too.
 *
 * Budgets come first: what they refuse reaches nobody, and takes no room. An ICMP error is an answer to who came, and is not counted here.
 */
#include "destinations.h"

#include <stdio.h>

#include "policy.h"

#define TABLE "inet skep"

const char *destinations_set(uint32_t a, char ret[DESTINATIONS_NAME])
{
	snprintf(ret, DESTINATIONS_NAME, "reached_%u_%u_%u_%u", a >> 24, a >> 16 & 255, a >> 8 & 255, a & 255);
	return ret;
}

static bool has(const struct honeynet *n, uint32_t address)
{
	bool there = false;

	for (uint32_t i = 0; n && n->containment.destinations && i < n->n_honeypots; i++)
		there |= honeypot_there(n, i) && n->honeypot[i].address == address;
	return there;
}

void destinations_sets(struct text *t, const struct honeynet *was, const struct honeynet *n)
{
	char name[DESTINATIONS_NAME];

	for (uint32_t i = 0; n->containment.destinations && i < n->n_honeypots; i++)
		if (honeypot_there(n, i) && !has(was, n->honeypot[i].address))
			text_addf(t, "\tset %s { type ipv4_addr; size %u; flags dynamic,timeout; }\n",
				  destinations_set(n->honeypot[i].address, name), n->containment.destinations);
}

void destinations_drop(struct text *t, const struct honeynet *was, const struct honeynet *n)
{
	char name[DESTINATIONS_NAME];

	for (uint32_t i = 0; was->containment.destinations && i < was->n_honeypots; i++) {
		if (!honeypot_there(was, i) || has(n, was->honeypot[i].address))
			continue;
		destinations_set(was->honeypot[i].address, name);
		text_addf(t, "delete chain " TABLE " %s\ndelete set " TABLE " %s\n", name, name);
	}
}

static void one_chain(struct text *t, const char *name, uint32_t period_s)
{
	text_addf(t, "\tchain %s {\n\t\tupdate @%s { ip daddr timeout %us } return\n"
		     "\t\tgoto " POLICY_REFUSE_DESTINATION "\n\t}\n", name, name, period_s);
}

void destinations_chains(struct text *t, const struct honeynet *n)
{
	const char *comma = "";
	char name[DESTINATIONS_NAME];

	if (!n->containment.destinations) {
		text_add(t, "\tchain check_destination {\n\t}\n");
		return;
	}
	for (uint32_t i = 0; i < n->n_honeypots; i++)
		if (honeypot_there(n, i))
			one_chain(t, destinations_set(n->honeypot[i].address, name), n->containment.period_s);
	text_add(t, "\tchain check_destination {\n\t\tip protocol icmp ct state related return\n\t\tip saddr vmap { ");
	for (uint32_t i = 0; i < n->n_honeypots; i++) {
		uint32_t a = n->honeypot[i].address;

		if (!honeypot_there(n, i))
			continue;
		text_addf(t, "%s%u.%u.%u.%u : goto %s", comma, a >> 24, a >> 16 & 255, a >> 8 & 255, a & 255, destinations_set(a, name));
		comma = ", ";
	}
	text_add(t, " }\n\t\tdrop\n\t}\n");
}
