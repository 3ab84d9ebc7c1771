/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "caps.h"

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

static struct brake_caps caps_of(const struct containment *c, uint32_t machines)
{
	const uint64_t most[BRAKE_BUDGETS] = {
		[BRAKE_TCP] = c->tcp, [BRAKE_UDP] = c->udp, [BRAKE_ICMP] = c->icmp, [BRAKE_OTHER] = c->other,
		[BRAKE_BYTES] = (uint64_t)c->bytes_mb << 20, [BRAKE_PACKETS] = packets_in_a_second(c),
	};
	struct brake_caps caps;

	for (int i = 0; i < BRAKE_BUDGETS; i++)
		caps.of[i] = (struct brake_cap){ i == BRAKE_PACKETS ? S_NS : c->period_s * S_NS, with_margin(c, most[i]) * machines };
	return caps;
}

/* Who administers a database through the gateway is not to run out of bytes. */
static struct brake_caps caps_of_gateway(const struct containment *c)
{
	struct brake_caps caps = caps_of(c, 1);

	for (int i = 0; i < BRAKE_PACKETS; i++)
		caps.of[i].most = UINT64_MAX / 2;
	return caps;
}

static uint32_t machines_of(const struct honeynet *n, uint32_t i)
{
	uint32_t machines = 1;

	for (uint32_t k = 0; k < n->n_honeypots; k++)
		machines += honeypot_there(n, k) && n->honeypot[k].is_instance && n->honeypot[k].instance_of == i;
	return machines;
}

uint32_t brake_machines(const struct honeynet *n, struct brake_machine ret[BRAKE_LIST])
{
	uint32_t at = 0;

	ret[at++] = (struct brake_machine){ BRAKE_GATEWAY, caps_of_gateway(&n->containment) };
	for (uint32_t i = 0; i < n->n_honeypots; i++)
		if (honeypot_there(n, i))
			ret[at++] = (struct brake_machine){ n->honeypot[i].address,
							    caps_of(&n->containment, machines_of(n, i)) };
	return at;
}

uint64_t brake_rate(const struct honeynet *n)
{
	uint64_t rate = 0;

	for (uint32_t i = 0; i < n->n_honeypots; i++)
		if (honeypot_there(n, i))
			rate += with_margin(&n->containment, packets_in_a_second(&n->containment)) * FRAME;
	return rate;
}
