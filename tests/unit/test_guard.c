/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/mem.h"
#include "guard/cgroup.h"
#include "guard/guard.h"
#include "guard/process.h"

enum { OTHER = FILE_SYSTEM, HELPER = FILE_SYSTEM | FILE_SETUID | FILE_GIVES_ROOT, SUDO = HELPER | FILE_GATE,
       SH = FILE_SYSTEM | FILE_SHELL, PY = FILE_SYSTEM | FILE_INTERPRETER, LD = FILE_SYSTEM | FILE_LOADER,
       COPY = 0, SETUID_COPY = FILE_GIVES_ROOT, CRON = FILE_SYSTEM | FILE_STEWARD, SYSTEMD = FILE_SYSTEM | FILE_INIT };

/* A life: what a process executed, one after the other; the policy's word about the last one. */
struct life {
	const char *what;
	uint32_t origin;
	struct { uint32_t file; bool root; } step[6];	/* ends with the first file ~0 */
	bool login, allowed;
	uint32_t want;
};

#define END { ~0u, false }

static const struct life lives[] = {
	{ "a service's script", ORIGIN_INIT, { { SH, 1 }, { SH, 1 }, END }, .want = GUARD_NONE },
	{ "a service's script by env", ORIGIN_INIT, { { SYSTEMD, 1 }, { PY, 1 }, { SH, 1 }, END }, .want = GUARD_NONE },
	{ "a service starts", ORIGIN_INIT, { { OTHER, 1 }, END }, .want = GUARD_NONE },
	{ "one from /srv starts", ORIGIN_INIT, { { COPY, 1 }, END }, .want = GUARD_NONE },
	{ "a service runs a shell", ORIGIN_INIT, { { OTHER, 1 }, { SH, 1 }, END }, .want = GUARD_DAEMON },
	{ "a service runs perl", ORIGIN_INIT, { { OTHER, 1 }, { PY, 1 }, END }, .want = GUARD_DAEMON },
	{ "a service runs the loader", ORIGIN_INIT, { { OTHER, 1 }, { LD, 1 }, END }, .want = GUARD_DAEMON },
	{ "a service runs a tool", ORIGIN_INIT, { { OTHER, 1 }, { OTHER, 1 }, END }, .want = GUARD_NONE },
	{ "a service runs a copy", ORIGIN_INIT, { { OTHER, 1 }, { COPY, 1 }, END }, .want = GUARD_STRANGE },
	{ "an allowed service runs a shell", ORIGIN_INIT, { { OTHER, 1 }, { SH, 1 }, END }, .allowed = true, .want = GUARD_NONE },
	{ "a service without rights runs a shell", ORIGIN_INIT, { { OTHER, 1 }, { OTHER, 0 }, { SH, 0 }, END }, .want = GUARD_NONE },
	{ "cron's job", ORIGIN_INIT, { { CRON, 1 }, { SH, 1 }, { OTHER, 1 }, { SH, 1 }, END }, .want = GUARD_NONE },
	{ "package management by a service", ORIGIN_DAEMON, { { CRON, 1 }, { OTHER, 1 }, { SH, 1 }, END }, .want = GUARD_NONE },
	{ "the kernel runs a script (modprobe_path)", ORIGIN_DAEMON, { { SH, 1 }, END }, .want = GUARD_DAEMON },
	{ "root's login", ORIGIN_DAEMON, { { SH, 1 }, END }, .login = true, .want = GUARD_NONE },
	{ "root's own build", ORIGIN_DAEMON, { { SH, 1 }, { COPY, 1 }, END }, .login = true, .want = GUARD_NONE },
	{ "a user's shell", ORIGIN_USER, { { SH, 0 }, END }, .want = GUARD_NONE },
	{ "sudo", ORIGIN_USER, { { SUDO, 1 }, { SH, 1 }, { COPY, 1 }, { SH, 1 }, END }, .want = GUARD_NONE },
	{ "passwd", ORIGIN_USER, { { HELPER, 1 }, END }, .want = GUARD_NONE },
	{ "passwd runs a tool", ORIGIN_USER, { { HELPER, 1 }, { OTHER, 1 }, END }, .want = GUARD_NONE },
	{ "passwd runs a shell", ORIGIN_USER, { { HELPER, 1 }, { SH, 1 }, END }, .want = GUARD_TAKEN },
	{ "... in a login session", ORIGIN_USER, { { HELPER, 1 }, { SH, 1 }, END }, .login = true, .want = GUARD_TAKEN },
	{ "... by a tool", ORIGIN_USER, { { HELPER, 1 }, { OTHER, 1 }, { SH, 1 }, END }, .want = GUARD_TAKEN },
	{ "... by cron", ORIGIN_USER, { { HELPER, 1 }, { CRON, 1 }, { SH, 1 }, END }, .want = GUARD_TAKEN },
	{ "... by sudo", ORIGIN_USER, { { HELPER, 1 }, { SUDO, 1 }, { SH, 1 }, END }, .want = GUARD_TAKEN },
	{ "... the loader", ORIGIN_USER, { { HELPER, 1 }, { LD, 1 }, END }, .want = GUARD_TAKEN },
	{ "... a copy", ORIGIN_USER, { { HELPER, 1 }, { COPY, 1 }, END }, .want = GUARD_FOREIGN },
	{ "... and gives the rights back", ORIGIN_USER, { { HELPER, 1 }, { SH, 0 }, END }, .want = GUARD_NONE },
	{ "a setuid shell", ORIGIN_USER, { { SH | FILE_GIVES_ROOT | FILE_SETUID, 1 }, END }, .want = GUARD_TAKEN },
	{ "a new setuid program", ORIGIN_USER, { { SETUID_COPY, 1 }, END }, .want = GUARD_SETUID },
	{ "an exploit of the kernel", ORIGIN_USER, { { OTHER, 1 }, END }, .want = GUARD_NOWHERE },
	{ "... runs a shell", ORIGIN_USER, { { SH, 1 }, END }, .want = GUARD_TAKEN },
	{ "nobody knows", ORIGIN_UNKNOWN, { { SH, 1 }, END }, .want = GUARD_NONE },
};

static void the_policy_judges_a_life_by_where_its_rights_came_from(void **state)
{
	(void)state;
	for (size_t i = 0; i < nitems(lives); i++) {
		const struct life *l = &lives[i];
		uint32_t origin = l->origin, got = N_GUARD_RULES;

		for (size_t k = 0; l->step[k].file != ~0u; k++) {
			struct guard_facts f = { .file = l->step[k].file, .root = l->step[k].root, .before = origin,
						 .login = l->login, .allowed = l->allowed };

			got = guard_judge(&f);
			origin = guard_origin_next(origin, f.file, f.root);
		}
		if (got != l->want)
			fail_msg("%s: %u \"%s\"", l->what, got, guard_rule_words(got));
	}
}

static void a_honeypot_that_executes_has_no_excuse(void **state)
{
	(void)state;
	for (uint32_t origin = 0; origin < ORIGINS; origin++) {
		struct guard_facts f = { .file = OTHER, .before = origin, .honeypot = true, .login = true, .allowed = true };

		assert_int_equal(guard_judge(&f), GUARD_HONEYPOT);
	}
}

/* Rights that were taken never become better ones, whatever is executed. */
static void taken_rights_stay_taken(void **state)
{
	(void)state;
	for (uint32_t file = 0; file < 512; file++)
		assert_int_equal(guard_origin_next(ORIGIN_TAKEN, file, true), ORIGIN_TAKEN);
}

static uint32_t bits_of(const struct guard_files *f, const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return files_bits(f, &st, path);
}

static void the_list_knows_this_machine(void **state)
{
	struct guard_files f;

	(void)state;
	files_make(NULL, false, &f);
	assert_true(bits_of(&f, "/bin/sh") & FILE_SHELL);
	assert_true(bits_of(&f, "/bin/sh") & FILE_SYSTEM);
	assert_true(bits_of(&f, "/bin/bash") & FILE_SHELL);
	assert_true(bits_of(&f, "/usr/bin/python3") & FILE_INTERPRETER);
	assert_true(bits_of(&f, "/usr/bin/dpkg") & FILE_STEWARD);
	assert_true(bits_of(&f, "/lib64/ld-linux-x86-64.so.2") & FILE_LOADER);
	assert_int_equal(bits_of(&f, "/usr/bin/passwd") & HELPER, HELPER);
	assert_int_equal(bits_of(&f, "/bin/cat"), FILE_SYSTEM);
	assert_int_equal(bits_of(&f, "/etc/passwd"), 0);
	files_fini(&f);
}

/* Its name is a user's to choose: no parenthesis in it moves the fields behind. */
static void a_process_is_read_whatever_it_is_called(void **state)
{
	struct process p;
	char args[GUARD_ARGS];
	struct guard_ancestor a[GUARD_ANCESTORS];

	(void)state;
	prctl(PR_SET_NAME, ") R 1 1 (x\n");
	assert_int_equal(process_read(getpid(), &p), 0);
	assert_int_equal(p.ppid, getppid());
	assert_int_equal(p.euid, geteuid());
	assert_string_equal(p.comm, ") R 1 1 (x\n");
	assert_false(p.kernel);
	assert_non_null(strstr(p.exe, "test_guard"));
	assert_true(process_args(getpid(), args) > 0);
	assert_true(process_ancestors(&p, a) >= 2);
	assert_int_equal(a[1].pid, getppid());
	assert_int_equal(process_read(0x7ffffff0, &p), -ENOENT);
}

static void every_level_rule_and_outcome_has_words(void **state)
{
	(void)state;
	for (enum guard_level l = 0; l < LEVELS; l++)
		assert_true(strlen(guard_level_name(l)) && strlen(guard_level_doc(l)));
	for (uint32_t r = GUARD_NONE + 1; r < N_GUARD_RULES; r++)
		assert_true(strlen(guard_rule_words(r)) && guard_rule_severity(r) >= 3);
	for (enum guard_outcome o = 0; o < OUTCOMES; o++)
		assert_true(strlen(guard_outcome_words(o)));
}

static void a_folder_outside_the_hierarchy_is_no_scope(void **state)
{
	struct cgroup c;
	struct guard *g = NULL;

	(void)state;
	assert_int_equal(cgroup_find("/tmp", &c), -EINVAL);
	assert_int_equal(cgroup_find("/nonexistent", &c), -ENOENT);
	assert_int_equal(guard_open(&(struct guard_options){ .scope = "/tmp" }, NULL, NULL, &g), -EINVAL);
	assert_null(g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_policy_judges_a_life_by_where_its_rights_came_from),
		cmocka_unit_test(a_honeypot_that_executes_has_no_excuse),
		cmocka_unit_test(taken_rights_stay_taken),
		cmocka_unit_test(the_list_knows_this_machine),
		cmocka_unit_test(a_process_is_read_whatever_it_is_called),
		cmocka_unit_test(every_level_rule_and_outcome_has_words),
		cmocka_unit_test(a_folder_outside_the_hierarchy_is_no_scope),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
