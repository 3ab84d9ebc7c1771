/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Budgets that outlive what counts them: the file they are kept in, and with real packets (wired.h; needs root) that no
 * restart gives a honeypot more than its budget.
 */
#include "charged.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/netfilter_ipv4.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "folder.h"
#include "model/gate.h"
#include "net/watch.h"
#include "policy/destinations.h"
#include "policy/policy.h"

#define T(f) cmocka_unit_test_setup_teardown(f, fresh_state, remove_dir)
#define BOOT "1b4e28ba-2fa1-11d2-883f-0016d3cca427"
#define OTHER_BOOT "c0ffee00-2fa1-11d2-883f-0016d3cca427"

enum { HOUR_MS = 3600 * 1000, MARGIN_MS = 60 * 1000 };

static int fresh_state(void **state)
{
	int r = fresh_dir(state);

	str_copy(plan.state, dir, sizeof(plan.state));
	return r;
}

/* --- pure --- */

static void the_file_says_what_it_was_told(void **state)
{
	static struct kept k = { .closed = true, .at = { BOOT, 12345, 1795435200000 }, .period_s = 3600, .n = 2,
				 .use = { { BUDGET_TCP, { POT, 3, 20, 3598000 } },
					  { BUDGET_BYTES, { POT1, 100 << 20, 100 << 20, 1 } } },
				 .n_reached = 2, .reached = { { POT, ADDR_4 | WAN, 5 }, { POT1, WAN6, 6 } } };
	static struct kept back;
	_text_ struct text t = { 0 }, again = { 0 }, later = { 0 };

	(void)state;
	kept_put(&k, &t);
	assert_string_equal(text_str(&t), "skep budgets 1\nclosed\nboot " BOOT "\nuptime 00000000000000012345\n"
			    "utc 00000001795435200000\nperiod 0000003600\ntcp 10.10.10.80 used 3 of 20 for 3598000\n"
			    "bytes 10.10.10.53 used 104857600 of 104857600 for 1\n"
			    "reached 198.51.100.66 by 10.10.10.80 for 5\nreached 2001:db8:ffff::66 by 10.10.10.53 for 6\nend\n");
	assert_int_equal(kept_read(text_str(&t), &back), 0);
	kept_put(&back, &again);
	assert_string_equal(text_str(&again), text_str(&t));
	for (size_t cut = t.len; cut--;) {	/* however much of it is there, it is known that it is not all */
		t.at[cut] = '\0';
		assert_int_equal(kept_read(t.at, &back), -EINVAL);
	}
	k.closed = false;
	k.at.boot[0] = '\0';
	text_clear(&t);
	kept_put(&k, &t);
	k.at = (struct kept_time){ BOOT, UINT64_MAX, UINT64_MAX };
	kept_put(&k, &later);
	assert_int_equal(t.len, later.len);		/* it is written over itself */
	assert_int_equal(kept_read(text_str(&later), &back), 0);
	assert_true(!back.closed && !back.n && back.at.utc_ms == UINT64_MAX);
	assert_true(kept_ran(&k, POT) && kept_ran(&k, POT1) && !kept_ran(&k, POT));
	text_clear(&t);
	kept_put(&k, &t);
	assert_int_equal(kept_read(text_str(&t), &back), 0);
	assert_true(back.n_ran == 2 && back.ran[0] == POT && back.ran[1] == POT1);
	for (uint32_t i = 0; i < KEPT_RAN; i++)
		kept_ran(&k, WAN + i);
	assert_true(k.n_ran == KEPT_RAN && k.ran[0] == WAN && kept_ran(&k, POT));
}

static void nonsense_is_not_read(void **state)
{
	static const char head[] = "skep budgets 1\nclosed\nboot -\nuptime 1\nutc 1\nperiod 1\n";
	static const char *const lines[] = {
		"tcp 10.10.10.80 used 3 of 20\n", "sctp 10.10.10.80 used 3 of 20 for 1\n", "tcp fe80::1 used 3 of 20 for 1\n",
		"tcp 10.10.10.800 used 3 of 20 for 1\n", "end", "tcp 10.10.10.80 used three of 20 for 1\n",
		"reached 198.51.100.66 by 10.10.10.80\n", "reached nobody by 10.10.10.80 for 1\n",
		"ran 10.10.10.80 or so\n", "ran fe80::1\n", "ran 10.10.10.80\nran 10.10.10.80\n",
		"tcp 10.10.10.80 used 3 of 20 for 604800001\n", "reached 198.51.100.66 by 10.10.10.80 for 604800001\n",
	};
	static struct kept k;

	(void)state;
	for (size_t i = 0; i < nitems(lines); i++) {
		_free_ char *bad = xasprintf("%s%send\n", head, lines[i]), *good = xasprintf("%send\n", head);

		assert_int_equal(kept_read(good, &k), 0);
		if (kept_read(bad, &k) != -EINVAL)
			fail_msg("row %zu", i);
	}
	assert_int_equal(kept_read("skep budgets 2\n", &k), -EINVAL);
	assert_int_equal(kept_read("skep budgets 1\najar\nboot -\nuptime 1\nutc 1\nperiod 1\nend\n", &k), -EINVAL);
}

/* A budget was used with half an hour to go. What is left of that when the honeynet comes up again? */
static void time_goes_on_without_it(void **state)
{
	static const struct { const char *what; struct kept_time now; uint64_t passed_ms; } rows[] = {
		{ "at once", { BOOT, 1000000, 9000000000 }, 0 },
		{ "ten minutes later", { BOOT, 1600000, 9000600000 }, 600000 },
		{ "somebody moved the clock on", { BOOT, 1600000, 9990000000 }, 600000 },
		{ "or back", { BOOT, 1600000, 1000 }, 600000 },
		{ "after a reboot", { OTHER_BOOT, 30000, 9000600000 }, 600000 },
		{ "after a reboot with the clock back", { OTHER_BOOT, 30000, 1000 }, 30000 },
		{ "it is not known which boot", { "", 30000, 9000600000 }, 600000 },
		{ "its time is over", { BOOT, 1000000 + HOUR_MS / 2, 9000000000 }, HOUR_MS / 2 },
		{ "since long", { OTHER_BOOT, 30000, 99000600000 }, HOUR_MS / 2 },
	};
	static struct kept now, k = { .closed = true, .at = { BOOT, 1000000, 9000000000 }, .period_s = 3600, .n = 1,
				 .use = { { BUDGET_TCP, { POT, 3, 20, HOUR_MS / 2 } } } };
	static struct honeynet n = { .n_honeypots = 2, .honeypot = { { .address = POT }, { .address = POT1, .gone = true } },
				     .containment = { .tcp = 20, .bytes_mb = 1 } };
	(void)state;
	for (size_t i = 0; i < nitems(rows); i++) {
		uint64_t left = HOUR_MS / 2 - rows[i].passed_ms;

		k.closed = true;
		kept_now(&k, &rows[i].now, &n, &now);
		if (now.n != (left > 0) || (left && now.use[0].used.left_ms != left))
			fail_msg("%s: %u, %" PRIu64, rows[i].what, now.n, now.use[0].used.left_ms);
		assert_true(!left || (now.use[0].used.used == 3 && now.use[0].used.limit == 20));
		/* Had it not ended in order: a period may have begun in its last moment. */
		k.closed = false;
		kept_now(&k, &rows[i].now, &n, &now);
		if (i == nitems(rows) - 1) {
			assert_int_equal(now.n, 0);
			continue;
		}
		assert_int_equal(now.n, BUDGET_LATERAL);	/* of the one that is there, and of what leaves */
		for (uint32_t b = 0; b < BUDGET_LATERAL; b++) {
			assert_int_equal(now.use[b].used.left_ms, HOUR_MS + MARGIN_MS - rows[i].passed_ms);
			assert_int_equal(now.use[b].used.used, budget_amount(&n.containment, 0, b));
			assert_int_equal(now.use[b].used.limit, budget_amount(&n.containment, 0, b));
		}
	}
}

/* Who may have fewer from now on keeps those that count longest. */
static void no_more_destinations_than_there_may_be(void **state)
{
	static struct kept now, k = { .closed = true, .at = { BOOT, 1000, 1000 }, .n_reached = 8,
				 .reached = { { POT, ADDR_4 | WAN, 100 }, { POT1, ADDR_4 | WAN, 900 }, { POT, ADDR_4 | (WAN + 1), 5000 },
					      { POT, ADDR_4 | (WAN + 2), 9000 }, { POT, WAN6, 9000 }, { POT, WAN6 + 1, 3000 },
					      { POT, WAN6 + 2, 8000 }, { POT, ADDR_4 | (WAN + 3), 7000 } } };
	static struct honeynet n = { .n_honeypots = 1, .honeypot = { { .address = POT } }, .containment = { .destinations = 2 },
				     .network6 = NET6, .prefix6 = 64 };

	(void)state;
	kept_now(&k, &(struct kept_time){ BOOT, 2000, 2000 }, &n, &now);
	assert_int_equal(now.n_reached, 4);		/* of each family */
	assert_true(now.reached[0].destination == (ADDR_4 | (WAN + 2)) && now.reached[0].left_ms == 8000);
	assert_true(now.reached[1].destination == (ADDR_4 | (WAN + 3)) && now.reached[1].left_ms == 6000);
	assert_true(now.reached[2].destination == WAN6 && now.reached[3].destination == WAN6 + 2);
	n.prefix6 = 0;		/* if it has none any more, nothing of it is there to be filled */
	kept_now(&k, &(struct kept_time){ BOOT, 2000, 2000 }, &n, &now);
	assert_int_equal(now.n_reached, 2);
}

/* --- traffic --- */

static int udp_server_in(int ns, uint16_t port)
{
	int fd = sock(ns, SOCK_DGRAM, 0), room = 4 << 20;
	struct sockaddr_in a = sa(0, port);

	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

static int udp_server(uint16_t port)
{
	return udp_server_in(lab.wan, port);
}

/* sends() - datagrams of @len bytes, each from a port of its own; how many reached @server */
static unsigned sends(int pot, int server, uint16_t port, size_t len, unsigned times)
{
	static char what[1400];
	struct sockaddr_in a = sa(WAN, port);
	unsigned got = 0;

	for (unsigned i = 0; i < times; i++) {
		_fd_ int fd = sock(lab.pot[pot], SOCK_DGRAM, 0);

		(void)!sendto(fd, what, len, 0, (struct sockaddr *)&a, sizeof(a));
		usleep(times > 20 ? 4500 : 0);		/* no flood */
	}
	usleep(100000);
	while (recv(server, what, sizeof(what), 0) >= 0)
		got++;
	return got;
}

/* call_to() - a TCP connection within 200 ms, or -1 */
static int call_to(int pot, uint32_t to, uint16_t port)
{
	struct sockaddr_in a = sa(to, port);
	_fd_ int fd = sock(lab.pot[pot], SOCK_STREAM, 0);
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	int err = 0;
	socklen_t n = sizeof(err);

	connect(fd, (struct sockaddr *)&a, sizeof(a));
	if (poll(&p, 1, 200) != 1 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &n) || err)
		return -1;
	return steal_fd(&fd);
}

static int call(int pot, uint16_t port)
{
	return call_to(pot, WAN, port);
}

/* calls_to() - connections that came about */
static unsigned calls_to(int pot, uint32_t to, uint16_t port, unsigned times)
{
	unsigned got = 0;

	for (unsigned i = 0; i < times; i++) {
		_fd_ int fd = call_to(pot, to, port);

		got += fd >= 0;
	}
	return got;
}

static unsigned calls(int pot, uint16_t port, unsigned times)
{
	return calls_to(pot, WAN, port, times);
}

static int tcp_server_in(int ns, uint16_t port)
{
	int fd = sock(ns, SOCK_STREAM, 0), one = 1;
	struct sockaddr_in a = sa(0, port);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, 64), 0);
	return fd;
}

static int tcp_server(uint16_t port)
{
	return tcp_server_in(lab.wan, port);
}

static void no_restart_gives_more(void **state)
{
	const struct containment c = { .tcp = 5, .udp = 7 };
	_fd_ int udp = -1, tcp = -1;

	(void)state;
	if (no_lab())
		return;
	udp = udp_server(9000);
	tcp = tcp_server(9000);
	up(c, false);
	assert_int_equal(calls(0, 9000, 2), 2);
	assert_int_equal(sends(1, udp, 9000, 10, 6), 6);
	down();
	up(c, false);
	assert_int_equal(used_of("tcp", POT).used, 2);
	assert_int_equal(used_of("tcp", POT).limit, 5);
	assert_in_range(used_of("tcp", POT).left_ms, 3500000, 3599999);
	assert_int_equal(calls(0, 9000, 5), 3);
	assert_int_equal(used_of("tcp", POT).used, 5);
	assert_int_equal(sends(1, udp, 9000, 10, 5), 1);
	budgets_beat(&budgets);
	down();
	for (int again = 0; again < 2; again++) {
		up(c, false);
		assert_int_equal(used_of("udp", POT1).used, 7);
		assert_int_equal(used_of("udp", POT1).limit, 7);
		assert_int_equal(calls(0, 9000, 2) + sends(1, udp, 9000, 10, 3), 0);
		assert_true(logged("skep:drop:budget tcp ") >= 2);
		assert_int_equal(logged("skep:drop:budget udp "), 3);
		down();
	}
	up(c, false);
	assert_int_equal(calls(1, 9000, 6), 5);		/* what nobody used is whole */
	down();
}

static void bytes_are_kept_to_the_last(void **state)
{
	const struct containment c = { .udp = 10000, .bytes_mb = 1 };
	_fd_ int udp = -1;
	unsigned got;

	(void)state;
	if (no_lab())
		return;
	udp = udp_server(9000);
	up(c, false);
	got = sends(0, udp, 9000, 972, 200);		/* 1000 bytes each, as IP counts */
	assert_int_equal(got, 200);
	down();
	up(c, false);
	assert_int_equal(used_of("bytes", POT).used, 200000);
	assert_int_equal(used_of("bytes", POT).limit, 1 << 20);
	for (int i = 0; i < 5; i++)
		got += sends(0, udp, 9000, 972, 200);
	assert_int_equal(got, 1048);			/* of 1 MiB no 1049 */
	down();
	up(c, false);
	assert_int_equal(sends(0, udp, 9000, 972, 3), 0);
	down();
}

/* The period is that which began before, and when it is over all is whole again. */
/* sends_to() - a datagram to each of the first @n addresses outside; how many reached @server, which has them all */
static unsigned sends_to(int pot, int server, unsigned n)
{
	unsigned got = 0;
	char what[8];

	for (unsigned i = 0; i < n; i++) {
		struct sockaddr_in a = sa(WAN + i, 9000);
		_fd_ int fd = sock(lab.pot[pot], SOCK_DGRAM, 0);

		(void)!sendto(fd, what, sizeof(what), 0, (struct sockaddr *)&a, sizeof(a));
	}
	usleep(100000);
	while (recv(server, what, sizeof(what), 0) >= 0)
		got++;
	return got;
}

static size_t reached(uint32_t address)
{
	struct ruleset_reached at[8];
	_text_ struct text t = { 0 };
	char set[DESTINATIONS_NAME];

	assert_int_equal(firewall_list(wall, &t), 0);
	return ruleset_reached(text_str(&t), destinations_set(FAMILY_4, address, set), at, nitems(at));
}

static void distinct_destinations_are_so_many(void **state)
{
	const struct containment c = { .period_s = 5, .udp = 100, .tcp = 100, .destinations = 3 };
	_fd_ int udp = -1, open = -1;
	uint64_t begin;

	(void)state;
	if (no_lab())
		return;
	udp = udp_server(9000);
	up(c, false);
	assert_int_equal(sends_to(0, udp, 5), 3);
	assert_int_equal(sends_to(0, udp, 5), 3);		/* the same ones, as often as they like */
	assert_int_equal(logged("skep:drop:budget destinations "), 4);
	assert_int_equal(sends_to(1, udp, 2), 2);
	assert_int_equal(reached(POT), 3);
	assert_int_equal(reached(POT1), 2);
	assert_int_equal(used_of("udp", POT).used, 10);		/* who gets nowhere has tried */
	down();
	up(c, false);
	begin = mono_us();
	assert_int_equal(reached(POT), 3);
	assert_int_equal(sends_to(0, udp, 5), 3);
	assert_true(mono_us() - begin < 4800000);	/* all of it in one period */
	down();
	up(c, false);
	usleep(6100000);	/* the kernel clears away once a second what is over */
	assert_int_equal(reached(POT), 0);
	assert_int_equal(sends_to(0, udp, 1), 1);
	/* A connection that goes on is somewhere all the time. */
	open = sock(lab.pot[0], SOCK_DGRAM, 0);
	for (int i = 0; i < 62; i++) {
		struct sockaddr_in a = sa(WAN, 9000);

		(void)!sendto(open, "x", 1, 0, (struct sockaddr *)&a, sizeof(a));
		usleep(100000);
	}
	assert_int_equal(reached(POT), 1);
	down();
}

static void connections_at_once_are_so_many(void **state)
{
	_fd_ int server = -1;
	int held[3];

	(void)state;
	if (no_lab())
		return;
	server = tcp_server(9000);
	up((struct containment){ .tcp = 100, .connections = 3 }, false);
	for (int i = 0; i < 3; i++)
		held[i] = call(0, 9000);
	assert_true(held[0] >= 0 && held[1] >= 0 && held[2] >= 0);
	assert_int_equal(calls(0, 9000, 2), 0);
	assert_true(logged("skep:drop:budget connections ") >= 2);
	assert_int_equal(used_of("tcp", POT).used, 3);
	assert_int_equal(calls(1, 9000, 1), 1);
	close(held[0]);
	for (int fd; (fd = accept4(server, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;)
		close(fd);		/* the other side ends it too: it is closed for the kernel */
	usleep(100000);
	assert_int_equal(calls(0, 9000, 1), 1);
	close(held[1]);
	close(held[2]);
	down();
}

static void bandwidth_is_cut(void **state)
{
	_fd_ int udp = -1;
	uint64_t begin, most;
	unsigned got;

	(void)state;
	if (no_lab())
		return;
	udp = udp_server(9000);
	up((struct containment){ .udp = 10000, .bandwidth_kb = 32 }, false);
	begin = mono_us();
	got = sends(0, udp, 9000, 996, 300);		/* 1024 bytes each */
	most = 32 + 64 + 32 * (mono_us() - begin) / 1000000;
	print_message("# 32 KiB/s: %u KiB of 300 arrived, %" PRIu64 " might have\n", got, most);
	assert_in_range(got, 96, most + 1);
	assert_in_range(logged("skep:drop:budget bandwidth "), 1, 12);
	down();
}

static void a_period_ends_when_it_would_have(void **state)
{
	const struct containment c = { .period_s = 5, .tcp = 3 };
	_fd_ int tcp = -1;
	uint64_t begin;

	(void)state;
	if (no_lab())
		return;
	tcp = tcp_server(9000);
	up(c, false);
	begin = mono_us();
	assert_int_equal(calls(0, 9000, 2), 2);
	down();
	up(c, false);
	assert_int_equal(calls(0, 9000, 2), 1);
	assert_true(mono_us() - begin < 4900000);	/* all of it in one period */
	down();
	up(c, false);
	usleep(5100000);
	assert_int_equal(calls(0, 9000, 4), 3);
	down();
	usleep(5100000);
	up(c, false);		/* it ended while nothing ran */
	assert_int_equal(used_of("tcp", POT).left_ms, 0);
	assert_int_equal(calls(0, 9000, 4), 3);
	down();
}

static void who_ends_without_a_word_has_used_all(void **state)
{
	const struct containment c = { .tcp = 5, .udp = 5 };
	_free_ char *path = xasprintf("%s/budgets", dir);
	_fd_ int tcp = -1;

	(void)state;
	if (no_lab())
		return;
	tcp = tcp_server(9000);
	up(c, false);
	assert_int_equal(calls(0, 9000, 1), 1);
	budgets_beat(&budgets);
	gone();			/* killed */
	for (int garbled = 0; garbled < 2; garbled++) {
		up(c, false);
		assert_int_equal(calls(0, 9000, 1) + calls(1, 9000, 1), 0);
		assert_int_equal(used_of("tcp", POT1).used, 5);
		assert_int_equal(used_of("tcp", POT1).limit, 5);
		assert_in_range(used_of("bytes", POT).left_ms, HOUR_MS, HOUR_MS + MARGIN_MS);
		assert_int_equal(used_of("bytes", POT).used, used_of("bytes", POT).limit);
		if (garbled)
			down();
		else {
			gone();
			assert_int_equal(truncate(path, 100), 0);
		}
	}
	up(c, false);		/* that it is not known is kept, too */
	assert_int_equal(used_of("tcp", POT2).used, 0);
	plan.net.honeypot[2].address = POT2;	/* comes with a reload */
	budgets_plan(&budgets);
	gone();
	up(c, false);			/* and is in no file any more */
	assert_int_equal(used_of("tcp", POT2).used, 5);
	assert_int_equal(calls(0, 9000, 1), 0);
	down();
	assert_int_equal(unlink(path), 0);
	up(c, false);
	assert_int_equal(calls(0, 9000, 2), 2);
	down();
	load(c, false);
	gone();			/* before anything could pass */
	up(c, false);
	assert_int_equal(calls(0, 9000, 6), 3);
	down();
}

/* --- how it is refused --- */

static void nobody_counts_the_same_number_twice(void **state)
{
	unsigned least = UINT_MAX, most = 0;
	_fd_ int udp = -1;

	(void)state;
	if (no_lab())
		return;
	udp = udp_server(9000);
	up((struct containment){ .period_s = 1, .udp = 20, .jitter = 50 }, false);
	for (int period = 0; period < 6; period++) {
		for (int pot = 0; pot < 2; pot++) {
			unsigned got = sends(pot, udp, 9000, 10, 22);

			assert_in_range(got, 10, 20);
			assert_int_equal(used_of("udp", pot ? POT1 : POT).limit, got);
			least = got < least ? got : least;
			most = got > most ? got : most;
		}
		usleep(1100000);
	}
	print_message("# of 20, from %u to %u were let out\n", least, most);
	assert_true(least < most);
	down();
}

/* error_of() - what the next datagram from @pot ends with, as a program there hears it */
static int error_of(int pot)
{
	struct sockaddr_in a = sa(WAN, 9000);
	_fd_ int fd = sock(lab.pot[pot], SOCK_DGRAM, 0);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int err = 0, one = 1;
	socklen_t n = sizeof(err);

	setsockopt(fd, IPPROTO_IP, IP_RECVERR, &one, sizeof(one));
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(send(fd, "x", 1, 0), 1);
	poll(&p, 1, 200);
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &n);
	return err;
}

static void who_is_rejected_hears_of_it(void **state)
{
	_fd_ int tcp = -1, udp = -1;

	(void)state;
	if (no_lab())
		return;
	tcp = tcp_server(9000);
	udp = udp_server(9000);
	for (int reject = 0; reject < 2; reject++) {
		struct sockaddr_in a = sa(WAN, 9000);
		_fd_ int second = sock(lab.pot[0], SOCK_STREAM, 0);
		struct pollfd p = { .fd = second, .events = POLLOUT };
		int err = 0;
		socklen_t n = sizeof(err);

		assert_int_equal(unlinkat(dirfd_, "budgets", 0), reject ? 0 : -1);
		up((struct containment){ .tcp = 1, .udp = 1, .refuse = reject ? REFUSE_REJECT : REFUSE_DROP }, false);
		assert_int_equal(calls(0, 9000, 1), 1);
		connect(second, (struct sockaddr *)&a, sizeof(a));
		assert_int_equal(poll(&p, 1, 200), reject);	/* else it waits for an answer */
		assert_int_equal(getsockopt(second, SOL_SOCKET, SO_ERROR, &err, &n), 0);
		assert_int_equal(err, reject ? ECONNREFUSED : 0);
		assert_int_equal(error_of(0), 0);
		assert_int_equal(error_of(0), reject ? EHOSTUNREACH : 0);
		assert_int_equal(logged("skep:drop:budget tcp "), 1);
		assert_int_equal(logged("skep:drop:budget udp "), 1);
		down();
	}
}

/* --- by hand --- */

/* set() - by hand, as priv does; UINT32_MAX: the file's again */
static void set(uint32_t pot, uint8_t budget, uint32_t limit)
{
	struct own_budgets own = budgets.own[pot];

	budget_set_in(&(struct budget_set){ .budget = budget, .own = limit != UINT32_MAX, .limit = limit }, &own);
	assert_int_equal(budgets_set(&budgets, pot, &own), 0);
}

static void what_is_set_by_hand_holds_at_once(void **state)
{
	const struct containment c = { .period_s = 4, .tcp = 5, .udp = 5 };
	_fd_ int tcp = -1, udp = -1;
	uint32_t pot;

	(void)state;
	if (no_lab())
		return;
	tcp = tcp_server(9000);
	udp = udp_server(9000);
	up(c, false);
	pot = place_of(POT);
	set(pot, BUDGET_UDP, 0);		/* before its period */
	assert_int_equal(sends(0, udp, 9000, 10, 3), 0);
	assert_int_equal(calls(0, 9000, 3), 3);
	set(pot, BUDGET_TCP, 8);
	assert_int_equal(used_of("tcp", POT).limit, 8);
	assert_int_equal(used_of("tcp", POT).used, 3);
	assert_in_range(used_of("tcp", POT).left_ms, 1, 3999);
	assert_int_equal(calls(0, 9000, 6), 5);
	set(pot, BUDGET_TCP, 2);		/* more was used already */
	assert_int_equal(calls(0, 9000, 1), 0);
	assert_int_equal(used_of("tcp", POT).used, 8);
	assert_int_equal(calls(1, 9000, 6), 5);		/* nobody else's */
	usleep(4100000);
	assert_int_equal(calls(0, 9000, 3), 2);		/* the next period, too */
	set(pot, BUDGET_TCP, UINT32_MAX);
	assert_int_equal(calls(0, 9000, 4), 3);
	down();
}

/* Connections that are open go on, and what was used is told by the byte. */
static void bytes_are_set_by_hand(void **state)
{
	_fd_ int udp = -1;

	(void)state;
	if (no_lab())
		return;
	udp = udp_server(9000);
	up((struct containment){ .udp = 10000, .bytes_mb = 2 }, false);
	assert_int_equal(sends(0, udp, 9000, 972, 400), 400);
	set(place_of(POT), BUDGET_BYTES, 1);
	assert_int_equal(used_of("bytes", POT).used, 400000);
	assert_int_equal(used_of("bytes", POT).limit, 1 << 20);
	assert_int_equal(sends(0, udp, 9000, 972, 700), 648);
	down();
}

/* While it sends, as fast as it may: not one datagram more than the last number. */
static void no_packet_slips_through_meanwhile(void **state)
{
	_fd_ int udp = -1;
	unsigned got = 0;
	char what[8];
	int status;
	pid_t child;

	(void)state;
	if (no_lab())
		return;
	udp = udp_server(9000);
	up((struct containment){ .udp = 10 }, false);
	child = fork();
	if (!child) {
		struct sockaddr_in a = sa(WAN, 9000);
		int fd = sock(lab.pot[0], SOCK_DGRAM, 0);

		for (int i = 0; i < 2000; i++) {
			(void)!sendto(fd, "x", 1, 0, (struct sockaddr *)&a, sizeof(a));
			usleep(1000);
		}
		_exit(0);
	}
	for (uint32_t limit = 11; limit <= 60; limit++)
		set(place_of(POT), BUDGET_UDP, limit);
	assert_int_equal(waitpid(child, &status, 0), child);
	usleep(100000);
	while (recv(udp, what, sizeof(what), 0) >= 0)
		got++;
	assert_int_equal(got, 60);
	assert_int_equal(used_of("udp", POT).used, 60);
	down();
}

static void what_is_set_by_hand_outlives_a_reload(void **state)
{
	const struct containment c = { .tcp = 5 };
	static struct honeynet next;
	_fd_ int tcp = -1;

	(void)state;
	if (no_lab())
		return;
	tcp = tcp_server(9000);
	up(c, false);
	assert_int_equal(calls(0, 9000, 1), 1);
	set(place_of(POT), BUDGET_TCP, 3);
	next = plan.net;
	memcpy(next.containment.own, budgets.own, sizeof(next.containment.own));
	next.containment.tcp = 7;
	change(&next);
	budgets_plan(&budgets);
	assert_int_equal(calls(0, 9000, 4), 2);
	assert_int_equal(calls(1, 9000, 8), 7);
	set(place_of(POT), BUDGET_TCP, UINT32_MAX);
	assert_int_equal(used_of("tcp", POT).limit, 7);
	down();
}

/* --- lists --- */

/* comes_in() - a datagram from @from outside to honeypot 0 gets to @server there */
static bool comes_in(uint32_t from, int server)
{
	struct sockaddr_in own = sa(from, 0), a = sa(POT, 9000);
	_fd_ int fd = sock(lab.wan, SOCK_DGRAM, 0);
	char what[8];

	assert_int_equal(bind(fd, (struct sockaddr *)&own, sizeof(own)), 0);
	(void)!sendto(fd, "x", 1, 0, (struct sockaddr *)&a, sizeof(a));
	usleep(100000);
	return recv(server, what, sizeof(what), 0) > 0;
}

static void lists_hold_whatever_the_rules_say(void **state)
{
	static struct honeynet next;
	const struct network white = NETWORK4(WAN, 32), black = NETWORK4(WAN + 1, 32);
	struct sockaddr_in a = sa(0, 9000), far = sa(WAN + 1, 9000);
	_fd_ int tcp = -1, udp = -1, pot = -1, open = -1;

	(void)state;
	if (no_lab())
		return;
	tcp = tcp_server(9000);
	udp = udp_server(9000);
	pot = sock(lab.pot[0], SOCK_DGRAM, 0);
	open = sock(lab.pot[0], SOCK_DGRAM, 0);
	assert_int_equal(bind(pot, (struct sockaddr *)&a, sizeof(a)), 0);
	up((struct containment){ .tcp = 2, .udp = 100 }, false);
	assert_true(comes_in(WAN + 1, pot));
	assert_int_equal(sendto(open, "x", 1, 0, (struct sockaddr *)&far, sizeof(far)), 1);
	assert_int_equal(sends_to(0, udp, 3), 4);		/* and that one */
	next = plan.net;
	for (uint32_t i = 0; i < next.n_rules; i++)
		next.rule[i].action = ACTION_DROP;
	next.containment.n_white = next.containment.n_black = 1;
	next.containment.white[0] = white;
	next.containment.black[0] = black;
	change(&next);
	assert_int_equal(calls(0, 9000, 3), 2);			/* accepted, and within its budget */
	assert_int_equal(logged("skep:accept:whitelist "), 2);
	assert_int_equal(sends_to(0, udp, 3), 1);		/* neither the black one nor the others */
	assert_int_equal(logged("skep:drop:blacklist "), 1);
	assert_true(comes_in(WAN, pot) && !comes_in(WAN + 1, pot) && !comes_in(WAN + 2, pot));
	assert_int_equal(logged("skep:drop:blacklist "), 2);
	assert_int_equal(sendto(open, "x", 1, 0, (struct sockaddr *)&far, sizeof(far)), 1);
	assert_int_equal(sends_to(0, udp, 1), 1);		/* what was open is cut */

	assert_int_equal(firewall_fence(wall, POLICY_FENCE_SET, &white, true), 0);
	assert_int_equal(sends_to(0, udp, 1), 0);
	assert_int_equal(logged("skep:drop:fence "), 1);
	assert_int_equal(firewall_fence(wall, POLICY_FENCE_SET, &white, false), 0);
	assert_int_equal(firewall_lock(wall, POLICY_LOCKDOWN_SET, true), 0);
	assert_true(!sends_to(0, udp, 1) && !comes_in(WAN, pot));
	assert_int_equal(firewall_lock(wall, POLICY_LOCKDOWN_SET, false), 0);

	next.containment.black[0] = white;			/* on both: kept out */
	change(&next);
	assert_true(!sends_to(0, udp, 1) && !comes_in(WAN, pot));
	next.containment.n_white = next.containment.n_black = 0;
	change(&next);
	assert_int_equal(sends_to(0, udp, 3), 0);
	assert_int_equal(logged("skep:drop:blacklist "), 0);
	down();
}

/* --- between honeypots, and to who tells names --- */

/* talks() - @times datagrams of one conversation; how many reached @server, which answers none */
static unsigned talks(int pot, uint32_t to, uint16_t port, int server, unsigned times)
{
	struct sockaddr_in a = sa(to, port);
	_fd_ int fd = sock(lab.pot[pot], SOCK_DGRAM, 0);
	unsigned got = 0;
	char what[8];

	for (unsigned i = 0; i < times; i++)
		(void)!sendto(fd, "x", 1, 0, (struct sockaddr *)&a, sizeof(a));
	usleep(100000);
	while (recv(server, what, sizeof(what), 0) >= 0)
		got++;
	return got;
}

static void conversations_with_other_honeypots_are_so_many(void **state)
{
	const struct containment c = { .tcp = 2, .udp = 100, .lateral = 4 };
	static struct honeynet next;
	_fd_ int outside = -1, beside = -1, own = -1, udp = -1, open = -1;
	struct sockaddr_in a = sa(POT1, 9000);
	char what[8];

	(void)state;
	if (no_lab())
		return;
	outside = tcp_server(9000);
	beside = tcp_server_in(lab.pot[1], 9000);
	own = tcp_server_in(lab.pot[0], 9000);
	udp = udp_server_in(lab.pot[1], 9000);
	up(c, false);
	assert_int_equal(calls_to(0, POT1, 9000, 2), 2);
	assert_int_equal(talks(0, POT1, 9000, udp, 7), 7);		/* one, however long it is */
	assert_int_equal(used_of("lateral", POT).used, 3);
	assert_int_equal(calls_to(0, POT1, 9000, 3), 1);
	assert_int_equal(talks(0, POT1, 9000, udp, 3), 0);
	assert_true(logged("skep:drop:budget lateral ") >= 5);
	assert_int_equal(calls_to(1, POT, 9000, 2), 2);			/* each one's own */
	assert_int_equal(calls(0, 9000, 3), 2);				/* and none of what leaves */
	assert_int_equal(used_of("lateral", POT1).used, 2);
	down();
	up(c, false);
	assert_int_equal(used_of("lateral", POT).used, 4);
	assert_int_equal(calls_to(0, POT1, 9000, 1), 0);
	set(place_of(POT), BUDGET_LATERAL, 5);
	open = sock(lab.pot[0], SOCK_DGRAM, 0);
	assert_int_equal(sendto(open, "x", 1, 0, (struct sockaddr *)&a, sizeof(a)), 1);
	assert_int_equal(calls_to(0, POT1, 9000, 1), 0);
	assert_int_equal(recv(udp, what, sizeof(what), 0), 1);

	next = plan.net;
	next.containment.isolation = true;
	change(&next);
	assert_int_equal(sendto(open, "x", 1, 0, (struct sockaddr *)&a, sizeof(a)), 1);
	assert_int_equal(calls_to(1, POT, 9000, 1) + talks(1, POT, 9000, udp, 1), 0);
	assert_true(recv(udp, what, sizeof(what), 0) < 0);		/* what was open has ended */
	assert_true(logged("skep:drop:isolation ") >= 3);
	assert_int_equal(calls(1, 9000, 1), 1);
	down();
}

static void another_honeypot_that_is_too_many_is_rejected(void **state)
{
	struct sockaddr_in a = sa(POT1, 9000);
	_fd_ int beside = -1, fd = -1;
	struct pollfd p = { .events = POLLOUT };
	int err = 0;
	socklen_t n = sizeof(err);

	(void)state;
	if (no_lab())
		return;
	beside = tcp_server_in(lab.pot[1], 9000);
	up((struct containment){ .lateral = 1, .refuse = REFUSE_REJECT }, false);
	assert_int_equal(calls_to(0, POT1, 9000, 1), 1);
	p.fd = fd = sock(lab.pot[0], SOCK_STREAM, 0);
	connect(fd, (struct sockaddr *)&a, sizeof(a));
	assert_int_equal(poll(&p, 1, 500), 1);
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &n), 0);
	assert_int_equal(err, ECONNREFUSED);
	assert_int_equal(logged("skep:drop:budget lateral "), 1);
	down();
}

static void names_are_asked_of_who_is_named(void **state)
{
	static struct honeynet next;
	struct sockaddr_in from = sa(WAN + 1, 53), pot = sa(POT, 9000), own = sa(0, 9000);
	_fd_ int udp = -1, tcp = -1, other = -1, asks = -1, answers = -1;
	char what[8];

	(void)state;
	if (no_lab())
		return;
	udp = udp_server(53);
	tcp = tcp_server(853);
	other = udp_server(54);
	up((struct containment){ .tcp = 100, .udp = 100, .n_resolvers = 1, .resolver = { NETWORK4(WAN, 32) }, .n_white = 1,
				 .white = { NETWORK4(WAN + 1, 32) } }, false);
	assert_int_equal(talks(0, WAN, 53, udp, 2), 2);
	assert_int_equal(talks(0, WAN + 1, 53, udp, 2), 0);		/* nor is a whitelist a way around it */
	assert_int_equal(talks(0, WAN + 1, 54, other, 2), 2);
	assert_int_equal(calls_to(0, WAN, 853, 1), 1);
	assert_int_equal(calls_to(0, WAN + 2, 853, 1), 0);
	assert_int_equal(logged("skep:drop:resolver "), 3);
	assert_int_equal(used_of("udp", POT).used, 4);			/* what is refused costs nothing */
	assert_int_equal(used_of("tcp", POT).used, 1);

	answers = sock(lab.pot[0], SOCK_DGRAM, 0);	/* who asks from there is answered there */
	assert_int_equal(bind(answers, (struct sockaddr *)&own, sizeof(own)), 0);
	close_fd(&udp);
	asks = sock(lab.wan, SOCK_DGRAM, 0);
	assert_int_equal(bind(asks, (struct sockaddr *)&from, sizeof(from)), 0);
	assert_int_equal(sendto(asks, "x", 1, 0, (struct sockaddr *)&pot, sizeof(pot)), 1);
	usleep(100000);
	assert_int_equal(recv(answers, what, sizeof(what), 0), 1);
	assert_int_equal(sendto(answers, "x", 1, 0, (struct sockaddr *)&from, sizeof(from)), 1);
	usleep(100000);
	assert_int_equal(recv(asks, what, sizeof(what), 0), 1);
	close_fd(&asks);
	udp = udp_server(53);

	next = plan.net;
	next.containment.n_resolvers = 0;
	change(&next);
	assert_int_equal(talks(0, WAN + 2, 53, udp, 2), 2);
	next.containment.n_resolvers = 1;
	next.containment.resolver[0] = (struct network)NETWORK4(WAN + 2, 31);
	change(&next);
	assert_int_equal(talks(0, WAN + 3, 53, udp, 1), 1);
	assert_int_equal(talks(0, WAN, 53, udp, 1), 0);
	down();
}

/* --- refused, and answered all the same --- */

static int sink(void)
{
	int fd = sock(lab.gw, SOCK_STREAM, 0);
	struct sockaddr_in a = sa(GATE, GATE_SINK_PORT);

	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, 64), 0);
	return fd;
}

/* begins() - a connection from honeypot 0 whose first packet is sent */
static int begins(uint32_t to, uint16_t port)
{
	struct sockaddr_in a = sa(to, port);
	int fd = sock(lab.pot[0], SOCK_STREAM, 0);

	connect(fd, (struct sockaddr *)&a, sizeof(a));
	return fd;
}

/* stands() - it does within so long */
static bool stands(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	int err = 0;
	socklen_t n = sizeof(err);

	return poll(&p, 1, ms) == 1 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &n) == 0 && !err;
}

/* syns() - of honeypots, that came out since the last time */
static unsigned syns(int outside)
{
	struct watched w;
	unsigned n = 0;

	usleep(100000);
	while (watch_next(outside, &w) == 1)
		n += w.n >= 54 && w.byte[12] == 8 && w.byte[13] == 0 && w.byte[23] == IPPROTO_TCP && (w.byte[47] & 0x12) == 2;
	return n;
}

/* answers() - the gateway takes the connection in whose name @to was asked, and is heard; what the honeypot says comes there */
static void answers(int at, int from, uint32_t to, uint16_t port)
{
	struct sockaddr_in meant = { 0 };
	socklen_t n = sizeof(meant);
	struct pollfd p = { .events = POLLIN };
	char what[8] = "";
	_fd_ int fd = accept4(at, NULL, NULL, SOCK_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(getsockopt(fd, SOL_IP, SO_ORIGINAL_DST, &meant, &n), 0);
	assert_true(ntohl(meant.sin_addr.s_addr) == to && ntohs(meant.sin_port) == port);
	assert_int_equal(send(fd, "220", 3, 0), 3);
	p.fd = from;
	assert_int_equal(poll(&p, 1, 1000), 1);
	assert_int_equal(recv(from, what, sizeof(what), 0), 3);
	assert_int_equal(send(from, "HELO", 4, 0), 4);
	assert_int_equal(recv(fd, what, sizeof(what), 0), 4);
	assert_memory_equal(what, "HELO", 4);
}

/* sink_questions() - where those for names are led to */
static int sink_questions(void)
{
	int fd = sock(lab.gw, SOCK_DGRAM, 0), one = 1;
	struct sockaddr_in a = sa(GATE, GATE_SINK_DNS_PORT);

	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVMARK, &one, sizeof(one)), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

/* will_ask() - a socket of honeypot 0 */
static int will_ask(uint32_t to)
{
	struct sockaddr_in a = sa(to, 53);
	int fd = sock(lab.pot[0], SOCK_DGRAM, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

/* asks() - a question comes to @at, is known to be for @to, and the answer is heard. False: it does not come */
static bool asks(int fd, int at, uint32_t to)
{
	union { struct cmsghdr align; char buf[CMSG_SPACE(sizeof(uint32_t))]; } control;
	struct sockaddr_in from;
	struct iovec part = { (char[8]){ 0 }, 8 };
	struct msghdr m = { .msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &part, .msg_iovlen = 1,
			    .msg_control = control.buf, .msg_controllen = sizeof(control.buf) };
	struct pollfd asked = { at, POLLIN, 0 }, answered = { fd, POLLIN, 0 };
	uint32_t mark;

	assert_int_equal(send(fd, "who", 3, 0), 3);
	if (poll(&asked, 1, 200) != 1)
		return false;
	assert_int_equal(recvmsg(at, &m, 0), 3);
	assert_non_null(CMSG_FIRSTHDR(&m));
	memcpy(&mark, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(mark));
	assert_int_equal(ntohl(mark), to);
	assert_int_equal(sendto(at, "fail", 4, 0, (struct sockaddr *)&from, sizeof(from)), 4);
	assert_int_equal(poll(&answered, 1, 1000), 1);
	assert_int_equal(recv(fd, part.iov_base, 8, 0), 4);
	return true;
}

static void who_asks_in_vain_is_answered(void **state)
{
	const struct containment c = { .udp = 1, .refuse = REFUSE_PRETEND };
	static struct honeynet next;
	_fd_ int at = -1, first = -1, again = -1, other = -1, own = -1, late = -1, tcp = -1, udp = -1;

	(void)state;
	if (no_lab())
		return;
	at = sink_questions();
	udp = udp_server(9000);
	up(c, false);
	first = will_ask(WAN + 1);
	again = will_ask(WAN + 1);
	other = will_ask(WAN + 2);
	own = sock(lab.pot[0], SOCK_DGRAM, 0);
	assert_int_equal(talks(0, WAN, 9000, udp, 2), 1);	/* this is its budget; and port 9000 has no answer */
	assert_false(asks(first, at, WAN + 1));			/* the first one is lost */
	assert_true(asks(first, at, WAN + 1));
	assert_true(asks(first, at, WAN + 1));
	assert_true(asks(again, at, WAN + 1));
	assert_false(asks(other, at, WAN + 2));
	assert_true(asks(other, at, WAN + 2));
	assert_int_equal(connect(own, (struct sockaddr *)&(struct sockaddr_in[]){ sa(GATE, GATE_SINK_DNS_PORT) }[0],
				 sizeof(struct sockaddr_in)), 0);
	assert_false(asks(own, at, GATE));			/* who asks for it is not led there */
	assert_int_equal(logged("skep:drop:budget udp "), 3);
	assert_int_equal(used_of("udp", POT).used, 1);
	gate(false, true);
	late = will_ask(WAN + 1);
	assert_false(asks(late, at, WAN + 1));			/* what nobody records is not answered */
	gate(true, true);
	assert_true(asks(late, at, WAN + 1));
	next = plan.net;
	next.containment.refuse = REFUSE_TARPIT;
	change(&next);
	close_fd(&late);
	late = will_ask(WAN + 1);
	assert_false(asks(late, at, WAN + 1));
	assert_false(asks(late, at, WAN + 1));
	down();

	assert_int_equal(unlinkat(dirfd_, "budgets", 0), 0);
	up((struct containment){ .tcp = 10, .udp = 10, .refuse = REFUSE_PRETEND, .n_resolvers = 1, .resolver = { NETWORK4(WAN, 32) } }, false);
	close_fd(&late);
	late = will_ask(WAN + 3);
	assert_false(asks(late, at, WAN + 3));
	assert_true(asks(late, at, WAN + 3));
	assert_int_equal(logged("skep:drop:resolver "), 1);
	assert_int_equal(used_of("udp", POT).used, 0);
	tcp = begins(WAN + 3, 53);
	assert_false(stands(tcp, 1500));
	down();
}

static void who_is_refused_finds_another_answer(void **state)
{
	const struct containment c = { .tcp = 2, .udp = 1, .refuse = REFUSE_PRETEND };
	static struct honeynet next;
	_fd_ int tcp = -1, udp = -1, at = -1, outside = -1;
	int fd;

	(void)state;
	if (no_lab())
		return;
	tcp = tcp_server(9000);
	udp = udp_server(9000);
	at = sink();
	outside = watch_open(lab.wan, false);
	assert_true(outside >= 0);
	up(c, false);
	syns(outside);
	assert_int_equal(calls(0, 9000, 2), 2);
	assert_int_equal(syns(outside), 2);
	fd = begins(WAN, 25);
	assert_false(stands(fd, 300));			/* the first packet is lost */
	assert_true(stands(fd, 5000));
	answers(at, fd, WAN, 25);
	close(fd);
	assert_int_equal(logged("skep:drop:budget tcp "), 1);
	assert_int_equal(used_of("tcp", POT).used, 2);
	assert_int_equal(talks(0, WAN, 9000, udp, 2), 1);
	assert_int_equal(calls_to(0, GATE, GATE_SINK_PORT, 1), 0);	/* who asks for it is not led there */
	fd = begins(WAN + 1, 80);
	usleep(100000);
	gate(false, true);
	assert_false(stands(fd, 1500));			/* what nobody records is not answered */
	close(fd);
	gate(true, true);
	next = plan.net;
	next.containment.refuse = REFUSE_DROP;
	change(&next);
	fd = begins(WAN + 1, 81);
	assert_false(stands(fd, 1500));
	close(fd);
	next.containment.refuse = REFUSE_TARPIT;
	next.n_nat = 1;		/* what does not leave is not translated */
	next.nat[0] = (struct nat_rule){ .kind = NAT_SOURCE, .address = OUTER, .asks = { .n_sources = 1, .n_destinations = 1 } };
	change(&next);
	fd = begins(WAN + 1, 82);
	assert_true(stands(fd, 5000));
	answers(at, fd, WAN + 1, 82);
	close(fd);
	assert_int_equal(syns(outside), 0);		/* not one packet more than the budget */
	down();

	assert_int_equal(unlinkat(dirfd_, "budgets", 0), 0);
	up((struct containment){ .tcp = 10, .destinations = 1, .refuse = REFUSE_PRETEND }, false);
	assert_int_equal(calls(0, 9000, 1), 1);
	fd = begins(WAN + 2, 9000);
	assert_true(stands(fd, 5000));
	answers(at, fd, WAN + 2, 9000);
	close(fd);
	assert_int_equal(logged("skep:drop:budget destinations "), 1);
	assert_int_equal(syns(outside), 1);
	down();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_file_says_what_it_was_told),
		cmocka_unit_test(nonsense_is_not_read),
		cmocka_unit_test(time_goes_on_without_it),
		cmocka_unit_test(no_more_destinations_than_there_may_be),
		T(no_restart_gives_more),
		T(bytes_are_kept_to_the_last),
		T(distinct_destinations_are_so_many),
		T(connections_at_once_are_so_many),
		T(bandwidth_is_cut),
		T(a_period_ends_when_it_would_have),
		T(who_ends_without_a_word_has_used_all),
		T(nobody_counts_the_same_number_twice),
		T(who_is_rejected_hears_of_it),
		T(what_is_set_by_hand_holds_at_once),
		T(bytes_are_set_by_hand),
		T(no_packet_slips_through_meanwhile),
		T(what_is_set_by_hand_outlives_a_reload),
		T(lists_hold_whatever_the_rules_say),
		T(conversations_with_other_honeypots_are_so_many),
		T(another_honeypot_that_is_too_many_is_rejected),
		T(names_are_asked_of_who_is_named),
		T(who_is_refused_finds_another_answer),
		T(who_asks_in_vain_is_answered),
	};

	return cmocka_run_group_tests(tests, lab_open, lab_close);
}
