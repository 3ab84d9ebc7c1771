/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Detectors: streams of events as tables, and the findings each must give. */
#include "unit.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "base/mem.h"
#include "detect/detect.h"
#include "model/twin.h"

static struct honeynet net = {
	.network = 0x0a000000, .prefix = 24, .network6 = (addr_number)0x20010db800100000 << 64, .prefix6 = 64, .firewall_address = 0x0a000001, .n_honeypots = 2,
	.honeypot = { { .name = "www", .address = 0x0a000010 }, { .name = "dns", .address = 0x0a000011 } },
	.containment = { .period_s = 3600 },
	.scan = { .probes = 10, .window_s = 60, .slow_probes = 20, .slow_window_s = 86400, .mails = 3 },
};
static const uint8_t seed[16] = "0123456789abcde";

enum { WWW, DNS };
#define S 1000000ull

static struct detect *d;
static struct findings out;

static int begin(void **state)
{
	(void)state;
	d = detect_new(&net, seed);
	memset(&out, 0, sizeof(out));
	return 0;
}

static int end(void **state)
{
	(void)state;
	d = detect_free(d);
	net.scan.block_s = 0;
	return 0;
}

static struct event probe(const char *src, int pot, uint16_t port, uint64_t at_us)
{
	struct event e = { .kind = EV_VERDICT, .at_us = at_us, .honeypot = pot, .proto = IPPROTO_TCP, .dest_port = port,
			   .origin = { .source = SOURCE_GATEWAY }, .dest = addr4(net.honeypot[pot].address),
			   .state = span_of("accept"), .reason = span_of("rule 1") };

	assert_int_equal(addr_parse(src, &e.src), 0);
	if (e.src.family == 6)
		e.dest = twin_of(&net, net.honeypot[pot].address);
	return e;
}

static void feed(const char *src, int pot, uint16_t port, uint64_t at_us)
{
	struct event e = probe(src, pot, port, at_us);

	detect_feed(d, &e, &out);
}

/* count() - findings with this name and state, or any */
static size_t count(const char *name, const char *state)
{
	size_t n = 0;

	for (size_t i = 0; i < out.n; i++)
		n += (!name || !strcmp(out.at[i].name, name)) && (!state || !strcmp(out.at[i].state, state));
	return n;
}

static void tick(uint64_t at_us)
{
	detect_tick(d, at_us, &out);
}

static void so_many_targets_in_so_long_are_a_scan(void **state)
{
	static const struct { const char *what; unsigned ports; uint64_t apart_us; size_t want; } rows[] = {
		{ "one below the limit", 9, S, 0 }, { "at the limit", 10, S, 1 }, { "far over it", 500, S / 10, 1 },
		{ "just within the window", 10, 6 * S, 1 }, { "just too slow", 10, 7 * S, 0 },
		{ "slow, one below", 19, 600 * S, 0 }, { "slow, at the limit", 20, 600 * S, 1 },
		{ "slower than slow", 40, 4800 * S, 0 },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		begin(state);
		for (unsigned k = 0; k < rows[i].ports; k++)
			feed("198.51.100.66", WWW, (uint16_t)(1 + k), S + k * rows[i].apart_us);
		if (count("scan", "begun") != rows[i].want || count("distributed scan", NULL))
			fail_msg("%s: %zu", rows[i].what, count("scan", "begun"));
		end(state);
	}
}

static void the_same_again_is_no_scan(void **state)
{
	(void)state;
	for (unsigned k = 0; k < 1000; k++)
		feed("198.51.100.66", WWW, (uint16_t)(1 + k % 9), S + k * 1000);
	assert_int_equal(out.n, 0);
}

/* The old fault: 10.0.0.1 counted for 10.0.0.10, too. */
static void an_address_is_not_its_beginning(void **state)
{
	(void)state;
	for (unsigned k = 0; k < 8; k++) {
		feed("198.51.100.1", WWW, (uint16_t)(1 + k), S + k);
		feed("198.51.100.10", DNS, (uint16_t)(1001 + 2 * k), S + k);
	}
	assert_int_equal(count("scan", NULL), 0);
	feed("198.51.100.10", WWW, 9000, 2 * S);
	feed("198.51.100.10", WWW, 9001, 2 * S);
	assert_int_equal(count("scan", NULL), 1);
	assert_int_equal(addr_u32(&out.at[out.n - 1].src), 0xc633640a);
}

static void of_ipv6_the_first_half_counts(void **state)
{
	char src[64];

	(void)state;
	for (unsigned k = 0; k < 9; k++) {
		snprintf(src, sizeof(src), "2001:db8:%x::1", k);	/* each another /64 */
		feed(src, WWW, (uint16_t)(1 + k), S);
	}
	assert_int_equal(count("scan", NULL), 0);
	for (unsigned k = 0; k < 10; k++) {
		snprintf(src, sizeof(src), "2001:db8:0:7::%x", k + 1);
		feed(src, WWW, (uint16_t)(2000 + k), 200 * S);
	}
	assert_int_equal(count("scan", "begun"), 1);
	for (unsigned k = 0; k < 20; k++)
		feed("2001:db8:10::a00:11", WWW, (uint16_t)(3000 + k), 400 * S);	/* the other honeypot */
	assert_int_equal(count("scan", "begun"), 1);
}

/* The other old fault: the final step was skipped. Exactly so many reports, and the last one says so. */
static void the_last_report_is_told_and_says_so(void **state)
{
	for (uint32_t mails = 0; mails < 5; mails++) {
		size_t told = 0;

		net.scan.mails = mails;
		begin(state);
		for (unsigned round = 0; round < 9; round++) {
			for (unsigned k = 0; k < 12; k++)
				feed("198.51.100.66", WWW, (uint16_t)(1 + k), round * 100 * S + k + S);
			tick(round * 100 * S + 99 * S);
		}
		assert_int_equal(count("scan", "begun"), 9);
		assert_int_equal(count("scan", "ended"), 9);
		for (size_t i = 0; i < out.n; i++) {
			bool says = strstr(out.at[i].message, "last report");

			told += out.at[i].severity == SEVERITY_WARNING;
			assert_int_equal(says, out.at[i].severity == SEVERITY_WARNING && told == mails);
		}
		assert_int_equal(told, mails);
		end(state);
	}
	net.scan.mails = 3;
}

static void a_scan_is_told_whole(void **state)
{
	(void)state;
	for (unsigned k = 0; k < 1000; k++)
		feed("198.51.100.66", WWW, (uint16_t)(1 + k), S + k * 12000);
	for (unsigned k = 0; k < 3; k++)
		feed("198.51.100.66", WWW, 80, 13 * S);
	assert_int_equal(out.n, 1);
	assert_int_equal(out.at[0].count, 10);
	assert_string_equal(out.at[0].message, "10 ports of www in 1 s");
	tick(72 * S);
	assert_int_equal(out.n, 1);
	tick(74 * S);
	assert_int_equal(out.n, 2);
	assert_string_equal(out.at[1].state, "ended");
	assert_int_equal(out.at[1].ports, 1000);
	assert_int_equal(out.at[1].hosts, 1);
	assert_int_equal(out.at[1].probes, 1003);
	assert_string_equal(out.at[1].message, "1000 ports of www in 12 s, 1003 probes; it has ended");
	tick(9999 * S);
	assert_int_equal(out.n, 2);
}

static void a_scan_that_goes_on_is_told_ever_less(void **state)
{
	(void)state;
	net.scan.mails = 100;
	for (unsigned k = 0; k < 10 * 3600; k++)
		feed("198.51.100.66", k & 1, (uint16_t)(1 + k % 60000), S + k * S);
	assert_in_range(count("scan", "continues"), 5, 10);
	assert_string_equal(out.at[0].state, "begun");
	net.scan.mails = 3;
}

static void many_sources_together_are_a_scan(void **state)
{
	char src[64];

	(void)state;
	for (unsigned k = 0; k < 9; k++) {	/* few ports, many visitors: what a server is for */
		for (unsigned port = 1; port < 10; port++) {
			snprintf(src, sizeof(src), "203.0.113.%u", 10 + k);
			feed(src, WWW, (uint16_t)port, S);
		}
	}
	assert_int_equal(out.n, 0);
	for (unsigned k = 0; k < 10; k++) {	/* one honeypot, each source another port */
		snprintf(src, sizeof(src), "198.51.100.%u", 10 + k);
		feed(src, DNS, (uint16_t)(1000 + k), 200 * S);
	}
	assert_int_equal(count("distributed scan", "begun"), 1);
	assert_int_equal(addr_u32(&out.at[0].dest), net.honeypot[DNS].address);
	assert_non_null(strstr(out.at[0].message, "from about 10 sources"));
	tick(300 * S);
	assert_int_equal(count("distributed scan", "ended"), 1);
	for (unsigned k = 0; k < 10; k++) {	/* one port, all honeypots */
		snprintf(src, sizeof(src), "192.0.2.%u", 10 + k);
		feed(src, k & 1, 22, 400 * S);
	}
	assert_int_equal(count("distributed scan", "begun"), 2);
	assert_int_equal(out.at[2].dest_port, 22);
	assert_int_equal(count("scan", NULL), 0);
}

static void a_scanner_leaves_nothing_to_others(void **state)
{
	(void)state;
	for (unsigned k = 0; k < 50; k++)
		feed("198.51.100.66", WWW, (uint16_t)(1 + k), S);
	feed("198.51.100.67", WWW, 99, S + 1);
	assert_int_equal(out.n, 1);
}

static void who_came_before_a_scanner_shares_no_scan_with_him(void **state)
{
	(void)state;
	feed("198.51.100.67", WWW, 99, S);
	for (unsigned k = 0; k < 50; k++)
		feed("198.51.100.66", WWW, (uint16_t)(1 + k), S);
	assert_int_equal(count("scan", "begun"), 1);
	assert_int_equal(out.n, 1);
}

static void who_is_inside_or_made_up_scans_not(void **state)
{
	(void)state;
	for (unsigned k = 0; k < 50; k++) {
		struct event e = probe("198.51.100.66", WWW, (uint16_t)(1 + k), S);

		feed("10.0.0.11", WWW, (uint16_t)(1 + k), S);
		feed("10.0.0.1", WWW, (uint16_t)(1 + k), S);
		e.reason = span_of("spoof ip");
		detect_feed(d, &e, &out);
		e.reason = span_of("rule 2");
		e.dest = addr4(0x08080808);
		detect_feed(d, &e, &out);
	}
	assert_int_equal(out.n, 0);
}

static void what_was_told_before_a_restart_is_not_told_again(void **state)
{
	struct event finding;

	for (unsigned k = 0; k < 10; k++)
		feed("198.51.100.66", WWW, (uint16_t)(1 + k), S + k);
	assert_int_equal(out.n, 1);
	for (int written = 0; written < 2; written++) {	/* did the finding reach the journal? */
		struct findings before = out;

		end(state);
		begin(state);
		for (unsigned k = 0; k < 10; k++) {
			struct event e = probe("198.51.100.66", WWW, (uint16_t)(1 + k), S + k);

			detect_learn(d, &e);
		}
		finding = finding_event(&before.at[0]);
		if (written)
			detect_learn(d, &finding);
		tick(2 * S);
		assert_int_equal(out.n, !written);
		if (!written) {
			assert_string_equal(out.at[0].message, before.at[0].message);
			continue;
		}
		feed("198.51.100.66", WWW, 11, 3 * S);
		feed("198.51.100.66", WWW, 12, 4 * S);
		assert_int_equal(out.n, 0);
		tick(100 * S);
		assert_int_equal(count("scan", "ended"), 1);
		assert_int_equal(out.at[0].probes, 12);
	}
}

static void a_source_is_blocked_if_that_is_wanted(void **state)
{
	(void)state;
	net.scan.block_s = 600;
	for (unsigned k = 0; k < 40; k++)
		feed("198.51.100.66", WWW, (uint16_t)(1 + k), S);
	assert_int_equal(out.n, 1);
	assert_int_equal(out.at[0].block_s, 600);
	for (unsigned k = 0; k < 40; k++) {	/* of IPv6 the network, of which he has any address he likes */
		char src[ADDR_TEXT];

		snprintf(src, sizeof(src), "2001:db8:7::%x", k + 1);
		feed(src, WWW, (uint16_t)(1 + k), 2 * S);
	}
	assert_int_equal(out.n, 2);
	assert_int_equal(out.at[1].block_s, 600);
	assert_string_equal(addr_text(&out.at[1].src, (char[ADDR_TEXT]){ 0 }), "2001:db8:7::");
}

/* What it is refused meanwhile keeps the scan alive; the first that comes through is one too many. */
static void who_goes_on_is_kept_out_again(void **state)
{
	struct event again = probe("198.51.100.66", WWW, 81, 620 * S), block, scan;

	(void)state;
	net.scan.block_s = 600;
	net.scan.mails = 1;
	for (unsigned k = 0; k < 10; k++)
		feed("198.51.100.66", WWW, (uint16_t)(1 + k), S);
	for (uint64_t at = 2; at < 620; at += 10) {
		struct event e = probe("198.51.100.66", WWW, 80, at * S);

		e.reason = span_of("blocked");
		detect_feed(d, &e, &out);
	}
	assert_int_equal(out.n, 1);
	scan = finding_event(&out.at[0]);
	block = scan;
	block.reason = span_of("block");
	block.code = 600;
	for (int restarted = 0; restarted < 2; restarted++) {
		detect_feed(d, &again, &out);
		assert_int_equal(out.n, 2 - restarted);
		assert_string_equal(out.at[out.n - 1].state, "continues");
		assert_int_equal(out.at[out.n - 1].block_s, 600);
		feed("198.51.100.66", WWW, 82, 621 * S);	/* it was on its way */
		assert_int_equal(out.n, 2 - restarted);
		end(state);
		net.scan.block_s = 600;
		begin(state);
		detect_learn(d, &scan);
		detect_learn(d, &block);
		feed("198.51.100.66", WWW, 80, 600 * S);
		assert_int_equal(out.n, 0);
	}
	net.scan.mails = 3;
}

static void a_million_sources_cost_no_memory(void **state)
{
	struct rusage before, after;

	(void)state;
	getrusage(RUSAGE_SELF, &before);
	for (uint32_t i = 0; i < 1000000; i++) {
		struct event e = probe("198.51.100.66", i & 1, (uint16_t)i, S + i);

		e.src = addr4(0xc0000000u + i * 7919u);
		detect_feed(d, &e, &out);
	}
	getrusage(RUSAGE_SELF, &after);
	print_message("# a million sources: %ld KiB more\n", after.ru_maxrss - before.ru_maxrss);
	assert_true(after.ru_maxrss - before.ru_maxrss < 64 * 1024);
	for (unsigned k = 0; k < 10; k++)	/* and it still sees */
		feed("192.0.2.9", WWW, (uint16_t)(1 + k), 100 * S);
	assert_int_equal(count("scan", "begun"), 1);
	assert_int_equal(out.lost, 0);
}

/* Every place taken, each by one with many targets; then all of them scan. */
static void ten_thousand_scanners_fit(void **state)
{
	uint64_t begun = 0;

	(void)state;
	for (uint32_t port = 1; port <= 10; port++) {
		for (uint32_t i = 0; i < 10000; i++) {
			struct event e = probe("198.51.100.66", i & 1, (uint16_t)port, S + i);

			e.src = addr4(0xc0000000u + i);
			detect_feed(d, &e, &out);
			begun += count("scan", "begun");
			out.n = 0;
		}
	}
	assert_int_equal(begun, 10000);
	for (uint64_t at = 100; at < 100 + 10000 / FINDINGS_MAX + 2; at++) {
		tick(at * S);
		begun -= count("scan", "ended");
		out.n = 0;
	}
	assert_int_equal(begun, 0);
}

static void counters_become_findings(void **state)
{
	struct refused r = { .honeypot = WWW, .reason = REASON_FLOOD_SYN };
	static const struct { uint64_t at, total; const char *state; uint32_t count; } rows[] = {
		{ 10, 5, "begun", 5 }, { 12, 900, NULL, 0 }, { 14, 900, NULL, 0 }, { 71, 900, NULL, 0 },
		{ 73, 900, "ended", 900 }, { 200, 901, "begun", 1 }, { 270, 901, "ended", 1 }, { 300, 901, NULL, 0 },
		{ 400, 7, "begun", 7 },		/* the counter began anew */
	};

	(void)state;
	for (size_t i = 0; i < nitems(rows); i++) {
		size_t before = out.n;

		tick(rows[i].at * S);
		r.packets = rows[i].total;
		detect_count(d, &r, &out);
		if (out.n != before + (rows[i].state != NULL))
			fail_msg("row %zu: %zu findings", i, out.n - before);
		if (!rows[i].state)
			continue;
		assert_string_equal(out.at[before].name, "flood syn");
		assert_string_equal(out.at[before].state, rows[i].state);
		assert_int_equal(out.at[before].count, rows[i].count);
	}
}

static void counters_go_on_after_a_restart(void **state)
{
	struct refused r = { .honeypot = WWW, .reason = REASON_SPOOF_IP, .packets = 50 };
	struct event begun;
	struct findings before;

	tick(S);
	detect_count(d, &r, &out);
	assert_int_equal(out.n, 1);
	before = out;
	begun = finding_event(&before.at[0]);
	end(state);
	begin(state);
	detect_learn(d, &begun);
	tick(3 * S);
	r.packets = 80;
	detect_count(d, &r, &out);
	assert_int_equal(out.n, 0);
	tick(99 * S);
	assert_int_equal(out.n, 1);
	assert_int_equal(out.at[0].count, 80);
}

static void single_events_are_noticed(void **state)
{
	static const char login[] = "LOGNAME=webadmin";
	const struct event rows[] = {
		{ .kind = EV_MODULE, .path = span_of("/tmp/\x1b[2Jnosy.ko") }, { .kind = EV_MODULE, .offset = 4096 },
		{ .kind = EV_GATE, .honeypot = -1, .state = span_of("closed"), .reason = span_of("capture is gone") },
		{ .kind = EV_GATE, .honeypot = -1, .state = span_of("open") },
		{ .kind = EV_CONTROL, .honeypot = -1, .state = span_of("tampered"), .reason = span_of("somebody changed") },
		{ .kind = EV_CONTROL, .honeypot = -1, .state = span_of("mended"), .reason = span_of("the rules") },
		{ .kind = EV_CONTROL, .state = span_of("refused"), .reason = span_of("brake tcp"), .packets = { 3 } },
		{ .kind = EV_CONTROL, .state = span_of("refused"), .reason = span_of("brake tcp"), .packets = { 3 } },
		{ .kind = EV_CONTROL, .state = span_of("refused"), .reason = span_of("brake udp"), .packets = { 3 } },
		{ .kind = EV_HONEYPOT, .state = span_of("broken") }, { .kind = EV_HONEYPOT, .state = span_of("up") },
		{ .kind = EV_HONEYPOT, .state = span_of("off"), .reason = span_of("it is put back: its disk is ruined: gone") },
		{ .kind = EV_HONEYPOT, .state = span_of("off"), .reason = span_of("it is put back: by the administrator") },
		{ .kind = EV_ROLE, .state = span_of("died"), .reason = span_of("capture") },
		{ .kind = EV_SELFTEST, .honeypot = -1, .state = span_of("leaked"), .reason = span_of("gre: 4 arrived, 0 may") },
		{ .kind = EV_SELFTEST, .honeypot = -1, .state = span_of("contained") },
		{ .kind = EV_SELFTEST, .honeypot = -1, .state = span_of("unproved"), .reason = span_of("2 were not made") },
		{ .kind = EV_LOST, .code = 7 },
		{ .kind = EV_VERDICT, .reason = span_of("budget tcp") }, { .kind = EV_VERDICT, .reason = span_of("budget tcp") },
		{ .kind = EV_VERDICT, .reason = span_of("budget udp") }, { .kind = EV_VERDICT, .reason = span_of("budget session") },
		{ .kind = EV_ALERT, .severity = 1, .code = 2001, .src = addr4(0x0a000010) },
		{ .kind = EV_ALERT, .severity = 1, .code = 2001, .src = addr4(0x0a000010) },
		{ .kind = EV_ALERT, .severity = 3, .code = 2002 },
		{ .kind = EV_ALERT, .severity = 3, .code = 2003, .state = span_of("blocked") },
		{ .kind = EV_ALERT, .severity = 1, .code = 2003, .state = span_of("blocked") },
		{ .kind = EV_ALERT, .severity = 1, .code = 2004, .state = span_of("rewritten") },
		{ .kind = EV_ACCEPT, .session = 3, .src = addr4(0xc6336442), .dest = addr4(0x0a000010), .dest_port = 22 },
		{ .kind = EV_EXEC, .session = 3, .env = { login, sizeof(login) }, .process.uid = 1000,
		  .file = span_of("/bin/bash") },
		{ .kind = EV_EXEC, .session = 3, .env = { login, sizeof(login) }, .process.uid = 1000,
		  .file = span_of("/bin/ls") },
		{ .kind = EV_EXEC, .session = 3, .env = { login, sizeof(login) }, .file = span_of("/bin/sh") },
		{ .kind = EV_EXEC, .session = 3, .env = { login, sizeof(login) }, .file = span_of("/bin/sh") },
	};
	static const char *const want[nitems(rows)] = {
		"module", NULL, "gate closed", NULL, "control", NULL, "second layer", NULL, "second layer", "honeypot broken", NULL, "honeypot ruined", NULL, "process died", "leak", NULL, "unproved", "lost", "containment", NULL,
		"containment", "containment", "nids", NULL, NULL, "prevention", NULL, "prevention", NULL, "login", NULL, "login", NULL,
	};

	(void)state;
	for (size_t i = 0; i < nitems(rows); i++) {
		size_t before = out.n;
		struct event e = rows[i];

		e.at_us = S;
		detect_feed(d, &e, &out);
		if (out.n != before + (want[i] != NULL) || (want[i] && strcmp(out.at[before].name, want[i])))
			fail_msg("row %zu", i);
	}
	assert_null(strchr(out.at[0].message, '\x1b'));
	assert_int_equal(addr_u32(&out.at[out.n - 1].src), 0xc6336442);
}

static struct event look_at(const char *file, uint64_t session, uint64_t at_us)
{
	return (struct event){ .kind = EV_PROBE, .honeypot = WWW, .session = session, .at_us = at_us,
			       .origin = { .source = SOURCE_GUEST }, .path = span_of(file) };
}

static void who_looks_at_three_things_checks_for_a_honeypot(void **state)
{
	static const struct { const char *what; struct { const char *file; uint64_t session, at_us; } look[4]; bool want; } rows[] = {
		{ "three in a minute", { { "/proc/cpuinfo", 5, S }, { "/sys/class/dmi/x", 5, 30 * S }, { "/dev/mem", 5, 61 * S } }, true },
		{ "three, but slowly", { { "/proc/cpuinfo", 5, S }, { "/sys/class/dmi/x", 5, 30 * S }, { "/dev/mem", 5, 62 * S } }, false },
		{ "the same again", { { "a", 5, S }, { "b", 5, S }, { "b", 5, 2 * S }, { "a", 5, 3 * S } }, false },
		{ "of several", { { "a", 5, S }, { "b", 6, S }, { "c", 5, S }, { "d", 7, S } }, false },
		{ "of nobody", { { "a", 0, S }, { "b", 0, S }, { "c", 0, S } }, false },
		{ "four", { { "a", 5, S }, { "b", 5, 50 * S }, { "c", 5, 70 * S }, { "d", 5, 80 * S } }, true },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		for (size_t k = 0; k < nitems(rows[i].look) && rows[i].look[k].file; k++) {
			struct event e = look_at(rows[i].look[k].file, rows[i].look[k].session, rows[i].look[k].at_us);

			detect_feed(d, &e, &out);
		}
		if (out.n != rows[i].want)
			fail_msg("%s", rows[i].what);
		end(state);
		begin(state);
	}
}

static void a_check_is_told_once_and_says_who(void **state)
{
	static const char *const files[] = { "/proc/cpuinfo", "/dev/\x1b[31m", "/proc/modules", "/proc/iomem", "/proc/version" };
	struct event e = probe("198.51.100.7", WWW, 22, S);

	(void)state;
	e.kind = EV_ACCEPT;
	e.session = 5;
	detect_feed(d, &e, &out);
	for (size_t i = 0; i < nitems(files); i++) {
		e = look_at(files[i], 5, (i + 2) * S);
		detect_feed(d, &e, &out);
	}
	assert_int_equal(out.n, 1);
	assert_string_equal(out.at[0].name, "checks for a honeypot");
	assert_int_equal(out.at[0].severity, SEVERITY_WARNING);
	assert_int_equal(out.at[0].session, 5);
	assert_int_equal(out.at[0].start_us, 2 * S);
	assert_int_equal(addr_u32(&out.at[0].src), 0xc6336407);
	assert_non_null(strstr(out.at[0].message, "/proc/modules"));
	assert_null(strchr(out.at[0].message, 0x1b));
	end(NULL);		/* after a restart: not again */
	begin(NULL);
	for (size_t i = 0; i < 3; i++) {
		e = look_at(files[i], 5, (i + 2) * S);
		detect_learn(d, &e);
	}
	e = look_at(files[3], 5, 6 * S);
	detect_feed(d, &e, &out);
	assert_int_equal(out.n, 0);
	e = look_at(files[3], 5, 3700 * S);
	detect_feed(d, &e, &out);
	e = look_at(files[2], 5, 3700 * S);
	detect_feed(d, &e, &out);
	e = look_at(files[1], 5, 3700 * S);
	detect_feed(d, &e, &out);
	assert_int_equal(out.n, 1);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
		T(who_looks_at_three_things_checks_for_a_honeypot), T(a_check_is_told_once_and_says_who),
		cmocka_unit_test(so_many_targets_in_so_long_are_a_scan), T(the_same_again_is_no_scan),
		T(an_address_is_not_its_beginning), T(of_ipv6_the_first_half_counts),
		cmocka_unit_test(the_last_report_is_told_and_says_so), T(a_scan_is_told_whole), T(a_scan_that_goes_on_is_told_ever_less),
		T(many_sources_together_are_a_scan), T(a_scanner_leaves_nothing_to_others),
		T(who_came_before_a_scanner_shares_no_scan_with_him),
		T(who_is_inside_or_made_up_scans_not), T(what_was_told_before_a_restart_is_not_told_again),
		T(a_source_is_blocked_if_that_is_wanted), T(who_goes_on_is_kept_out_again),
		T(a_million_sources_cost_no_memory), T(ten_thousand_scanners_fit),
		T(counters_become_findings), T(counters_go_on_after_a_restart), T(single_events_are_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
