/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The gateway and the lab: two network namespaces and the wires between them.
 *
 *	lab:  eth0 198.51.100.66 (attacker), and all of 203.0.113.0/24 and 192.0.2.0/24, so that
 *	      any server an intruder asks for can be played       (RFC 5737 documentation networks)
 *	gw:   wan0 198.51.100.1, and what NAT rules give it there -- br0 FIREWALL/prefix -- tap0..tapN, one a honeypot
 *
 * If the honeynet has IPv6: eth0 also 2001:db8:ffff::66, and all of 2001:db8:113::/48 (RFC 3849); wan0 2001:db8:ffff::1; br0
 * FIREWALL's IPv6 address (model/twin.h). All are static: nobody advertises a router, nobody looks for doubles. Without, no
 * namespace speaks it.
 *
 * No namespace has a route to anything else: what the lab cannot answer goes nowhere.
 */
#include <stdint.h>

#include "model/honeynet.h"

struct tags;

#define LAB_GATEWAY "198.51.100.1"
#define LAB_ATTACKER "198.51.100.66"
#define LAB_SERVER "203.0.113.80"
#define LAB_GATEWAY6 "2001:db8:ffff::1"
#define LAB_ATTACKER6 "2001:db8:ffff::66"
#define LAB_SERVERS6 "2001:db8:113::/48"
#define LAB_SERVER6 "2001:db8:113::80"
#define LAB_NOBODY "203.0.113.254"	/* no attack uses it: skep's own checks do */

struct gateway {
	int gw, lab;		/* namespaces */
};

/* gateway_make() - namespaces, links, addresses, routes; forwarding is on, so load the rules first
 * or see to it that no link to a honeypot exists yet. 0, or -errno and *@ret_what: the step. */
int gateway_make(const struct honeynet *n, struct gateway *ret, const char **ret_what);

/* gateway_addresses() - it has those that @n's NAT rules give it at the uplink; what it had, it keeps. 0 or -errno */
int gateway_addresses(const struct gateway *g, const struct honeynet *n);

/* tap_device() - tap device @name of the namespace we are in, made if it is not there; a descriptor that
 * carries virtio-net headers (what transport=fd,vnet=1 of the guest kernel expects), or -errno */
int tap_device(const char *name);
/* tap_open() - likewise device @index of the gateway, which joins the bridge. @tags: are taken off its frames; may be NULL */
int tap_open(const struct gateway *g, uint32_t index, const struct tags *tags);

/* probe_open() - a non-blocking socket of the gateway that is connecting to @address; or -errno */
int probe_open(const struct gateway *g, uint32_t address, uint8_t proto, uint16_t port);
