/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guest records and the ring they come in: what is well formed, and what an enemy could write. */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cursor.h"
#include "base/mem.h"
#include "capture/frame.h"
#include "capture/ring_reader.h"
#include "guest/ring.h"
#include "model/plan.h"
#include "skep/capture.h"

enum { RING_SIZE = 64 * 1024 };

static void put_field(struct text *t, uint16_t tag, const void *p, size_t n)
{
	put_u16(t, tag);
	put_u16(t, 0);
	put_u32(t, (uint32_t)n);
	text_addn(t, p, n);
}

/* record() - a record with these fields appended to @t */
static void record(struct text *t, uint16_t kind, uint64_t seq, const struct text *fields)
{
	struct skep_rec r = { .len = (uint32_t)(sizeof(r) + fields->len), .kind = kind, .flags = SKEP_F_ECHO,
			      .seq = seq, .time_ns = 1700000000123456789ULL, .entity = 7, .parent = 3, .conn = 2,
			      .pid = 100, .ppid = 90, .sid = 95, .uid = 1000, .euid = 0, .gid = 1000,
			      .comm = "bash", .tty = "pts/0" };

	text_addn(t, &r, sizeof(r));
	text_addn(t, text_str(fields), fields->len);
}

static void an_exec_is_read(void **state)
{
	_text_ struct text fields = { 0 }, t = { 0 };
	struct event e;

	(void)state;
	put_field(&fields, SKEP_T_ARGV, "id\0-u\0", 6);
	put_field(&fields, SKEP_T_FILE, "/usr/bin/id", 11);
	put_field(&fields, SKEP_T_CWD, "/root", 5);
	record(&t, SKEP_EXEC, 9, &fields);
	assert_int_equal(frame_read(t.at, t.len, &e), 0);
	assert_int_equal(e.kind, EV_EXEC);
	assert_int_equal(e.at_us, 1700000000123456ULL);
	assert_int_equal(e.origin.seq, 9);
	assert_int_equal(e.process.uid, 1000);
	assert_int_equal(e.process.euid, 0);
	assert_int_equal(e.process.conn, 2);
	assert_string_equal(e.process.tty, "pts/0");
	assert_int_equal(e.args.len, 6);
	assert_true(span_is(e.file, "/usr/bin/id"));
	assert_int_equal(e.flags, EVENT_ECHO);
}

static void the_opener_of_a_connection_is_its_source(void **state)
{
	static const struct { uint16_t kind; const char *src; uint16_t src_port; const char *dest; uint16_t dest_port; } rows[] = {
		{ SKEP_ACCEPT, "198.51.100.66", 40000, "10.10.10.81", 22 },
		{ SKEP_CLOSE, "198.51.100.66", 40000, "10.10.10.81", 22 },
		{ SKEP_CONNECT, "10.10.10.81", 22, "198.51.100.66", 40000 },
	};
	struct skep_flow f = { .family = 4, .proto = 6, .local_port = 22, .remote_port = 40000,
			       .local = { 10, 10, 10, 81 }, .remote = { 198, 51, 100, 66 } };

	(void)state;
	for (size_t i = 0; i < nitems(rows); i++) {
		_text_ struct text fields = { 0 }, t = { 0 };
		struct event e;
		char a[ADDR_TEXT];

		put_field(&fields, SKEP_T_FLOW, &f, sizeof(f));
		record(&t, rows[i].kind, 1, &fields);
		assert_int_equal(frame_read(t.at, t.len, &e), 0);
		assert_string_equal(addr_text(&e.src, a), rows[i].src);
		assert_string_equal(addr_text(&e.dest, a), rows[i].dest);
		assert_int_equal(e.src_port, rows[i].src_port);
		assert_int_equal(e.dest_port, rows[i].dest_port);
	}
}

static void a_chunk_of_a_file_is_read(void **state)
{
	uint64_t size = 1ull << 40, offset = 32768, object = 8;
	_text_ struct text fields = { 0 }, t = { 0 };
	uint32_t op = SKEP_CONTENT_RUN;
	struct skep_rec r;
	struct event e;

	(void)state;
	put_field(&fields, SKEP_T_OP, &op, sizeof(op));
	put_field(&fields, SKEP_T_FILE, "/memfd:\xff (deleted)", 18);
	put_field(&fields, SKEP_T_SIZE, &size, sizeof(size));
	put_field(&fields, SKEP_T_OFFSET, &offset, sizeof(offset));
	put_field(&fields, SKEP_T_OBJECT, &object, sizeof(object));
	put_field(&fields, SKEP_T_BYTES, "\x7f" "ELF\0", 5);
	record(&t, SKEP_CONTENT, 9, &fields);
	memcpy(&r, t.at, sizeof(r));
	r.flags = SKEP_F_LAST;
	memcpy(t.at, &r, sizeof(r));
	assert_int_equal(frame_read(t.at, t.len, &e), 0);
	assert_int_equal(e.kind, EV_CONTENT);
	assert_true(span_is(e.state, "run"));
	assert_int_equal(e.path.len, 18);
	assert_int_equal(e.file.len, 0);
	assert_int_equal(e.size, size);
	assert_int_equal(e.offset, offset);
	assert_int_equal(e.object, object);
	assert_int_equal(e.bytes.len, 5);
	assert_int_equal(e.flags, EVENT_LAST);
}

static void nonsense_is_refused(void **state)
{
	_text_ struct text fields = { 0 }, good = { 0 };
	struct event e;
	uint32_t v;

	(void)state;
	put_field(&fields, SKEP_T_CODE, "\1\0\0\0", 4);
	record(&good, SKEP_EXIT, 1, &fields);
	assert_int_equal(frame_read(good.at, good.len, &e), 0);
	for (size_t n = 0; n < good.len; n++)		/* cut short anywhere */
		assert_int_equal(frame_read(good.at, n, &e), -EBADMSG);

	v = 0xffffffff;					/* a field longer than the record */
	memcpy(good.at + sizeof(struct skep_rec) + 4, &v, sizeof(v));
	assert_int_equal(frame_read(good.at, good.len, &e), -EBADMSG);
	v = 3;						/* a number of three bytes */
	memcpy(good.at + sizeof(struct skep_rec) + 4, &v, sizeof(v));
	assert_int_equal(frame_read(good.at, good.len, &e), -EBADMSG);
	good.at[4] = 99;				/* a kind there is not */
	assert_int_equal(frame_read(good.at, good.len, &e), -EBADMSG);
}

/* --- the ring --------------------------------------------------------------------------------- */

struct rig {
	int fd;
	struct skep_ring *ring;
	uint8_t *data;
	struct ring_reader reader;
};

static int set_up(void **state)
{
	struct rig *r = xcalloc(1, sizeof(*r));

	r->fd = ring_make(RING_SIZE);
	r->ring = mmap(NULL, SKEP_RING_HEADER + RING_CONFIG_MAX + RING_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, 0);
	r->data = (uint8_t *)r->ring + SKEP_RING_HEADER + RING_CONFIG_MAX;
	*state = r;
	return r->fd < 0 || ring_reader_open(&r->reader, r->fd, RING_SIZE) < 0;
}

static int tear_down(void **state)
{
	struct rig *r = *state;

	ring_reader_close(&r->reader);
	munmap(r->ring, SKEP_RING_HEADER + RING_CONFIG_MAX + RING_SIZE);
	close(r->fd);
	free(r);
	return 0;
}

static void write_record(struct rig *r, uint64_t seq, size_t payload)
{
	_text_ struct text fields = { 0 }, t = { 0 }, bytes = { 0 };

	for (size_t i = 0; i < payload; i++)
		text_addc(&bytes, (char)(seq + i));
	put_field(&fields, SKEP_T_BYTES, text_str(&bytes), payload);
	record(&t, SKEP_TTY_OUT, seq, &fields);
	for (size_t i = 0; i < t.len; i++)
		r->data[(r->ring->head + i) % RING_SIZE] = (uint8_t)t.at[i];
	r->ring->head += (t.len + 7) & ~7ULL;
}

static void a_ring_goes_round(void **state)
{
	struct rig *r = *state;
	struct event e;

	for (uint64_t seq = 1; seq < 200; seq++) {
		size_t n = (size_t)(seq * 37 % 3000);

		write_record(r, seq, n);
		assert_int_equal(ring_reader_next(&r->reader, &e), 1);
		assert_int_equal(e.origin.seq, seq);
		assert_int_equal(e.bytes.len, n);
		for (size_t i = 0; i < n; i++)
			assert_int_equal((uint8_t)e.bytes.at[i], (uint8_t)(seq + i));
		assert_int_equal(ring_reader_next(&r->reader, &e), 0);
		ring_reader_release(&r->reader, seq);
		assert_int_equal(r->ring->tail, r->ring->head);
	}
}

static void what_is_not_released_is_read_again(void **state)
{
	struct rig *r = *state;
	struct event e;

	for (uint64_t seq = 1; seq <= 4; seq++)
		write_record(r, seq, 10);
	for (uint64_t seq = 1; seq <= 3; seq++)
		assert_int_equal(ring_reader_next(&r->reader, &e), 1);
	ring_reader_unread(&r->reader);			/* 3 could not be sent */
	assert_int_equal(ring_reader_next(&r->reader, &e), 1);
	assert_int_equal(e.origin.seq, 3);
	ring_reader_release(&r->reader, 1);
	ring_reader_rewind(&r->reader);
	assert_int_equal(ring_reader_next(&r->reader, &e), 1);
	assert_int_equal(e.origin.seq, 2);
	ring_reader_close(&r->reader);			/* a new reader, as after kill -9 */
	assert_int_equal(ring_reader_open(&r->reader, r->fd, RING_SIZE), 0);
	assert_int_equal(ring_reader_next(&r->reader, &e), 1);
	assert_int_equal(e.origin.seq, 2);
}

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
		assert_int_equal(ring_reader_next(&r->reader, &e), 0);	/* said once, then silent */
	}
}

static void numbers_must_go_up(void **state)
{
	struct rig *r = *state;
	struct event e;

	write_record(r, 5, 1);
	write_record(r, 5, 1);
	assert_int_equal(ring_reader_next(&r->reader, &e), 1);
	assert_int_equal(ring_reader_next(&r->reader, &e), -EBADMSG);
}

static void a_guest_cannot_cut_its_ring(void **state)
{
	struct rig *r = *state;

	assert_int_equal(ftruncate(r->fd, 4096), -1);
	assert_int_equal(errno, EPERM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_exec_is_read),
		cmocka_unit_test(the_opener_of_a_connection_is_its_source),
		cmocka_unit_test(a_chunk_of_a_file_is_read),
		cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test_setup_teardown(a_ring_goes_round, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_not_released_is_read_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_forged_ring_ends_the_reading, set_up, tear_down),
		cmocka_unit_test_setup_teardown(numbers_must_go_up, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_guest_cannot_cut_its_ring, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
