/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guest records: what is well formed, and what an enemy could write. */
#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cursor.h"
#include "base/mem.h"
#include "capture/frame.h"
#include "skep/capture.h"

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

static void a_halt_says_why_and_for_whom(void **state)
{
	struct skep_peer by = { .entity = 12, .pid = 77, .uid = 0, .comm = "reboot" };
	_text_ struct text fields = { 0 }, t = { 0 };
	struct event e;

	(void)state;
	put_field(&fields, SKEP_T_CODE, "\3\0\0\0", 4);
	put_field(&fields, SKEP_T_PATH, "Attempted to kill init!", 23);
	put_field(&fields, SKEP_T_PEER, &by, sizeof(by));
	record(&t, SKEP_HALT, 1, &fields);
	assert_int_equal(frame_read(t.at, t.len, &e), 0);
	assert_int_equal(e.code, 3);
	assert_true(span_is(e.reason, "Attempted to kill init!"));
	assert_int_equal(e.path.len, 0);
	assert_int_equal(e.peer.entity, 12);
	assert_string_equal(e.peer.comm, "reboot");
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

static void a_stream_is_read(void **state)
{
	static const struct { struct skep_stream s; const char *type, *role; } rows[] = {
		{ { .id = 7, .type = SKEP_STREAM_PIPE }, "pipe", "" },
		{ { .id = 7, .type = SKEP_STREAM_UNIX, .end = 1, .role = SKEP_STREAM_INPUT }, "socket", "input" },
		{ { .id = 7, .type = SKEP_STREAM_TCP, .role = SKEP_STREAM_OUTPUT }, "tcp", "output" },
		{ { .id = 7, .type = SKEP_STREAM_PIPE, .role = SKEP_STREAM_ERROR }, "pipe", "error" },
		{ { .id = 7, .type = 0 }, NULL, NULL }, { { .id = 7, .type = 4 }, NULL, NULL },
		{ { .id = 7, .type = 1, .end = 2 }, NULL, NULL }, { { .id = 7, .type = 1, .role = 4 }, NULL, NULL },
	};
	uint64_t offset = 1ull << 40;

	(void)state;
	for (size_t i = 0; i < nitems(rows); i++) {
		_text_ struct text fields = { 0 }, t = { 0 };
		struct event e;

		put_field(&fields, SKEP_T_STREAM, &rows[i].s, sizeof(rows[i].s));
		put_field(&fields, SKEP_T_OFFSET, &offset, sizeof(offset));
		put_field(&fields, SKEP_T_BYTES, "a\0b", 3);
		record(&t, SKEP_STREAM, 1, &fields);
		assert_int_equal(frame_read(t.at, t.len, &e), rows[i].type ? 0 : -EBADMSG);
		if (!rows[i].type)
			continue;
		assert_int_equal(e.stream, 7);
		assert_int_equal(e.stream_end, rows[i].s.end);
		assert_true(span_is(e.category, rows[i].type) && span_is(e.state, rows[i].role));
		assert_int_equal(e.offset, offset);
		assert_int_equal(e.bytes.len, 3);
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

/* The fuzzer begins with one of each kind; what is new must be among them. */
static void every_kind_has_a_seed(void **state)
{
	static const char folder[] = "tests/fuzz/seeds/fuzz_frame";
	DIR *dir = opendir(folder);
	bool seen[SKEP_KINDS] = { false };

	(void)state;
	assert_non_null(dir);
	for (struct dirent *d; (d = readdir(dir));) {
		_free_ char *path = xasprintf("%s/%s", folder, d->d_name);
		_fd_ int fd = open(path, O_RDONLY);
		uint8_t bytes[4096];
		ssize_t n = read(fd, bytes, sizeof(bytes));
		struct event e;

		if (n > 8 && frame_read(bytes, (size_t)n, &e) == 0)
			seen[bytes[4] | bytes[5] << 8] = true;
	}
	closedir(dir);
	for (int k = 1; k < SKEP_KINDS; k++)
		if (!seen[k])
			fail_msg("kind %d", k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_exec_is_read),
		cmocka_unit_test(a_halt_says_why_and_for_whom),
		cmocka_unit_test(the_opener_of_a_connection_is_its_source),
		cmocka_unit_test(a_stream_is_read),
		cmocka_unit_test(a_chunk_of_a_file_is_read),
		cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test(every_kind_has_a_seed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
