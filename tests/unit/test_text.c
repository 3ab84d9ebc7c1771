/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Growing text and its escapes, the cursor, and events on the channel. */
#include "unit.h"

#include <errno.h>

#include "base/cursor.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/event.h"

static void json_escapes_what_json_and_terminals_mind(void **state)
{
	static const struct { const char *in; size_t n; const char *want; } rows[] = {
		{ "plain", 5, "\"plain\"" },
		{ "a\"b\\c", 5, "\"a\\\"b\\\\c\"" },
		{ "\x1b[31m\n\t", 7, "\"\\u001b[31m\\n\\t\"" },
		{ "\x7f", 1, "\"\\u007f\"" },
		{ "a\0b", 3, "\"a\\u0000b\"" },
		{ "\xc3\xa9", 2, "\"\xc3\xa9\"" },
		{ "\xc3", 1, "\"\\ufffd\"" },			/* cut short */
		{ "\xc0\x80", 2, "\"\\ufffd\\ufffd\"" },		/* overlong */
		{ "\xed\xa0\x80", 3, "\"\\ufffd\\ufffd\\ufffd\"" },	/* surrogate */
		{ "\xf4\x90\x80\x80", 4, "\"\\ufffd\\ufffd\\ufffd\\ufffd\"" },
		{ "\xf0\x9f\x90\x9d", 4, "\"\xf0\x9f\x90\x9d\"" },
	};

	(void)state;
	for (size_t i = 0; i < nitems(rows); i++) {
		_text_ struct text t = { 0 };

		text_json(&t, rows[i].in, rows[i].n);
		assert_string_equal(text_str(&t), rows[i].want);
	}
}

static void safe_text_has_no_control_bytes(void **state)
{
	_text_ struct text t = { 0 };

	(void)state;
	text_safe(&t, "a\x1b]0;x\x07\n\xc2\x9b\xff\xc3\xa9", 13);
	assert_string_equal(text_str(&t), "a\\x1b]0;x\\x07\\x0a\\xc2\\x9b\\xff\xc3\xa9");
}

static void base64_goes_there_and_back(void **state)
{
	unsigned char all[256];

	(void)state;
	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (unsigned char)i;
	for (size_t n = 0; n <= sizeof(all); n++) {
		_text_ struct text t = { 0 }, back = { 0 };

		text_base64(&t, all, n);
		assert_int_equal(text_unbase64(&back, text_str(&t), t.len), 0);
		assert_int_equal(back.len, n);
		assert_memory_equal(text_str(&back), all, n);
	}
	{
		_text_ struct text t = { 0 };

		text_add(&t, "x");
		assert_int_equal(text_unbase64(&t, "ab=d", 4), -EINVAL);
		assert_int_equal(text_unbase64(&t, "abc", 3), -EINVAL);
		assert_string_equal(text_str(&t), "x");
	}
}

static void cursor_cannot_overrun(void **state)
{
	static const uint8_t b[] = { 1, 2, 3, 4, 5 };
	struct cursor c = cursor_of(b, sizeof(b));

	(void)state;
	assert_int_equal(get_u32(&c), 0x04030201);
	assert_false(c.bad);
	assert_int_equal(get_u16(&c), 0);
	assert_true(c.bad);
	assert_int_equal(get_u8(&c), 0);	/* stays bad, though a byte is left */
	assert_int_equal(get_span(&c, SIZE_MAX).len, 0);
}

static void an_event_survives_the_channel(void **state)
{
	struct event e = { .kind = EV_EXEC, .at_us = 12, .honeypot = 3, .origin = { SOURCE_GUEST, 7, 9 },
			   .process = { .entity = 5, .pid = 77, .comm = "sh" }, .args = { "sh\0-c\0", 6 },
			   .env = { "A=1\0LOGNAME=bob\0", 16 }, .file = span_of("/bin/dash") };
	struct event back;
	_text_ struct text t = { 0 };

	(void)state;
	event_pack(&t, &e);
	assert_int_equal(event_unpack(cursor_of(t.at, t.len), &back), 0);
	assert_int_equal(back.kind, EV_EXEC);
	assert_int_equal(back.origin.seq, 9);
	assert_int_equal(back.process.pid, 77);
	assert_int_equal(back.args.len, 6);
	assert_true(span_is(back.file, "/bin/dash"));
	assert_true(span_is(event_env(&back, "LOGNAME"), "bob"));
	assert_int_equal(event_env(&back, "LOG").len, 0);
	for (size_t n = 1; n < t.len; n++)	/* cut anywhere: refused or shorter, never a crash */
		event_unpack(cursor_of(t.at, n), &back);
	t.at[0] = 99;
	assert_int_equal(event_unpack(cursor_of(t.at, t.len), &back), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_escapes_what_json_and_terminals_mind),
		cmocka_unit_test(safe_text_has_no_control_bytes),
		cmocka_unit_test(base64_goes_there_and_back),
		cmocka_unit_test(cursor_cannot_overrun),
		cmocka_unit_test(an_event_survives_the_channel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
