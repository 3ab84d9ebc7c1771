/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flows: a real connection table in a network namespace of our own, and its news damaged in every way. */
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "capture/flow.h"
#include "net/conntrack.h"
#include "net/firewall.h"
#include "net/netns.h"

enum { PORT = 4000, SENT = 3, SENT_BYTES = 100, BACK_BYTES = 40, HEADS = 20 + 8 };

struct gw {
	int ns, events, table;
};

static bool no_root(void)
{
	if (!geteuid())
		return false;
	print_message("# needs root: a network namespace\n");
	skip();
	return true;
}

#define ALIAS 0x7f000009u	/* what is sent there goes to loopback's own address */
#define LED 0x7f000008u		/* and there to another port */

/* A namespace in which loopback is tracked. */
static void gw_make(struct gw *g)
{
	static const struct { const char *path, *value; } rows[] = {
		{ "netfilter/nf_conntrack_acct", "1" }, { "netfilter/nf_conntrack_timestamp", "1" },
		{ "netfilter/nf_conntrack_udp_timeout", "1" }, { "netfilter/nf_conntrack_udp_timeout_stream", "1" },
	};
	struct firewall *f;
	const char *why;
	int back;

	g->ns = netns_new();
	assert_true(g->ns >= 0);
	assert_int_equal(firewall_open(g->ns, &f), 0);
	assert_int_equal(firewall_load(f, "table inet t {\nchain c {\ntype filter hook input priority 0;\n"
					  "ct state new accept\n}\nchain d {\ntype nat hook output priority -100;\n"
					  "ip daddr 127.0.0.9 ct mark set 0x00050200 dnat ip to 127.0.0.1\n"
					  "ip daddr 127.0.0.8 udp dport 4000 dnat ip to 127.0.0.1:4001\n}\n}\n", &why), 0);
	firewall_close(f);
	g->events = conntrack_listen(g->ns);
	g->table = conntrack_open(g->ns);
	assert_true(g->events >= 0 && g->table >= 0);
	back = netns_enter(g->ns);
	for (size_t i = 0; i < nitems(rows); i++)
		assert_int_equal(netns_set(rows[i].path, rows[i].value), 0);
	netns_leave(back);
}

static void gw_end(struct gw *g)
{
	close(g->ns);
	close(g->events);
	close(g->table);
}

/* talk_at() - three datagrams one way, one back from who listens at @port */
static uint16_t talk_at(const struct gw *g, uint32_t to, uint16_t port)
{
	struct sockaddr_in own = { .sin_family = AF_INET, .sin_port = htons(port),
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) }, a = own, from = { 0 };
	socklen_t len = sizeof(from);
	char bytes[SENT_BYTES] = { 0 };
	int back = netns_enter(g->ns);
	_fd_ int in = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	_fd_ int out = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	netns_leave(back);
	a.sin_addr.s_addr = htonl(to);
	a.sin_port = htons(PORT);
	assert_return_code(bind(in, (struct sockaddr *)&own, sizeof(own)), errno);
	for (int i = 0; i < SENT; i++)
		assert_int_equal(sendto(out, bytes, SENT_BYTES, 0, (struct sockaddr *)&a, sizeof(a)), SENT_BYTES);
	assert_int_equal(recvfrom(in, bytes, sizeof(bytes), 0, (struct sockaddr *)&from, &len), SENT_BYTES);
	assert_int_equal(sendto(in, bytes, BACK_BYTES, 0, (struct sockaddr *)&from, len), BACK_BYTES);
	return ntohs(from.sin_port);
}

static uint16_t talk(const struct gw *g, uint32_t to)
{
	return talk_at(g, to, PORT);
}

static const struct addr nobody;	/* a gateway that answers to nothing itself */

struct seen {
	unsigned n;
	struct event e;
};

static void see(void *arg, struct event *e)
{
	struct seen *s = arg;

	s->n++;
	s->e = *e;
}

/* next_flow() - the datagram and what is in it; false: none came within @ms */
static bool next_flow(const struct gw *g, int ms, char *ret_bytes, size_t *ret_len, struct seen *ret)
{
	struct pollfd p = { g->events, POLLIN, 0 };
	ssize_t n;

	if (poll(&p, 1, ms) != 1)
		return false;
	n = recv(g->events, ret_bytes, FLOW_DATAGRAM_MAX, MSG_TRUNC);
	assert_true(n > 0 && n <= FLOW_DATAGRAM_MAX);
	*ret_len = (size_t)n;
	assert_int_equal(flow_read(ret_bytes, *ret_len, &nobody, 1, see, ret), 0);
	return true;
}

static void is_the_talk(const struct event *e, uint16_t port)
{
	uint64_t now = now_us();

	assert_int_equal(e->kind, EV_FLOW);
	assert_int_equal(addr_u32(&e->src), INADDR_LOOPBACK);
	assert_int_equal(addr_u32(&e->dest), INADDR_LOOPBACK);
	assert_int_equal(e->src_port, port);
	assert_int_equal(e->dest_port, PORT);
	assert_int_equal(e->proto, IPPROTO_UDP);
	assert_int_equal(e->packets[0], SENT);
	assert_int_equal(e->packets[1], 1);
	assert_int_equal(e->octets[0], SENT * (SENT_BYTES + HEADS));
	assert_int_equal(e->octets[1], BACK_BYTES + HEADS);
	assert_true(e->start_us <= e->at_us && e->at_us <= now && now - e->start_us < 10000000);
}

static void a_flush_tells_what_was_open(void **state)
{
	char bytes[FLOW_DATAGRAM_MAX];
	struct seen s = { 0 };
	struct gw g;
	uint16_t port;
	size_t len;

	(void)state;
	if (no_root())
		return;
	gw_make(&g);
	port = talk(&g, INADDR_LOOPBACK);
	assert_false(next_flow(&g, 100, bytes, &len, &s));
	assert_int_equal(conntrack_flush(g.table), 0);
	assert_true(next_flow(&g, 1000, bytes, &len, &s));
	is_the_talk(&s.e, port);
	assert_int_equal(s.n, 1);
	assert_false(next_flow(&g, 100, bytes, &len, &s));
	gw_end(&g);
}

/* One address may stand for several machines: the flow is that of the one that was reached, and can be forgotten alone. */
static void who_answers_is_told(void **state)
{
	char bytes[FLOW_DATAGRAM_MAX];
	struct addr gateway;
	struct seen s = { 0 };
	struct gw g;
	uint16_t port;
	size_t len;

	(void)state;
	if (no_root())
		return;
	gw_make(&g);
	talk(&g, INADDR_LOOPBACK);
	port = talk(&g, ALIAS);
	assert_int_equal(conntrack_forget(g.table, 0x00040000, 0x00ff0000), 0);
	assert_false(next_flow(&g, 100, bytes, &len, &s));
	assert_int_equal(conntrack_forget(g.table, 0x00050000, 0x00ff0000), 0);
	assert_true(next_flow(&g, 1000, bytes, &len, &s));
	assert_non_null(memmem(bytes, len, &(uint32_t){ htonl(ALIAS) }, 4));
	is_the_talk(&s.e, port);
	assert_false(next_flow(&g, 100, bytes, &len, &s));	/* the other one has not that mark */
	conntrack_flush(g.table);
	assert_true(next_flow(&g, 1000, bytes, &len, &s));
	talk_at(&g, LED, PORT + 1);
	assert_int_equal(conntrack_flush(g.table), 0);
	assert_true(next_flow(&g, 1000, bytes, &len, &s));	/* led to another port, too */
	assert_int_equal(addr_u32(&s.e.dest), INADDR_LOOPBACK);
	assert_int_equal(s.e.dest_port, PORT + 1);
	gateway = addr4(INADDR_LOOPBACK);
	assert_int_equal(flow_read(bytes, len, &gateway, 1, see, &s), 0);	/* whom it was for was not reached */
	assert_int_equal(addr_u32(&s.e.dest), LED);
	assert_int_equal(s.e.dest_port, PORT);
	gw_end(&g);
}

static void a_sweep_tells_what_has_expired(void **state)
{
	char bytes[FLOW_DATAGRAM_MAX];
	struct seen s = { 0 };
	struct gw g;
	uint16_t port;
	size_t len;

	(void)state;
	if (no_root())
		return;
	gw_make(&g);
	port = talk(&g, INADDR_LOOPBACK);
	assert_int_equal(conntrack_sweep(g.table), 0);
	assert_false(next_flow(&g, 100, bytes, &len, &s));	/* not yet: it goes on for a second */
	usleep(1200000);
	assert_int_equal(conntrack_sweep(g.table), 0);
	assert_true(next_flow(&g, 100, bytes, &len, &s));
	is_the_talk(&s.e, port);
	for (int i = 0; i < 3; i++)
		assert_int_equal(conntrack_sweep(g.table), 0);
	gw_end(&g);
}

/* Type and code as of IPv4; and one family's entries go without the other's. */
static void of_ipv6_as_well(void **state)
{
	char bytes[FLOW_DATAGRAM_MAX], text[ADDR_TEXT];
	struct seen s = { 0 };
	struct addr one;
	struct gw g;
	size_t len;
	int back;

	(void)state;
	if (no_root())
		return;
	gw_make(&g);
	talk(&g, INADDR_LOOPBACK);
	back = netns_enter(g.ns);
	assert_int_equal(system("ping -6 -q -c 1 ::1 >/dev/null"), 0);
	netns_leave(back);
	assert_int_equal(addr_parse("::1", &one), 0);
	assert_int_equal(conntrack_forget_address(g.ns, one), 0);
	assert_true(next_flow(&g, 1000, bytes, &len, &s));
	assert_string_equal(addr_text(&s.e.dest, text), "::1");
	assert_int_equal(s.e.proto, IPPROTO_ICMPV6);
	assert_int_equal(s.e.src_port, 128);
	assert_int_equal(s.e.dest_port, 0);
	assert_int_equal(s.e.packets[1], 1);
	assert_false(next_flow(&g, 100, bytes, &len, &s));
	assert_int_equal(conntrack_forget_address(g.ns, addr4(INADDR_LOOPBACK)), 0);
	assert_true(next_flow(&g, 1000, bytes, &len, &s));
	assert_int_equal(s.e.proto, IPPROTO_UDP);
	gw_end(&g);
}

/* Cut at every place, and every byte changed: nothing is read outside (the sanitizer sees), no endless loop. */
static void damaged_news_do_no_harm(void **state)
{
	static const uint8_t changes[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };
	char bytes[FLOW_DATAGRAM_MAX];
	struct seen s = { 0 };
	struct gw g;
	size_t len = 0;

	(void)state;
	if (no_root())
		return;
	gw_make(&g);
	talk(&g, INADDR_LOOPBACK);
	conntrack_flush(g.table);
	assert_true(next_flow(&g, 1000, bytes, &len, &s));
	for (size_t n = 0; n <= len; n++) {
		_free_ char *copy = malloc(n ? n : 1);

		memcpy(copy, bytes, n);
		flow_read(copy, n, &nobody, 1, see, &s);
	}
	for (size_t i = 0; i < len; i++)
		for (size_t k = 0; k < nitems(changes); k++) {
			_free_ char *copy = malloc(len);

			memcpy(copy, bytes, len);
			copy[i] = (char)changes[k];
			flow_read(copy, len, &nobody, 1, see, &s);
		}
	gw_end(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_flush_tells_what_was_open),
		cmocka_unit_test(who_answers_is_told),
		cmocka_unit_test(a_sweep_tells_what_has_expired),
		cmocka_unit_test(of_ipv6_as_well),
		cmocka_unit_test(damaged_news_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
