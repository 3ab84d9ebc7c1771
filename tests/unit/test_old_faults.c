/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The faults of the paper's rc.firewall, each a test: what that script let through, forgot or did not say must be held,
 * kept and said here. Packets are really sent, as frames, and counted by a packet socket outside, beside all rules.
 */
#include "wired.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "config/config.h"
#include "net/conntrack.h"
#include "net/firewall.h"
#include "net/watch.h"
#include "policy/policy.h"
#include "selftest/frames.h"

#define SERVER 0xc6120101u	/* 198.18.1.1: outside, and nobody answers */
#define SERVER6 ((addr_number)0x20010db801130000 << 64 | 1)	/* 2001:db8:113::1, likewise */
#define FENCED 0xc612ff01u

static struct honeynet net;	/* what the gateway goes by */
static int outside = -1;	/* sees what comes out */
static int plug = -1;		/* honeypot 0's, for frames as they are */
static int plug_index;
static struct ends ends;	/* honeypot 0 to the gateway */
static uint16_t port = 1024;	/* a new connection each time */

/* --- the gateway ------------------------------------------------------------------------------ */

/* came() - packets of @proto, 0 any frame but ARP, that came out since the last time */
static unsigned came(uint8_t proto)
{
	struct watched w;
	unsigned n = 0;

	usleep(100000);
	while (watch_next(outside, &w) == 1) {
		bool six = w.n >= 54 && w.byte[12] == 0x86 && w.byte[13] == 0xdd && w.byte[20] == proto;
		bool ip = w.n >= 34 && w.byte[12] == 8 && w.byte[13] == 0, arp = w.n >= 14 && w.byte[12] == 8 && w.byte[13] == 6;

		n += proto ? six || (ip && w.byte[23] == proto) : !arp;
	}
	return n;
}

static void load_net(struct containment c, bool six)
{
	_text_ struct text t = { 0 };
	_diag_ struct diag d = { 0 };

	memset(&net, 0, sizeof(net));
	assert_int_equal(config_load("etc/honeynet.yaml", &net, &d), 0);
	c.period_s = c.period_s ? c.period_s : 3600;
	c.bytes_mb = c.bytes_mb ? c.bytes_mb : 1000;
	c.packets_per_s = c.packets_per_s ? c.packets_per_s : 1000000;
	c.lateral = MAX_BUDGET;
	net.containment = c;
	net.network6 = NET6;
	net.prefix6 = six ? 64 : 0;
	policy_compile(&net, &t);
	assert_int_equal(conntrack_forget_address(lab.gw, addr4(POT)), 0);
	assert_int_equal(nft(lab.gw, text_str(&t)), 0);
	gate(true, true);
	came(0);		/* what the end of other tests' connections still sends */
	log_clear();
}

static void load(struct containment c)
{
	load_net(c, false);
}

/* reload() - as priv does when the honeynet file changed */
static void reload(const struct honeynet *next)
{
	_text_ struct text t = { 0 };

	policy_replace(&net, next, &t);
	assert_int_equal(nft(lab.gw, text_str(&t)), 0);
}

static void add_up(void *arg, const char *element, uint64_t packets)
{
	(void)element;
	*(uint64_t *)arg += packets;
}

static uint64_t refused(enum reason r, bool bridge)
{
	char name[POLICY_SET_NAME];
	struct firewall *f;
	uint64_t n = 0;

	assert_int_equal(firewall_open(lab.gw, &f), 0);
	assert_int_equal(firewall_counters(f, bridge ? "bridge skep_l2" : "inet skep", policy_refused_set(r, false, name), add_up, &n), 0);
	firewall_close(f);
	return n;
}

/* --- packets ---------------------------------------------------------------------------------- */

static void hardware_address(int ns, const char *name, uint8_t ret[ETH_ALEN], int *ret_index)
{
	struct ifreq r = { 0 };
	_fd_ int fd = sock(ns, SOCK_DGRAM, 0);

	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	assert_int_equal(ioctl(fd, SIOCGIFHWADDR, &r), 0);
	memcpy(ret, r.ifr_hwaddr.sa_data, ETH_ALEN);
	assert_int_equal(ioctl(fd, SIOCGIFINDEX, &r), 0);
	*ret_index = r.ifr_ifindex;
}

static int set_up(void **state)
{
	int unused;

	if (lab_open(state) < 0)
		return -1;
	if (!lab.home)
		return 0;
	hardware_address(lab.pot[0], "eth0", ends.from, &plug_index);
	hardware_address(lab.gw, "br0", ends.to, &unused);
	enter(lab.pot[0]);
	plug = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	enter(lab.home);
	outside = watch_open(lab.wan, false);
	run(lab.gw, "ip route add default via 198.51.100.66; echo 0 > /proc/sys/net/netfilter/nf_conntrack_tcp_loose");
	return plug < 0 || outside < 0 ? -1 : 0;
}

static void put(const struct frame *f)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = plug_index };

	assert_int_equal(sendto(plug, f->byte, f->n, 0, (struct sockaddr *)&to, sizeof(to)), f->n);
}

static void put_ip(struct ip_head h, const void *body, size_t n)
{
	struct frame f;

	frame_begin(&f, &ends, ETHERTYPE_IP);
	frame_ip(&f, &h, body, n);
	frame_pad(&f);
	put(&f);
}

static void syn_from(uint32_t from, uint32_t to, uint16_t at)
{
	struct ip_head h = { .src = from, .dest = to, .proto = IPPROTO_TCP };
	uint8_t body[64];

	put_ip(h, body, body_tcp(body, &h, port++, at, FLAG_SYN, NULL, 0));
}

static void syns(uint16_t at, unsigned times)
{
	for (unsigned i = 0; i < times; i++)
		syn_from(POT, SERVER, at);
}

static void syns_by_six(unsigned times)
{
	const struct sockaddr_in6 to = sa6(SERVER6, 80);

	for (unsigned i = 0; i < times; i++) {
		_fd_ int fd = sock6(lab.pot[0], SOCK_STREAM, 0);

		connect(fd, (const struct sockaddr *)&to, sizeof(to));		/* nobody waits for an answer */
	}
}

static void datagrams(uint32_t to, uint16_t at, unsigned times)
{
	for (unsigned i = 0; i < times; i++) {
		struct ip_head h = { .src = POT, .dest = to, .proto = IPPROTO_UDP };
		uint8_t body[64];

		put_ip(h, body, body_udp(body, &h, port++, at, "out", 3));
	}
}

static int listener(int ns, int type, uint16_t at)
{
	struct sockaddr_in a = sa(0, at);
	int fd = sock(ns, type, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_true(type != SOCK_STREAM || !listen(fd, 16));
	return fd;
}

/* connected() - within 300 ms, or -1 */
static int connected(int ns, uint32_t to, uint16_t at)
{
	struct sockaddr_in a = sa(to, at);
	_fd_ int fd = sock(ns, SOCK_STREAM, 0);
	socklen_t len = sizeof(int);
	int e = 0;

	connect(fd, (struct sockaddr *)&a, sizeof(a));
	if (poll(&(struct pollfd){ .fd = fd, .events = POLLOUT }, 1, 300) != 1 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &e, &len) || e)
		return -1;
	return steal_fd(&fd);
}

/* --- the faults ------------------------------------------------------------------------------- */

/* A bucket of N that is filled again by N an hour lets nearly 2N through in its first hour. */
static void never_twice_the_budget_in_the_first_period(void **state)
{
	uint64_t begin;
	unsigned first;

	(void)state;
	if (no_lab())
		return;
	load((struct containment){ .period_s = 6, .tcp = 5 });
	begin = mono_us();
	for (int i = 0; i < 100; i++) {
		syns(80, 1);
		usleep(25000);
	}
	first = came(IPPROTO_TCP);
	assert_int_equal(first, 5);
	while (mono_us() < begin + 6500000)
		usleep(100000);
	syns(80, 20);
	assert_int_equal(came(IPPROTO_TCP), 5);		/* the next period's, and again no more */
}

/* Down and up are tests/system; here what a changed file and a process that dies do. */
static void no_fresh_budget_by_a_restart(void **state)
{
	static struct honeynet next;

	(void)state;
	if (no_lab())
		return;
	load((struct containment){ .tcp = 5, .udp = 5 });
	syns(80, 3);
	datagrams(SERVER, 80, 10);
	assert_int_equal(came(0), 8);
	next = net;
	next.containment.tcp = 100;
	reload(&next);
	net = next;
	gate(false, false);
	gate(true, true);
	syns(80, 20);
	datagrams(SERVER, 80, 20);
	assert_int_equal(came(0), 2);
}

static void dns_is_not_unlimited(void **state)
{
	(void)state;
	if (no_lab())
		return;
	load((struct containment){ .tcp = 3, .udp = 4 });
	datagrams(SERVER, 53, 50);
	assert_int_equal(came(IPPROTO_UDP), 4);
	datagrams(SERVER + 256, 53, 50);		/* nor by another server */
	assert_int_equal(came(IPPROTO_UDP), 0);
	syns(53, 50);
	assert_int_equal(came(IPPROTO_TCP), 3);
	syns(853, 50);
	assert_int_equal(came(IPPROTO_TCP), 0);
}

static const char helpers[] =
	"add table ip helpers\ndelete table ip helpers\ntable ip helpers {\n"
	"ct helper ftp { type \"ftp\" protocol tcp; }\nct helper irc { type \"irc\" protocol tcp; }\n"
	"set related { type ipv4_addr; flags dynamic; size 8; }\n"
	"chain give { type filter hook prerouting priority -100;\n"
	"tcp dport 21 ct helper set \"ftp\"\ntcp dport 6667 ct helper set \"irc\"\n"
	"ct state related update @related { ip saddr counter }\n}\n}\n";

static uint64_t related(void)
{
	struct firewall *f;
	uint64_t n = 0;

	assert_int_equal(firewall_open(lab.gw, &f), 0);
	assert_int_equal(firewall_counters(f, "ip helpers", "related", add_up, &n), 0);
	firewall_close(f);
	return n;
}

/* said() - that arrives on the other side, and was read by whatever stands between */
static void said(int from, int to, const char *words)
{
	char buf[256];

	assert_int_equal(send(from, words, strlen(words), 0), strlen(words));
	assert_int_equal(poll(&(struct pollfd){ .fd = to, .events = POLLIN }, 1, 1000), 1);
	assert_true(recv(to, buf, sizeof(buf), 0) > 0);
}

/*
 * The administrator of the machine may have given the kernel's helpers to what passes. What they expect has the connection
 * mark of the connection it belongs to, and with it that this one was counted.
 */
static void what_ftp_expects_is_counted(void **state)
{
	_fd_ int control = -1, data = -1, ftp = -1, peer = -1, one = -1, two = -1, three = -1;

	(void)state;
	if (no_lab())
		return;
	load((struct containment){ .tcp = 3 });
	assert_int_equal(nft(lab.gw, helpers), 0);
	control = listener(lab.wan, SOCK_STREAM, 21);
	data = listener(lab.wan, SOCK_STREAM, 50000);
	ftp = connected(lab.pot[0], WAN, 21);
	assert_true(ftp >= 0);
	peer = accept(control, NULL, NULL);
	for (int i = 0; i < 3; i++) {
		int *fd = (int *[]){ &one, &two, &three }[i];

		said(ftp, peer, "PASV\r\n");
		said(peer, ftp, "227 Entering Passive Mode (198,51,100,66,195,80)\r\n");
		*fd = connected(lab.pot[0], WAN, 50000);
	}
	assert_true(related() >= 2);		/* they were what the helper expected */
	assert_true(one >= 0 && two >= 0);
	assert_int_equal(three, -1);		/* the fourth connection of three */
	assert_true(logged("skep:drop:budget tcp ") >= 1);
	assert_int_equal(nft(lab.gw, "delete table ip helpers"), 0);
}

static void what_irc_expects_obeys_the_rules(void **state)
{
	static struct honeynet next;
	_fd_ int control = -1, irc = -1, peer = -1, dcc = -1, in = -1;

	(void)state;
	if (no_lab())
		return;
	load((struct containment){ .tcp = 3 });
	assert_int_equal(nft(lab.gw, helpers), 0);
	next = net;		/* in, never: rule 1 drops */
	next.rule[1].action = ACTION_DROP;
	reload(&next);
	control = listener(lab.wan, SOCK_STREAM, 6667);
	dcc = listener(lab.pot[0], SOCK_STREAM, 5000);
	irc = connected(lab.pot[0], WAN, 6667);
	assert_true(irc >= 0);
	peer = accept(control, NULL, NULL);
	said(irc, peer, "PRIVMSG bob :\1DCC SEND mine 168430160 5000 100\1\r\n");
	log_clear();
	in = connected(lab.wan, POT, 5000);
	assert_int_equal(in, -1);
	assert_true(related() >= 1);
	assert_true(logged("skep:drop:rule 1 ") >= 1);
	assert_int_equal(nft(lab.gw, "delete table ip helpers"), 0);
}

static void made_up_sources_are_stopped_and_said(void **state)
{
	const struct ends right = ends;

	(void)state;
	if (no_lab())
		return;
	load((struct containment){ .tcp = 100, .udp = 100 });
	for (uint32_t i = 0; i < 200; i++)
		syn_from(i % 2 ? 0x08080808u + i : 0x0a0a0a00u + i, SERVER, 80);	/* of the world, of its own network */
	assert_int_equal(came(0), 1);				/* its own address was among them */
	assert_int_equal(refused(REASON_SPOOF_IP, true), 199);
	assert_in_range(logged("skep:drop:spoof ip "), 1, 199);
	ends.from[5] ^= 1;
	syns(80, 10);
	ends = right;
	assert_int_equal(came(0), 0);
	assert_int_equal(refused(REASON_SPOOF_MAC, true), 10);
	assert_true(logged("skep:drop:spoof mac ") >= 1);
}

/* What is no IPv4 neither comes out nor reaches another honeypot. */
static void ipv6_arp_and_other_frames_are_filtered(void **state)
{
	static const struct { uint16_t type; enum reason reason; } rows[] = {
		{ ETHERTYPE_IPV6, REASON_IPV6 }, { ETHERTYPE_ARP, REASON_SPOOF_ARP }, { 0x8100, REASON_NOT_IP },
		{ 0x88a8, REASON_NOT_IP }, { 0x88cc, REASON_NOT_IP }, { 0x8137, REASON_NOT_IP }, { 200, REASON_NOT_IP },
	};
	_fd_ int neighbour = -1;
	struct watched w;

	(void)state;
	if (no_lab())
		return;
	load((struct containment){ .tcp = 100 });
	neighbour = watch_open(lab.pot[1], false);
	assert_true(neighbour >= 0);
	for (size_t i = 0; i < nitems(rows); i++) {
		uint64_t before = refused(rows[i].reason, true);
		struct frame f;

		for (int to_all = 0; to_all < 2; to_all++) {
			struct ends e = ends;

			memset(e.to, to_all ? 255 : e.to[0], to_all ? ETH_ALEN : 1);
			frame_begin(&f, &e, rows[i].type);
			frame_add(&f, "\0\1\10\0\6\4\0\2faulty10.1", 18);	/* as ARP: who says he is another */
			frame_pad(&f);
			put(&f);
		}
		usleep(20000);
		if (refused(rows[i].reason, true) != before + 2)
			fail_msg("frames of type %04x are not counted", rows[i].type);
	}
	assert_int_equal(came(0), 0);
	while (watch_next(neighbour, &w) == 1)
		assert_true(memcmp(w.byte + 6, ends.from, ETH_ALEN));
	assert_true(logged("skep:drop:ipv6 ") >= 1 && logged("skep:drop:spoof arp ") >= 1 && logged("skep:drop:not-ip ") >= 1);
}

/* ip6tables had no rules at all. Here nothing of it passes, or it is by the same rules and budgets. */
static void ipv6_is_no_way_past_the_rules(void **state)
{
	(void)state;
	if (no_lab())
		return;
	lab_six(true);
	run(lab.gw, "ip route add default via 2001:db8:ffff::66");
	run(lab.pot[0], "ip neigh replace 2001:db8:10::a0a:a01 lladdr 00:00:5e:00:01:0a dev eth0");	/* nobody tells him */
	load((struct containment){ .tcp = 5 });
	syns_by_six(20);
	assert_int_equal(came(IPPROTO_TCP), 0);
	assert_true(refused(REASON_IPV6, true) >= 20);
	assert_true(logged("skep:drop:ipv6 ") >= 1);
	load_net((struct containment){ .tcp = 5 }, true);
	syns(80, 3);
	syns_by_six(20);
	assert_int_equal(came(IPPROTO_TCP), 5);
	assert_int_equal(logged("skep:accept:rule 2 "), 5);
	assert_int_equal(logged("skep:drop:budget tcp "), 18);
	lab_six(false);
}

/* hammer() - a process that sends what must never get out, without a pause */
static pid_t hammer(void)
{
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			datagrams(FENCED, 80, 10);
	assert_true(pid > 0);
	return pid;
}

/* Old rules and new ones take turns while packets fly: no moment without any, neither open nor stalled. */
static void no_moment_without_rules(void **state)
{
	_fd_ int server = -1, pot = -1;
	struct sockaddr_in a = sa(WAN, 9000), own = sa(POT, 9001);
	static struct honeynet next;
	unsigned sent = 0, got = 0;
	char byte;
	pid_t pid;
	int status;

	(void)state;
	if (no_lab())
		return;
	load((struct containment){ .udp = 100, .n_fence = 1, .fence = { NETWORK4(FENCED, 32) } });
	next = net;
	next.containment.icmp = 7;
	server = listener(lab.wan, SOCK_DGRAM, 9000);
	pot = sock(lab.pot[0], SOCK_DGRAM, 0);
	assert_int_equal(bind(pot, (struct sockaddr *)&own, sizeof(own)), 0);
	assert_int_equal(sendto(pot, "x", 1, 0, (struct sockaddr *)&a, sizeof(a)), 1);
	usleep(50000);
	own = sa(POT, 9001);
	assert_int_equal(recv(server, &byte, 1, 0), 1);
	assert_int_equal(sendto(server, "x", 1, 0, (struct sockaddr *)&own, sizeof(own)), 1);	/* answered: it is open */
	came(0);
	pid = hammer();
	for (unsigned i = 0; i < 40; i++) {
		reload(&next);
		reload(&next);
		for (unsigned k = 0; k < 3; k++)	/* below every rate */
			sent += sendto(pot, "x", 1, 0, (struct sockaddr *)&a, sizeof(a)) == 1;
		usleep(20000);
		while (recv(server, &byte, 1, 0) == 1)
			got++;
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	usleep(100000);
	while (recv(server, &byte, 1, 0) == 1)
		got++;
	assert_true(refused(REASON_FENCE, false) > 1000);
	assert_int_equal(got, sent);
	assert_int_equal(came(0), sent);		/* and nothing else came out */
}

static void each_refusal_is_said(void **state)
{
	(void)state;
	if (no_lab())
		return;
	load((struct containment){ .tcp = 2, .udp = 2, .icmp = 50 });
	syns(80, 42);
	datagrams(SERVER, 80, 32);
	assert_int_equal(logged("skep:drop:budget tcp "), 40);
	assert_int_equal(logged("skep:drop:budget udp "), 30);
	syns(80, 1000);				/* a flood: counted to the last, said a few times */
	usleep(100000);
	assert_int_equal(logged("skep:drop:budget tcp ") + refused(REASON_FLOOD_SYN, false), 1040);
	assert_in_range(logged("skep:drop:flood syn "), 1, 15);
	assert_int_equal(came(0), 4);
}

/* Inbound is free; what answers it is not: ten large answers for each small question. */
static void inbound_udp_makes_no_reflector(void **state)
{
	_fd_ int pot = -1, peer = -1;
	struct sockaddr_in a = sa(POT, 9000), from;
	unsigned got, answers = 0;
	uint64_t since, took;
	char big[1000] = { 0 };

	(void)state;
	if (no_lab())
		return;
	load((struct containment){ .udp = 20 });
	pot = listener(lab.pot[0], SOCK_DGRAM, 9000);
	peer = sock(lab.wan, SOCK_DGRAM, 0);
	since = mono_us();
	while ((took = mono_us() - since) < 2000000) {
		socklen_t len = sizeof(from);

		assert_int_equal(sendto(peer, "?", 1, 0, (struct sockaddr *)&a, sizeof(a)), 1);
		usleep(5000);
		while (recvfrom(pot, big, sizeof(big), 0, (struct sockaddr *)&from, &len) > 0)
			for (int i = 0; i < 10; i++)
				answers += sendto(pot, big, sizeof(big), 0, (struct sockaddr *)&from, len) > 0;
	}
	got = came(IPPROTO_UDP);
	print_message("# %u answers, %u came out in %lu ms\n", answers, got, took / 1000);
	assert_true(answers > 500);
	assert_in_range(got, 10, 10 + 50 * (took + 100000) / 1000000 + 1);
	assert_true(refused(REASON_FLOOD_UDP, false) + got + refused(REASON_BUDGET_PACKETS, false) >= answers);
}

/* And what is reported as never matching never does. */
static void a_rule_that_never_matches_is_reported(void **state)
{
	static struct honeynet next;
	_text_ struct text lint = { 0 };

	(void)state;
	if (no_lab())
		return;
	load((struct containment){ .tcp = 20 });
	next = net;		/* rule 3 is about what rule 2 has decided, rule 4 says what rule 3 said */
	next.rule[4] = net.rule[3];
	next.rule[3] = net.rule[2];
	next.rule[3].action = ACTION_DROP;
	next.n_rules = 5;
	policy_lint(&next, false, &lint);
	assert_non_null(strstr(text_str(&lint), "rule 3 can never match"));
	assert_null(strstr(text_str(&lint), "rule 2 can never match"));
	reload(&next);
	log_clear();
	syns(80, 5);
	assert_int_equal(logged("skep:accept:rule 2 "), 5);
	assert_int_equal(logged("skep:drop:rule 3 "), 0);
	came(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(never_twice_the_budget_in_the_first_period),
		cmocka_unit_test(no_fresh_budget_by_a_restart),
		cmocka_unit_test(dns_is_not_unlimited),
		cmocka_unit_test(what_ftp_expects_is_counted),
		cmocka_unit_test(what_irc_expects_obeys_the_rules),
		cmocka_unit_test(made_up_sources_are_stopped_and_said),
		cmocka_unit_test(ipv6_arp_and_other_frames_are_filtered),
		cmocka_unit_test(ipv6_is_no_way_past_the_rules),
		cmocka_unit_test(no_moment_without_rules),
		cmocka_unit_test(each_refusal_is_said),
		cmocka_unit_test(inbound_udp_makes_no_reflector),
		cmocka_unit_test(a_rule_that_never_matches_is_reported),
	};

	return cmocka_run_group_tests(tests, set_up, lab_close);
}
