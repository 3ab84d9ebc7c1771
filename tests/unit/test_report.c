/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What people read: times, command lines, sentences, tables, the time line of a session. */
#include "unit.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "model/session.h"
#include "report/brief.h"
#include "report/shell_words.h"
#include "report/stamp.h"
#include "report/story.h"
#include "report/table.h"
#include "report/visit.h"

static const uint64_t now = 1795412772345678;	/* 2026-11-23T05:46:12.345678Z */

static void times_are_written_and_read(void **state)
{
	static const struct { const char *in; uint64_t want; } rows[] = {
		{ "2026-11-23T05:46:12.345678Z", 1795412772345678 },
		{ "2026-11-23T05:46:12.345678+0000", 1795412772345678 },
		{ "2026-11-23T05:46:12Z", 1795412772000000 }, { "2026-11-23 05:46", 1795412760000000 },
		{ "2026-11-23", 1795392000000000 }, { "05:46", 1795412760000000 },
		{ "12s", 1795412760345678 }, { "2h", 1795405572345678 }, { "999999999d", 0 },
	};
	static const char *const bad[] = { "", "x", "10", "-5m", "5x", "2026-13-01", "2026-11-23T25:00", "05:46+0100" };
	char at[STAMP_TEXT];
	uint64_t us = 7;

	(void)state;
	for (size_t i = 0; i < nitems(rows); i++) {
		if (stamp_parse(rows[i].in, now, &us) || us != rows[i].want)
			fail_msg("%s: %llu", rows[i].in, (unsigned long long)us);
	}
	us = 7;
	for (size_t i = 0; i < nitems(bad); i++)
		if (stamp_parse(bad[i], now, &us) != -EINVAL || us != 7)
			fail_msg("%s", bad[i]);
	assert_string_equal(stamp_text(now, at), "2026-11-23T05:46:12.345Z");
	assert_string_equal(stamp_json(now, at), "2026-11-23T05:46:12.345678+0000");
	assert_string_equal(stamp_span(3723ull * 1000000, at), "01:02:03");
	stamp_text(UINT64_MAX, at);
}

static void words_are_quoted_as_a_shell_needs(void **state)
{
	static const struct { const char *in; size_t n, max; const char *want; } rows[] = {
		{ "ls\0-la\0/tmp", 12, 100, "ls -la /tmp" },
		{ "sh\0-c\0a b", 10, 100, "sh -c 'a b'" },
		{ "echo\0it's\0", 10, 100, "echo 'it'\\''s'" },
		{ "echo\0\0x", 8, 100, "echo '' x" },
		{ "\x1b[2J'\\\0", 7, 100, "$'\\x1b[2J\\'\\\\'" },
		{ "a\nb", 4, 100, "$'a\\x0ab'" },
		{ "\xc3\xa9", 3, 100, "'\xc3\xa9'" },
		{ "\xff", 2, 100, "$'\\xff'" },
		{ "abcdefgh\0i", 11, 4, "abcd..." },
		{ "ab\0c\0d\0e", 9, 4, "ab c ..." },
		{ "aa\xc3\xa9", 5, 3, "aa..." },
		{ "$(x)\0;\0*", 9, 100, "'$(x)' ';' '*'" },
		{ "", 0, 100, "" },
	};

	(void)state;
	for (size_t i = 0; i < nitems(rows); i++) {
		_text_ struct text t = { 0 };

		shell_words((struct span){ rows[i].in, rows[i].n }, rows[i].max, &t);
		assert_string_equal(text_str(&t), rows[i].want);
	}
}

static void every_kind_has_a_sentence(void **state)
{
	(void)state;
	for (int k = 0; k < EV_KINDS; k++) {
		struct event e = { .kind = (enum event_kind)k, .at_us = now, .session = 3, .code = 9,
				   .process = { .pid = 7, .uid = 1000, .comm = "a\x1b[2Jb" },
				   .args = { "x\x1b]0;t\a", 8 }, .path = span_of("p\n"), .bytes = { "\x9b" "6n\xff", 4 },
				   .state = span_of("s\x1b"), .reason = span_of("r\r") };
		_text_ struct text t = { 0 };

		story_line(&e, "Pot\x1b", &t);
		assert_true(t.len > 50);
		assert_int_equal(t.at[t.len - 1], '\n');
		for (size_t i = 0; i + 1 < t.len; i++)
			if ((unsigned char)t.at[i] < 0x20 || (unsigned char)t.at[i] > 0x7e)
				fail_msg("%s: byte %zu", event_kind_name(e.kind), i);
	}
}

static void a_sentence_is_plain(void **state)
{
	struct event e = { .kind = EV_EXEC, .at_us = now, .session = 3, .process = { .uid = 1000, .euid = 0, .pid = 7 },
			   .args = { "sh\0-c\0id", 9 }, .file = span_of("/usr/bin/dash") };
	_text_ struct text t = { 0 };

	(void)state;
	story_line(&e, "Apache", &t);
	assert_string_equal(text_str(&t), "2026-11-23T05:46:12.345Z  Apache        #3  "
			    "uid 1000 as root ran: sh -c id [/usr/bin/dash]\n");
	text_clear(&t);
	e = (struct event){ .kind = EV_VERDICT, .src = addr4(0x0a0a0a51), .src_port = 4, .dest = addr4(0xcb007150),
			    .dest_port = 80, .proto = IPPROTO_TCP, .state = span_of("drop"), .reason = span_of("rule 3") };
	story_event(&e, &t);
	assert_string_equal(text_str(&t), "gateway: tcp 10.10.10.81:4 to 203.0.113.80:80: drop, rule 3");
}

static void tables_are_aligned(void **state)
{
	_table_ struct table t = { .columns = 3, .right = BIT(0) };
	_text_ struct text out = { 0 };

	(void)state;
	table_adds(&t, "ID"), table_adds(&t, "NAME"), table_adds(&t, "X");
	table_addu(&t, 7), table_adds(&t, "\xc3\xa9\x1b"), table_adds(&t, "y");
	table_addu(&t, 1234), table_adds(&t, "0123456789012345678901234567890123456789z"), table_adds(&t, "z");
	table_put(&t, &out);
	assert_int_equal(table_rows(&t), 3);
	assert_string_equal(text_str(&out),
			    "  ID  NAME                                      X\n"
			    "   7  \xc3\xa9\\x1b                                     y\n"
			    "1234  0123456789012345678901234567890123456...  z\n");
}

static struct session visitor(void)
{
	return (struct session){ .id = 3, .honeypot = "Apache", .src = addr4(0xcb007142), .src_port = 40312,
				 .dest = addr4(0x0a0a0a51), .dest_port = 22, .user = "bob\"\x1b", .start_us = now,
				 .last_us = now + 2500000, .commands = 4 };
}

static void a_session_in_brief(void **state)
{
	struct session s = visitor();
	_text_ struct text t = { 0 };

	(void)state;
	brief_json(&s, false, &t);
	assert_string_equal(text_str(&t),
			    "{\"id\":3,\"honeypot\":\"Apache\",\"src_ip\":\"203.0.113.66\",\"src_port\":40312,"
			    "\"dest_ip\":\"10.10.10.81\",\"dest_port\":22,\"proto\":\"TCP\",\"user\":\"bob\\\"\\u001b\","
			    "\"start\":\"2026-11-23T05:46:12.345678+0000\",\"end\":null,\"last\":\"2026-11-23T05:46:14.845678+0000\","
			    "\"duration_s\":2.500000,\"commands\":4,\"tty_bytes\":0}\n");
	assert_true(brief_worth(&s));
	s.user[0] = '\0';
	s.commands = 1;
	assert_false(brief_worth(&s));	/* sshd and nothing else */
	s.dest_port = 80;
	assert_true(brief_worth(&s));
	text_clear(&t);
	brief_head(&s, &t);
	assert_null(strchr(text_str(&t), '\x1b'));
	assert_null(strstr(text_str(&t), "left behind"));
	s.end_us = s.start_us + 1;
	text_clear(&t);
	brief_head(&s, &t);
	assert_non_null(strstr(text_str(&t), "left behind 2026-11-23T05:46:14.845Z"));
}

static struct event of(enum event_kind kind, uint64_t at, uint64_t entity, uint64_t parent, uint32_t uid, uint32_t euid)
{
	return (struct event){ .kind = kind, .at_us = now + at, .session = 3,
			       .process = { .entity = entity, .parent = parent, .pid = (uint32_t)entity, .uid = uid,
					    .euid = euid, .comm = "x", .tty = "pts/0" } };
}

static void ran(struct visit *v, struct event e, const char *args, size_t n)
{
	e.args = (struct span){ args, n };
	visit_add(v, &e);
}

static void typed(struct visit *v, uint64_t at, const char *tty, const char *bytes, uint32_t flags)
{
	struct event e = of(EV_TTY_IN, at, 3, 2, 1000, 1000);

	str_copy(e.process.tty, tty, sizeof(e.process.tty));
	e.bytes = span_of(bytes);
	e.flags = flags;
	visit_add(v, &e);
}

static void met(struct visit *v, uint64_t at, const char *action)
{
	struct event e = of(EV_VERDICT, at, 9, 8, 0, 0);

	e.src = addr4(0x0a0a0a51);
	e.dest = addr4(0xcb007150);
	e.dest_port = 80;
	e.proto = IPPROTO_TCP;
	e.state = span_of(action);
	e.reason = span_of("rule 2");
	visit_add(v, &e);
}

static const char story[] =
	"TIME                        UID        WHAT\n"
	"2026-11-23T05:46:12.345Z      0        # sshd -R\n"
	"2026-11-23T05:46:12.355Z   1000        $ id\n"
	"2026-11-23T05:46:12.356Z   1000        typed: ls\n"
	"2026-11-23T05:46:12.357Z   1000        typed without echo: pw\n"
	"2026-11-23T05:46:12.358Z      0        # run-parts\n"
	"2026-11-23T05:46:12.365Z   1000  ROOT  # sudo id\n"
	"2026-11-23T05:46:12.366Z      0  ROOT  # id\n"
	"2026-11-23T05:46:12.375Z      0  ROOT  x connects to tcp 203.0.113.80:80: accept, rule 2 (2 packets)\n"
	"2026-11-23T05:46:12.377Z      0  ROOT  gateway: tcp 10.10.10.81 to 203.0.113.80:80: drop, rule 2\n"
	"2026-11-23T05:46:12.378Z      0  ROOT  x sends to udp 203.0.113.80:53: no verdict recorded\n";

static void a_visit_is_told_in_order(void **state)
{
	_visit_ struct visit *v = visit_new(VISIT_TYPED);
	_text_ struct text t = { 0 };
	struct event c = of(EV_CONNECT, 30000, 9, 8, 0, 0), inside = of(EV_CONNECT, 30001, 9, 8, 0, 0);

	(void)state;
	ran(v, of(EV_EXEC, 0, 2, 1, 0, 0), "sshd\0-R", 8);
	ran(v, of(EV_EXEC, 10000, 3, 2, 1000, 1000), "id", 3);
	typed(v, 10500, "pts/0", "lx\x7fs", 0);
	typed(v, 11000, "pts/0", "\r", 0);
	typed(v, 11100, "pts/1", "twice\r", 0);
	typed(v, 12000, "pts/0", "pw\r", EVENT_CANON);
	ran(v, of(EV_EXEC, 13000, 4, 2, 0, 0), "run-parts", 10);	/* root's own from the beginning */
	ran(v, of(EV_EXEC, 20000, 7, 3, 1000, 0), "sudo\0id", 8);
	ran(v, of(EV_EXEC, 21000, 8, 77, 0, 0), "id", 3);		/* parent not known */
	met(v, 30100, "accept");					/* before the wish arrived */
	c.dest = addr4(0xcb007150);
	c.dest_port = 80;
	c.proto = IPPROTO_TCP;
	visit_add(v, &c);
	inside.dest = addr4(0x7f000001);
	visit_add(v, &inside);
	met(v, 31000, "accept");
	met(v, 32000, "drop");
	c = of(EV_CONNECT, 33000, 9, 8, 0, 0);
	c.dest = addr4(0xcb007150);
	c.dest_port = 53;
	c.proto = IPPROTO_UDP;
	visit_add(v, &c);						/* no packet yet */
	c.kind = EV_SEND;
	visit_add(v, &c);
	visit_write(v, &t);
	assert_string_equal(text_str(&t), story);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_are_written_and_read),
		cmocka_unit_test(words_are_quoted_as_a_shell_needs),
		cmocka_unit_test(every_kind_has_a_sentence),
		cmocka_unit_test(a_sentence_is_plain),
		cmocka_unit_test(tables_are_aligned),
		cmocka_unit_test(a_session_in_brief),
		cmocka_unit_test(a_visit_is_told_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
