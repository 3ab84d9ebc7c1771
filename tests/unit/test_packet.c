/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the gateway's rules log: packets whole and cut, and datagrams of the log socket. */
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <string.h>

#include "base/mem.h"
#include "capture/packet.h"

static const uint8_t syn[] = {
	0x45, 0, 0, 40, 0, 1, 0x40, 0, 64, 6, 0, 0, 10, 10, 10, 81, 203, 0, 113, 80,	/* IPv4 */
	0x9c, 0x40, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 0xff, 0xff, 0, 0, 0, 0,	/* TCP */
};

static void a_packet_tells_its_flow(void **state)
{
	struct event e = { 0 };
	char a[ADDR_TEXT];

	(void)state;
	packet_read(syn, sizeof(syn), 0x0800, &e);
	assert_string_equal(addr_text(&e.src, a), "10.10.10.81");
	assert_string_equal(addr_text(&e.dest, a), "203.0.113.80");
	assert_int_equal(e.proto, 6);
	assert_int_equal(e.src_port, 40000);
	assert_int_equal(e.dest_port, 80);
}

static void a_packet_may_be_cut_or_odd(void **state)
{
	uint8_t odd[sizeof(syn)];
	struct event e;

	(void)state;
	for (size_t n = 0; n < sizeof(syn); n++) {
		e = (struct event){ 0 };
		packet_read(syn, n, 0x0800, &e);
		assert_int_equal(e.dest_port, n >= 24 ? 80 : 0);
	}
	memcpy(odd, syn, sizeof(syn));
	odd[0] = 0x41;				/* a header shorter than a header */
	e = (struct event){ 0 };
	packet_read(odd, sizeof(odd), 0x0800, &e);
	assert_int_equal(e.dest_port, 0);
	memcpy(odd, syn, sizeof(syn));
	odd[7] = 1;				/* a later fragment has no ports */
	e = (struct event){ 0 };
	packet_read(odd, sizeof(odd), 0x0800, &e);
	assert_int_equal(e.dest_port, 0);
}

/* IPv6 with what stands before what is carried: none of it hides that, and of a later fragment it is not there. */
static void extension_headers_are_passed_by(void **state)
{
	static const uint8_t head[40] = { 0x60, 0, 0, 0, 0, 48, 0, 64, 0x20, 1, 0xd, 0xb8, [23] = 1, 0x20, 1, 0xd, 0xb8, [39] = 2 };
	static const struct {
		uint8_t next, rest[48];
		size_t len;
		uint8_t proto;
		uint16_t port;
	} rows[] = {
		{ 6, { 0x9c, 0x40, 0, 80 }, 4, 6, 80 },
		{ 58, { 128, 5 }, 2, 58, 5 },
		{ 0, { 60, 0, 1, 4, 0, 0, 0, 0, 6, 1, 1, 12, [24] = 0x9c, 0x40, 0, 80 }, 28, 6, 80 },	/* hop-by-hop, destination */
		{ 51, { 17, 4, [24] = 0, 53, 0, 53 }, 28, 17, 53 },			/* authentication: in words of four */
		{ 44, { 6, 0, 0, 1, 0, 0, 0, 9, 0x9c, 0x40, 0, 80 }, 12, 6, 80 },	/* the first fragment, and a later one */
		{ 44, { 6, 0, 0, 9, 0, 0, 0, 9, 0x9c, 0x40, 0, 80 }, 12, 6, 0 },
		{ 44, { 60, 0, 0, 8, 0, 0, 0, 9, 6, 0, 0, 0, 0, 0, 0, 0, 0x9c, 0x40, 0, 80 }, 20, 60, 0 },
		{ 43, { 6, 255, 0, 0 }, 4, 43, 0 },		/* longer than the packet */
		{ 50, { 0x9c, 0x40, 0, 80 }, 4, 50, 0 },	/* encrypted */
	};

	(void)state;
	for (size_t i = 0; i < nitems(rows); i++)
		for (size_t cut = 0; cut <= rows[i].len; cut++) {
			uint8_t whole[sizeof(head) + sizeof(rows[i].rest)];
			size_t len = sizeof(head) + rows[i].len - cut;
			_free_ uint8_t *p = xcalloc(1, len);
			struct event e = { 0 };
			char a[ADDR_TEXT];

			memcpy(whole, head, sizeof(head));
			whole[6] = rows[i].next;
			memcpy(whole + sizeof(head), rows[i].rest, rows[i].len);
			memcpy(p, whole, len);
			packet_read(p, len, 0x86dd, &e);
			assert_string_equal(addr_text(&e.dest, a), "2001:db8::2");
			if (e.dest_port != (cut ? 0 : rows[i].port) || (!cut && e.proto != rows[i].proto))
				fail_msg("row %zu without %zu bytes: protocol %u, port %u", i, cut, e.proto, e.dest_port);
		}
}

static struct nlmsghdr *put_message(char *at, const char *prefix, uint32_t seq)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(at);
	struct nfulnl_msg_packet_hdr packet = { .hw_protocol = htons(0x0800) };
	struct nfulnl_msg_packet_timestamp when = { htobe64(1700000000), htobe64(5) };

	h->nlmsg_type = NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_PACKET;
	mnl_nlmsg_put_extra_header(h, sizeof(struct nfgenmsg));
	mnl_attr_put(h, NFULA_PACKET_HDR, sizeof(packet), &packet);
	mnl_attr_put(h, NFULA_TIMESTAMP, sizeof(when), &when);
	mnl_attr_put_strz(h, NFULA_PREFIX, prefix);
	mnl_attr_put_u32(h, NFULA_SEQ, htonl(seq));
	mnl_attr_put_u32(h, NFULA_MARK, htonl(0x10050100 + seq));
	mnl_attr_put(h, NFULA_PAYLOAD, sizeof(syn), syn);
	return h;
}

struct seen {
	size_t n;
	struct event e[4];
};

static int keep(void *arg, struct event *e)
{
	struct seen *s = arg;

	s->e[s->n++] = *e;
	return 0;
}

static void a_datagram_holds_several_verdicts(void **state)
{
	char buf[2048] __attribute__((aligned(8)));
	struct nlmsghdr *one = put_message(buf, "skep:accept:rule 2 ", 0);
	struct nlmsghdr *two = put_message(buf + one->nlmsg_len, "skep:drop:budget tcp ", 1);
	struct nlmsghdr *three = put_message(buf + one->nlmsg_len + two->nlmsg_len, "somebody else's ", 2);
	size_t len = one->nlmsg_len + two->nlmsg_len + three->nlmsg_len;
	struct seen s = { 0 };
	uint64_t strange = 0;

	(void)state;
	assert_int_equal(packet_log_read(buf, len, 1, keep, &s, &strange), 0);
	assert_int_equal(s.n, 3);
	assert_int_equal(strange, 1);
	assert_int_equal(s.e[0].at_us, 1700000000000005ULL);
	assert_int_equal(s.e[0].origin.seq, 1);
	assert_true(span_is(s.e[0].state, "accept"));
	assert_true(span_is(s.e[0].reason, "rule 2"));
	assert_true(span_is(s.e[1].state, "drop"));
	assert_true(span_is(s.e[1].reason, "budget tcp"));
	assert_int_equal(s.e[2].state.len, 0);
	for (size_t n = 0; n < len; n++) {	/* cut anywhere */
		struct seen part = { 0 };

		packet_log_read(buf, n, 1, keep, &part, &strange);
		assert_true(part.n <= 3);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_packet_tells_its_flow),
		cmocka_unit_test(a_packet_may_be_cut_or_odd),
		cmocka_unit_test(extension_headers_are_passed_by),
		cmocka_unit_test(a_datagram_holds_several_verdicts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
