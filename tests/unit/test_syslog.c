/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Syslog: messages as daemons send them, and where they begin and end in a connection. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "capture/limit.h"
#include "capture/syslog.h"
#include "capture/syslog_stream.h"

/* A message of its own memory: a read beyond its end is seen by the sanitizer. */
static struct event read_copy(const char *bytes, size_t len, char **ret_copy)
{
	struct event e = { 0 };

	*ret_copy = malloc(len ? len : 1);
	memcpy(*ret_copy, bytes, len);
	syslog_read(*ret_copy, len, &e);
	return e;
}

static void same(const char *what, const char *part, struct span is, const char *want)
{
	if (is.len != strlen(want) || memcmp(is.at ? is.at : "", want, is.len))
		fail_msg("%s: %s is \"%.*s\", not \"%s\"", what, part, (int)is.len, is.at ? is.at : "", want);
}

struct sample {
	const char *what, *bytes;
	uint8_t facility, severity;
	const char *said, *host, *app, *procid, *msgid, *message;
};

static const struct sample good[] = {
	{ "rsyslog forwarding, traditional", "<38>Nov 23 05:12:09 www sshd[812]: Accepted password for webadmin", 4, 6,
	  "Nov 23 05:12:09", "www", "sshd", "812", "", "Accepted password for webadmin" },
	{ "rsyslog forwarding, its own time", "<30>2026-11-23T05:12:09.123456+00:00 www systemd[1]: Started cron.", 3, 6,
	  "2026-11-23T05:12:09.123456+00:00", "www", "systemd", "1", "", "Started cron." },
	{ "a time west of Greenwich", "<30>2026-11-23T05:12:09-05:00 www cron: x", 3, 6,
	  "2026-11-23T05:12:09-05:00", "www", "cron", "", "", "x" },
	{ "a kernel's line", "<4>Nov  3 05:12:09 www kernel: [   12.345678] device tap0 entered", 0, 4,
	  "Nov  3 05:12:09", "www", "kernel", "", "", "[   12.345678] device tap0 entered" },
	{ "a day of one digit", "<4>Nov 3 05:12:09 www kernel: x", 0, 4, "Nov 3 05:12:09", "www", "kernel", "", "", "x" },
	{ "glibc's syslog(), no host", "<85>Nov 23 05:12:09 sudo: webadmin : TTY=pts/0", 10, 5,
	  "Nov 23 05:12:09", "", "sudo", "", "", "webadmin : TTY=pts/0" },
	{ "glibc's syslog() with a pid", "<78>Nov 23 05:12:09 CRON[4711]: (root) CMD (true)", 9, 6,
	  "Nov 23 05:12:09", "", "CRON", "4711", "", "(root) CMD (true)" },
	{ "busybox syslogd -R", "<13>Nov 23 05:12:09 root: hello", 1, 5, "Nov 23 05:12:09", "", "root", "", "", "hello" },
	{ "logger without a time", "<13>logger: hello", 1, 5, "", "", "logger", "", "", "hello" },
	{ "no time, no tag", "<13>hello world", 1, 5, "", "", "", "", "", "hello world" },
	{ "no tag", "<13>Feb  5 17:32:18 10.0.0.99 Use the BFG!", 1, 5, "Feb  5 17:32:18", "10.0.0.99", "", "", "",
	  "Use the BFG!" },
	{ "RFC 3164, 5.4", "<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick on /dev/pts/8", 4, 2,
	  "Oct 11 22:14:15", "mymachine", "su", "", "", "'su root' failed for lonvick on /dev/pts/8" },
	{ "Cisco", "<189>45: *Mar  1 18:46:11.123: %SYS-5-CONFIG_I: Configured from console", 23, 5,
	  "*Mar  1 18:46:11.123", "", "%SYS-5-CONFIG_I", "", "45", "Configured from console" },
	{ "Cisco without a number", "<189>.Mar  1 2026 18:46:11: %SYS-5-RESTART: up", 23, 5,
	  ".Mar  1 2026 18:46:11", "", "%SYS-5-RESTART", "", "", "up" },
	{ "a number that is text", "<13>45: bottles", 1, 5, "", "", "45", "", "", "bottles" },
	{ "IPv6 as host", "<13>Nov 23 05:12:09 2001:db8::1 app: x", 1, 5, "Nov 23 05:12:09", "2001:db8::1", "app", "", "",
	  "x" },
	{ "a tag with a slash", "<22>Nov 23 05:12:09 mail postfix/smtpd[9]: connect", 2, 6,
	  "Nov 23 05:12:09", "mail", "postfix/smtpd", "9", "", "connect" },
	{ "no blank after the colon", "<13>Nov 23 05:12:09 h a:b", 1, 5, "Nov 23 05:12:09", "h", "a", "", "", "b" },
	{ "brackets that do not end", "<13>Nov 23 05:12:09 h a[1: x", 1, 5, "Nov 23 05:12:09", "h", "", "", "", "a[1: x" },
	{ "no month", "<13>Nix 23 05:12:09 h a: x", 1, 5, "", "", "", "", "", "Nix 23 05:12:09 h a: x" },
	{ "only a priority", "<0>", 0, 0, "", "", "", "", "", "" },
	{ "the largest priority", "<191>x", 23, 7, "", "", "", "", "", "x" },
	{ "a line feed at the end", "<13>x: y\n", 1, 5, "", "", "x", "", "", "y" },
	{ "only a time", "<13>Nov 23 05:12:09", 1, 5, "Nov 23 05:12:09", "", "", "", "", "" },
	{ "one that begins like RFC 5424", "<13>1 apple", 1, 5, "", "", "", "", "", "1 apple" },

	{ "RFC 5424, 6.5, 1", "<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \xef\xbb\xbf'su root' failed",
	  4, 2, "2003-10-11T22:14:15.003Z", "mymachine.example.com", "su", "", "ID47", "'su root' failed" },
	{ "RFC 5424, 6.5, 2", "<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It's time", 20, 5,
	  "2003-08-24T05:14:15.000003-07:00", "192.0.2.1", "myproc", "8710", "", "%% It's time" },
	{ "structured data stays", "<165>1 - h a - - [x@1 a=\"b \\\"]\\\" c\"][y@2] text", 20, 5, "", "h", "a", "", "",
	  "[x@1 a=\"b \\\"]\\\" c\"][y@2] text" },
	{ "structured data alone", "<165>1 - h a - - [x@1 a=\"b\"]", 20, 5, "", "h", "a", "", "", "[x@1 a=\"b\"]" },
	{ "nothing but nil", "<13>1 - - - - - -", 1, 5, "", "", "", "", "", "" },
	{ "logger --rfc5424", "<13>1 2026-11-23T05:12:09.1+00:00 www root - - [timeQuality tzKnown=\"1\"] hi", 1, 5,
	  "2026-11-23T05:12:09.1+00:00", "www", "root", "", "", "[timeQuality tzKnown=\"1\"] hi" },
};

static const struct { const char *what, *bytes; } bad[] = {
	{ "no priority", "hello" },
	{ "empty", "" },
	{ "a priority too large", "<192>x" },
	{ "four digits", "<0013>x" },
	{ "no digits", "<>x" },
	{ "not closed", "<13" },
	{ "letters", "<1a>x" },
	{ "negative", "<-1>x" },
	{ "5424: no such time", "<13>1 2026-11-23 05:12:09 h a p m - x" },
	{ "5424: ends in the middle", "<13>1 2026-11-23T05:12:09Z h a p" },
	{ "5424: no structured data", "<13>1 2026-11-23T05:12:09Z h a p m x" },
	{ "5424: data that does not end", "<13>1 2026-11-23T05:12:09Z h a p m [x a=\"]\" y" },
	{ "5424: bytes after data", "<13>1 2026-11-23T05:12:09Z h a p m [x]y" },
	{ "5424: two blanks", "<13>1 2026-11-23T05:12:09Z  a p m - x" },
	{ "5424: a part too long", "<13>1 - h a p mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm - x" },
};

static void real_messages_are_understood(void **state)
{
	(void)state;
	for (size_t i = 0; i < nitems(good); i++) {
		const struct sample *s = &good[i];
		_free_ char *copy = NULL;
		struct event e = read_copy(s->bytes, strlen(s->bytes), &copy);

		if (e.kind != EV_SYSLOG || e.facility != s->facility || e.severity != s->severity || e.flags)
			fail_msg("%s: %u.%u, flags %u", s->what, e.facility, e.severity, e.flags);
		same(s->what, "said", e.said, s->said);
		same(s->what, "host", e.host, s->host);
		same(s->what, "app", e.app, s->app);
		same(s->what, "procid", e.procid, s->procid);
		same(s->what, "msgid", e.msgid, s->msgid);
		same(s->what, "message", e.message, s->message);
	}
}

static void nonsense_is_kept_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < nitems(bad); i++) {
		_free_ char *copy = NULL;
		struct event e = read_copy(bad[i].bytes, strlen(bad[i].bytes), &copy);

		if (e.flags != EVENT_MALFORMED || e.facility != 1 || e.severity != 5 || e.host.len || e.app.len ||
		    e.said.len || e.procid.len || e.msgid.len)
			fail_msg("%s", bad[i].what);
		same(bad[i].what, "message", e.message, bad[i].bytes);
	}
}

static void any_byte_may_be_in_a_message(void **state)
{
	static const char bytes[] = "<13>a: \0\x1b[2J\xff\xc3\n\n\0";
	_free_ char *copy = NULL;
	struct event e = read_copy(bytes, sizeof(bytes) - 1, &copy);

	(void)state;
	assert_int_equal(e.message.len, 7);
	assert_memory_equal(e.message.at, "\0\x1b[2J\xff\xc3", 7);
	assert_int_equal(e.flags, 0);
}

/* Every message cut at every place: it is understood or kept, and no byte of it is gone. */
static void a_message_cut_anywhere_loses_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < nitems(good); i++)
		for (size_t len = 0; len < strlen(good[i].bytes); len++) {
			_free_ char *copy = NULL;
			struct event e = read_copy(good[i].bytes, len, &copy);

			if (e.message.len && e.message.at + e.message.len > copy + len)
				fail_msg("%s, %zu", good[i].what, len);
			if ((e.flags & EVENT_MALFORMED) && e.message.len != len)
				fail_msg("%s, %zu: not whole", good[i].what, len);
		}
}

/* --- connections ------------------------------------------------------------------------------ */

struct heard {
	struct text t;		/* each message, then | or, if it was cut, ! */
};

static void hear(void *arg, const char *bytes, size_t len, bool cut)
{
	struct heard *h = arg;

	text_addn(&h->t, bytes, len);
	text_addc(&h->t, cut ? '!' : '|');
}

static const struct { const char *what, *bytes; size_t len; const char *want; } streams[] = {
#define ROW(what, bytes, want) { what, bytes, sizeof(bytes) - 1, want }
	ROW("lines", "<1>a\n<2>b\n", "<1>a|<2>b|"),
	ROW("NUL ends one too", "<1>a\0<2>b\0", "<1>a|<2>b|"),
	ROW("counts", "4 <1>a4 <2>b", "<1>a|<2>b|"),
	ROW("a line feed inside a counted one", "6 <1>a\nb4 <2>b", "<1>a\nb|<2>b|"),
	ROW("both in turn", "<1>a\n4 <2>b<3>c\n", "<1>a|<2>b|<3>c|"),
	ROW("a line feed after a counted one", "4 <1>a\n4 <2>b\n", "<1>a|<2>b|"),
	ROW("empty lines are none", "\n\n<1>a\n\n\0<2>b\n", "<1>a|<2>b|"),
	ROW("the last without an end", "<1>a\n<2>b", "<1>a|<2>b|"),
	ROW("a count that is not reached", "9 <1>a", "<1>a!"),
	ROW("a count of one", "1 <3 <2>", "<|<2>|"),
	ROW("a line that begins with a number", "12 bottles\n<1>a\n", "12 bottles|<1>a|"),
	ROW("two numbers", "5 5 <1>a\n", "5 5 <1>a|"),
	ROW("a number alone", "123\n<1>a\n", "123|<1>a|"),
	ROW("a number at the end", "123", "123|"),
	ROW("nought", "0 <1>a\n", "0 <1>a|"),
	ROW("nought in front", "04 <1>a\n", "04 <1>a|"),
	ROW("too many digits", "12345678 <1>a\n", "12345678 <1>a|"),
	ROW("a count that is nonsense", "9999999 <1>a\n<2>b\n", "9999999 <1>a|<2>b|"),
	ROW("no message at all", "\x16\x03\x01\n", "\x16\x03\x01|"),
#undef ROW
};

static void messages_are_found_however_they_are_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < nitems(streams); i++)
		for (size_t step = 1; step <= streams[i].len; step++) {
			struct syslog_stream *s = calloc(1, sizeof(*s));
			struct heard h = { 0 };

			for (size_t at = 0; at < streams[i].len; at += step) {
				size_t n = streams[i].len - at < step ? streams[i].len - at : step;

				syslog_stream_feed(s, streams[i].bytes + at, n, hear, &h);
			}
			syslog_stream_end(s, hear, &h);
			if (strcmp(text_str(&h.t), streams[i].want))
				fail_msg("%s in steps of %zu: %s", streams[i].what, step, text_str(&h.t));
			text_fini(&h.t);
			free(s);
		}
}

static void long_messages_are_cut(void **state)
{
	struct syslog_stream *s = calloc(1, sizeof(*s));
	_free_ char *a = calloc(1, 3 * SYSLOG_MAX);
	struct heard h = { 0 };

	(void)state;
	memset(a, 'x', 3 * SYSLOG_MAX);
	memcpy(a, "<1>", 3);
	syslog_stream_feed(s, a, 2 * SYSLOG_MAX, hear, &h);
	syslog_stream_feed(s, "\n<2>b\n", 6, hear, &h);
	assert_int_equal(h.t.len, SYSLOG_MAX + 1 + 5);
	assert_string_equal(text_str(&h.t) + SYSLOG_MAX, "!<2>b|");
	text_clear(&h.t);
	syslog_stream_feed(s, "24576 ", 6, hear, &h);
	syslog_stream_feed(s, a, 3 * SYSLOG_MAX, hear, &h);
	syslog_stream_feed(s, "4 <2>b", 6, hear, &h);
	assert_int_equal(h.t.len, SYSLOG_MAX + 1 + 5);
	assert_string_equal(text_str(&h.t) + SYSLOG_MAX, "!<2>b|");
	text_fini(&h.t);
	free(s);
}

/* --- the limit -------------------------------------------------------------------------------- */

static unsigned taken(struct limit *l, uint64_t at_us, unsigned tries)
{
	unsigned n = 0;

	for (unsigned i = 0; i < tries; i++)
		n += limit_take(l, at_us);
	return n;
}

static void a_source_has_a_rate_and_a_burst(void **state)
{
	struct limit l = { 0 };
	const uint64_t s = 1000000, t = 1000 * s;

	(void)state;
	assert_int_equal(taken(&l, t, 3 * LIMIT_PER_S), LIMIT_PER_S);
	assert_int_equal(taken(&l, t + s / 2, LIMIT_PER_S), LIMIT_PER_S / 2);
	assert_int_equal(taken(&l, t + s / 2, 10), 0);
	assert_int_equal(taken(&l, t + 10 * s, 3 * LIMIT_PER_S), LIMIT_PER_S);	/* and no more after a rest */
	assert_true(limit_take(&l, t - 5000 * s));	/* the clock was set back: nobody is shut out for that */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_messages_are_understood),
		cmocka_unit_test(nonsense_is_kept_whole),
		cmocka_unit_test(any_byte_may_be_in_a_message),
		cmocka_unit_test(a_message_cut_anywhere_loses_nothing),
		cmocka_unit_test(messages_are_found_however_they_are_cut),
		cmocka_unit_test(long_messages_are_cut),
		cmocka_unit_test(a_source_has_a_rate_and_a_burst),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
