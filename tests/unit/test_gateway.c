/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The gateway and the lab as they really are, without rules: who reaches whom in which family, and what is heard at a plug. */
#include "unit.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/virtio_net.h>
#include <netinet/icmp6.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "net/gateway.h"
#include "net/netns.h"

static struct honeynet net = {
	.network = 0x0a0a0a00, .prefix = 24, .firewall_address = 0x0a0a0a01, .network6 = (addr_number)0x20010db800100000 << 64,
};

enum { HEAD = sizeof(struct virtio_net_hdr), IP6 = 40, TARGET = ETH_HLEN + IP6 + 8 };

static bool no_root(void)
{
	if (!geteuid())
		return false;
	print_message("# needs root: network namespaces\n");
	skip();
	return true;
}

static struct gateway make(bool ipv6)
{
	struct gateway g;
	const char *what = "";

	net.prefix6 = ipv6 ? 64 : 0;
	if (gateway_make(&net, &g, &what) < 0)
		fail_msg("%s", what);
	return g;
}

static void unmake(const struct gateway *g)
{
	close(g->gw);
	close(g->lab);
}

/* said_in() - what @command's exit code is there */
static int said_in(int ns, const char *command)
{
	int back = netns_enter(ns), r = system(command);

	assert_true(back >= 0);
	netns_leave(back);
	return r;
}

static void the_lab_reaches_it_by_what_it_has(void **state)
{
	static const struct { bool in_lab; const char *command; } rows[] = {
		{ true, "ping -q -c 1 -W 2 " LAB_GATEWAY6 " >/dev/null 2>&1" },
		{ true, "ping -q -c 1 -W 2 2001:db8:10::a0a:a01 >/dev/null 2>&1" },
		{ false, "ping -q -c 1 -W 2 " LAB_SERVER6 " >/dev/null 2>&1" },
		{ true, "ping -q -c 1 -W 2 -I " LAB_SERVER6 " " LAB_GATEWAY6 " >/dev/null 2>&1" },
		{ false, "grep -q . /proc/net/if_inet6" },
		{ true, "grep -q . /proc/net/if_inet6" },
	};

	(void)state;
	if (no_root())
		return;
	for (int six = 0; six < 2; six++) {
		struct gateway g = make(six);

		assert_int_equal(said_in(g.lab, "ping -q -c 1 -W 2 10.10.10.1 >/dev/null"), 0);
		assert_int_equal(said_in(g.gw, "ping -q -c 1 -W 2 " LAB_SERVER " >/dev/null"), 0);
		for (size_t i = 0; i < nitems(rows); i++)
			if ((said_in(rows[i].in_lab ? g.lab : g.gw, rows[i].command) == 0) != (six == 1))
				fail_msg("%s IPv6: %s", six ? "with" : "without", rows[i].command);
		unmake(&g);
	}
}

/* Who asks for the gateway's IPv6 address, from his own link-local one (RFC 4861, 4.3). */
static const uint8_t solicitation[] = {
	0x33, 0x33, 0xff, 0x0a, 0x0a, 0x01, 0x52, 0x54, 0x00, 0x0a, 0x0a, 0x50, 0x86, 0xdd,
	0x60, 0x00, 0x00, 0x00, 0x00, 0x20, 0x3a, 0xff,
	0xfe, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x50, 0x54, 0x00, 0xff, 0xfe, 0x0a, 0x0a, 0x50,
	0xff, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0xff, 0x0a, 0x0a, 0x01,
	0x87, 0x00, 0x78, 0xe2, 0x00, 0x00, 0x00, 0x00,
	0x20, 0x01, 0x0d, 0xb8, 0x00, 0x10, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x0a, 0x0a, 0x0a, 0x01,
	0x01, 0x01, 0x52, 0x54, 0x00, 0x0a, 0x0a, 0x50,
};

/* ask() - @tap: whose plug it is asks where the gateway is */
static void ask(int tap)
{
	uint8_t frame[HEAD + sizeof(solicitation)] = { 0 };

	memcpy(frame + HEAD, solicitation, sizeof(solicitation));
	assert_int_equal(write(tap, frame, sizeof(frame)), sizeof(frame));
}

/* The gateway's bridge speaks; its other devices, one of which each plug is, do not. */
static void at_a_plug_only_the_router_is_heard(void **state)
{
	static const uint8_t router[] = { 0, 0, 0x5e, 0, 1, 0x0a };
	uint8_t frame[HEAD + 2048];
	unsigned answers = 0;
	struct gateway g;
	_fd_ int tap = -1;

	(void)state;
	if (no_root())
		return;
	g = make(true);
	tap = tap_open(&g, 0, NULL);
	assert_true(tap >= 0);
	/* It takes a device a moment until it has IPv6, and a second to look for doubles of its address. */
	for (int rounds = 0; rounds < 4; rounds++)
		for (ask(tap); poll(&(struct pollfd){ tap, POLLIN, 0 }, 1, 400) == 1;) {
			const uint8_t *f = frame + HEAD, *icmp = f + ETH_HLEN + IP6;
			ssize_t len = read(tap, frame, sizeof(frame));

			assert_true(len >= (ssize_t)(HEAD + ETH_HLEN));
			assert_memory_equal(f + ETH_ALEN, router, sizeof(router));
			if (len < (ssize_t)(HEAD + TARGET + 16) || f[12] != 0x86 || f[ETH_HLEN + 6] != IPPROTO_ICMPV6)
				continue;
			assert_true(icmp[0] != ND_ROUTER_SOLICIT && icmp[0] != ND_ROUTER_ADVERT);
			if (icmp[0] != ND_NEIGHBOR_ADVERT || memcmp(f + TARGET, solicitation + TARGET, 16))
				continue;
			assert_true(icmp[4] & 0x80);	/* a router's */
			answers++;
		}
	assert_true(answers > 0);
	unmake(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_lab_reaches_it_by_what_it_has),
		cmocka_unit_test(at_a_plug_only_the_router_is_heard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
