/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Channels, the outbox, and the lanes on which events are numbered. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/mem.h"
#include "roles/lane.h"
#include "run/chan.h"
#include "run/outbox.h"

static struct chan_buf buf;

static int open_pair(void **state)
{
	static int fds[2];

	*state = fds;
	return chan_pair(fds);
}

static int close_pair(void **state)
{
	int *fds = *state;

	close(fds[0]);
	close(fds[1]);
	return 0;
}

static void a_message_keeps_its_bounds_and_its_descriptor(void **state)
{
	int *fds = *state;
	_text_ struct text t = { 0 };
	struct msg m;

	put_u16(&t, 513);
	text_add(&t, "tail");
	assert_int_equal(chan_send(fds[0], 7, &t, STDIN_FILENO), 0);
	assert_int_equal(chan_send(fds[0], 8, NULL, -1), 0);
	assert_int_equal(chan_recv(fds[1], &buf, &m), 1);
	assert_int_equal(m.type, 7);
	assert_int_equal(get_u16(&m.body), 513);
	assert_true(span_is(get_span(&m.body, cursor_left(&m.body)), "tail"));
	assert_true(m.fd > 2);
	assert_int_equal(fcntl(m.fd, F_GETFD), FD_CLOEXEC);
	close(m.fd);
	assert_int_equal(chan_recv(fds[1], &buf, &m), 1);
	assert_int_equal(m.type, 8);
	assert_int_equal(m.fd, -1);
	assert_int_equal(chan_recv(fds[1], &buf, &m), -EAGAIN);
}

static void the_end_of_a_channel_is_seen_on_both_sides(void **state)
{
	int fds[2];
	struct msg m;

	(void)state;
	assert_int_equal(chan_pair(fds), 0);
	assert_int_equal(chan_send(fds[0], 1, NULL, -1), 0);
	close(fds[0]);
	assert_int_equal(chan_recv(fds[1], &buf, &m), 1);	/* what was sent before is still there */
	assert_int_equal(chan_recv(fds[1], &buf, &m), 0);
	assert_int_equal(chan_send(fds[1], 1, NULL, -1), -EPIPE);
	close(fds[1]);
}

static void what_the_dead_had_said_is_heard(void **state)
{
	struct msg m;
	int fds[2];

	(void)state;
	assert_int_equal(chan_pair(fds), 0);
	assert_int_equal(chan_send(fds[0], 7, NULL, -1), 0);
	assert_int_equal(chan_send(fds[1], 8, NULL, -1), 0);
	close(fds[0]);		/* it never read that: the kernel calls it a reset */
	assert_int_equal(chan_recv(fds[1], &buf, &m), 1);
	assert_int_equal(m.type, 7);
	assert_int_equal(chan_recv(fds[1], &buf, &m), 0);
	close(fds[1]);
}

static void too_long_is_refused_by_the_sender(void **state)
{
	int *fds = *state;
	_text_ struct text t = { 0 };

	for (size_t i = 0; i < CHAN_MAX; i++)
		text_addc(&t, 'x');
	assert_int_equal(chan_send(fds[0], 1, &t, -1), -EMSGSIZE);
}

static void an_empty_packet_is_nonsense(void **state)
{
	int *fds = *state;
	struct msg m;

	assert_int_equal(write(fds[0], "x", 1), 1);
	assert_int_equal(chan_recv(fds[1], &buf, &m), -EBADMSG);
}

static uint64_t next_number(int fd)
{
	struct msg m;

	return chan_recv(fd, &buf, &m) == 1 ? get_u64(&m.body) : 0;
}

static void an_outbox_sends_again_what_was_not_acknowledged(void **state)
{
	int *fds = *state;
	struct outbox *o = xcalloc(1, sizeof(*o));

	for (uint64_t seq = 1; seq <= OUTBOX_MAX; seq++) {
		_text_ struct text t = { 0 };

		put_u64(&t, seq);
		assert_int_equal(outbox_give(o, seq, &t), 0);
	}
	assert_true(outbox_full(o));
	assert_int_equal(outbox_give(o, OUTBOX_MAX + 1, &(struct text){ 0 }), -ENOBUFS);
	while (outbox_flush(o, fds[0], 1) == -EAGAIN)	/* the channel holds fewer than the outbox */
		while (next_number(fds[1]))
			;
	while (next_number(fds[1]))
		;
	outbox_release(o, OUTBOX_MAX - 2);
	outbox_rewind(o);
	assert_int_equal(outbox_flush(o, fds[0], 1), 0);
	assert_int_equal(next_number(fds[1]), OUTBOX_MAX - 1);
	assert_int_equal(next_number(fds[1]), OUTBOX_MAX);
	assert_int_equal(next_number(fds[1]), 0);
	outbox_release(o, OUTBOX_MAX);
	assert_int_equal(outbox_last(o), 0);
	for (size_t i = 0; i < OUTBOX_MAX; i++)
		text_fini(&o->slot[i].body);
	free(o);
}

static void each_event_finds_its_lane(void **state)
{
	struct plan *p = xcalloc(1, sizeof(*p));
	int32_t honeypot;

	(void)state;
	p->net.n_honeypots = 4;
	p->epoch = 1000;
	for (uint32_t i = 0; i < 4; i++)
		p->born_us[i] = 1000 + (i == 3);	/* one came later */
	for (uint32_t i = 0; i < MAX_LANES; i++) {
		struct event e = { .origin = lane_origin(p, i, &honeypot), .honeypot = 2 };

		if (i < MAX_HONEYPOTS)
			e.honeypot = honeypot;
		assert_int_equal(lane_find(p, &e), i < 4 || i >= MAX_HONEYPOTS ? (int)i : -ENOENT);
	}
	assert_int_equal(lane_find(p, &(struct event){ .origin = { SOURCE_GUEST, 1000, 1 }, .honeypot = 3 }), -ENOENT);
	assert_int_equal(lane_find(p, &(struct event){ .origin = { SOURCE_GUEST, 999, 1 } }), -ENOENT);
	assert_int_equal(lane_find(p, &(struct event){ .origin = { SOURCE_GUEST, 1000, 1 }, .honeypot = 4 }), -ENOENT);
	free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_message_keeps_its_bounds_and_its_descriptor, open_pair, close_pair),
		cmocka_unit_test(the_end_of_a_channel_is_seen_on_both_sides),
		cmocka_unit_test(what_the_dead_had_said_is_heard),
		cmocka_unit_test_setup_teardown(too_long_is_refused_by_the_sender, open_pair, close_pair),
		cmocka_unit_test_setup_teardown(an_empty_packet_is_nonsense, open_pair, close_pair),
		cmocka_unit_test_setup_teardown(an_outbox_sends_again_what_was_not_acknowledged, open_pair, close_pair),
		cmocka_unit_test(each_event_finds_its_lane),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
