/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emit.h"

#include "base/mem.h"
#include "model/gate.h"
#include "policy.h"

const struct family_words family_words[FAMILIES] = {
	[FAMILY_4] = {
		.first = ADDR_4, .last = ADDR_4_LAST,
		.saddr = "ip saddr", .daddr = "ip daddr", .type = "ipv4_addr",
		.pot = "ip saddr", .to_pot = "ip daddr", .mark = "",
		.tcp = "ip protocol tcp ", .udp = "ip protocol udp ", .icmp = "ip protocol icmp ",
		.others = "ip protocol != { tcp, udp, icmp } ", .ping = "icmp type echo-request ",
	},
	[FAMILY_6] = {
		.first = ADDR_4_LAST + 1, .last = ADDR_LAST,
		.saddr = "ip6 saddr", .daddr = "ip6 daddr", .type = "ipv6_addr",
		.pot = "@nh,160,32", .to_pot = "@nh,288,32", .mark = "6",
		.tcp = "meta l4proto tcp ", .udp = "meta l4proto udp ", .icmp = "meta l4proto ipv6-icmp ",
		.others = "meta l4proto != { tcp, udp, ipv6-icmp } ", .ping = "icmpv6 type echo-request ",
	},
};

enum family families(const struct honeynet *n)
{
	return n->prefix6 ? FAMILIES : FAMILY_6;
}

const char *emit_number(addr_number a)
{
	static char text[4][ADDR_TEXT];
	static unsigned at;
	struct addr v = addr_of_number(a);

	at = (at + 1) % nitems(text);
	return addr_text(&v, text[at]);
}

const char *emit_address(uint32_t a)
{
	return emit_number(ADDR_4 | a);
}

void emit_log(struct text *t, const char *verdict, const char *reason, unsigned group)
{
	text_addf(t, "log prefix \"skep:%s:%s \" group %u snaplen %u queue-threshold %u", verdict, reason, group, GATE_SNAPLEN,
		  POLICY_LOG_QUEUE);
}

void emit_drop(struct text *t, const char *match, enum reason r)
{
	text_addf(t, "\t\t%s", match);
	emit_log(t, "drop", reason_name(r), POLICY_LOG_INET);
	text_add(t, " drop\n");
}

void emit_if(struct text *t, const char *match)
{
	text_addf(t, *match ? "\t\t%sgoto {\n" : "%s", match);
}

void emit_end_if(struct text *t, const char *match)
{
	text_add(t, *match ? "\t\t}\n" : "");
}

void emit_timed_set(struct text *t, const char *name, const char *type, unsigned size, uint32_t timeout_s)
{
	text_addf(t, "\tset %s { type %s; size %u; flags dynamic,timeout; timeout %us; }\n", name, type, size,
		  timeout_s);
}
