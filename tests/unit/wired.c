/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wired.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <nftables/libnftables.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "net/firewall.h"
#include "policy/policy.h"

struct lab lab;

void enter(int ns)
{
	if (setns(ns, CLONE_NEWNET))
		fail_msg("setns: %s", strerror(errno));
}

static int namespace_new(void)
{
	int fd;

	assert_int_equal(unshare(CLONE_NEWNET), 0);
	fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	enter(lab.home);
	return fd;
}

void run(int ns, const char *fmt, ...)
{
	char cmd[512];
	va_list ap;
	int r;

	va_start(ap, fmt);
	vsnprintf(cmd, sizeof(cmd), fmt, ap);
	va_end(ap);
	enter(ns);
	r = system(cmd);
	enter(lab.home);
	if (r)
		fail_msg("%s: %d", cmd, r);
}

int nft(int ns, const char *text)
{
	struct nft_ctx *ctx;
	int r;

	enter(ns);
	ctx = nft_ctx_new(NFT_CTX_DEFAULT);
	nft_ctx_buffer_error(ctx);
	r = nft_run_cmd_from_buffer(ctx, text);
	if (r)
		print_error("%s\n", nft_ctx_get_error_buffer(ctx));
	nft_ctx_free(ctx);
	enter(lab.home);
	return r;
}

size_t logged(const char *prefix)
{
	char buf[65536];
	ssize_t n;
	size_t times = 0, len = strlen(prefix) + 1;	/* with its NUL: it ends there */
	const char *at;

	usleep(100000);		/* the reader's timeout is 50 ms */
	for (size_t i = 0; i < nitems(lab.log); i++)
		while ((n = recv(lab.log[i], buf, sizeof(buf), MSG_DONTWAIT)) > 0)
			text_addn(&lab.said, buf, (size_t)n);
	for (at = lab.said.at; at && (at = memmem(at, (size_t)(lab.said.at + lab.said.len - at), prefix, len)); at++)
		times++;
	return times;
}

void log_clear(void)
{
	logged("");
	text_clear(&lab.said);
}

static void wire_pot(int i, const char *mac, const char *address)
{
	run(lab.gw, "ip link add tap%d type veth peer name eth0 address %s netns /proc/%d/fd/%d && "
	    "ip link set tap%d master br0 up", i, mac, getpid(), lab.pot[i], i);
	run(lab.pot[i], "ip link set lo up; ip link set eth0 up && ip addr add %s/24 dev eth0 && "
	    "ip route add default via 10.10.10.1", address);
}

/* A busy machine is slow to find that a cable is there, and drops what is sent until then. */
static void plugged_in(int ns, const char *names)
{
	run(ns, "for i in %s; do n=0; until ip link show $i | grep -q 'state UP'; do "
	    "n=$((n + 1)); [ $n -lt 400 ] || exit 1; sleep 0.05; done; done", names);
}

int lab_open(void **state)
{
	(void)state;
	if (geteuid()) {
		print_message("# SKIPPED: traffic needs root\n");
		return 0;
	}
	lab.home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	lab.gw = namespace_new();
	for (size_t i = 0; i < nitems(lab.pot); i++)
		lab.pot[i] = namespace_new();
	lab.wan = namespace_new();
	for (size_t i = 0; i < 5; i++)	/* no IPv6 but what a test sends itself */
		run((int[]){ lab.gw, lab.wan, lab.pot[0], lab.pot[1], lab.pot[2] }[i],
		    "echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6; echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6");
	run(lab.gw, "ip link set lo up; ip link add br0 address 00:00:5e:00:01:0a type bridge && ip addr add 10.10.10.1/24 dev br0 && "
	    "ip link set br0 up && ip link add wan0 address 00:00:5e:00:01:0b type veth peer name eth0 netns /proc/%d/fd/%d && "
	    "ip addr add 198.51.100.1/24 dev wan0 && ip link set wan0 up", getpid(), lab.wan);
	run(lab.wan, "ip link set lo up; ip addr add 198.51.100.66/24 dev eth0 && ip link set eth0 up && "
	    "ip route add 10.10.10.0/24 via 198.51.100.1 && "
	    "for i in 67 68 69 70; do ip addr add 198.51.100.$i/32 dev eth0; done");
	run(lab.gw, "echo 1 > /proc/sys/net/ipv4/ip_forward; echo 0 > /proc/sys/net/ipv4/conf/all/rp_filter; "
	    "echo 0 > /proc/sys/net/ipv4/conf/default/rp_filter; "
	    "echo 1 > /proc/sys/net/bridge/bridge-nf-call-iptables");
	wire_pot(0, "52:54:00:0a:0a:50", "10.10.10.80");
	wire_pot(1, "52:54:00:0a:0a:35", "10.10.10.53");
	wire_pot(2, "52:54:00:0a:0a:fd", "10.10.10.253");
	plugged_in(lab.gw, "br0 wan0 tap0 tap1 tap2");
	plugged_in(lab.wan, "eth0");
	for (size_t i = 0; i < nitems(lab.pot); i++)
		plugged_in(lab.pot[i], "eth0");
	lab.log[0] = nflog_open_group(lab.gw, POLICY_LOG_INET);
	lab.log[1] = nflog_open_group(lab.gw, POLICY_LOG_BRIDGE);
	return lab.log[0] < 0 || lab.log[1] < 0 ? -1 : 0;
}

int lab_close(void **state)
{
	(void)state;
	text_fini(&lab.said);
	return 0;	/* the namespaces end with the descriptors */
}

bool no_lab(void)
{
	if (!lab.home)
		skip();
	return !lab.home;
}

/* No address is looked for a double of, so that each is good at once; the link's own are made of the MAC. */
static void set_six(int ns, bool on)
{
	run(ns, "cd /proc/sys/net/ipv6/conf && for i in all default; do echo 0 >$i/accept_dad; echo 0 >$i/accept_ra; "
	    "echo 0 >$i/router_solicitations; done; for i in */accept_dad; do echo 0 >$i; done; "
	    "for i in default all; do echo %d >$i/disable_ipv6; done", !on);
}

static void give_pot_six(int i, uint32_t address)
{
	set_six(lab.pot[i], true);
	run(lab.pot[i], "ip addr add 2001:db8:10::%x:%x/64 dev eth0 && ip route add default via 2001:db8:10::a0a:a01",
	    address >> 16, address & 0xffff);
}

void lab_six(bool on)
{
	set_six(lab.gw, on);
	set_six(lab.wan, on);
	for (size_t i = 0; !on && i < nitems(lab.pot); i++)
		set_six(lab.pot[i], false);
	if (!on)		/* which took the addresses, too */
		return;
	run(lab.gw, "echo 1 >/proc/sys/net/ipv6/conf/all/forwarding; echo 1 >/proc/sys/net/bridge/bridge-nf-call-ip6tables; "
	    "ip addr add 2001:db8:10::a0a:a01/64 dev br0 && ip addr add 2001:db8:ffff::1/64 dev wan0");
	run(lab.wan, "ip addr add 2001:db8:ffff::66/64 dev eth0; "	/* as which it speaks, unless it says otherwise */
	    "for i in 67 68 69 6a; do ip addr add 2001:db8:ffff::$i/64 dev eth0 preferred_lft 0; done; "
	    "ip route add 2001:db8:10::/64 via 2001:db8:ffff::1");
	give_pot_six(0, POT);
	give_pot_six(1, POT1);
	give_pot_six(2, POT2);
}

void gate(bool alive, bool owner)
{
	static const char table[] = "add table inet skep_owner\ndelete table inet skep_owner\n";

	assert_int_equal(nft(lab.gw, alive ? "flush set inet skep alive\n"
					   "add element inet skep alive { ipv4 timeout 600s, ipv6 timeout 600s }"
					   : "flush set inet skep alive"), 0);
	assert_int_equal(nft(lab.gw, table), 0);
	if (owner)
		assert_int_equal(nft(lab.gw, "table inet skep_owner {\nchain f {\n"
				     "type filter hook forward priority -5; policy accept;\n"
				     "meta mark set meta mark | 0x100\n}\n}\n"), 0);
}

struct sockaddr_in sa(uint32_t address, uint16_t port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port),
				     .sin_addr.s_addr = htonl(address) };
}

struct sockaddr_in6 sa6(addr_number address, uint16_t port)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

	for (int i = 15; i >= 0; i--, address >>= 8)
		a.sin6_addr.s6_addr[i] = (uint8_t)address;
	return a;
}

static int sock_of(int ns, int family, int type, int proto)
{
	int fd;

	enter(ns);
	fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, proto);
	enter(lab.home);
	assert_true(fd >= 0);
	return fd;
}

int sock(int ns, int type, int proto)
{
	return sock_of(ns, AF_INET, type, proto);
}

int sock6(int ns, int type, int proto)
{
	return sock_of(ns, AF_INET6, type, proto);
}
