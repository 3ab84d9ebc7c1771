/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What a rule matches, with objects, groups and services taken apart: what compiler and lint both need. */
#include <stdbool.h>
#include <stdint.h>

#include "emit.h"
#include "ranges.h"

struct match {
	struct ranges source, destination;	/* empty: no packet that the gateway passes on */
	bool firewall;		/* packets for the gateway itself, whichever of its addresses they are sent to */
	bool any_service;
	/* Its services, or what is not meant: what a destination port, an ICMP or ICMPv6 type or a protocol's number tells ... */
	struct ranges tcp, udp, types, types6, protocols;
	uint32_t n_more;	/* ... and those that need more */
	uint16_t *more;		/* indexes into service[] */
};

/* Of all rules, in their order; nothing of those that are disabled */
struct matches {
	uint32_t n;
	struct match *at;
};

/* match_is_about() - some packet of this family, passed on or, of the gateway's @input, for itself, fits its parties */
bool match_is_about(const struct match *m, enum family f, bool input);
void matches_init(struct matches *m, const struct honeynet *n);
/* matches_of_nat() - likewise of the NAT rules, of what comes @in from outside for the gateway's addresses at the uplink, or of
 * what honeypots open to the outside */
void matches_of_nat(struct matches *m, const struct honeynet *n, bool in);
void matches_fini(struct matches *m);

#define _matches_ __attribute__((cleanup(matches_fini)))
