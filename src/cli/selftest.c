/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "selftest.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>

#include "base/addr.h"
#include "base/log.h"
#include "base/mem.h"
#include "control.h"
#include "net/gateway.h"
#include "policy/explain.h"
#include "policy/ruleset.h"
#include "selftest_watch.h"

enum { ANSWER_MS = 5000 };

/* --- what may come ---------------------------------------------------------------------------- */

static uint64_t used_of(const char *rules, const char *budget, uint32_t address)
{
	struct budget_used used[MAX_HONEYPOTS];
	size_t n = ruleset_budget(rules, budget, used, nitems(used));

	for (size_t i = 0; i < n; i++)
		if (used[i].address == address)
			return used[i].used ? used[i].used : 1;
	return 0;
}

bool selftest_used(void *rules, uint32_t address)
{
	static const char *const budgets[] = { "tcp", "udp", "icmp", "other", "bytes" };

	for (size_t i = 0; i < nitems(budgets); i++)
		if (used_of(rules, budgets[i], address))
			return true;
	return false;
}

static uint32_t outer_address(void)
{
	struct addr a;

	addr_parse(LAB_GATEWAY, &a);
	return addr_u32(&a);
}

static addr_number outer_address6(void)
{
	struct addr a;

	addr_parse(LAB_GATEWAY6, &a);
	return addr_to_number(&a);
}

/* Of what is tried at the gateway, what a rule accepts. */
static uint64_t open_ports(const struct standin *s)
{
	const struct honeynet *net = &s->next->net;
	const struct { addr_number from, to; } ways[] = {
		{ ADDR_4 | s->address, ADDR_4 | net->firewall_address }, { ADDR_4 | s->address, ADDR_4 | outer_address() },
		{ net->network6 | s->address, net->network6 | net->firewall_address }, { net->network6 | s->address, outer_address6() },
	};
	uint64_t n = 0;

	for (size_t i = 0; i < (net->prefix6 ? nitems(ways) : 2); i++)
		for (unsigned k = 0; attempt_port(k); k++)
			for (int udp = 0; udp < 2; udp++) {
				struct packet_about p = { .source = ways[i].from, .destination = ways[i].to, .port = attempt_port(k),
							  .proto = udp ? IPPROTO_UDP : IPPROTO_TCP, .icmp_type = -1 };
				struct explanation e;

				explain_from(net, &p);
				explain(net, &p, &e);
				n += e.accept;
			}
	return n;
}

static uint64_t left(const char *rules, const char *budget, uint32_t address, uint64_t limit)
{
	uint64_t used = used_of(rules, budget, address);

	return used < limit ? limit - used : 0;
}

void selftest_terms(const struct standin *s, const char *rules, struct terms *ret)
{
	const struct containment *c = &s->next->net.containment;

	*ret = (struct terms){
		.own = s->address, .gateway = { s->next->net.firewall_address, outer_address() },
		.network6 = s->next->net.prefix6 ? s->next->net.network6 : 0, .outer6 = outer_address6(),
		.limit = {
			[CHARGE_TCP] = left(rules, "tcp", s->address, c->tcp), [CHARGE_UDP] = left(rules, "udp", s->address, c->udp),
			[CHARGE_ICMP] = left(rules, "icmp", s->address, c->icmp),
			[CHARGE_OTHER] = left(rules, "other", s->address, c->other), [CHARGE_GATEWAY] = open_ports(s),
			[CHARGE_INSIDE] = c->isolation ? 0 : left(rules, "lateral", s->address, c->lateral),
		},
		.bytes = left(rules, "bytes", s->address, (uint64_t)c->bytes_mb << 20),
		.period_us = c->period_s * UINT64_C(1000000), .packets_per_s = c->packets_per_s, .resolvers = c->n_resolvers,
	};
}

/* --- watched ---------------------------------------------------------------------------------- */

static int open_console(int control, uint32_t place)
{
	_text_ struct text t = { 0 };
	int fd = -1, r;

	put_u16(&t, (uint16_t)place);
	r = control_ask(control, MSG_ATTACH, &t, ANSWER_MS, NULL, &fd);
	if (r != 1 || fd < 0)
		die("skep does not hand out the console: %s", strerror(r < 0 ? -r : EPIPE));
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

static int open_place(int control, enum net_place place)
{
	int fd = control_place(control, place);

	if (fd < 0)
		die("skep does not hand out the network of %s: %s", place == PLACE_LAB ? "the lab" : "the gateway", strerror(-fd));
	return fd;
}

int selftest_watch(const struct standin *s, int control, bool few, struct judge *j)
{
	_fd_ int lab = open_place(control, PLACE_LAB), gateway = open_place(control, PLACE_GATEWAY);
	_fd_ int console = open_console(control, s->place);

	return selftest_follow(&(struct field){ .lab = lab, .gateway = gateway, .console = console, .few = few,
						.own = s->address, .place = s->place, .taps = honeypots_there(&s->next->net) }, j);
}
