/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "caps.h"

#include <arpa/inet.h>

#include "model/budget.h"
#include "model/nat.h"
#include "model/twin.h"

enum { FRAME = 1514 };
#define S_NS 1000000000ull

/* What is not allowed at all is not allowed here either. */
static uint64_t with_margin(const struct containment *c, uint64_t n)
{
	return n + (n * c->margin + 99) / 100;
}

/* As many as containment lets go in a second that begins with its burst. */
static uint64_t packets_in_a_second(const struct containment *c)
{
	return c->packets_per_s + c->packets_per_s / 10 + 10;
}

_Static_assert(BRAKE_OTHER - BRAKE_TCP == BUDGET_OTHER && BRAKE_BYTES == (int)BUDGET_BYTES, "budgets and caps in the same order");

/* add_caps() - what the honeypot at place @i may send, beyond @caps */
static void add_caps(struct brake_caps *caps, const struct containment *c, uint32_t i)
{
	for (uint32_t b = 0; b <= BUDGET_BYTES; b++)	/* what begins inside never gets here */
		caps->of[b].most += with_margin(c, budget_amount(c, i, b));
	caps->of[BRAKE_PACKETS].most += with_margin(c, packets_in_a_second(c));
}

static struct brake_caps no_caps(const struct containment *c)
{
	struct brake_caps caps = { 0 };

	for (int i = 0; i < BRAKE_BUDGETS; i++)
		caps.of[i].period_ns = i == BRAKE_PACKETS ? S_NS : c->period_s * S_NS;
	return caps;
}

/* Who administers a database through the gateway is not to run out of bytes. */
static struct brake_caps caps_of_gateway(const struct containment *c)
{
	struct brake_caps caps = no_caps(c);

	for (int i = 0; i < BRAKE_PACKETS; i++)
		caps.of[i].most = UINT64_MAX / 2;
	caps.of[BRAKE_PACKETS].most = with_margin(c, packets_in_a_second(c));
	return caps;
}

/* @pots: a bit for each place */
static struct brake_caps caps_of(const struct honeynet *n, uint64_t pots)
{
	struct brake_caps caps = no_caps(&n->containment);

	for (uint32_t i = 0; i < n->n_honeypots; i++)
		if (pots >> i & 1)
			add_caps(&caps, &n->containment, i);
	return caps;
}

/* with_instances() - honeypot @i and those of its own */
static uint64_t with_instances(const struct honeynet *n, uint32_t i)
{
	uint64_t pots = UINT64_C(1) << i;

	for (uint32_t k = 0; k < n->n_honeypots; k++)
		if (honeypot_there(n, k) && n->honeypot[k].is_instance && n->honeypot[k].instance_of == i)
			pots |= UINT64_C(1) << k;
	return pots;
}

uint32_t brake_machines(const struct honeynet *n, struct brake_machine ret[BRAKE_LIST])
{
	uint32_t at = 0, outside[MAX_OUTSIDE], many = nat_addresses(n, outside);

	ret[at++] = (struct brake_machine){ BRAKE_GATEWAY, caps_of_gateway(&n->containment) };
	for (uint32_t i = 0; i < n->n_honeypots; i++)
		if (honeypot_there(n, i)) {
			ret[at] = (struct brake_machine){ n->honeypot[i].address, caps_of(n, with_instances(n, i)) };
			ret[at++].caps.six = twin_pot(n, i).family == 6;
		}
	for (uint32_t i = 0; i < many; i++) {
		uint64_t pots = nat_pots(n, outside[i]);

		if (pots)
			ret[at++] = (struct brake_machine){ outside[i], caps_of(n, pots) };
	}
	return at;
}

struct brake_six brake_six(const struct honeynet *n)
{
	struct brake_six six = { .there = n->prefix6 > 0 };

	for (int i = 0; six.there && i < 3; i++)
		six.high[i] = htonl((uint32_t)(n->network6 >> (96 - 32 * i)));
	return six;
}

uint64_t brake_rate(const struct honeynet *n)
{
	uint64_t rate = 0;

	for (uint32_t i = 0; i < n->n_honeypots; i++)
		if (honeypot_there(n, i))
			rate += with_margin(&n->containment, packets_in_a_second(&n->containment)) * FRAME;
	return rate;
}
