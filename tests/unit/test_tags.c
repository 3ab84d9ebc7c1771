/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames that say which session they are of: the program at the tap, and budgets of sessions, with frames really sent
 * (wired.h; needs root).
 */
#include "wired.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "capture/packet.h"
#include "config/config.h"
#include "model/gate.h"
#include "net/firewall.h"
#include "net/tags.h"
#include "policy/policy.h"
#include "policy/ruleset.h"
#include "skep/capture.h"

#define FILE_HEAD "name: tags\nnetwork: 10.10.10.0/24\nfirewall: { name: Firewall, address: 10.10.10.1 }\n" \
	"honeypots: [{ name: A, address: 10.10.10.80, mac: 52:54:00:0a:0a:50, image: apache }]\n" \
	"rules: [{ source: A, destination: any, action: accept }]\n"

enum { NO_TAG = -1, SYN = 2 };

static struct honeynet net;
static struct tags *tags;
static int owner = -1;

static int open_lab(void **state)
{
	int r = lab_open(state);

	if (r == 0 && lab.home && tags_open(&tags) == 0) {
		enter(lab.gw);
		r = tags_attach(tags, "tap0");
		enter(lab.home);
		/* Nothing outside answers: no flow is anything but new. */
		r = r < 0 ? r : nft(lab.wan, "table inet quiet {\nchain o {\ntype filter hook output priority 0; policy drop;\n"
				  "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept\n}\n}\n");
	}
	return r;
}

static int close_lab(void **state)
{
	tags = tags_close(tags);
	close(owner);
	return lab_close(state);
}

static bool no_tags(void)
{
	if (lab.home && !tags)
		skip();
	return no_lab() || !tags;
}

static void read_file(const char *containment)
{
	_free_ char *text = xasprintf(FILE_HEAD "%s", containment);
	_diag_ struct diag d = { 0 };

	assert_int_equal(config_read(text, strlen(text), &net, &d), 0);
}

/* up() - with the table of the role that holds the gate open: it leaves the other bits of the mark alone */
static void up(const char *containment, bool tagged)
{
	_text_ struct text t = { 0 };

	read_file(containment);
	net.containment.tagged = tagged;
	policy_compile(&net, &t);
	assert_int_equal(nft(lab.gw, text_str(&t)), 0);
	close(owner);
	gate(true, false);
	owner = owner_open(lab.gw);
	assert_true(owner >= 0);
	log_clear();
}

/* --- frames ------------------------------------------------------------------------------------- */

static uint16_t sum(const uint8_t *p, size_t n, uint32_t s)
{
	for (size_t i = 0; i < n; i += 2)
		s += (uint32_t)p[i] << 8 | p[i + 1];
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return (uint16_t)~s;
}

static void put16(uint8_t *at, uint32_t v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

/* An IPv4 packet from the honeypot to the outside; its length. */
static size_t ip_packet(uint8_t *p, uint8_t proto, uint16_t port)
{
	static const uint8_t head[] = { 0x45, 0, 0, 40, 0, 1, 0, 0, 64, 0, 0, 0, 10, 10, 10, 80, 198, 51, 100, 66 };
	uint8_t *body = p + sizeof(head);

	memset(p, 0, 40);
	memcpy(p, head, sizeof(head));
	p[9] = proto;
	put16(p + 10, sum(p, sizeof(head), 0));
	put16(body, port);
	put16(body + 2, 9);
	if (proto == IPPROTO_UDP)
		put16(body + 4, 20);
	if (proto == IPPROTO_TCP) {
		body[12] = 0x50;
		body[13] = SYN;
		put16(body + 16, sum(body, 20, IPPROTO_TCP + 20 + 0x0a0a + 0x0a50 + 0xc633 + 0x6442));
	}
	if (proto == IPPROTO_ICMP) {
		put16(body, 0x0800);
		put16(body + 2, 0);
		put16(body + 4, port);
		put16(body + 2, sum(body, 20, 0));
	}
	return 40;
}

/* Of IPv6, of a protocol without a sum */
static size_t ip6_packet(uint8_t *p, uint8_t proto, uint16_t port)
{
	static const uint8_t head[] = { 0x60, 0, 0, 0, 0, 20, 0, 64, 0x20, 1, 0x0d, 0xb8, 0, 0x10, 0, 0, 0, 0, 0, 0, 10, 10, 10, 80,
					0x20, 1, 0x0d, 0xb8, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x66 };

	memset(p, 0, 60);
	memcpy(p, head, sizeof(head));
	p[6] = proto;
	put16(p + 40, port);
	return 60;
}

static void bridge_address(uint8_t to[6])
{
	struct ifreq ifr = { .ifr_name = "br0" };
	_fd_ int fd = sock(lab.gw, SOCK_DGRAM, 0);

	assert_int_equal(ioctl(fd, SIOCGIFHWADDR, &ifr), 0);
	memcpy(to, ifr.ifr_hwaddr.sa_data, 6);
}

/* send_frame() - from the honeypot, with tags of these values, or none at all; the first one of type @outer */
static void send_frame(uint16_t type, uint8_t proto, uint16_t port, uint16_t outer, const int *tag, size_t n)
{
	static const uint8_t own[6] = { 0x52, 0x54, 0, 0x0a, 0x0a, 0x50 };
	struct sockaddr_ll to = { .sll_family = AF_PACKET };
	uint8_t frame[128];
	size_t len = 12;
	_fd_ int fd = -1;

	bridge_address(frame);
	memcpy(frame + 6, own, 6);
	for (size_t i = 0; i < n; i++, len += 4) {
		put16(frame + len, i ? ETH_P_8021Q : outer);
		put16(frame + len + 2, (uint32_t)tag[i]);
	}
	put16(frame + len, type);
	len += 2 + (type == ETH_P_IP ? ip_packet : ip6_packet)(frame + len + 2, proto, port);
	enter(lab.pot[0]);
	fd = socket(AF_PACKET, SOCK_RAW, 0);
	to.sll_ifindex = (int)if_nametoindex("eth0");
	enter(lab.home);
	assert_int_equal(sendto(fd, frame, len, 0, (struct sockaddr *)&to, sizeof(to)), (ssize_t)len);
}

static void send_tagged(uint8_t proto, uint16_t port, int tag)
{
	send_frame(ETH_P_IP, proto, port, ETH_P_8021Q, &tag, tag != NO_TAG);
}

static int listen_outside(void)
{
	int fd;

	enter(lab.wan);
	fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, htons(ETH_P_ALL));
	enter(lab.home);
	assert_true(fd >= 0);
	return fd;
}

/* arrived() - packets of the honeypot's with that protocol since the last call */
static unsigned arrived(int fd, uint8_t proto)
{
	static const uint8_t from[] = { 10, 10, 10, 80 };
	uint8_t p[256];
	unsigned n = 0;
	ssize_t len;

	usleep(50000);
	while ((len = recv(fd, p, sizeof(p), 0)) > 0)
		n += len >= 40 && p[0] >> 4 == 6 ? p[6] == proto && !memcmp(p + 20, from, 4) :
		     len >= 20 && p[9] == proto && !memcmp(p + 12, from, 4);
	return n;
}

/* pass() - of @n packets of a session, each a flow of its own, so many arrive outside */
static unsigned pass(int outside, uint8_t proto, int tag, unsigned n)
{
	static uint16_t port = 1000;

	arrived(outside, proto);
	for (unsigned i = 0; i < n; i++)
		send_tagged(proto, ++port, tag);
	return arrived(outside, proto);
}

static void list_rules(struct text *t)
{
	struct firewall *f;

	assert_int_equal(firewall_open(lab.gw, &f), 0);
	assert_int_equal(firewall_list(f, t), 0);
	firewall_close(f);
}

static uint64_t used(const char *budget)
{
	struct budget_used u[4];
	_text_ struct text t = { 0 };

	list_rules(&t);
	return ruleset_budget(text_str(&t), budget, u, nitems(u)) ? u[0].used : 0;
}

/* sessions_have() - two of them, with tags 1 and 4094, have used so much of UDP, which is all they may; nobody else has any */
static void sessions_have(uint64_t n)
{
	struct ruleset_session s[4];
	struct ruleset look;
	_text_ struct text t = { 0 };

	list_rules(&t);
	ruleset_look(text_str(&t), &look);
	assert_true(look.owned);	/* the owner's table is as it is known */
	assert_int_equal(ruleset_sessions(text_str(&t), "udp", POT1, s, nitems(s)), 0);
	assert_int_equal(ruleset_sessions(text_str(&t), "udp", POT, s, nitems(s)), 2);
	assert_int_equal(s[0].tag + s[1].tag, 1 + 4094);
	for (size_t i = 0; i < 2; i++)
		assert_true(s[i].used.used == n && s[i].used.limit == n && s[i].used.left_ms > 0);
}

struct marks {
	const char *reason;
	uint32_t tag;
	unsigned n;
};

static int count_mark(void *arg, struct event *e)
{
	struct marks *m = arg;

	m->n += span_is(e->reason, m->reason) && e->mark & GATE_TAGGED && (e->mark & GATE_TAG_MASK) >> GATE_TAG_SHIFT == m->tag;
	return 0;
}

/* said() - records with that reason about packets of a session's */
static unsigned said(const char *reason, uint32_t tag)
{
	struct marks m = { reason, tag, 0 };
	uint64_t strange = 0;

	logged("");
	assert_int_equal(packet_log_read(lab.said.at, lab.said.len, 0, count_mark, &m, &strange), 0);
	return m.n;
}

/* --- tests -------------------------------------------------------------------------------------- */

static void a_tag_is_its_connections(void **state)
{
	(void)state;
	assert_int_equal(SKEP_TAG(0ull), 0);
	assert_int_equal(SKEP_TAG(1ull), 1);
	assert_int_equal(SKEP_TAG(4094ull), 4094);
	assert_int_equal(SKEP_TAG(4095ull), 1);
	assert_int_equal(SKEP_TAG(UINT64_MAX), (UINT64_MAX - 1) % 4094 + 1);
}

static void only_what_is_given_is_limited(void **state)
{
	(void)state;
	read_file("containment: { session: { udp: 0, other: 7 } }\n");
	assert_int_equal(net.containment.session.set, BIT(BUDGET_UDP) | BIT(BUDGET_OTHER));
	assert_true(net.containment.session.limit[BUDGET_UDP] == 0 && net.containment.session.limit[BUDGET_OTHER] == 7);
	read_file("containment: { session: {} }\n");
	assert_int_equal(net.containment.session.set, 0);
}

static void each_session_has_its_own(void **state)
{
	_fd_ int outside = -1;

	(void)state;
	if (no_tags())
		return;
	up("containment: { udp: 20, session: { udp: 3 } }\n", true);
	outside = listen_outside();
	assert_int_equal(pass(outside, IPPROTO_UDP, 1, 8), 3);
	assert_int_equal(pass(outside, IPPROTO_UDP, 4094, 8), 3);
	assert_int_equal(used("udp"), 6);	/* what they were refused cost their honeypot nothing */
	sessions_have(3);
	assert_int_equal(said("budget session", 1), 5);
	assert_int_equal(said("budget session", 4094), 5);
	assert_int_equal(pass(outside, IPPROTO_UDP, 0, 20), 14);	/* nobody's: of its honeypot's only */
	assert_int_equal(pass(outside, IPPROTO_UDP, 2, 1), 0);		/* nothing is left for others either */
	assert_int_equal(said("budget udp", 2), 1);
	assert_int_equal(pass(outside, IPPROTO_ICMP, 1, 4), 4);		/* that is not given */
}

static void a_session_of_both_families_has_one(void **state)
{
	static const int tags_[] = { 1, 4094 };
	struct ruleset_session s[4];
	_text_ struct text t = { 0 };
	_fd_ int outside = -1;

	(void)state;
	if (no_tags())
		return;
	lab_six(true);
	up("network6: 2001:db8:10::/64\ncontainment: { other: 20, session: { other: 5 } }\n", true);
	outside = listen_outside();
	for (int i = 0; i < 2; i++) {
		arrived(outside, IPPROTO_ESP);
		for (int n = 0; n < 4; n++) {
			send_tagged(IPPROTO_ESP, 1, tags_[i]);
			send_frame(ETH_P_IPV6, IPPROTO_ESP, 1, ETH_P_8021Q, &tags_[i], 1);
		}
		assert_int_equal(arrived(outside, IPPROTO_ESP), 5);
	}
	assert_int_equal(used("other"), 10);
	list_rules(&t);
	assert_int_equal(ruleset_sessions(text_str(&t), "other", POT, s, nitems(s)), 2);
	assert_int_equal(s[0].tag + s[1].tag, 1 + 4094);
	assert_true(s[0].used.used == 5 && s[0].used.limit == 5 && s[1].used.used == 5);
	lab_six(false);
}

static void all_four_are_counted(void **state)
{
	static const struct { uint8_t proto; unsigned limit; } rows[] = {
		{ IPPROTO_TCP, 2 }, { IPPROTO_UDP, 0 }, { IPPROTO_ICMP, 3 }, { IPPROTO_ESP, 1 },
	};
	_fd_ int outside = -1;

	(void)state;
	if (no_tags())
		return;
	up("containment: { session: { tcp: 2, udp: 0, icmp: 3, other: 1 } }\n", true);
	outside = listen_outside();
	for (size_t i = 0; i < nitems(rows); i++)
		for (int tag = 7; tag < 9; tag++)
			assert_int_equal(pass(outside, rows[i].proto, tag, 6), rows[i].limit);
	for (int i = 0; i < 3; i++)	/* the same SYN again is the same connection */
		send_tagged(IPPROTO_TCP, 999, 9);
	assert_int_equal(arrived(outside, IPPROTO_TCP), 3);
	assert_int_equal(pass(outside, IPPROTO_TCP, 9, 6), 1);
}

static void what_does_not_say_whose_it_is_does_not_pass(void **state)
{
	static const int twice[] = { 3, 4 }, once[] = { 3 };
	_fd_ int outside = -1;

	(void)state;
	if (no_tags())
		return;
	up("containment: { session: { udp: 100 } }\n", true);
	outside = listen_outside();
	send_tagged(IPPROTO_UDP, 1, NO_TAG);
	assert_int_equal(logged("skep:drop:spoof tag "), 1);
	send_frame(ETH_P_IP, IPPROTO_UDP, 1, ETH_P_8021AD, once, 1);
	assert_int_equal(logged("skep:drop:spoof tag "), 2);
	send_frame(ETH_P_IP, IPPROTO_UDP, 1, ETH_P_8021Q, twice, 2);
	assert_int_equal(logged("skep:drop:not-ip "), 1);
	assert_int_equal(arrived(outside, IPPROTO_UDP), 0);
	assert_int_equal(pass(outside, IPPROTO_UDP, 3, 1), 1);
}

static void without_tags_nothing_is_different(void **state)
{
	_text_ struct text t = { 0 };

	(void)state;
	if (no_tags())
		return;
	up("containment: { session: { udp: 1 } }\n", false);
	policy_compile(&net, &t);
	assert_null(strstr(text_str(&t), POLICY_BUDGET_SET POLICY_SESSION));
	assert_null(strstr(text_str(&t), "skep:drop:spoof tag"));
	run(lab.gw, "tc filter del dev tap0 ingress");
	send_tagged(IPPROTO_UDP, 1, 5);
	assert_int_equal(logged("skep:drop:not-ip "), 1);
	enter(lab.gw);
	assert_int_equal(tags_attach(tags, "tap0"), 0);
	enter(lab.home);
}

static void another_limit_begins_with_the_next_session(void **state)
{
	static struct honeynet was;
	_text_ struct text t = { 0 };
	_fd_ int outside = -1;

	(void)state;
	if (no_tags())
		return;
	up("containment: { session: { udp: 2 } }\n", true);
	outside = listen_outside();
	assert_int_equal(pass(outside, IPPROTO_UDP, 1, 5), 2);
	was = net;
	read_file("containment: { session: { udp: 4 } }\n");
	net.containment.tagged = true;
	policy_replace(&was, &net, &t);
	assert_int_equal(nft(lab.gw, text_str(&t)), 0);
	assert_int_equal(pass(outside, IPPROTO_UDP, 1, 5), 0);		/* its period goes on */
	assert_int_equal(pass(outside, IPPROTO_UDP, 2, 5), 4);
	assert_int_equal(used("udp"), 6);
}

static void a_machine_can_or_cannot(void **state)
{
	(void)state;
	if (no_tags())
		return;
	assert_int_equal(tags_try(), 0);
	assert_true(tags_attach(tags, "nosuch0") < 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tag_is_its_connections), cmocka_unit_test(only_what_is_given_is_limited),
		cmocka_unit_test(each_session_has_its_own), cmocka_unit_test(a_session_of_both_families_has_one),
		cmocka_unit_test(all_four_are_counted),
		cmocka_unit_test(what_does_not_say_whose_it_is_does_not_pass),
		cmocka_unit_test(without_tags_nothing_is_different), cmocka_unit_test(another_limit_begins_with_the_next_session),
		cmocka_unit_test(a_machine_can_or_cannot),
	};

	return cmocka_run_group_tests(tests, open_lab, close_lab);
}
