/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The second layer alone, with real packets: no rules of nftables are there at all, so whatever does not arrive was
 * refused by it.
 */
#include "wired.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "brake/brake.h"

enum { SYN = 0x02, ACK = 0x10, MORE = 0x2000 };
enum { TCP = 4, UDP = 8, ICMP = 12, OTHER = 16, PACKETS = 1000 };	/* with the margin: 5, 10, 15, 20 */
#define NOBODY 0x0a0a0a63u	/* 10.10.10.99 */

static struct honeynet net;
static struct brake *brake;
static int arrives;		/* what comes to the outside */

static uint64_t now_ns(void)
{
	return clock_us(CLOCK_MONOTONIC) * 1000;
}

static bool no_brake(void)
{
	if (no_lab())
		return true;
	if (brake_kind(brake) != BRAKE_COUNTS) {
		print_message("# no BPF here\n");
		skip();
		return true;
	}
	return false;
}

/* --- packets ------------------------------------------------------------------------------------ */

struct sent {
	uint32_t from, to;
	uint8_t proto, flags;		/* of TCP; or the type of ICMP */
	uint16_t port_from, port_to;
	uint32_t seq;
	uint16_t id, frag;
	size_t bytes;			/* of the whole packet, at least 40 */
	addr_number from6, to6;		/* of IPv6, in the place of these; */
	uint8_t extension, extensions;	/* with so many headers of this kind before the last, 8 bytes each */
};

static void put_transport(uint8_t *at, const struct sent *s)
{
	uint16_t ports[2] = { htons(s->port_from), htons(s->port_to) };
	uint32_t seq = htonl(s->seq);

	if (s->proto == IPPROTO_ICMP || s->proto == IPPROTO_ICMPV6) {
		at[0] = s->flags;
		memcpy(at + 4, &ports[0], 2);
		return;
	}
	memcpy(at, ports, sizeof(ports));
	if (s->proto == IPPROTO_TCP) {
		memcpy(at + 4, &seq, sizeof(seq));
		at[12] = 5 << 4;
		at[13] = s->flags;
	}
}

static size_t put_extensions(uint8_t *at, const struct sent *s)
{
	uint16_t id = htons(s->id), frag = htons(s->frag);

	for (unsigned i = 0; i < s->extensions; i++, at += 8) {
		at[0] = i + 1 < s->extensions ? s->extension : s->proto;
		at[2] = 1;		/* options: one of four bytes that only fill */
		at[3] = 4;
		if (s->extension != IPPROTO_FRAGMENT)
			continue;
		memcpy(at + 2, &frag, sizeof(frag));
		memcpy(at + 6, &id, sizeof(id));
	}
	return 8 * s->extensions;
}

static void send_six(int ns, const struct sent *s)
{
	struct sockaddr_in6 from = sa6(s->from6, 0), to = sa6(s->to6, 0);
	size_t len = s->bytes > 120 ? s->bytes : 120, at = sizeof(struct ip6_hdr);
	uint8_t packet[1500] = { 0 };
	struct ip6_hdr ip = { .ip6_src = from.sin6_addr, .ip6_dst = to.sin6_addr };
	int fd = sock6(ns, SOCK_RAW, IPPROTO_RAW);

	ip.ip6_vfc = 6 << 4;
	ip.ip6_hlim = 64;
	ip.ip6_nxt = s->extensions ? s->extension : s->proto;
	ip.ip6_plen = htons((uint16_t)(len - at));
	memcpy(packet, &ip, sizeof(ip));
	at += put_extensions(packet + at, s);
	if (!(s->frag & 0xfff8))
		put_transport(packet + at, s);
	assert_int_equal(sendto(fd, packet, len, 0, (void *)&to, sizeof(to)), (ssize_t)len);
	close(fd);
}

static void send_one(int ns, const struct sent *s)
{
	uint8_t packet[1500] = { 0 };
	size_t len = s->bytes > 40 ? s->bytes : 40;
	struct iphdr ip = { .version = 4, .ihl = 5, .ttl = 64, .protocol = s->proto, .saddr = htonl(s->from), .daddr = htonl(s->to),
			    .id = htons(s->id), .frag_off = htons(s->frag), .tot_len = htons((uint16_t)len) };
	struct sockaddr_in to = sa(s->to, 0);
	int fd;

	if (s->to6) {
		send_six(ns, s);
		return;
	}
	fd = sock(ns, SOCK_RAW, IPPROTO_RAW);
	memcpy(packet, &ip, sizeof(ip));
	if (!(s->frag & 0x1fff))
		put_transport(packet + sizeof(ip), s);
	assert_int_equal(sendto(fd, packet, len, 0, (void *)&to, sizeof(to)), (ssize_t)len);
	close(fd);
}

static uint16_t next_port(void)
{
	static uint16_t port = 1000;

	return ++port;
}

/* From honeypot 0 to the outside, each with another port. */
static void send_many(uint8_t proto, uint8_t flags, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		uint16_t port = next_port();

		send_one(lab.pot[0], &(struct sent){ POT, WAN, proto, flags, port, 9, .seq = port, .id = port });
	}
}

static void send_many6(const struct sent *like, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct sent s = *like;

		s.from6 = s.from6 ? s.from6 : POT6;
		s.to6 = WAN6;
		s.port_from = next_port();
		s.port_to = 9;
		s.seq = s.port_from;
		s.id = s.id ? s.id : s.port_from;
		send_one(lab.pot[0], &s);
	}
}

static void answer(unsigned n, size_t bytes)
{
	for (unsigned i = 0; i < n; i++)
		send_one(lab.pot[0], &(struct sent){ POT, WAN, IPPROTO_UDP, 0, 53, 4000, .id = (uint16_t)i, .bytes = bytes });
}

static void ask(void)
{
	send_one(lab.wan, &(struct sent){ WAN, POT, IPPROTO_UDP, 0, 4000, 53 });
}

static bool is_honeynets(const uint8_t *packet, ssize_t n, uint8_t proto)
{
	static const uint8_t net6[] = { 0x20, 0x01, 0x0d, 0xb8, 0x00, 0x10 };

	if (n >= 40 && packet[0] >> 4 == 6)
		return !memcmp(packet + 8, net6, sizeof(net6)) && (!proto || packet[6] == proto);
	return n >= 20 && packet[0] == 0x45 && packet[12] == 10 && (!proto || packet[9] == proto);
}

/* came() - how many packets of a protocol have arrived since it was asked last; 0 any */
static unsigned came(uint8_t proto, size_t *ret_bytes)
{
	uint8_t packet[2048];
	ssize_t n;
	unsigned of = 0;

	usleep(50000);
	while ((n = recv(arrives, packet, sizeof(packet), MSG_DONTWAIT)) > 0)
		if (is_honeynets(packet, n, proto)) {
			of++;
			if (ret_bytes)
				*ret_bytes += (size_t)n;
		}
	return of;
}

static uint64_t refused(uint32_t address, enum brake_why w)
{
	struct brake_used u;

	assert_int_equal(brake_read(brake, address, &u), 0);
	return u.refused[w];
}

/* --- a gateway with a brake --------------------------------------------------------------------- */

static void put_on(void)
{
	enter(lab.gw);
	brake = brake_open("wan0", &net, now_ns());
	enter(lab.home);
}

static void plan(void)
{
	enter(lab.gw);
	assert_int_equal(brake_plan(brake, &net), 0);
	enter(lab.home);
}

static enum brake_found check(void)
{
	enum brake_found r;
	int error;

	enter(lab.gw);
	r = brake_check(brake, &error);
	enter(lab.home);
	return r;
}

static int setup(void **state)
{
	(void)state;
	if (!lab.home)
		return 0;
	memset(&net, 0, sizeof(net));
	net.n_honeypots = 2;
	net.honeypot[0].address = POT;
	net.honeypot[1].address = POT1;
	net.containment = (struct containment){ .period_s = 3600, .tcp = TCP, .udp = UDP, .icmp = ICMP, .other = OTHER,
						.bytes_mb = 1, .packets_per_s = PACKETS, .margin = 25 };
	put_on();
	brake_beat(brake, now_ns() + 60000000000ull);	/* nobody has to say it again */
	came(0, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	if (!lab.home)
		return 0;
	brake = brake_close(brake);
	run(lab.gw, "tc qdisc del dev wan0 clsact 2>/dev/null; tc qdisc del dev wan0 root 2>/dev/null; true");
	return 0;
}

/* The same, and everybody has IPv6; the first ones know each other's hardware address. */
static int setup_six(void **state)
{
	if (!lab.home)
		return 0;
	lab_six(true);
	run(lab.pot[0], "ping -q -c 1 -W 2 2001:db8:ffff::66 >/dev/null");
	setup(state);
	net.network6 = NET6;
	net.prefix6 = 64;
	plan();
	return 0;
}

static int teardown_six(void **state)
{
	teardown(state);
	if (lab.home)
		lab_six(false);
	return 0;
}

static int open_lab(void **state)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET };
	int room = 8 << 20;

	if (lab_open(state) < 0 || !lab.home)
		return lab.home ? -1 : 0;
	for (size_t i = 0; i < nitems(lab.pot); i++)	/* everybody knows everybody's hardware address */
		run(lab.pot[i], "ping -q -c 1 -W 2 198.51.100.66 >/dev/null");
	run(lab.wan, "ping -q -c 1 -W 2 10.10.10.80 >/dev/null");
	enter(lab.wan);
	arrives = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(ETH_P_ALL));
	at.sll_protocol = htons(ETH_P_ALL);
	at.sll_ifindex = (int)if_nametoindex("eth0");
	enter(lab.home);
	setsockopt(arrives, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	return bind(arrives, (struct sockaddr *)&at, sizeof(at));
}

/* --- tests -------------------------------------------------------------------------------------- */

static void what_begins_is_counted_exactly(void **state)
{
	static const struct { uint8_t proto, flags; unsigned most; enum brake_why why; } rows[] = {
		{ IPPROTO_TCP, SYN, 5, (enum brake_why)BRAKE_TCP },	{ IPPROTO_UDP, 0, 10, (enum brake_why)BRAKE_UDP },
		{ IPPROTO_ICMP, 8, 15, (enum brake_why)BRAKE_ICMP },	{ IPPROTO_GRE, 0, 20, (enum brake_why)BRAKE_OTHER },
	};

	(void)state;
	if (no_brake())
		return;
	for (size_t i = 0; i < nitems(rows); i++) {
		send_many(rows[i].proto, rows[i].flags, 60);
		assert_int_equal(came(rows[i].proto, NULL), rows[i].most);
		assert_int_equal(refused(POT, rows[i].why), 60 - rows[i].most);
		send_many(rows[i].proto, rows[i].flags, 5);
		assert_int_equal(came(0, NULL), 0);
	}
	assert_int_equal(refused(POT1, (enum brake_why)BRAKE_TCP), 0);
}

static void a_connection_is_charged_once(void **state)
{
	struct sent syn = { POT, WAN, IPPROTO_TCP, SYN, 2000, 80, .seq = 7 };

	(void)state;
	if (no_brake())
		return;
	for (int i = 0; i < 20; i++)	/* again and again, for want of an answer; and then what follows */
		send_one(lab.pot[0], &syn);
	syn.flags = ACK;
	for (int i = 0; i < 20; i++)
		send_one(lab.pot[0], &syn);
	assert_int_equal(came(IPPROTO_TCP, NULL), 40);
	syn.flags = SYN;
	for (syn.seq = 100; syn.seq < 120; syn.seq++)	/* the same ports, but another one each */
		send_one(lab.pot[0], &syn);
	assert_int_equal(came(IPPROTO_TCP, NULL), 4);
}

static void what_belongs_to_nothing_is_charged(void **state)
{
	(void)state;
	if (no_brake())
		return;
	send_many(IPPROTO_TCP, ACK, 60);
	assert_int_equal(came(IPPROTO_TCP, NULL), 5);
	send_many(IPPROTO_ICMP, 0, 60);		/* echo replies that nobody asked for */
	assert_int_equal(came(IPPROTO_ICMP, NULL), 15);
	for (uint16_t i = 0; i < 60; i++)	/* ends of datagrams without a beginning */
		send_one(lab.pot[0], &(struct sent){ POT, WAN, IPPROTO_UDP, .id = i, .frag = 100 });
	assert_int_equal(came(IPPROTO_UDP, NULL), 20);
}

static void answers_cost_nothing_but_bytes(void **state)
{
	struct sent in = { WAN, POT, IPPROTO_TCP, SYN, 4000, 80 }, out = { POT, WAN, IPPROTO_TCP, SYN | ACK, 80, 4000 };

	(void)state;
	if (no_brake())
		return;
	send_one(lab.wan, &in);
	ask();
	send_one(lab.wan, &(struct sent){ WAN, POT, IPPROTO_ICMP, 8, 77 });
	came(0, NULL);			/* the honeypot's kernel has answered by itself */
	for (int i = 0; i < 100; i++) {
		send_one(lab.pot[0], &out);
		send_one(lab.pot[0], &(struct sent){ POT, WAN, IPPROTO_ICMP, 0, 77 });
	}
	answer(100, 0);
	assert_int_equal(came(0, NULL), 300);
	out.flags = SYN;		/* but to begin one the other way round does */
	for (out.seq = 0; out.seq < 60; out.seq++)
		send_one(lab.pot[0], &out);
	assert_int_equal(came(0, NULL), 5);
}

static void a_datagram_in_parts_is_one(void **state)
{
	(void)state;
	if (no_brake())
		return;
	for (uint16_t i = 1; i <= 30; i++) {	/* 0: the kernel would choose */
		send_one(lab.pot[0], &(struct sent){ POT, WAN, IPPROTO_UDP, 0, 2000, 9, .id = i, .frag = MORE, .bytes = 1500 });
		send_one(lab.pot[0], &(struct sent){ POT, WAN, IPPROTO_UDP, 0, .id = i, .frag = 185 });
	}
	assert_int_equal(came(IPPROTO_UDP, NULL), 10 + 10 + 20);	/* the rest of what was refused belongs to nothing */
}

static void bytes_are_counted_exactly(void **state)
{
	const size_t most = (1u << 20) * 5 / 4;
	size_t bytes = 0;

	(void)state;
	if (no_brake())
		return;
	net.containment.packets_per_s = 1000000;
	plan();
	ask();
	came(0, NULL);
	answer(1000, 1400);
	came(0, &bytes);
	assert_in_range(bytes, most - 1400 - 100, most);	/* 100: what it has answered before */
	assert_true(refused(POT, (enum brake_why)BRAKE_BYTES) > 0);
}

static void a_second_has_so_many_packets(void **state)
{
	const unsigned most = (100 + 10 + 10) * 5 / 4;
	unsigned n;

	(void)state;
	if (no_brake())
		return;
	net.containment.packets_per_s = 100;
	plan();
	ask();
	came(0, NULL);
	sleep(1);
	answer(1000, 0);
	n = came(0, NULL);
	assert_true(n >= most && n % most == 0);	/* more than once, if it took more than a second */
	assert_int_equal(refused(POT, (enum brake_why)BRAKE_PACKETS), 1000 - n);
}

static void only_its_honeypots_leave(void **state)
{
	static const uint32_t from[] = { GATE, OUTER, POT2, NOBODY, WAN, 0x08080808u };

	(void)state;
	if (no_brake())
		return;
	for (size_t i = 0; i < nitems(from); i++)
		send_one(lab.pot[0], &(struct sent){ from[i], WAN, IPPROTO_TCP, SYN, 1, 2 });
	assert_int_equal(came(0, NULL), 0);
	/* Not even the gateway's routing takes its own addresses for sources: they do not come so far. */
	assert_int_equal(refused(BRAKE_GATEWAY, BRAKE_SOURCE), nitems(from) - 2);
	run(lab.gw, "ping -q -c 1 -W 2 198.51.100.66 >/dev/null");	/* the gateway itself may */
}

static void silence_closes_both_ways(void **state)
{
	(void)state;
	if (no_brake())
		return;
	assert_int_equal(brake_beat(brake, now_ns() - 3000000000ull), 0);
	send_many(IPPROTO_TCP, SYN, 3);
	assert_int_equal(came(0, NULL), 0);
	run(lab.wan, "! ping -q -c 1 -W 1 10.10.10.80 >/dev/null");
	assert_true(refused(BRAKE_GATEWAY, BRAKE_SILENT) >= 4);
	assert_int_equal(brake_beat(brake, now_ns()), 0);
	send_many(IPPROTO_TCP, SYN, 3);
	assert_int_equal(came(IPPROTO_TCP, NULL), 3);
	run(lab.wan, "ping -q -c 1 -W 2 10.10.10.80 >/dev/null");
}

static void whoever_comes_next_goes_on_counting(void **state)
{
	(void)state;
	if (no_brake())
		return;
	for (int i = 0; i < 4; i++) {
		send_many(IPPROTO_TCP, SYN, 2);
		brake = brake_close(brake);
		put_on();
	}
	assert_int_equal(came(IPPROTO_TCP, NULL), 5);
	assert_int_equal(refused(POT, (enum brake_why)BRAKE_TCP), 3);
}

static void it_is_put_back_with_what_it_counted(void **state)
{
	static const char *const deeds[] = { "tc qdisc del dev wan0 clsact", "tc filter del dev wan0 egress", "tc filter del dev wan0 ingress" };

	(void)state;
	if (no_brake())
		return;
	send_many(IPPROTO_TCP, SYN, 9);
	assert_int_equal(came(IPPROTO_TCP, NULL), 5);
	for (size_t i = 0; i < nitems(deeds); i++) {
		assert_int_equal(check(), BRAKE_IN_PLACE);
		run(lab.gw, "%s", deeds[i]);
		assert_int_equal(check(), BRAKE_PUT_BACK);
		send_many(IPPROTO_TCP, SYN, 9);
		assert_int_equal(came(IPPROTO_TCP, NULL), 0);
	}
}

/* Also what they have sent who are gone; and what nobody's packets were refused. */
static void is_told(uint64_t passed, uint64_t all_refused)
{
	uint64_t p, r;

	brake_sum(brake, &p, &r);
	assert_int_equal(p, passed);
	assert_int_equal(r, all_refused);
}

static void another_plan_keeps_what_was_used(void **state)
{
	(void)state;
	if (no_brake())
		return;
	send_many(IPPROTO_TCP, SYN, 3);
	net.honeypot[0].gone = true;
	plan();
	send_many(IPPROTO_TCP, SYN, 3);
	assert_int_equal(came(IPPROTO_TCP, NULL), 3);
	assert_int_equal(refused(BRAKE_GATEWAY, BRAKE_SOURCE), 3);
	is_told(3, 3);
	net.honeypot[0].gone = false;
	net.containment.tcp = 8;
	plan();
	send_many(IPPROTO_TCP, SYN, 30);
	assert_int_equal(came(IPPROTO_TCP, NULL), 10 - 3);
	is_told(10, 3 + 23);
}

static void the_next_period_begins_anew(void **state)
{
	(void)state;
	if (no_brake())
		return;
	net.containment.period_s = 1;
	plan();
	for (int i = 0; i < 2; i++) {
		sleep(1);
		usleep(100000);
		send_many(IPPROTO_TCP, SYN, 30);
		assert_int_equal(came(IPPROTO_TCP, NULL), 5);
	}
}

static void the_fallback_holds_a_rate(void **state)
{
	uint64_t most, began;
	size_t bytes = 0;

	(void)state;
	if (no_lab())
		return;
	teardown(NULL);
	net.containment.packets_per_s = 100;
	enter(lab.gw);
	brake = brake_open_rate("wan0", &net);
	enter(lab.home);
	assert_int_equal(brake_kind(brake), BRAKE_RATE);
	assert_int_equal(check(), BRAKE_IN_PLACE);
	came(0, NULL);
	began = now_ns();
	answer(3000, 1400);
	came(0, &bytes);
	most = 128 * 1024 + brake_rate(&net) * (now_ns() - began) / 1000000000;
	assert_in_range(bytes, 100000, most);
	run(lab.gw, "tc qdisc del dev wan0 root");
	assert_int_equal(check(), BRAKE_PUT_BACK);
	assert_int_equal(check(), BRAKE_IN_PLACE);
}

/* --- IPv6 --------------------------------------------------------------------------------------- */

static void both_families_are_counted_as_one(void **state)
{
	static const struct { uint8_t proto, flags, proto6, flags6; unsigned most; enum brake_why why; } rows[] = {
		{ IPPROTO_TCP, SYN, IPPROTO_TCP, SYN, 5, (enum brake_why)BRAKE_TCP },
		{ IPPROTO_UDP, 0, IPPROTO_UDP, 0, 10, (enum brake_why)BRAKE_UDP },
		{ IPPROTO_ICMP, 8, IPPROTO_ICMPV6, 128, 15, (enum brake_why)BRAKE_ICMP },
		{ IPPROTO_GRE, 0, IPPROTO_GRE, 0, 20, (enum brake_why)BRAKE_OTHER },
	};

	(void)state;
	if (no_brake())
		return;
	for (size_t i = 0; i < nitems(rows); i++) {
		unsigned four;

		for (int n = 0; n < 30; n++) {
			send_many(rows[i].proto, rows[i].flags, 1);
			send_many6(&(struct sent){ .proto = rows[i].proto6, .flags = rows[i].flags6 }, 1);
		}
		four = came(0, NULL);
		assert_int_equal(four, rows[i].most);
		assert_int_equal(refused(POT, rows[i].why), 60 - rows[i].most);
	}
	send_many6(&(struct sent){ .proto = IPPROTO_ICMPV6, .flags = 1 }, 3);	/* errors are packets of ICMP */
	send_many6(&(struct sent){ .proto = IPPROTO_ICMPV6, .flags = 129 }, 3);	/* as is the answer to nobody */
	assert_int_equal(came(0, NULL), 0);
	assert_int_equal(refused(POT1, (enum brake_why)BRAKE_TCP), 0);
}

static void flows_of_six_are_followed(void **state)
{
	struct sent syn = { .from6 = POT6, .to6 = WAN6, .proto = IPPROTO_TCP, .flags = SYN, .port_from = 2000, .port_to = 80, .seq = 7 };
	struct sent pong = { .from6 = POT6, .to6 = WAN6, .proto = IPPROTO_ICMPV6, .flags = 129, .port_from = 77 };
	struct sent answer = { .from6 = POT6, .to6 = WAN6, .proto = IPPROTO_UDP, .port_from = 53, .port_to = 4000 };

	(void)state;
	if (no_brake())
		return;
	for (int i = 0; i < 20; i++)
		send_one(lab.pot[0], &syn);
	syn.flags = ACK;
	for (int i = 0; i < 20; i++)
		send_one(lab.pot[0], &syn);
	assert_int_equal(came(IPPROTO_TCP, NULL), 40);
	syn.flags = SYN;
	for (syn.seq = 100; syn.seq < 120; syn.seq++)
		send_one(lab.pot[0], &syn);
	assert_int_equal(came(IPPROTO_TCP, NULL), 4);
	send_one(lab.wan, &(struct sent){ .from6 = WAN6, .to6 = POT6, .proto = IPPROTO_ICMPV6, .flags = 128, .port_from = 77 });
	send_one(lab.wan, &(struct sent){ .from6 = WAN6, .to6 = POT6, .proto = IPPROTO_UDP, .port_from = 4000, .port_to = 53 });
	came(0, NULL);
	for (int i = 0; i < 100; i++) {
		send_one(lab.pot[0], &pong);
		send_one(lab.pot[0], &answer);
	}
	assert_int_equal(came(0, NULL), 200);
}

static void extensions_are_looked_behind(void **state)
{
	static const uint8_t kinds[] = { IPPROTO_HOPOPTS, IPPROTO_DSTOPTS, IPPROTO_ROUTING, IPPROTO_FRAGMENT };

	(void)state;
	if (no_brake())
		return;
	for (size_t i = 0; i < nitems(kinds); i++)
		send_many6(&(struct sent){ .proto = IPPROTO_UDP, .extension = kinds[i], .extensions = 1 }, 3);
	assert_int_equal(came(0, NULL), 10);
	assert_int_equal(refused(POT, (enum brake_why)BRAKE_UDP), 2);
	send_many6(&(struct sent){ .proto = IPPROTO_UDP, .extension = IPPROTO_DSTOPTS, .extensions = 8 }, 1);
	assert_int_equal(refused(POT, (enum brake_why)BRAKE_UDP), 3);
	send_many6(&(struct sent){ .proto = IPPROTO_UDP, .extension = IPPROTO_DSTOPTS, .extensions = 9 }, 30);	/* more than it looks at */
	assert_int_equal(came(0, NULL), 20);
	assert_int_equal(refused(POT, (enum brake_why)BRAKE_OTHER), 10);
}

/* As often as it likes, its beginning was sent: else it belongs to nothing. */
static void a_datagram_of_six_in_parts_is_one(void **state)
{
	const struct sent part = { .proto = IPPROTO_UDP, .extension = IPPROTO_FRAGMENT, .extensions = 1 };

	(void)state;
	if (no_brake())
		return;
	for (uint16_t i = 1; i <= 30; i++) {
		struct sent first = part, rest = part;

		first.id = rest.id = i;
		first.frag = 1;
		rest.frag = 104;
		send_many6(&first, 1);
		send_many6(&rest, 1);
	}
	assert_int_equal(came(0, NULL), 10 + 10 + 20);
}

static void only_its_honeypots_send_six(void **state)
{
	const addr_number from[] = { NET6 | NOBODY, NET6 | POT2, (addr_number)1 << 32 | POT6, (NET6 | POT) + ((addr_number)1 << 64), WAN6,
				     ADDR_4 | POT, GATE6, NET6 | OUTER };
	size_t n = nitems(from);

	(void)state;
	if (no_brake())
		return;
	net.honeypot[1].instances.max = 1;	/* so it has none */
	net.n_nat = 1;				/* and of who is seen by OUTER there is none either */
	net.nat[0] = (struct nat_rule){ .kind = NAT_SOURCE, .address = OUTER, .asks = { .n_sources = 1, .n_destinations = 1 } };
	plan();
	for (size_t i = 0; i < n; i++)
		send_many6(&(struct sent){ .from6 = from[i], .proto = IPPROTO_TCP, .flags = SYN }, 1);
	send_many6(&(struct sent){ .from6 = POT1_6, .proto = IPPROTO_TCP, .flags = SYN }, 1);
	assert_int_equal(came(0, NULL), 0);
	assert_int_equal(refused(BRAKE_GATEWAY, BRAKE_SOURCE), n + 1);
	send_many6(&(struct sent){ .proto = IPPROTO_TCP, .flags = SYN }, 9);	/* by its own address, also with NAT */
	assert_int_equal(came(0, NULL), 5);
	run(lab.gw, "ip neigh flush dev wan0 && ping -q -c 1 -W 2 2001:db8:ffff::66 >/dev/null");
	net.prefix6 = 0;
	plan();
	send_many6(&(struct sent){ .proto = IPPROTO_UDP }, 3);
	assert_int_equal(came(0, NULL), 0);
	assert_int_equal(refused(BRAKE_GATEWAY, BRAKE_NOT_IP), 3);
}

static void caps_are_a_margin_above(void **state)
{
	struct brake_machine at[BRAKE_LIST];

	(void)state;
	memset(&net, 0, sizeof(net));
	net.n_honeypots = 5;
	for (uint32_t i = 0; i < 5; i++)
		net.honeypot[i].address = POT + i;
	net.honeypot[2].gone = true;
	net.honeypot[3].is_instance = net.honeypot[4].is_instance = true;
	net.honeypot[3].instance_of = net.honeypot[4].instance_of = 1;
	net.containment = (struct containment){ .period_s = 60, .tcp = 1, .udp = 0, .icmp = 10000, .other = 10, .bytes_mb = 1048576,
						.packets_per_s = 1000000, .margin = 10 };
	assert_int_equal(brake_machines(&net, at), 5);
	assert_int_equal(at[0].address, BRAKE_GATEWAY);
	assert_int_equal(at[1].address, POT);
	assert_int_equal(at[1].caps.of[BRAKE_TCP].most, 2);
	assert_int_equal(at[1].caps.of[BRAKE_TCP].period_ns, 60000000000ull);
	assert_int_equal(at[1].caps.of[BRAKE_UDP].most, 0);
	assert_int_equal(at[1].caps.of[BRAKE_ICMP].most, 11000);
	assert_int_equal(at[1].caps.of[BRAKE_PACKETS].most, 1210011);
	assert_int_equal(at[1].caps.of[BRAKE_PACKETS].period_ns, 1000000000ull);
	assert_int_equal(at[2].address, POT + 1);
	assert_int_equal(at[2].caps.of[BRAKE_OTHER].most, 3 * 11);
	assert_int_equal(at[2].caps.of[BRAKE_BYTES].most, 3 * ((1099511627776ull * 110 + 99) / 100));
	assert_int_equal(at[3].address, POT + 3);
	assert_int_equal(at[3].caps.of[BRAKE_OTHER].most, 11);

	/* an address of NAT rules has the caps of all who may send from it: who leaves by it, and to whom it leads */
	net.n_nat = 3;
	net.nat[0] = (struct nat_rule){ .kind = NAT_SOURCE, .address = 0xc633640a,
					.asks = { .n_sources = 1, .n_destinations = 1, .source = { { OBJECT_HONEYPOT, 1 } } } };
	net.nat[1] = (struct nat_rule){ .kind = NAT_SOURCE, .address = 0xc6336401, .asks = { .n_sources = 1, .n_destinations = 1 } };
	net.nat[2] = (struct nat_rule){ .kind = NAT_DESTINATION, .honeypot = 0,
					.asks = { .n_sources = 1, .n_destinations = 1, .destination = { { OBJECT_NETWORK, 0 } } } };
	net.n_networks = net.n_ranges = net.networks[0].n = 1;
	net.range[0] = (struct address_range)RANGE4(0xc633640a, 0xc633640b);
	assert_int_equal(brake_machines(&net, at), 8);
	assert_int_equal(at[5].address, 0xc6336401);
	assert_int_equal(at[5].caps.of[BRAKE_OTHER].most, 11);		/* 0: what 1 opens, the rule before has */
	assert_int_equal(at[6].address, 0xc633640a);
	assert_int_equal(at[6].caps.of[BRAKE_OTHER].most, 4 * 11);	/* 1 with two instances, and 0 */
	assert_int_equal(at[7].address, 0xc633640b);
	assert_int_equal(at[7].caps.of[BRAKE_OTHER].most, 11);
	assert_int_equal(at[2].caps.of[BRAKE_OTHER].most, 3 * 11);	/* what is not translated */
	net.nat[0].asks.n_services = 1;
	brake_machines(&net, at);
	assert_int_equal(at[5].caps.of[BRAKE_OTHER].most, 4 * 11);	/* now both rules may translate what 1 opens */
}

#define WIRED(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
#define SIX(t) cmocka_unit_test_setup_teardown(t, setup_six, teardown_six)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WIRED(what_begins_is_counted_exactly),
		WIRED(a_connection_is_charged_once),
		WIRED(what_belongs_to_nothing_is_charged),
		WIRED(answers_cost_nothing_but_bytes),
		WIRED(a_datagram_in_parts_is_one),
		WIRED(bytes_are_counted_exactly),
		WIRED(a_second_has_so_many_packets),
		WIRED(only_its_honeypots_leave),
		WIRED(silence_closes_both_ways),
		WIRED(whoever_comes_next_goes_on_counting),
		WIRED(it_is_put_back_with_what_it_counted),
		WIRED(another_plan_keeps_what_was_used),
		WIRED(the_next_period_begins_anew),
		WIRED(the_fallback_holds_a_rate),
		SIX(both_families_are_counted_as_one),
		SIX(flows_of_six_are_followed),
		SIX(extensions_are_looked_behind),
		SIX(a_datagram_of_six_in_parts_is_one),
		SIX(only_its_honeypots_send_six),
		cmocka_unit_test(caps_are_a_margin_above),
	};

	return cmocka_run_group_tests(tests, open_lab, lab_close);
}
