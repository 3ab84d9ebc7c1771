/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* The NAT rules as a part of table inet skep; nothing without any. nat.c says how. */
#include "base/text.h"
#include "model/honeynet.h"

/* nat_sets() - what rules keep through a reload, and @was has not; NULL: all */
void nat_sets(struct text *t, const struct honeynet *was, const struct honeynet *n);
/* nat_drop() - what @was has and @n has not, as commands; nothing refers to it any more */
void nat_drop(struct text *t, const struct honeynet *was, const struct honeynet *n);
/* nat_chains() - hooks of their own, and what becomes of a connection once a rule has matched */
void nat_chains(struct text *t, const struct honeynet *n);
/* nat_turn() - what turns a connection to honeypot @i, at the port that @r says; NULL: at the one that was asked for */
void nat_turn(struct text *t, const struct honeynet *n, const struct nat_rule *r, uint32_t i);
