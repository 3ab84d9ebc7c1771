/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Format: linux/netfilter/nfnetlink_conntrack.h. Numbers are big endian, and not aligned to eight bytes. */
#include "flow.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>
#include <string.h>

#include "base/mem.h"
#include "netlink.h"

enum { TYPES = CTA_MAX + 1 };	/* CTA_MAX is the largest of all attribute enums used here */
_Static_assert(CTA_TUPLE_MAX < TYPES && CTA_IP_MAX < TYPES && CTA_PROTO_MAX < TYPES && CTA_COUNTERS_MAX < TYPES &&
	       CTA_TIMESTAMP_MAX < TYPES, "attributes of too many types");

struct attributes {
	const struct nlattr *of[TYPES];
};

static int take(const struct nlattr *a, void *data)
{
	struct attributes *t = data;
	uint16_t type = mnl_attr_get_type(a);

	if (type < TYPES)
		t->of[type] = a;
	return MNL_CB_OK;
}

static struct attributes inside(const struct nlattr *nest)
{
	struct attributes t = { 0 };

	if (nest)
		mnl_attr_parse_nested(nest, take, &t);
	return t;
}

static bool copy(const struct nlattr *a, void *ret, size_t size)
{
	if (!a || mnl_attr_get_payload_len(a) < size)
		return false;
	memcpy(ret, mnl_attr_get_payload(a), size);
	return true;
}

static uint8_t u8(const struct nlattr *a)
{
	uint8_t v = 0;

	copy(a, &v, sizeof(v));
	return v;
}

static uint16_t be16(const struct nlattr *a)
{
	uint16_t v = 0;

	copy(a, &v, sizeof(v));
	return ntohs(v);
}

static uint64_t be64(const struct nlattr *a)
{
	uint64_t v = 0;

	copy(a, &v, sizeof(v));
	return be64toh(v);
}

static void read_address(const struct attributes *ip, uint16_t v4, uint16_t v6, struct addr *ret)
{
	struct addr a = { 0 };

	if (copy(ip->of[v4], a.byte, 4))
		a.family = 4;
	else if (copy(ip->of[v6], a.byte, 16))
		a.family = 6;
	*ret = a;
}

static void read_tuple(const struct nlattr *nest, struct event *e)
{
	struct attributes tuple = inside(nest);
	struct attributes ip = inside(tuple.of[CTA_TUPLE_IP]), proto = inside(tuple.of[CTA_TUPLE_PROTO]);

	read_address(&ip, CTA_IP_V4_SRC, CTA_IP_V6_SRC, &e->src);
	read_address(&ip, CTA_IP_V4_DST, CTA_IP_V6_DST, &e->dest);
	e->proto = u8(proto.of[CTA_PROTO_NUM]);
	e->src_port = be16(proto.of[CTA_PROTO_SRC_PORT]);
	e->dest_port = be16(proto.of[CTA_PROTO_DST_PORT]);
	if (e->proto == IPPROTO_ICMP) {
		e->src_port = u8(proto.of[CTA_PROTO_ICMP_TYPE]);
		e->dest_port = u8(proto.of[CTA_PROTO_ICMP_CODE]);
	} else if (e->proto == IPPROTO_ICMPV6) {
		e->src_port = u8(proto.of[CTA_PROTO_ICMPV6_TYPE]);
		e->dest_port = u8(proto.of[CTA_PROTO_ICMPV6_CODE]);
	}
}

/*
 * Who was reached, and at which port, behind an address that is not his: who answers. The gateway itself does so in the name of
 * whom it was for (policy/lead.c): nobody was reached.
 */
static void read_answerer(const struct nlattr *nest, const struct addr *gateway, struct event *e)
{
	struct attributes tuple = inside(nest);
	struct attributes ip = inside(tuple.of[CTA_TUPLE_IP]), proto = inside(tuple.of[CTA_TUPLE_PROTO]);
	struct addr a = { 0 };

	read_address(&ip, CTA_IP_V4_SRC, CTA_IP_V6_SRC, &a);
	if (!a.family || addr_same(&a, gateway))
		return;
	e->dest = a;
	if (e->proto != IPPROTO_ICMP && e->proto != IPPROTO_ICMPV6)
		e->dest_port = be16(proto.of[CTA_PROTO_SRC_PORT]);
}

static void read_counters(const struct nlattr *nest, struct event *e, size_t direction)
{
	struct attributes t = inside(nest);

	e->packets[direction] = be64(t.of[CTA_COUNTERS_PACKETS]);
	e->octets[direction] = be64(t.of[CTA_COUNTERS_BYTES]);
}

static void read_times(const struct nlattr *nest, uint64_t now_us, struct event *e)
{
	struct attributes t = inside(nest);
	uint64_t stop = be64(t.of[CTA_TIMESTAMP_STOP]) / 1000;

	e->start_us = be64(t.of[CTA_TIMESTAMP_START]) / 1000;
	e->at_us = stop ? stop : now_us;
}

int flow_read(const void *datagram, size_t len, const struct addr *gateway, uint64_t now_us, flow_fn *fn, void *arg)
{
	const char *at = datagram, *end = at + len;
	const struct nlmsghdr *h;

	while ((h = netlink_next(&at, end))) {
		struct event e = { .kind = EV_FLOW, .honeypot = -1, .origin.source = SOURCE_FLOW };
		struct attributes t = { 0 };

		if (h->nlmsg_type != (NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE))
			continue;
		if (h->nlmsg_len < NLMSG_HDRLEN + sizeof(struct nfgenmsg) ||
		    mnl_attr_parse(h, sizeof(struct nfgenmsg), take, &t) < 0)
			return -EBADMSG;
		read_tuple(t.of[CTA_TUPLE_ORIG], &e);
		read_answerer(t.of[CTA_TUPLE_REPLY], gateway, &e);
		read_counters(t.of[CTA_COUNTERS_ORIG], &e, 0);
		read_counters(t.of[CTA_COUNTERS_REPLY], &e, 1);
		read_times(t.of[CTA_TIMESTAMP], now_us, &e);
		if (e.src.family && e.dest.family)
			fn(arg, &e);
	}
	return 0;
}
