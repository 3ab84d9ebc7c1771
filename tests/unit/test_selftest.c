/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The self-test, without a honeypot's kernel: skep's own attacker in a namespace that is plugged into a gateway with real
 * rules. What it proves on a running honeynet: tests/system/test_selftest.py.
 */
#include "wired.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "cli/selftest_watch.h"
#include "config/config.h"
#include "net/conntrack.h"
#include "policy/policy.h"

enum { TCP = 20, UDP = 20, ICMP = 50, OTHER = 10, LATERAL = 25 };

/* --- the judge -------------------------------------------------------------------------------- */

/* An IPv4 packet of @proto with these ports or this type, and flags of TCP. */
static size_t packet(uint8_t *f, uint32_t src, uint32_t dest, uint8_t proto, const uint8_t l4[4], uint8_t flags)
{
	memset(f, 0, 60);
	f[12] = 8;
	f[14] = 0x45;
	f[17] = 40;
	f[23] = proto;
	for (int i = 0; i < 4; i++) {
		f[26 + i] = (uint8_t)(src >> (24 - 8 * i));
		f[30 + i] = (uint8_t)(dest >> (24 - 8 * i));
	}
	memcpy(f + 34, l4, 4);
	f[47] = flags;
	return 60;
}

static void judging(struct judge *j)
{
	judge_begin(j, &(struct terms){ .own = POT, .gateway = { GATE, OUTER }, .bytes = 1 << 20, .period_us = 3600000000,
					.packets_per_s = 500,
					.limit = { [CHARGE_TCP] = 2, [CHARGE_UDP] = 1, [CHARGE_ICMP] = 1, [CHARGE_OTHER] = 1, [CHARGE_INSIDE] = 3 } });
	for (int i = 0; i < N_ATTEMPTS; i++)
		judge_tried(j, (enum attempt_id)i, 1000);
}

static void syn(struct judge *j, enum attempt_id a, uint8_t port)
{
	uint8_t f[64];

	judge_frame(j, SEEN_LAB, f, packet(f, POT, attempt_address(a), IPPROTO_TCP, (uint8_t[]){ 1, port, 0, 80 }, 2), 60, 5);
}

static void budgets_are_shared_in_order(void **state)
{
	_free_ struct judge *j = xcalloc(1, sizeof(*j));

	(void)state;
	judging(j);
	syn(j, ATTEMPT_CONNECTIONS, 1);
	syn(j, ATTEMPT_CONNECTIONS, 1);		/* sent again */
	syn(j, ATTEMPT_TCP_SCAN, 1);
	judge_end(j, 10);
	assert_true(judge_contained(j));
	assert_int_equal(j->row[ATTEMPT_CONNECTIONS].arrived, 1);
	assert_int_equal(j->row[ATTEMPT_CONNECTIONS].allowed, 2);
	assert_int_equal(j->row[ATTEMPT_TCP_SCAN].allowed, 1);
	assert_int_equal(j->row[ATTEMPT_SYN_FLOOD].allowed, 0);
	assert_false(judge_exact(j));		/* nothing of the other budgets came */
	judging(j);
	syn(j, ATTEMPT_CONNECTIONS, 1);
	syn(j, ATTEMPT_TCP_SCAN, 1);
	syn(j, ATTEMPT_SYN_FLOOD, 1);
	judge_end(j, 10);
	assert_true(judge_leaked(j, ATTEMPT_SYN_FLOOD));
	assert_false(judge_contained(j));
	assert_true(judge_is_leak(j, &j->frame[2]));
	assert_false(judge_is_leak(j, &j->frame[1]));
}

static void what_may_not_come_is_a_leak(void **state)
{
	_free_ struct judge *j = xcalloc(1, sizeof(*j));
	uint8_t f[64] = { 0 };

	(void)state;
	for (int i = 0; i < N_ATTEMPTS; i++) {
		if (attempts[i].charge != CHARGE_NONE || attempts[i].pace != PACE_NONE)
			continue;
		judging(j);
		memcpy(f + 20, ATTEMPT_MAGIC, ATTEMPT_MAGIC_SIZE);
		f[20 + ATTEMPT_MAGIC_SIZE] = (uint8_t)i;
		f[13] = 1;			/* no IP: it says itself whose it is */
		judge_frame(j, i % 2 ? SEEN_LAB : SEEN_POT, f, sizeof(f), sizeof(f), 1);
		judge_end(j, 10);
		if (!judge_leaked(j, (size_t)i) || judge_leaks(j) != 1)
			fail_msg("%s", attempts[i].name);
	}
	judging(j);		/* one more connection to other honeypots than there may be; and a question to nobody's resolver */
	j->terms.resolvers = true;
	for (uint8_t port = 1; port <= 4; port++) {
		size_t n = packet(f, POT, POT1, IPPROTO_TCP, (uint8_t[]){ PORT_INSIDE >> 8, PORT_INSIDE & 255, 0, port }, 2);

		judge_frame(j, SEEN_POT, f, n, n, 1);
	}
	packet(f, POT, attempt_address(ATTEMPT_DNS_TUNNEL), IPPROTO_UDP, (uint8_t[]){ 1, 1, 0, 53 }, 0);
	judge_frame(j, SEEN_LAB, f, 60, 60, 1);
	judge_end(j, 10);
	assert_true(judge_leaked(j, ATTEMPT_INSIDE) && judge_leaked(j, ATTEMPT_DNS_TUNNEL) && judge_leaks(j) == 2);
	judging(j);		/* marked, and cut where its number would be */
	judge_frame(j, SEEN_LAB, (const uint8_t *)"xxxx" ATTEMPT_MAGIC, 4 + ATTEMPT_MAGIC_SIZE, 60, 1);
	judge_end(j, 10);
	assert_true(judge_contained(j));
}

static void what_was_not_tried_proves_nothing(void **state)
{
	_free_ struct judge *j = xcalloc(1, sizeof(*j));

	(void)state;
	judging(j);
	j->row[ATTEMPT_SCTP].was_tried = false;
	judge_end(j, 10);
	assert_int_equal(judge_leaks(j), 0);
	assert_false(judge_contained(j));
}

/* Parts of one test have one budget; and none is left when all counts as used between them. */
static void a_restart_between_gives_no_more(void **state)
{
	_free_ struct judge *j = xcalloc(1, sizeof(*j));

	(void)state;
	for (int crash = 0; crash < 2; crash++)
		for (uint8_t more = 0; more < 3; more++) {
			judging(j);
			judge_go(j, 1000000);
			syn(j, ATTEMPT_FTP, 1);
			if (crash)
				judge_used_up(j);
			judge_go(j, 3000000000);	/* as soon again as this there is no new period */
			for (uint8_t i = 0; i < more; i++)
				syn(j, ATTEMPT_CONNECTIONS, i);
			judge_tried(j, ATTEMPT_FTP, 1000);
			judge_end(j, 3600000000);
			assert_int_equal(j->row[ATTEMPT_FTP].tried, 2000);
			assert_int_equal(j->budget[CHARGE_TCP], crash ? 1 : 2);
			assert_int_equal(judge_contained(j), 1 + more <= (crash ? 1 : 2));
		}
}

/* heard() - @f, of @n bytes, at the honeypot's own plug */
static uint64_t heard(struct judge *j, enum notice_kind k, const uint8_t *f, size_t n)
{
	uint64_t before = j->notice.seen[k];

	judge_frame(j, SEEN_OWN, f, n, n, 1);
	return j->notice.seen[k] - before;
}

/* An ICMP error of the gateway, about a packet to @dest. */
static size_t icmp_error(uint8_t f[64], uint8_t type, uint8_t code, uint32_t dest)
{
	memset(f, 0, 64);
	packet(f, GATE, POT, IPPROTO_ICMP, (uint8_t[]){ type, code, 0, 0 }, 0);
	for (int i = 0; i < 4; i++)
		f[58 + i] = (uint8_t)(dest >> (24 - 8 * i));
	return 64;
}

static void what_no_router_says_is_noticed(void **state)
{
	_free_ struct judge *j = xcalloc(1, sizeof(*j));
	static const uint8_t router[] = { 0, 0, 0x5e, 0, 1, 10 };
	const uint32_t nobody = attempt_address(ATTEMPT_CONNECTIONS);
	uint8_t f[64] = { 0 };
	size_t n;

	(void)state;
	judging(j);
	n = packet(f, nobody, POT, IPPROTO_TCP, (uint8_t[]){ 0, 80, 1, 1 }, 4);
	assert_int_equal(heard(j, NOTICE_RESETS, f, n), 1);
	f[47] = 0x12;
	assert_int_equal(heard(j, NOTICE_ANSWERS, f, n), 1);
	n = packet(f, POT1, POT, IPPROTO_TCP, (uint8_t[]){ 0, 22, PORT_INSIDE >> 8, PORT_INSIDE & 255 }, 0x14);
	assert_int_equal(heard(j, NOTICE_RESETS, f, n), 1);		/* of one who was not reached */
	n = packet(f, POT, POT1, IPPROTO_TCP, (uint8_t[]){ PORT_INSIDE >> 8, PORT_INSIDE & 255, 0, 22 }, 2);
	judge_frame(j, SEEN_POT, f, n, n, 1);
	n = packet(f, POT1, POT, IPPROTO_TCP, (uint8_t[]){ 0, 22, PORT_INSIDE >> 8, PORT_INSIDE & 255 }, 0x14);
	assert_int_equal(heard(j, NOTICE_RESETS, f, n), 0);		/* and of one who was */
	n = packet(f, GATE, POT, IPPROTO_TCP, (uint8_t[]){ 0, 22, PORT_GATEWAY >> 8, PORT_GATEWAY & 255 }, 0x12);
	assert_int_equal(heard(j, NOTICE_PORTS, f, n), 1);
	assert_int_equal(heard(j, NOTICE_PORTS, f, n), 0);		/* that one again */
	f[47] = 0x14;
	f[35] = 23;
	assert_int_equal(heard(j, NOTICE_PORTS, f, n), 0);		/* closed */
	assert_int_equal(heard(j, NOTICE_ERRORS, f, icmp_error(f, 3, 1, nobody)), 1);
	assert_int_equal(heard(j, NOTICE_ERRORS, f, icmp_error(f, 3, 13, nobody)), 1);
	assert_int_equal(heard(j, NOTICE_ERRORS, f, icmp_error(f, 3, 3, GATE)), 0);	/* a closed port of its own */
	assert_int_equal(heard(j, NOTICE_ERRORS, f, icmp_error(f, 3, 5, nobody)), 0);
	assert_int_equal(heard(j, NOTICE_MTU, f, icmp_error(f, 3, 4, nobody)), 1);
	assert_int_equal(heard(j, NOTICE_ERRORS, f, icmp_error(f, 11, 0, nobody)), 0);
	assert_int_equal(j->notice.hops, 1);
	assert_int_equal(heard(j, NOTICE_TAGS, (uint8_t[]){ 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x81, 0, 0, 7, 8, 0 }, 18), 1);
	assert_int_equal(heard(j, NOTICE_TAGS, f, 13), 0);
	assert_int_equal(j->notice.seen[NOTICE_MAC], 0);
	n = icmp_error(f, 11, 0, nobody);
	memcpy(f + 6, router, sizeof(router));
	assert_int_equal(heard(j, NOTICE_MAC, f, n), 1);		/* another one than before */
	judging(j);
	assert_int_equal(heard(j, NOTICE_MAC, f, n), 0);
	f[6] = 0x52;
	assert_int_equal(heard(j, NOTICE_MAC, f, n), 1);
	assert_int_equal(notice_sum(&j->notice), 1);
	assert_false(judge_listened(j));		/* the largest answer is missing */
	n = packet(f, attempt_address(ATTEMPT_PATH), POT, IPPROTO_ICMP, (uint8_t[]){ 0, 0, 0, 0 }, 0);
	f[16] = 1500 >> 8;
	f[17] = 1500 & 255;
	judge_frame(j, SEEN_OWN, f, n, 1514, 1);
	assert_true(judge_listened(j));
	j->row[ATTEMPT_SCTP].was_tried = false;
	assert_false(judge_listened(j));
}

static void addresses_are_of_one_attempt(void **state)
{
	(void)state;
	for (enum attempt_id i = 0; i < N_ATTEMPTS; i++) {
		assert_int_equal(attempt_of(ADDR_4 | attempt_address(i)), attempts[i].six ? -1 : (int)i);
		assert_int_equal(attempt_of(attempt_address6(i)), attempts[i].six ? (int)i : -1);
		assert_true(attempts[i].answered || attempt_is_silent(ADDR_4 | attempt_address(i)));
		assert_true(attempt_is_silent(attempt_address6(i) | 3));
	}
	assert_int_equal(attempt_of(ADDR_4 | (ATTEMPT_SILENT + 0xff01)), -1);
	assert_int_equal(attempt_of(0), -1);
	assert_int_equal(attempt_of(ADDR_4 | WAN), -1);
	assert_int_equal(attempt_of(WAN6), -1);
	assert_false(attempt_is_silent(WAN6) || attempt_is_silent(ADDR_4 | WAN));
}

/* --- the attacker, against real rules --------------------------------------------------------- */

static void load_rules(enum refuse_how refuse, bool six)
{
	_free_ struct honeynet *n = xcalloc(1, sizeof(*n));
	_text_ struct text t = { 0 };
	_diag_ struct diag d = { 0 };
	static const char *const addresses[] = { "10.10.10.80", "10.10.10.53", "10.10.10.253" };

	assert_int_equal(config_load("etc/honeynet.yaml", n, &d), 0);
	for (size_t i = 0; i < nitems(addresses); i++) {	/* at wired.h's plugs, and the others nowhere */
		n->honeypot[i].address = (uint32_t[]){ POT, POT1, POT2 }[i];
		n->honeypot[i].mac[5] = (uint8_t)n->honeypot[i].address;
	}
	n->containment.fence[0] = (struct network)NETWORK4(0xc612ff01, 32);
	n->containment.fence[1] = (struct network){ ATTEMPT_FENCED6, 128 };
	n->containment.n_fence = six ? 2 : 1;
	n->containment.black[0] = (struct network)NETWORK4(0xc612ff02, 32);
	n->containment.black[1] = (struct network){ ATTEMPT_BLACK6, 128 };
	n->containment.n_black = six ? 2 : 1;
	n->containment.lateral = LATERAL;
	n->containment.refuse = refuse;
	n->network6 = NET6;
	n->prefix6 = six ? 64 : 0;
	policy_compile(n, &t);
	assert_int_equal(conntrack_forget_address(lab.gw, addr4(POT)), 0);	/* its SYNs, sent again, would be no new ones */
	assert_int_equal(nft(lab.gw, text_str(&t)), 0);
	gate(true, true);
}

static pid_t attack(int console, bool six)
{
	char *const words[] = { (char *)ATTACK, (char *)"-6", (char *)"2001:db8:10::", (char *)"10.10.10.80", (char *)"10.10.10.1",
				(char *)"198.51.100.1", (char *)"198.18.255.1", (char *)"198.18.255.2", (char *)"10.10.10.53",
				(char *)"10.10.10.253", NULL };
	pid_t pid = fork();

	if (pid == 0) {
		enter(lab.pot[0]);
		dup2(console, STDIN_FILENO);
		dup2(console, STDOUT_FILENO);
		execv(ATTACK, six ? words : words + 2);
		_exit(1);
	}
	assert_true(pid > 0);
	return pid;
}

static void try_everything(struct judge *j, bool six)
{
	int pair[2], status;
	pid_t pid;

	judge_begin(j, &(struct terms){ .own = POT, .gateway = { GATE, OUTER }, .bytes = 100 << 20, .period_us = 3600000000,
					.packets_per_s = 500,
					.resolvers = true, .network6 = six ? NET6 : 0, .outer6 = WAN6 - 0x65,
					.limit = { [CHARGE_TCP] = TCP, [CHARGE_UDP] = UDP, [CHARGE_ICMP] = ICMP, [CHARGE_OTHER] = OTHER,
						   [CHARGE_INSIDE] = LATERAL } });
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	fcntl(pair[0], F_SETFL, O_NONBLOCK);
	pid = attack(pair[1], six);
	close(pair[1]);
	assert_int_equal(selftest_follow(&(struct field){ .lab = lab.wan, .gateway = lab.gw, .console = pair[0], .own = POT, .taps = 7 }, j), 0);
	judge_end(j, mono_us());
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	close(pair[0]);
}

static void say_rows(const struct judge *j)
{
	for (size_t i = 0; i < JUDGE_ROWS; i++)
		print_message("# %-22s %8lu %6lu %6lu%s\n", judge_name(i), j->row[i].tried, j->row[i].allowed, j->row[i].arrived,
			      judge_leaked(j, i) ? " LEAK" : "");
	for (enum charge c = CHARGE_TCP; c <= CHARGE_OTHER; c++)
		print_message("# %-22s %8s %6lu %6lu\n", charge_name(c), "", j->budget[c], j->charged[c]);
	for (enum notice_kind k = 0; k < N_NOTICES; k++)
		print_message("# %-22s %8lu\n", notice_name(k), j->notice.seen[k]);
}

/* Of both families together, so that what began by IPv6 is not left to IPv4. Without IPv6: the next one. */
static void the_budgets_arrive_to_the_packet(void **state)
{
	static const enum attempt_id some[] = { ATTEMPT_SIX_PING, ATTEMPT_SIX_PROTOCOLS, ATTEMPT_SIX_FRAGMENTS, ATTEMPT_SIX_OPTIONS,
						ATTEMPT_SIX_CONNECTIONS, ATTEMPT_SIX_INSIDE };
	_free_ struct judge *j = xcalloc(1, sizeof(*j));

	(void)state;
	if (no_lab())
		return;
	run(lab.gw, "ip route add default via 198.51.100.66; echo 0 > /proc/sys/net/netfilter/nf_conntrack_tcp_loose");
	run(lab.wan, "ip route add local 203.0.113.0/24 dev lo");
	lab_six(true);
	run(lab.gw, "ip route add default via 2001:db8:ffff::66");
	load_rules(REFUSE_DROP, true);
	try_everything(j, true);
	if (!judge_exact(j) || notice_sum(&j->notice))
		say_rows(j);
	assert_true(judge_contained(j));
	assert_true(judge_exact(j));
	assert_in_range(j->row[ATTEMPT_OPEN_FLOW].arrived, 100, 2000);	/* it was not merely refused */
	assert_in_range(j->row[ATTEMPT_REFLECT_NTP].arrived, 10, 300);
	assert_in_range(j->row[ATTEMPT_SAME_SYN].arrived, 20, 300);
	for (size_t i = 0; i < nitems(some); i++)
		if (!j->row[some[i]].arrived || j->row[some[i]].arrived != j->row[some[i]].tried) {
			say_rows(j);
			fail_msg("%s", judge_name(some[i]));
		}
	assert_int_equal(j->row[ATTEMPT_SIX_INSIDE].arrived + j->row[ATTEMPT_INSIDE].arrived, LATERAL);
	assert_true(j->row[ATTEMPT_SIX_SYN_FLOOD].tried > 100 && !j->row[ATTEMPT_SIX_SYN_FLOOD].arrived);
	assert_true(j->row[ATTEMPT_CONNECTIONS].arrived > 0);		/* IPv4 has the rest */
	assert_true(j->row[ATTEMPT_SIX_FENCE].tried == 60 && j->row[ATTEMPT_SIX_BLACKLIST].tried == 60);
	assert_true(j->row[ATTEMPT_SIX_POISONING].tried > 50 && j->row[ATTEMPT_SIX_SPOOFED].tried > 30);
	assert_int_equal(j->row[ATTEMPT_DNS_TUNNEL].arrived, 0);
	assert_int_equal(notice_sum(&j->notice), 0);
	assert_true(judge_listened(j));
	lab_six(false);
}

/*
 * Holes made by hand are found, and nothing else is called one: what may not come, came; a port of the gateway is open; and
 * the SCTP that cost nothing is more than its budget in the end. What is rejected is noticed.
 */
static void holes_are_found(void **state)
{
	_free_ struct judge *j = xcalloc(1, sizeof(*j));
	struct sockaddr_in a = sa(GATE, 8080);
	_fd_ int server = -1;

	(void)state;
	if (no_lab())
		return;
	server = sock(lab.gw, SOCK_STREAM, 0);
	assert_int_equal(bind(server, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(server, 4), 0);
	load_rules(REFUSE_REJECT, false);
	assert_int_equal(nft(lab.gw, "insert rule inet skep forward ip protocol sctp accept\n"
				     "insert rule inet skep forward ip daddr 198.18.255.1 accept\n"
				     "insert rule inet skep input tcp dport 8080 accept"), 0);
	try_everything(j, false);
	for (size_t i = 0; i < JUDGE_ROWS; i++)
		if (judge_leaked(j, i) != (i == ATTEMPT_PROTOCOLS || i == ATTEMPT_FENCE || i == ATTEMPT_GATEWAY)) {
			say_rows(j);
			fail_msg("%s", judge_name(i));
		}
	assert_int_equal(j->row[ATTEMPT_FENCE].arrived, 60);
	assert_int_equal(j->charged[CHARGE_OTHER], OTHER + 3);
	assert_int_equal(j->notice.seen[NOTICE_PORTS], 1);
	assert_true(j->notice.seen[NOTICE_RESETS] > 100 && j->notice.seen[NOTICE_ERRORS] > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_of_one_attempt),
		cmocka_unit_test(budgets_are_shared_in_order),
		cmocka_unit_test(what_may_not_come_is_a_leak),
		cmocka_unit_test(what_was_not_tried_proves_nothing),
		cmocka_unit_test(what_no_router_says_is_noticed),
		cmocka_unit_test(a_restart_between_gives_no_more),
		cmocka_unit_test(the_budgets_arrive_to_the_packet),
		cmocka_unit_test(holes_are_found),
	};

	return cmocka_run_group_tests(tests, lab_open, lab_close);
}
