/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gateway.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/bridge.h>
#include <netlink/route/link/veth.h>
#include <netlink/route/neighbour.h>
#include <netlink/route/route.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/mem.h"
#include "model/nat.h"
#include "model/twin.h"
#include "netns.h"
#include "tags.h"

#define WAN_ADDRESS LAB_GATEWAY "/24"
#define WAN_ADDRESS6 LAB_GATEWAY6 "/64"

static void close_nl(struct nl_sock **s)
{
	nl_socket_free(*s);
}

#define _nl_ __attribute__((cleanup(close_nl)))

static struct nl_sock *nl_open(void)
{
	struct nl_sock *s = nl_socket_alloc();

	if (s && nl_connect(s, NETLINK_ROUTE) < 0) {
		nl_socket_free(s);
		s = NULL;
	}
	return s;
}

/* libnl has errors of its own; what matters is the step that failed. */
static int nl_errno(int r)
{
	return r >= 0 ? 0 : r == -NLE_EXIST ? -EEXIST : r == -NLE_PERM ? -EPERM : r == -NLE_OPNOTSUPP ? -EOPNOTSUPP : -EIO;
}

static int index_of(const char *name)
{
	return (int)if_nametoindex(name);
}

static int link_up(struct nl_sock *s, const char *name)
{
	struct rtnl_link *change = rtnl_link_alloc(), *which = rtnl_link_alloc();
	int r;

	rtnl_link_set_ifindex(which, index_of(name));
	rtnl_link_set_flags(change, IFF_UP);
	r = rtnl_link_change(s, which, change, 0);
	rtnl_link_put(change);
	rtnl_link_put(which);
	return nl_errno(r);
}

/*
 * The bridge with the hardware address of a pair of routers (VRRP, RFC 9568), numbered as administrators do, by the network:
 * one that stays. By itself it would have the least of its ports', another one whenever a honeypot comes or goes.
 */
static int bridge_make(struct nl_sock *s, uint32_t address)
{
	struct rtnl_link *br = rtnl_link_bridge_alloc();
	uint8_t router = (uint8_t)(address >> 8), mac[] = { 0, 0, 0x5e, 0, 1, router ? router : 1 };
	struct nl_addr *a = nl_addr_build(AF_LLC, mac, sizeof(mac));
	int r;

	rtnl_link_set_name(br, "br0");
	rtnl_link_set_addr(br, a);
	r = rtnl_link_add(s, br, NLM_F_CREATE | NLM_F_EXCL);
	nl_addr_put(a);
	rtnl_link_put(br);
	return nl_errno(r);
}

static int address_add(struct nl_sock *s, const char *link, const char *address)
{
	struct rtnl_addr *a = rtnl_addr_alloc();
	struct nl_addr *local = NULL;
	int r = nl_addr_parse(address, AF_UNSPEC, &local);

	if (r >= 0) {
		rtnl_addr_set_ifindex(a, index_of(link));
		rtnl_addr_set_local(a, local);
		r = rtnl_addr_add(s, a, 0);
		nl_addr_put(local);
	}
	rtnl_addr_put(a);
	return nl_errno(r);
}

/* route_add() - @to through @via, or, without @via, to this namespace itself by @link */
static int route_add(struct nl_sock *s, const char *to, const char *via, const char *link)
{
	struct rtnl_route *route = rtnl_route_alloc();
	struct rtnl_nexthop *hop = rtnl_route_nh_alloc();
	struct nl_addr *dst = NULL, *gw = NULL;
	int r = nl_addr_parse(to, AF_UNSPEC, &dst);

	if (r >= 0 && via)
		r = nl_addr_parse(via, AF_UNSPEC, &gw);
	if (r >= 0) {
		rtnl_route_set_dst(route, dst);
		rtnl_route_set_scope(route, via ? RT_SCOPE_UNIVERSE : RT_SCOPE_HOST);
		if (via)
			rtnl_route_nh_set_gateway(hop, gw);
		else {
			rtnl_route_set_type(route, RTN_LOCAL);
			rtnl_route_set_table(route, RT_TABLE_LOCAL);
		}
		rtnl_route_nh_set_ifindex(hop, index_of(link));
		rtnl_route_add_nexthop(route, hop);
		r = rtnl_route_add(s, route, NLM_F_CREATE);
	}
	nl_addr_put(dst);
	nl_addr_put(gw);
	rtnl_route_put(route);
	return nl_errno(r);
}

static int wire_make(struct nl_sock *s, const struct gateway *g)
{
	struct rtnl_link *wan = rtnl_link_veth_alloc(), *peer = rtnl_link_veth_get_peer(wan);
	int r;

	rtnl_link_set_name(wan, "wan0");
	rtnl_link_set_name(peer, "eth0");
	rtnl_link_set_ns_fd(peer, g->lab);
	r = rtnl_link_add(s, wan, NLM_F_CREATE | NLM_F_EXCL);
	rtnl_link_put(peer);
	rtnl_link_put(wan);
	return nl_errno(r);
}

struct setting {
	const char *path, *value;
};

static int set_all(const struct setting *rows, size_t n)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < n; i++)
		r = netns_set(rows[i].path, rows[i].value);
	return r;
}

/* A namespace without IPv6: what of it comes is dropped and logged. */
static int no_ipv6(void)
{
	static const struct setting rows[] = {
		{ "ipv6/conf/all/disable_ipv6", "1" },
		{ "ipv6/conf/default/disable_ipv6", "1" },
	};
	int r = set_all(rows, nitems(rows));

	return r == -ENOENT ? 0 : r;
}

/* link_ipv6() - @name has it: its addresses hold at once, and nobody else says what they or its routes are */
static int link_ipv6(const char *name)
{
	static const struct setting rows[] = {
		{ "accept_dad", "0" },
		{ "accept_ra", "0" },
		{ "accept_redirects", "0" },
		{ "disable_ipv6", "0" },
	};
	int r = 0;

	for (size_t i = 0; r >= 0 && i < nitems(rows); i++) {
		char path[64];

		snprintf(path, sizeof(path), "ipv6/conf/%s/%s", name, rows[i].path);
		r = netns_set(path, rows[i].value);
	}
	return r;
}

/* Devices that come later have none: what a tap would say for itself is heard by the honeypot at it. */
static int gateway_ipv6(void)
{
	static const struct setting rows[] = {
		{ "ipv6/conf/default/disable_ipv6", "1" },
		{ "bridge/bridge-nf-call-ip6tables", "1" },
		{ "ipv6/neigh/br0/retrans_time_ms", "100" },	/* as for IPv4 */
		{ "ipv6/conf/all/forwarding", "1" },
	};
	int r = link_ipv6("br0");

	r = r < 0 ? r : link_ipv6("wan0");
	return r < 0 ? r : set_all(rows, nitems(rows));
}

static int gateway_settings(const struct honeynet *n)
{
	/* Bridged traffic between honeypots passes the same rules as routed traffic. */
	static const struct setting rows[] = {
		{ "bridge/bridge-nf-call-iptables", "1" },
		{ "ipv4/conf/all/rp_filter", "0" },	/* the rules see and log spoofed packets */
		{ "ipv4/conf/default/rp_filter", "0" },
		{ "ipv4/conf/all/send_redirects", "0" },
		{ "ipv4/conf/default/send_redirects", "0" },
		{ "ipv4/conf/all/accept_redirects", "0" },
		{ "netfilter/nf_conntrack_acct", "1" },
		{ "netfilter/nf_conntrack_timestamp", "1" },
		{ "netfilter/nf_conntrack_events", "1" },
		/* A connection that is over is told soon; what comes after it opens a new one. */
		{ "netfilter/nf_conntrack_tcp_timeout_time_wait", "2" },
		{ "netfilter/nf_conntrack_tcp_timeout_close", "2" },
		{ "netfilter/nf_conntrack_tcp_loose", "0" },	/* a connection begins with its SYN */
		/* A honeypot that starts is seen when it has its address, not a second later. */
		{ "ipv4/neigh/br0/retrans_time_ms", "100" },
		{ "ipv4/ip_forward", "1" },
	};
	int r = n->prefix6 ? gateway_ipv6() : no_ipv6();

	return r < 0 ? r : set_all(rows, nitems(rows));
}

/* address6_add() - the IPv6 address of who has @address, with the honeynet's network behind @link */
static int address6_add(struct nl_sock *s, const char *link, const struct honeynet *n, uint32_t address)
{
	char whole[ADDR_TEXT + 4], text[ADDR_TEXT];
	struct addr a = twin_of(n, address);

	snprintf(whole, sizeof(whole), "%s/%u", addr_text(&a, text), n->prefix6);
	return address_add(s, link, whole);
}

/* Each alone: its own one stays the first of its network. */
static int add_addresses(const struct honeynet *n)
{
	uint32_t list[MAX_OUTSIDE], many = nat_addresses(n, list);
	_nl_ struct nl_sock *s = nl_open();
	int r = s ? 0 : -ENOMEM;

	for (uint32_t i = 0; r == 0 && i < many; i++) {
		char address[ADDR_TEXT + 4], text[ADDR_TEXT];
		struct addr a = addr4(list[i]);

		if (list[i] == UPLINK_ADDRESS)
			continue;
		snprintf(address, sizeof(address), "%s/32", addr_text(&a, text));
		r = address_add(s, "wan0", address);
		r = r == -EEXIST ? 0 : r;
	}
	return r;
}

int gateway_addresses(const struct gateway *g, const struct honeynet *n)
{
	int back = netns_enter(g->gw), r;

	if (back < 0)
		return back;
	r = add_addresses(n);
	netns_leave(back);
	return r;
}

static int gateway_side6(struct nl_sock *s, const struct honeynet *n)
{
	int r = address_add(s, "wan0", WAN_ADDRESS6);

	r = r < 0 ? r : address6_add(s, "br0", n, n->firewall_address);
	return r < 0 ? r : route_add(s, "::/0", LAB_ATTACKER6, "wan0");
}

static int gateway_side(const struct honeynet *n, const struct gateway *g)
{
	_nl_ struct nl_sock *s = nl_open();
	char address[ADDR_TEXT + 4], text[ADDR_TEXT];
	struct addr firewall = addr4(n->firewall_address);
	int r;

	if (!s)
		return -ENOMEM;
	snprintf(address, sizeof(address), "%s/%u", addr_text(&firewall, text), n->prefix);
	if ((r = bridge_make(s, n->firewall_address)) < 0 || (r = wire_make(s, g)) < 0 || (r = gateway_settings(n)) < 0 ||
	    (r = address_add(s, "wan0", WAN_ADDRESS)) < 0 || (r = add_addresses(n)) < 0 ||
	    (r = address_add(s, "br0", address)) < 0 || (r = link_up(s, "wan0")) < 0 || (r = link_up(s, "br0")) < 0)
		return r;
	/* The lab is the only world there is. */
	r = route_add(s, "0.0.0.0/0", LAB_ATTACKER, "wan0");
	return r < 0 || !n->prefix6 ? r : gateway_side6(s, n);
}

static int lab_side6(struct nl_sock *s, const struct honeynet *n)
{
	char network[NETWORK_TEXT];
	int r = netns_set("ipv6/ip_nonlocal_bind", "1");	/* else whom it plays only answers, and nobody can be him */

	network_text(&(struct network){ n->network6, n->prefix6 }, network);
	r = r < 0 ? r : address_add(s, "eth0", LAB_ATTACKER6 "/64");
	r = r < 0 ? r : route_add(s, network, LAB_GATEWAY6, "eth0");
	return r < 0 ? r : route_add(s, LAB_SERVERS6, NULL, "lo");
}

static int lab_side(const struct honeynet *n)
{
	_nl_ struct nl_sock *s = nl_open();
	char network[ADDR_TEXT + 4], text[ADDR_TEXT];
	struct addr net = addr4(n->network);
	int r;

	if (!s)
		return -ENOMEM;
	snprintf(network, sizeof(network), "%s/%u", addr_text(&net, text), n->prefix);
	if ((r = n->prefix6 ? link_ipv6("eth0") : no_ipv6()) < 0 || (r = address_add(s, "eth0", LAB_ATTACKER "/24")) < 0 ||
	    (r = link_up(s, "eth0")) < 0 || (r = route_add(s, network, LAB_GATEWAY, "eth0")) < 0 ||
	    (r = route_add(s, "203.0.113.0/24", NULL, "lo")) < 0 || (r = route_add(s, "192.0.2.0/24", NULL, "lo")) < 0)
		return r;
	return n->prefix6 ? lab_side6(s, n) : 0;
}

int gateway_make(const struct honeynet *n, struct gateway *ret, const char **ret_what)
{
	_fd_ int gw = -1, lab = -1;
	int back, r;

	*ret_what = "network namespaces";
	gw = netns_new();
	lab = netns_new();
	if (gw < 0 || lab < 0)
		return gw < 0 ? gw : lab;
	*ret_what = "gateway";
	back = netns_enter(gw);
	if (back < 0)
		return back;
	r = gateway_side(n, &(struct gateway){ gw, lab });
	netns_leave(back);
	if (r < 0)
		return r;
	*ret_what = "lab";
	back = netns_enter(lab);
	if (back < 0)
		return back;
	r = lab_side(n);
	netns_leave(back);
	if (r < 0)
		return r;
	*ret = (struct gateway){ steal_fd(&gw), steal_fd(&lab) };
	return 0;
}

static int bridge_join(const char *name)
{
	_nl_ struct nl_sock *s = nl_open();
	int r;

	if (!s)
		return -ENOMEM;
	r = nl_errno(rtnl_link_enslave_ifindex(s, index_of("br0"), index_of(name)));
	return r < 0 ? r : link_up(s, name);
}

int tap_device(const char *name)
{
	_fd_ int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };

	if (!str_copy(ifr.ifr_name, name, sizeof(ifr.ifr_name)))
		return -ENAMETOOLONG;
	if (fd < 0 || ioctl(fd, TUNSETIFF, &ifr) < 0 ||
	    ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6) < 0)
		return -errno;
	return steal_fd(&fd);
}

static int tap_make(uint32_t index, const struct tags *tags)
{
	char name[IFNAMSIZ];
	_fd_ int fd = -1;
	int r;

	snprintf(name, sizeof(name), "tap%u", index);
	fd = tap_device(name);
	r = fd < 0 ? fd : tags ? tags_attach(tags, name) : 0;
	r = r < 0 ? r : bridge_join(name);
	return r < 0 ? r : steal_fd(&fd);
}

int tap_open(const struct gateway *g, uint32_t index, const struct tags *tags)
{
	int back = netns_enter(g->gw), fd;

	if (back < 0)
		return back;
	fd = tap_make(index, tags);
	netns_leave(back);
	return fd;
}

int probe_open(const struct gateway *g, uint32_t address, uint8_t proto, uint16_t port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(address) };
	int back = netns_enter(g->gw);
	_fd_ int fd = -1;

	if (back < 0)
		return back;
	fd = socket(AF_INET, (proto == IPPROTO_UDP ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	netns_leave(back);
	if (fd < 0 || (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0 && errno != EINPROGRESS))
		return -errno;
	return steal_fd(&fd);
}
