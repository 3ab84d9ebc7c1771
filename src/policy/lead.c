/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connections that a budget refuses, led to the gateway's own answer.
 *
 *	forward		the SYN that is too many is refused, logged and dropped as ever; whose it was is noted for a while
 *	prerouting	the same SYN, sent again a second later, is turned to the gateway: a first packet that got lost,
 *	    dstnat	as on any way, and then an answer
 *	input		what was turned may come in
 *
 * Questions for a name or the time, by UDP (pretend only), are led likewise once one of this honeypot to that server was
 * refused: by a budget, or since that resolver is not named. UDP has no way to ask whom a datagram was for, so the
 * connection's mark has the server's address.
 *
 * So who is refused is known exactly, by the budget itself, and nothing that is led has passed the forward chain: it never
 * leaves. All else is dropped. When the gate is closed, nobody is led.
 */
#include "lead.h"

#include "base/mem.h"
#include "emit.h"
#include "model/gate.h"
#include "policy.h"

#define TABLE "inet skep"
#define LED_SET "led"
#define LED_CHAIN "to_sink"
#define DESTINATION "@nh,128,32"	/* ip daddr, of a type that fits a mark */

enum {
	LED_SIZE = 65535,	/* SYNs that are remembered at once, */
	LED_S = 10,		/* and for how long: they come again after 1, 3 and 7 s */
	ASKED_SIZE = 65535,	/* Whom a honeypot asked, */
	ASKED_S = 60,		/* likewise: one question a minute gets lost */
};

static const struct { const char *set; uint16_t port, to; } asked[] = {
	{ "asked_dns", DNS_PORT, GATE_SINK_DNS_PORT }, { "asked_ntp", NTP_PORT, GATE_SINK_NTP_PORT },
};

static bool leads(const struct honeynet *n)
{
	return n && refuse_leads(n->containment.refuse);
}

static bool pretends(const struct honeynet *n)
{
	return n && n->containment.refuse == REFUSE_PRETEND;
}

void lead_sets(struct text *t, const struct honeynet *was, const struct honeynet *n)
{
	if (leads(n) && !leads(was))
		text_addf(t, "\tset " LED_SET " { type " EMIT_TCP_ENDS_TYPE "; size %d; "
			     "flags dynamic,timeout; timeout %ds; }\n", LED_SIZE, LED_S);
	for (size_t i = 0; pretends(n) && !pretends(was) && i < nitems(asked); i++)
		text_addf(t, "\tset %s { type ipv4_addr . ipv4_addr; size %d; flags dynamic,timeout; timeout %ds; }\n", asked[i].set,
			  ASKED_SIZE, ASKED_S);
}

void lead_drop(struct text *t, const struct honeynet *was, const struct honeynet *n)
{
	if (leads(was) && !leads(n))
		text_add(t, "delete chain " TABLE " " LED_CHAIN "\ndelete set " TABLE " " LED_SET "\n");
	for (size_t i = 0; pretends(was) && !pretends(n) && i < nitems(asked); i++)
		text_addf(t, "delete set " TABLE " %s\n", asked[i].set);
}

bool lead_answers(uint16_t port)
{
	for (size_t i = 0; i < nitems(asked); i++)
		if (asked[i].port == port)
			return true;
	return false;
}

void lead_datagram(struct text *t, enum refuse_how how)
{
	for (size_t i = 0; how == REFUSE_PRETEND && i < nitems(asked); i++)
		text_addf(t, "\t\tudp dport %u add @%s { ip saddr . ip daddr }\n", asked[i].port, asked[i].set);
}

void lead_refused(struct text *t, enum refuse_how how)
{
	text_add(t, "\t\ttcp flags & (fin|syn|rst|ack) == syn add @" LED_SET " { " EMIT_TCP_ENDS " }\n");
	lead_datagram(t, how);
	text_add(t, "\t\tdrop\n");
}

void lead_chain(struct text *t, const struct honeynet *n)
{
	if (!leads(n))
		return;
	text_addf(t, "\tchain " LED_CHAIN " {\n\t\ttype nat hook prerouting priority -100; policy accept;\n"
		     "\t\tiifname != \"br0\" return\n"
		     "\t\tmeta nfproto != @alive return\n"
		     "\t\t" EMIT_TCP_ENDS " @" LED_SET " dnat ip to %s:%d\n", emit_address(n->firewall_address), GATE_SINK_PORT);
	for (size_t i = 0; pretends(n) && i < nitems(asked); i++)
		text_addf(t, "\t\tudp dport %u ip saddr . ip daddr @%s ct mark set " DESTINATION " dnat ip to %s:%u\n", asked[i].port,
			  asked[i].set, emit_address(n->firewall_address), asked[i].to);
	text_add(t, "\t}\n");
}

void lead_input(struct text *t, const struct honeynet *n)
{
	if (leads(n))
		text_addf(t, "\t\tiifname \"br0\" tcp dport %d ct status dnat accept\n", GATE_SINK_PORT);
	if (pretends(n))
		text_addf(t, "\t\tiifname \"br0\" udp dport { %d, %d } ct status dnat meta mark set ct mark accept\n", GATE_SINK_DNS_PORT,
			  GATE_SINK_NTP_PORT);
}
