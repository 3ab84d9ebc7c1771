/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whoever touches our rules is noticed, and what policy_replace() puts in their place is as good as they were. */
#include "wired.h"

#include "base/mem.h"
#include "base/text.h"
#include "config/config.h"
#include "net/rules_sum.h"
#include "policy/policy.h"

static struct honeynet net;
static int sums;

static uint64_t sum(void)
{
	uint64_t s = 0;

	assert_int_equal(rules_sum(sums, &s), 0);
	return s;
}

static int setup(void **state)
{
	_text_ struct text rules = { 0 };
	_diag_ struct diag d = { 0 };

	if (lab_open(state) < 0 || !lab.home)
		return lab.home ? -1 : 0;
	if (config_load("etc/honeynet.yaml", &net, &d) < 0)
		return -1;
	policy_compile(&net, &rules);
	sums = rules_sum_open(lab.gw);
	return sums < 0 ? -1 : nft(lab.gw, text_str(&rules));
}

static void what_they_count_is_not_in_it(void **state)
{
	static const char *const rows[] = {
		"add element inet skep alive { ipv4 timeout 600s }", "add element inet skep fence { 192.0.2.0/24 }",
		"add element inet skep lockdown { ipv4 }", "add element inet skep blocked { 192.0.2.1 timeout 5s }",
		"flush set inet skep budget_tcp", "table inet mine { chain f { type filter hook forward priority 7; accept; }; }",
		"delete table inet mine", "table inet skep_owner { chain f { type filter hook forward priority -5; }; }",
		"flush set inet skep lockdown",
	};
	uint64_t before;

	(void)state;
	if (no_lab())
		return;
	before = sum();
	for (size_t i = 0; i < nitems(rows); i++) {
		assert_int_equal(nft(lab.gw, rows[i]), 0);
		if (sum() != before)
			fail_msg("%s", rows[i]);
	}
}

static void whoever_touches_them_is_noticed_and_they_are_mended(void **state)
{
	static const struct { const char *deed; bool lost; } rows[] = {
		{ "flush table inet skep", false },
		{ "flush chain inet skep forward", false },
		{ "flush table bridge skep_l2", false },
		{ "insert rule inet skep forward accept", false },
		{ "add rule inet skep output drop", false },
		{ "add chain inet skep forward { policy accept; }", false },
		{ "flush table inet skep; delete chain inet skep forward", false },
		{ "add table inet skep { flags dormant; }", false },
		{ "delete table bridge skep_l2", true },
		{ "delete table inet skep", true },
		{ "flush ruleset", true },
	};

	(void)state;
	if (no_lab())
		return;
	for (size_t i = 0; i < nitems(rows); i++) {
		_text_ struct text replace = { 0 }, all = { 0 };
		uint64_t before = sum(), after;

		assert_int_equal(nft(lab.gw, rows[i].deed), 0);
		if (sum() == before)
			fail_msg("%s was not noticed", rows[i].deed);
		policy_replace(&net, &net, &replace);
		policy_compile(&net, &all);
		if ((nft(lab.gw, text_str(&replace)) != 0) != rows[i].lost)
			fail_msg("%s: what is counted is %s", rows[i].deed, rows[i].lost ? "kept" : "lost");
		if (rows[i].lost)
			assert_int_equal(nft(lab.gw, text_str(&all)), 0);
		after = sum();
		run(lab.gw, "nft list table inet skep | grep -q 'hook forward priority filter; policy drop' && "
		    "! nft list table inet skep | grep -q dormant && nft list table inet skep | grep -q 'refused_fence' && "
		    "nft list table bridge skep_l2 | grep -q port_bind");
		assert_true(sum() == after);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_they_count_is_not_in_it),
		cmocka_unit_test(whoever_touches_them_is_noticed_and_they_are_mended),
	};

	return cmocka_run_group_tests(tests, setup, lab_close);
}
