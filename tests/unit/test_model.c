/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <netinet/in.h>

#include "base/clock.h"
#include "base/mem.h"
#include "model/community.h"
#include "model/event.h"
#include "model/honeynet.h"
#include "model/twin.h"

/* The values of the specification's own examples, in both directions. */
static void a_flow_has_the_community_id_others_give_it(void **state)
{
	static const struct {
		const char *src, *dest, *want;
		uint16_t src_port, dest_port;
		uint8_t proto;
	} rows[] = {
		{ "128.232.110.120", "66.35.250.204", "1:LQU9qZlK+B5F3KDmev6m5PMibrg=", 34855, 80, IPPROTO_TCP },
		{ "192.168.1.52", "8.8.8.8", "1:d/FP5EW3wiY1vCndhwleRRKHowQ=", 54585, 53, IPPROTO_UDP },
		{ "192.168.170.8", "192.168.170.56", "1:jQgCxbku+pNGw8WPbEc/TS/uTpQ=", 7, 80, IPPROTO_SCTP },
	};

	(void)state;
	for (size_t i = 0; i < nitems(rows); i++) {
		struct event e = { .src_port = rows[i].src_port, .dest_port = rows[i].dest_port, .proto = rows[i].proto };
		struct event back = { .src_port = e.dest_port, .dest_port = e.src_port, .proto = e.proto };
		char there[COMMUNITY_ID_SIZE] = "", again[COMMUNITY_ID_SIZE] = "";

		assert_int_equal(addr_parse(rows[i].src, &e.src), 0);
		assert_int_equal(addr_parse(rows[i].dest, &e.dest), 0);
		back.src = e.dest;
		back.dest = e.src;
		assert_true(community_id(&e, there));
		assert_true(community_id(&back, again));
		assert_string_equal(there, rows[i].want);
		assert_string_equal(again, rows[i].want);
	}
}

static void without_ports_there_is_no_community_id(void **state)
{
	struct event e = { .proto = IPPROTO_TCP, .src = addr4(1), .dest = addr4(2), .src_port = 1 };
	char id[COMMUNITY_ID_SIZE];

	(void)state;
	assert_false(community_id(&e, id));
	e.dest_port = 2;
	assert_true(community_id(&e, id));
	e.proto = IPPROTO_ICMP;
	assert_false(community_id(&e, id));
}

/* Several events in one message; and that message cut anywhere is refused, or holds fewer. */
static void many_events_travel_together(void **state)
{
	struct event e = { .kind = EV_SYSLOG, .origin = { SOURCE_SYSLOG, 1, 0 }, .message = span_of("hello") };
	_text_ struct text t = { 0 };
	struct event back;

	(void)state;
	for (e.origin.seq = 1; e.origin.seq <= 3; e.origin.seq++)
		event_put(&t, &e);
	for (size_t len = 0; len <= t.len; len++) {
		_free_ char *copy = malloc(len ? len : 1);
		struct cursor c = cursor_of(copy, len);
		uint64_t n = 0;
		bool bad = false;

		memcpy(copy, t.at, len);
		while (cursor_left(&c)) {
			struct cursor one = event_next(&c);

			bad = one.bad || event_unpack(one, &back) < 0;
			n += !bad;
			if (!bad)
				assert_int_equal(back.origin.seq, n);
		}
		assert_true(bad || len % (t.len / 3) == 0);
		assert_int_equal(n, len / (t.len / 3));
	}
}

static void the_next_time_of_a_day_is_ahead(void **state)
{
	const uint64_t minute = 60000000, day = DAY_MINUTES * minute, midnight = 20786 * day;

	(void)state;
	assert_int_equal(clock_next(midnight, 210), midnight + 210 * minute);
	assert_int_equal(clock_next(midnight + 210 * minute - 1, 210), midnight + 210 * minute);
	assert_int_equal(clock_next(midnight + 210 * minute, 210), midnight + day + 210 * minute);
	assert_int_equal(clock_next(midnight + day - 1, 0), midnight + day);
}

static void who_has_an_address_of_either_family(void **state)
{
	static struct honeynet n = {
		.network = 0x0a0a0a00, .prefix = 24, .network6 = (addr_number)0x20010db800100000 << 64, .n_honeypots = 2,
		.honeypot = { { .address = 0x0a0a0a50, .mac = { 0x52, 0x54, 0, 0x0a, 0x0a, 0x50 } }, { .address = 0x0a0a0a51 } },
	};
	static const struct { const char *address; bool four, both, inside; } rows[] = {	/* the first one has it */
		{ "10.10.10.80", true, true, true }, { "10.10.10.81", false, false, true }, { "10.10.11.80", false, false, false },
		{ "2001:db8:10::a0a:a50", false, true, true }, { "2001:db8:10::a0a:a51", false, false, true },
		{ "2001:db8:10::1:0a0a:0a50", false, false, true }, { "2001:db8:11::a0a:a50", false, false, false },
		{ "fe80::5054:ff:fe0a:a50", true, true, false }, { "fe80::1:5054:ff:fe0a:a50", false, false, false },
		{ "::a0a:a50", false, false, false }, { "::", false, false, false },
	};
	struct addr a = { 0 };

	(void)state;
	assert_false(twin_has(&n, 0, &a));
	for (int six = 0; six < 2; six++)
		for (size_t i = 0; i < nitems(rows); i++) {
			n.prefix6 = six ? 64 : 0;
			assert_int_equal(addr_parse(rows[i].address, &a), 0);
			if (twin_has(&n, 0, &a) != (six ? rows[i].both : rows[i].four) ||
			    twin_inside(&n, &a) != (rows[i].inside && (six || a.family == 4)))
				fail_msg("%s, %s IPv6", rows[i].address, six ? "with" : "without");
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_flow_has_the_community_id_others_give_it),
		cmocka_unit_test(without_ports_there_is_no_community_id),
		cmocka_unit_test(many_events_travel_together),
		cmocka_unit_test(who_has_an_address_of_either_family),
		cmocka_unit_test(the_next_time_of_a_day_is_ahead),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
