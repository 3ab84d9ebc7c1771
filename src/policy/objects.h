/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Whether a rule is about a packet, asked of the objects themselves. The compiler makes sets of them instead (match.h);
 * that both mean the same is held against the kernel (tests/unit/test_explain.c).
 */
#include <stdbool.h>
#include <stdint.h>

#include "model/honeynet.h"
#include "model/party.h"
#include "model/reason.h"

struct packet_about;

/* stays_inside() - what a honeypot sends there comes to no other link */
bool stays_inside(const struct honeynet *n, addr_number address);
/* packet_is_icmp() - of its own family */
bool packet_is_icmp(const struct packet_about *p);
uint8_t packet_icmp_type(const struct packet_about *p);	/* of one that is */
/* packet_is_strange() - of the other family: conntrack takes it for invalid, and it reaches no rule */
bool packet_is_strange(const struct packet_about *p);
/* packet_is_ping() - an echo request */
bool packet_is_ping(const struct packet_about *p);
/* packet_budget() - what it is charged to if it leaves the honeynet, as budget_of() */
enum reason packet_budget(const struct packet_about *p);

/* rule_has() - @gateway: the packet is for the gateway itself. A disabled rule has none. */
bool rule_has(const struct honeynet *n, const struct rule *r, const struct packet_about *p, bool gateway);
/* nat_rule_has() - it is asked about a connection from @p's source to its destination, whichever way that goes */
bool nat_rule_has(const struct honeynet *n, const struct nat_rule *r, const struct packet_about *p);
/* rule_names_firewall() - by its name, not by "any", and for services it names: what it accepts honeypots may have of it */
bool rule_names_firewall(const struct rule *r);

/* week_minute() - of a time since 1970, from Monday's midnight on, UTC */
uint32_t week_minute(uint64_t at_us);
