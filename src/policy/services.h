/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Sets of services: what a rule is about, less what earlier rules decide. */
#include <stdbool.h>
#include <stdint.h>

#include "match.h"

enum { SERVICES_RANGES = 4 * MAX_REFS * MAX_PORTS };

struct range_set {
	uint32_t n;		/* sorted, apart from each other */
	struct port_range range[SERVICES_RANGES];
};

struct services {
	struct range_set tcp, udp;
	bool icmp, other;	/* other: all protocols beside these three */
};

void services_of(const struct match *m, struct services *ret);
/*
 * services_take() - @s without those of @m; whether it had any of them. Should it fall into more pieces than there is
 * room for, it is left as it was: too much, never too little, is left.
 */
bool services_take(struct services *s, const struct match *m);
bool services_none(const struct services *s);
/* services_one() - one of them: its protocol, and the port if it has one. There must be one. */
void services_one(const struct services *s, uint8_t *ret_proto, uint16_t *ret_port);
