/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The gateway's addresses at the uplink, as NAT rules (honeynet.yaml(5)) give them, and who is behind each. Pure.
 *
 * The gateway goes on to have an address, and its honeypots to send from it, after a reload that does without: connections that
 * began by it may be open. Nobody opens others by it.
 */
#include "honeynet.h"

/* The lab's wire, 198.51.100.0/24: the gateway's own end, and the other one */
#define UPLINK_ADDRESS 0xc6336401u
#define UPLINK_FAR 0xc6336442u
#define UPLINK_ADDRESS6 ((addr_number)0x20010db8ffff0000 << 64 | 1)	/* 2001:db8:ffff::1, if the honeynet has IPv6 */
enum { UPLINK_PREFIX = 24 };
#define UPLINK_MASK (UINT32_MAX << (32 - UPLINK_PREFIX))

/* nat_may_have() - the gateway can have this address at the uplink */
bool nat_may_have(uint32_t address);
/*
 * nat_addresses() - those it has by NAT rules, its own the first of them, then those of plans before; their number, 0 without
 * any NAT rule. More than there is room for are left out; config/nat.c sees to it that a file has not so many.
 */
uint32_t nat_addresses(const struct honeynet *n, uint32_t ret[MAX_OUTSIDE]);
/* nat_has_address() - @address is one of them */
bool nat_has_address(const struct honeynet *n, uint32_t address);
/* nat_pots() - whose packets may have @address as their source outside: a bit for each place */
uint64_t nat_pots(const struct honeynet *n, uint32_t address);
/* nat_asks() - @n's rule @r is about a connection from @source to @destination, whatever the service. The firewall is @destination
 * as its own address at the uplink. Not of a rule that is disabled */
bool nat_asks(const struct honeynet *n, const struct nat_rule *r, uint32_t source, uint32_t destination);
/* nat_keep() - what @was gave, @n keeps; places mean the same in both */
void nat_keep(const struct honeynet *was, struct honeynet *n);
