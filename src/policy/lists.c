/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lists.h"

#include "emit.h"
#include "model/twin.h"
#include "policy.h"

static enum family family_of(const struct network *n)
{
	return number_is_4(n->address) ? FAMILY_4 : FAMILY_6;
}

static void network_set(struct text *t, enum family f, const char *name, const struct network *list, uint32_t n)
{
	const char *comma = "elements = { ";

	text_addf(t, "\tset %s%s { type %s; flags interval; ", name, family_words[f].mark, family_words[f].type);
	for (uint32_t i = 0; i < n; i++) {
		char text[NETWORK_TEXT];

		if (family_of(&list[i]) != f)
			continue;
		text_addf(t, "%s%s", comma, network_text(&list[i], text));
		comma = ", ";
	}
	text_add(t, *comma == ',' ? " }; }\n" : "}\n");
}

/* Their addresses, as nft writes a set; none of IPv6 is no set. */
static bool honeypot_set(struct text *t, enum family f, const struct honeynet *n)
{
	const char *comma = "{ ";

	for (uint32_t i = 0; i < n->n_honeypots; i++) {
		struct addr a = f == FAMILY_4 ? addr4(n->honeypot[i].address) : twin_pot(n, i);

		if (!honeypot_there(n, i) || !a.family)
			continue;
		text_addf(t, "%s%s", comma, emit_number(addr_to_number(&a)));
		comma = ", ";
	}
	text_add(t, *comma == ',' ? " }" : "");
	return *comma == ',';
}

static void honeypots_set(struct text *t, enum family f, const struct honeynet *n)
{
	_text_ struct text all = { 0 };

	text_addf(t, "\tset honeypots%s { type %s; ", family_words[f].mark, family_words[f].type);
	if (honeypot_set(&all, f, n))
		text_addf(t, "elements = %s; ", text_str(&all));
	text_add(t, "}\n");
}

static void lists_of(struct text *t, enum family f, const struct honeynet *n)
{
	const struct containment *c = &n->containment;

	network_set(t, f, POLICY_FENCE_SET, c->fence, c->n_fence);
	network_set(t, f, POLICY_BLACKLIST_SET, c->black, c->n_black);
	network_set(t, f, POLICY_WHITELIST_SET, c->white, c->n_white);
	network_set(t, f, POLICY_RESOLVERS_SET, c->resolver, c->n_resolvers);
}

void lists_sets(struct text *t, const struct honeynet *n)
{
	for (enum family f = 0; f < families(n); f++) {
		honeypots_set(t, f, n);
		lists_of(t, f, n);
	}
	text_addf(t, "\tset " POLICY_LOCKDOWN_SET " { type nf_proto; %s}\n", n->containment.locked ? "elements = { ipv4, ipv6 }; " : "");
	text_add(t, "\tset " POLICY_BLOCKED_SET " { type ipv4_addr; size 65535; flags timeout; }\n");
	if (n->prefix6)
		text_add(t, "\tset " POLICY_BLOCKED6_SET " { type ipv6_addr; size 65535; flags timeout; }\n"
			    "\tset " POLICY_BLOCKED6_NET_SET " { type ipv6_addr; size 65535; flags timeout; }\n");
}

const char *policy_blocked_set(const struct network *who)
{
	if (who->prefix == 128)
		return number_is_4(who->address) ? POLICY_BLOCKED_SET : POLICY_BLOCKED6_SET;
	return who->prefix == 64 && !(uint64_t)who->address ? POLICY_BLOCKED6_NET_SET : NULL;
}

/* in_file() - network @n is in the fence by the honeynet file */
static bool in_file(const struct containment *c, const struct network *n)
{
	return network_find(c->fence, containment_fence(c), n) < containment_fence(c);
}

/* move_fence() - @command for what @c has in its file and @other has not; what was put there by hand is let be */
static void move_fence(struct text *t, enum family most, const char *command, const struct containment *c, const struct containment *other)
{
	for (uint32_t i = 0; i < containment_fence(c); i++) {
		const struct network *n = &c->fence[i];
		char text[NETWORK_TEXT];

		if (!in_file(other, n) && family_of(n) < most)
			text_addf(t, "%s element inet skep " POLICY_FENCE_SET "%s { %s }\n", command, family_words[family_of(n)].mark,
				  network_text(n, text));
	}
}

/* renew_list() - all of it is the file's */
static void renew_list(struct text *t, enum family most, const char *set, const struct network *list, uint32_t n)
{
	for (enum family f = 0; f < most; f++)
		text_addf(t, "flush set inet skep %s%s\n", set, family_words[f].mark);
	for (uint32_t i = 0; i < n; i++) {
		char text[NETWORK_TEXT];

		if (family_of(&list[i]) < most)
			text_addf(t, "add element inet skep %s%s { %s }\n", set, family_words[family_of(&list[i])].mark,
				  network_text(&list[i], text));
	}
}

static void renew_honeypots(struct text *t, enum family f, const struct honeynet *n)
{
	_text_ struct text all = { 0 };

	text_addf(t, "flush set inet skep honeypots%s\n", family_words[f].mark);
	if (honeypot_set(&all, f, n))
		text_addf(t, "add element inet skep honeypots%s %s\n", family_words[f].mark, text_str(&all));
}

void lists_renew(struct text *t, const struct honeynet *was, const struct honeynet *n)
{
	const struct containment *c = &n->containment;
	enum family most = families(n);

	for (enum family f = 0; f < most; f++)
		renew_honeypots(t, f, n);
	renew_list(t, most, POLICY_BLACKLIST_SET, c->black, c->n_black);
	renew_list(t, most, POLICY_WHITELIST_SET, c->white, c->n_white);
	renew_list(t, most, POLICY_RESOLVERS_SET, c->resolver, c->n_resolvers);
	move_fence(t, most, "delete", &was->containment, c);
	move_fence(t, most, "add", c, &was->containment);
}
