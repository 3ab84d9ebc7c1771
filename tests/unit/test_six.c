/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A gateway of both families, with real packets (wired.h; needs root): what budgets, lists and the bridge hold for IPv4 they
 * hold for IPv6, and budgets for both together.
 *
 * One socket does for both: to it IPv4 addresses are those of IPv6 that stand for them, which are also our numbers of them.
 */
#include "charged.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/ip6.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "folder.h"
#include "model/budget.h"
#include "model/reason.h"
#include "policy/destinations.h"
#include "policy/policy.h"

#define T(f) cmocka_unit_test_setup_teardown(f, fresh_state, remove_dir)
#define WAN4 (ADDR_4 | WAN)

static int fresh_state(void **state)
{
	int r = fresh_dir(state);

	str_copy(plan.state, dir, sizeof(plan.state));
	return r;
}

static int server(int ns, int type, uint16_t port)
{
	int fd = sock6(ns, type, 0), room = 4 << 20, one = 1;
	struct sockaddr_in6 a = sa6(0, port);

	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_true(type != SOCK_STREAM || !listen(fd, 256));
	return fd;
}

static unsigned got(int fd)
{
	static char what[1500];
	unsigned n = 0;

	usleep(100000);
	while (recv(fd, what, sizeof(what), 0) >= 0)
		n++;
	return n;
}

/* sends() - a datagram of @len bytes, from a port of its own */
static void sends(int ns, addr_number to, uint16_t port, size_t len)
{
	static char what[1400];
	struct sockaddr_in6 a = sa6(to, port);
	_fd_ int fd = sock6(ns, SOCK_DGRAM, 0);

	(void)!sendto(fd, what, len, 0, (struct sockaddr *)&a, sizeof(a));
}

/* call() - a TCP connection within 200 ms; or -1, and @ret_err why, 0: no answer */
static int call(int ns, addr_number to, uint16_t port, int *ret_err)
{
	struct sockaddr_in6 a = sa6(to, port);
	_fd_ int fd = sock6(ns, SOCK_STREAM, 0);
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	int err = 0;
	socklen_t n = sizeof(err);

	connect(fd, (struct sockaddr *)&a, sizeof(a));
	*ret_err = 0;
	if (poll(&p, 1, 200) != 1 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &n) || err) {
		*ret_err = err;
		return -1;
	}
	return steal_fd(&fd);
}

/* calls() - of so many to each of both addresses, in turn, these came about */
static unsigned calls(int ns, addr_number four, addr_number six, uint16_t port, unsigned n)
{
	unsigned came = 0;
	int err;

	for (unsigned i = 0; i < 2 * n; i++) {
		_fd_ int fd = call(ns, i % 2 ? six : four, port, &err);

		came += fd >= 0;
	}
	return came;
}

/* --- budgets ---------------------------------------------------------------------------------- */

/* raw() - @n packets of a protocol, of both families in turn; how many of them come */
static unsigned raw(uint8_t proto4, uint8_t proto6, const void *what, const void *what6, size_t len, unsigned n)
{
	struct sockaddr_in to = sa(WAN, 0);
	struct sockaddr_in6 to6 = sa6(WAN6, 0);
	_fd_ int from = sock(lab.pot[0], SOCK_RAW, proto4), from6 = sock6(lab.pot[0], SOCK_RAW, proto6);
	_fd_ int in = sock(lab.wan, SOCK_RAW, proto4), in6 = sock6(lab.wan, SOCK_RAW, proto6);
	uint8_t packet[256];
	unsigned came = 0;

	for (unsigned i = 0; i < n; i++) {
		(void)!sendto(from, what, len, 0, (struct sockaddr *)&to, sizeof(to));
		(void)!sendto(from6, what6, len, 0, (struct sockaddr *)&to6, sizeof(to6));
	}
	usleep(100000);
	while (recv(in, packet, sizeof(packet), 0) >= 0)
		came += proto4 != IPPROTO_ICMP || packet[20] == 8;
	while (recv(in6, packet, sizeof(packet), 0) >= 0)
		came += proto6 != IPPROTO_ICMPV6 || packet[0] == ICMP6_ECHO_REQUEST;
	return came;
}

static void a_budget_is_one_for_both(void **state)
{
	static const uint8_t echo[8] = { 8, 0, 0xf7, 0xff }, echo6[8] = { ICMP6_ECHO_REQUEST };	/* this one's sum the kernel makes */
	const struct containment c = { .tcp = 5, .udp = 7, .icmp = 5, .other = 3, .lateral = 5 };
	_fd_ int tcp = -1, udp = -1, beside = -1;

	(void)state;
	if (no_lab())
		return;
	tcp = server(lab.wan, SOCK_STREAM, 9000);
	udp = server(lab.wan, SOCK_DGRAM, 9000);
	beside = server(lab.pot[1], SOCK_STREAM, 9000);
	up(c, true);
	assert_int_equal(calls(lab.pot[0], WAN4, WAN6, 9000, 4), 5);
	for (int i = 0; i < 6; i++) {
		sends(lab.pot[0], WAN6, 9000, 10);
		sends(lab.pot[0], WAN4, 9000, 10);
	}
	assert_int_equal(got(udp), 7);
	assert_int_equal(raw(IPPROTO_ICMP, IPPROTO_ICMPV6, echo, echo6, sizeof(echo), 5), 5);
	assert_int_equal(raw(253, 253, echo, echo, sizeof(echo), 5), 3);
	assert_int_equal(calls(lab.pot[0], ADDR_4 | POT1, POT1_6, 9000, 4), 5);
	assert_int_equal(logged("skep:drop:budget tcp "), 3);
	assert_int_equal(logged("skep:drop:budget udp "), 5);
	assert_int_equal(logged("skep:drop:budget icmp "), 5);
	assert_int_equal(logged("skep:drop:budget other "), 7);
	assert_int_equal(logged("skep:drop:budget lateral "), 3);
	assert_true(used_of("tcp", POT).used == 5 && used_of("udp", POT).used == 7 && used_of("lateral", POT).used == 5);
	assert_int_equal(used_of("tcp", POT1).used, 0);
	down();
	up(c, true);			/* and it is used */
	assert_int_equal(calls(lab.pot[0], WAN4, WAN6, 9000, 2), 0);
	assert_int_equal(calls(lab.pot[1], WAN4, WAN6, 9000, 5), 5);	/* but nobody else's */
	down();
}

static void bytes_of_both_are_added(void **state)
{
	_fd_ int udp = -1;

	(void)state;
	if (no_lab())
		return;
	udp = server(lab.wan, SOCK_DGRAM, 9000);
	up((struct containment){ .udp = 10000, .bytes_mb = 1 }, true);
	for (int i = 0; i < 530; i++) {		/* 1000 bytes each, as IP counts */
		sends(lab.pot[0], WAN4, 9000, 972);
		sends(lab.pot[0], WAN6, 9000, 952);
		usleep(8000);	/* no flood */
	}
	assert_int_equal(got(udp), 1048);
	down();
}

static void a_flood_is_cut_by_both_together(void **state)
{
	uint64_t begin = 0, most;
	_fd_ int udp = -1;
	unsigned came;

	(void)state;
	if (no_lab())
		return;
	udp = server(lab.wan, SOCK_DGRAM, 9000);
	up((struct containment){ .udp = 10000 }, true);
	begin = mono_us();
	for (int i = 0; i < 500; i++) {
		sends(lab.pot[0], WAN4, 9000, 10);
		sends(lab.pot[0], WAN6, 9000, 10);
	}
	most = 250 + 250 * (mono_us() - begin) / 1000000 + 1;
	came = got(udp);
	assert_in_range(came, 250, most);
	assert_in_range(logged("skep:drop:flood udp "), 1, 20);
	down();
	assert_int_equal(unlinkat(dirfd_, "budgets", 0), 0);
	up((struct containment){ .udp = 10000, .bandwidth_kb = 32 }, true);
	begin = mono_us();
	for (int i = 0; i < 120; i++) {		/* 1024 bytes each */
		sends(lab.pot[0], WAN4, 9000, 996);
		sends(lab.pot[0], WAN6, 9000, 976);
	}
	most = 32 + 64 + 32 * (mono_us() - begin) / 1000000 + 1;
	came = got(udp);
	assert_in_range(came, 96, most);
	assert_true(logged("skep:drop:budget bandwidth ") >= 1);
	down();
}

static void connections_at_once_are_of_both(void **state)
{
	_fd_ int tcp = -1;
	int held[3], err;

	(void)state;
	if (no_lab())
		return;
	tcp = server(lab.wan, SOCK_STREAM, 9000);
	up((struct containment){ .tcp = 100, .connections = 3 }, true);
	for (int i = 0; i < 3; i++)
		held[i] = call(lab.pot[0], i % 2 ? WAN4 : WAN6, 9000, &err);
	assert_true(held[0] >= 0 && held[1] >= 0 && held[2] >= 0);
	assert_int_equal(calls(lab.pot[0], WAN4, WAN6, 9000, 1), 0);
	assert_int_equal(used_of("tcp", POT).used, 3);
	for (int i = 0; i < 3; i++)
		close(held[i]);
	down();
}

static size_t reached(enum family f, uint32_t address)
{
	struct ruleset_reached at[8];
	_text_ struct text t = { 0 };
	char set[DESTINATIONS_NAME];

	assert_int_equal(firewall_list(wall, &t), 0);
	return ruleset_reached(text_str(&t), destinations_set(f, address, set), at, nitems(at));
}

static unsigned sends_to_each(int udp, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		sends(lab.pot[0], WAN4 + i, 9000, 10);
		sends(lab.pot[0], WAN6 + i, 9000, 10);
	}
	return got(udp);
}

static void destinations_are_so_many_of_each_family(void **state)
{
	const struct containment c = { .udp = 100, .destinations = 2 };
	static struct honeynet next;
	_fd_ int udp = -1;

	(void)state;
	if (no_lab())
		return;
	udp = server(lab.wan, SOCK_DGRAM, 9000);
	up(c, true);
	assert_int_equal(sends_to_each(udp, 4), 4);
	assert_int_equal(logged("skep:drop:budget destinations "), 4);
	assert_int_equal(reached(FAMILY_4, POT), 2);
	assert_int_equal(reached(FAMILY_6, POT), 2);
	down();
	up(c, true);		/* where it has been is kept */
	assert_int_equal(reached(FAMILY_6, POT), 2);
	assert_int_equal(sends_to_each(udp, 4), 4);
	next = plan.net;
	next.containment.udp = 101;
	change(&next);
	sends(lab.pot[0], WAN6 + 3, 9000, 10);
	assert_int_equal(got(udp), 0);
	down();
}

static void what_is_set_by_hand_is_for_both(void **state)
{
	struct own_budgets own = { 0 };
	_fd_ int udp = -1;

	(void)state;
	if (no_lab())
		return;
	udp = server(lab.wan, SOCK_DGRAM, 9000);
	up((struct containment){ .udp = 20, .jitter = 50 }, true);
	for (int i = 0; i < 11; i++) {
		sends(lab.pot[1], WAN4, 9000, 10);
		sends(lab.pot[1], WAN6, 9000, 10);
	}
	assert_int_equal(got(udp), used_of("udp", POT1).limit);		/* by chance, but one number for both */
	sends(lab.pot[0], WAN6, 9000, 10);
	budget_set_in(&(struct budget_set){ .budget = BUDGET_UDP, .own = true, .limit = 4 }, &own);
	assert_int_equal(budgets_set(&budgets, place_of(POT), &own), 0);
	for (int i = 0; i < 4; i++) {
		sends(lab.pot[0], WAN4, 9000, 10);
		sends(lab.pot[0], WAN6, 9000, 10);
	}
	assert_int_equal(got(udp), 4);
	assert_int_equal(used_of("udp", POT).used, 4);
	down();
}

static void who_is_rejected_hears_of_it(void **state)
{
	struct sockaddr_in6 a = sa6(WAN6, 9000);
	_fd_ int tcp = -1, fd = -1;
	struct pollfd p = { .events = POLLIN };
	socklen_t n = sizeof(int);
	int err = 0;

	(void)state;
	if (no_lab())
		return;
	tcp = server(lab.wan, SOCK_STREAM, 9000);
	up((struct containment){ .refuse = REFUSE_REJECT }, true);
	assert_int_equal(call(lab.pot[0], WAN6, 9000, &err), -1);
	assert_int_equal(err, ECONNREFUSED);
	fd = sock6(lab.pot[0], SOCK_DGRAM, 0);
	assert_int_equal(setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &(int){ 1 }, sizeof(int)), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(send(fd, "x", 1, 0), 1);
	p.fd = fd;
	assert_int_equal(poll(&p, 1, 1000), 1);
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &n), 0);
	assert_int_equal(err, EHOSTUNREACH);
	down();
	up((struct containment){ .refuse = REFUSE_TARPIT }, true);	/* that is IPv4's: here it is dropped */
	assert_int_equal(call(lab.pot[0], WAN6, 9000, &err), -1);
	assert_int_equal(err, 0);
	assert_true(logged("skep:drop:budget tcp ") >= 1);
	down();
}

/* --- lists, and by hand ------------------------------------------------------------------------- */

static bool comes_in(addr_number from, int at)
{
	struct sockaddr_in6 own = sa6(from, 0), a = sa6(POT6, 9000);
	_fd_ int fd = sock6(lab.wan, SOCK_DGRAM, 0);

	assert_int_equal(setsockopt(fd, IPPROTO_IPV6, IPV6_FREEBIND, &(int){ 1 }, sizeof(int)), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&own, sizeof(own)), 0);
	(void)!sendto(fd, "x", 1, 0, (struct sockaddr *)&a, sizeof(a));
	return got(at);
}

static bool goes_out(addr_number to, uint16_t port, int at)
{
	sends(lab.pot[0], to, port, 10);
	return got(at);
}

static void lists_hold_for_six(void **state)
{
	const struct network white = { WAN6, 128 }, black = { WAN6 + 1, 128 }, fence = { WAN6 & ~(addr_number)0xffff, 112 };
	static struct honeynet next;
	_fd_ int udp = -1, dns = -1, pot = -1;

	(void)state;
	if (no_lab())
		return;
	udp = server(lab.wan, SOCK_DGRAM, 9000);
	dns = server(lab.wan, SOCK_DGRAM, 53);
	pot = server(lab.pot[0], SOCK_DGRAM, 9000);
	up((struct containment){ .udp = 100, .n_resolvers = 1, .resolver = { { WAN6 + 2, 128 } } }, true);
	assert_true(goes_out(WAN6, 9000, udp) && comes_in(WAN6 + 1, pot));
	assert_true(goes_out(WAN6 + 2, 53, dns) && !goes_out(WAN6, 53, dns));
	assert_int_equal(logged("skep:drop:resolver "), 1);
	next = plan.net;
	for (uint32_t i = 0; i < next.n_rules; i++)
		next.rule[i].action = ACTION_DROP;
	next.containment.n_white = next.containment.n_black = 1;
	next.containment.white[0] = white;
	next.containment.black[0] = black;
	change(&next);
	assert_true(goes_out(WAN6, 9000, udp) && comes_in(WAN6, pot));
	assert_true(!goes_out(WAN6 + 1, 9000, udp) && !comes_in(WAN6 + 1, pot) && !comes_in(WAN6 + 2, pot));
	assert_int_equal(logged("skep:drop:blacklist "), 2);
	assert_int_equal(firewall_fence(wall, POLICY_FENCE_SET, &fence, true), 0);
	assert_true(!goes_out(WAN6, 9000, udp));
	assert_int_equal(logged("skep:drop:fence "), 1);
	assert_int_equal(firewall_fence(wall, POLICY_FENCE_SET, &fence, false), 0);
	assert_int_equal(firewall_lock(wall, POLICY_LOCKDOWN_SET, true), 0);
	assert_true(!goes_out(WAN6, 9000, udp) && !comes_in(WAN6, pot));
	assert_int_equal(firewall_lock(wall, POLICY_LOCKDOWN_SET, false), 0);
	assert_true(goes_out(WAN6, 9000, udp));
	down();
}

static void who_is_blocked_is_out(void **state)
{
	const struct network one = { WAN6, 128 }, net = { WAN6 & ~(addr_number)UINT64_MAX, 64 }, four = NETWORK4(WAN, 32);
	_fd_ int pot = -1;

	(void)state;
	if (no_lab())
		return;
	assert_string_equal(policy_blocked_set(&one), POLICY_BLOCKED6_SET);
	assert_string_equal(policy_blocked_set(&net), POLICY_BLOCKED6_NET_SET);
	assert_string_equal(policy_blocked_set(&four), POLICY_BLOCKED_SET);
	assert_null(policy_blocked_set(&(struct network){ WAN6, 64 }));
	assert_null(policy_blocked_set(&(struct network){ 0, 0 }));
	pot = server(lab.pot[0], SOCK_DGRAM, 9000);
	up((struct containment){ .udp = 100 }, true);
	assert_int_equal(firewall_block(wall, POLICY_BLOCKED6_SET, &one, 600), 0);
	assert_true(firewall_keeps_out(wall, POLICY_BLOCKED6_SET, &one));
	assert_true(!comes_in(WAN6, pot) && comes_in(WAN6 + 1, pot));
	assert_int_equal(firewall_block(wall, POLICY_BLOCKED6_SET, &one, 0), 0);
	assert_true(comes_in(WAN6, pot));
	assert_int_equal(firewall_block(wall, POLICY_BLOCKED6_NET_SET, &net, 600), 0);
	assert_true(!comes_in(WAN6, pot) && !comes_in(WAN6 + 1, pot));
	assert_true(comes_in(((addr_number)0x20010db801130000 << 64) + 1, pot));
	assert_int_equal(firewall_block(wall, POLICY_BLOCKED6_NET_SET, &net, 0), 0);
	assert_true(comes_in(WAN6 + 1, pot));
	assert_int_equal(logged("skep:drop:blocked "), 2);	/* once a second and source */
	down();
}

static struct ruleset looked(void)
{
	_text_ struct text t = { 0 };
	struct ruleset r;

	assert_int_equal(firewall_list(wall, &t), 0);
	ruleset_look(text_str(&t), &r);
	return r;
}

/* What says whether the rules still contain looks at those for IPv6, too. */
static void rules_of_six_are_missed(void **state)
{
	struct ruleset r;

	(void)state;
	if (no_lab())
		return;
	up((struct containment){ .n_resolvers = 1, .resolver = { { WAN6 + 2, 128 } }, .isolation = true }, true);
	r = looked();
	assert_true(r.drops && r.locked && r.states && r.bridge && r.resolvers && r.isolation && r.budgets == BUDGETS);
	assert_int_equal(nft(lab.gw, "flush chain inet skep forward6\nadd rule inet skep forward6 accept\n"
				     "flush chain bridge skep_l2 l2_six\nadd rule bridge skep_l2 l2_six accept"), 0);
	r = looked();
	assert_true(r.drops && r.locked && !r.states && !r.bridge && !r.resolvers && !r.isolation);
	down();
}

static void isolation_is_of_both(void **state)
{
	static struct honeynet next;
	_fd_ int beside = -1;

	(void)state;
	if (no_lab())
		return;
	beside = server(lab.pot[1], SOCK_DGRAM, 9000);
	up((struct containment){ .udp = 100 }, true);
	assert_true(goes_out(POT1_6, 9000, beside));
	next = plan.net;
	next.containment.isolation = true;
	change(&next);
	assert_true(!goes_out(POT1_6, 9000, beside));
	assert_int_equal(logged("skep:drop:isolation "), 1);
	down();
}

/* --- the bridge --------------------------------------------------------------------------------- */

#define ALL_NODES ((addr_number)0xff02 << 112 | 1)
#define LINK_OF(pot_mac_end) ((addr_number)0xfe80 << 112 | 0x505400fffe0a0a00 | (pot_mac_end))
#define OTHERS_MAC 0x35		/* its last byte: POT1's */

struct frame {
	addr_number from;
	uint8_t type;			/* of ICMPv6; 0: UDP */
	addr_number claims;		/* the target */
	uint8_t extension;		/* a header of this kind before it */
	uint16_t frag;
	uint8_t mac_end;		/* 0: its own */
};

static void put_number_be(uint8_t *at, addr_number v)
{
	for (int i = 15; i >= 0; i--, v >>= 8)
		at[i] = (uint8_t)v;
}

static uint16_t checksum(const uint8_t *addresses, const uint8_t *body, size_t len)
{
	uint32_t sum = (uint32_t)len + IPPROTO_ICMPV6;

	for (size_t i = 0; i < 32; i += 2)
		sum += (uint32_t)addresses[i] << 8 | addresses[i + 1];
	for (size_t i = 0; i < len; i += 2)
		sum += (uint32_t)body[i] << 8 | body[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* A message of neighbours with the sender's hardware address as its option, to all on the link. */
static size_t put_message(uint8_t *at, const uint8_t *addresses, const struct frame *f, const uint8_t mac[6])
{
	uint16_t sum;

	at[0] = f->type;
	at[4] = 0x20;			/* override */
	put_number_be(at + 8, f->claims);
	at[24] = f->type == ND_NEIGHBOR_SOLICIT ? ND_OPT_SOURCE_LINKADDR : ND_OPT_TARGET_LINKADDR;
	at[25] = 1;
	memcpy(at + 26, mac, 6);
	sum = checksum(addresses, at, 32);
	at[2] = (uint8_t)(sum >> 8);
	at[3] = (uint8_t)sum;
	return 32;
}

static void send_frame(const struct frame *f)
{
	uint8_t p[200] = { 0x33, 0x33, 0, 0, 0, 1, 0x52, 0x54, 0, 0x0a, 0x0a, f->mac_end ? f->mac_end : 0x50, 0x86, 0xdd, 0x60 };
	struct sockaddr_ll to = { .sll_family = AF_PACKET };
	uint8_t last = f->type ? IPPROTO_ICMPV6 : IPPROTO_UDP;
	size_t len = 14 + 40;
	_fd_ int fd = -1;

	p[20] = f->extension ? f->extension : last;
	p[21] = 255;
	put_number_be(p + 22, f->from);
	put_number_be(p + 38, ALL_NODES);
	if (f->extension) {
		p[len] = last;
		p[len + 2] = f->extension == IPPROTO_FRAGMENT ? (uint8_t)(f->frag >> 8) : 1;
		p[len + 3] = f->extension == IPPROTO_FRAGMENT ? (uint8_t)f->frag : 4;
		p[len + 7] = 9;
		len += 8;
	}
	len += f->type ? put_message(p + len, p + 22, f, p + 6) : 32;
	p[19] = (uint8_t)(len - 54);
	enter(lab.pot[0]);
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	to.sll_ifindex = (int)if_nametoindex("eth0");
	enter(lab.home);
	assert_int_equal(sendto(fd, p, len, 0, (struct sockaddr *)&to, sizeof(to)), (ssize_t)len);
}

static void add_up(void *arg, const char *element, uint64_t packets)
{
	(void)element;
	*(uint64_t *)arg += packets;
}

/* What is said of neighbours has no connection for the kernel, and so would pass rates and the prevention: it is for the link. */
static void what_is_for_neighbours_goes_no_farther(void **state)
{
	static const uint8_t types[] = { ND_NEIGHBOR_ADVERT, ND_NEIGHBOR_SOLICIT, ND_ROUTER_SOLICIT, ND_ROUTER_ADVERT, 130, 131, 132, 143 };
	struct sockaddr_in6 in = sa6(POT6, 0), out = sa6(WAN6, 0);
	_fd_ int fd = -1, from = -1;
	char name[POLICY_SET_NAME];
	uint64_t dropped = 0;

	(void)state;
	if (no_lab())
		return;
	up((struct containment){ .udp = 100 }, true);
	fd = sock6(lab.wan, SOCK_RAW, IPPROTO_ICMPV6);
	from = sock6(lab.pot[0], SOCK_RAW, IPPROTO_ICMPV6);
	for (size_t i = 0; i < nitems(types); i++) {
		uint8_t message[24] = { types[i] };

		for (int n = 0; n < 100; n++)
			assert_int_equal(sendto(fd, message, sizeof(message), 0, (struct sockaddr *)&in, sizeof(in)), sizeof(message));
		(void)!sendto(from, message, sizeof(message), 0, (struct sockaddr *)&out, sizeof(out));
	}
	assert_int_equal(firewall_counters(wall, "inet skep", policy_refused_set(REASON_INVALID, false, name), add_up, &dropped), 0);
	assert_int_equal(dropped, 100 * nitems(types) + 1);	/* of the honeypot's all but a question is dropped in the bridge */
	assert_in_range(logged("skep:drop:invalid "), 1, 20);
	assert_int_equal(used_of("icmp", POT).used, 0);
	down();
}

/* refused() - frames, for that reason; N_REASONS: for any of these */
static uint64_t refused(enum reason why)
{
	static const struct { enum reason why; bool six; } sets[] = {
		{ REASON_SPOOF_IP, false }, { REASON_SPOOF_MAC, false }, { REASON_SPOOF_ND, true }, { REASON_IPV6, false },
	};
	char name[POLICY_SET_NAME];
	uint64_t n = 0;

	for (size_t i = 0; i < nitems(sets); i++)
		if (why == N_REASONS || why == sets[i].why)
			assert_int_equal(firewall_counters(wall, "bridge skep_l2", policy_refused_set(sets[i].why, sets[i].six, name), add_up, &n), 0);
	return n;
}

static void nobody_speaks_for_another(void **state)
{
	static const struct { struct frame f; enum reason why; } rows[] = {
		{ { POT1_6 }, REASON_SPOOF_IP },			{ { GATE6 }, REASON_SPOOF_IP },
		{ { LINK_OF(OTHERS_MAC) }, REASON_SPOOF_IP },	{ { 0 }, REASON_SPOOF_IP },
		{ { ADDR_4 | POT }, REASON_SPOOF_IP },		{ { LINK_OF(0x50) }, REASON_IPV6 },
		{ { POT1_6, .mac_end = OTHERS_MAC }, REASON_SPOOF_MAC },
		{ { POT6, ND_NEIGHBOR_ADVERT, GATE6 }, REASON_SPOOF_ND },
		{ { LINK_OF(0x50), ND_NEIGHBOR_ADVERT, POT1_6 }, REASON_SPOOF_ND },
		{ { GATE6, ND_NEIGHBOR_ADVERT, GATE6 }, REASON_SPOOF_IP },
		{ { GATE6, ND_NEIGHBOR_SOLICIT, POT1_6 }, REASON_SPOOF_IP },
		{ { POT6, ND_NEIGHBOR_ADVERT, GATE6, IPPROTO_DSTOPTS }, REASON_SPOOF_ND },
		{ { POT6, ND_NEIGHBOR_ADVERT, GATE6, IPPROTO_HOPOPTS }, REASON_SPOOF_ND },
		{ { POT6, ND_NEIGHBOR_ADVERT, GATE6, IPPROTO_FRAGMENT, 1 }, REASON_SPOOF_ND },
		{ { LINK_OF(0x50), ND_ROUTER_ADVERT, 0 }, REASON_SPOOF_ND },
		{ { LINK_OF(0x50), ND_ROUTER_ADVERT, 0, IPPROTO_DSTOPTS }, REASON_SPOOF_ND },
		{ { POT6, ND_REDIRECT, GATE6 }, REASON_SPOOF_ND },
		{ { POT6, ND_NEIGHBOR_ADVERT, POT6 }, N_REASONS },		{ { LINK_OF(0x50), ND_NEIGHBOR_ADVERT, LINK_OF(0x50) }, N_REASONS },
		{ { POT6, ND_NEIGHBOR_SOLICIT, GATE6 }, N_REASONS },		{ { 0, ND_NEIGHBOR_SOLICIT, POT6 }, N_REASONS },
		{ { LINK_OF(0x50), ND_ROUTER_SOLICIT, 0 }, N_REASONS },	{ { POT6, ND_NEIGHBOR_ADVERT, GATE6, IPPROTO_FRAGMENT, 9 }, N_REASONS },
	};

	(void)state;
	if (no_lab())
		return;
	up((struct containment){ .udp = 100 }, true);
	run(lab.pot[1], "ping -q -c 1 -W 2 2001:db8:10::a0a:a01 >/dev/null");
	for (size_t i = 0; i < nitems(rows); i++) {
		uint64_t before = refused(rows[i].why);

		send_frame(&rows[i].f);
		usleep(2000);
		if (refused(rows[i].why) != before + (rows[i].why < N_REASONS))
			fail_msg("row %zu", i);
	}
	assert_true(logged("skep:drop:spoof nd ") == 5 && logged("skep:drop:spoof ip ") == 5);	/* and so many lines at once */
	run(lab.pot[1], "ip -6 neigh show 2001:db8:10::a0a:a01 | grep -q 00:00:5e:00:01:0a");
	run(lab.pot[1], "! ip -6 neigh | grep -v 2001:db8:10::a0a:a50 | grep -v fe80::5054:ff:fe0a:a50 | grep -q 52:54:00:0a:0a:50");
	run(lab.pot[1], "! ip -6 route | grep -q ' ra '");
	down();
}

/* What the bridge does not see: sources from outside that are inside. */
static void made_up_sources_do_not_pass(void **state)
{
	_fd_ int pot = -1;

	(void)state;
	if (no_lab())
		return;
	pot = server(lab.pot[0], SOCK_DGRAM, 9000);
	up((struct containment){ .udp = 100 }, true);
	assert_true(comes_in(WAN6, pot) && !comes_in(POT1_6, pot) && !comes_in(NET6 | 0x0a0a0a63, pot));
	assert_int_equal(logged("skep:drop:spoof source "), 2);
	down();
}

static int open_lab(void **state)
{
	int r = lab_open(state);

	if (r == 0 && lab.home)
		lab_six(true);
	return r;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_budget_is_one_for_both),
		T(bytes_of_both_are_added),
		T(a_flood_is_cut_by_both_together),
		T(what_is_for_neighbours_goes_no_farther),
		T(connections_at_once_are_of_both),
		T(destinations_are_so_many_of_each_family),
		T(what_is_set_by_hand_is_for_both),
		T(who_is_rejected_hears_of_it),
		T(lists_hold_for_six),
		T(who_is_blocked_is_out),
		T(rules_of_six_are_missed),
		T(isolation_is_of_both),
		T(nobody_speaks_for_another),
		T(made_up_sources_do_not_pass),
	};

	return cmocka_run_group_tests(tests, open_lab, lab_close);
}
