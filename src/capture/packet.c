/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <string.h>

#include "model/reason.h"
#include "netlink.h"

static uint16_t get_be16(struct cursor *c)
{
	return ntohs(get_u16(c));
}

static void get_addr(struct cursor *c, uint8_t family, struct addr *ret)
{
	struct addr a = { .family = family };

	get_bytes(c, a.byte, family == 4 ? 4 : 16);
	if (!c->bad)
		*ret = a;
}

static void read_ports(struct cursor c, struct event *e)
{
	if (e->proto == IPPROTO_TCP || e->proto == IPPROTO_UDP) {
		e->src_port = get_be16(&c);
		e->dest_port = get_be16(&c);
	} else if (e->proto == IPPROTO_ICMP || e->proto == IPPROTO_ICMPV6) {	/* as EVE does: type and code */
		e->src_port = get_u8(&c);
		e->dest_port = get_u8(&c);
	}
}

static size_t read_ipv4(struct cursor c, struct event *e)
{
	const uint8_t *from = c.at;
	uint8_t head = get_u8(&c);
	size_t options = (size_t)(head & 15) * 4;
	uint16_t offset;

	get_span(&c, 5);			/* tos, length, id */
	offset = get_be16(&c) & 0x1fff;
	get_u8(&c);				/* ttl */
	e->proto = get_u8(&c);
	get_u16(&c);				/* checksum */
	get_addr(&c, 4, &e->src);
	get_addr(&c, 4, &e->dest);
	get_span(&c, options < 20 ? SIZE_MAX : options - 20);
	if (offset || c.bad)
		return 0;
	read_ports(c, e);
	return (size_t)(c.at - from);
}

/* skip_extensions() - to what is carried behind them (RFC 8200, 4; RFC 4302, 2); false: its beginning is in another fragment */
static bool skip_extensions(struct cursor *c, uint8_t *proto)
{
	bool first = true;

	while (first && !c->bad && (*proto == IPPROTO_HOPOPTS || *proto == IPPROTO_ROUTING || *proto == IPPROTO_FRAGMENT ||
				    *proto == IPPROTO_AH || *proto == IPPROTO_DSTOPTS)) {
		uint8_t next = get_u8(c);
		size_t len = get_u8(c);
		uint16_t offset = get_be16(c) & 0xfff8;		/* of a fragment */

		first = *proto != IPPROTO_FRAGMENT || !offset;
		get_span(c, *proto == IPPROTO_FRAGMENT ? 4 : *proto == IPPROTO_AH ? 4 * len + 4 : 8 * len + 4);
		if (!c->bad)
			*proto = next;
	}
	return first;
}

static size_t read_ipv6(struct cursor c, struct event *e)
{
	const uint8_t *from = c.at;

	get_span(&c, 6);			/* version, flow label, length */
	e->proto = get_u8(&c);
	get_u8(&c);				/* hop limit */
	get_addr(&c, 6, &e->src);
	get_addr(&c, 6, &e->dest);
	if (!skip_extensions(&c, &e->proto) || c.bad)
		return 0;
	read_ports(c, e);
	return (size_t)(c.at - from);
}

static void read_arp(struct cursor c, struct event *e)
{
	get_span(&c, 14);			/* formats, operation, sender's hardware address */
	get_addr(&c, 4, &e->src);
	get_span(&c, 6);
	get_addr(&c, 4, &e->dest);
}

size_t packet_read(const void *bytes, size_t len, uint16_t ethertype, struct event *e)
{
	struct cursor c = cursor_of(bytes, len);

	if (ethertype == ETHERTYPE_IP)
		return read_ipv4(c, e);
	if (ethertype == ETHERTYPE_IPV6)
		return read_ipv6(c, e);
	if (ethertype == ETHERTYPE_ARP)
		read_arp(c, e);
	return 0;
}

struct attributes {
	const struct nlattr *of[NFULA_MAX + 1];
};

static int take_attribute(const struct nlattr *a, void *data)
{
	struct attributes *t = data;
	uint16_t type = mnl_attr_get_type(a);

	if (type <= NFULA_MAX)
		t->of[type] = a;
	return MNL_CB_OK;
}

static uint64_t packet_time(const struct attributes *t, uint64_t now_us)
{
	struct nfulnl_msg_packet_timestamp ts;

	if (!t->of[NFULA_TIMESTAMP] || mnl_attr_get_payload_len(t->of[NFULA_TIMESTAMP]) < sizeof(ts))
		return now_us;
	/* Attributes are aligned to four bytes, these numbers want eight. */
	memcpy(&ts, mnl_attr_get_payload(t->of[NFULA_TIMESTAMP]), sizeof(ts));
	return be64toh(ts.sec) * 1000000 + be64toh(ts.usec);
}

static int read_message(const struct nlmsghdr *h, uint64_t now_us, struct event *e)
{
	struct attributes t = { 0 };
	const struct nfulnl_msg_packet_hdr *packet;
	const char *verdict;

	if (mnl_attr_parse(h, sizeof(struct nfgenmsg), take_attribute, &t) < 0 || !t.of[NFULA_PACKET_HDR] ||
	    !t.of[NFULA_SEQ] || mnl_attr_get_payload_len(t.of[NFULA_PACKET_HDR]) < sizeof(*packet) ||
	    mnl_attr_get_payload_len(t.of[NFULA_SEQ]) < sizeof(uint32_t))
		return -EBADMSG;
	packet = mnl_attr_get_payload(t.of[NFULA_PACKET_HDR]);
	*e = (struct event){ .kind = EV_VERDICT, .honeypot = -1, .at_us = packet_time(&t, now_us),
			     .origin = { .source = SOURCE_GATEWAY,
					 .seq = ntohl(mnl_attr_get_u32(t.of[NFULA_SEQ])) + 1ULL } };
	if (t.of[NFULA_MARK] && mnl_attr_get_payload_len(t.of[NFULA_MARK]) >= sizeof(uint32_t))
		e->mark = ntohl(mnl_attr_get_u32(t.of[NFULA_MARK]));
	if (t.of[NFULA_PAYLOAD])
		packet_read(mnl_attr_get_payload(t.of[NFULA_PAYLOAD]),
			    mnl_attr_get_payload_len(t.of[NFULA_PAYLOAD]), ntohs(packet->hw_protocol), e);
	if (!t.of[NFULA_PREFIX] ||
	    reason_parse(mnl_attr_get_payload(t.of[NFULA_PREFIX]), mnl_attr_get_payload_len(t.of[NFULA_PREFIX]),
			 &verdict, &e->reason) < 0)
		return 1;
	e->state = span_of(verdict);
	return 0;
}

int packet_log_read(const void *datagram, size_t len, uint64_t now_us, packet_log_fn *fn, void *arg,
		    uint64_t *strange)
{
	const char *at = datagram, *end = at + len;
	const struct nlmsghdr *h;
	int r = 0;

	while (r == 0 && (h = netlink_next(&at, end))) {
		struct event e;

		if (h->nlmsg_type != (NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_PACKET))
			continue;
		if (h->nlmsg_len < NLMSG_HDRLEN + sizeof(struct nfgenmsg))
			return -EBADMSG;
		r = read_message(h, now_us, &e);
		*strange += r == 1;
		if (r >= 0)
			r = fn(arg, &e);
	}
	return r;
}
