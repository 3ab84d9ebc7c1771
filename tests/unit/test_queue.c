/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What honeypots open to the outside waits for a program's word, and without it does not leave; all else goes on. */
#include "wired.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "config/config.h"
#include "net/firewall.h"
#include "net/nfnl.h"
#include "net/queue.h"
#include "net/rules_sum.h"
#include "policy/policy.h"
#include "policy/ruleset.h"

enum { OUT_PORT = 9000, IN_PORT = 9001 };

static int wan = -1, pot = -1;		/* UDP, bound */

/* Of both families: to these sockets IPv4 is IPv6 with addresses that stand for it. */
static int bound(int ns, uint16_t port)
{
	int fd = sock6(ns, SOCK_DGRAM, 0);
	struct sockaddr_in6 a = sa6(0, port);

	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

static int setup(void **state)
{
	static struct honeynet net;
	_text_ struct text rules = { 0 };
	_diag_ struct diag d = { 0 };

	if (lab_open(state) < 0 || !lab.home)
		return lab.home ? -1 : 0;
	if (config_load("etc/honeynet.yaml", &net, &d) < 0)
		return -1;
	net.containment.udp = MAX_BUDGET;
	net.network6 = NET6;
	net.prefix6 = 64;
	lab_six(true);
	policy_compile(&net, &rules);
	if (nft(lab.gw, text_str(&rules)))
		return -1;
	gate(true, true);
	wan = bound(lab.wan, OUT_PORT);
	pot = bound(lab.pot[0], IN_PORT);
	return 0;
}

static const struct family {
	addr_number pot, wan;
} families[] = { { ADDR_4 | POT, ADDR_4 | WAN }, { POT6, WAN6 } };

static void send_to(int fd, addr_number to, uint16_t port)
{
	struct sockaddr_in6 a = sa6(to, port);

	assert_int_equal(sendto(fd, "hello", 5, 0, (struct sockaddr *)&a, sizeof(a)), 5);
}

static bool arrives(int fd, struct sockaddr_in6 *ret_from)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	socklen_t len = sizeof(*ret_from);
	char buf[64];

	return poll(&p, 1, 300) == 1 && recvfrom(fd, buf, sizeof(buf), 0, (struct sockaddr *)ret_from, &len) == 5;
}

/* goes_out() - something that the honeypot begins reaches the outside */
static bool goes_out(const struct family *f)
{
	_fd_ int fd = sock6(lab.pot[0], SOCK_DGRAM, 0);
	struct sockaddr_in6 from, own = sa6(f->pot, 0);

	send_to(fd, f->wan, OUT_PORT);
	return arrives(wan, &from) && !memcmp(&from.sin6_addr, &own.sin6_addr, sizeof(own.sin6_addr));
}

/* comes_in() - something from outside reaches the honeypot, and its answer comes back */
static bool comes_in(const struct family *f)
{
	_fd_ int fd = sock6(lab.wan, SOCK_DGRAM, 0);
	struct sockaddr_in6 from;

	send_to(fd, f->pot, IN_PORT);
	if (!arrives(pot, &from))
		return false;
	send_to(pot, f->wan, ntohs(from.sin6_port));
	return arrives(fd, &from);
}

/* --- a program that reads the queue ----------------------------------------------------------- */

static struct nlmsghdr *message(char *buf, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct nfgenmsg *g;

	h->nlmsg_type = (uint16_t)(NFNL_SUBSYS_QUEUE << 8 | type);
	h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	h->nlmsg_seq = 1;
	g = mnl_nlmsg_put_extra_header(h, sizeof(*g));
	*g = (struct nfgenmsg){ .nfgen_family = AF_UNSPEC, .version = NFNETLINK_V0, .res_id = htons(QUEUE_NUMBER) };
	return h;
}

static int reader(void)
{
	struct nfqnl_msg_config_cmd bind_it = { .command = NFQNL_CFG_CMD_BIND };
	struct nfqnl_msg_config_params meta = { .copy_range = 0, .copy_mode = NFQNL_COPY_META };
	int fd = nfnl_socket(lab.gw);
	char buf[256];
	struct nlmsghdr *h = message(buf, NFQNL_MSG_CONFIG, NLM_F_ACK);

	assert_true(fd >= 0);
	mnl_attr_put(h, NFQA_CFG_CMD, sizeof(bind_it), &bind_it);
	mnl_attr_put(h, NFQA_CFG_PARAMS, sizeof(meta), &meta);
	assert_int_equal(nfnl_talk(fd, buf, h->nlmsg_len, 1), 0);
	return fd;
}

/* decide() - about the next packet; false: none comes */
static bool decide(int fd, uint32_t verdict)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct nfqnl_msg_verdict_hdr v = { .verdict = htonl(verdict) };
	char in[8192], out[256];
	struct nlmsghdr *h = message(out, NFQNL_MSG_VERDICT, 0);
	const struct nlattr *a;

	if (poll(&p, 1, 300) != 1)
		return false;
	assert_true(recv(fd, in, sizeof(in), 0) > 0);
	mnl_attr_for_each(a, (struct nlmsghdr *)in, sizeof(struct nfgenmsg))
		if (mnl_attr_get_type(a) == NFQA_PACKET_HDR)
			v.id = ((struct nfqnl_msg_packet_hdr *)mnl_attr_get_payload(a))->packet_id;
	assert_int_not_equal(v.id, 0);
	mnl_attr_put(h, NFQA_VERDICT_HDR, sizeof(v), &v);
	assert_int_equal(send(fd, out, h->nlmsg_len, 0), h->nlmsg_len);
	return true;
}

/* --- tests ------------------------------------------------------------------------------------ */

static bool queues(void)
{
	int r = queue_load(lab.gw, true);

	if (r == -ENOENT) {
		skip();
		return false;
	}
	assert_int_equal(r, 0);
	return true;
}

static void without_a_reader_nothing_goes_out(void **state)
{
	(void)state;
	if (no_lab() || !queues())
		return;
	assert_int_equal(queue_load(lab.gw, true), 0);	/* replaces itself */
	for (size_t i = 0; i < nitems(families); i++) {
		assert_false(goes_out(&families[i]));
		assert_true(comes_in(&families[i]));
	}
	assert_int_equal(queue_unload(lab.gw, true), 0);
	assert_int_equal(queue_unload(lab.gw, true), 0);	/* twice is no error */
	for (size_t i = 0; i < nitems(families); i++)
		assert_true(goes_out(&families[i]));
}

static void decides_both_ways(const struct family *f)
{
	_fd_ int fd = reader(), out = sock6(lab.pot[0], SOCK_DGRAM, 0);
	struct sockaddr_in6 from, back;

	send_to(out, f->wan, OUT_PORT);
	assert_true(decide(fd, NF_DROP));
	assert_false(arrives(wan, &from));
	send_to(out, f->wan, OUT_PORT);
	assert_true(decide(fd, NF_ACCEPT));
	assert_true(arrives(wan, &from));
	send_to(wan, f->pot, ntohs(from.sin6_port));	/* the answer to it */
	assert_true(decide(fd, NF_ACCEPT));
	assert_true(arrives(out, &back));
	assert_true(comes_in(f));			/* nobody is asked */
	assert_false(decide(fd, NF_ACCEPT));
	close_fd(&fd);					/* it dies */
	assert_false(goes_out(f));
	assert_true(comes_in(f));
}

static void a_reader_decides_both_ways_of_it(void **state)
{
	(void)state;
	if (no_lab() || !queues())
		return;
	for (size_t i = 0; i < nitems(families); i++)
		decides_both_ways(&families[i]);
	assert_int_equal(queue_unload(lab.gw, true), 0);
}

/* used_up() - what the honeypot has of its TCP connections */
static uint64_t used_up(struct firewall *wall)
{
	struct budget_used used[8];
	_text_ struct text t = { 0 };
	size_t n;

	assert_int_equal(firewall_list(wall, &t), 0);
	n = ruleset_budget(text_str(&t), "tcp", used, nitems(used));
	for (size_t i = 0; i < n; i++)
		if (used[i].address == POT)
			return used[i].used;
	return 0;
}

/* knock() - a connection from port 40000 to where nobody listens; whether that was said within @wait_ms */
static bool knock(int wait_ms)
{
	_fd_ int fd = sock(lab.pot[0], SOCK_STREAM, 0);
	struct sockaddr_in from = sa(0, 40000), to = sa(WAN, OUT_PORT);
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int)), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&from, sizeof(from)), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), -1);
	return poll(&p, 1, wait_ms) == 1 && p.revents & POLLERR;
}

static void a_syn_that_waits_is_counted_once(void **state)
{
	struct firewall *wall;
	uint64_t before;

	(void)state;
	if (no_lab() || !queues())
		return;
	assert_int_equal(firewall_open(lab.gw, &wall), 0);
	before = used_up(wall);
	assert_false(knock(1500));	/* its SYN comes again after a second, and the first has left no trace */
	assert_int_equal(used_up(wall), before + 1);
	assert_int_equal(queue_unload(lab.gw, true), 0);
	assert_true(knock(1000));	/* still the same, for all that is known */
	assert_int_equal(used_up(wall), before + 1);
	assert_true(knock(1000));	/* that one was answered: this is another */
	assert_int_equal(used_up(wall), before + 2);
	firewall_close(wall);
}

static void whoever_touches_it_is_noticed(void **state)
{
	static const char *const deeds[] = {
		"flush table ip skep_queue", "insert rule ip skep_queue forward accept", "delete table ip skep_queue",
		"flush table ip6 skep_queue", "delete table ip6 skep_queue",
	};
	_fd_ int sums = -1;
	uint64_t before, after;

	(void)state;
	if (no_lab() || !queues())
		return;
	sums = rules_sum_open(lab.gw);
	for (size_t i = 0; i < nitems(deeds); i++) {
		assert_int_equal(queue_load(lab.gw, true), 0);
		assert_int_equal(rules_sum(sums, &before), 0);
		assert_int_equal(nft(lab.gw, deeds[i]), 0);
		assert_int_equal(rules_sum(sums, &after), 0);
		if (before == after)
			fail_msg("%s", deeds[i]);
	}
	assert_int_equal(queue_unload(lab.gw, true), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_reader_nothing_goes_out),
		cmocka_unit_test(a_reader_decides_both_ways_of_it),
		cmocka_unit_test(a_syn_that_waits_is_counted_once),
		cmocka_unit_test(whoever_touches_it_is_noticed),
	};

	return cmocka_run_group_tests(tests, setup, lab_close);
}
