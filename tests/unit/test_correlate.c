/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tracker: scenarios as tables of events, and the session each must get. */
#include "unit.h"

#include <netinet/in.h>
#include <string.h>

#include "base/mem.h"
#include "correlate/tracker.h"
#include "model/event.h"
#include "model/gate.h"
#include "model/honeynet.h"
#include "model/session.h"

static const struct honeynet net = {
	.firewall_address = 0x0a000001, .network6 = (addr_number)0x20010db800100000 << 64, .prefix6 = 64,
	.n_honeypots = 2,
	.honeypot = { { .name = "www", .address = 0x0a000010 }, { .name = "dns", .address = 0x0a000011 } },
};

/* One event, as short as a table wants it; at in seconds. */
struct step {
	enum event_kind kind;
	uint64_t at;
	int pot;
	uint64_t conn, entity;
	const char *src, *dest;
	uint16_t port;			/* dest port */
	const char *env, *file;
	uint64_t want;			/* session */
	uint64_t want_entity;		/* verdict: process it gets */
	bool tagged;			/* verdict: by the kernel, which says whose work it is: */
	uint16_t tag;
};

static struct event event_of(const struct step *s)
{
	struct event e = {
		.kind = s->kind, .at_us = s->at * 1000000, .honeypot = s->pot, .proto = IPPROTO_TCP,
		.origin = { s->kind == EV_VERDICT ? SOURCE_GATEWAY : SOURCE_GUEST, 1, 1 },
		.process = { .conn = s->conn, .entity = s->entity }, .dest_port = s->port,
		.file = span_of(s->file), .mark = s->tagged ? GATE_TAGGED | (uint32_t)s->tag << GATE_TAG_SHIFT | GATE_OWNER_MARK : 0,
	};

	if (s->env)
		e.env = (struct span){ s->env, strlen(s->env) + 1 };
	if (s->src)
		assert_int_equal(addr_parse(s->src, &e.src), 0);
	if (s->dest)
		assert_int_equal(addr_parse(s->dest, &e.dest), 0);
	return e;
}

static void run(struct tracker *t, const char *what, const struct step *steps, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct event e = event_of(&steps[i]);

		tracker_feed(t, &e);
		if (e.session != steps[i].want)
			fail_msg("%s, step %zu: session %llu", what, i, (unsigned long long)e.session);
		if (steps[i].kind == EV_VERDICT && e.process.entity != steps[i].want_entity)
			fail_msg("%s, step %zu: entity %llu", what, i, (unsigned long long)e.process.entity);
	}
}

#define RUN(what, ...) do {                                                                   \
	static const struct step steps_[] = { __VA_ARGS__ };                                  \
	struct tracker *t_ = tracker_new(&net);                                               \
	run(t_, what, steps_, nitems(steps_));                                                \
	tracker_free(t_);                                                                     \
} while (0)

#define ACCEPT(at, pot, conn, src, port, want) \
	{ EV_ACCEPT, at, pot, conn, 0, src, "10.0.0.16", port, NULL, NULL, want, 0 }
#define BY(kind, at, pot, conn, want) { kind, at, pot, conn, 0, NULL, NULL, 0, NULL, NULL, want, 0 }
#define CONNECT(at, pot, conn, entity, dest, port, want) \
	{ EV_CONNECT, at, pot, conn, entity, NULL, dest, port, NULL, NULL, want, 0 }
#define SEND(at, pot, conn, entity, dest, port, want) \
	{ EV_SEND, at, pot, conn, entity, NULL, dest, port, NULL, NULL, want, 0 }
#define VERDICT(at, pot, src, dest, port, want, entity) \
	{ EV_VERDICT, at, pot, 0, 0, src, dest, port, NULL, NULL, want, entity }

#define TAGGED(at, pot, src, dest, port, tag, want, entity) \
	{ EV_VERDICT, at, pot, 0, 0, src, dest, port, NULL, NULL, want, entity, true, tag }

#define PEER "198.51.100.7"
#define FAR "203.0.113.9"

static void sessions_follow_the_connection(void **state)
{
	(void)state;
	RUN("one visit",
	    BY(EV_EXEC, 1, 0, 0, 0), ACCEPT(2, 0, 1, PEER, 22, 1), BY(EV_EXEC, 3, 0, 1, 1),
	    BY(EV_TTY_IN, 4, 0, 1, 1),
	    BY(EV_EXEC, 5, 0, 0, 0), BY(EV_EXEC, 5, 1, 1, 0), BY(EV_CLOSE, 6, 0, 1, 1),
	    BY(EV_EXEC, 7, 0, 1, 1) /* left running */, BY(EV_EXEC, 8, 0, 2, 0));
	RUN("a job it left, after a restart of the honeypot",
	    ACCEPT(1, 0, 1, PEER, 22, 1), BY(EV_CLOSE, 2, 0, 1, 1), BY(EV_BOOT, 3, 0, 0, 0), BY(EV_LINEAGE, 4, 0, 1, 1),
	    BY(EV_EXEC, 4, 0, 1, 1), BY(EV_LINEAGE, 5, 1, 1, 0));
	RUN("two visits at once",
	    ACCEPT(1, 0, 1, PEER, 22, 1), ACCEPT(1, 0, 2, FAR, 22, 2), BY(EV_EXEC, 2, 0, 1, 1),
	    BY(EV_EXEC, 2, 0, 2, 2),
	    BY(EV_CLOSE, 3, 0, 1, 1), BY(EV_EXEC, 4, 0, 2, 2));
	RUN("the same number on two honeypots",
	    ACCEPT(1, 0, 1, PEER, 22, 1), ACCEPT(1, 1, 1, PEER, 22, 2), BY(EV_EXEC, 2, 1, 1, 2),
	    BY(EV_EXEC, 2, 0, 1, 1));
	RUN("nobody's visit",
	    ACCEPT(1, 0, 1, "127.0.0.1", 22, 0), ACCEPT(1, 0, 2, "10.0.0.1", 22, 0), ACCEPT(1, 0, 3, "::1", 22, 0),
	    ACCEPT(1, 0, 4, "::ffff:10.0.0.1", 22, 0), ACCEPT(1, 0, 5, "::ffff:127.0.0.1", 22, 0),
	    ACCEPT(1, 0, 6, "10.0.0.16", 22, 0), ACCEPT(1, 0, 7, NULL, 22, 0), ACCEPT(1, 0, 0, PEER, 22, 0),
	    BY(EV_EXEC, 2, 0, 2, 0), ACCEPT(3, 0, 8, PEER, 22, 1));
	RUN("no honeypot of ours",
	    ACCEPT(1, -1, 1, PEER, 22, 0), ACCEPT(1, 64, 1, PEER, 22, 0), BY(EV_BOOT, 1, 4000, 0, 0),
	    CONNECT(1, -1, 0, 1, FAR, 1, 0), VERDICT(1, -1, "10.0.0.16", FAR, 1, 0, 0),
	    VERDICT(1, 64, "10.0.0.16", FAR, 1, 0, 0));
	RUN("from another honeypot it is a visit", ACCEPT(1, 0, 1, "10.0.0.17", 22, 1));
	RUN("a number that comes again is another visit",
	    ACCEPT(1, 0, 1, PEER, 22, 1), BY(EV_CLOSE, 2, 0, 1, 1), ACCEPT(3, 0, 1, FAR, 22, 2), BY(EV_EXEC, 4, 0, 1, 2));
}

static void mapped_addresses_become_plain(void **state)
{
	struct tracker *t = tracker_new(&net);
	const struct step s = { EV_ACCEPT, 1, 0, 1, 0, "::ffff:198.51.100.7", "::ffff:10.0.0.16", 22,
				NULL, NULL, 1, 0 };
	struct event e = event_of(&s);
	char a[ADDR_TEXT];

	(void)state;
	tracker_feed(t, &e);
	assert_string_equal(addr_text(&e.src, a), "198.51.100.7");
	assert_string_equal(addr_text(&e.dest, a), "10.0.0.16");
	tracker_free(t);
}

#define OWN6 "2001:db8:10::a00:10"
#define ACCEPT6(at, conn, src, want) { EV_ACCEPT, at, 0, conn, 0, src, OWN6, 22, NULL, NULL, want, 0 }
#define FAR6 "2001:db8:113::9"

static void of_ipv6_likewise(void **state)
{
	(void)state;
	RUN("a visit, and what it opens", ACCEPT6(1, 1, "2001:db8:ffff::66", 1), CONNECT(2, 0, 1, 50, FAR6, 80, 1),
	    VERDICT(3, 0, OWN6, FAR6, 80, 1, 50), TAGGED(3, 0, OWN6, FAR6, 80, 1, 1, 50), TAGGED(3, 0, OWN6, FAR6, 81, 1, 1, 0));
	RUN("not by the other family's connect, nor for another address", ACCEPT6(1, 1, "2001:db8:ffff::66", 1),
	    CONNECT(2, 0, 1, 50, FAR, 80, 1), VERDICT(3, 0, OWN6, FAR6, 80, 0, 0), CONNECT(4, 0, 1, 50, FAR6, 80, 1),
	    VERDICT(5, 0, "2001:db8:10::a00:11", FAR6, 80, 0, 0), VERDICT(5, 0, "2001:db8:10:1::a00:10", FAR6, 80, 0, 0),
	    VERDICT(5, 0, "fe80::a00:10", FAR6, 80, 0, 0));
	RUN("nobody's visit, and another honeypot's", ACCEPT6(1, 1, "2001:db8:10::a00:1", 0), ACCEPT6(1, 2, OWN6, 0),
	    ACCEPT6(1, 3, "2001:db8:10::a00:11", 1));
}

static void a_tag_says_whose_it_is(void **state)
{
	(void)state;
	RUN("two at the same place",
	    ACCEPT(1, 0, 1, PEER, 22, 1), ACCEPT(1, 0, 2, PEER, 22, 2), CONNECT(2, 0, 1, 50, FAR, 80, 1),
	    CONNECT(2, 0, 2, 60, FAR, 80, 2), TAGGED(3, 0, "10.0.0.16", FAR, 80, 1, 1, 50),
	    TAGGED(3, 0, "10.0.0.16", FAR, 80, 2, 2, 60));
	RUN("nobody's", ACCEPT(1, 0, 1, PEER, 22, 1), CONNECT(2, 0, 1, 50, FAR, 80, 1), TAGGED(3, 0, "10.0.0.16", FAR, 80, 0, 0, 0),
	    CONNECT(4, 0, 0, 70, FAR, 80, 0), TAGGED(4, 0, "10.0.0.16", FAR, 80, 0, 0, 70));
	RUN("what no connect says", ACCEPT(1, 0, 1, PEER, 22, 1), ACCEPT(1, 0, 2, PEER, 22, 2), TAGGED(3, 0, "10.0.0.16", FAR, 80, 2, 2, 0),
	    TAGGED(3, 0, "10.0.0.16", FAR, 80, 1, 1, 0), TAGGED(3, 0, "10.0.0.16", FAR, 80, 3, 0, 0));
	RUN("the newest with that number", ACCEPT(1, 0, 5, PEER, 22, 1), ACCEPT(2, 0, 4099, PEER, 22, 2),
	    TAGGED(3, 0, "10.0.0.16", FAR, 80, 5, 2, 0), BY(EV_EXEC, 4, 0, 8192, 0), TAGGED(4, 0, "10.0.0.16", FAR, 80, 5, 2, 0),
	    BY(EV_EXEC, 5, 0, 8193, 0), TAGGED(5, 0, "10.0.0.16", FAR, 80, 5, 0, 0));
	RUN("another honeypot's numbers", ACCEPT(1, 0, 1, PEER, 22, 1), TAGGED(2, 1, "10.0.0.17", FAR, 80, 1, 0, 0),
	    TAGGED(2, 0, PEER, "10.0.0.16", 80, 1, 0, 0));
}

static void verdicts_find_their_connect(void **state)
{
	(void)state;
	RUN("a program of the session",
	    ACCEPT(1, 0, 1, PEER, 22, 1), CONNECT(2, 0, 1, 50, FAR, 80, 1), VERDICT(3, 0, "10.0.0.16", FAR, 80, 1, 50),
	    VERDICT(130, 0, "10.0.0.16", FAR, 80, 1, 50) /* SYN again */, VERDICT(133, 0, "10.0.0.16", FAR, 80, 0, 0));
	RUN("a datagram, after the session's end",
	    ACCEPT(1, 0, 1, PEER, 22, 1), BY(EV_CLOSE, 2, 0, 1, 1), SEND(3, 0, 1, 50, FAR, 53, 1),
	    VERDICT(3, 0, "10.0.0.16", FAR, 53, 1, 50));
	RUN("the newest counts",
	    ACCEPT(1, 0, 1, PEER, 22, 1), ACCEPT(1, 0, 2, PEER, 22, 2), CONNECT(2, 0, 1, 50, FAR, 80, 1),
	    CONNECT(3, 0, 2, 51, FAR, 80, 2), VERDICT(4, 0, "10.0.0.16", FAR, 80, 2, 51),
	    CONNECT(5, 0, 0, 52, FAR, 80, 0) /* cron */, VERDICT(6, 0, "10.0.0.16", FAR, 80, 0, 52));
	RUN("another place, another honeypot, another way",
	    ACCEPT(1, 0, 1, PEER, 22, 1), CONNECT(2, 0, 1, 50, FAR, 80, 1), VERDICT(3, 0, "10.0.0.16", FAR, 81, 0, 0),
	    VERDICT(3, 0, "10.0.0.16", PEER, 80, 0, 0), VERDICT(3, 1, "10.0.0.17", FAR, 80, 0, 0),
	    VERDICT(3, 0, "10.0.0.99", FAR, 80, 0, 0) /* not its address */,
	    VERDICT(3, 0, PEER, "10.0.0.16", 80, 0, 0) /* inbound */);
}

static void the_oldest_connects_are_forgotten(void **state)
{
	struct tracker *t = tracker_new(&net);
	const struct step verdict = VERDICT(2, 0, "10.0.0.16", FAR, 1, 0, 0);

	(void)state;
	for (uint32_t i = 1; i <= TRACKER_CONNECTS + 1; i++) {
		struct step s = CONNECT(1, 0, 0, 50, FAR, (uint16_t)i, 0);
		struct event e = event_of(&s);

		tracker_feed(t, &e);
	}
	run(t, "overwritten", &verdict, 1);
	tracker_free(t);
}

static void halts_end_what_is_open(void **state)
{
	struct tracker *t = tracker_new(&net);
	static const struct step steps[] = {
		ACCEPT(1, 0, 1, PEER, 22, 1), ACCEPT(2, 0, 2, PEER, 22, 2), ACCEPT(3, 1, 1, PEER, 22, 3),
		BY(EV_CLOSE, 4, 0, 1, 1), BY(EV_HALT, 5, 0, 0, 0),
	};

	(void)state;
	run(t, "halt", steps, nitems(steps));
	assert_int_equal(tracker_open_sessions(t), 1);
	assert_int_equal(tracker_session(t, 1)->end_us, 4000000);
	assert_int_equal(tracker_session(t, 2)->end_us, 5000000);
	assert_int_equal(tracker_session(t, 3)->end_us, 0);
	assert_null(tracker_session(t, 4));
	assert_null(tracker_session(t, 0));
	tracker_free(t);
}

/* The one at place 0 is removed: no boot or halt of it comes any more. Another one gets the place, and the numbers begin anew. */
static void a_removal_ends_what_is_open(void **state)
{
	static const struct step steps[] = {
		ACCEPT(1, 0, 1, PEER, 22, 1), ACCEPT(2, 1, 1, PEER, 22, 2), CONNECT(3, 0, 1, 9, FAR, 80, 1),
	};
	static const struct step late[] = { BY(EV_EXEC, 6, 0, 1, 1), VERDICT(6, 0, "10.0.0.16", FAR, 80, 0, 0) };
	struct event removed = { .kind = EV_HONEYPOT, .at_us = 5000000, .origin = { SOURCE_SUPERVISOR, 1, 1 },
				 .state = span_of(HONEYPOT_REMOVED) };
	struct event first = event_of(&(struct step)ACCEPT(9, 0, 1, PEER, 22, 0));

	(void)state;
	for (int learned = 0; learned < 2; learned++) {
		struct tracker *t = tracker_new(&net);

		run(t, "before", steps, nitems(steps));
		if (learned)
			tracker_learn(t, &removed);
		else
			tracker_feed(t, &removed);
		assert_int_equal(tracker_session(t, 1)->end_us, 5000000);
		assert_int_equal(tracker_session(t, 2)->end_us, 0);
		tracker_forget(t, 0);
		run(t, "after", late, nitems(late));
		first.origin.epoch = 2;
		tracker_feed(t, &first);
		assert_int_equal(first.session, 3);
		tracker_free(t);
	}
}

static void the_account_is_the_first_logname(void **state)
{
	static const struct {
		const char *what;
		uint16_t port;
		struct { const char *env, *file; } exec[3];
		const char *want;
	} rows[] = {
		{ "a login", 22, { { "LOGNAME=bob", "/bin/bash" }, { "LOGNAME=root", "/bin/su" } }, "bob" },
		{ "sshd's own", 22, { { "LOGNAME=root", "/usr/sbin/sshd" }, { "LOGNAME=bob", "/bin/sh" } }, "bob" },
		{ "newer sshd", 22, { { "LOGNAME=root", "/usr/lib/openssh/sshd-session" } }, "" },
		{ "a name like it", 22, { { "LOGNAME=bob", "/bin/ssh" } }, "bob" },
		{ "no file", 22, { { "LOGNAME=bob", NULL } }, "bob" },
		{ "not ssh", 80, { { "LOGNAME=www", "/bin/sh" } }, "" },
		{ "none", 22, { { "HOME=/", "/bin/sh" } }, "" },
		{ "too long", 22, { { "LOGNAME=01234567890123456789012345678901"
				      "23456789012345678901234567890123", "/x" } }, "" },
	};

	(void)state;
	for (size_t i = 0; i < nitems(rows); i++) {
		struct tracker *t = tracker_new(&net);
		const struct step accept = ACCEPT(1, 0, 1, PEER, rows[i].port, 1);

		run(t, rows[i].what, &accept, 1);
		for (size_t k = 0; k < 3 && rows[i].exec[k].env; k++) {
			struct step s = { EV_EXEC, 2, 0, 1, 0, NULL, NULL, 0, rows[i].exec[k].env,
					  rows[i].exec[k].file, 1, 0 };

			run(t, rows[i].what, &s, 1);
		}
		if (strcmp(tracker_session(t, 1)->user, rows[i].want))
			fail_msg("%s: %s", rows[i].what, tracker_session(t, 1)->user);
		tracker_free(t);
	}
}

static void a_restored_tracker_goes_on(void **state)
{
	struct tracker *t = tracker_new(&net);
	struct session s = { .id = 41, .epoch = 1, .conn = 7, .honeypot_index = 1, .start_us = 1000000 };
	struct session gone = { .id = 99, .epoch = 1, .conn = 8, .honeypot_index = -1 };
	static const struct step steps[] = {
		TAGGED(2, 1, "10.0.0.17", FAR, 80, 7, 41, 0), BY(EV_EXEC, 2, 1, 7, 41), BY(EV_EXEC, 2, 0, 7, 0), BY(EV_EXEC, 2, 1, 8, 0),
		ACCEPT(3, 1, 9, PEER, 22, 100),
		BY(EV_CLOSE, 4, 1, 7, 41),
	};

	(void)state;
	tracker_restore(t, &s);
	tracker_restore(t, &gone);
	assert_int_equal(tracker_next_session(t), 100);
	run(t, "restored", steps, nitems(steps));
	assert_int_equal(tracker_open_sessions(t), 1);
	tracker_free(t);
}

/* learn() what feed() gave numbers to, and both trackers know the same. */
static void a_journal_can_be_learned(void **state)
{
	static const struct step steps[] = {
		ACCEPT(1, 0, 1, PEER, 22, 1), BY(EV_HALT, 2, 0, 0, 0), ACCEPT(3, 0, 2, PEER, 22, 2),
		CONNECT(4, 0, 2, 50, FAR, 80, 2), ACCEPT(5, 0, 3, "127.0.0.1", 22, 0),
	};
	static const struct step after[] = {
		VERDICT(6, 0, "10.0.0.16", FAR, 80, 2, 50), BY(EV_EXEC, 6, 0, 1, 1), BY(EV_EXEC, 6, 0, 3, 0),
		ACCEPT(7, 0, 4, PEER, 22, 3),
	};
	struct tracker *live = tracker_new(&net), *t = tracker_new(&net);

	(void)state;
	for (size_t i = 0; i < nitems(steps); i++) {
		struct event e = event_of(&steps[i]);

		tracker_feed(live, &e);
		tracker_learn(t, &e);
	}
	for (size_t i = 0; i < nitems(steps); i++) {	/* and once more changes nothing */
		struct event e = event_of(&steps[i]);

		e.session = steps[i].want;
		tracker_learn(t, &e);
	}
	assert_int_equal(tracker_open_sessions(t), 1);
	assert_int_equal(tracker_session(t, 1)->end_us, tracker_session(live, 1)->end_us);
	run(t, "learned", after, nitems(after));
	tracker_free(live);
	tracker_free(t);
}

static void a_flood_costs_only_its_honeypot(void **state)
{
	struct tracker *t = tracker_new(&net);
	const struct step first = ACCEPT(1, 1, 1, PEER, 22, 1);
	const struct step after[] = { BY(EV_EXEC, 9, 1, 1, 1), BY(EV_EXEC, 9, 0, 1, 0) };
	uint64_t n = 3 * TRACKER_SESSIONS;

	(void)state;
	run(t, "first", &first, 1);
	for (uint64_t i = 1; i <= n; i++) {
		struct step s = ACCEPT(2, 0, i, PEER, 22, i + 1);
		struct step close = BY(EV_CLOSE, 3, 0, i, i + 1);

		run(t, "flood", &s, 1);
		if (i % 2)
			run(t, "close", &close, 1);
	}
	run(t, "after", after, nitems(after));
	{
		struct step newest = BY(EV_EXEC, 9, 0, n, n + 1);

		run(t, "newest", &newest, 1);
	}
	assert_true(tracker_open_sessions(t) <= TRACKER_SESSIONS);
	tracker_free(t);
}

/* --- flows ------------------------------------------------------------------------------------ */

struct flow_step {
	enum event_kind kind;
	uint64_t at, start;		/* seconds */
	const char *src, *dest;
	uint16_t src_port, dest_port;
	const char *state, *reason;	/* verdict: what it was; flow: what it must become */
	uint64_t conn, entity;		/* accept, connect: said; flow, alert, verdict: entity it must get */
	uint64_t session;		/* it must get */
	int pot;
};

static struct event flow_event(const struct flow_step *s)
{
	bool guest = s->kind == EV_ACCEPT || s->kind == EV_CONNECT || s->kind == EV_CLOSE;
	struct event e = {
		.kind = s->kind, .at_us = s->at * 1000000, .start_us = s->start * 1000000, .honeypot = s->pot,
		.proto = IPPROTO_TCP, .src_port = s->src_port, .dest_port = s->dest_port,
		.origin = { guest ? SOURCE_GUEST : s->kind == EV_VERDICT ? SOURCE_GATEWAY : SOURCE_FLOW, 1, 1 },
	};

	assert_int_equal(addr_parse(s->src, &e.src), 0);
	assert_int_equal(addr_parse(s->dest, &e.dest), 0);
	if (guest)
		e.process = (struct event_process){ .conn = s->conn, .entity = s->entity };
	if (s->kind == EV_VERDICT) {
		e.state = span_of(s->state);
		e.reason = span_of(s->reason);
	}
	return e;
}

static void run_flows(struct tracker *t, const char *what, const struct flow_step *steps, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct flow_step *s = &steps[i];
		struct event e = flow_event(s);

		tracker_feed(t, &e);
		if (e.session != s->session || e.process.entity != s->entity)
			fail_msg("%s, step %zu: session %llu, entity %llu", what, i, (unsigned long long)e.session,
				 (unsigned long long)e.process.entity);
		if (s->kind == EV_FLOW && (!span_is(e.state, s->state) || !span_is(e.reason, s->reason)))
			fail_msg("%s, step %zu: %.*s %.*s", what, i, (int)e.state.len, e.state.at, (int)e.reason.len,
				 e.reason.at);
	}
}

#define FLOWS(what, ...) do {                                                                 \
	static const struct flow_step steps_[] = { __VA_ARGS__ };                             \
	struct tracker *t_ = tracker_new(&net);                                               \
	run_flows(t_, what, steps_, nitems(steps_));                                          \
	tracker_free(t_);                                                                     \
} while (0)
#define WWW "10.0.0.16"
#define DNS "10.0.0.17"
#define IN(kind, at, port, ...) { kind, at, at, PEER, WWW, port, 22, __VA_ARGS__ }
#define OUT(kind, at, port, ...) { kind, at, at, WWW, FAR, port, 80, __VA_ARGS__ }

static void flows_get_verdict_and_session(void **state)
{
	(void)state;
	FLOWS("the gateway's word came before the second connect's", IN(EV_ACCEPT, 1, 999, NULL, NULL, 1, 7, 1, 0),
	      OUT(EV_CONNECT, 2, 0, NULL, NULL, 1, 50, 1, 0), OUT(EV_VERDICT, 2, 4000, "accept", "rule 2", 0, 50, 1, 0),
	      OUT(EV_VERDICT, 3, 4001, "accept", "rule 2", 0, 0, 0, 0), OUT(EV_CONNECT, 3, 0, NULL, NULL, 1, 51, 1, 0),
	      OUT(EV_VERDICT, 4, 4000, "accept", "rule 2", 0, 50, 1, 0),
	      OUT(EV_FLOW, 3, 4001, "accept", "rule 2", 0, 51, 1, 0));
	FLOWS("two connects before the gateway's word", IN(EV_ACCEPT, 1, 999, NULL, NULL, 1, 7, 1, 0),
	      OUT(EV_CONNECT, 2, 0, NULL, NULL, 1, 50, 1, 0), OUT(EV_CONNECT, 4, 0, NULL, NULL, 1, 51, 1, 0),
	      OUT(EV_VERDICT, 2, 4000, "accept", "rule 2", 0, 50, 1, 0), OUT(EV_VERDICT, 4, 4001, "accept", "rule 2", 0, 51, 1, 0));
	FLOWS("a visit", IN(EV_VERDICT, 1, 999, "accept", "rule 1", 0, 0, 0, 0),
	      IN(EV_ACCEPT, 1, 999, NULL, NULL, 1, 7, 1, 0),
	      { EV_FLOW, 9, 1, PEER, WWW, 999, 22, "accept", "rule 1", 0, 0, 1, 0 });
	FLOWS("a visit that was accepted before the gateway's word came", IN(EV_ACCEPT, 1, 999, NULL, NULL, 1, 7, 1, 0),
	      IN(EV_VERDICT, 1, 999, "accept", "rule 1", 0, 0, 0, 0),
	      { EV_FLOW, 9, 1, PEER, WWW, 999, 22, "accept", "rule 1", 0, 0, 1, 0 });
	FLOWS("a long one", IN(EV_VERDICT, 1, 999, "accept", "rule 1", 0, 0, 0, 0),
	      IN(EV_ACCEPT, 1, 999, NULL, NULL, 1, 7, 1, 0),
	      { EV_FLOW, 90000, 1, PEER, WWW, 999, 22, "accept", "rule 1", 0, 0, 1, 0 });
	FLOWS("another port is another connection", IN(EV_VERDICT, 1, 999, "accept", "rule 1", 0, 0, 0, 0),
	      IN(EV_ACCEPT, 1, 999, NULL, NULL, 1, 7, 1, 0),
	      { EV_FLOW, 9, 1, PEER, WWW, 998, 22, "", "", 0, 0, 0, 0 });
	FLOWS("the last word counts", OUT(EV_VERDICT, 1, 999, "accept", "rule 2", 0, 0, 0, 0),
	      OUT(EV_VERDICT, 2, 999, "drop", "budget bytes", 0, 0, 0, 0),
	      { EV_FLOW, 9, 1, WWW, FAR, 999, 80, "drop", "budget bytes", 0, 0, 0, 0 });
	FLOWS("a program's", IN(EV_ACCEPT, 1, 999, NULL, NULL, 1, 7, 1, 0),
	      { EV_CONNECT, 2, 0, WWW, FAR, 0, 80, NULL, NULL, 1, 50, 1, 0 },
	      OUT(EV_VERDICT, 2, 999, "accept", "rule 2", 0, 50, 1, 0),
	      { EV_FLOW, 500, 2, WWW, FAR, 999, 80, "accept", "rule 2", 0, 50, 1, 0 });
	FLOWS("a program's, by a rule that logs nothing", IN(EV_ACCEPT, 1, 999, NULL, NULL, 1, 7, 1, 0),
	      { EV_CONNECT, 2, 0, WWW, FAR, 0, 80, NULL, NULL, 1, 50, 1, 0 },
	      { EV_FLOW, 500, 2, WWW, FAR, 999, 80, "", "", 0, 50, 1, 0 });
	FLOWS("a port that is used again long after", IN(EV_VERDICT, 1, 999, "accept", "rule 1", 0, 0, 0, 0),
	      IN(EV_ACCEPT, 1, 999, NULL, NULL, 1, 7, 1, 0), IN(EV_VERDICT, 500, 999, "drop", "default", 0, 0, 0, 0),
	      { EV_FLOW, 501, 500, PEER, WWW, 999, 22, "drop", "default", 0, 0, 0, 0 });
	FLOWS("one that ended before the next visit began", IN(EV_VERDICT, 1, 999, "accept", "rule 1", 0, 0, 0, 0),
	      IN(EV_ACCEPT, 10, 999, NULL, NULL, 1, 7, 1, 0),
	      { EV_FLOW, 9, 1, PEER, WWW, 999, 22, "accept", "rule 1", 0, 0, 0, 0 });
	FLOWS("a honeypot that speaks of another's connections",
	      { EV_ACCEPT, 1, 1, PEER, DNS, 999, 22, NULL, NULL, 1, 7, 1, 0 },
	      { EV_FLOW, 9, 1, PEER, DNS, 999, 22, "", "", 0, 0, 0, 1 });
}

static void alerts_get_their_session(void **state)
{
	(void)state;
	FLOWS("of a visit, whichever way", IN(EV_ACCEPT, 1, 999, NULL, NULL, 1, 7, 1, 0),
	      IN(EV_ALERT, 500, 999, NULL, NULL, 0, 0, 1, 0),
	      { EV_ALERT, 500, 0, WWW, PEER, 22, 999, NULL, NULL, 0, 0, 1, 0 },
	      { EV_ALERT, 500, 0, PEER, WWW, 22, 999, NULL, NULL, 0, 0, 0, 0 });
	FLOWS("of a program", { EV_CONNECT, 2, 0, WWW, FAR, 0, 80, NULL, NULL, 0, 50, 0, 0 },
	      OUT(EV_ALERT, 3, 999, NULL, NULL, 0, 50, 0, 0), OUT(EV_ALERT, 300, 999, NULL, NULL, 0, 0, 0, 0));
}

/* Learnt from the journal, or from a session that is open: the flow that ends later is explained all the same. */
static void a_new_tracker_explains_old_flows(void **state)
{
	static const struct flow_step before[] = {
		IN(EV_VERDICT, 1, 999, "accept", "rule 1", 0, 0, 0, 0), IN(EV_ACCEPT, 1, 999, NULL, NULL, 1, 7, 1, 0),
		OUT(EV_VERDICT, 2, 999, "drop", "budget tcp", 0, 0, 0, 0),
	};
	static const struct flow_step after[] = {
		{ EV_FLOW, 9, 1, PEER, WWW, 999, 22, "accept", "rule 1", 0, 0, 1, 0 },
		{ EV_FLOW, 9, 2, WWW, FAR, 999, 80, "drop", "budget tcp", 0, 0, 0, 0 },
	};
	static const struct flow_step restored = { EV_FLOW, 9, 1, PEER, WWW, 999, 22, "", "", 0, 0, 41, 0 };
	struct tracker *live = tracker_new(&net), *t = tracker_new(&net);
	struct session s = { .id = 41, .epoch = 1, .conn = 7, .start_us = 1000000, .src_port = 999, .dest_port = 22 };

	(void)state;
	for (size_t i = 0; i < nitems(before); i++) {
		struct event e = flow_event(&before[i]);

		tracker_feed(live, &e);
		tracker_learn(t, &e);
	}
	run_flows(t, "learned", after, nitems(after));
	tracker_free(t);
	t = tracker_new(&net);
	addr_parse(PEER, &s.src);
	addr_parse(WWW, &s.dest);
	tracker_restore(t, &s);
	run_flows(t, "restored", &restored, 1);
	tracker_free(t);
	tracker_free(live);
}

/* More connections than there is room for: the newest are known, and nothing breaks. */
static void old_flows_are_forgotten(void **state)
{
	struct tracker *t = tracker_new(&net);
	struct flow_step last = IN(EV_FLOW, 1, 0, "drop", "default", 0, 0, 0, 0);
	unsigned known = 0, n = 3 * 65536;

	(void)state;
	for (unsigned i = 0; i < n; i++) {
		struct flow_step s = IN(EV_VERDICT, 1, (uint16_t)i, "drop", "default", 0, 0, 0, 0);

		s.dest_port = (uint16_t)(i >> 16);
		{
			struct event e = flow_event(&s);

			tracker_feed(t, &e);
		}
	}
	for (unsigned i = 0; i < n; i++) {
		struct event e;

		last.src_port = (uint16_t)i;
		last.dest_port = (uint16_t)(i >> 16);
		e = flow_event(&last);
		tracker_feed(t, &e);
		known += e.state.len > 0;
		if (i == n - 1)
			assert_true(span_is(e.state, "drop"));
	}
	assert_true(known > 40000 && known <= 65536);
	tracker_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sessions_follow_the_connection),
		cmocka_unit_test(mapped_addresses_become_plain),
		cmocka_unit_test(of_ipv6_likewise),
		cmocka_unit_test(verdicts_find_their_connect), cmocka_unit_test(a_tag_says_whose_it_is),
		cmocka_unit_test(the_oldest_connects_are_forgotten),
		cmocka_unit_test(halts_end_what_is_open),
		cmocka_unit_test(a_removal_ends_what_is_open),
		cmocka_unit_test(the_account_is_the_first_logname),
		cmocka_unit_test(a_restored_tracker_goes_on),
		cmocka_unit_test(a_journal_can_be_learned),
		cmocka_unit_test(a_flood_costs_only_its_honeypot),
		cmocka_unit_test(flows_get_verdict_and_session),
		cmocka_unit_test(alerts_get_their_session),
		cmocka_unit_test(a_new_tracker_explains_old_flows),
		cmocka_unit_test(old_flows_are_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
