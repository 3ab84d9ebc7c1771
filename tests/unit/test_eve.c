/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Suricata's lines as events, and the reading of files that grow and follow one another. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"
#include "capture/eve.h"
#include "capture/eve_tail.h"

/* As Suricata 7.0.10 wrote it. */
static const char answered[] =
	"{\"timestamp\":\"2026-11-23T09:44:00.123456+0100\",\"flow_id\":1702381237192837,\"in_iface\":\"br0\","
	"\"event_type\":\"alert\",\"src_ip\":\"10.10.10.81\",\"src_port\":80,\"dest_ip\":\"203.0.113.9\",\"dest_port\":40001,"
	"\"proto\":\"TCP\",\"pkt_src\":\"wire/pcap\",\"community_id\":\"1:x\",\"alert\":{\"action\":\"allowed\",\"gid\":1,"
	"\"signature_id\":9100304,\"rev\":1,\"signature\":\"web shell: the answer is what id prints\","
	"\"category\":\"A user's rights gained\",\"severity\":1},\"http\":{\"hostname\":\"www.example\",\"url\":\"/x?a=\\u001b[2J\","
	"\"http_user_agent\":\"Mozilla/5.0\",\"http_method\":\"GET\",\"protocol\":\"HTTP/1.1\",\"status\":200,\"length\":54},"
	"\"app_proto\":\"http\",\"direction\":\"to_client\"}";

static int is(struct span s, const char *what)
{
	return s.len == strlen(what) && !memcmp(s.at, what, s.len);
}

static void an_alert_is_told(void **state)
{
	_eve_ struct eve e = { 0 };
	char a[ADDR_TEXT];

	(void)state;
	assert_int_equal(eve_read(&e, answered, strlen(answered)), EVE_ALERT);
	assert_int_equal(e.event.kind, EV_ALERT);
	assert_int_equal(e.event.at_us, 1795423440123456ull);	/* 08:44 UTC */
	assert_int_equal(e.event.code, 9100304);
	assert_int_equal(e.event.severity, 1);
	assert_int_equal(e.event.origin.source, SOURCE_NIDS);
	assert_int_equal(e.event.honeypot, -1);
	assert_true(is(e.event.reason, "web shell: the answer is what id prints"));
	assert_true(is(e.event.category, "A user's rights gained"));
	assert_true(is(e.event.state, "allowed"));
	assert_true(is(e.event.message, "GET http://www.example/x?a=\x1b[2J, answered 200, user agent Mozilla/5.0"));
	/* the alert is about the answer; the connection was opened by the other side */
	assert_string_equal(addr_text(&e.event.src, a), "203.0.113.9");
	assert_string_equal(addr_text(&e.event.dest, a), "10.10.10.81");
	assert_int_equal(e.event.src_port, 40001);
	assert_int_equal(e.event.dest_port, 80);
	assert_int_equal(e.event.proto, IPPROTO_TCP);
}

#define HEAD "{\"timestamp\":\"2026-11-23T08:44:00.000001+0000\",\"event_type\":\"alert\",\"alert\":{\"signature_id\":7}"

static void each_dialogue_in_words(void **state)
{
	static const struct { const char *rest, *message; } cases[] = {
		{ "}", "" },
		{ ",\"dns\":{\"query\":[{\"rrname\":\"a.onion\",\"rrtype\":\"A\"}]}}", "A a.onion" },
		{ ",\"dns\":{\"rrname\":\"b.example\"}}", "b.example" },
		{ ",\"dns\":{\"query\":[]}}", "" },
		{ ",\"ssh\":{\"client\":{\"software_version\":\"Go\"},\"server\":{\"software_version\":\"OpenSSH_9\"}}}",
		  "client Go, server OpenSSH_9" },
		{ ",\"ssh\":{\"server\":{\"software_version\":\"OpenSSH_9\"}}}", "server OpenSSH_9" },
		{ ",\"smtp\":{\"helo\":\"x\",\"mail_from\":\"<a@b>\",\"rcpt_to\":[\"<c@d>\",\"<e@f>\"]}}",
		  "hello x, from <a@b>, to <c@d>" },
		{ ",\"smtp\":{\"rcpt_to\":\"<c@d>\"}}", "" },
		{ ",\"tls\":{\"sni\":\"pastebin.com\",\"version\":\"TLS 1.3\"}}", "TLS 1.3 to pastebin.com" },
		{ ",\"ftp\":{\"command\":\"RETR\",\"command_data\":\"bot.tgz\"}}", "RETR bot.tgz" },
		{ ",\"tftp\":{\"packet\":\"read\",\"file\":\"x\",\"mode\":\"octet\"}}", "read x" },
		{ ",\"http\":{\"url\":\"/\"}}", "/" },
		{ ",\"http\":[]}", "" },
		{ ",\"http\":{\"url\":7,\"status\":\"404\"}}", ", answered 404" },
	};

	(void)state;
	for (size_t i = 0; i < nitems(cases); i++) {
		_eve_ struct eve e = { 0 };
		_text_ struct text line = { 0 };

		text_addf(&line, "%s%s", HEAD, cases[i].rest);
		if (eve_read(&e, line.at, line.len) != EVE_ALERT || !is(e.event.message, cases[i].message))
			fail_msg("%s: %.*s", cases[i].rest, (int)e.event.message.len, e.event.message.at);
	}
}

static void a_message_is_bounded(void **state)
{
	_eve_ struct eve e = { 0 };
	_text_ struct text line = { 0 };

	(void)state;
	text_add(&line, HEAD ",\"http\":{");
	for (int i = 0; i < 4; i++) {
		static const char *const names[] = { "http_method", "hostname", "url", "http_user_agent" };

		text_addf(&line, "%s\"%s\":\"", i ? "," : "", names[i]);
		for (int k = 0; k < 10000; k++)
			text_addc(&line, 'x');
		text_addc(&line, '"');
	}
	text_add(&line, "}}");
	assert_int_equal(eve_read(&e, line.at, line.len), EVE_ALERT);
	assert_in_range(e.event.message.len, 1024, 2048);
}

static void icmp_has_types_for_ports(void **state)
{
	static const char line[] = "{\"timestamp\":\"2026-11-23T08:44:00.000001+0000\",\"event_type\":\"alert\","
		"\"src_ip\":\"2001:db8::1\",\"dest_ip\":\"10.10.10.80\",\"proto\":\"ICMP\",\"icmp_type\":8,\"icmp_code\":0,"
		"\"direction\":\"to_client\",\"alert\":{\"signature_id\":\"9100008\"}}";
	_eve_ struct eve e = { 0 };
	char a[ADDR_TEXT];

	(void)state;
	assert_int_equal(eve_read(&e, line, strlen(line)), EVE_ALERT);
	assert_int_equal(e.event.code, 9100008);		/* a number as a string */
	assert_int_equal(e.event.src_port, 8);
	assert_string_equal(addr_text(&e.event.src, a), "2001:db8::1");
}

static void lost_packets_are_told(void **state)
{
	static const char *const lines[] = {
		"{\"timestamp\":\"2026-11-23T08:44:00.000001+0000\",\"event_type\":\"stats\",\"stats\":{\"capture\":"
		"{\"kernel_packets\":900,\"kernel_drops\":112,\"kernel_drops_delta\":12}}}",
		"{\"timestamp\":\"2026-11-23T08:44:00.000001+0000\",\"event_type\":\"stats\",\"stats\":{\"capture\":"
		"{\"kernel_packets\":900,\"kernel_drops\":112}}}",
		"{\"timestamp\":\"2026-11-23T08:44:00.000001+0000\",\"event_type\":\"stats\",\"stats\":{\"capture\":7}}",
	};
	_eve_ struct eve e = { 0 };

	(void)state;
	assert_int_equal(eve_read(&e, lines[0], strlen(lines[0])), EVE_LOST);
	assert_int_equal(e.event.kind, EV_LOST);
	assert_int_equal(e.event.code, 12);
	assert_int_equal(eve_read(&e, lines[1], strlen(lines[1])), EVE_OTHER);
	assert_int_equal(eve_read(&e, lines[2], strlen(lines[2])), EVE_OTHER);
}

static void a_drop_without_a_rule_is_told(void **state)
{
#define DROP(why) "{\"timestamp\":\"2026-11-23T08:44:00.000001+0000\",\"event_type\":\"drop\",\"src_ip\":\"10.10.10.81\"," \
	"\"src_port\":4000,\"dest_ip\":\"203.0.113.80\",\"dest_port\":80,\"proto\":\"TCP\",\"direction\":\"to_server\"," \
	"\"drop\":{\"len\":60" why "}}"
	static const char *const lines[] = { DROP(",\"reason\":\"stream memcap\""), DROP(",\"reason\":\"rules\""),
		DROP(",\"reason\":\"flow drop\""), DROP("") };
	_eve_ struct eve e = { 0 };

	(void)state;
	assert_int_equal(eve_read(&e, lines[0], strlen(lines[0])), EVE_DROP);
	assert_int_equal(e.event.kind, EV_VERDICT);
	assert_true(is(e.event.state, "drop") && is(e.event.reason, "prevention") && is(e.event.message, "stream memcap"));
	assert_int_equal(e.event.dest_port, 80);
	assert_int_equal(addr_u32(&e.event.src), 0x0a0a0a51);
	assert_int_equal(eve_read(&e, lines[1], strlen(lines[1])), EVE_OTHER);	/* it has an alert */
	assert_int_equal(eve_read(&e, lines[2], strlen(lines[2])), EVE_OTHER);	/* it was told before */
	assert_int_equal(eve_read(&e, lines[3], strlen(lines[3])), EVE_DROP);
}

static void nonsense_is_refused(void **state)
{
	static const char *const lines[] = {
		"", "{", "[]", "7", "null", "{}", "\xff\xfe", "{\"event_type\":\"alert\"}",
		"{\"timestamp\":7,\"event_type\":\"alert\",\"alert\":{\"signature_id\":7}}",
		"{\"timestamp\":\"2026-11-23T08:44:00.000001+0000x\",\"event_type\":\"alert\",\"alert\":{\"signature_id\":7}}",
		"{\"timestamp\":\"1926-11-23T08:44:00.000001+0000\",\"event_type\":\"alert\",\"alert\":{\"signature_id\":7}}",
		"{\"timestamp\":\"1970-01-01T00:00:00.000001+0100\",\"event_type\":\"alert\",\"alert\":{\"signature_id\":7}}",
		"{\"timestamp\":\"2026-11-23T08:44:00.000001+0000\",\"event_type\":\"alert\",\"alert\":{}}",
		"{\"timestamp\":\"2026-11-23T08:44:00.000001+0000\",\"event_type\":\"alert\",\"alert\":{\"signature_id\":-7}}",
		"{\"timestamp\":\"2026-11-23T08:44:00.000001+0000\",\"event_type\":\"alert\",\"alert\":{\"signature_id\":4294967296}}",
		"{\"timestamp\":\"2026-11-23T08:44:00.000001+0000\",\"event_type\":\"alert\",\"alert\":{\"signature_id\":\"7x\"}}",
	};
	_text_ struct text deep = { 0 };
	_eve_ struct eve e = { 0 };

	(void)state;
	for (size_t i = 0; i < nitems(lines); i++)
		if (eve_read(&e, lines[i], strlen(lines[i])) != -EBADMSG)
			fail_msg("%s", lines[i]);
	text_add(&deep, "{\"a\":");
	for (size_t i = 0; i < EVE_LINE_MAX - 8; i++)
		text_addc(&deep, '[');
	assert_int_equal(eve_read(&e, deep.at, deep.len), -EBADMSG);
	text_add(&deep, "[[[[[[[[");
	assert_int_equal(eve_read(&e, deep.at, deep.len), -EBADMSG);
}

static void what_is_no_utf8_is_mended(void **state)
{
	static const char line[] = HEAD ",\"dns\":{\"rrname\":\"a\xff\"}}";
	static const char nul[] = HEAD ",\"dns\":{\"rrname\":\"a\\u0000b\"}}";
	_eve_ struct eve e = { 0 };

	(void)state;
	assert_int_equal(eve_read(&e, line, strlen(line)), EVE_ALERT);
	assert_true(is(e.event.message, "a\xef\xbf\xbd"));
	assert_int_equal(eve_read(&e, nul, strlen(nul)), EVE_ALERT);
	assert_int_equal(e.event.message.len, 3);
}

/* --- files that grow -------------------------------------------------------------------------- */

struct files {
	struct eve_tail *tail;
	int fd[4];		/* the writer's ends; file i has number i + 1 */
};

static int make_file(void)
{
	char path[] = "/tmp/skep-eve-XXXXXX";
	int fd = mkostemp(path, O_CLOEXEC);

	unlink(path);
	return fd;
}

static struct files files_make(uint64_t position)
{
	struct files f = { .tail = xcalloc(1, sizeof(*f.tail)) };

	eve_tail_init(f.tail, position);
	for (size_t i = 0; i < nitems(f.fd); i++)
		f.fd[i] = make_file();
	return f;
}

static void files_fini(struct files *f)
{
	eve_tail_fini(f->tail);
	free(f->tail);
	for (size_t i = 0; i < nitems(f->fd); i++)
		close(f->fd[i]);
}

#define _files_ __attribute__((cleanup(files_fini)))

static void add(int fd, const char *s)
{
	assert_int_equal(write(fd, s, strlen(s)), (ssize_t)strlen(s));
}

static void give(struct files *f, uint32_t number)
{
	assert_int_equal(eve_tail_give(f->tail, dup(f->fd[number - 1]), number), 0);
}

/* The next line is @want (NULL: none now); the position behind it. */
static uint64_t expect(struct files *f, const char *want)
{
	uint64_t position = 0;
	struct span s;
	int r = eve_tail_next(f->tail, &s, &position);

	if (!want) {
		assert_int_equal(r, 0);
		return 0;
	}
	assert_int_equal(r, 1);
	assert_true(is(s, want));
	return position;
}

static void a_file_is_read_while_it_grows(void **state)
{
	_files_ struct files f = files_make(0);

	(void)state;
	expect(&f, NULL);
	give(&f, 1);
	expect(&f, NULL);
	add(f.fd[0], "one\ntw");
	assert_int_equal(expect(&f, "one"), (1ull << EVE_OFFSET_BITS) + 4);
	expect(&f, NULL);		/* half a line waits */
	add(f.fd[0], "o\n\nthree\n");
	assert_int_equal(expect(&f, "two"), (1ull << EVE_OFFSET_BITS) + 8);
	assert_int_equal(expect(&f, "three"), (1ull << EVE_OFFSET_BITS) + 15);
	expect(&f, NULL);
	assert_int_equal(f.tail->torn, 0);
}

static void a_file_ends_when_the_next_is_there(void **state)
{
	_files_ struct files f = files_make(0);

	(void)state;
	give(&f, 1);
	add(f.fd[0], "one\n");
	expect(&f, "one");
	expect(&f, NULL);
	add(f.fd[0], "late\n");		/* renamed, and written to until the new file is there */
	give(&f, 2);
	assert_int_equal(eve_tail_file(f.tail), 1);
	add(f.fd[1], "first\n");
	expect(&f, "late");
	assert_int_equal(expect(&f, "first"), (2ull << EVE_OFFSET_BITS) + 6);
	assert_int_equal(eve_tail_file(f.tail), 2);
	add(f.fd[1], "half");		/* killed; what it does next begins a new file */
	give(&f, 3);
	give(&f, 4);
	add(f.fd[3], "last\n");
	expect(&f, "last");
	assert_int_equal(f.tail->torn, 1);
	assert_int_equal(eve_tail_file(f.tail), 4);
}

static void every_position_can_be_gone_on_from(void **state)
{
	static const char *const lines[] = { "a", "bb", "ccc", "dddd", "eeeee", "ffffff" };
	uint64_t position[nitems(lines) + 1] = { 0 };

	(void)state;
	for (size_t from = 0; from <= nitems(lines); from++) {
		_files_ struct files f = files_make(position[from]);

		add(f.fd[0], "a\nbb\n");
		add(f.fd[1], "ccc\ndddd\n");
		add(f.fd[2], "eeeee\nffffff\n");
		for (uint32_t i = 1; i <= 3; i++)
			give(&f, i);
		for (size_t i = from; i < nitems(lines); i++) {
			uint64_t p = expect(&f, lines[i]);

			assert_true(p > position[i]);
			position[i + 1] = p;
		}
		expect(&f, NULL);
	}
}

static void the_file_gone_on_from_may_be_gone(void **state)
{
	_files_ struct files f = files_make((2ull << EVE_OFFSET_BITS) + 100);

	(void)state;
	give(&f, 1);				/* before the position: closed at once */
	assert_int_equal(eve_tail_file(f.tail), 0);
	add(f.fd[2], "on\n");
	give(&f, 3);
	expect(&f, "on");
}

static void a_line_too_long_is_passed_over(void **state)
{
	static const size_t sizes[] = { EVE_LINE_MAX - 1, EVE_LINE_MAX, EVE_LINE_MAX + 1, 5 * EVE_LINE_MAX };

	(void)state;
	for (size_t i = 0; i < nitems(sizes); i++) {
		_files_ struct files f = files_make(0);
		_text_ struct text t = { 0 };
		struct span s;
		uint64_t position;

		for (size_t k = 0; k < sizes[i]; k++)
			text_addc(&t, 'x');
		text_add(&t, "\nnext\n");
		give(&f, 1);
		add(f.fd[0], t.at);
		if (i == 0) {
			assert_int_equal(eve_tail_next(f.tail, &s, &position), 1);
			assert_int_equal(s.len, sizes[i]);
		}
		assert_int_equal(expect(&f, "next"), (1ull << EVE_OFFSET_BITS) + sizes[i] + 6);
		assert_int_equal(f.tail->overlong, i > 0);
	}
}

static void a_line_too_long_may_grow_slowly_or_never_end(void **state)
{
	_files_ struct files f = files_make(0);
	_text_ struct text t = { 0 };

	(void)state;
	for (size_t k = 0; k < EVE_LINE_MAX; k++)
		text_addc(&t, 'x');
	give(&f, 1);
	for (int i = 0; i < 3; i++) {
		add(f.fd[0], t.at);
		expect(&f, NULL);
	}
	give(&f, 2);
	add(f.fd[1], "next\n");
	expect(&f, "next");
	assert_int_equal(f.tail->overlong, 1);
	assert_int_equal(f.tail->torn, 0);
}

static void only_files_in_order_are_taken(void **state)
{
	_files_ struct files f = files_make(0);
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(eve_tail_give(f.tail, ends[0], 1), -EINVAL);
	assert_int_equal(eve_tail_give(f.tail, -1, 1), -EINVAL);
	close(ends[1]);
	assert_int_equal(eve_tail_give(f.tail, dup(f.fd[0]), 0), -EINVAL);
	assert_int_equal(eve_tail_give(f.tail, dup(f.fd[0]), 1u << 24), -EINVAL);
	give(&f, 2);
	assert_int_equal(eve_tail_give(f.tail, dup(f.fd[0]), 2), -EINVAL);
	for (uint32_t i = 1; i < EVE_FILES; i++)
		assert_int_equal(eve_tail_give(f.tail, dup(f.fd[0]), 2 + i), 0);
	assert_int_equal(eve_tail_give(f.tail, dup(f.fd[0]), 1000), -ENOBUFS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_alert_is_told),
		cmocka_unit_test(each_dialogue_in_words),
		cmocka_unit_test(a_message_is_bounded),
		cmocka_unit_test(icmp_has_types_for_ports),
		cmocka_unit_test(lost_packets_are_told),
		cmocka_unit_test(a_drop_without_a_rule_is_told),
		cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test(what_is_no_utf8_is_mended),
		cmocka_unit_test(a_file_is_read_while_it_grows),
		cmocka_unit_test(a_file_ends_when_the_next_is_there),
		cmocka_unit_test(every_position_can_be_gone_on_from),
		cmocka_unit_test(the_file_gone_on_from_may_be_gone),
		cmocka_unit_test(a_line_too_long_is_passed_over),
		cmocka_unit_test(a_line_too_long_may_grow_slowly_or_never_end),
		cmocka_unit_test(only_files_in_order_are_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
