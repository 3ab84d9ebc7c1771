/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* The part of table inet skep that the file's rules become (rulebase.c says how). @input: of those about the gateway itself */
#include <stdbool.h>

#include "base/text.h"
#include "match.h"

/* rulebase_sets() - what rules keep through a reload, and @was has not; NULL: all */
void rulebase_sets(struct text *t, const struct honeynet *was, const struct honeynet *n);
/* rulebase_rules() - the lines of the hook's chain; what passes them was matched by none */
void rulebase_rules(struct text *t, enum family f, const struct honeynet *n, const struct matches *m, bool input);
/* rulebase_chains() - what becomes of a packet once a rule has matched; contain_input, contain_forward are the caller's */
void rulebase_chains(struct text *t, const struct honeynet *n, const struct matches *m, bool input);
/* rulebase_named() - lines that return for what a rule that names the firewall lets one have of it */
void rulebase_named(struct text *t, enum family f, const struct honeynet *n, const struct matches *m);
/* rulebase_drop() - what @was has and @n has not, as commands; nothing refers to it any more */
void rulebase_drop(struct text *t, const struct honeynet *was, const struct matches *had, const struct honeynet *n,
		   const struct matches *m);
