/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The firewall compiler: its text against golden files, and the text itself against real packets.
 *
 * The second half needs root: a gateway of namespaces (wired.h). It counts what arrives.
 */
#include "wired.h"

#include "golden.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "config/config.h"
#include "model/nat.h"
#include "net/conntrack.h"
#include "net/firewall.h"
#include "policy/policy.h"
#include "policy/ruleset.h"
#include "model/reason.h"

#define GOLDEN "tests/golden/policy/"

static void load_config(const char *path, struct honeynet *ret)
{
	_diag_ struct diag d = { 0 };

	if (config_load(path, ret, &d) < 0) {
		diag_print(&d, path, stderr);
		fail();
	}
}

/* --- pure --- */

static const struct { const char *from, *nft, *lint; } goldens[] = {
	{ "etc/honeynet.yaml", GOLDEN "paper.nft", GOLDEN "paper.lint" },
	{ GOLDEN "narrow.yaml", GOLDEN "narrow.nft", GOLDEN "narrow.lint" },
	{ GOLDEN "motel.yaml", GOLDEN "motel.nft", GOLDEN "motel.lint" },
	{ GOLDEN "shadow.yaml", GOLDEN "shadow.nft", GOLDEN "shadow.lint" },
	{ GOLDEN "together.yaml", GOLDEN "together.nft", GOLDEN "together.lint" },
	{ GOLDEN "instances.yaml", GOLDEN "instances.nft", GOLDEN "instances.lint" },
	{ GOLDEN "language.yaml", GOLDEN "language.nft", GOLDEN "language.lint" },
	{ GOLDEN "many.yaml", GOLDEN "many.nft", GOLDEN "many.lint" },
	{ GOLDEN "nat.yaml", GOLDEN "nat.nft", GOLDEN "nat.lint" },
	{ GOLDEN "six.yaml", GOLDEN "six.nft", GOLDEN "six.lint" },
};

static void the_text_is_the_golden_one(void **state)
{
	_free_ struct honeynet *n = xcalloc(1, sizeof(*n));

	(void)state;
	for (size_t i = 0; i < nitems(goldens); i++) {
		_text_ struct text nft = { 0 }, lint = { 0 };

		load_config(goldens[i].from, n);
		n->containment.tagged = n->containment.session.set;
		policy_compile(n, &nft);
		policy_lint(n, true, &lint);
		same_as_file(goldens[i].nft, &nft);
		same_as_file(goldens[i].lint, &lint);
		assert_null(strstr(text_str(&nft), "flush ruleset"));
	}
}

/* The same rules, in a honeynet with IPv6 and in one without */
static void lint_says_what_is_of_no_family(void **state)
{
	_free_ struct honeynet *n = xcalloc(1, sizeof(*n));
	_text_ struct text with = { 0 }, without = { 0 };

	(void)state;
	load_config(GOLDEN "shadow6.yaml", n);
	policy_lint(n, true, &with);
	same_as_file(GOLDEN "shadow6.lint", &with);
	n->prefix6 = 0;
	policy_lint(n, true, &without);
	same_as_file(GOLDEN "shadow6_without.lint", &without);
}

static void reasons_are_parsed(void **state)
{
	static const struct { const char *in; size_t n; int want; const char *verdict, *reason; } rows[] = {
		{ "skep:accept:rule 2 ", 19, 0, "accept", "rule 2" }, { "skep:drop:rule 127", 18, 0, "drop", "rule 127" },
		{ "skep:drop:rule 3 \0", 18, 0, "drop", "rule 3" }, { "skep:continue:rule 9999 ", 24, 0, "continue", "rule 9999" },
		{ "skep:drop:rule 10000 ", 21, -EINVAL, NULL, NULL }, { "skep:continued:rule 1", 21, -EINVAL, NULL, NULL },
		{ "skep:drop:rule ", 15, -EINVAL, NULL, NULL }, { "skep:drop:rule 01 ", 18, -EINVAL, NULL, NULL },
		{ "skep:drop:rule 3x ", 18, -EINVAL, NULL, NULL }, { "skep:drop:not-ip ", 17, 0, "drop", "not-ip" },
		{ "skep:reject:ipv6 ", 17, -EINVAL, NULL, NULL }, { "skep:drop:", 10, -EINVAL, NULL, NULL },
		{ "skep:drop:ipv", 13, -EINVAL, NULL, NULL }, { "", 0, -EINVAL, NULL, NULL }, { "\0", 1, -EINVAL, NULL, NULL },
		{ "skep", 4, -EINVAL, NULL, NULL }, { "skep:drop:budget tcp\n", 21, -EINVAL, NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < nitems(rows); i++) {
		struct span reason = { 0 };
		const char *verdict = NULL;

		if (reason_parse(rows[i].in, rows[i].n, &verdict, &reason) != rows[i].want)
			fail_msg("row %zu: \"%s\"", i, rows[i].in);
		assert_true(rows[i].want || (!strcmp(verdict, rows[i].verdict) && span_is(reason, rows[i].reason)));
	}
	for (int r = 0; r < N_REASONS; r++) {
		_free_ char *prefix = xasprintf("skep:drop:%s ", reason_name((enum reason)r));
		const char *verdict = NULL;
		struct span reason;

		assert_int_equal(reason_parse(prefix, strlen(prefix), &verdict, &reason), 0);
		assert_true(!strcmp(verdict, "drop") && span_is(reason, reason_name((enum reason)r)));
	}
}

/* with() - the paper's honeynet with another containment; no limit that is not named gets in the way */
static void with(struct containment c)
{
	static struct honeynet n;
	_text_ struct text t = { 0 };

	load_config("etc/honeynet.yaml", &n);
	c.period_s = c.period_s ? c.period_s : 3600;
	c.bytes_mb = c.bytes_mb ? c.bytes_mb : 1000;
	c.packets_per_s = c.packets_per_s ? c.packets_per_s : 1000000;
	c.lateral = c.lateral ? c.lateral : MAX_BUDGET;
	n.containment = c;
	policy_compile(&n, &t);
	assert_int_equal(nft(lab.gw, text_str(&t)), 0);
	gate(true, true);
	log_clear();
}

/* --- traffic --- */

static int listener(int ns, int type, uint16_t port)
{
	int fd = sock(ns, type, 0), one = 1;
	struct sockaddr_in a = sa(0, port);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_true(type != SOCK_STREAM || !listen(fd, 4096));
	return fd;
}

/* call_from() - a TCP connection within 200 ms, or -1; a refused one does not try again. From any address: 0 */
static int call_from(int ns, uint32_t from, uint32_t to, uint16_t port)
{
	struct sockaddr_in own = sa(from, 0), a = sa(to, port);
	_fd_ int fd = sock(ns, SOCK_STREAM, 0);
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	int err = 0;
	socklen_t len = sizeof(err);

	assert_int_equal(bind(fd, (struct sockaddr *)&own, sizeof(own)), 0);
	connect(fd, (struct sockaddr *)&a, sizeof(a));
	if (poll(&p, 1, 200) != 1 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) || err)
		return -1;
	return steal_fd(&fd);
}

static int call(int ns, uint32_t to, uint16_t port)
{
	return call_from(ns, 0, to, port);
}

static unsigned calls(int ns, uint32_t to, uint16_t port, unsigned tries)
{
	unsigned got = 0;

	for (unsigned i = 0; i < tries; i++) {
		_fd_ int fd = call(ns, to, port);

		got += fd >= 0;
	}
	return got;
}

static unsigned drain(int fd)
{
	char buf[2048];
	unsigned n = 0;

	usleep(100000);
	while (recv(fd, buf, sizeof(buf), 0) >= 0)
		n++;
	return n;
}

static void sends(int fd, uint32_t to, uint16_t port, unsigned times)
{
	struct sockaddr_in a = sa(to, port);

	for (unsigned i = 0; i < times; i++)
		(void)!sendto(fd, "skep-test", 9, 0, (struct sockaddr *)&a, sizeof(a));
}

/* pings() - echo requests of one flow; how many were answered */
static unsigned pings(int ns, uint32_t to, unsigned times)
{
	_fd_ int fd = sock(ns, SOCK_RAW, IPPROTO_ICMP);
	struct sockaddr_in a = sa(to, 0);
	unsigned got = 0;
	char answer[128];

	for (unsigned i = 0; i < times; i++) {
		struct icmphdr h = { .type = ICMP_ECHO, .un.echo = { htons(77), htons((uint16_t)i) } };
		uint32_t sum = ICMP_ECHO + h.un.echo.id + h.un.echo.sequence;	/* type is the low byte */
		struct pollfd p = { .fd = fd, .events = POLLIN };

		h.checksum = (uint16_t)~((sum & 0xffff) + (sum >> 16));
		(void)!sendto(fd, &h, sizeof(h), 0, (struct sockaddr *)&a, sizeof(a));
		while (poll(&p, 1, 20) == 1 && recv(fd, answer, sizeof(answer), 0) >= 0)
			got++;
	}
	return got;
}

static void nft_accepts_every_golden_text(void **state)
{
	_free_ struct honeynet *n = xcalloc(1, sizeof(*n));

	(void)state;
	if (no_lab())
		return;
	for (size_t i = 0; i < nitems(goldens); i++) {
		_text_ struct text t = { 0 };

		load_config(goldens[i].from, n);
		n->containment.tagged = n->containment.session.set;
		policy_compile(n, &t);
		assert_int_equal(nft(lab.gw, text_str(&t)), 0);
		assert_int_equal(nft(lab.gw, text_str(&t)), 0);		/* replaces itself */
	}
}

static void tcp_is_exactly_n_a_period(void **state)
{
	static const uint32_t limits[] = { 1, 20, 0 };
	_fd_ int server = -1;

	(void)state;
	if (no_lab())
		return;
	server = listener(lab.wan, SOCK_STREAM, 9000);
	for (size_t i = 0; i < nitems(limits); i++) {
		unsigned periods = limits[i] ? 2 : 1;

		with((struct containment){ .period_s = 2, .tcp = limits[i] });
		for (unsigned period = 0; period < periods; period++) {
			uint64_t begin;

			usleep(period * 2300000);	/* the first period's last element has expired */
			begin = mono_us();
			assert_int_equal(calls(lab.pot[0], WAN, 9000, limits[i] + 2), limits[i]);
			assert_true(mono_us() - begin < 1900000);	/* all of it in one period */
			assert_int_equal(calls(lab.pot[1], WAN, 9000, limits[i] + 1), limits[i]);
		}
		assert_int_equal(logged("skep:accept:rule 2 "), 2 * periods * limits[i]);
		assert_int_equal(logged("skep:drop:budget tcp "), 3 * periods);
	}
}

/* One flow, many packets: none of them gets around its budget. */
static void packets_of_one_flow_are_counted(void **state)
{
	_fd_ int udp = -1, pot = -1, raw = -1, pot_raw = -1;

	(void)state;
	if (no_lab())
		return;
	udp = listener(lab.wan, SOCK_DGRAM, 9000);
	raw = sock(lab.wan, SOCK_RAW, 253);
	pot = sock(lab.pot[0], SOCK_DGRAM, 0);
	pot_raw = sock(lab.pot[0], SOCK_RAW, 253);
	with((struct containment){ .period_s = 2, .udp = 7, .icmp = 5, .other = 3 });
	for (unsigned period = 0; period < 2; period++) {
		sends(pot, WAN, 9000, 30);
		sends(pot_raw, WAN, 0, 30);
		assert_int_equal(drain(udp), 7);
		assert_int_equal(drain(raw), 3);
		assert_int_equal(pings(lab.pot[0], WAN, 9), 5);
		usleep(period ? 0 : 2300000);
	}
	assert_int_equal(logged("skep:drop:budget udp "), 46);
	assert_int_equal(logged("skep:drop:budget other "), 54);
	assert_int_equal(logged("skep:drop:budget icmp "), 8);
}

static struct budget_used used_of(const char *rules, const char *budget, uint32_t address)
{
	struct budget_used used[8];
	size_t n = ruleset_budget(rules, budget, used, nitems(used));

	for (size_t i = 0; i < n; i++)
		if (used[i].address == address)
			return used[i];
	return (struct budget_used){ 0 };
}

static void what_is_used_can_be_read(void **state)
{
	_fd_ int server = -1, pot = -1;
	_text_ struct text rules = { 0 };
	struct budget_used tcp, udp, bytes;
	struct firewall *f;

	(void)state;
	if (no_lab())
		return;
	server = listener(lab.wan, SOCK_STREAM, 9000);
	pot = sock(lab.pot[1], SOCK_DGRAM, 0);
	with((struct containment){ .period_s = 5400, .tcp = 3, .udp = 7 });
	assert_int_equal(calls(lab.pot[0], WAN, 9000, 5), 3);
	sends(pot, WAN, 9000, 2);
	usleep(100000);
	assert_int_equal(firewall_open(lab.gw, &f), 0);
	assert_int_equal(firewall_list(f, &rules), 0);
	firewall_close(f);
	tcp = used_of(text_str(&rules), "tcp", POT);
	udp = used_of(text_str(&rules), "udp", POT1);
	bytes = used_of(text_str(&rules), "bytes", POT);
	assert_int_equal(tcp.used, 3);
	assert_int_equal(tcp.limit, 3);
	assert_in_range(tcp.left_ms, 5300000, 5400000);
	assert_int_equal(udp.used, 2);
	assert_int_equal(udp.limit, 7);
	assert_int_equal(bytes.limit, 1000 << 20);
	assert_in_range(bytes.used, 3 * 60, 3 * 60 + 3 * 5 * 60);	/* SYN, and what an end takes */
	assert_int_equal(used_of(text_str(&rules), "udp", POT).left_ms, 0);
	assert_int_equal(ruleset_budget("", "tcp", &tcp, 1), 0);
}

static void a_syn_sent_again_is_not_counted_again(void **state)
{
	static const char drop_in_wan[] = "table inet t {\nchain c {\ntype filter hook input priority 0;\n"
					  "tcp dport 9003 drop\n}\n}\n";
	struct sockaddr_in a = sa(WAN, 9003);
	_fd_ int fd = -1, server = -1;

	(void)state;
	if (no_lab())
		return;
	server = listener(lab.wan, SOCK_STREAM, 9000);
	with((struct containment){ .tcp = 2 });
	assert_int_equal(nft(lab.wan, drop_in_wan), 0);
	fd = sock(lab.pot[0], SOCK_STREAM, 0);
	connect(fd, (struct sockaddr *)&a, sizeof(a));
	usleep(3400000);	/* SYNs at 0, 1 and 3 s, newer kernels: at 2 s too */
	assert_int_equal(nft(lab.wan, "delete table inet t"), 0);
	assert_in_range(logged("skep:accept:rule 2 "), 3, 4);
	assert_int_equal(calls(lab.pot[0], WAN, 9000, 3), 1);
}

static void add_count(void *arg, const char *element, uint64_t packets)
{
	(void)element;
	*(uint64_t *)arg += packets;
}

/* refused() - packets counted for a reason since the rules were loaded */
static uint64_t refused(enum reason r, bool bridge)
{
	struct firewall *f;
	char set[POLICY_SET_NAME];
	uint64_t n = 0;

	assert_int_equal(firewall_open(lab.gw, &f), 0);
	assert_int_equal(firewall_counters(f, bridge ? "bridge skep_l2" : "inet skep", policy_refused_set(r, false, set),
					   add_count, &n), 0);
	firewall_close(f);
	return n;
}

static void bytes_and_rate_hold_for_what_is_established(void **state)
{
	static char block[65536];
	_fd_ int server = -1, pot = -1, peer = -1, udp = -1;
	size_t got = 0;
	uint64_t begin, took;
	ssize_t n;

	(void)state;
	if (no_lab())
		return;
	server = listener(lab.wan, SOCK_STREAM, 9000);
	with((struct containment){ .tcp = 1, .bytes_mb = 1 });
	pot = call(lab.pot[0], WAN, 9000);
	assert_true(pot >= 0);
	peer = accept4(server, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	begin = mono_us();
	while (mono_us() - begin < 1000000) {
		(void)!send(pot, block, sizeof(block), 0);
		while ((n = recv(peer, block, sizeof(block), 0)) > 0)
			got += (size_t)n;
		usleep(500);
	}
	print_message("# 1 MiB of bytes: %zu arrived\n", got);
	assert_in_range(got, 700000, 1 << 20);
	assert_true(logged("skep:drop:budget bytes ") > 0);

	udp = listener(lab.wan, SOCK_DGRAM, 9000);
	with((struct containment){ .udp = 10000, .packets_per_s = 200 });
	close(pot);
	pot = sock(lab.pot[0], SOCK_DGRAM, 0);
	begin = mono_us();
	for (unsigned i = 0; i < 60; i++) {
		sends(pot, WAN, 9000, 50);
		usleep(10000);
	}
	took = mono_us() - begin;
	got = drain(udp);
	print_message("# 200/s for %llu ms: %zu of 3000 arrived\n", (unsigned long long)took / 1000, got);
	assert_in_range(got, 100, 20 + 200 * took / 1000000 + 1);
	/* Counted in full; the TCP connection above, cut off, still tries now and then. */
	assert_in_range(refused(REASON_BUDGET_PACKETS, false) + refused(REASON_FLOOD_UDP, false), 3000 - got, 3020 - got);
	assert_in_range(logged("skep:drop:budget packets "), 1, 8);
	assert_in_range(logged("skep:drop:flood udp "), 1, 8);
}

static void what_stays_inside_costs_nothing(void **state)
{
	_fd_ int inside = -1, outside = -1, ssh = -1, web = -1, syslog = -1;

	(void)state;
	if (no_lab())
		return;
	inside = listener(lab.pot[1], SOCK_STREAM, 9000);
	outside = listener(lab.wan, SOCK_STREAM, 9000);
	ssh = listener(lab.gw, SOCK_STREAM, 22);
	web = listener(lab.gw, SOCK_STREAM, 80);
	syslog = listener(lab.gw, SOCK_STREAM, 514);
	with((struct containment){ .tcp = 2 });
	assert_int_equal(calls(lab.pot[0], POT1, 9000, 9), 9);
	assert_int_equal(logged("skep:accept:rule 1 "), 9);
	assert_int_equal(calls(lab.wan, POT1, 9000, 9), 9);		/* inbound neither */
	assert_int_equal(calls(lab.pot[0], GATE, 22, 1), 1);
	assert_int_equal(logged("skep:accept:rule 0 "), 1);
	assert_int_equal(calls(lab.pot[0], GATE, 514, 1), 1);
	assert_int_equal(calls(lab.pot[0], GATE, 80, 1), 0);		/* rule 2 says any, containment does not */
	assert_int_equal(logged("skep:drop:default "), 1);
	assert_int_equal(calls(lab.wan, GATE, 80, 1), 0);
	assert_int_equal(logged("skep:drop:rule 3 "), 1);
	assert_int_equal(calls(lab.wan, GATE, 22, 1), 1);
	assert_int_equal(pings(lab.pot[0], GATE, 3), 3);
	assert_int_equal(calls(lab.pot[0], WAN, 9000, 4), 2);		/* the budget is whole */
}

/* Each datagram is a message and its own record: the rule says it once, and no budget is touched. */
static void a_log_costs_nothing(void **state)
{
	_fd_ int syslog = -1, other = -1, pot = -1;

	(void)state;
	if (no_lab())
		return;
	syslog = listener(lab.gw, SOCK_DGRAM, 514);
	other = listener(lab.wan, SOCK_DGRAM, 9000);
	pot = sock(lab.pot[0], SOCK_DGRAM, 0);
	with((struct containment){ .udp = 2 });
	sends(pot, GATE, 514, 200);
	assert_int_equal(drain(syslog), 200);
	assert_int_equal(logged("skep:accept:rule 2 "), 1);
	sends(pot, WAN, 9000, 4);
	assert_int_equal(drain(other), 2);		/* the budget is whole */
}

static void what_a_rule_drops_costs_nothing(void **state)
{
	static struct honeynet n;
	_text_ struct text t = { 0 };
	_fd_ int server = -1;

	(void)state;
	if (no_lab())
		return;
	server = listener(lab.wan, SOCK_STREAM, 9000);
	load_config("etc/honeynet.yaml", &n);
	n.containment.tcp = 2;
	memmove(&n.rule[1], &n.rule[0], 4 * sizeof(n.rule[0]));
	n.n_rules = 5;
	n.service[0].port[0] = (struct port_range){ 9001, 9001 };
	n.rule[0] = (struct rule){ .n_sources = 1, .source[0] = { OBJECT_GROUP, 0 }, .n_destinations = 1,
				   .n_services = 1, .action = ACTION_DROP, .log = true };
	policy_compile(&n, &t);
	assert_int_equal(nft(lab.gw, text_str(&t)), 0);
	gate(true, true);
	log_clear();
	assert_int_equal(calls(lab.pot[0], WAN, 9001, 5), 0);
	assert_int_equal(logged("skep:drop:rule 0 "), 5);
	assert_int_equal(calls(lab.pot[0], WAN, 9000, 4), 2);
}

static void both_locks_close_the_gate(void **state)
{
	_fd_ int server = -1;

	(void)state;
	if (no_lab())
		return;
	server = listener(lab.wan, SOCK_STREAM, 9000);
	with((struct containment){ .tcp = 20 });
	assert_int_equal(calls(lab.pot[0], WAN, 9000, 1), 1);
	gate(false, true);
	assert_int_equal(calls(lab.pot[0], WAN, 9000, 1), 0);
	assert_true(logged("skep:drop:dead-man ") > 0);	/* more: the last connection's FIN, again */
	gate(true, false);
	assert_int_equal(calls(lab.pot[0], WAN, 9000, 1), 0);
	assert_true(logged("skep:drop:owner ") > 0);
}

/* frame() - one Ethernet frame from honeypot 0: IPv4 UDP, ARP or @type with nothing in it */
static void frame(uint16_t type, const uint8_t mac[6], uint32_t source)
{
	uint8_t f[60] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, [12] = (uint8_t)(type >> 8), (uint8_t)type };
	static const uint8_t arp[] = { 0, 1, 8, 0, 6, 4, 0, 1 }, ip[] = { 0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17 };
	struct sockaddr_ll to = { .sll_family = AF_PACKET };
	uint32_t be = htonl(source);
	_fd_ int fd = -1;

	memcpy(f + 6, mac, 6);
	if (type == ETH_P_ARP) {
		memcpy(f + 14, arp, sizeof(arp));
		memcpy(f + 22, mac, 6);
		memcpy(f + 28, &be, 4);
	} else if (type == ETH_P_IP) {
		memcpy(f + 14, ip, sizeof(ip));
		memcpy(f + 26, &be, 4);
	}
	enter(lab.pot[0]);
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	to.sll_ifindex = (int)if_nametoindex("eth0");
	enter(lab.home);
	assert_int_equal(sendto(fd, f, sizeof(f), 0, (struct sockaddr *)&to, sizeof(to)), sizeof(f));
}

static void nobody_speaks_for_another(void **state)
{
	static const uint8_t own[6] = { 0x52, 0x54, 0, 0x0a, 0x0a, 0x50 }, other[6] = { 0x52, 0x54, 0, 0x0a, 0x0a, 0x35 };
	static const struct { uint16_t type; const uint8_t *mac; uint32_t source; const char *prefix; } rows[] = {
		{ ETH_P_IP, other, POT1, "skep:drop:spoof mac " }, { ETH_P_IP, own, POT1, "skep:drop:spoof ip " },
		{ ETH_P_IP, own, GATE, "skep:drop:spoof ip " }, { ETH_P_ARP, own, POT1, "skep:drop:spoof arp " },
		{ ETH_P_ARP, own, GATE, "skep:drop:spoof arp " }, { ETH_P_IPV6, own, 0, "skep:drop:ipv6 " },
		{ ETH_P_8021Q, own, 0, "skep:drop:not-ip " }, { 0x88cc, own, 0, "skep:drop:not-ip " },
	};

	(void)state;
	if (no_lab())
		return;
	with((struct containment){ .tcp = 1 });
	for (size_t i = 0; i < nitems(rows); i++) {
		size_t before = logged(rows[i].prefix);

		frame(rows[i].type, rows[i].mac, rows[i].source);
		if (logged(rows[i].prefix) != before + 1)
			fail_msg("row %zu: not %s", i, rows[i].prefix);
	}
	frame(ETH_P_ARP, own, POT);		/* his own is fine */
	assert_int_equal(logged("skep:drop:spoof arp "), 2);
	run(lab.wan, "ip addr add 10.10.10.99/32 dev eth0");
	{
		_fd_ int fd = sock(lab.wan, SOCK_DGRAM, 0);
		struct sockaddr_in a = sa(0x0a0a0a63, 0);

		assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
		sends(fd, POT, 9000, 2);
	}
	assert_int_equal(logged("skep:drop:spoof source "), 2);
	run(lab.wan, "ip addr del 10.10.10.99/32 dev eth0");
}

/* syns() - first packets of TCP connections from @source, of one or of each its own */
static void syns(int ns, uint32_t source, uint32_t to, unsigned times, bool same)
{
	_fd_ int fd = sock(ns, SOCK_RAW, IPPROTO_RAW);
	struct sockaddr_in a = sa(to, 0);

	for (unsigned i = 0; i < times; i++) {
		uint8_t p[40] = { 0x45, 0, 0, 40, 0, 0, 0, 0, 64, IPPROTO_TCP, [32] = 0x50, [33] = 0x02 };
		uint32_t from = htonl(source), dest = htonl(to), sum = 0;
		uint16_t port = htons((uint16_t)(same ? 1024 : 1024 + i)), web = htons(9000), check;

		memcpy(p + 12, &from, 4);
		memcpy(p + 16, &dest, 4);
		memcpy(p + 20, &port, 2);
		memcpy(p + 22, &web, 2);
		for (size_t k = 12; k < 40; k += 2)	/* RFC 9293: addresses, protocol, length, segment */
			sum += (uint32_t)p[k] << 8 | p[k + 1];
		sum += IPPROTO_TCP + 20;
		sum = (sum & 0xffff) + (sum >> 16);
		check = htons((uint16_t)~((sum & 0xffff) + (sum >> 16)));
		memcpy(p + 36, &check, 2);
		if (sendto(fd, p, sizeof(p), 0, (struct sockaddr *)&a, sizeof(a)) != sizeof(p))
			fail_msg("SYN %u: %s", i, strerror(errno));
	}
}

/* arrived() - packets that the outside was sent since the counter was set to zero */
static uint64_t arrived(bool reset)
{
	static const char counting[] = "add table inet seen\ndelete table inet seen\ntable inet seen {\n"
		"set n { type ifname; flags dynamic; size 8; }\nchain c {\n"
		"type filter hook prerouting priority -400;\nupdate @n { iifname counter }\n}\n}\n";
	struct firewall *f;
	uint64_t n = 0;

	if (reset)
		assert_int_equal(nft(lab.wan, counting), 0);
	assert_int_equal(firewall_open(lab.wan, &f), 0);
	assert_int_equal(firewall_counters(f, "inet seen", "n", add_count, &n), 0);
	firewall_close(f);
	return n;
}

enum { FLOOD = 2000 };

static void udp_flood(void)
{
	_fd_ int fd = sock(lab.pot[0], SOCK_DGRAM, 0);

	sends(fd, WAN, 9000, FLOOD);
}

static void icmp_flood(void)
{
	_fd_ int fd = sock(lab.pot[0], SOCK_RAW, IPPROTO_ICMP);
	struct icmphdr h = { .type = ICMP_ECHO };
	struct sockaddr_in a = sa(WAN, 0);

	h.checksum = (uint16_t)~ICMP_ECHO;
	for (unsigned i = 0; i < FLOOD; i++)
		(void)!sendto(fd, &h, sizeof(h), 0, (struct sockaddr *)&a, sizeof(a));
}

static void other_flood(void)
{
	_fd_ int fd = sock(lab.pot[0], SOCK_RAW, 253);

	sends(fd, WAN, 0, FLOOD);
}

static void syn_flood(void)
{
	syns(lab.pot[0], POT, WAN, FLOOD, false);
}

/* The mark of a counted connection must be no way around the rate. */
static void same_syn_flood(void)
{
	syns(lab.pot[0], POT, WAN, FLOOD, true);
}

/*
 * What a honeypot sends in floods: a rate's worth is decided one by one, no more leaves than the
 * budget, the rest is counted to the last packet and logged a few times.
 */
static void a_flood_is_cut_and_counted(void **state)
{
	static const struct { const char *what; void (*send)(void); enum reason reason, budget; uint32_t most; } rows[] = {
		{ "SYN", syn_flood, REASON_FLOOD_SYN, REASON_BUDGET_TCP, 20 },
		{ "the same SYN", same_syn_flood, REASON_FLOOD_SYN, REASON_BUDGET_TCP, 100 },
		{ "UDP", udp_flood, REASON_FLOOD_UDP, REASON_BUDGET_UDP, 20 },
		{ "ICMP", icmp_flood, REASON_FLOOD_ICMP, REASON_BUDGET_ICMP, 50 },
		{ "other", other_flood, REASON_FLOOD_OTHER, REASON_BUDGET_OTHER, 10 },
	};

	(void)state;
	if (no_lab())
		return;
	for (size_t i = 0; i < nitems(rows); i++) {
		_free_ char *flood = xasprintf("skep:drop:%s ", reason_name(rows[i].reason));
		_free_ char *budget = xasprintf("skep:drop:%s ", reason_name(rows[i].budget));
		uint64_t cut, out, lines, paid;

		with((struct containment){ .tcp = 20, .udp = 20, .icmp = 50, .other = 10 });
		arrived(true);
		log_clear();
		rows[i].send();
		usleep(100000);
		out = arrived(false);
		cut = refused(rows[i].reason, false);
		lines = logged(flood);
		paid = logged(budget);
		print_message("# %s flood: of %d %llu left, %llu cut by rate in %llu lines, %llu by budget\n", rows[i].what,
			      FLOOD, (unsigned long long)out, (unsigned long long)cut, (unsigned long long)lines,
			      (unsigned long long)paid);
		assert_in_range(out, 1, rows[i].most + 4);	/* and an ARP or two */
		assert_in_range(cut + paid + out, FLOOD, FLOOD + 4);
		assert_in_range(lines, 1, 15);
	}
}

static void made_up_sources_are_counted(void **state)
{
	(void)state;
	if (no_lab())
		return;
	with((struct containment){ .tcp = 20 });
	arrived(true);
	for (uint32_t i = 0; i < 1000; i++)
		syns(lab.pot[0], 0x08000001u + i * 7919, WAN, 1, false);
	assert_in_range(arrived(false), 0, 2);		/* nothing but ARP */
	assert_int_equal(refused(REASON_SPOOF_IP, true), 1000);
	assert_in_range(logged("skep:drop:spoof ip "), 1, 15);
}

static void a_flood_from_outside_is_cut_too(void **state)
{
	uint64_t cut;

	(void)state;
	if (no_lab())
		return;
	with((struct containment){ .tcp = 20 });
	for (unsigned i = 0; i < 10; i++)
		syns(lab.wan, WAN - 1 - i, POT, 2000, false);
	cut = refused(REASON_FLOOD_IN, false);
	print_message("# 20000 SYN from outside: %llu cut\n", (unsigned long long)cut);
	assert_in_range(cut, 5000, 16000);
	assert_in_range(logged("skep:drop:flood in "), 1, 20);
}

static void who_is_blocked_is_out_at_once(void **state)
{
	struct firewall *f;
	_fd_ int server = -1, open = -1, peer = -1;
	char byte;

	(void)state;
	if (no_lab())
		return;
	server = listener(lab.pot[0], SOCK_STREAM, 9000);
	with((struct containment){ .tcp = 20 });
	assert_int_equal(firewall_open(lab.gw, &f), 0);
	open = call(lab.wan, POT, 9000);
	peer = accept4(server, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	assert_true(open >= 0 && peer >= 0);
	for (int again = 0; again < 2; again++)		/* a second time renews it */
		assert_int_equal(firewall_block(f, POLICY_BLOCKED_SET, &(struct network)NETWORK4(WAN, 32), again ? 3 : 600), 0);
	assert_int_equal(send(open, "x", 1, 0), 1);
	assert_int_equal(calls(lab.wan, POT, 9000, 2), 0);
	assert_int_equal(recv(peer, &byte, 1, 0), -1);	/* what was open is cut, too */
	assert_int_equal(logged("skep:drop:blocked "), 1);
	assert_true(refused(REASON_BLOCKED, false) >= 3);
	assert_int_equal(firewall_block(f, POLICY_BLOCKED_SET, &(struct network)NETWORK4(WAN, 32), 0), 0);
	assert_int_equal(firewall_block(f, POLICY_BLOCKED_SET, &(struct network)NETWORK4(WAN, 32), 0), 0);	/* twice is no error */
	assert_int_equal(calls(lab.wan, POT, 9000, 2), 2);
	assert_int_equal(firewall_block(f, POLICY_BLOCKED_SET, &(struct network)NETWORK4(WAN, 32), 1), 0);
	assert_int_equal(calls(lab.wan, POT, 9000, 1), 0);
	usleep(1300000);
	assert_int_equal(calls(lab.wan, POT, 9000, 1), 1);	/* its time is over */
	firewall_close(f);
}

/* --- instances: honeypot 0 has two, 1 and 2 --- */

#define A WAN
#define B (WAN + 1)
#define C (WAN + 2)
#define D (WAN + 3)
#define E (WAN + 4)

static const struct honeynet *with_instances(void)
{
	static struct honeynet n;
	_text_ struct text t = { 0 };

	load_config(GOLDEN "instances.yaml", &n);
	n.n_honeypots = 3;
	n.honeypot[1] = n.honeypot[3];
	n.honeypot[1].address = POT1;
	n.honeypot[1].mac[5] = 0x35;
	n.honeypot[2] = n.honeypot[3];
	n.honeypot[2].address = POT2;
	n.n_groups = 0;
	n.rule[0].destination[0] = (struct object_ref){ OBJECT_HONEYPOT, 0 };
	n.n_rules = 2;
	n.n_services = 3;	/* all but UDP to port 9001 */
	n.service[0] = (struct service){ .proto = IPPROTO_TCP, .n_ports = 1, .port = { { 1, 65535 } } };
	n.service[1] = (struct service){ .proto = IPPROTO_UDP, .n_ports = 1, .port = { { 1, 9000 } } };
	n.service[2] = (struct service){ .proto = IPPROTO_ICMP };
	n.rule[0].n_services = 3;
	memcpy(n.rule[0].service, (uint16_t[]){ 0, 1, 2 }, 6);
	policy_compile(&n, &t);
	assert_int_equal(nft(lab.gw, text_str(&t)), 0);
	gate(true, true);
	log_clear();
	return &n;
}

/* open_instance() - as priv does */
static void open_instance(int i)
{
	_free_ char *text = xasprintf("flush set inet skep claim_%d\nadd element inet skep open_%d { ipv4 }", i, i);
	_fd_ int conntrack = conntrack_open(lab.gw);

	assert_int_equal(conntrack_forget(conntrack, POLICY_INSTANCE_MARK((uint32_t)i), POLICY_INSTANCE_MASK), 0);
	assert_int_equal(nft(lab.gw, text), 0);
}

/* who_answers() - the honeypot that a connection from @from to honeypot 0's address reaches; -1 none. *@ret, if wanted:
 * both its ends */
static int who_answers(const int servers[3], uint32_t from, int ret[2])
{
	_fd_ int ours = call_from(lab.wan, from, POT, 9000);
	int who = -1;

	if (ours < 0)
		return -1;
	for (int i = 0; i < 3; i++) {
		struct sockaddr_in peer;
		socklen_t len = sizeof(peer);
		_fd_ int theirs = accept4(servers[i], (struct sockaddr *)&peer, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (theirs < 0)
			continue;
		assert_int_equal(who, -1);
		assert_int_equal(ntohl(peer.sin_addr.s_addr), from);
		who = i;
		if (ret) {
			ret[0] = steal_fd(&ours);
			ret[1] = steal_fd(&theirs);
		}
	}
	return who;
}

static void add_element(void *arg, const char *element, uint64_t packets)
{
	(void)element, (void)packets;
	++*(uint64_t *)arg;
}

/* of_set() - its elements, or what their counters say together */
static uint64_t of_set(const char *set, firewall_counter_fn *add)
{
	struct firewall *f;
	uint64_t n = 0;

	assert_int_equal(firewall_open(lab.gw, &f), 0);
	assert_int_equal(firewall_counters(f, "inet skep", set, add, &n), 0);
	firewall_close(f);
	return n;
}

static uint64_t elements(const char *set)
{
	return of_set(set, add_element);
}

/* cut() - closes a connection that is not to try on */
static void cut(int fd)
{
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){ .l_onoff = 1 }, sizeof(struct linger));
	close(fd);
}

static void each_intruder_has_his_instance(void **state)
{
	int servers[3], b[2], c[2];
	char byte;

	(void)state;
	if (no_lab())
		return;
	for (int i = 0; i < 3; i++)
		servers[i] = listener(lab.pot[i], SOCK_STREAM, 9000);
	with_instances();
	assert_int_equal(who_answers(servers, A, NULL), 0);	/* none is open */
	assert_int_equal(logged("skep:accept:shared "), 1);
	open_instance(1);
	assert_int_equal(who_answers(servers, A, NULL), 0);	/* he stays where he was */
	assert_int_equal(who_answers(servers, B, b), 1);
	assert_int_equal(who_answers(servers, C, NULL), 0);	/* no other is open */
	open_instance(2);
	for (int again = 0; again < 2; again++) {
		assert_int_equal(who_answers(servers, D, NULL), 2);
		assert_int_equal(who_answers(servers, B, NULL), 1);
		assert_int_equal(who_answers(servers, A, NULL), 0);
		assert_int_equal(who_answers(servers, E, NULL), 0);
	}
	assert_int_equal(logged("skep:accept:shared "), 3);	/* of each once */

	/* B goes, the instance is renewed and C's: nothing of B's reaches it any more, not even on what was open */
	assert_int_equal(send(b[0], "x", 1, 0), 1);
	usleep(20000);
	assert_int_equal(recv(b[1], &byte, 1, 0), 1);
	assert_int_equal(nft(lab.gw, "flush set inet skep shared_0\nflush set inet skep claim_1"), 0);
	assert_int_equal(who_answers(servers, C, c), 1);
	assert_int_equal(logged("skep:drop:instance "), 0);
	assert_int_equal(send(b[0], "x", 1, 0), 1);
	usleep(20000);
	assert_int_equal(recv(b[1], &byte, 1, 0), -1);
	assert_true(logged("skep:drop:instance ") > 0);
	assert_int_equal(send(c[0], "x", 1, 0), 1);
	usleep(20000);
	assert_int_equal(recv(c[1], &byte, 1, 0), 1);
	assert_int_equal(who_answers(servers, B, NULL), 0);
	for (int i = 0; i < 3; i++)
		close(servers[i]);
	for (int i = 0; i < 2; i++) {
		cut(b[i]);
		cut(c[i]);
	}
}

static void an_instance_is_seen_as_its_honeypot(void **state)
{
	_fd_ int server = -1, inside = -1, out = -1, in = -1;
	struct sockaddr_in peer;
	socklen_t len = sizeof(peer);

	(void)state;
	if (no_lab())
		return;
	server = listener(lab.wan, SOCK_STREAM, 9000);
	inside = listener(lab.pot[1], SOCK_STREAM, 9000);
	with_instances();
	open_instance(1);
	assert_int_equal(calls(lab.wan, POT, 9000, 1), 1);
	assert_int_equal(calls(lab.wan, POT1, 9000, 1), 0);		/* not by its own address, not even his */
	assert_int_equal(logged("skep:drop:instance "), 1);
	assert_int_equal(refused(REASON_INSTANCE, false), 1);
	assert_int_equal(calls(lab.pot[0], POT1, 9000, 1), 1);		/* its neighbours know it by that */
	out = call(lab.pot[1], WAN, 9000);
	in = accept4(server, (struct sockaddr *)&peer, &len, SOCK_CLOEXEC);
	assert_true(out >= 0 && in >= 0);
	assert_int_equal(ntohl(peer.sin_addr.s_addr), POT);
	assert_int_equal(send(in, "x", 1, 0), 1);
	assert_int_equal(drain(out), 1);
	assert_int_equal(pings(lab.wan, POT, 2), 2);
	/* The budgets (two TCP connections) are each machine's own. */
	assert_int_equal(calls(lab.pot[1], WAN, 9000, 3), 1);
	assert_int_equal(calls(lab.pot[0], WAN, 9000, 3), 2);
}

/* Who only knocks has it for himself, but is not said to have been in it. */
static void who_knocks_is_told_from_who_comes_in(void **state)
{
	_fd_ int server = -1, udp = -1, knock = -1;

	(void)state;
	if (no_lab())
		return;
	server = listener(lab.pot[1], SOCK_STREAM, 9000);
	udp = listener(lab.pot[1], SOCK_DGRAM, 9000);
	with_instances();
	open_instance(1);
	assert_int_equal(pings(lab.wan, POT, 2), 2);
	assert_int_equal(calls(lab.wan, POT, 9009, 2), 0);		/* refused: nobody listens */
	syns(lab.wan, WAN, POT, 1, false);
	knock = sock(lab.wan, SOCK_DGRAM, 0);
	sends(knock, POT, 9001, 1);					/* no rule accepts it */
	usleep(50000);
	assert_int_equal(elements("claim_1"), 1);
	assert_int_equal(elements("came"), 0);
	sends(knock, POT, 9000, 3);
	assert_int_equal(drain(udp), 3);
	assert_int_equal(of_set("came", add_count), 3);
	assert_int_equal(calls(lab.wan, POT, 9000, 1), 1);
	assert_true(of_set("came", add_count) > 3);
}

static void who_gets_nowhere_claims_nothing(void **state)
{
	struct firewall *f;

	(void)state;
	if (no_lab())
		return;
	with_instances();
	open_instance(1);
	gate(false, true);
	assert_int_equal(calls(lab.wan, POT, 9000, 1), 0);
	gate(true, true);
	assert_int_equal(firewall_open(lab.gw, &f), 0);
	assert_int_equal(firewall_block(f, POLICY_BLOCKED_SET, &(struct network)NETWORK4(WAN, 32), 600), 0);
	assert_int_equal(calls(lab.wan, POT, 9000, 1), 0);
	assert_int_equal(firewall_block(f, POLICY_BLOCKED_SET, &(struct network)NETWORK4(WAN, 32), 0), 0);
	firewall_close(f);
	syns(lab.wan, 0x0a0a0a63, POT, 1, false);			/* from nowhere */
	assert_int_equal(calls(lab.pot[0], POT1, 9000, 1), 0);		/* a neighbour; nobody listens */
	assert_int_equal(elements("claim_1"), 0);
	assert_int_equal(calls(lab.wan, POT, 9000, 1), 0);		/* likewise, but he has it now */
	assert_int_equal(elements("claim_1"), 1);
}

/* Many sources at once, from two processors: each set has room for one, and one is in it. */
static void newcomers_at_once_do_not_share(void **state)
{
	enum { ROUNDS = 40, SOURCES = 50 };

	(void)state;
	if (no_lab())
		return;
	with_instances();
	for (int round = 0; round < ROUNDS; round++) {
		pid_t child;

		open_instance(1);
		open_instance(2);
		child = fork();
		assert_true(child >= 0);
		for (uint32_t i = 0; i < SOURCES; i++)
			syns(lab.wan, 0xcb007100u + i + (child ? 0 : SOURCES), POT, 1, false);
		if (child == 0)
			_exit(0);
		assert_int_equal(waitpid(child, NULL, 0), child);
		assert_int_equal(elements("claim_1"), 1);
		assert_int_equal(elements("claim_2"), 1);
		assert_int_equal(nft(lab.gw, "flush set inet skep shared_0"), 0);
	}
}

/* opened() - a connection from outside to honeypot 0, and one from there to outside; both ends of each */
struct opened {
	int in, in_peer, out, out_peer;
};

static struct opened opened(int pot_server, int wan_server)
{
	struct opened o = { .in = call(lab.wan, POT, 9000), .out = call(lab.pot[0], WAN, 9000) };

	o.in_peer = accept4(pot_server, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	o.out_peer = accept4(wan_server, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	assert_true(o.in >= 0 && o.out >= 0 && o.in_peer >= 0 && o.out_peer >= 0);
	return o;
}

static bool passes(int from, int to)
{
	char byte;

	(void)!send(from, "x", 1, MSG_NOSIGNAL);
	usleep(50000);
	return recv(to, &byte, 1, 0) == 1;
}

static void closes(struct opened *o)
{
	close(o->in);
	close(o->in_peer);
	close(o->out);
	close(o->out_peer);
}

static void a_lockdown_ends_what_is_open_at_once(void **state)
{
	struct opened o;
	struct firewall *f;
	_fd_ int pot = -1, wan = -1, log = -1, ssh = -1;

	(void)state;
	if (no_lab())
		return;
	pot = listener(lab.pot[0], SOCK_STREAM, 9000);
	wan = listener(lab.wan, SOCK_STREAM, 9000);
	log = listener(lab.gw, SOCK_STREAM, 514);
	ssh = listener(lab.gw, SOCK_STREAM, 22);
	with((struct containment){ .tcp = 20 });
	assert_int_equal(firewall_open(lab.gw, &f), 0);
	o = opened(pot, wan);
	for (int again = 0; again < 2; again++)		/* twice is no error */
		assert_int_equal(firewall_lock(f, POLICY_LOCKDOWN_SET, true), 0);
	assert_false(passes(o.in, o.in_peer) || passes(o.in_peer, o.in) || passes(o.out, o.out_peer));
	assert_int_equal(calls(lab.wan, POT, 9000, 1) + calls(lab.pot[0], WAN, 9000, 1) + calls(lab.pot[0], POT1, 9000, 1), 0);
	assert_int_equal(calls(lab.pot[0], GATE, 22, 1), 0);
	assert_int_equal(calls(lab.pot[0], GATE, 514, 1), 1);	/* the log goes on */
	assert_int_equal(calls(lab.wan, GATE, 22, 1), 1);	/* so does the administrator */
	assert_true(logged("skep:drop:lockdown ") >= 2);
	assert_true(refused(REASON_LOCKDOWN, false) >= 5);
	for (int again = 0; again < 2; again++)
		assert_int_equal(firewall_lock(f, POLICY_LOCKDOWN_SET, false), 0);
	assert_int_equal(calls(lab.wan, POT, 9000, 1) + calls(lab.pot[0], WAN, 9000, 1), 2);
	closes(&o);
	firewall_close(f);
}

static void nobody_gets_over_the_fence(void **state)
{
	const struct network wide = NETWORK4(WAN & ~63u, 26), one = NETWORK4(WAN, 32);
	struct opened o;
	struct firewall *f;
	_fd_ int pot = -1, wan = -1;

	(void)state;
	if (no_lab())
		return;
	pot = listener(lab.pot[0], SOCK_STREAM, 9000);
	wan = listener(lab.wan, SOCK_STREAM, 9000);
	with((struct containment){ .tcp = 20 });
	assert_int_equal(firewall_open(lab.gw, &f), 0);
	o = opened(pot, wan);
	assert_int_equal(firewall_fence(f, POLICY_FENCE_SET, &wide, true), 0);
	assert_int_equal(firewall_fence(f, POLICY_FENCE_SET, &wide, true), -EINVAL);
	assert_int_equal(firewall_fence(f, POLICY_FENCE_SET, &one, true), -EINVAL);
	assert_false(passes(o.out, o.out_peer) || passes(o.in_peer, o.in));
	assert_int_equal(calls(lab.pot[0], WAN, 9000, 1), 0);
	assert_int_equal(calls(lab.wan, POT, 9000, 1), 0);	/* he may knock, but is not answered */
	assert_true(logged("skep:drop:fence ") >= 2);
	assert_int_equal(firewall_fence(f, POLICY_FENCE_SET, &one, false), -EINVAL);
	assert_int_equal(firewall_fence(f, POLICY_FENCE_SET, &wide, false), 0);
	assert_int_equal(firewall_fence(f, POLICY_FENCE_SET, &wide, false), -EINVAL);
	assert_int_equal(calls(lab.pot[0], WAN, 9000, 1), 1);
	with((struct containment){ .tcp = 20, .n_fence = 2, .fence = { NETWORK4(0xcb007100, 24), NETWORK4(WAN, 32) } });
	assert_int_equal(calls(lab.pot[0], WAN, 9000, 1), 0);	/* by the honeynet file */
	with((struct containment){ .tcp = 20, .locked = true });
	assert_int_equal(calls(lab.pot[0], WAN, 9000, 1), 0);	/* as it was left */
	closes(&o);
	firewall_close(f);
}

/* --- other rules while it runs --- */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* sorted() - the pieces of @s between any of @between; what order they had does not matter */
static char *sorted(char *s, const char *between)
{
	char *piece[4096];
	_text_ struct text t = { 0 };
	size_t n = 0;

	for (char *at; n < nitems(piece) && (at = strsep(&s, between));)
		piece[n++] = at;
	qsort(piece, n, sizeof(piece[0]), by_text);
	for (size_t i = 0; i < n; i++)
		text_addf(&t, "%s\n", piece[i]);
	return xstrdup(text_str(&t));
}

/* ruleset() - all that the kernel lists, block by block, but in no order; a set's elements neither */
static char *ruleset(struct firewall *f)
{
	_text_ struct text t = { 0 }, marked = { 0 };
	_free_ char *text = NULL;
	char *rest;

	assert_int_equal(firewall_list(f, &t), 0);
	for (char *end = t.at; (end = strstr(end, "\n}\n"));)
		end[1] = '\n';		/* a table's end */
	rest = t.at;
	for (char *end; rest; rest = end) {	/* blocks are apart by empty lines */
		end = strstr(rest, "\n\n");
		if (end) {
			*end = '\0';
			end += 2;
		}
		if (!strncmp(rest, "\tset ", 5) || strstr(rest, "{\n\tset ")) {
			_free_ char *set = sorted(rest, " ,\n\t");

			for (char *c = set; *c; c++)
				*c = *c == '\n' ? ' ' : *c;
			text_addf(&marked, "%s\001", set);
		} else
			text_addf(&marked, "%s\001", rest);
	}
	text = xstrdup(text_str(&marked));
	return sorted(text, "\001");
}

static void rules_take_each_others_place(void **state)
{
	static const struct { uint32_t n; struct network at[2]; } fences[] = {
		{ 1, { NETWORK4(0xcb007100, 24) } }, { 2, { NETWORK4(0xcb007100, 25), NETWORK4(0xc6336401, 32) } },
		{ 2, { NETWORK4(0xc6336400, 24), NETWORK4(0xcb007100, 24) } },
	};
	static struct honeynet n[nitems(goldens)];
	struct firewall *f = NULL;
	const char *why = "";

	(void)state;
	if (no_lab())
		return;
	for (size_t i = 0; i < nitems(n); i++)
		load_config(goldens[i].from, &n[i]);
	for (size_t i = 0; i < nitems(fences); i++)
		n[i].containment = (struct containment){ .period_s = 3600, .tcp = 9, .bytes_mb = 9, .packets_per_s = 999,
							 .n_fence = fences[i].n, .fence = { fences[i].at[0], fences[i].at[1] },
							 .n_resolvers = (uint32_t)i, .resolver = { fences[i].at[0], fences[i].at[1] },
							 .isolation = i == 1, .refuse = (enum refuse_how)i };
	assert_int_equal(firewall_open(lab.gw, &f), 0);
	for (size_t i = 0; i < nitems(n); i++)
		for (size_t k = 0; k < nitems(n); k++) {
			_text_ struct text from = { 0 }, to = { 0 }, fresh = { 0 };
			_free_ char *got = NULL, *want = NULL;

			if (n[i].network6 != n[k].network6)	/* that a reload cannot change */
				continue;
			policy_compile(&n[i], &from);
			policy_replace(&n[i], &n[k], &to);
			policy_compile(&n[k], &fresh);
			assert_int_equal(firewall_load(f, text_str(&from), &why), 0);
			if (firewall_try(f, text_str(&to), &why) < 0)
				fail_msg("%s", why);
			got = ruleset(f);
			assert_int_equal(firewall_load(f, text_str(&from), &why), 0);
			want = ruleset(f);
			assert_string_equal(got, want);		/* that was a try */
			free(got);
			free(want);
			if (firewall_load(f, text_str(&to), &why) < 0)
				fail_msg("%s after %s: %s", goldens[k].from, goldens[i].from, why);
			got = ruleset(f);
			assert_int_equal(firewall_load(f, text_str(&fresh), &why), 0);
			want = ruleset(f);
			assert_string_equal(got, want);
		}
	assert_true(firewall_try(f, "add rule inet skep nowhere accept\n", &why) < 0);
	firewall_close(f);
}

static unsigned said(int from, int to)
{
	return send(from, "still here", 10, MSG_NOSIGNAL) == 10 ? drain(to) : 0;
}

/* Honeypot 1 is removed and comes back, rules come and go; nothing that was counted is forgotten. */
static void what_was_used_stays_used(void **state)
{
	static struct honeynet was, now;
	_fd_ int server = -1, open = -1, accepted = -1;
	_text_ struct text t = { 0 }, back = { 0 };
	struct firewall *f = NULL;

	(void)state;
	if (no_lab())
		return;
	server = listener(lab.wan, SOCK_STREAM, 9000);
	with((struct containment){ .tcp = 5 });
	load_config("etc/honeynet.yaml", &was);
	was.containment = (struct containment){ .period_s = 3600, .tcp = 5, .bytes_mb = 1000, .packets_per_s = 1000000 };
	open = call(lab.pot[0], WAN, 9000);
	accepted = accept(server, NULL, NULL);
	assert_true(open >= 0 && accepted >= 0 && fcntl(accepted, F_SETFL, O_NONBLOCK) == 0);
	assert_int_equal(calls(lab.pot[0], WAN, 9000, 2), 2);
	assert_int_equal(calls(lab.pot[1], WAN, 9000, 2), 2);
	assert_int_equal(firewall_open(lab.gw, &f), 0);
	assert_int_equal(firewall_block(f, POLICY_BLOCKED_SET, &(struct network)NETWORK4(0xcb007109, 32), 600), 0);	/* 203.0.113.9 */

	now = was;
	now.containment.tcp = 50;	/* for who has used nothing yet */
	for (uint32_t i = 0; i < now.n_honeypots; i++)
		now.honeypot[i].gone = now.honeypot[i].address == POT1;
	memmove(&now.rule[1], &now.rule[0], now.n_rules * sizeof(now.rule[0]));
	now.n_rules++;
	now.rule[0] = (struct rule){ .n_sources = 1, .n_destinations = 1, .n_services = 1, .action = ACTION_DROP, .log = true };
	policy_replace(&was, &now, &t);
	assert_int_equal(nft(lab.gw, text_str(&t)), 0);
	log_clear();
	assert_int_equal(said(open, accepted), 1);
	assert_int_equal(calls(lab.pot[1], WAN, 9000, 1), 0);
	assert_true(logged("skep:drop:spoof mac ") > 0);
	assert_int_equal(calls(lab.pot[0], WAN, 9000, 4), 2);	/* its budget of five began before */
	assert_int_equal(logged("skep:drop:budget tcp "), 2);
	assert_true(firewall_keeps_out(f, POLICY_BLOCKED_SET, &(struct network)NETWORK4(0xcb007109, 32)));
	firewall_close(f);

	policy_replace(&now, &was, &back);
	assert_int_equal(nft(lab.gw, text_str(&back)), 0);
	assert_int_equal(said(accepted, open), 1);
	assert_int_equal(calls(lab.pot[1], WAN, 9000, 5), 3);	/* who comes back has used what he had */
	assert_int_equal(calls(lab.pot[0], WAN, 9000, 1), 0);
}

static uint64_t counted(struct firewall *f, const struct honeynet *n, uint32_t rule)
{
	struct rule_counts counts[8] = { 0 };
	_text_ struct text t = { 0 };

	assert_int_equal(firewall_list(f, &t), 0);
	assert_true(n->n_rules <= nitems(counts) && ruleset_rules(text_str(&t), POLICY_RULE_COUNTER, counts, n->n_rules));
	assert_true(!counts[rule].packets == !counts[rule].bytes);
	return counts[rule].packets;
}

/* By its number, whatever the rules are by now; of a connection its first packet. */
static void what_a_rule_has_counted_stays(void **state)
{
	static struct honeynet was, now;
	_fd_ int server = -1;
	_text_ struct text more = { 0 }, less = { 0 };
	struct firewall *f = NULL;

	(void)state;
	if (no_lab())
		return;
	assert_false(ruleset_rules("", POLICY_RULE_COUNTER, NULL, 0));
	server = listener(lab.wan, SOCK_STREAM, 9000);
	with((struct containment){ .tcp = 50 });
	load_config("etc/honeynet.yaml", &was);
	was.containment = (struct containment){ .period_s = 3600, .tcp = 50, .bytes_mb = 1000, .packets_per_s = 1000000 };
	assert_int_equal(firewall_open(lab.gw, &f), 0);
	assert_int_equal(calls(lab.pot[0], WAN, 9000, 3), 3);
	assert_int_equal(counted(f, &was, 2), 3);
	assert_int_equal(counted(f, &was, 3), 0);

	now = was;
	now.rule[now.n_rules++] = (struct rule){ .n_sources = 1, .n_destinations = 1, .action = ACTION_CONTINUE };
	now.rule[2].limit = 2;
	now.rule[2].limit_s = 600;
	policy_replace(&was, &now, &more);
	assert_int_equal(nft(lab.gw, text_str(&more)), 0);
	assert_int_equal(counted(f, &now, 2), 3);
	assert_int_equal(calls(lab.pot[0], WAN, 9000, 3), 2);
	assert_int_equal(calls(lab.pot[1], WAN, 9000, 1), 1);	/* each source its own */
	assert_int_equal(counted(f, &now, 2), 7);
	assert_int_equal(logged("skep:drop:rule 2 "), 1);

	policy_replace(&now, &was, &less);
	assert_int_equal(nft(lab.gw, text_str(&less)), 0);
	assert_int_equal(counted(f, &was, 2), 7);
	assert_int_equal(calls(lab.pot[0], WAN, 9000, 1), 1);
	firewall_close(f);
}

/* rejected() - what a caller is told at once: errno; 0 he is not */
static int rejected(int ns, int type, uint32_t to, uint16_t port)
{
	struct sockaddr_in a = sa(to, port);
	_fd_ int fd = sock(ns, type, 0);
	struct pollfd p = { fd, POLLIN | POLLOUT, 0 };
	int error = 0;
	socklen_t size = sizeof(error);

	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
		assert_true(send(fd, "x", 1, 0) == 1);
	p.events = type == SOCK_STREAM ? POLLOUT : POLLIN;
	poll(&p, 1, 300);
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size), 0);
	return error;
}

static void a_rejected_one_is_told_so(void **state)
{
	static struct honeynet n;
	_text_ struct text t = { 0 };

	(void)state;
	if (no_lab())
		return;
	with((struct containment){ .tcp = 50, .udp = 50 });
	load_config("etc/honeynet.yaml", &n);
	n.containment = (struct containment){ .period_s = 3600, .tcp = 50, .udp = 50, .bytes_mb = 1000, .packets_per_s = 1000000 };
	n.rule[1].action = n.rule[2].action = ACTION_REJECT;
	policy_compile(&n, &t);
	assert_int_equal(nft(lab.gw, text_str(&t)), 0);
	gate(true, true);
	log_clear();
	assert_int_equal(rejected(lab.pot[0], SOCK_STREAM, WAN, 9000), ECONNREFUSED);
	assert_int_equal(rejected(lab.pot[0], SOCK_DGRAM, WAN, 9000), ECONNREFUSED);
	assert_int_equal(rejected(lab.wan, SOCK_STREAM, POT, 9000), ECONNREFUSED);
	assert_int_equal(logged("skep:drop:rule 2 "), 2);
	assert_int_equal(logged("skep:drop:rule 1 "), 1);
}

/* Whose it was is still his, on what was open too, when rules change. */
static void a_claim_stays(void **state)
{
	static struct honeynet was, now;
	_text_ struct text t = { 0 };
	int servers[3], b[2];
	char byte;

	(void)state;
	if (no_lab())
		return;
	for (int i = 0; i < 3; i++)
		servers[i] = listener(lab.pot[i], SOCK_STREAM, 9000);
	was = now = *with_instances();
	open_instance(1);
	assert_int_equal(who_answers(servers, B, b), 1);
	assert_int_equal(who_answers(servers, A, NULL), 0);
	now.rule[now.n_rules++] = (struct rule){ .n_sources = 1, .n_destinations = 1, .action = ACTION_DROP };
	policy_replace(&was, &now, &t);
	assert_int_equal(nft(lab.gw, text_str(&t)), 0);
	open_instance(2);
	assert_int_equal(send(b[0], "x", 1, 0), 1);
	usleep(20000);
	assert_int_equal(recv(b[1], &byte, 1, 0), 1);
	assert_int_equal(who_answers(servers, B, NULL), 1);
	assert_int_equal(who_answers(servers, A, NULL), 0);
	assert_int_equal(who_answers(servers, C, NULL), 2);
	for (int i = 0; i < 3; i++)
		close(servers[i]);
	cut(b[0]);
	cut(b[1]);
}

static void what_was_done_by_hand_stays(void **state)
{
	static const struct network one = NETWORK4(WAN + 4, 32), two = NETWORK4(WAN + 8, 32), file = NETWORK4(WAN & ~255u, 30);
	static struct honeynet was, now;
	_text_ struct text t = { 0 };
	struct firewall *f = NULL;
	const char *why = "";

	(void)state;
	if (no_lab())
		return;
	load_config("etc/honeynet.yaml", &was);
	was.containment.n_fence = was.containment.n_by_hand = 1;	/* by hand, before it was started */
	was.containment.fence[0] = one;
	now = was;
	now.containment.n_fence = 2;	/* the file has one, and what is by hand is behind it */
	now.containment.fence[0] = file;
	now.containment.fence[1] = one;
	policy_compile(&was, &t);
	assert_int_equal(firewall_open(lab.gw, &f), 0);
	assert_int_equal(firewall_load(f, text_str(&t), &why), 0);
	assert_int_equal(firewall_fence(f, POLICY_FENCE_SET, &two, true), 0);
	assert_int_equal(firewall_lock(f, POLICY_LOCKDOWN_SET, true), 0);
	for (int back = 0; back < 2; back++) {
		_text_ struct text next = { 0 }, is = { 0 };

		policy_replace(back ? &now : &was, back ? &was : &now, &next);
		if (firewall_load(f, text_str(&next), &why) < 0)
			fail_msg("%s", why);
		assert_int_equal(firewall_list(f, &is), 0);
		assert_non_null(strstr(text_str(&is), "type nf_proto\n\t\telements = { ipv4, ipv6 }"));
		assert_int_equal(firewall_fence(f, POLICY_FENCE_SET, &file, true), back ? 0 : -EINVAL);
		assert_int_equal(firewall_fence(f, POLICY_FENCE_SET, &one, true), -EINVAL);
		assert_int_equal(firewall_fence(f, POLICY_FENCE_SET, &two, true), -EINVAL);
	}
	firewall_close(f);
}

/* told() - connections that ended, since the last time */
static unsigned told(int events)
{
	char buf[65536];
	unsigned n = 0;

	usleep(50000);
	while (recv(events, buf, sizeof(buf), MSG_DONTWAIT) > 0)
		n++;
	return n;
}

static void the_connections_of_one_address_are_let_go(void **state)
{
	_fd_ int server = -1, one = -1, other = -1, events = -1, table = -1;

	(void)state;
	if (no_lab())
		return;
	with((struct containment){ .tcp = 20 });
	table = conntrack_open(lab.gw);
	assert_int_equal(conntrack_flush(table), 0);	/* what other tests left would end by itself */
	events = conntrack_listen(lab.gw);
	server = listener(lab.wan, SOCK_STREAM, 9000);
	one = call(lab.pot[0], WAN, 9000);
	other = call(lab.pot[1], WAN, 9000);
	assert_true(events >= 0 && one >= 0 && other >= 0);
	told(events);
	for (int i = 0; i < 2; i++) {	/* POT1's, and those of no other; then there are none */
		assert_int_equal(conntrack_forget_address(lab.gw, addr4(POT1)), 0);
		assert_true(i ? !told(events) : told(events) >= 1);
	}
	assert_int_equal(conntrack_forget_address(lab.gw, addr4(POT)), 0);
	assert_true(told(events) >= 1);
}

/* --- NAT -------------------------------------------------------------------------------------- */

#define PUBLIC 0xc633640au	/* 198.51.100.10 */

/* with_nat() - honeypots 0 and 1 with these NAT rules, three TCP connections to the outside each */
static void with_nat(const char *nat, struct honeynet *n)
{
	_free_ char *file = xasprintf(
		"name: nat\nnetwork: 10.10.10.0/24\nfirewall: {name: Gate, address: 10.10.10.1}\n"
		"honeypots:\n  - {name: A, address: 10.10.10.80, image: apache}\n  - {name: B, address: 10.10.10.53, image: dns}\n"
		"networks: [{name: public, addresses: 198.51.100.10}, {name: second, addresses: 198.51.100.67}]\n"
		"services: [{name: old, protocol: tcp, ports: 80}, {name: new, protocol: tcp, ports: 9000}]\n"
		"rules: [{source: any, destination: [A, B], action: accept}, {source: [A, B], destination: any, action: accept}]\n"
		"containment: {tcp: 3}\n%s", nat);
	_diag_ struct diag d = { 0 };

	if (config_read(file, strlen(file), n, &d) < 0) {
		diag_print(&d, "test", stderr);
		fail();
	}
	run(lab.gw, "ip addr replace 198.51.100.10/32 dev wan0");
}

static void take_nat(const char *nat)
{
	static struct honeynet n;
	_text_ struct text t = { 0 };

	with_nat(nat, &n);
	policy_compile(&n, &t);
	assert_int_equal(nft(lab.gw, text_str(&t)), 0);
	gate(true, true);
	log_clear();
}

/* met() - both ends of a connection, and whom its server sees */
struct met {
	int ours, theirs;
	uint32_t peer;
};

static struct met meet(int ns, uint32_t to, uint16_t port, int server)
{
	struct met m = { .ours = call(ns, to, port) };
	struct sockaddr_in peer;
	socklen_t len = sizeof(peer);

	m.theirs = accept4(server, (struct sockaddr *)&peer, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);
	assert_true(m.ours >= 0 && m.theirs >= 0);
	m.peer = ntohl(peer.sin_addr.s_addr);
	return m;
}

static void part(struct met *m)
{
	cut(m->ours);
	cut(m->theirs);
}

static uint32_t seen_as(int ns, uint32_t to, int server)
{
	struct met m = meet(ns, to, 9000, server);

	assert_true(passes(m.ours, m.theirs) && passes(m.theirs, m.ours));
	part(&m);
	return m.peer;
}

static uint64_t nat_counted(uint32_t rule)
{
	struct rule_counts counts[4] = { 0 };
	_text_ struct text t = { 0 };
	struct firewall *f;

	assert_int_equal(firewall_open(lab.gw, &f), 0);
	assert_int_equal(firewall_list(f, &t), 0);
	assert_true(ruleset_rules(text_str(&t), POLICY_NAT_COUNTER, counts, nitems(counts)));
	firewall_close(f);
	return counts[rule].packets;
}

/* The first rule that matches says from where; what is used up is each honeypot's own, under whatever address. */
static void outside_knows_honeypots_by_other_addresses(void **state)
{
	_fd_ int server = -1;

	(void)state;
	if (no_lab())
		return;
	server = listener(lab.wan, SOCK_STREAM, 9000);
	take_nat("nat: [{source: A, destination: second}, {source: A, translated_source: public}, {translated_source: masquerade}]\n");
	assert_int_equal(seen_as(lab.pot[0], WAN, server), PUBLIC);
	assert_int_equal(seen_as(lab.pot[0], WAN + 1, server), POT);
	assert_int_equal(seen_as(lab.pot[1], WAN, server), OUTER);
	assert_int_equal(pings(lab.pot[0], WAN, 2), 2);
	assert_int_equal(nat_counted(0), 1);
	assert_int_equal(nat_counted(1), 2);	/* and the conversation of pings */
	assert_int_equal(nat_counted(2), 1);
	assert_int_equal(calls(lab.pot[0], WAN, 9000, 9), 1);	/* of three */
	assert_int_equal(calls(lab.pot[1], WAN, 9000, 9), 2);
	assert_true(logged("skep:drop:budget tcp ") > 0);
	assert_int_equal(pings(lab.wan, POT, 1), 1);		/* who knows its own address may come by it */
}

static void what_comes_for_an_address_is_led_on(void **state)
{
	_fd_ int a = -1, b = -1, gw = -1;
	struct firewall *f;
	struct met m;

	(void)state;
	if (no_lab())
		return;
	a = listener(lab.pot[0], SOCK_STREAM, 9000);
	b = listener(lab.pot[1], SOCK_STREAM, 9000);
	gw = listener(lab.gw, SOCK_STREAM, 9000);
	take_nat("nat: [{destination: public, service: old, translated_destination: A, translated_service: new},\n"
		 "      {destination: Gate, service: new, translated_destination: B}, {destination: public, translated_destination: B}]\n");
	m = meet(lab.wan, PUBLIC, 80, a);
	assert_int_equal(m.peer, WAN);			/* who comes is known */
	assert_true(passes(m.ours, m.theirs) && passes(m.theirs, m.ours));
	part(&m);
	m = meet(lab.wan, PUBLIC, 9000, b);
	part(&m);
	m = meet(lab.wan, OUTER, 9000, b);
	part(&m);
	assert_int_equal(pings(lab.wan, PUBLIC, 2), 2);
	assert_int_equal(calls(lab.wan, OUTER, 22, 1), 0);	/* that is the gateway itself, as ever */
	assert_int_equal(calls(lab.pot[0], PUBLIC, 9000, 1), 0);	/* and from inside all of it is */
	assert_int_equal(drain(gw), 0);
	assert_int_equal(nat_counted(0), 1);
	assert_int_equal(nat_counted(1), 1);

	/* all that keeps somebody out knows his own address and the honeypot's */
	assert_int_equal(firewall_open(lab.gw, &f), 0);
	assert_int_equal(firewall_block(f, POLICY_BLOCKED_SET, &(struct network)NETWORK4(WAN, 32), 600), 0);
	assert_int_equal(calls(lab.wan, PUBLIC, 80, 1), 0);
	assert_int_equal(firewall_block(f, POLICY_BLOCKED_SET, &(struct network)NETWORK4(WAN, 32), 0), 0);
	assert_int_equal(calls(lab.wan, PUBLIC, 80, 1), 1);
	gate(false, true);
	assert_int_equal(calls(lab.wan, PUBLIC, 80, 1), 0);
	gate(true, true);
	firewall_close(f);
}

/* A honeypot with instances gives them by its other address too, at the port of the rule. */
static void an_instance_is_behind_an_address(void **state)
{
	static struct honeynet n;
	_text_ struct text t = { 0 };
	int servers[3];
	struct met m;

	(void)state;
	if (no_lab())
		return;
	for (int i = 0; i < 3; i++)
		servers[i] = listener(lab.pot[i], SOCK_STREAM, 9000);
	n = *with_instances();
	run(lab.gw, "ip addr replace 198.51.100.10/32 dev wan0");
	n.service[3] = (struct service){ .proto = IPPROTO_TCP, .n_ports = 1, .port = { { 80, 80 } } };
	n.n_services = 4;
	n.n_networks = n.n_ranges = n.networks[0].n = 1;
	n.range[0] = (struct address_range)RANGE4(PUBLIC, PUBLIC);
	n.n_nat = 2;
	n.nat[0] = (struct nat_rule){ .kind = NAT_DESTINATION, .port = 9000,
				      .asks = { .n_sources = 1, .n_destinations = 1, .n_services = 1, .service = { 3 },
						.destination = { { OBJECT_NETWORK, 0 } } } };
	n.nat[1] = (struct nat_rule){ .kind = NAT_SOURCE, .address = PUBLIC, .asks = { .n_sources = 1, .n_destinations = 1 } };
	policy_compile(&n, &t);
	assert_int_equal(nft(lab.gw, text_str(&t)), 0);
	gate(true, true);
	open_instance(1);
	gate(false, true);
	assert_int_equal(calls(lab.wan, PUBLIC, 80, 1), 0);	/* who gets nowhere claims nothing */
	assert_int_equal(elements("claim_1"), 0);
	gate(true, true);
	m = meet(lab.wan, PUBLIC, 80, servers[1]);
	part(&m);
	assert_int_equal(who_answers(servers, A, NULL), 1);	/* it is the same one by the other address */
	assert_int_equal(who_answers(servers, B, NULL), 0);	/* none is left */
	for (int i = 0; i < 3; i++)
		close(servers[i]);
	servers[0] = listener(lab.wan, SOCK_STREAM, 9000);
	assert_int_equal(seen_as(lab.pot[1], WAN, servers[0]), PUBLIC);
	close(servers[0]);
}

/* Connections go on as they began, whatever a reload makes of NAT; new ones are of the new rules. */
static void a_reload_keeps_what_is_translated(void **state)
{
	static const char with[] = "nat: [{source: A, translated_source: public}, {destination: public, translated_destination: A}]\n";
	static struct honeynet was, now;
	_text_ struct text t = { 0 }, back = { 0 };
	_fd_ int server = -1, inside = -1;
	struct met in, out;

	(void)state;
	if (no_lab())
		return;
	server = listener(lab.wan, SOCK_STREAM, 9000);
	inside = listener(lab.pot[0], SOCK_STREAM, 9000);
	take_nat(with);
	with_nat(with, &was);
	with_nat("", &now);
	nat_keep(&was, &now);
	out = meet(lab.pot[0], WAN, 9000, server);
	in = meet(lab.wan, PUBLIC, 9000, inside);
	policy_replace(&was, &now, &t);
	assert_int_equal(nft(lab.gw, text_str(&t)), 0);
	assert_true(passes(out.ours, out.theirs) && passes(out.theirs, out.ours));
	assert_true(passes(in.ours, in.theirs) && passes(in.theirs, in.ours));
	assert_int_equal(seen_as(lab.pot[0], WAN, server), POT);
	policy_replace(&now, &was, &back);
	assert_int_equal(nft(lab.gw, text_str(&back)), 0);
	assert_int_equal(seen_as(lab.pot[0], WAN, server), PUBLIC);
	assert_true(passes(out.theirs, out.ours) && passes(in.theirs, in.ours));
	part(&in);
	part(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_text_is_the_golden_one),
		cmocka_unit_test(lint_says_what_is_of_no_family),
		cmocka_unit_test(reasons_are_parsed),
		cmocka_unit_test(nft_accepts_every_golden_text),
		cmocka_unit_test(rules_take_each_others_place),	/* before there is traffic, which would be counted */
		cmocka_unit_test(tcp_is_exactly_n_a_period),
		cmocka_unit_test(packets_of_one_flow_are_counted),
		cmocka_unit_test(what_is_used_can_be_read),
		cmocka_unit_test(a_syn_sent_again_is_not_counted_again),
		cmocka_unit_test(bytes_and_rate_hold_for_what_is_established),
		cmocka_unit_test(a_flood_is_cut_and_counted),
		cmocka_unit_test(made_up_sources_are_counted),
		cmocka_unit_test(a_flood_from_outside_is_cut_too),
		cmocka_unit_test(who_is_blocked_is_out_at_once),
		cmocka_unit_test(a_lockdown_ends_what_is_open_at_once),
		cmocka_unit_test(nobody_gets_over_the_fence),
		cmocka_unit_test(what_stays_inside_costs_nothing),
		cmocka_unit_test(a_log_costs_nothing),
		cmocka_unit_test(what_a_rule_drops_costs_nothing),
		cmocka_unit_test(both_locks_close_the_gate),
		cmocka_unit_test(nobody_speaks_for_another),
		cmocka_unit_test(what_was_used_stays_used),
		cmocka_unit_test(what_a_rule_has_counted_stays),
		cmocka_unit_test(a_rejected_one_is_told_so),
		cmocka_unit_test(what_was_done_by_hand_stays),
		cmocka_unit_test(the_connections_of_one_address_are_let_go),
		cmocka_unit_test(each_intruder_has_his_instance),
		cmocka_unit_test(an_instance_is_seen_as_its_honeypot),
		cmocka_unit_test(who_knocks_is_told_from_who_comes_in),
		cmocka_unit_test(who_gets_nowhere_claims_nothing),
		cmocka_unit_test(newcomers_at_once_do_not_share),
		cmocka_unit_test(a_claim_stays),
		cmocka_unit_test(outside_knows_honeypots_by_other_addresses),
		cmocka_unit_test(what_comes_for_an_address_is_led_on),
		cmocka_unit_test(an_instance_is_behind_an_address),
		cmocka_unit_test(a_reload_keeps_what_is_translated),
	};

	return cmocka_run_group_tests(tests, lab_open, lab_close);
}
