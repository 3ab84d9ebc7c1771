/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connections that a budget refuses, led to the gateway's own answer.
 *
 *	forward		the SYN that is too many is refused, logged and dropped as ever; whose it was is noted for a while
 *	prerouting	the same SYN, sent again a second later, is turned to the gateway: a first packet that got lost,
 *	    dstnat	as on any way, and then an answer
 *	input		what was turned may come in
 *
 * So who is refused is known exactly, by the budget itself, and nothing that is led has passed the forward chain: it never
 * leaves. What is not TCP is dropped. When the gate is closed, nobody is led.
 */
#include "lead.h"

#include "emit.h"
#include "model/gate.h"

#define TABLE "inet skep"
#define LED_SET "led"
#define LED_CHAIN "to_sink"

enum {
	LED_SIZE = 65535,	/* SYNs that are remembered at once, */
	LED_S = 10,		/* and for how long: they come again after 1, 3 and 7 s */
};

static bool leads(const struct honeynet *n)
{
	return n && refuse_leads(n->containment.refuse);
}

void lead_sets(struct text *t, const struct honeynet *was, const struct honeynet *n)
{
	if (leads(n) && !leads(was))
		text_addf(t, "\tset " LED_SET " { type " EMIT_TCP_ENDS_TYPE "; size %d; "
			     "flags dynamic,timeout; timeout %ds; }\n", LED_SIZE, LED_S);
}

void lead_drop(struct text *t, const struct honeynet *was, const struct honeynet *n)
{
	if (leads(was) && !leads(n))
		text_add(t, "delete chain " TABLE " " LED_CHAIN "\ndelete set " TABLE " " LED_SET "\n");
}

void lead_refused(struct text *t)
{
	text_add(t, "\t\ttcp flags & (fin|syn|rst|ack) == syn add @" LED_SET " { " EMIT_TCP_ENDS " }\n"
		    "\t\tdrop\n");
}

void lead_chain(struct text *t, const struct honeynet *n)
{
	if (leads(n))
		text_addf(t, "\tchain " LED_CHAIN " {\n\t\ttype nat hook prerouting priority -100; policy accept;\n"
			     "\t\tiifname != \"br0\" return\n"
			     "\t\tmeta nfproto != @alive return\n"
			     "\t\t" EMIT_TCP_ENDS " @" LED_SET " dnat ip to %s:%d\n\t}\n",
			  emit_address(n->firewall_address), GATE_SINK_PORT);
}

void lead_input(struct text *t, const struct honeynet *n)
{
	if (leads(n))
		text_addf(t, "\t\tiifname \"br0\" tcp dport %d ct status dnat accept\n", GATE_SINK_PORT);
}
