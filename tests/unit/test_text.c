/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Growing text and its escapes, addresses, the cursor, and events on the channel. */
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "base/addr.h"
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

/* Any byte at any place of a text that is else plain. */
static void plain_ends_at_the_first_byte_that_is_not(void **state)
{
	(void)state;
	for (int c = 0; c < 256; c++)
		for (size_t at = 0; at < 20; at++) {
			bool odd = c < 0x20 || c >= 0x7f || c == '"' || c == '\\';
			char s[24] = "aaaa bbbb cccc dddd ~~";

			s[at] = (char)c;
			s[at + 1] = c & 1 ? '\xff' : '"';
			assert_int_equal(text_plain(s, at + 1), odd ? at : at + 1);
			assert_int_equal(text_plain(s, 22), odd ? at : at + 1);
			assert_int_equal(text_plain(s, at), at);
		}
}

static void utf8_is_known(void **state)
{
	static const struct { const char *s; size_t n; bool is; } rows[] = {
		{ "", 0, true }, { "a\0\n", 3, true }, { "twelve bytes\xc3\xa9", 14, true }, { "twelve bytes\xc3", 13, false },
		{ "\xf0\x9f\x90\x9d", 4, true }, { "\xed\xa0\x80", 3, false }, { "\xff", 1, false },
	};

	(void)state;
	for (size_t i = 0; i < nitems(rows); i++) {
		_text_ struct text t = { 0 };

		text_utf8(&t, rows[i].s, rows[i].n);
		assert_int_equal(text_is_utf8(rows[i].s, rows[i].n), rows[i].is);
		assert_int_equal(t.len == rows[i].n && !memcmp(text_str(&t), rows[i].s, t.len), rows[i].is);
	}
}

static void digits_have_zeros_in_front(void **state)
{
	_text_ struct text t = { 0 };

	(void)state;
	text_digits(&t, 7, 2);
	text_digits(&t, 2026, 4);
	text_digits(&t, 0, 6);
	text_digits(&t, 12345, 2);	/* the last ones */
	assert_string_equal(text_str(&t), "07202600000045");
}

static void addresses_are_what_the_library_takes(void **state)
{
	static const char *const words[] = {
		"0.0.0.0", "255.255.255.255", "10.10.10.1", "1.2.3.256", "1.2.3", "1.2.3.", "1.2.3.4.", "1.2.3.4.5", ".1.2.3",
		"01.2.3.4", "1.2.3.04", "00.0.0.0", "1.2.3.4 ", " 1.2.3.4", "1..2.3", "1.2.3.1000", "-1.2.3.4", "", "1.2.3.a",
		"::", "::1", "2001:db8::1", "::ffff:192.0.2.1", "1:2:3:4:5:6:7:8:9", "g::1",
	};

	(void)state;
	for (size_t i = 0; i < nitems(words); i++) {
		uint8_t want[16] = { 0 };
		struct addr a = { 0 };
		char text[ADDR_TEXT], theirs[ADDR_TEXT];
		int family = strchr(words[i], ':') ? AF_INET6 : AF_INET;

		if (inet_pton(family, words[i], want) != 1) {
			assert_int_equal(addr_parse(words[i], &a), -EINVAL);
			continue;
		}
		assert_int_equal(addr_parse(words[i], &a), 0);
		assert_int_equal(a.family, family == AF_INET ? 4 : 6);
		assert_memory_equal(a.byte, want, sizeof(want));
		assert_string_equal(addr_text(&a, text), inet_ntop(family, want, theirs, sizeof(theirs)));
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
		cmocka_unit_test(plain_ends_at_the_first_byte_that_is_not),
		cmocka_unit_test(utf8_is_known),
		cmocka_unit_test(digits_have_zeros_in_front),
		cmocka_unit_test(addresses_are_what_the_library_takes),
		cmocka_unit_test(safe_text_has_no_control_bytes),
		cmocka_unit_test(base64_goes_there_and_back),
		cmocka_unit_test(cursor_cannot_overrun),
		cmocka_unit_test(an_event_survives_the_channel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
