/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "refuse.h"

#include <stdio.h>

#include "base/mem.h"
#include "lead.h"
#include "policy.h"

enum {
	REFUSED_SIZE = 4096,			/* elements a counting set has room for */
	INSIDE_PER_S = 50, INSIDE_BURST = 100,	/* log lines of what is too much for another honeypot */
};

#define INET(r) { REASON_##r, false, false }
#define INET6(r) { REASON_##r, false, true }
#define BRIDGE(r) { REASON_##r, true, false }
const struct policy_refused policy_refused[] = {
	INET(FLOOD_SYN), INET(FLOOD_UDP), INET(FLOOD_ICMP), INET(FLOOD_OTHER), INET(FLOOD_IN), INET(BUDGET_PACKETS),
	INET(BUDGET_BANDWIDTH), INET(BUDGET_LATERAL), INET(RESOLVER), INET(ISOLATION),
	INET(INSTANCE), INET(LOCKDOWN), INET(FENCE), INET(SPOOF_SOURCE), INET(BLOCKED), INET(BLACKLIST), INET(INVALID), INET(IPV6),
	INET6(LOCKDOWN), INET6(BLOCKED), INET6(BLACKLIST), { REASON_SPOOF_ND, true, true },
	BRIDGE(SPOOF_TAG), BRIDGE(SPOOF_MAC), BRIDGE(SPOOF_IP), BRIDGE(SPOOF_ARP), BRIDGE(NOT_IP), BRIDGE(IPV6),
};
const size_t policy_n_refused = nitems(policy_refused);

const char *policy_refused_set(enum reason r, bool six, char ret[POLICY_SET_NAME])
{
	snprintf(ret, POLICY_SET_NAME, POLICY_REFUSED_SET "%s%s", reason_name(r), six ? family_words[FAMILY_6].mark : "");
	for (char *c = ret; *c; c++)
		*c = *c == ' ' || *c == '-' ? '_' : *c;
	return ret;
}

/* An element lives an hour after its last packet: an hour in which nothing is refused ends a count. */
void refuse_sets(struct text *t, bool bridge, bool six)
{
	char name[POLICY_SET_NAME];

	for (size_t i = 0; i < nitems(policy_refused); i++) {
		enum reason r = policy_refused[i].reason;
		const char *type = bridge || r == REASON_SPOOF_SOURCE || r == REASON_INVALID || r == REASON_IPV6 ?
				   "ifname" : family_words[policy_refused[i].six ? FAMILY_6 : FAMILY_4].type;

		if (policy_refused[i].bridge == bridge && (six || !policy_refused[i].six))
			text_addf(t, "\tset %s { type %s; size %u; flags dynamic,timeout; timeout 1h; }\n",
				  policy_refused_set(r, policy_refused[i].six, name), type, REFUSED_SIZE);
	}
}

void refuse_count(struct text *t, const struct refusal *r)
{
	char name[POLICY_SET_NAME];

	text_addf(t, "\t\tupdate @%s { %s counter limit rate %u/second burst %u packets } ", policy_refused_set(r->reason, r->six, name), r->key,
		  r->per_s, r->burst);
	emit_log(t, "drop", reason_name(r->reason), r->group);
	text_addc(t, '\n');
}

/* The match is made once: most packets are not refused, and pay for it. */
void refuse(struct text *t, const struct refusal *r)
{
	emit_if(t, r->match);
	refuse_count(t, r);
	text_add(t, "\t\tdrop\n");
	emit_end_if(t, r->match);
}

void refuse_first(struct text *t, const char *match, const char *key, enum reason reason)
{
	refuse(t, &(struct refusal){ match, key, reason, POLICY_LOG_INET, FIRST_PER_S, FIRST_BURST, false });
}

void refuse_source(struct text *t, enum family f, const char *match, enum reason reason, unsigned burst)
{
	refuse(t, &(struct refusal){ match, family_words[f].saddr, reason, POLICY_LOG_INET, FIRST_PER_S, burst, f == FAMILY_6 });
}

void refuse_frame(struct text *t, const char *match, enum reason reason, bool six)
{
	refuse(t, &(struct refusal){ match, "iifname", reason, POLICY_LOG_BRIDGE, FIRST_PER_S, FIRST_BURST, six });
}

/* reject() - as a router on the way does */
static void reject(struct text *t, enum family f)
{
	text_addf(t, "\t\t%sreject with tcp reset\n\t\treject with %s\n", family_words[f].tcp,
		  f == FAMILY_4 ? "icmp type host-unreachable" : "icmpv6 type addr-unreachable");
}

/* Of IPv6 nothing is led. */
void refuse_spent(struct text *t, enum family f, const struct containment *c, const char *match, enum reason r)
{
	if (c->refuse == REFUSE_DROP || (f == FAMILY_6 && refuse_leads(c->refuse))) {
		emit_drop(t, match, r);
		return;
	}
	emit_if(t, match);
	text_add(t, "\t\t");
	emit_log(t, "drop", reason_name(r), POLICY_LOG_INET);
	text_addc(t, '\n');
	if (c->refuse == REFUSE_REJECT)
		reject(t, f);
	else
		lead_refused(t, c->refuse);
	emit_end_if(t, match);
}

void refuse_spent_inside(struct text *t, enum family f, const struct containment *c, const char *match, enum reason r)
{
	emit_if(t, match);
	refuse_count(t, &(struct refusal){ match, family_words[f].pot, r, POLICY_LOG_INET, INSIDE_PER_S, INSIDE_BURST, false });
	if (c->refuse == REFUSE_REJECT)
		reject(t, f);
	else
		text_add(t, "\t\tdrop\n");
	emit_end_if(t, match);
}
