/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bridge.h"

#include <stdio.h>

#include "base/mem.h"
#include "emit.h"
#include "model/gate.h"
#include "model/twin.h"
#include "refuse.h"

#define CLAIMED "@th,64,128"		/* the address that an advertisement of neighbours is about (RFC 4861, 4.4) */

/* What a row of @bound is of honeypot @i's, behind its tap: its MAC, and some address with it. */
enum bound { BOUND_MAC, BOUND_4, BOUND_6, BOUND_CLAIM };

/* put_bound() - rows of @bound of honeypot @i, each with @comma before it, which becomes one */
static void put_bound(struct text *t, const struct honeynet *n, uint32_t i, enum bound what, const char **comma)
{
	const struct honeypot *h = &n->honeypot[i];
	struct addr six = twin_pot(n, i), of[] = { six, addr_of_number(TWIN_LINK | twin_interface(h->mac)) };

	for (size_t k = 0; k < (what < BOUND_6 ? 1 : six.family ? nitems(of) : 0); k++) {
		text_addf(t, "%s\n\t\t\t\"tap%u\" . %02x:%02x:%02x:%02x:%02x:%02x", *comma, i, h->mac[0], h->mac[1], h->mac[2], h->mac[3],
			  h->mac[4], h->mac[5]);
		*comma = ",";
		if (what == BOUND_4)
			text_addf(t, " . %s", emit_address(h->address));
		else if (what == BOUND_6)
			text_addf(t, " . %s", emit_number(addr_to_number(&of[k])));
		text_add(t, what == BOUND_CLAIM ? " . 0x" : "");
		for (size_t b = 0; what == BOUND_CLAIM && b < sizeof(of[k].byte); b++)
			text_addf(t, "%02x", of[k].byte[b]);
	}
}

/* bound() - nothing is written if there are none */
static void bound(struct text *t, const char *head, const struct honeynet *n, enum bound what)
{
	_text_ struct text rows = { 0 };
	const char *comma = "";

	for (uint32_t i = 0; i < n->n_honeypots; i++)
		if (honeypot_there(n, i))
			put_bound(&rows, n, i, what, &comma);
	if (rows.len)
		text_addf(t, "%s{%s\n\t\t}\n", head, text_str(&rows));
}

static const struct { const char *name, *type; bool six; } bound_sets[] = {
	[BOUND_MAC] = { "port_mac", "type ifname . ether_addr", false },
	[BOUND_4] = { "port_bind", "type ifname . ether_addr . ipv4_addr", false },
	[BOUND_6] = { "port_bind6", "type ifname . ether_addr . ipv6_addr", true },
	[BOUND_CLAIM] = { "port_claim6", "typeof iifname . ether saddr . " CLAIMED, true },
};

void bridge_sets(struct text *t, const struct honeynet *n)
{
	for (size_t i = 0; i < nitems(bound_sets); i++) {
		if (bound_sets[i].six && !n->prefix6)
			continue;
		text_addf(t, "\tset %s {\n\t\t%s\n", bound_sets[i].name, bound_sets[i].type);
		bound(t, "\t\telements = ", n, (enum bound)i);
		text_add(t, "\t}\n");
	}
	refuse_sets(t, true, n->prefix6);
}

void bridge_renew(struct text *t, const struct honeynet *n)
{
	for (size_t i = 0; i < nitems(bound_sets); i++)
		if (n->prefix6 || !bound_sets[i].six)
			text_addf(t, "flush set bridge skep_l2 %s\n", bound_sets[i].name);
	for (size_t i = 0; i < nitems(bound_sets); i++) {
		_free_ char *head = xasprintf("add element bridge skep_l2 %s ", bound_sets[i].name);

		if (n->prefix6 || !bound_sets[i].six)
			bound(t, head, n, (enum bound)i);
	}
}

/*
 * From its own addresses, of which that of the link is for neighbours only. It claims what an advertisement is about; what a
 * solicitation says of the link-layer, it says of the address that it comes from. What any Linux says to routers and to who
 * listens for groups ends here, unlogged.
 */
static void six_chain(struct text *t)
{
	text_add(t, "\tchain l2_six {\n\t\ticmpv6 type { nd-router-solicit, " LISTENERS " } drop\n");
	refuse_frame(t, "icmpv6 type { nd-router-advert, nd-redirect } ", REASON_SPOOF_ND, true);
	refuse_frame(t, "icmpv6 type nd-neighbor-advert iifname . ether saddr . " CLAIMED " != @port_claim6 ", REASON_SPOOF_ND, true);
	text_add(t, "\t\t" NEIGHBOURS " accept\n");
	refuse_frame(t, "ip6 saddr fe80::/10 ", REASON_IPV6, false);
	text_add(t, "\t\taccept\n\t}\n");
}

void bridge_chains(struct text *t, const struct honeynet *n)
{
	bool six = n->prefix6;
	char untagged[64];

	snprintf(untagged, sizeof(untagged), "meta mark & 0x%08x == 0x00000000 ", GATE_TAGGED);
	if (six)
		six_chain(t);
	text_add(t, "\tchain l2_pre {\n\t\ttype filter hook prerouting priority -300; policy accept;\n"
		    "\t\tiifname != \"tap*\" accept\n");
	if (n->containment.tagged)
		refuse_frame(t, untagged, REASON_SPOOF_TAG, false);
	refuse_frame(t, "iifname . ether saddr != @port_mac ", REASON_SPOOF_MAC, false);
	text_add(t, "\t\tether type ip iifname . ether saddr . ip saddr @port_bind accept\n");
	refuse_frame(t, "ether type ip ", REASON_SPOOF_IP, false);
	text_add(t, "\t\tether type arp arp htype 1 arp ptype ip arp hlen 6 arp plen 4 "
		    "iifname . arp saddr ether . arp saddr ip @port_bind accept\n");
	refuse_frame(t, "ether type arp ", REASON_SPOOF_ARP, false);
	if (six)
		text_add(t, "\t\tether type ip6 iifname . ether saddr . ip6 saddr @port_bind6 goto l2_six\n"
			    "\t\tip6 saddr :: icmpv6 type nd-neighbor-solicit accept\n"	/* whether an address is taken */
			    "\t\tip6 saddr :: icmpv6 type { nd-router-solicit, " LISTENERS " } drop\n");
	refuse_frame(t, "ether type ip6 ", six ? REASON_SPOOF_IP : REASON_IPV6, false);
	refuse_frame(t, "", REASON_NOT_IP, false);
	text_add(t, "\t}\n");
}
