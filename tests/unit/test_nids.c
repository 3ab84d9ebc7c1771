/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The NIDS: its configuration, its complaints, its rules' heads, its command socket. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "nids/command.h"
#include "nids/complaint.h"
#include "nids/nids.h"
#include "nids/rule.h"

static int is(struct span s, const char *what)
{
	return s.len == strlen(what) && !memcmp(s.at, what, s.len);
}

static const char *const user_rules[] = { "/home/o'neil/my.rules", "/b: c.rules" };
static const struct nids nids = {
	.own = NIDS_RULES, .interface = "br0", .home = { { ADDR_4 | 0x0a0a0a00, 96 + 24 } }, .n_home = 1, .gateway = { { 4, { 10, 10, 10, 1 } } },
	.rules_dir = "/r",
	.rules = user_rules, .n_rules = 2, .log_dir = "/log", .run_dir = "/run/x", .config = "/c.yaml",
};

static void the_configuration_names_everything(void **state)
{
	static const char *const lines[] = {
		"\n    HOME_NET: \"[10.10.10.0/24]\"\n",
		"\n    GATEWAY: \"[10.10.10.1]\"\n",
		"\nrule-files:\n  - '/r/skep.rules'\n  - '/home/o''neil/my.rules'\n  - '/b: c.rules'\n",
		"\nclassification-file: '/r/classification.config'\n",
		"\ndefault-log-dir: '/log'\n",
		"\n  filename: '/run/x/command'\n",
		"\n  - interface: 'br0'\n",
	};
	_text_ struct text t = { 0 }, six = { 0 };
	struct nids both = nids;

	(void)state;
	nids_config(&nids, &t);
	for (size_t i = 0; i < nitems(lines); i++)
		if (!strstr(text_str(&t), lines[i]))
			fail_msg("%s", lines[i]);
	assert_null(strchr(text_str(&t), '\t'));
	both.home[1] = (struct network){ (addr_number)0x20010db800100000 << 64, 64 };
	both.n_home = 2;
	assert_int_equal(addr_parse("2001:db8:10::a0a:a01", &both.gateway[1]), 0);
	nids_config(&both, &six);
	assert_non_null(strstr(text_str(&six), "\n    HOME_NET: \"[10.10.10.0/24,2001:db8:10::/64]\"\n"));
	assert_non_null(strstr(text_str(&six), "\n    GATEWAY: \"[10.10.10.1,2001:db8:10::a0a:a01]\"\n"));
}

static void the_arguments_fit_or_are_not_given(void **state)
{
	const char *argv[NIDS_ARGV_MAX], *few[3];

	(void)state;
	assert_int_equal(nids_argv(&nids, argv, nitems(argv)), 4);
	assert_string_equal(argv[2], "/c.yaml");
	assert_null(argv[4]);
	assert_int_equal(nids_argv(&nids, few, nitems(few)), 0);
	assert_int_equal(nids_check_argv(&nids, "/scratch", argv, nitems(argv)), 6);
	assert_string_equal(argv[1], "-T");
	assert_string_equal(argv[5], "/scratch");
}

static void prevention_reads_a_queue_and_never_lets_go(void **state)
{
	static const char *const lines[] = {
		"\nrule-files:\n  - '/r/drop.rules'\n", "\nnfq:\n  mode: accept\n  fail-open: no\n", "\nexception-policy: drop-flow\n",
		"\n        - drop: {", "\n  inline: auto\n", "\n    depth: 0\n",
	};
	struct nids prevents = nids;
	const char *argv[NIDS_ARGV_MAX];
	_text_ struct text t = { 0 }, watches = { 0 };

	(void)state;
	prevents.prevents = true;
	prevents.own = NIDS_DROP_RULES;
	nids_config(&prevents, &t);
	nids_config(&nids, &watches);
	for (size_t i = 0; i < nitems(lines); i++)
		if (!strstr(text_str(&t), lines[i]))
			fail_msg("%s", lines[i]);
	assert_null(strstr(text_str(&t), "af-packet"));
	assert_null(strstr(text_str(&watches), "nfq:"));
	assert_int_equal(nids_argv(&prevents, argv, nitems(argv)), 5);
	assert_string_equal(argv[3], "-q");
	assert_int_equal(nids_check_argv(&prevents, "/scratch", argv, nitems(argv)), 7);
	assert_string_equal(argv[6], "--simulate-ips");
}

static void rules_of_the_prevention_drop_or_replace(void **state)
{
	static const struct { const char *rule; bool prevents; } rows[] = {
		{ "drop tcp any any -> any any (sid:1;)", true },
		{ "alert tcp any any -> any any (content:\"a\"; replace:\"b\"; sid:1;)", true },
		{ "alert tcp any any -> any any (msg:\"replace:\"; sid:1;)", false },
		{ "pass tcp any any -> any any (content:\"a\"; replace:\"b\"; sid:1;)", false },
		{ "reject tcp any any -> any any (sid:1;)", false },
	};

	(void)state;
	for (size_t i = 0; i < nitems(rows); i++) {
		struct rule_reader r = { .rest = span_of(rows[i].rule) };
		struct rule_head h;

		assert_int_equal(rule_next(&r, &h), 1);
		if (rule_prevents(&h) != rows[i].prevents)
			fail_msg("%s", rows[i].rule);
	}
}

static void complaints_have_their_place(void **state)
{
	static const char said[] =
		"i: suricata: This is Suricata version 7.0.10 RELEASE running in SYSTEM mode\n"
		"E: detect-parse: unknown rule keyword 'contnt'.\n"
		"E: detect: error parsing signature \"alert tcp any any -> any any (msg:\"x from file /etc/passwd at line 9\"; "
		"contnt:\"x\"; sid:1;)\" from file /a b/my.rules at line 12\n"
		"E: threshold: no threshold file\n"
		"E: detect-parse: no rule options.\n"
		"E: detect: error parsing signature \"gibberish\" from file /b.rules at line 4000000000\n"
		"W: detect: No rule files match the pattern /absent.rules\n"
		"E: suricata: Loading signatures failed.\n";
	struct span rest = span_of(said);
	struct nids_complaint c;

	(void)state;
	assert_int_equal(nids_complaint_next(&rest, &c), 1);
	assert_true(is(c.file, "/a b/my.rules"));
	assert_int_equal(c.line, 12);
	assert_true(is(c.text, "unknown rule keyword 'contnt'."));
	assert_int_equal(nids_complaint_next(&rest, &c), 1);
	assert_true(is(c.text, "no threshold file"));
	assert_int_equal(c.line, 0);
	assert_int_equal(nids_complaint_next(&rest, &c), 1);
	assert_true(is(c.file, "/b.rules"));
	assert_int_equal(nids_complaint_next(&rest, &c), 1);
	assert_true(is(c.file, "/absent.rules"));
	assert_int_equal(nids_complaint_next(&rest, &c), 0);
}

static void complaints_may_be_cut_anywhere(void **state)
{
	static const char said[] = "E: a: b\nE: detect: error parsing signature \"x\" from file /f at line 3\nE: c: d";

	(void)state;
	for (size_t n = 0; n < sizeof(said); n++) {
		struct span rest = { said, n };
		struct nids_complaint c;
		int count = 0;

		while (nids_complaint_next(&rest, &c) && count < 10)
			count++;
		assert_in_range(count, 0, 2);
	}
}

static void rules_tell_what_they_are(void **state)
{
	static const char file[] =
		"# a comment (sid:7;)\n"
		"alert tcp any any -> any 80 (msg:\"one\\; with; sid:5 in it\"; content:\"a\\\"b\"; classtype:network-scan; "
		"sid:1000001; rev:3;)\n"
		"\n"
		"drop udp any any -> any any \\\n"
		"    (msg:\"two\"; \\\n"
		"     priority:4; sid: 1000002 ;)\n"
		"alert tcp any any -> any any (msg:\"no number\";)\n"
		"alert";
	struct rule_reader r = { .rest = span_of(file) };
	struct rule_head h;

	(void)state;
	assert_int_equal(rule_next(&r, &h), 1);
	assert_int_equal(h.sid, 1000001);
	assert_int_equal(h.rev, 3);
	assert_int_equal(h.priority, 0);
	assert_int_equal(h.line, 2);
	assert_true(is(h.class, "network-scan"));
	assert_int_equal(rule_next(&r, &h), 1);
	assert_true(is(h.action, "drop"));
	assert_true(is(h.msg, "two"));
	assert_int_equal(h.sid, 1000002);
	assert_int_equal(h.priority, 4);
	assert_int_equal(h.line, 6);
	assert_int_equal(rule_next(&r, &h), 0);
}

static void classes_have_priorities(void **state)
{
	struct span classes = span_of("# config classification: x,X,9\nconfig classification: scan,A scan,3\n"
				      "config classification: scanner, Two ,1");

	(void)state;
	assert_int_equal(class_priority(classes, span_of("scanner")), 1);
	assert_int_equal(class_priority(classes, span_of("scan")), 3);
	assert_int_equal(class_priority(classes, span_of("x")), 3);
}

/* --- the command socket ----------------------------------------------------------------------- */

struct server {
	char dir[64];
	pid_t pid;
};

/* A peer that says @say[0] to the greeting and @say[1] to the command; NULL: it says nothing. */
static struct server server_start(const char *const say[2])
{
	struct server s = { .dir = "/tmp/skep-nids-XXXXXX" };
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	assert_non_null(mkdtemp(s.dir));
	snprintf(a.sun_path, sizeof(a.sun_path), "%s/" NIDS_SOCKET, s.dir);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, 1), 0);
	s.pid = fork();
	if (s.pid == 0) {
		int c = accept(fd, NULL, NULL);
		char b[256];

		for (int i = 0; i < 2; i++) {
			if (recv(c, b, sizeof(b), 0) <= 0 || !say[i])
				break;
			send(c, say[i], strlen(say[i]), MSG_NOSIGNAL);
		}
		while (recv(c, b, sizeof(b), 0) > 0)
			;
		_exit(0);
	}
	close(fd);
	return s;
}

static void server_end(struct server *s)
{
	char path[96];

	waitpid(s->pid, NULL, 0);
	snprintf(path, sizeof(path), "%s/" NIDS_SOCKET, s->dir);
	unlink(path);
	rmdir(s->dir);
}

static void commands_are_answered(void **state)
{
	static const struct { const char *say[2]; int r; const char *said; } cases[] = {
		{ { "{\"return\":\"OK\"}\n", "{\"return\":\"OK\",\"message\":\"done\"}\n" }, 0, "done" },
		{ { "{\"return\":\"OK\"}\n", "{\"message\":{\"a\":[1]},\"return\":\"OK\"}\n" }, 0, "{\"a\":[1]}" },
		{ { "{\"return\":\"OK\"}\n", "{\"return\":\"NOK\",\"message\":\"no\"}\n" }, NIDS_REFUSED, "no" },
		{ { "{\"return\":\"NOK\"}\n", NULL }, -EPROTO, "" },
		{ { "{\"return\":\"OK\"}\n", "{\"return\":7}\n" }, -EBADMSG, "" },
		{ { "gibberish\n", NULL }, -EBADMSG, "" },
		{ { "{\"return\":\"OK\"}\n", "{\"return\":\"OK\"," }, -ETIMEDOUT, "" },
		{ { NULL, NULL }, -ETIMEDOUT, "" },
	};

	(void)state;
	for (size_t i = 0; i < nitems(cases); i++) {
		_text_ struct text said = { 0 };
		struct server s = server_start(cases[i].say);
		int r = nids_command(s.dir, "reload-rules", 1, &said);

		server_end(&s);
		if (r != cases[i].r || strcmp(text_str(&said), cases[i].said))
			fail_msg("case %zu: %d %s", i, r, text_str(&said));
	}
}

static void nobody_there_is_no_surprise(void **state)
{
	_text_ struct text said = { 0 };

	(void)state;
	assert_int_equal(nids_command("/nonexistent", "uptime", 1, &said), -ENOENT);
	assert_int_equal(nids_command("/tmp", "uptime", 1, &said), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_configuration_names_everything),
		cmocka_unit_test(the_arguments_fit_or_are_not_given),
		cmocka_unit_test(prevention_reads_a_queue_and_never_lets_go),
		cmocka_unit_test(rules_of_the_prevention_drop_or_replace),
		cmocka_unit_test(complaints_have_their_place),
		cmocka_unit_test(complaints_may_be_cut_anywhere),
		cmocka_unit_test(rules_tell_what_they_are),
		cmocka_unit_test(classes_have_priorities),
		cmocka_unit_test(commands_are_answered),
		cmocka_unit_test(nobody_there_is_no_surprise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
