/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What skep diff says of files that were put on a disk before its first start. */
#include "unit.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "cli/given.h"

#define HASH "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static char disk[] = "/tmp/skep-test-given-XXXXXX";

static int set_up(void **state)
{
	static const char list[] = "1700000000 file 0600 1000 1000 5 " HASH " /home/a b/.bash_history\n"
				   "1700000000 file 0644 0 0 9 " HASH " /etc/passwd\n"
				   "1700000000 file 0640 0 4 7 " HASH " /var/log/auth.log\n"
				   "1700000000 folder 0700 1000 1000 0 " HASH " /home/a b\n"
				   "1700000000 time 0000 0 0 0 " HASH " /etc/shells\n";
	_free_ char *path = NULL;
	_fd_ int fd = mkstemp(disk), to = -1;

	(void)state;
	path = xasprintf("%s.given", disk);
	to = open(path, O_WRONLY | O_CREAT, 0600);
	return fd >= 0 && to >= 0 && write(to, list, strlen(list)) == (ssize_t)strlen(list) ? 0 : -1;
}

static int tear_down(void **state)
{
	_free_ char *path = xasprintf("%s.given", disk);

	(void)state;
	return unlink(disk) || unlink(path);
}

/* What is left of a line: what differs, or "-" for nothing at all. */
static char *amended(struct given *g, const char *text)
{
	json_t *line = json_loads(text, 0, NULL), *differs;
	_text_ struct text t = { 0 };
	size_t i;
	json_t *d;

	assert_non_null(line);
	if (given_amend(g, line)) {
		text_add(&t, json_string_value(json_object_get(line, "change")));
		differs = json_object_get(line, "differs");
		json_array_foreach(differs, i, d)
			text_addf(&t, " %s", json_string_value(d));
	} else {
		text_addc(&t, '-');
	}
	json_decref(line);
	return xstrdup(text_str(&t));
}

#define LINE(change, path, type, mode, ids, size, mtime, rest)                                                \
	"{\"change\":\"" change "\",\"file\":{\"path\":\"" path "\",\"type\":\"" type "\",\"mode\":\"" mode "\"," ids \
	",\"size\":" size ",\"mtime\":" mtime rest "}"
#define SUM(hash) ",\"hash\":{\"sha256\":\"" hash "\"}}"
#define ROOT "\"uid\":0,\"gid\":0"
#define HIS "\"uid\":1000,\"gid\":1000"

static void what_was_given_is_what_it_is_held_against(void **state)
{
	static const struct { const char *line, *want; } cases[] = {
		{ LINE("added", "/home/a b/.bash_history", "file", "0600", HIS, "5", "1700000000", SUM(HASH)), "-" },
		{ LINE("added", "/home/a b/.bash_history", "file", "0600", HIS, "6", "1800000000", SUM("b")), "changed size mtime content" },
		{ LINE("added", "/home/a b/.bash_history", "file", "0666", ROOT, "5", "1700000000", SUM(HASH)), "changed mode owner" },
		{ LINE("changed", "/etc/passwd", "file", "0644", ROOT, "9", "1700000000", SUM(HASH)), "-" },
		{ LINE("changed", "/etc/passwd", "file", "0644", ROOT, "9", "1700000000", SUM("b")), "changed content" },
		{ LINE("removed", "/etc/passwd", "file", "0644", ROOT, "4", "1600000000", "}"), "removed" },
		{ LINE("added", "/home/a b", "dir", "0700", HIS, "0", "1800000000", "}"), "-" },
		{ LINE("added", "/home/a b", "dir", "0777", HIS, "0", "1800000000", "}"), "changed mode" },
		{ LINE("added", "/home/a b", "file", "0700", HIS, "0", "1800000000", "}"), "added" },
		{ LINE("changed", "/etc/shells", "file", "0644", ROOT, "1", "1700000000", "},\"differs\":[\"mtime\"]"), "-" },
		{ LINE("changed", "/etc/shells", "file", "0644", ROOT, "1", "1700000001", "},\"differs\":[\"mtime\"]"), "changed mtime" },
		{ LINE("changed", "/etc/shells", "file", "0644", ROOT, "1", "1700000000", "},\"differs\":[\"mtime\",\"content\"]"),
		  "changed mtime content" },
		{ LINE("added", "/tmp/x", "file", "0644", ROOT, "1", "1700000000", "}"), "added" },
	};
	_given_ struct given *g = given_read(disk);
	json_t *gone;

	(void)state;
	for (size_t i = 0; i < nitems(cases); i++) {
		_free_ char *got = amended(g, cases[i].line);

		if (strcmp(got, cases[i].want))
			fail_msg("%s: %s, not %s", cases[i].line, got, cases[i].want);
	}
	gone = given_removed(g);	/* of this one nothing was said: no image has it, and the disk has not */
	assert_string_equal(json_string_value(json_object_get(json_object_get(gone, "file"), "path")), "/var/log/auth.log");
	assert_string_equal(json_string_value(json_object_get(gone, "change")), "removed");
	json_decref(gone);
	assert_null(given_removed(g));
}

static void without_a_list_all_is_told(void **state)
{
	_given_ struct given *g = given_read("/nonexistent");
	_free_ char *got = amended(g, LINE("added", "/etc/passwd", "file", "0644", ROOT, "9", "1700000000", SUM(HASH)));

	(void)state;
	assert_string_equal(got, "added");
	assert_null(given_removed(g));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_given_is_what_it_is_held_against),
		cmocka_unit_test(without_a_list_all_is_told),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
