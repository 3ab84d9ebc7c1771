/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is made of the kernel's rules and of what the checks say. On a running one: tests/system/test_conformance.py. */
#include "unit.h"

#include <stdbool.h>
#include <string.h>

#include "base/mem.h"
#include "policy/ruleset.h"
#include "report/conformance.h"

/* As nft 1.0.6 lists them; @alive, @head, @first and @flags are what a test changes. */
static const char *listing(const char *alive, const char *head, const char *first, const char *flags)
{
	static struct text t;

	text_clear(&t);
	text_addf(&t,
		  "table bridge skep_l2 {\n\tchain l2_pre {\n\t\ttype filter hook prerouting priority -300; policy accept;\n"
		  "\t\tether type ip iifname . ether saddr . ip saddr @port_bind accept\n\t}\n}\n"
		  "table inet skep {\n\tset alive {\n\t\ttype nf_proto\n\t\tflags timeout\n%s\t}\n\n"
		  "\tset budget_tcp {\n\t\ttype ipv4_addr\n\t}\n\tset budget_udp {\n\t\ttype ipv4_addr\n\t}\n"
		  "\tset budget_icmp {\n\t\ttype ipv4_addr\n\t}\n\tset budget_other {\n\t\ttype ipv4_addr\n\t}\n"
		  "\tset budget_bytes {\n\t\ttype ipv4_addr\n\t}\n\tset budget_lateral {\n\t\ttype ipv4_addr\n\t}\n"
		  "\tchain forward {\n%s%s"
		  "\t\tmeta mark & 0x00000100 == 0x00000000 log prefix \"skep:drop:owner \" group 1 drop\n"
		  "\t\tct state established goto pass_established\n\t\tlog prefix \"skep:drop:default \" group 1 drop\n\t}\n}\n"
		  "table inet skep_owner { # progname skep\n%s\tchain mark {\n"
		  "\t\ttype filter hook forward priority filter - 5; policy accept;\n\t\tmeta mark set meta mark | 0x00000100\n\t}\n}\n",
		  alive, head, first, flags);
	return text_str(&t);
}

#define ALIVE "\t\telements = { ipv4 timeout 1s500ms expires 1s492ms }\n"
#define HEAD "\t\ttype filter hook forward priority filter; policy drop;\n"
#define FIRST "\t\tmeta nfproto != @alive log prefix \"skep:drop:dead-man \" group 1 drop\n"
#define FLAGS "\tflags owner\n\n"

static void rules_that_contain_are_known(void **state)
{
	struct ruleset r;

	(void)state;
	ruleset_look(listing(ALIVE, HEAD, FIRST, FLAGS), &r);
	assert_true(r.drops && r.locked && r.states && r.alive && r.owned && r.bridge);
	assert_int_equal(r.alive_ms, 1492);
	assert_int_equal(r.budgets, BUDGETS);
	assert_false(r.resolvers || r.isolation);
	ruleset_look(listing(ALIVE, HEAD, FIRST "\t\tiifname \"br0\" oifname \"br0\" goto {\n\t\t\tdrop\n\t\t}\n\t\tiifname \"br0\" oifname != \"br0\" "
			     "ct direction original meta l4proto { 6, 17 } th dport { 53, 853 } ip daddr != @resolvers goto {\n\t\t\tdrop\n\t\t}\n", FLAGS), &r);
	assert_true(r.resolvers && r.isolation);
}

static void rules_that_do_not_are_found(void **state)
{
	static const struct { const char *what, *alive, *head, *first, *flags; bool drops, locked, is_alive, owned; } rows[] = {
		{ "open policy", ALIVE, "\t\ttype filter hook forward priority filter; policy accept;\n", FIRST, FLAGS,
		  false, true, true, true },
		{ "accept before", ALIVE, HEAD "\t\tip daddr 192.0.2.1 accept\n", FIRST, FLAGS, true, false, true, true },
		{ "jump between", ALIVE, HEAD, FIRST "\t\tjump x\n", FLAGS, true, false, true, true },
		{ "lock gone", ALIVE, HEAD, "", FLAGS, true, false, true, true },
		{ "lock that only logs", ALIVE, HEAD, "\t\tmeta nfproto != @alive log prefix \"skep:drop:dead-man \" group 1\n",
		  FLAGS, true, false, true, true },
		{ "nobody alive", "", HEAD, FIRST, FLAGS, true, true, false, true },
		{ "alive for ever", "\t\telements = { ipv4 }\n", HEAD, FIRST, FLAGS, true, true, false, true },
		{ "alive too long", "\t\telements = { ipv4 timeout 1h expires 59m59s }\n", HEAD, FIRST, FLAGS, true, true, false,
		  true },
		{ "nobody's table", ALIVE, HEAD, FIRST, "", true, true, true, false },
	};

	(void)state;
	for (size_t i = 0; i < nitems(rows); i++) {
		struct ruleset r;

		ruleset_look(listing(rows[i].alive, rows[i].head, rows[i].first, rows[i].flags), &r);
		if (r.drops != rows[i].drops || r.locked != rows[i].locked || r.alive != rows[i].is_alive ||
		    r.owned != rows[i].owned)
			fail_msg("%s: %d %d %d %d", rows[i].what, r.drops, r.locked, r.alive, r.owned);
	}
}

static void the_time_that_is_left_is_read(void **state)
{
	static const struct { const char *left; uint32_t ms; } rows[] = {
		{ "1s492ms", 1492 }, { "1s", 1000 }, { "7ms", 7 }, { "0s", 0 },
	};

	(void)state;
	for (size_t i = 0; i < nitems(rows); i++) {
		_free_ char *alive = xasprintf("\t\telements = { ipv4 timeout 1s500ms expires %s }\n", rows[i].left);
		struct ruleset r;

		ruleset_look(listing(alive, HEAD, FIRST, FLAGS), &r);
		if (!r.alive || r.alive_ms != rows[i].ms)
			fail_msg("%s: %u", rows[i].left, r.alive_ms);
	}
}

static void no_rules_contain_nothing(void **state)
{
	static const char *const rows[] = { "", "table inet skep {", "table inet skep {\n\tchain forward {\n", "}}}}", "\n\n" };

	(void)state;
	for (size_t i = 0; i < nitems(rows); i++) {
		struct ruleset r;

		ruleset_look(rows[i], &r);
		assert_false(r.drops || r.locked || r.states || r.alive || r.owned || r.bridge || r.budgets);
	}
}

static void what_was_not_looked_at_passes_nothing(void **state)
{
	_conformance_ struct conformance c = { 0 };
	_text_ struct text t = { 0 };

	(void)state;
	met(&c, REQ_DC_1, MET_PASS, "%s", "");
	conformance_put(&c, false, &t);
	assert_false(conformance_failed(&c));
	assert_null(strstr(text_str(&t), "DC-1  PASS"));
	assert_non_null(strstr(text_str(&t), "0 PASS, 0 FAIL, 25 NOT YET\n"));
}

static void lines_are_counted_and_made_harmless(void **state)
{
	_conformance_ struct conformance c = { 0 };
	_text_ struct text t = { 0 }, json = { 0 };

	(void)state;
	met(&c, REQ_DC_3, MET_FAIL, "first");
	met(&c, REQ_DC_3, MET_FAIL, "a\x1b[2J\n\"%s\"", "b");
	met(&c, REQ_AN_3, MET_PASS, "seen");
	assert_true(conformance_failed(&c));
	conformance_put(&c, false, &t);
	assert_non_null(strstr(text_str(&t), "DC-3  FAIL     failure closes the net\n               a\\x1b[2J\\x0a\"b\"\n"));
	assert_null(strstr(text_str(&t), "first"));
	assert_non_null(strstr(text_str(&t), "1 PASS, 1 FAIL, 23 NOT YET\n"));
	conformance_put(&c, true, &json);
	assert_non_null(strstr(text_str(&json), "{\"requirement\":\"AN-3\",\"text\":\"the packets of any selection as a pcap\","
						"\"result\":\"pass\",\"evidence\":\"seen\"}\n"));
	assert_non_null(strstr(text_str(&json), "\"evidence\":\"a\\\\x1b[2J\\\\x0a\\\"b\\\"\"}\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_that_contain_are_known),
		cmocka_unit_test(rules_that_do_not_are_found),
		cmocka_unit_test(the_time_that_is_left_is_read),
		cmocka_unit_test(no_rules_contain_nothing),
		cmocka_unit_test(what_was_not_looked_at_passes_nothing),
		cmocka_unit_test(lines_are_counted_and_made_harmless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
