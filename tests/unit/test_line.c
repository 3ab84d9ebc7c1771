/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events as lines of JSON and back: every kind, hostile contents, nonsense. */
#include "unit.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/mem.h"
#include "record/line.h"

static const struct honeynet net = { .n_honeypots = 2, .honeypot = { { .name = "www" }, { .name = "Dns" } } };

static void same_span(struct span a, struct span b, const char *what)
{
	if (a.len != b.len || (a.len && memcmp(a.at, b.at, a.len)))
		fail_msg("%s: %zu bytes, then %zu", what, a.len, b.len);
}

static void same_event(const struct event *a, const struct event *b)
{
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->at_us, b->at_us);
	assert_int_equal(a->origin.source, b->origin.source);
	assert_int_equal(a->origin.epoch, b->origin.epoch);
	assert_int_equal(a->origin.seq, b->origin.seq);
	assert_int_equal(a->honeypot, b->honeypot);
	assert_int_equal(a->flags, b->flags);
	assert_memory_equal(&a->process, &b->process, sizeof(a->process));
	assert_true(addr_same(&a->src, &b->src));
	assert_true(addr_same(&a->dest, &b->dest));
	assert_int_equal(a->src_port, b->src_port);
	assert_int_equal(a->dest_port, b->dest_port);
	assert_int_equal(a->proto, b->proto);
	assert_int_equal(a->code, b->code);
	assert_int_equal(a->size, b->size);
	assert_int_equal(a->offset, b->offset);
	same_span(a->args, b->args, "args");
	same_span(a->env, b->env, "env");
	same_span(a->path, b->path, "path");
	same_span(a->file, b->file, "file");
	same_span(a->cwd, b->cwd, "cwd");
	same_span(a->state, b->state, "state");
	same_span(a->reason, b->reason, "reason");
	if (a->kind != EV_MODULE)
		same_span(a->bytes, b->bytes, "bytes");
	same_span(a->target, b->target, "target");
	same_span(a->script, b->script, "script");
	same_span(a->secret, b->secret, "secret");
	assert_int_equal(a->mode, b->mode);
	assert_memory_equal(a->owner, b->owner, sizeof(a->owner));
	assert_memory_equal(a->ids, b->ids, sizeof(a->ids));
	assert_memory_equal(&a->peer, &b->peer, sizeof(a->peer));
	assert_memory_equal(a->socket, b->socket, sizeof(a->socket));
	assert_int_equal(a->stream, b->stream);
	assert_int_equal(a->stream_end, b->stream_end);
	assert_memory_equal(a->window, b->window, sizeof(a->window));
	assert_int_equal(a->facility, b->facility);
	assert_int_equal(a->severity, b->severity);
	assert_int_equal(a->start_us, b->start_us);
	assert_memory_equal(a->packets, b->packets, sizeof(a->packets));
	assert_memory_equal(a->octets, b->octets, sizeof(a->octets));
	same_span(a->host, b->host, "host");
	same_span(a->app, b->app, "app");
	same_span(a->procid, b->procid, "procid");
	same_span(a->msgid, b->msgid, "msgid");
	same_span(a->said, b->said, "said");
	same_span(a->message, b->message, "message");
	same_span(a->category, b->category, "category");
	same_span(a->user, b->user, "user");
	same_span(a->ancestry, b->ancestry, "ancestry");
	assert_int_equal(a->seq, b->seq);
	assert_int_equal(a->session, b->session);
	assert_string_equal(a->sha256, b->sha256);
}

static void verdict(struct event *e)
{
	e->state = span_of("drop");
	e->reason = span_of("budget tcp");
	e->code = 0;
}

/* What the later kinds have of their own. */
static void fill(struct event *e)
{
	switch (e->kind) {
	case EV_SYSLOG:
		e->facility = 23;
		e->severity = 7;
		e->host = span_of("www");
		e->app = span_of("sshd");
		e->procid = span_of("412");
		e->msgid = span_of("ID47");
		e->said = span_of("Oct 11 22:14:15");
		e->message = span_of("Accepted password for bob");
		e->flags |= EVENT_MALFORMED;
		e->code = 0;
		break;
	case EV_FLOW:
		verdict(e);
		e->start_us = 1795411600000001;
		e->packets[0] = 1, e->packets[1] = UINT64_MAX, e->octets[0] = 1ull << 60, e->octets[1] = 4;
		break;
	case EV_ALERT:
		e->state = span_of("allowed");
		e->reason = span_of("SKEP traversal");
		e->category = span_of("Web Application Attack");
		e->severity = 1;
		e->message = span_of("GET /../../etc/passwd");
		break;
	case EV_FINDING:
		e->reason = span_of("scan");
		e->state = span_of("begun");
		e->severity = SEVERITY_PRIORITY;
		e->message = span_of("16 ports in 3 s");
		e->start_us = 1;
		break;
	case EV_GUARD:
		verdict(e);
		e->severity = SEVERITY_CRITICAL;
		e->ancestry = (struct span){ "sshd(1)\0init(1) /sbin/init\0", 27 };
		break;
	case EV_PCAP:
		e->packets[0] = 12;
		e->start_us = 1795411600000001;
		memset(e->sha256, 'b', 64);
		break;
	case EV_ADMIN:
		verdict(e);
		e->user = span_of("alice");
		e->args = (struct span){ "down\0--now\0", 11 };
		break;
	case EV_CREDS:
		e->state = span_of("uid");
		e->ids[0] = (struct event_ids){ 1, 2, 3, 4, 5, 6, UINT64_MAX, 8 };
		e->ids[1] = (struct event_ids){ UINT32_MAX, 0, 0, 9, 9, 9, 0, 1ull << 40 };
		e->code = 0;
		break;
	case EV_SOCKET:
		e->socket[0] = 17, e->socket[1] = 3;
		e->code = 0;
		break;
	case EV_FILE:
		e->state = span_of("rename");
		e->target = span_of("/tmp/\"y");
		e->mode = 0104755;
		e->owner[0] = 0, e->owner[1] = UINT32_MAX;
		e->size = 9;
		e->code = 0;
		break;
	case EV_CONTENT:
		e->state = span_of("run");
		e->size = 1ull << 40;
		e->object = UINT64_MAX - 1;
		e->kept = 7;
		e->flags = EVENT_LAST;
		memset(e->sha256, 'c', 64);
		e->code = 0;
		break;
	case EV_MOUNT:
		e->state = span_of("mount");
		e->target = span_of("/dev/vda");
		e->category = span_of("ext4");
		break;
	case EV_HALT:
		e->reason = span_of("Attempted to kill init!");
		e->peer = (struct event_peer){ 9, UINT32_MAX, 0, "reboot" };
		break;
	case EV_PTRACE:
	case EV_SIGNAL:
		e->peer = (struct event_peer){ UINT64_MAX, 8, 9, "victim" };
		if (e->kind == EV_PTRACE) {
			e->state = span_of("access");
			e->code = 0;
		}
		break;
	case EV_NAMESPACE:
	case EV_KERNEL:
		e->state = span_of("unshare");
		break;
	case EV_STREAM:
		e->stream = UINT64_MAX;
		e->stream_end = 1;
		e->category = span_of("pipe");
		e->state = span_of("input");
		e->offset = UINT64_MAX;
		e->bytes = (struct span){ "\0\xff", 2 };
		e->code = 0;
		break;
	case EV_LOGIN:
		e->app = span_of("sshd");
		e->category = span_of("password");
		e->user = span_of("root");
		e->secret = span_of("toor");
		e->state = span_of("refused");
		e->code = 0;
		break;
	case EV_WINDOW:
		e->window[0] = 24, e->window[1] = 80;
		e->code = 0;
		break;
	case EV_LINEAGE:
		e->state = span_of("socket");
		e->peer = (struct event_peer){ UINT64_MAX, 400, 0, "screen" };
		e->code = 0;
		break;
	case EV_CONTROL:
		e->state = span_of("refused");
		e->reason = span_of("brake tcp");
		e->packets[0] = UINT64_MAX;
		e->code = 0;
		break;
	case EV_SELFTEST:
		verdict(e);
		e->user = span_of("alice");
		memset(e->sha256, 'd', 64);
		break;
	case EV_SINK:
		e->state = span_of("pretend");
		e->bytes = (struct span){ "EHLO x\r\n\0\xff", 10 };
		e->code = 0;
		break;
	case EV_TOKEN:
		e->target = span_of("/root/.aws/credentials");
		e->code = 0;
		break;
	default:
		break;
	}
}

static struct event example(enum event_kind k)
{
	struct event e = {
		.kind = k, .at_us = 1795411607123456, .origin = { SOURCE_GUEST, UINT64_MAX, 9 }, .honeypot = 1,
		.seq = 77, .session = 3, .code = k == EV_EXIT ? 0x8b00 : 4,
		.process = { UINT64_MAX, 1ull << 53, (1ull << 53) + 1, 1234, 1, 1200, 33, 0, 33, "sh", "pts/0" },
		.src_port = 4444, .dest_port = 22, .proto = IPPROTO_TCP,
		.path = span_of("./x"), .file = span_of("/tmp/x"), .cwd = span_of("/tmp"),
	};

	addr_parse("198.51.100.7", &e.src);
	addr_parse("2001:db8::5", &e.dest);
	if (k == EV_EXEC) {
		e.args = (struct span){ "x\0\0-a \"b\"\0", 11 };
		e.env = (struct span){ "LOGNAME=bob\0PATH=/bin:/tmp\0", 27 };
		e.script = span_of("/tmp/x.sh");
		e.flags = EVENT_SETID | EVENT_SOCKET;
	} else if (k == EV_MODULE) {
		e.bytes = span_of("ELF");
		e.size = UINT64_MAX;
		e.offset = 5;
		memset(e.sha256, 'a', 64);
	} else if (k == EV_TTY_IN || k == EV_TTY_OUT) {
		e.bytes = (struct span){ "ls\r\n\0\x1b[31m\xff", 12 };
		e.flags = EVENT_ECHO | EVENT_CANON;
	} else if (k == EV_VERDICT || k == EV_HONEYPOT || k == EV_GATE || k == EV_ROLE || k == EV_CHAIN) {
		verdict(&e);
		e.origin.source = SOURCE_GATEWAY;
	} else
		fill(&e);
	e.flags |= EVENT_TRUNCATED | EVENT_REFUSED;
	return e;
}

static void every_kind_comes_back(void **state)
{
	(void)state;
	for (int k = 0; k < EV_KINDS; k++) {
		struct event e = example((enum event_kind)k);
		_text_ struct text t = { 0 }, again = { 0 };
		_line_ struct line l = { 0 };

		line_write(&e, &net, &t);
		assert_int_equal(t.at[t.len - 1], '\n');
		assert_ptr_equal(strchr(t.at, '\n'), t.at + t.len - 1);
		if (line_read(t.at, t.len, &net, &l) < 0)
			fail_msg("%s", t.at);
		same_event(&e, &l.event);
		if (k == EV_MODULE) {
			assert_int_equal(l.length, 3);
			continue;
		}
		line_write(&l.event, &net, &again);
		assert_string_equal(text_str(&t), text_str(&again));
	}
}

static void the_order_of_members_does_not_matter(void **state)
{
	(void)state;
	for (int k = 0; k < EV_KINDS; k++) {
		struct event e = example((enum event_kind)k);
		_text_ struct text t = { 0 };
		_line_ struct line l = { 0 };
		json_t *o;
		char *sorted;

		line_write(&e, &net, &t);
		o = json_loadb(t.at, t.len, 0, NULL);
		assert_non_null(o);
		sorted = json_dumps(o, JSON_SORT_KEYS);
		assert_int_equal(line_read(sorted, strlen(sorted), &net, &l), 0);
		same_event(&e, &l.event);
		free(sorted);
		json_decref(o);
	}
}

static void a_bare_event_comes_back(void **state)
{
	(void)state;
	for (int k = 0; k < EV_KINDS; k++) {
		uint32_t unchanged = k == EV_FILE ? UINT32_MAX : 0;
		struct event e = { .kind = (enum event_kind)k, .honeypot = -1, .owner = { unchanged, unchanged }, .origin = { SOURCE_SUPERVISOR, 0, 0 } };
		_text_ struct text t = { 0 };
		_line_ struct line l = { 0 };

		line_write(&e, &net, &t);
		assert_int_equal(line_read(t.at, t.len, NULL, &l), 0);
		same_event(&e, &l.event);
	}
}

static void the_envelope_is_eve(void **state)
{
	struct event e = example(EV_ACCEPT);
	_text_ struct text t = { 0 };

	(void)state;
	line_write(&e, &net, &t);
	assert_non_null(strstr(t.at, "{\"timestamp\":\"2026-11-23T05:26:47.123456+0000\",\"event_type\":\"accept\","
				     "\"seq\":77,\"sensor\":\"skep\",\"honeypot\":\"Dns\",\"session\":3,"
				     "\"src_ip\":\"198.51.100.7\",\"src_port\":4444,\"dest_ip\":\"2001:db8::5\","
				     "\"dest_port\":22,\"proto\":\"TCP\",\"process\":{\"entity_id\":"
				     "\"18446744073709551615\",\"pid\":1234,"));
}

static void an_unknown_honeypot_keeps_its_name(void **state)
{
	struct event e = example(EV_BOOT);
	_text_ struct text t = { 0 };

	(void)state;
	line_write(&e, &net, &t);
	{
		_line_ struct line l = { 0 };

		assert_int_equal(line_read(t.at, t.len, NULL, &l), 0);
		assert_int_equal(l.event.honeypot, -1);
		assert_string_equal(l.honeypot, "Dns");
	}
}

static char filled[70000];

/* Whatever a honeypot sends: one line, valid JSON, within the bound, and readable again. */
static void hostile_contents_stay_inside(void **state)
{
	static const struct { const char *what; struct span s; } rows[] = {
		{ "line feeds", { "a\nb\r\n{\"seq\":1}\n", 16 } },
		{ "quotes", { "\",\"seq\":99,\"x\":\"", 16 } },
		{ "escape", { "\x1b]0;owned\x07\x7f", 11 } },
		{ "no UTF-8", { "\xff\xfe\xc0\x80\xed\xa0\x80", 7 } },
		{ "NULs", { "\0\0\0a\0", 5 } },
		{ "half a character", { "\xe2\x82", 2 } },
		{ "huge, six bytes each", { filled, sizeof(filled) } },
		{ "backslashes", { "\\\\\\u0000\\", 9 } },
	};

	(void)state;
	memset(filled, 1, sizeof(filled));
	for (size_t i = 0; i < nitems(rows); i++)
		for (int k = 0; k < EV_KINDS; k++) {
			struct span s = rows[i].s;
			struct event e = { .kind = (enum event_kind)k, .seq = 5, .args = s, .env = s, .path = s,
					   .file = s, .cwd = s, .bytes = s, .state = s, .reason = s, .host = s, .app = s, .procid = s,
					   .msgid = s, .said = s, .message = s, .category = s, .user = s, .ancestry = s };
			_text_ struct text t = { 0 };
			_line_ struct line l = { 0 };

			memcpy(e.process.comm, s.at, s.len < 15 ? s.len : 15);
			memcpy(e.process.tty, s.at, s.len < 15 ? s.len : 15);
			line_write(&e, &net, &t);
			assert_true(t.len <= LINE_BYTES_MAX - LINE_SEAL_MAX);
			assert_ptr_equal(memchr(t.at, '\n', t.len), t.at + t.len - 1);
			if (line_read(t.at, t.len, &net, &l) < 0)
				fail_msg("%s: %s", rows[i].what, t.at);
			assert_int_equal(l.event.seq, 5);
			assert_int_equal(!!(l.event.flags & EVENT_TRUNCATED), s.len > 60000);
			if (s.len < 100 && (k == EV_TTY_IN || k == EV_TTY_OUT))
				same_span(e.bytes, l.event.bytes, rows[i].what);
		}
}

static void a_long_environment_keeps_what_counts(void **state)
{
	_text_ struct text env = { 0 }, t = { 0 };
	_line_ struct line l = { 0 };
	struct event e = { .kind = EV_EXEC };

	(void)state;
	text_addn(&env, "LC_ALL=x\0SECRET=y\0PATH=", 23);
	for (int i = 0; i < 2000; i++)
		text_addc(&env, 'p');
	text_addn(&env, "\0LOGNAME=bob\0", 13);
	e.env = (struct span){ env.at, env.len };
	line_write(&e, &net, &t);
	assert_null(strstr(t.at, "SECRET"));
	assert_int_equal(line_read(t.at, t.len, &net, &l), 0);
	assert_true(span_is(event_env(&l.event, "LOGNAME"), "bob"));
	assert_int_equal(event_env(&l.event, "PATH").len, LINE_ENV_MAX);
	assert_true(l.event.flags & EVENT_TRUNCATED);
}

static void nonsense_is_refused(void **state)
{
#define HEAD "{\"timestamp\":\"2026-11-23T05:26:47.123456+0000\",\"event_type\":\"boot\",\"seq\":1,"
#define TAIL "\"capture\":{\"source\":\"guest\",\"epoch\":1,\"seq\":1}}"
	static const struct { const char *s; int want; } rows[] = {
		{ HEAD TAIL, 0 },
		{ HEAD "\"later\":[1],\"session\":\"7\"," TAIL, 0 },
		{ HEAD "\"session\":-1," TAIL, -EBADMSG },
		{ HEAD "\"session\":\"-1\"," TAIL, -EBADMSG },
		{ HEAD "\"session\":\" 1\"," TAIL, -EBADMSG },
		{ HEAD "\"session\":\"18446744073709551616\"," TAIL, -EBADMSG },
		{ HEAD "\"session\":1.5," TAIL, -EBADMSG },
		{ HEAD "\"seq\":2," TAIL, -EBADMSG },
		{ HEAD "\"src_port\":65536," TAIL, -EBADMSG },
		{ HEAD "\"src_ip\":\"1.2.3\"," TAIL, -EBADMSG },
		{ HEAD "\"proto\":\"256\"," TAIL, -EBADMSG },
		{ HEAD "\"process\":[]," TAIL, -EBADMSG },
		{ HEAD "\"process\":{\"args\":[1]}," TAIL, -EBADMSG },
		{ HEAD "\"process\":{\"user\":{\"id\":4294967296}}," TAIL, -EBADMSG },
		{ HEAD "\"file\":{\"hash\":{\"sha256\":\"abc\"}}," TAIL, -EBADMSG },
		{ HEAD "\"tty\":{\"bytes\":\"abc\"}," TAIL, -EBADMSG },
		{ HEAD "\"honeypot\":\"a name that is longer than thirty-one bytes\"," TAIL, -EBADMSG },
		{ HEAD "\"refused\":1," TAIL, -EBADMSG },
		{ "{\"event_type\":\"boot\"," TAIL, -EBADMSG },
		{ "{\"timestamp\":\"2026-11-23 05:26:47.123456+0000\",\"event_type\":\"boot\"," TAIL, -EBADMSG },
		{ "{\"timestamp\":\"2026-11-23T05:26:47.123456+0000\",\"event_type\":\"toot\"," TAIL, -EBADMSG },
		{ HEAD "\"capture\":{\"source\":\"mars\"}}", -EBADMSG },
		{ "[]", -EBADMSG }, { "1", -EBADMSG }, { "{}", -EBADMSG }, { "", -EBADMSG }, { "{}{}", -EBADMSG },
	};

	(void)state;
	for (size_t i = 0; i < nitems(rows); i++) {
		_line_ struct line l = { 0 };
		int r = line_read(rows[i].s, strlen(rows[i].s), &net, &l);

		if (r != rows[i].want)
			fail_msg("%d: %s", r, rows[i].s);
	}
}

static void a_line_cut_or_changed_anywhere_is_no_crash(void **state)
{
	struct event e = example(EV_EXEC);
	_text_ struct text t = { 0 };

	(void)state;
	line_write(&e, &net, &t);
	for (size_t n = 0; n + 2 < t.len; n++) {
		_line_ struct line l = { 0 };
		_free_ char *copy = xcalloc(t.len, 1);

		assert_int_equal(line_read(t.at, n, &net, &l), -EBADMSG);
		memcpy(copy, t.at, t.len);
		copy[n] ^= 2;
		line_read(copy, t.len, &net, &l);
	}
}

static void deep_nesting_is_refused(void **state)
{
	_text_ struct text t = { 0 };
	_line_ struct line l = { 0 };

	(void)state;
	for (int i = 0; i < 100000; i++)
		text_add(&t, "{\"a\":");
	assert_int_equal(line_read(t.at, t.len, &net, &l), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_comes_back),
		cmocka_unit_test(the_order_of_members_does_not_matter),
		cmocka_unit_test(a_bare_event_comes_back),
		cmocka_unit_test(the_envelope_is_eve),
		cmocka_unit_test(an_unknown_honeypot_keeps_its_name),
		cmocka_unit_test(hostile_contents_stay_inside),
		cmocka_unit_test(a_long_environment_keeps_what_counts),
		cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test(a_line_cut_or_changed_anywhere_is_no_crash),
		cmocka_unit_test(deep_nesting_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
