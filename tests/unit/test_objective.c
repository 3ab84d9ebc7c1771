/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Objectives: patterns, files and what is wrong with them, and which events the shipped ones meet. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/glob.h"
#include "base/mem.h"
#include "config/objectives.h"
#include "detect/detect.h"

#define MANUAL "man/objectives.yaml.5"
#define S 1000000ull

static void patterns_match_as_a_shell_would(void **state)
{
	static const struct { const char *pattern, *s; bool want; } rows[] = {
		{ "", "", true }, { "", "a", false }, { "*", "", true }, { "*", "a/b", true }, { "a*c", "abc", true },
		{ "a*c", "ac", true }, { "a*c", "acb", false }, { "*a*b*", "xxaxxbxx", true }, { "*a*b*", "xxbxxaxx", false },
		{ "?", "a", true }, { "?", "", false }, { "[a-c]x", "bx", true }, { "[a-c]x", "dx", false },
		{ "[!a-c]x", "dx", true }, { "[!a-c]x", "ax", false }, { "[]]", "]", true }, { "[a-]", "-", true },
		{ "\\*", "*", true }, { "\\*", "a", false }, { "a\\[b", "a[b", true }, { "*.sh", "x.sh.sh", true },
		{ "/tmp/*", "/tmp", false }, { "*aab", "aaaaaaab", true }, { "[2-7]???", "4755", true },
	};

	(void)state;
	for (size_t i = 0; i < nitems(rows); i++)
		if (glob_match(span_of(rows[i].s), rows[i].pattern) != rows[i].want)
			fail_msg("\"%s\" and \"%s\"", rows[i].pattern, rows[i].s);
	assert_true(glob_is_sound("a[b]\\*"));
	assert_false(glob_is_sound("a[b"));
	assert_false(glob_is_sound("a\\"));
	assert_false(glob_is_sound("[]"));
}

static void errors_stand_at_their_place(void **state)
{
	static const struct { const char *text, *want; } rows[] = {
		{ "", "f:1:1: expected a honeynet, the file is empty\n" },
		{ "a: 1\n", "f:1:1: expected one key, objectives, with a list\n" },
		{ "objectives:\n  - {name: x, severity: bad, kind: exec}\n",
		  "f:2:25: severity: expected clear, information, warning, priority or critical, not bad\n" },
		{ "objectives:\n  - {name: x, severity: clear, kind: exce}\n",
		  "f:2:38: unknown kind of event exce; did you mean exec?\n" },
		{ "objectives:\n  - {name: x, severity: clear}\n", "f:2:5: kind: is missing\n" },
		{ "objectives:\n  - {name: x, severity: clear, kind: exec, when: {comand: ls}}\n",
		  "f:2:51: unknown key comand; did you mean command?\n" },
		{ "objectives:\n  - {name: x, severity: clear, kind: exec, when: {command: \"a[\"}}\n",
		  "f:2:61: command: expected a pattern of 1 to 256 bytes, every [ closed and no \\ at its end\n" },
		{ "objectives:\n  - {name: x, name: y, severity: clear, kind: finding}\n",
		  "f:2:15: name: stands here twice\n"
		  "f:2:47: kind: a finding cannot be what findings are made of\n" },
		{ "objectives:\n  - {name: x, severity: clear, kind: exec, session: no}\n",
		  "f:2:53: session: expected required or any, not no\n" },
	};
	_free_ struct objectives *o = xcalloc(1, sizeof(*o));

	(void)state;
	for (size_t i = 0; i < nitems(rows); i++) {
		_diag_ struct diag d = { 0 };
		_text_ struct text said = { 0 };

		assert_int_equal(objectives_read(rows[i].text, strlen(rows[i].text), o, &d), -EINVAL);
		diag_text(&d, "f", &said);
		assert_string_equal(text_str(&said), rows[i].want);
		assert_int_equal(o->n, 0);
	}
}

static struct objectives *shipped(void)
{
	struct objectives *o = xcalloc(1, sizeof(*o));
	_diag_ struct diag d = { 0 };

	if (objectives_load("etc/objectives.yaml", o, &d) < 0)
		diag_print(&d, "etc/objectives.yaml", stderr);
	assert_int_equal(d.n, 0);
	assert_true(o->n > 40);
	return o;
}

static void what_travels_is_looked_at(void **state)
{
	_free_ struct objectives *o = shipped(), *back = xcalloc(1, sizeof(*back)), *bad = xcalloc(1, sizeof(*bad));
	_text_ struct text t = { 0 };

	(void)state;
	objectives_pack(o, &t);
	assert_int_equal(objectives_unpack((struct span){ t.at, t.len }, back), 0);
	assert_int_equal(back->n, o->n);
	assert_memory_equal(back->at, o->at, o->n * sizeof(o->at[0]));
	assert_memory_equal(back->text, o->text, o->text_len);
	for (size_t n = 0; n < t.len; n += 7)
		assert_int_equal(objectives_unpack((struct span){ t.at, n }, back), -EBADMSG);

	struct { size_t at; uint32_t value; } wrong[] = {
		{ offsetof(struct objectives, n), MAX_OBJECTIVES + 1 },
		{ offsetof(struct objectives, text_len), OBJECTIVE_TEXT + 1 },
		{ offsetof(struct objectives, at[0].name), OBJECTIVE_TEXT },
		{ offsetof(struct objectives, at[1].condition[0].at), o->text_len },
	};
	for (size_t i = 0; i < nitems(wrong); i++) {
		_text_ struct text w = { 0 };

		text_addn(&w, t.at, t.len);
		memcpy(w.at + wrong[i].at, &wrong[i].value, sizeof(wrong[i].value));
		assert_int_equal(objectives_unpack((struct span){ w.at, w.len }, bad), -EBADMSG);
	}
	t.at[t.len - 1] = 'x';		/* the last text does not end */
	assert_int_equal(objectives_unpack((struct span){ t.at, t.len }, bad), -EBADMSG);
}

/* --- the shipped ones ------------------------------------------------------------------------- */

static struct honeynet net = { .n_honeypots = 1, .honeypot = { { .name = "www" } }, .scan = { .probes = 10,
	.window_s = 60, .slow_probes = 20, .slow_window_s = 86400 } };
static struct detect *d;
static struct findings out;

static int begin(void **state)
{
	_free_ struct objectives *o = shipped();

	(void)state;
	d = detect_new(&net, (const uint8_t[16]){ 1 });
	detect_load(d, o);
	memset(&out, 0, sizeof(out));
	return 0;
}

static int end(void **state)
{
	(void)state;
	d = detect_free(d);
	return 0;
}

static struct event guest(enum event_kind k, uint64_t entity, uint64_t parent, const char *comm)
{
	struct event e = { .kind = k, .at_us = S, .origin = { .source = SOURCE_GUEST }, .honeypot = 0, .session = 5,
			   .process = { .entity = entity, .parent = parent, .uid = 33, .euid = 33 } };

	snprintf(e.process.comm, sizeof(e.process.comm), "%s", comm);
	return e;
}

/* met() - what the newest finding is called; "" there is none */
static const char *met(struct event e)
{
	out.n = 0;
	detect_feed(d, &e, &out);
	return out.n ? out.at[out.n - 1].name : "";
}

static struct event runs(uint64_t entity, uint64_t parent, const char *comm, const char *file, struct span args)
{
	struct event e = guest(EV_EXEC, entity, parent, comm);

	e.file = span_of(file);
	e.args = args;
	return e;
}

static struct event touches(const char *action, const char *path)
{
	struct event e = guest(EV_FILE, 20, 1, "vi");

	e.state = span_of(action);
	e.path = span_of(path);
	return e;
}

#define ARGS(s) ((struct span){ s, sizeof(s) })

static void the_shipped_ones_meet_what_they_should(void **state)
{
	struct event e;

	(void)state;
	met(guest(EV_ACCEPT, 7, 1, "apache2"));
	assert_string_equal(met(runs(8, 7, "sh", "/usr/bin/dash", ARGS("sh\0-c\0id"))), "shell from a web server");
	assert_int_equal(out.at[0].severity, SEVERITY_CRITICAL);
	assert_string_equal(out.at[0].message, "sh (uid 33): exec sh -c id");
	assert_string_equal(met(runs(8, 7, "id", "/usr/bin/id", ARGS("id"))), "");	/* from the shell */
	assert_string_equal(met(runs(9, 8, "x", "/tmp/x", ARGS("./x"))), "program run from a folder anyone can write to");
	assert_string_equal(met(runs(10, 8, "3", "/memfd:evil (deleted)", ARGS("[kworker]"))), "program run from memory");
	assert_string_equal(met(runs(11, 8, "m", "/home/a/m", ARGS("m\0-o\0stratum+tcp://p:1"))), "miner");
	e = runs(12, 8, "bash", "/usr/bin/bash", ARGS("bash\0-i"));
	e.flags = EVENT_SOCKET;
	assert_string_equal(met(e), "shell on a connection");
	assert_string_equal(met(touches("create", "/root/.ssh/authorized_keys")), "authorized_keys changed");
	assert_string_equal(met(touches("unlink", "/root/.bash_history")), "history removed");
	assert_string_equal(met(touches("truncate", "/var/log/auth.log")), "logs removed or emptied");
	assert_string_equal(met(touches("open", "/etc/ld.so.preload")), "preloaded library");
	assert_string_equal(met(touches("create", "/var/spool/cron/crontabs/root")), "job left for cron or at");
	assert_string_equal(met(touches("create", "/etc/systemd/system/x.service")), "service of systemd or init");
	assert_string_equal(met(touches("create", "/home/a/notes")), "");
	e = touches("chmod", "/home/a/sh");
	e.mode = 0104755;
	assert_string_equal(met(e), "set-id bit given");
	e.mode = 0100755;
	e.at_us += 3600 * S;
	assert_string_equal(met(e), "");
}

static void a_thing_is_told_once_in_a_while(void **state)
{
	struct event e = touches("unlink", "/root/.bash_history");

	(void)state;
	assert_string_equal(met(e), "history removed");
	for (int i = 0; i < 7; i++) {
		e.at_us += S;
		assert_string_equal(met(e), "");
	}
	e.session = 6;			/* another one's */
	assert_string_equal(met(e), "history removed");
	e.session = 0;			/* nobody's */
	assert_string_equal(met(e), "");
	e.session = 5;
	e.at_us += 600 * S;
	assert_string_equal(met(e), "history removed");
	assert_int_equal(out.at[0].count, 8);
}

static void an_exception_comes_first(void **state)
{
	static const char own[] = "objectives:\n"
		"  - {name: mine, severity: clear, kind: file, when: {path: /root/.bash_history}, unless: {user: \"0\"}}\n";
	_free_ struct objectives *o = xcalloc(1, sizeof(*o));
	_diag_ struct diag errors = { 0 };
	struct event e = touches("unlink", "/root/.bash_history");

	(void)state;
	assert_int_equal(objectives_read(own, sizeof(own) - 1, o, &errors), 0);
	assert_int_equal(objectives_load("etc/objectives.yaml", o, &errors), 0);
	detect_load(d, o);
	assert_string_equal(met(e), "");
	e.process.uid = 0;
	assert_string_equal(met(e), "history removed");
}

/* The manual's part about kinds and keys is what the tables say. */
static void the_manual_is_the_table(void **state)
{
	static const char first[] = ".\\\" From the tables\n", last[] = ".\\\" End of the tables\n";
	_text_ struct text want = { 0 }, page = { 0 }, new = { 0 };
	const char *from, *to, *writing = getenv("SKEP_GOLDEN");
	FILE *f = fopen(MANUAL, "re");
	int c;

	(void)state;
	assert_non_null(f);
	while ((c = getc(f)) != EOF)
		text_addc(&page, (char)c);
	fclose(f);
	objectives_document(&want);
	from = strstr(text_str(&page), first);
	to = strstr(text_str(&page), last);
	assert_true(from && to);
	from += strlen(first);
	if (writing && !strcmp(writing, "write")) {
		text_addn(&new, page.at, (size_t)(from - page.at));
		text_addn(&new, want.at, want.len);
		text_add(&new, to);
		f = fopen(MANUAL, "we");
		assert_non_null(f);
		fwrite(new.at, 1, new.len, f);
		fclose(f);
	} else if ((size_t)(to - from) != want.len || memcmp(from, want.at, want.len))
		fail_msg(MANUAL ": not as the tables say; SKEP_GOLDEN=write makes it anew");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns_match_as_a_shell_would),
		cmocka_unit_test(errors_stand_at_their_place),
		cmocka_unit_test(what_travels_is_looked_at),
		cmocka_unit_test_setup_teardown(the_shipped_ones_meet_what_they_should, begin, end),
		cmocka_unit_test_setup_teardown(a_thing_is_told_once_in_a_while, begin, end),
		cmocka_unit_test_setup_teardown(an_exception_comes_first, begin, end),
		cmocka_unit_test(the_manual_is_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
