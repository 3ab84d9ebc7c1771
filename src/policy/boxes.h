/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * What a rule matches as boxes: from-to in each of the directions in which packets differ. What is left of one when
 * others are taken away is boxes again, so which packets reach a rule can be told without trying any.
 */
#include <stdbool.h>
#include <stdint.h>

#include "match.h"

enum {
	BOX_SOURCE, BOX_DESTINATION,	/* addresses; a destination of BOX_GATEWAY: the gateway itself, whichever */
	BOX_PROTO, BOX_PORT,		/* of icmp and icmpv6 its type */
	BOX_SOURCE_PORT, BOX_FLAGS,	/* the flags byte of TCP, a number like the others */
	BOX_MINUTE,			/* of the week */
	BOX_SIDES
};
#define BOX_GATEWAY ADDR_LAST		/* an address that nobody has */

struct box {
	struct { addr_number first, last; } side[BOX_SIDES];
};

struct boxes {
	uint32_t n, room;
	struct box *at;
	bool beyond;		/* there are more than anybody looks at: they are not complete */
};

enum { BOXES_MAX = 20000 };

void boxes_fini(struct boxes *b);
void boxes_add(struct boxes *b, const struct box *one);
struct box box_all(void);
/* boxes_of() - of a rule with these matches */
void boxes_of(const struct honeynet *n, const struct match *m, const struct rule *r, struct boxes *ret);
/* boxes_take() - @from without @what; whether it had any of it. @steps: how many comparisons it took are added */
bool boxes_take(struct boxes *from, const struct boxes *what, uint64_t *steps);

#define _boxes_ __attribute__((cleanup(boxes_fini)))
