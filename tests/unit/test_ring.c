/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The capture ring between both its ends: the writer is the one in the honeypots' kernel, the reader is capture's. */
#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "capture/ring_reader.h"
#include "guest/ring.h"
#include "model/plan.h"
#include "writer.h"

enum { RING_SIZE = 128 * 1024, MAP_SIZE = SKEP_RING_HEADER + RING_CONFIG_MAX + RING_SIZE + RING_MEMORY };

struct rig {
	int fd;
	struct skep_ring *ring;
	uint8_t *data;
	struct pv_writer writer;
	struct ring_reader reader;
};

static int set_up(void **state)
{
	struct rig *r = xcalloc(1, sizeof(*r));

	r->fd = ring_make(RING_SIZE, true);
	r->ring = mmap(NULL, MAP_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, 0);
	r->data = (uint8_t *)r->ring + SKEP_RING_HEADER + RING_CONFIG_MAX;
	*state = r;
	return r->fd < 0 || pv_writer_open(&r->writer, r->ring, MAP_SIZE) < 0 ||
	       ring_reader_open(&r->reader, r->fd, RING_SIZE) < 0;
}

static int tear_down(void **state)
{
	struct rig *r = *state;

	ring_reader_close(&r->reader);
	munmap(r->ring, MAP_SIZE);
	close(r->fd);
	free(r);
	return 0;
}

/* put() - a record of @kind with its mark and @payload bytes that follow from it */
static enum pv_verdict put(struct rig *r, uint16_t kind, uint64_t mark, size_t payload, unsigned how)
{
	static uint8_t bytes[SKEP_TTY_MAX];
	struct pv_field field[] = { { &mark, sizeof(mark), SKEP_T_SIZE }, { bytes, (uint32_t)payload, SKEP_T_BYTES } };
	struct skep_rec rec = { .kind = kind, .time_ns = mark * 1000, .pid = 100, .comm = "storm" };

	for (size_t i = 0; i < payload; i++)
		bytes[i] = (uint8_t)(mark + i);
	return pv_writer_try(&r->writer, &rec, field, nitems(field), how);
}

static bool bytes_are_right(const struct event *e)
{
	for (size_t i = 0; i < e->bytes.len; i++)
		if ((uint8_t)e->bytes.at[i] != (uint8_t)(e->size + i))
			return false;
	return true;
}

/* next() - the next record, released at once */
static struct event next(struct rig *r)
{
	struct event e = { 0 };

	assert_int_equal(ring_reader_next(&r->reader, &e), 1);
	assert_true(bytes_are_right(&e));
	ring_reader_release(&r->reader, e.origin.seq);
	return e;
}

static void a_ring_goes_round(void **state)
{
	struct rig *r = *state;
	struct event e;

	for (uint64_t seq = 1; seq < 400; seq++) {
		size_t n = (size_t)(seq * 37 % 3000);

		assert_int_equal(put(r, SKEP_TTY_OUT, seq, n, 0), PV_PUT);
		e = next(r);
		assert_int_equal(e.origin.seq, seq);
		assert_int_equal(e.size, seq);
		assert_int_equal(e.bytes.len, n);
		assert_int_equal(ring_reader_next(&r->reader, &e), 0);
		assert_int_equal(r->ring->tail, r->ring->head);
	}
}

static void what_is_not_released_is_read_again(void **state)
{
	struct rig *r = *state;
	struct event e;

	for (uint64_t seq = 1; seq <= 4; seq++)
		put(r, SKEP_TTY_OUT, seq, 10, 0);
	for (uint64_t seq = 1; seq <= 3; seq++)
		assert_int_equal(ring_reader_next(&r->reader, &e), 1);
	ring_reader_release(&r->reader, 1);
	ring_reader_rewind(&r->reader);
	assert_int_equal(ring_reader_next(&r->reader, &e), 1);
	assert_int_equal(e.origin.seq, 2);
	ring_reader_close(&r->reader);			/* a new reader, as after kill -9 */
	assert_int_equal(ring_reader_open(&r->reader, r->fd, RING_SIZE), 0);
	assert_int_equal(ring_reader_next(&r->reader, &e), 1);
	assert_int_equal(e.origin.seq, 2);
}

/* --- classes ---------------------------------------------------------------------------------- */

/* fill() - records of @kind until one is not put; how many were */
static uint64_t fill(struct rig *r, uint16_t kind, unsigned how, enum pv_verdict ret_last[static 1])
{
	uint64_t n = 0;

	while ((*ret_last = put(r, kind, n + 1, 1000, how)) == PV_PUT)
		n++;
	return n;
}

static uint64_t used(const struct rig *r)
{
	return r->ring->head - r->ring->tail;
}

static void what_is_kept_waits_and_who_cannot_has_a_reserve(void **state)
{
	struct rig *r = *state;
	enum pv_verdict last;
	uint64_t n = fill(r, SKEP_EXEC, 0, &last);

	assert_int_equal(last, PV_FULL);
	assert_in_range(used(r), RING_SIZE * 15 / 16 - 2048, RING_SIZE * 15 / 16);
	n += fill(r, SKEP_CLOSE, PV_ATOMIC, &last);
	assert_int_equal(last, PV_FULL);
	assert_in_range(used(r), RING_SIZE - 2048, RING_SIZE);
	assert_int_equal(r->ring->kept.count + r->ring->bulk.count, 0);
	for (uint64_t seq = 1; seq <= n; seq++)
		assert_int_equal(next(r).origin.seq, seq);
}

static void bulk_is_dropped_until_half_of_the_ring_is_free(void **state)
{
	struct rig *r = *state;
	enum pv_verdict last;
	uint64_t n = fill(r, SKEP_FORK, 0, &last), dropped = 1;
	struct event e;

	assert_int_equal(last, PV_DROPPED);
	assert_in_range(used(r), RING_SIZE * 3 / 4 - 2048, RING_SIZE * 3 / 4 + 2048);
	assert_int_equal(put(r, SKEP_EXEC, 1, 10, 0), PV_PUT);	/* this one is not bulk */
	for (uint64_t seq = 1; used(r) > RING_SIZE / 2 + 4096; seq++) {
		assert_int_equal(next(r).origin.seq, seq);
		assert_int_equal(put(r, SKEP_SIGNAL, 1, 10, 0), PV_DROPPED);
		dropped++;
	}
	while (ring_reader_next(&r->reader, &e) > 0)
		ring_reader_release(&r->reader, e.origin.seq);
	assert_int_equal(e.origin.seq, n + 1);
	assert_int_equal(put(r, SKEP_FILE, 1, 10, 0), PV_PUT);
	e = next(r);
	assert_int_equal(e.kind, EV_LOST);
	assert_int_equal(e.code, dropped);
	assert_true(span_is(e.state, "bulk"));
	assert_true(span_is(e.reason, "its capture ring was full"));
	assert_int_equal(e.at_us, n + 1);		/* of the first that was dropped */
	assert_string_equal(e.process.comm, "storm");
	assert_int_equal(e.origin.seq, n + 2);		/* no gap: a gap is something else */
	e = next(r);
	assert_int_equal(e.kind, EV_FILE);
	assert_int_equal(e.origin.seq, n + 3);
	assert_int_equal(r->ring->bulk.count, dropped);
	assert_int_equal(r->ring->bulk.untold, 0);
	assert_int_equal(r->ring->kept.count, 0);
}

static void patient_bulk_waits(void **state)
{
	struct rig *r = *state;
	enum pv_verdict last;

	fill(r, SKEP_STREAM, PV_PATIENT, &last);
	assert_int_equal(last, PV_FULL);
	assert_in_range(used(r), RING_SIZE * 15 / 16 - 2048, RING_SIZE * 15 / 16);
	assert_int_equal(r->ring->bulk.count, 0);
}

static void contents_leave_others_half_of_the_ring(void **state)
{
	struct rig *r = *state;
	enum pv_verdict last;

	fill(r, SKEP_CONTENT, 0, &last);
	assert_int_equal(last, PV_FULL);
	assert_in_range(used(r), RING_SIZE / 2 - 2048, RING_SIZE / 2);
	assert_int_equal(put(r, SKEP_MODULE, 1, 1000, 0), PV_FULL);
	assert_int_equal(put(r, SKEP_PROBE, 1, 1000, 0), PV_PUT);
	assert_int_equal(put(r, SKEP_EXEC, 1, 1000, 0), PV_PUT);
	assert_int_equal(r->ring->bulk.count, 0);
}

static void each_class_is_told_by_itself_and_by_the_next_kernel_too(void **state)
{
	struct rig *r = *state;
	struct skep_rec rec = { .kind = SKEP_EXIT };
	struct event e;

	pv_writer_drop(&r->writer, &rec);
	rec.kind = SKEP_PROBE;
	pv_writer_drop(&r->writer, &rec);
	pv_writer_drop(&r->writer, &rec);
	assert_int_equal(ring_reader_untold(&r->reader, SKEP_CLASS_KEPT), 1);
	assert_int_equal(ring_reader_untold(&r->reader, SKEP_CLASS_BULK), 2);
	assert_int_equal(pv_writer_open(&r->writer, r->ring, MAP_SIZE), 0);
	assert_int_equal(r->ring->boots, 2);
	assert_int_equal(put(r, SKEP_BOOT, 1, 0, 0), PV_PUT);
	e = next(r);
	assert_true(e.kind == EV_LOST && e.code == 1 && span_is(e.state, "kept"));
	e = next(r);
	assert_true(e.kind == EV_LOST && e.code == 2 && span_is(e.state, "bulk"));
	assert_int_equal(next(r).kind, EV_BOOT);
	assert_int_equal(ring_reader_untold(&r->reader, SKEP_CLASS_KEPT), 0);
}

/* --- deaths ----------------------------------------------------------------------------------- */

static void pause_us(long us)
{
	nanosleep(&(struct timespec){ .tv_nsec = us * 1000 }, NULL);
}

static void kill_and_wait(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* begin() - as fork(); the child ends with us, also if a test fails */
static pid_t begin(void)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	return pid;
}

/* Each step of publishing the second record is the last one of a kernel; the next one writes a third. */
static void wherever_a_kernel_is_killed_numbers_have_no_gap(void **state)
{
	struct rig *r = *state;

	for (int steps = 0; steps <= 4; steps++) {
		struct skep_ring before, after;
		uint64_t first = r->ring->seq + 1, left = steps < 3 ? 2 : 3;

		put(r, SKEP_EXEC, 1, 10, 0);
		before = *r->ring;
		put(r, SKEP_EXEC, 2, 20, 0);
		after = *r->ring;
		*r->ring = before;
		r->ring->next_head = steps > 0 ? after.next_head : before.next_head;
		r->ring->next_seq = steps > 1 ? after.next_seq : before.next_seq;
		r->ring->head = steps > 2 ? after.head : before.head;
		r->ring->seq = steps > 3 ? after.seq : before.seq;
		assert_int_equal(pv_writer_open(&r->writer, r->ring, MAP_SIZE), 0);
		put(r, SKEP_BOOT, 3, 30, 0);
		for (uint64_t i = 0; i < left; i++)
			assert_int_equal(next(r).origin.seq, first + i);
		assert_int_equal(r->ring->tail, r->ring->head);
	}
}

/* A kernel that is killed in the middle of a record leaves neither half of it nor a gap. */
static void a_killed_kernel_leaves_whole_records(void **state)
{
	struct rig *r = *state;
	uint64_t last = 0;

	for (int deaths = 0; deaths < 300; deaths++) {
		pid_t kernel = begin();
		uint64_t until = r->ring->seq + 50;
		struct event e;

		if (kernel == 0) {
			if (pv_writer_open(&r->writer, r->ring, MAP_SIZE) < 0)
				_exit(1);
			for (uint64_t i = 0;; i++)
				put(r, i % 3 ? SKEP_EXEC : SKEP_FORK, i, i * 41 % 2000, 0);
		}
		for (int n; last < until; last += n == 1) {
			n = ring_reader_next(&r->reader, &e);
			assert_in_range(n, 0, 1);
			if (n == 0)
				continue;
			assert_int_equal(e.origin.seq, last + 1);
			assert_true(bytes_are_right(&e));
			ring_reader_release(&r->reader, e.origin.seq);
		}
		kill_and_wait(kernel);
	}
	assert_int_equal(r->ring->boots, 301);
}

enum { STORM = 40000 };

/* What both sides have done, where no death reaches it. */
struct both {
	uint64_t put, dropped;			/* by the kernel */
	uint64_t recorded;			/* seq of the last record that is on disk */
	uint64_t mark[STORM];			/* the seq it had */
	uint32_t lost[2 * STORM];		/* by seq */
	bool bad;
};

static void record_storm(const struct rig *r, struct both *b)
{
	struct ring_reader reader;
	struct event e;

	if (ring_reader_open(&reader, r->fd, RING_SIZE) < 0)
		_exit(1);
	for (;;) {
		int n = ring_reader_next(&reader, &e);

		b->bad |= n < 0 || (n > 0 && (!bytes_are_right(&e) || e.origin.seq > b->recorded + 1));
		if (n == 1 && e.origin.seq == b->recorded + 1) {
			if (e.kind == EV_LOST) {
				b->lost[e.origin.seq] = e.code;
			} else {
				b->bad |= b->mark[e.size] && b->mark[e.size] != e.origin.seq;
				b->mark[e.size] = e.origin.seq;
			}
			__atomic_store_n(&b->recorded, e.origin.seq, __ATOMIC_RELEASE);
		}
		if (n == 1 && e.origin.seq % 64 == 0)	/* what is between is read again by the next one */
			ring_reader_release(&reader, e.origin.seq);
		if (n == 0) {
			ring_reader_release(&reader, b->recorded);
			pause_us(50);
		}
	}
}

/* The reader is killed again and again while the kernel writes all it can. */
static void killed_readers_lose_and_double_nothing(void **state)
{
	struct rig *r = *state;
	struct both *b = mmap(NULL, sizeof(*b), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint64_t kept = 0, bulk = 0, lost = 0;
	pid_t kernel = begin();

	if (kernel == 0) {
		for (uint64_t i = 0; i < STORM; i++) {
			enum pv_verdict v;

			while ((v = put(r, i % 4 ? SKEP_FILE : SKEP_EXEC, i, i % 200, 0)) == PV_FULL)
				pause_us(20);
			b->put += v == PV_PUT;
			b->dropped += v == PV_DROPPED;
		}
		_exit(0);
	}
	for (int alive = 1; alive || __atomic_load_n(&b->recorded, __ATOMIC_ACQUIRE) < r->ring->seq;) {
		pid_t reader = begin();

		if (reader == 0)
			record_storm(r, b);
		pause_us(3000);
		kill_and_wait(reader);
		alive = alive && waitpid(kernel, NULL, WNOHANG) == 0;
	}
	assert_false(b->bad);
	assert_int_equal(b->put + b->dropped, STORM);
	for (size_t i = 0; i < STORM; i++)
		*(i % 4 ? &bulk : &kept) += b->mark[i] != 0;
	for (size_t i = 0; i < nitems(b->lost); i++)
		lost += b->lost[i];
	assert_int_equal(kept, STORM / 4);
	assert_int_equal(kept + bulk, b->put);
	assert_int_equal(lost + r->ring->bulk.untold, b->dropped);
	assert_int_equal(r->ring->kept.count, 0);
	munmap(b, sizeof(*b));
}

/* --- enemies ---------------------------------------------------------------------------------- */

static void a_forged_ring_ends_the_reading(void **state)
{
	static const struct { const char *what; uint64_t head; uint32_t len; } rows[] = {
		{ "head before tail", (uint64_t)-8, 200 },
		{ "head too far", RING_SIZE + 8, 200 },
		{ "head not aligned", 129, 200 },
		{ "less than a record", 64, 64 },
		{ "record longer than what is there", 256, 4096 },
		{ "record longer than any", RING_SIZE, SKEP_REC_MAX + 8 },
		{ "record without length", 256, 0 },
	};
	struct rig *r = *state;
	struct event e;

	for (size_t i = 0; i < nitems(rows); i++) {
		ring_reader_close(&r->reader);
		r->ring->tail = r->ring->head = 0;
		assert_int_equal(ring_reader_open(&r->reader, r->fd, RING_SIZE), 0);
		memset(r->data, 0, RING_SIZE);
		memcpy(r->data, &rows[i].len, sizeof(rows[i].len));
		r->ring->head = rows[i].head;
		if (ring_reader_next(&r->reader, &e) != -EBADMSG)
			fail_msg("%s", rows[i].what);
		r->ring->head = 0;				/* too late to take it back */
		assert_int_equal(ring_reader_next(&r->reader, &e), -EBADMSG);
	}
}

/* What was good before the nonsense is read again by who needs it. */
static void nonsense_does_not_hide_what_came_before(void **state)
{
	struct rig *r = *state;
	struct event e;

	put(r, SKEP_EXEC, 1, 10, 0);
	put(r, SKEP_EXEC, 2, 10, 0);
	memset(r->data + r->ring->head % RING_SIZE, 0xff, 64);
	r->ring->head += 256;
	for (int again = 0; again < 2; again++) {
		assert_int_equal(ring_reader_next(&r->reader, &e), 1);
		assert_int_equal(ring_reader_next(&r->reader, &e), 1);
		assert_int_equal(e.origin.seq, 2);
		assert_int_equal(ring_reader_next(&r->reader, &e), -EBADMSG);
		ring_reader_rewind(&r->reader);
	}
}

static void a_forged_tail_is_nonsense_too(void **state)
{
	struct rig *r = *state;
	struct event e;

	ring_reader_close(&r->reader);
	r->ring->tail = 7;
	assert_int_equal(ring_reader_open(&r->reader, r->fd, RING_SIZE), 0);
	assert_int_equal(ring_reader_next(&r->reader, &e), -EBADMSG);
}

static void numbers_must_go_up(void **state)
{
	struct rig *r = *state;
	struct event e;

	put(r, SKEP_EXEC, 1, 1, 0);
	r->ring->seq = 0;
	put(r, SKEP_EXEC, 1, 1, 0);
	assert_int_equal(ring_reader_next(&r->reader, &e), 1);
	assert_int_equal(ring_reader_next(&r->reader, &e), -EBADMSG);
}

static void with_its_disk_it_loses_its_memory(void **state)
{
	struct rig *r = *state;
	uint8_t *memory = r->data + RING_SIZE;

	memset(r->data, 1, RING_SIZE + RING_MEMORY);
	r->ring->memory = 0;	/* whatever it says */
	assert_int_equal(ring_forget(r->fd), 0);
	assert_int_equal(r->data[RING_SIZE - 1], 1);
	for (size_t i = 0; i < RING_MEMORY; i++)
		assert_int_equal(memory[i], 0);
}

static void a_guest_cannot_cut_its_ring(void **state)
{
	struct rig *r = *state;

	assert_int_equal(ftruncate(r->fd, 4096), -1);
	assert_int_equal(errno, EPERM);
}

static void a_kernel_takes_no_other_ring(void **state)
{
	struct rig *r = *state;
	struct skep_ring good = *r->ring;
	static const struct { const char *what; struct skep_ring ring; } rows[] = {
		{ "another format", { .magic = SKEP_RING_MAGIC, .version = 1, .size = RING_SIZE, .data = SKEP_RING_HEADER } },
		{ "no power of two", { .magic = SKEP_RING_MAGIC, .version = SKEP_RING_VERSION, .size = RING_SIZE + 8,
				       .data = SKEP_RING_HEADER } },
		{ "data in the header", { .magic = SKEP_RING_MAGIC, .version = SKEP_RING_VERSION, .size = RING_SIZE } },
		{ "longer than it is", { .magic = SKEP_RING_MAGIC, .version = SKEP_RING_VERSION, .size = 64 << 20,
					 .data = SKEP_RING_HEADER } },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		*r->ring = rows[i].ring;
		if (pv_writer_open(&r->writer, r->ring, MAP_SIZE) == 0)
			fail_msg("%s", rows[i].what);
	}
	*r->ring = good;
	assert_int_equal(pv_writer_open(&r->writer, r->ring, SKEP_RING_HEADER - 1), -1);
	assert_int_equal(pv_writer_open(&r->writer, r->ring, MAP_SIZE), 0);
}

/* --- the host's look at it -------------------------------------------------------------------- */

static void who_waits_for_nobody_is_seen(void **state)
{
	struct rig *r = *state;
	uint64_t tail = 0;

	assert_false(ring_waits(r->fd, &tail));
	assert_false(ring_waits(r->fd, &tail));
	r->ring->waiting = 1;
	assert_false(ring_waits(r->fd, &tail));		/* it only just began */
	assert_true(ring_waits(r->fd, &tail));
	r->ring->tail += 8;				/* somebody reads */
	assert_false(ring_waits(r->fd, &tail));
	assert_true(ring_waits(r->fd, &tail));
	r->ring->waiting = 0;
	assert_false(ring_waits(r->fd, &tail));
}

static void what_is_not_taken_out_is_counted(void **state)
{
	struct rig *r = *state;

	assert_int_equal(ring_unread(r->fd), 0);
	r->ring->head += 48;
	assert_int_equal(ring_unread(r->fd), 48);
	r->ring->tail += 48;
	assert_int_equal(ring_unread(r->fd), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_ring_goes_round, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_not_released_is_read_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_kept_waits_and_who_cannot_has_a_reserve, set_up, tear_down),
		cmocka_unit_test_setup_teardown(bulk_is_dropped_until_half_of_the_ring_is_free, set_up, tear_down),
		cmocka_unit_test_setup_teardown(patient_bulk_waits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(contents_leave_others_half_of_the_ring, set_up, tear_down),
		cmocka_unit_test_setup_teardown(each_class_is_told_by_itself_and_by_the_next_kernel_too, set_up, tear_down),
		cmocka_unit_test_setup_teardown(wherever_a_kernel_is_killed_numbers_have_no_gap, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_killed_kernel_leaves_whole_records, set_up, tear_down),
		cmocka_unit_test_setup_teardown(killed_readers_lose_and_double_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_forged_ring_ends_the_reading, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nonsense_does_not_hide_what_came_before, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_forged_tail_is_nonsense_too, set_up, tear_down),
		cmocka_unit_test_setup_teardown(numbers_must_go_up, set_up, tear_down),
		cmocka_unit_test_setup_teardown(with_its_disk_it_loses_its_memory, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_guest_cannot_cut_its_ring, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_kernel_takes_no_other_ring, set_up, tear_down),
		cmocka_unit_test_setup_teardown(who_waits_for_nobody_is_seen, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_not_taken_out_is_counted, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
