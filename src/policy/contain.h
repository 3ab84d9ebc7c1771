/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The part of table inet skep that honeypots' budgets, rates and what else limits them are: chains that drop, or return to where the
 * packet goes on. contain.c says what counts as what.
 */
#include "base/text.h"
#include "emit.h"
#include "match.h"
#include "model/honeynet.h"

void contain_sets(struct text *t, const struct honeynet *n);
/* contain_chains() - contain_forward, which what the rules let pass goes through, pass_established for what goes on; check_floods, check_pings,
 * check_in, which come before the rules are asked */
void contain_chains(struct text *t, enum family f, const struct honeynet *n);
/* contain_input() - what a honeypot may want of the gateway, whatever the rules say: to log, to ping, and what a rule that names the
 * firewall itself lets it. "any" as a destination is not enough. */
void contain_input(struct text *t, enum family f, const struct honeynet *n, const struct matches *m);
