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

static void deeds_are_told_in_plain_words(void **state)
{
	static const struct event_process perl = { .pid = 7, .uid = 1000, .euid = 1000, .comm = "perl" };
	static const struct { struct event e; const char *want; } rows[] = {
		{ { .kind = EV_CREDS, .ids = { { 1000, 1000, 1000, 33, 33, 33, 0, 0 }, { 1000, 0, 0, 33, 33, 33, 0x1ffffffffff, 1 } } },
		  "perl (pid 7, uid 1000) gained rights: euid 1000 to 0, suid 1000 to 0, capabilities now all" },
		{ { .kind = EV_CREDS, .ids = { { .permitted = 0x2081 }, { 33, 33, 33, 0, 0, 0, 0x80, 0 } } },
		  "perl (pid 7, uid 1000) changed its rights: uid 0 to 33, euid 0 to 33, suid 0 to 33, "
		  "capabilities no more chown net_raw" },
		{ { .kind = EV_NAMESPACE, .state = { "unshare", 7 }, .code = 0x10020000 },
		  "perl (pid 7, uid 1000) moves to a namespace of its own: mount user" },
		{ { .kind = EV_PTRACE, .state = { "access", 6 }, .flags = EVENT_REFUSED, .peer = { 2, 1, 0, "init" } },
		  "perl (pid 7, uid 1000) looks into init (pid 1, uid 0) (refused)" },
		{ { .kind = EV_SIGNAL, .code = 9, .peer = { 3, 90, 33, "sh" } },
		  "perl (pid 7, uid 1000) sends SIGKILL to sh (pid 90, uid 33)" },
		{ { .kind = EV_SIGNAL, .code = 0x1ff, .peer = { 3, 90, 33, "sh" } },
		  "perl (pid 7, uid 1000) sends signal 511 to sh (pid 90, uid 33)" },
		{ { .kind = EV_KERNEL, .state = { "memory", 6 }, .path = { "/dev/mem", 8 }, .flags = EVENT_REFUSED },
		  "perl (pid 7, uid 1000) reaches for the kernel's memory: /dev/mem (refused)" },
		{ { .kind = EV_EXEC_FAILED, .args = { "x\0-a", 5 }, .path = { "./x", 3 }, .code = 13 },
		  "uid 1000 could not run: x -a: Permission denied" },
		{ { .kind = EV_EXEC, .args = { "ping", 5 }, .file = { "/bin/ping", 9 }, .flags = EVENT_SETID },
		  "uid 1000 ran: ping (with rights of its file)" },
		{ { .kind = EV_HALT, .code = 1, .peer = { 4, 91, 0, "reboot" } },
		  "the kernel stops: restart, by perl (pid 7, uid 1000), whom last asked reboot (pid 91, uid 0)" },
		{ { .kind = EV_HALT, .code = 3, .reason = { "no memory", 9 } },
		  "the kernel stops: panic: no memory, by perl (pid 7, uid 1000)" },
	};

	(void)state;
	for (size_t i = 0; i < nitems(rows); i++) {
		_text_ struct text t = { 0 };
		struct event e = rows[i].e;

		e.process = perl;
		story_event(&e, &t);
		assert_string_equal(text_str(&t), rows[i].want);
	}
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

static void met(struct visit *v, uint64_t at, uint64_t entity, uint16_t port, const char *action)
{
	struct event e = of(EV_VERDICT, at, entity, 8, 0, 0);

	e.src = addr4(0x0a0a0a51);
	e.dest = addr4(0xcb007150);
	e.dest_port = port;
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
	"2026-11-23T05:46:12.378Z      0  ROOT  x sends to udp 203.0.113.80:53: no verdict recorded\n"
	"2026-11-23T05:46:12.379Z      0  ROOT  x connects to tcp 203.0.113.80:443: accept, rule 2\n";

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
	met(v, 30100, 9, 80, "accept");					/* before the wish arrived */
	c.dest = addr4(0xcb007150);
	c.dest_port = 80;
	c.proto = IPPROTO_TCP;
	visit_add(v, &c);
	inside.dest = addr4(0x7f000001);
	visit_add(v, &inside);
	met(v, 31000, 9, 80, "accept");
	met(v, 32000, 9, 80, "drop");
	c = of(EV_CONNECT, 33000, 9, 8, 0, 0);
	c.dest = addr4(0xcb007150);
	c.dest_port = 53;
	c.proto = IPPROTO_UDP;
	visit_add(v, &c);						/* no packet yet */
	c.kind = EV_SEND;
	visit_add(v, &c);
	met(v, 35000, 0, 443, "accept");				/* nobody knew yet who wished it */
	c = of(EV_CONNECT, 34000, 9, 8, 0, 0);
	c.dest = addr4(0xcb007150);
	c.dest_port = 443;
	c.proto = IPPROTO_TCP;
	visit_add(v, &c);
	visit_write(v, &t);
	assert_string_equal(text_str(&t), story);
}

static void said(struct visit *v, uint64_t at, uint64_t stream, const char *role, struct span bytes)
{
	struct event e = of(EV_STREAM, at, 3, 2, 1000, 1000);

	e.stream = stream;
	e.category = span_of("pipe");
	e.state = span_of(role);
	e.bytes = bytes;
	visit_add(v, &e);
}

static const char without_terminal[] =
	"TIME                        UID        WHAT\n"
	"2026-11-23T05:46:12.345Z   1000        sshd: login as bob by password \"pw\\x1b\": refused\n"
	"2026-11-23T05:46:12.346Z   1000        $ sh\n"
	"2026-11-23T05:46:12.347Z   1000        input: id\n"
	"2026-11-23T05:46:12.348Z   1000        output: uid=0\n"
	"2026-11-23T05:46:12.348Z   1000        output: \\x1b]0;evil\n"
	"2026-11-23T05:46:12.350Z   1000        error: no\n"
	"2026-11-23T05:46:12.351Z   1000        input: no text, 2 bytes; skep replay has them\n"
	"2026-11-23T05:46:12.352Z   1000        output: 1\n"
	"2026-11-23T05:46:12.352Z   1000        output: 2\n"
	"2026-11-23T05:46:12.352Z   1000        output: 3\n"
	"2026-11-23T05:46:12.352Z   1000        output: 4\n"
	"2026-11-23T05:46:12.352Z   1000        output: 5\n"
	"2026-11-23T05:46:12.352Z   1000        output: 6\n"
	"2026-11-23T05:46:12.352Z   1000        output: 7\n"
	"2026-11-23T05:46:12.352Z   1000        output: 8\n"
	"2026-11-23T05:46:12.352Z   1000        output: 9\n"
	"2026-11-23T05:46:12.352Z   1000        output: 10\n"
	"2026-11-23T05:46:12.352Z   1000        output: in all 24 bytes; skep replay has them\n";

static void a_visit_without_a_terminal_is_told(void **state)
{
	_visit_ struct visit *v = visit_new(0);
	_text_ struct text t = { 0 };
	struct event login = of(EV_LOGIN, 0, 3, 2, 1000, 1000);

	(void)state;
	login.app = span_of("sshd");
	login.category = span_of("password");
	login.user = span_of("bob");
	login.secret = span_of("pw\x1b");
	login.state = span_of("refused");
	visit_add(v, &login);
	ran(v, of(EV_EXEC, 1000, 3, 2, 1000, 1000), "sh", 3);
	said(v, 2000, 1, "input", span_of("id\n"));
	said(v, 3000, 2, "output", span_of("uid=0\r\n\x1b]0;"));	/* in two pieces */
	said(v, 4000, 2, "output", span_of("evil"));
	said(v, 4500, 9, "", span_of("between programs"));
	said(v, 5000, 3, "error", span_of("no\n"));
	said(v, 6000, 1, "input", (struct span){ "a", 2 });
	said(v, 7000, 2, "output", span_of("1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n"));
	visit_write(v, &t);
	assert_string_equal(text_str(&t), without_terminal);
}

static void tried(struct visit *v, uint64_t at, uint64_t entity, const char *args, size_t n, uint32_t code)
{
	struct event e = of(EV_EXEC_FAILED, at, entity, 2, 1000, 1000);

	e.code = code;
	ran(v, e, args, n);
}

static void changed(struct visit *v, uint64_t at, const char *op, uint32_t euid_before, uint32_t euid_after)
{
	struct event e = of(EV_CREDS, at, 5, 2, 1000, euid_before);

	e.state = span_of(op);
	e.ids[0] = (struct event_ids){ .uid = 1000, .euid = euid_before, .suid = euid_before };
	e.ids[1] = (struct event_ids){ .uid = 1000, .euid = euid_after, .suid = euid_after };
	visit_add(v, &e);
}

static void did_to(struct visit *v, enum event_kind kind, uint64_t at, uint64_t entity)
{
	struct event e = of(kind, at, 5, 2, 1000, 1000);

	e.code = 9;
	e.peer = (struct event_peer){ entity, 50, 0, "cron" };
	visit_add(v, &e);
}

static const char tries[] =
	"TIME                        UID        WHAT\n"
	"2026-11-23T05:46:12.355Z   1000        $ bash\n"
	"2026-11-23T05:46:12.359Z   1000        $ env\n"
	"2026-11-23T05:46:12.361Z   1000        could not run: nosuch: No such file or directory\n"
	"2026-11-23T05:46:12.365Z   1000  ROOT  x (pid 5, uid 1000) gained rights: euid 1000 to 0, suid 1000 to 0\n"
	"2026-11-23T05:46:12.368Z   1000        x (pid 5, uid 1000) sends SIGKILL to cron (pid 50, uid 0)\n";

static void a_visit_is_not_drowned(void **state)
{
	_visit_ struct visit *v = visit_new(0);
	_text_ struct text t = { 0 };
	struct event born = of(EV_FORK, 10001, 4, 2, 1000, 1000);

	(void)state;
	ran(v, of(EV_EXEC, 10000, 2, 1, 1000, 1000), "bash", 5);
	visit_add(v, &born);
	tried(v, 11000, 3, "env", 4, 2);		/* along PATH, and found in the end */
	tried(v, 12000, 3, "env", 4, 2);
	ran(v, of(EV_EXEC, 14000, 3, 2, 1000, 1000), "env", 4);
	tried(v, 15000, 4, "nosuch", 7, 2);		/* not found anywhere */
	tried(v, 16000, 4, "nosuch", 7, 2);
	changed(v, 20000, "uid", 1000, 0);
	changed(v, 21000, "uid", 0, 1000);		/* gives them back */
	changed(v, 22000, "exec", 1000, 0);		/* seen at the command */
	did_to(v, EV_SIGNAL, 22500, 4);			/* its own */
	did_to(v, EV_SIGNAL, 23000, 99);
	visit_write(v, &t);
	assert_string_equal(text_str(&t), tries);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_are_written_and_read),
		cmocka_unit_test(words_are_quoted_as_a_shell_needs),
		cmocka_unit_test(every_kind_has_a_sentence),
		cmocka_unit_test(a_sentence_is_plain),
		cmocka_unit_test(deeds_are_told_in_plain_words),
		cmocka_unit_test(tables_are_aligned),
		cmocka_unit_test(a_session_in_brief),
		cmocka_unit_test(a_visit_is_told_in_order),
		cmocka_unit_test(a_visit_without_a_terminal_is_told),
		cmocka_unit_test(a_visit_is_not_drowned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
