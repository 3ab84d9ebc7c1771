/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* The rulebase as people read it, with what the running gateway has counted for each rule. */
#include <stdbool.h>

#include "base/text.h"
#include "model/honeynet.h"

/* rulebase_put() - as a table or a line of JSON each. @listing: the kernel's rules, "" if nothing runs: no counters then */
void rulebase_put(const struct honeynet *n, const char *listing, bool json, struct text *t);
/* rulebase_nat() - likewise the NAT rules, nothing if there are none */
void rulebase_nat(const struct honeynet *n, const char *listing, bool json, struct text *t);
/* rulebase_nat_words() - NAT rule @i in a line: "any -> Firewall: http: translated destination Apache port 8080" */
void rulebase_nat_words(const struct honeynet *n, uint32_t i, struct text *t);
/* rulebase_words() - rule @i in a line: "Apache -> any: http, dns: accept, not logged" */
void rulebase_words(const struct honeynet *n, uint32_t i, struct text *t);
