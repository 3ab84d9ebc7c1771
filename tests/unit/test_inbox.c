/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The inbox: real sockets, and readers that die at every moment there is. */
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "capture/inbox.h"

static const struct inbox_form form = { .slots = 256, .size = 64 };

struct wire {
	int in, out, memory;
};

static void wire_make(struct wire *w)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int one = 1, room = 4 * 1024 * 1024;

	w->in = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	w->out = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_return_code(bind(w->in, (struct sockaddr *)&a, sizeof(a)), errno);
	assert_return_code(getsockname(w->in, (struct sockaddr *)&a, &len), errno);
	assert_return_code(connect(w->out, (struct sockaddr *)&a, sizeof(a)), errno);
	assert_return_code(setsockopt(w->in, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof(one)), errno);
	if (setsockopt(w->in, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) < 0)
		setsockopt(w->in, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	w->memory = inbox_make(&form);
	assert_true(w->memory >= 0);
}

static void wire_end(struct wire *w)
{
	close(w->in);
	close(w->out);
	close(w->memory);
}

static void say(const struct wire *w, uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i <= to; i++) {
		char text[16];
		int n = snprintf(text, sizeof(text), "%u", i);

		assert_int_equal(send(w->out, text, (size_t)n, 0), n);
	}
}

static uint32_t number_of(const struct datagram *d)
{
	char text[16] = "";

	assert_true(d->len < sizeof(text));
	memcpy(text, d->bytes, d->len);
	return (uint32_t)atoi(text);
}

static void datagrams_come_as_they_were_sent(void **state)
{
	struct wire w;
	struct inbox b;
	struct datagram d;
	char longer[100];

	(void)state;
	wire_make(&w);
	assert_int_equal(inbox_open(&b, w.memory, &form), 0);
	assert_int_equal(inbox_fill(&b, w.in), -EAGAIN);
	memset(longer, 'x', sizeof(longer));
	send(w.out, "a", 1, 0);
	send(w.out, "", 0, 0);
	send(w.out, longer, sizeof(longer), 0);
	assert_int_equal(inbox_fill(&b, w.in), 3);
	assert_true(inbox_next(&b, &d));
	assert_true(d.len == 1 && d.bytes[0] == 'a' && !d.cut && d.at_ns && d.src_port);
	assert_int_equal(addr_u32(&d.src), INADDR_LOOPBACK);
	assert_true(inbox_next(&b, &d));
	assert_true(!d.len && !d.cut);
	assert_true(inbox_next(&b, &d));
	assert_true(d.len == 64 && d.cut);
	assert_false(inbox_next(&b, &d));
	inbox_close(&b);
	wire_end(&w);
}

static void a_full_inbox_waits_and_goes_round(void **state)
{
	struct wire w;
	struct inbox b;
	struct datagram d;
	uint32_t seen = 0;

	(void)state;
	wire_make(&w);
	assert_int_equal(inbox_open(&b, w.memory, &form), 0);
	say(&w, 1, 1000);
	while (seen < 1000) {
		int r;

		while ((r = inbox_fill(&b, w.in)) > 0)
			;
		assert_true(r == -ENOSPC || r == -EAGAIN);
		while (inbox_next(&b, &d)) {
			assert_int_equal(number_of(&d), ++seen);
			inbox_done(&b, seen);
		}
		inbox_release(&b, seen - 1);
		inbox_release(&b, seen);
	}
	assert_int_equal(inbox_fill(&b, w.in), -EAGAIN);
	inbox_close(&b);
	wire_end(&w);
}

/* The next reader goes on behind what is on disk, whatever the last one had done beyond. */
static void the_next_reader_goes_on(void **state)
{
	static const struct { const char *what; uint32_t looked, released, on_disk; } rows[] = {
		{ "nothing was looked at", 0, 0, 0 }, { "looked at, not on disk", 10, 0, 0 },
		{ "on disk, not released", 10, 0, 7 }, { "some released", 10, 5, 7 }, { "all of it", 20, 20, 20 },
	};

	(void)state;
	for (size_t i = 0; i < nitems(rows); i++) {
		struct wire w;
		struct inbox b;
		struct datagram d;
		uint32_t want = rows[i].on_disk;

		wire_make(&w);
		assert_int_equal(inbox_open(&b, w.memory, &form), 0);
		say(&w, 1, 20);
		assert_int_equal(inbox_fill(&b, w.in), 20);
		for (uint32_t k = 1; k <= rows[i].looked; k++) {
			assert_true(inbox_next(&b, &d));
			inbox_done(&b, k);
		}
		inbox_release(&b, rows[i].released);
		inbox_close(&b);
		say(&w, 21, 30);

		assert_int_equal(inbox_open(&b, w.memory, &form), 0);
		inbox_resume(&b, rows[i].on_disk);
		inbox_fill(&b, w.in);
		while (inbox_next(&b, &d))
			if (number_of(&d) != ++want)
				fail_msg("%s: %u, not %u", rows[i].what, number_of(&d), want);
		assert_int_equal(want, 30);
		inbox_close(&b);
		wire_end(&w);
	}
}

/* A number given by a reader that died before it was sent must not hide a datagram later. */
static void old_numbers_mean_nothing(void **state)
{
	struct wire w;
	struct inbox b;
	struct datagram d;

	(void)state;
	wire_make(&w);
	assert_int_equal(inbox_open(&b, w.memory, &form), 0);
	say(&w, 1, 2);
	inbox_fill(&b, w.in);
	for (uint32_t i = 1; i <= 2; i++) {
		inbox_next(&b, &d);
		inbox_done(&b, i);
	}
	inbox_resume(&b, 0);		/* nothing of it arrived */
	inbox_next(&b, &d);
	inbox_done(&b, 2);		/* now the first leads to two events */
	inbox_resume(&b, 2);
	assert_true(inbox_next(&b, &d));
	assert_int_equal(number_of(&d), 2);
	inbox_close(&b);
	wire_end(&w);
}

static void nonsense_is_forgotten(void **state)
{
	struct wire w;
	struct inbox b;
	uint64_t *counts;

	(void)state;
	wire_make(&w);
	counts = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, w.memory, 0);
	counts[0] = 5;
	counts[1] = 3;
	assert_int_equal(inbox_open(&b, w.memory, &form), 0);
	say(&w, 1, 1);
	assert_int_equal(inbox_fill(&b, w.in), 1);
	inbox_close(&b);
	munmap(counts, 4096);
	assert_int_equal(inbox_open(&b, w.in, &form), -EBADMSG);
	wire_end(&w);
}

/* Reads until it is killed; tells @told up to where its events are out. */
static void read_for_ever(const struct wire *w, uint64_t *told)
{
	struct inbox b;
	struct datagram d;

	if (inbox_open(&b, w->memory, &form) < 0)
		_exit(1);
	inbox_resume(&b, *told);
	for (;;) {
		inbox_fill(&b, w->in);
		while (inbox_next(&b, &d)) {
			uint64_t n = *told + 1;

			inbox_done(&b, n);
			if (atoi(d.bytes) != (int)n)
				_exit(2);	/* one is lost, or here twice */
			__atomic_store_n(told, n, __ATOMIC_SEQ_CST);
			memset((char *)d.bytes, 0, 16);
		}
		inbox_release(&b, *told);
	}
}

static void readers_are_killed_and_nothing_is_lost(void **state)
{
	uint64_t *told = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	enum { EACH = 400, DEATHS = 150 };
	struct wire w;

	(void)state;
	wire_make(&w);
	for (uint32_t i = 0; i < DEATHS; i++) {
		pid_t pid = fork();
		int status;

		if (!pid)
			read_for_ever(&w, told);
		for (uint32_t k = 1; k <= EACH; k++) {
			say(&w, i * EACH + k, i * EACH + k);
			while (*told + 2000 < i * EACH + k && waitpid(pid, &status, WNOHANG) == 0)
				usleep(10);
		}
		usleep(i * 7 % 300);
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (!WIFSIGNALED(status))
			fail_msg("reader %u ended with %d at %lu", i, WEXITSTATUS(status), (unsigned long)*told);
	}
	munmap(told, 4096);
	wire_end(&w);
}

static void drops_are_counted_once(void **state)
{
	struct wire w;
	struct inbox b;
	int little = 2048;
	uint64_t n;

	(void)state;
	wire_make(&w);
	setsockopt(w.in, SOL_SOCKET, SO_RCVBUF, &little, sizeof(little));
	assert_int_equal(inbox_open(&b, w.memory, &form), 0);
	assert_int_equal(inbox_dropped(&b, w.in), 0);
	say(&w, 1, 100);
	n = inbox_dropped(&b, w.in);
	assert_true(n > 0 && n < 100);
	assert_int_equal(inbox_fill(&b, w.in), 100 - n);
	inbox_settle(&b, n);
	assert_int_equal(inbox_dropped(&b, w.in), 0);
	inbox_close(&b);
	assert_int_equal(inbox_open(&b, w.memory, &form), 0);
	assert_int_equal(inbox_dropped(&b, w.in), 0);
	inbox_close(&b);
	wire_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(datagrams_come_as_they_were_sent),
		cmocka_unit_test(a_full_inbox_waits_and_goes_round),
		cmocka_unit_test(the_next_reader_goes_on),
		cmocka_unit_test(old_numbers_mean_nothing),
		cmocka_unit_test(nonsense_is_forgotten),
		cmocka_unit_test(readers_are_killed_and_nothing_is_lost),
		cmocka_unit_test(drops_are_counted_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
