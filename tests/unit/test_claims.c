/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Claims on instances, on the real sets of a gateway without traffic: what the kernel would note of a
 * packet is put there by hand. test_policy.c has the packets.
 */
#include "folder.h"
#include "unit.h"

#include <stdio.h>

#include "config/config.h"
#include "model/plan.h"
#include "net/conntrack.h"
#include "net/firewall.h"
#include "net/netns.h"
#include "policy/policy.h"
#include "roles/claims.h"

enum { I = 3, OTHER = 4, POT = 1 };	/* instances of "web"; a honeypot without any */
#define S_US 1000000ull
#define EVE 0xc0000207u			/* 192.0.2.7 */

struct told {
	unsigned n;
	uint32_t honeypot, source;
};

static struct plan *plan;
static struct claims claims;
static struct firewall *looks;		/* another one: libnftables lists nothing right after a command that failed */
static struct told told;

static void tell(void *arg, uint32_t honeypot, uint32_t source)
{
	struct told *t = arg;

	*t = (struct told){ t->n + 1, honeypot, source };
}

static void must(const char *command)
{
	const char *why;

	if (firewall_load(claims.firewall, command, &why) < 0)
		fail_msg("%s: %s", command, why);
}

static bool has(const char *set, const char *element)
{
	_free_ char *command = xasprintf("get element inet skep %s { %s }\n", set, element);
	const char *why;

	return firewall_load(looks, command, &why) == 0;
}

static int setup(void **state)
{
	_diag_ struct diag d = { 0 };
	_text_ struct text rules = { 0 };
	int ns;

	if (fresh_dir(state) < 0)
		return -1;
	plan = xcalloc(1, sizeof(*plan));
	if (config_load("tests/golden/policy/instances.yaml", &plan->net, &d) < 0)
		return -1;
	for (uint32_t i = 0; i < plan->net.n_honeypots; i++)
		snprintf(plan->disk[i], sizeof(plan->disk[i]), "%s/disk-%u", dir, i);
	told = (struct told){ 0 };
	claims = (struct claims){ .plan = plan, .tell = tell, .arg = &told, .conntrack = -1 };
	if (geteuid())
		return 0;
	ns = netns_new();
	if (ns < 0 || firewall_open(ns, &claims.firewall) < 0 || firewall_open(ns, &looks) < 0 || (claims.conntrack = conntrack_open(ns)) < 0)
		return -1;
	close(ns);
	policy_compile(&plan->net, &rules);
	must(text_str(&rules));
	return 0;
}

static int teardown(void **state)
{
	firewall_close(claims.firewall);
	looks = firewall_close(looks);
	if (claims.conntrack >= 0)
		close(claims.conntrack);
	free(plan);
	return remove_dir(state);
}

static bool no_root(void)
{
	if (claims.firewall)
		return false;
	print_message("# needs root: a network namespace\n");
	skip();
	return true;
}

/* The news since it was asked last: whether there is any, and just this. */
static bool was_told(uint32_t honeypot, uint32_t source)
{
	struct told t = told;

	told.n = 0;
	return t.n == 1 && t.honeypot == honeypot && t.source == source;
}

static void eve_claims(void)
{
	must("add element inet skep claim_3 { 192.0.2.7 counter packets 1 bytes 60 }\n");
}

/* sent() - so many packets from whoever has it, in all */
static void sent(unsigned packets)
{
	_free_ char *command = xasprintf("add element inet skep came { 10.10.10.253 counter packets %u bytes 1 }\n", packets);

	if (has("came", "10.10.10.253"))
		must("delete element inet skep came { 10.10.10.253 }\n");
	must(command);
}

static void only_what_is_up_on_a_new_disk_is_open(void **state)
{
	(void)state;
	if (no_root())
		return;
	assert_false(has("open_3", "ipv4"));
	claims_offer(&claims, I);
	assert_true(was_told(I, 0) && has("open_3", "ipv4") && !has("open_4", "ipv4"));
	assert_true(claims_was_used(plan, I));		/* may have been, if we end now */
	claims_withdraw(&claims, I);
	assert_false(has("open_3", "ipv4") || claims_was_used(plan, I) || told.n);
	claims_offer(&claims, POT);
	claims_disk(&claims, POT, true);
	assert_false(claims_was_used(plan, POT) || told.n);
	claims_disk(&claims, OTHER, true);
	claims_offer(&claims, OTHER);
	assert_true(claims_was_used(plan, OTHER) && !has("open_4", "ipv4") && !told.n);
}

static void who_knocks_keeps_it_for_a_minute(void **state)
{
	(void)state;
	if (no_root())
		return;
	claims_offer(&claims, I);
	assert_true(was_told(I, 0));
	claims_look(&claims, 1000 * S_US);
	eve_claims();
	claims_look(&claims, 1002 * S_US);
	assert_true(!has("open_3", "ipv4") && has("claim_3", "192.0.2.7"));
	claims_look(&claims, 1061 * S_US);
	assert_true(has("claim_3", "192.0.2.7") && !told.n);
	claims_look(&claims, 1062 * S_US);
	assert_true(was_told(I, 0) && has("open_3", "ipv4") && !has("claim_3", "192.0.2.7"));
}

static void who_comes_in_has_it_until_its_disk_is_new(void **state)
{
	(void)state;
	if (no_root())
		return;
	sent(7);		/* of one before */
	claims_offer(&claims, I);
	assert_true(was_told(I, 0));
	eve_claims();
	sent(8);
	claims_look(&claims, 1000 * S_US);
	assert_true(was_told(I, EVE));
	claims_look(&claims, 9000 * S_US);
	assert_false(told.n);
	sent(9);
	claims_look(&claims, 9002 * S_US);
	assert_true(was_told(I, EVE));
	for (int again = 0; again < 2; again++) {	/* he restarts it */
		claims_withdraw(&claims, I);
		claims_offer(&claims, I);
	}
	assert_true(has("claim_3", "192.0.2.7") && !has("open_3", "ipv4") && claims_was_used(plan, I) && !told.n);
	claims_disk(&claims, I, false);
	assert_true(has("claim_3", "192.0.2.7") && !has("open_3", "ipv4") && !claims_was_used(plan, I) && !told.n);
	claims_offer(&claims, I);
	assert_true(was_told(I, 0) && has("open_3", "ipv4") && !has("claim_3", "192.0.2.7"));
}

/* Nobody has looked yet when it goes down, or when the honeynet ends. */
static void who_just_came_in_is_seen_at_the_end(void **state)
{
	(void)state;
	if (no_root())
		return;
	claims_offer(&claims, I);
	assert_true(was_told(I, 0));
	eve_claims();
	sent(1);
	claims_withdraw(&claims, I);
	assert_true(was_told(I, EVE) && claims_was_used(plan, I) && !has("open_3", "ipv4"));
	claims_offer(&claims, I);
	assert_false(told.n || has("open_3", "ipv4"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(only_what_is_up_on_a_new_disk_is_open, setup, teardown),
		cmocka_unit_test_setup_teardown(who_knocks_keeps_it_for_a_minute, setup, teardown),
		cmocka_unit_test_setup_teardown(who_comes_in_has_it_until_its_disk_is_new, setup, teardown),
		cmocka_unit_test_setup_teardown(who_just_came_in_is_seen_at_the_end, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
