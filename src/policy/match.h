/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What a rule matches, with groups and services taken apart: what compiler and lint both need. */
#include <stdbool.h>
#include <stdint.h>

#include "model/honeynet.h"

struct who {
	uint64_t honeypots;	/* a bit each */
	bool firewall;
	bool outside;		/* only "any" has it, and then it has everything */
};

struct ports {
	uint32_t n;		/* sorted, apart from each other by at least one port */
	struct port_range range[MAX_REFS * MAX_PORTS];
};

struct match {
	struct who source, destination;
	bool any_service, icmp;
	struct ports tcp, udp;
};

_Static_assert(MAX_HONEYPOTS <= 64, "a bit for each honeypot");

void match_of(const struct honeynet *n, const struct rule *r, struct match *ret);
