/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* The part of table inet skep that gives each intruder his own instance; nothing where no honeypot has any. */
#include <stdbool.h>

#include "base/text.h"
#include "model/honeynet.h"

bool instances_any(const struct honeynet *n);
/* instances_sets() - those that @was has not; NULL: all */
void instances_sets(struct text *t, const struct honeynet *was, const struct honeynet *n);
/* instances_drop() - chains and sets of @was that @n has not, as commands; nothing refers to them any more */
void instances_drop(struct text *t, const struct honeynet *was, const struct honeynet *n);
/* instances_forward() - the line of the forward chain, before what is established */
void instances_forward(struct text *t, const struct honeynet *n);
/* instances_chains() - false: none was needed. They end in goto POLICY_REFUSE_VISIT, which is the caller's; what it accepts from
 * outside goes through count_visit. */
#define POLICY_REFUSE_VISIT "refuse_visit"
/* instances_lead() - the lines of NAT rule @r, which leads to honeypot @k, by which each source gets his instance; for whom there is
 * none, @k itself */
void instances_lead(struct text *t, const struct honeynet *n, uint32_t k, const struct nat_rule *r);
bool instances_chains(struct text *t, const struct honeynet *n);
