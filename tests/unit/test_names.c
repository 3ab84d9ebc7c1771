/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of the DNS in the rules. What is asked here needs no server: addresses are names, too. */
#include "unit.h"

#include <string.h>

#include "base/mem.h"
#include "cli/names.h"
#include "config/config.h"
#include "policy/policy.h"

#define HEAD "name: a\nnetwork: 192.168.7.0/28\nfirewall: {name: f, address: 192.168.7.1}\n" \
	     "honeypots: [{name: pot, address: 192.168.7.14, image: dns}]\n"
#define RULES "rules: [{source: [first, list], destination: pot, action: drop}]\n"

static void read_net(const char *text, struct honeynet *ret)
{
	_diag_ struct diag d = { 0 };

	assert_int_equal(config_read(text, strlen(text), ret, &d), 0);
}

static void an_address_is_its_own_name(void **state)
{
	static const char text[] = HEAD "networks: [{name: list, addresses: [192.0.2.1, 192.0.2.7]}]\n"
		"names: [{name: first, host: 192.0.2.7}, {name: second, host: 198.51.100.2}]\n" RULES;
	_free_ struct honeynet *n = xcalloc(1, sizeof(*n));
	_text_ struct text rules = { 0 }, words = { 0 }, json = { 0 }, lint = { 0 };
	_diag_ struct diag d = { 0 };

	(void)state;
	read_net(text, n);
	assert_int_equal(names_find(n, &d), 0);
	assert_int_equal(n->n_ranges, 4);
	policy_compile(n, &rules);
	assert_non_null(strstr(text_str(&rules), "ip saddr { 192.0.2.1, 192.0.2.7 } ip daddr { 192.168.7.14 } goto forward_0"));
	policy_lint(n, false, &lint);
	assert_string_equal(text_str(&lint), "line 6: no rule names name second\n");
	names_put(n, false, &words);
	assert_string_equal(text_str(&words), "first is 192.0.2.7: 192.0.2.7\nsecond is 198.51.100.2: 198.51.100.2\n");
	names_put(n, true, &json);
	assert_non_null(strstr(text_str(&json), "{\"name\":\"second\",\"host\":\"198.51.100.2\",\"addresses\":[\"198.51.100.2\"]}\n"));
}

static void one_without_an_address_is_told_at_its_place(void **state)
{
	static const char text[] = HEAD "names:\n  - name: first\n    host: 192.0.2.7\n" "networks: [{name: list, addresses: 192.0.2.1}]\n" RULES;
	_free_ struct honeynet *n = xcalloc(1, sizeof(*n));
	_diag_ struct diag d = { 0 };

	(void)state;
	read_net(text, n);
	n->n_ranges = MAX_RANGES;	/* so that nobody has to be asked for a name that there is not */
	assert_true(names_find(n, &d) < 0);
	assert_int_equal(d.n, 1);
	assert_true(d.at[0].line == 7 && d.at[0].column == 11);
	assert_string_equal(d.at[0].text, "host: 192.0.2.7 has no IPv4 address: there is no room left");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_is_its_own_name),
		cmocka_unit_test(one_without_an_address_is_told_at_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
