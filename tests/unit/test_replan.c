/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From one plan to the next: places, what is different, and what is refused. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "cli/changes.h"
#include "config/config.h"
#include "model/nat.h"
#include "model/replan.h"

#define HEAD "name: paper\nnetwork: 10.10.10.0/24\nfirewall: { name: Firewall, address: 10.10.10.1 }\nhoneypots:\n"
#define RULES "rules:\n  - { source: any, destination: A, action: accept }\n  - { source: G, destination: any, action: accept }\n"
#define RULES_WITH(key) "rules:\n  - { source: any, destination: A, action: accept, " key " }\n" \
	"  - { source: G, destination: any, action: accept }\n"
#define A "  - { name: A, address: 10.10.10.11, image: apache }\n"
#define B "  - { name: B, address: 10.10.10.12, image: dns }\n"
#define B_LARGE "  - { name: B, address: 10.10.10.12, image: dns, memory: 128 MiB }\n"
#define C "  - { name: C, address: 10.10.10.13, image: roxen }\n"
#define A_TWICE "  - { name: A, address: 10.10.10.11, image: apache, instances: { max: 1 } }\n"
#define GROUP(members) "groups: [{ name: G, members: " members " }]\n"

static void read_net(const char *text, struct honeynet *ret)
{
	_diag_ struct diag d = { 0 };

	memset(ret, 0, sizeof(*ret));
	if (config_read(text, strlen(text), ret, &d) < 0) {
		diag_print(&d, "test", stderr);
		fail();
	}
}

/* begin() - as `skep up` would plan it */
static struct plan *begin(const char *text)
{
	struct plan *p = xcalloc(1, sizeof(*p));

	read_net(text, &p->net);
	p->epoch = 1000;
	for (uint32_t i = 0; i < p->net.n_honeypots; i++)
		p->born_us[i] = p->epoch;
	return p;
}

/* next() - as `skep reload` would plan it at @now */
static struct plan *next(const struct plan *before, const char *text, uint64_t now)
{
	struct plan *p = xcalloc(1, sizeof(*p));

	*p = *before;
	read_net(text, &p->net);
	assert_int_equal(replan_places(&before->net, &p->net), 0);
	for (uint32_t i = 0; i < p->net.n_honeypots; i++)
		if (honeypot_there(&p->net, i) && !honeypot_there(&before->net, i))
			p->born_us[i] = now;
	return p;
}

static void same_words(const struct plan *before, const struct plan *after, const char *want)
{
	_text_ struct text t = { 0 };
	struct plan_change c;

	replan_change(before, after, &c);
	replan_words(&c, before, after, &t);
	assert_string_equal(text_str(&t), want);
	assert_int_equal(plan_change_none(&c), !*want);
	assert_int_equal(replan_fits(before, after), 0);
}

static void a_place_is_kept(void **state)
{
	_free_ struct plan *one = begin(HEAD A B GROUP("[A, B]") RULES), *two = NULL, *three = NULL, *four = NULL;
	struct plan_change c;
	uint32_t at;

	(void)state;
	/* the order in the file does not matter, and the group and the rules still mean the same ones */
	two = next(one, HEAD C B A GROUP("[B, A]") RULES, 2000);
	assert_int_equal(two->net.n_honeypots, 3);
	assert_string_equal(two->net.honeypot[0].name, "A");
	assert_string_equal(two->net.honeypot[1].name, "B");
	assert_string_equal(two->net.honeypot[2].name, "C");
	assert_int_equal(two->net.group[0].member[0].index, 1);
	assert_int_equal(two->net.group[0].member[1].index, 0);
	assert_int_equal(two->net.rule[0].destination[0].index, 0);
	same_words(one, two, "added C; groups");

	/* who changes is another one, at another place */
	three = next(two, HEAD A B_LARGE C GROUP("[A, B]") RULES, 3000);
	replan_change(two, three, &c);
	assert_int_equal(c.added, 8);
	assert_int_equal(c.removed, 2);
	assert_int_equal(replan_twin(&c, two, three, 1), 3);
	assert_true(plan_change_passes(&c));
	assert_true(three->net.honeypot[1].gone);
	assert_string_equal(three->net.honeypot[1].name, "B");
	assert_int_equal(honeypot_find(&three->net, "b", &at), 0);
	assert_int_equal(at, 3);
	assert_int_equal(three->net.group[0].member[1].index, 3);
	same_words(two, three, "changed B; groups");

	/* gone is not there; a rule may not name it */
	four = next(three, HEAD A GROUP("A") RULES, 4000);
	same_words(three, four, "removed C, B; groups");
	assert_int_equal(honeypots_there(&four->net), 1);
	assert_int_equal(four->net.n_honeypots, 4);
	assert_int_equal(honeypot_find(&four->net, "B", &at), -ENOENT);
	four->net.rule[0].destination[0].index = 3;
	assert_int_equal(replan_fits(three, four), -EBADMSG);
}

#define WEB(ports) "services: [{ name: web, protocol: tcp, ports: " ports " }]\n"

static void nothing_different_is_said(void **state)
{
	_free_ struct plan *one = begin(HEAD A B GROUP("[A, B]") WEB("[80, 443]") RULES), *two = NULL, *three = NULL;

	(void)state;
	two = next(one, "# moved down\n\n\n" HEAD A B GROUP("[A, B]") WEB("[80, 443]") RULES, 2000);
	assert_int_not_equal(one->net.rule[0].line, two->net.rule[0].line);
	same_words(one, two, "");
	three = next(two, HEAD A B GROUP("[A, B]") WEB("[80, 8443]") RULES, 3000);
	same_words(two, three, "services");
}

static void parts_are_told_apart(void **state)
{
	static const struct { const char *more, *words; } rows[] = {
		{ "containment: { tcp: 5 }\n", "containment" }, { "containment: { period: 2h }\n", "containment" },
		{ "containment: { blacklist: 192.0.2.1 }\n", "containment" }, { "containment: { whitelist: 192.0.2.0/24 }\n", "containment" },
		{ "containment: { jitter: 9 }\n", "containment" }, { "containment: { session: { udp: 0 } }\n", "containment" },
		{ "capture: { file_max: 8 MiB }\n", "capture" }, { "nids: { enabled: false }\n", "nids" }, { "nids: { inline: { mode: replace } }\n", "nids" },
		{ "packets: { keep: 1d }\n", "packets" }, { "scan: { probes: 99 }\n", "scan" },
		{ "reset: { age: 1d }\n", "reset" }, { "guard: { mode: \"off\" }\n", "guard" },
		{ "alert: { syslog: \"udp://127.0.0.1:514\" }\n", "alert" },
		{ "services: [{ name: web, protocol: tcp, ports: 80 }]\n", "services" },
		{ "access: { port: 99 }\n", "access" }, { "selftest: { nightly: \"03:30\" }\n", "selftest" },
	};
	_free_ struct plan *one = begin(HEAD A B GROUP("[A, B]") RULES);

	(void)state;
	for (size_t i = 0; i < nitems(rows); i++) {
		_free_ char *text = xasprintf("%s%s", HEAD A B GROUP("[A, B]") RULES, rows[i].more);
		_free_ struct plan *two = next(one, text, 2000);
		struct plan_change c;

		same_words(one, two, rows[i].words);
		replan_change(one, two, &c);
		assert_int_equal(plan_change_passes(&c), !strcmp(rows[i].words, "containment") || !strcmp(rows[i].words, "services"));
	}
}

static void rules_are_compared_by_what_they_say(void **state)
{
	static const char *const rows[] = {
		"rules:\n  - { source: any, destination: A, action: drop }\n  - { source: G, destination: any, action: accept }\n",
		"rules:\n  - { source: any, destination: A, action: accept }\n  - { source: B, destination: any, action: accept }\n",
		("rules:\n  - { source: any, destination: A, action: accept, log: false }\n"
		 "  - { source: G, destination: any, action: accept }\n"),
		RULES_WITH("negate: destination"), RULES_WITH("direction: in"), RULES_WITH("limit: 5/h"), RULES_WITH("disabled: true"),
		"rules:\n  - { source: any, destination: A, action: accept }\n",
	};
	_free_ struct plan *one = begin(HEAD A B GROUP("[A, B]") RULES);

	(void)state;
	for (size_t i = 0; i < nitems(rows); i++) {
		_free_ char *text = xasprintf("%s%s", HEAD A B GROUP("[A, B]"), rows[i]);
		_free_ struct plan *two = next(one, text, 2000);

		same_words(one, two, "rules");
	}
}

/* What rules are made of is a part of its own each: the names in the rules are the same, what they mean is not. */
static void what_rules_are_made_of_is_compared(void **state)
{
	static const char was[] = "networks: [{ name: N, addresses: 192.0.2.0/24 }]\nnames: [{ name: D, host: 192.0.2.7 }]\n"
		"groups: [{ name: G, members: [A, N] }, { name: H, members: G }]\nservices: [{ name: S, protocol: tcp, flags: syn }, "
		"{ name: P, protocol: tcp, ports: 80 }]\n"
		"times: [{ name: T, from: 08:00, to: 17:00 }]\n"
		"rules:\n  - { source: [H, N, D], destination: A, service: S, time: T, action: accept }\n"
		"nat: [{ source: A, translated_source: masquerade }, { service: P, translated_destination: A, translated_service: P }]\n";
	static const struct { const char *old, *new, *want; } rows[] = {
		{ "192.0.2.0/24", "192.0.2.0/25", "networks" }, { "host: 192.0.2.7", "host: 192.0.2.8", "names" },
		{ "members: [A, N]", "members: [A, B]", "groups" }, { "flags: syn", "flags: [syn, no-ack]", "services" },
		{ "17:00", "18:00", "times" }, { "[H, N, D]", "[H, N]", "rules" }, { "time: T, ", "", "rules" },
		{ "time: T, ", "time: T, comment: said, ", "" }, { "translated_source: masq", "disabled: true, translated_source: masq", "nat" },
		{ "masquerade", "198.51.100.9", "nat" }, { "destination: A, translated_service: P", "destination: B", "nat" },
		{ "destination: A, translated_service: P", "destination: A", "nat" }, { "nat: [", "nat: [{ source: A }, ", "nat" },
	};
	_free_ char *before = xasprintf("%s%s", HEAD A B, was);
	_free_ struct plan *one = begin(before);

	(void)state;
	for (size_t i = 0; i < nitems(rows); i++) {
		const char *at = strstr(before, rows[i].old);
		_free_ char *after = xasprintf("%.*s%s%s", (int)(at - before), before, rows[i].new, at + strlen(rows[i].old));
		_free_ struct plan *two = next(one, after, 2000);

		same_words(one, two, rows[i].want);
	}
}

/* What a plan before gave goes on for connections that are open, on the way back as well; places mean the same. */
static void outside_addresses_are_kept(void **state)
{
	static const char nat[] = RULES
		"nat: [{ source: B, translated_source: 198.51.100.9 }, { service: S, translated_destination: A }]\n"
		"services: [{ name: S, protocol: tcp, ports: 80 }]\n";
	_free_ char *text = xasprintf("%s%s", HEAD A B GROUP("[A, B]"), nat);
	_free_ struct plan *one = begin(text), *two = NULL, *three = NULL, *back = xcalloc(1, sizeof(*back));
	uint32_t list[MAX_OUTSIDE];

	(void)state;
	assert_int_equal(nat_addresses(&one->net, list), 2);
	assert_int_equal(list[0], UPLINK_ADDRESS);
	assert_int_equal(nat_pots(&one->net, UPLINK_ADDRESS), 1);
	assert_int_equal(nat_pots(&one->net, 0xc6336409), 3);	/* B by it, A since any address of the gateway's is led there */
	two = next(one, HEAD A B GROUP("[A, B]") RULES, 2000);
	same_words(one, two, "services; nat");
	assert_int_equal(nat_addresses(&two->net, list), 2);
	assert_int_equal(nat_pots(&two->net, 0xc6336409), 3);
	three = next(two, HEAD B GROUP("[B]") "rules: [{ source: any, destination: B, action: accept }]\n", 3000);
	assert_int_equal(nat_pots(&three->net, 0xc6336409), 2);
	replan_back(one, two, back);
	assert_int_equal(replan_fits(two, back), 0);
	assert_int_equal(nat_pots(&back->net, UPLINK_ADDRESS), 1);
	three->net.before[0].address = UPLINK_FAR;
	assert_int_equal(replan_fits(two, three), -EBADMSG);
}

/* many() - the file of @n honeypots, each of them with @memory MiB */
static char *many(uint32_t n, uint32_t memory)
{
	_text_ struct text t = { 0 };

	text_add(&t, HEAD);
	for (uint32_t i = 0; i < n; i++)
		text_addf(&t, "  - { name: P%u, address: 10.10.10.%u, image: apache, memory: %u MiB }\n", i, i + 2, memory);
	text_add(&t, "rules: [{ source: any, destination: any, action: accept }]\n");
	return xstrdup(text_str(&t));
}

/* Places that somebody had are given away last, and never in the step that frees them. */
static void places_are_used_again_when_there_is_no_new_one(void **state)
{
	_free_ char *all = many(MAX_HONEYPOTS, 96), *few = many(2, 96), *larger = many(MAX_HONEYPOTS, 128), *two = many(2, 128);
	_free_ struct plan *one = begin(all), *then = NULL, *again = NULL, *late = NULL;
	struct honeynet *full = xcalloc(1, sizeof(*full));

	(void)state;
	read_net(larger, full);
	assert_int_equal(replan_places(&one->net, full), -ENOSPC);
	free(full);
	then = next(one, few, 2000);
	assert_int_equal(honeypots_there(&then->net), 3);
	again = next(then, two, 3000);
	assert_int_equal(honeypots_there(&again->net), 4 | 8);
	assert_int_equal(replan_fits(then, again), 0);
	assert_int_equal(again->born_us[2], 3000);
	late = next(again, larger, 4000);
	assert_int_equal(honeypots_there(&late->net), UINT64_MAX);
	assert_int_equal(late->born_us[2], 3000);
	assert_int_equal(late->born_us[1], 4000);
	assert_int_equal(replan_fits(again, late), 0);
}

/* An instance is known by the place of the honeypot that it is one of. */
static void instances_follow_their_honeypot(void **state)
{
	_free_ struct plan *one = begin(HEAD B A_TWICE GROUP("[A, B]") RULES), *two = NULL, *bad = xcalloc(1, sizeof(*bad));
	uint32_t at;

	(void)state;
	two = next(one, HEAD C A_TWICE GROUP("[A]") RULES, 2000);
	assert_int_equal(honeypot_find(&two->net, "A-1", &at), 0);
	assert_int_equal(at, 2);
	assert_string_equal(two->net.honeypot[two->net.honeypot[at].instance_of].name, "A");
	assert_int_equal(two->net.honeypot[at].instance_of, 1);
	same_words(one, two, "added C; removed B; groups");
#define REFUSED(change) do { *bad = *two; change; assert_int_equal(replan_fits(one, bad), -EBADMSG); } while (0)
	REFUSED(bad->net.honeypot[2].instance_of = 3);
	REFUSED(bad->net.honeypot[2].instance_of = UINT16_MAX);
	REFUSED(bad->net.honeypot[2].is_instance = false);
	REFUSED(bad->net.honeypot[2].gone = true);
	REFUSED(bad->net.honeypot[1].instances.max = 2);
	REFUSED(bad->net.honeypot[3].instances.max = 1);
	REFUSED((bad->net.honeypot[3].is_instance = true, bad->net.honeypot[3].instance_of = 1));
#undef REFUSED
}

/* The way back is a plan like any other: who came is removed, and all else is what it was. */
static void what_was_added_can_be_taken_back(void **state)
{
	_free_ char *few = many(2, 96), *all = many(MAX_HONEYPOTS, 96), *third = many(3, 128);
	_free_ struct plan *one = begin(HEAD A B GROUP("[A, B]") RULES), *two = NULL, *again = NULL, *full = begin(all), *left = NULL,
			   *used = NULL, *back = xcalloc(1, sizeof(*back));

	(void)state;
	two = next(one, HEAD A B C GROUP("[A, C]") "containment: { tcp: 5 }\n" RULES, 2000);
	strcpy(one->file, "/one");
	strcpy(two->image[2], "/roxen");
	replan_back(one, two, back);
	same_words(two, back, "removed C; groups; containment");
	assert_int_equal(honeypots_there(&back->net), 3);
	assert_string_equal(back->net.honeypot[2].name, "C");
	assert_string_equal(back->image[2], "/roxen");
	assert_string_equal(back->file, "/one");
	again = next(back, HEAD A B C GROUP("[A, B]") RULES, 3000);
	same_words(back, again, "added C");
	assert_int_equal(honeypots_there(&again->net), 1 | 2 | 8);

	/* at a place that somebody had before: there it is the last one that is gone */
	left = next(full, few, 2000);
	used = next(left, third, 3000);
	replan_back(left, used, back);
	assert_int_equal(replan_fits(used, back), -EBADMSG);	/* P0 and P1 were changed: they do not come back so */
	free(used);
	used = next(left, few, 3000);
	strcpy(used->net.honeypot[2].name, "New");
	used->net.honeypot[2].gone = false;
	used->born_us[2] = 3000;
	same_words(left, used, "added New");
	replan_back(left, used, back);
	same_words(used, back, "removed New");
	assert_string_equal(back->net.honeypot[2].name, "New");
}

#define RULE(from, to, more) "  - { source: " from ", destination: " to ", action: accept" more " }\n"
#define BOTH GROUP("[A, B]") WEB("[80, 443]")

static void rules_that_change_are_named(void **state)
{
	static const struct { const char *was, *is, *text; } rows[] = {
		{ RULE("any", "A", "") RULE("G", "any", ""), RULE("any", "A", "") RULE("B", "G", "") RULE("G", "any", ""),
		  "  + rule 1: B -> G: any service: accept\n" },
		{ RULE("any", "A", "") RULE("B", "G", "") RULE("G", "any", ""), RULE("G", "any", ""),
		  "  - rule 0: any -> A: any service: accept\n  - rule 1: B -> G: any service: accept\n" },
		{ RULE("any", "A", "") RULE("G", "any", ""), RULE("any", "A", ", log: false, service: web") RULE("G", "any", ""),
		  "  - rule 0: any -> A: any service: accept\n  + rule 0: any -> A: web: accept, not logged\n" },
		{ RULE("A", "any", "") RULE("B", "any", "") RULE("G", "any", ""), RULE("G", "any", "") RULE("A", "any", "") RULE("B", "any", ""),
		  "  + rule 0: G -> any: any service: accept\n  - rule 2: G -> any: any service: accept\n" },
		{ RULE("Firewall", "[A, B]", ""), RULE("Firewall", "[A, G]", ""),
		  "  - rule 0: Firewall -> A, B: any service: accept\n  + rule 0: Firewall -> A, G: any service: accept\n" },
	};

	(void)state;
	for (size_t i = 0; i < nitems(rows); i++) {
		_free_ char *was = xasprintf("%srules:\n%s", HEAD A B BOTH, rows[i].was);
		_free_ char *is = xasprintf("%srules:\n%s", HEAD A B BOTH, rows[i].is), *want = xasprintf("~ rules\n%s", rows[i].text);
		_free_ struct plan *one = begin(was), *two = next(one, is, 2000);
		struct changes c = { one, two, { 0 } };
		_text_ struct text t = { 0 };

		replan_change(one, two, &c.what);
		changes_text(&c, &t);
		assert_string_equal(text_str(&t), want);
	}
}

static void what_is_different_is_shown(void **state)
{
	_free_ struct plan *one = begin(HEAD A B BOTH "containment: { fence: [192.0.2.0/24] }\n" RULES), *two = NULL, *none = NULL;
	_text_ struct text text = { 0 }, json = { 0 }, nothing = { 0 };
	struct changes c = { .before = one };

	(void)state;
	c.next = two = next(one, HEAD B_LARGE C GROUP("[B, C]") WEB("[80, 443]")
			    "containment: { tcp: 5, bytes: 1 GiB, session: { udp: 0 }, isolation: true, refuse: pretend, resolvers: 192.0.2.53, fence: [198.51.100.0/24] }\nrules:\n" RULE("G", "any", ""), 2000);
	replan_change(one, two, &c.what);
	changes_text(&c, &text);
	assert_string_equal(text_str(&text),
		"- A            10.10.10.11     apache, 96 MiB, host name a\n"
		"~ B            memory 96 MiB -> 128 MiB (a new one takes its place)\n"
		"+ C            10.10.10.13     roxen, 96 MiB, host name c\n"
		"~ groups\n~ rules\n  - rule 0: any -> A: any service: accept\n"
		"~ containment\n  tcp 20 -> 5\n  bytes 100 MiB -> 1024 MiB\n  refuse drop -> pretend\n  isolation false -> true\n  session udp no limit -> 0\n"
		"  - fence 192.0.2.0/24\n  + fence 198.51.100.0/24\n  + resolvers 192.0.2.53/32\n");
	changes_json(&c, &json);
	assert_string_equal(text_str(&json),
		"\"added\":[\"C\"],\"removed\":[\"A\"],\"changed\":[{\"name\":\"B\",\"changes\":[\"memory 96 MiB -> 128 MiB\"]}],"
		"\"parts\":[\"groups\",\"rules\",\"containment\"],"
		"\"rules\":[{\"change\":\"removed\",\"rule\":0,\"line\":11,\"says\":\"any -> A: any service: accept\"}],\"nat\":[]");
	c.next = none = next(one, HEAD A B BOTH "containment: { fence: [192.0.2.0/24] }\n" RULES, 2000);
	replan_change(one, none, &c.what);
	changes_text(&c, &nothing);
	assert_string_equal(text_str(&nothing), "nothing is different from what runs\n");
}

/* What was done by hand is in the plan, for the kernel; it is no difference. */
static void what_is_by_hand_is_no_difference(void **state)
{
	_free_ struct plan *one = begin(HEAD A B GROUP("[A, B]") "containment: { fence: [192.0.2.0/24] }\n" RULES);
	_free_ struct plan *two = xcalloc(1, sizeof(*two));
	struct containment *c = &two->net.containment;

	(void)state;
	*two = *one;
	c->locked = true;
	c->fence[c->n_fence++] = (struct network)NETWORK4(0xcb007100, 24);
	c->n_by_hand++;
	c->own[0] = (struct own_budgets){ .set = 1, .limit = { 9 } };
	same_words(one, two, "");
	c->n_by_hand--;
	same_words(one, two, "containment");
	c->n_by_hand = 3;
	assert_int_equal(replan_fits(one, two), -EBADMSG);
}

static void what_does_not_fit_is_refused(void **state)
{
	_free_ struct plan *one = begin(HEAD A B GROUP("[A, B]") RULES), *two = next(one, HEAD A C GROUP("[A, C]") RULES, 2000);
	_free_ struct plan *bad = xcalloc(1, sizeof(*bad));

	(void)state;
	assert_int_equal(replan_fits(one, two), 0);
#define REFUSED(change) do { *bad = *two; change; assert_int_equal(replan_fits(one, bad), -EBADMSG); } while (0)
	REFUSED(bad->epoch++);
	REFUSED(strcpy(bad->state, "/elsewhere"));
	REFUSED(strcpy(bad->kernel, "/bin/sh"));
	REFUSED(bad->net.network ^= 1 << 8);
	REFUSED(strcpy(bad->net.store, "mariadb"));
	REFUSED(bad->net.capture.ring_mb++);
	REFUSED(bad->net.n_honeypots = MAX_HONEYPOTS + 1);
	REFUSED(bad->net.n_honeypots = 1);
	REFUSED(bad->net.honeypot[0].memory_mb++);	/* it runs */
	REFUSED((bad->net.honeypot[1].gone = false, bad->born_us[1] = 2000));	/* its place would have two */
	REFUSED(bad->born_us[2] = 900);
	REFUSED(strcpy(bad->net.honeypot[2].name, "../C"));
	REFUSED(strcpy(bad->net.honeypot[2].image, ""));
	REFUSED(memset(bad->net.honeypot[2].hostname, 'x', HOST_NAME_SIZE));
	REFUSED(memset(bad->image[2], 'x', sizeof(bad->image[2])));
	REFUSED(memset(bad->file, 'x', sizeof(bad->file)));
	REFUSED(bad->net.honeypot[2].address = 0x0b000001);
	REFUSED(bad->net.honeypot[2].address = bad->net.firewall_address);
	REFUSED(bad->n_probes[2] = MAX_PROBES + 1);
	REFUSED(bad->net.honeypot[2].n_services = MAX_PROBES + 1);
	REFUSED(bad->net.honeypot[2].n_honeytokens = MAX_HONEYTOKENS + 1);
	REFUSED(memset(bad->net.honeypot[2].seed, 'x', HOST_NAME_SIZE));
	REFUSED(bad->net.containment.n_fence = MAX_FENCE + 1);
	REFUSED((bad->net.containment.n_fence = 1, bad->net.containment.fence[0].prefix = 129));
	REFUSED(bad->net.containment.n_black = MAX_LISTED + 1);
	REFUSED(bad->net.containment.n_white = 1);	/* a network without a prefix */
	REFUSED(bad->net.containment.n_resolvers = MAX_LISTED + 1);
	REFUSED(bad->net.containment.destinations++);
	REFUSED(bad->net.containment.jitter = MAX_JITTER + 1);
	REFUSED(bad->net.containment.refuse = REFUSE_TARPIT + 1);
	REFUSED(bad->net.containment.tagged = true);
	REFUSED(bad->net.containment.session.set = 1 << BUDGETS);
	REFUSED(bad->net.containment.own[0].set = 1 << BUDGETS);
	REFUSED((bad->net.containment.own[0].set = 1, bad->net.containment.own[0].limit[BUDGET_TCP] = MAX_BUDGET + 1));
	REFUSED(bad->net.n_groups = MAX_GROUPS + 1);
	REFUSED(bad->net.group[0].member[0].index = 1);
	REFUSED(bad->net.group[0].member[0].kind = OBJECT_GROUP);
	REFUSED(bad->net.group[0].n_members = MAX_MEMBERS + 1);
	REFUSED(memset(bad->net.group[0].name, 'x', NAME_SIZE));
	REFUSED(bad->net.rule[0].n_sources = 0);
	REFUSED(bad->net.rule[0].n_sources = MAX_REFS + 1);
	REFUSED(bad->net.rule[1].source[0].index = 9);
	REFUSED(bad->net.rule[0].n_services = 1);
	REFUSED(bad->net.n_networks = MAX_NETWORKS + 1);
	REFUSED((bad->net.n_networks = 1, bad->net.networks[0].n = 1));
	REFUSED((bad->net.n_networks = bad->net.n_ranges = 1, bad->net.networks[0].first = UINT32_MAX, bad->net.networks[0].n = 2));
	REFUSED(bad->net.rule[0].source[0].kind = OBJECT_NETWORK);
	REFUSED(bad->net.rule[0].n_times = 1);
	REFUSED(bad->net.rule[0].limit = 1);
	REFUSED(bad->net.rule[0].action = ACTION_CONTINUE + 1);
	REFUSED(bad->net.rule[0].direction = DIRECTION_BETWEEN + 1);
	REFUSED(memset(bad->net.rule[0].comment, 'x', COMMENT_SIZE));
	REFUSED(bad->net.nids.n_rules = MAX_RULE_FILES + 1);
	REFUSED(bad->net.nids.prevention.n_rules = MAX_RULE_FILES + 1);
	REFUSED(memset(bad->net.nids.prevention.lacks, 'x', WORDS_SIZE));
	REFUSED(memset(bad->net.guard.allow[3], 'x', sizeof(bad->net.guard.allow[3])));
	REFUSED(bad->objectives.n = MAX_OBJECTIVES + 1);
#undef REFUSED
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_place_is_kept),
		cmocka_unit_test(nothing_different_is_said),
		cmocka_unit_test(parts_are_told_apart),
		cmocka_unit_test(rules_are_compared_by_what_they_say),
		cmocka_unit_test(what_rules_are_made_of_is_compared),
		cmocka_unit_test(outside_addresses_are_kept),
		cmocka_unit_test(places_are_used_again_when_there_is_no_new_one),
		cmocka_unit_test(instances_follow_their_honeypot),
		cmocka_unit_test(what_was_added_can_be_taken_back),
		cmocka_unit_test(rules_that_change_are_named),
		cmocka_unit_test(what_is_different_is_shown),
		cmocka_unit_test(what_is_by_hand_is_no_difference),
		cmocka_unit_test(what_does_not_fit_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
