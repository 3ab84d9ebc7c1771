/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs that are run and shown: who interrupts us ends them, whatever they wait for. */
#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/progress.h"
#include "folder.h"

/* As the scripts that build: the shell hears of an end when the program has ended that it waits for. */
#define BUILDS "trap 'exit 143' TERM; echo $$ >\"$0.new\"; mv \"$0.new\" \"$0\"; sleep 600; echo late"

static void the_last_line_is_the_result(void **state)
{
	struct job jobs[] = {
		{ .label = "one", .argv = { "/bin/sh", "-c", "echo a; echo phase >&2; echo b", NULL } },
		{ .label = "two", .argv = { "/bin/sh", "-c", "printf c", NULL } },
		{ .label = "bad", .argv = { "/bin/sh", "-c", "exit 3", NULL } },
	};

	(void)state;
	assert_int_equal(jobs_run(jobs, 2, 1), 0);
	assert_string_equal(jobs[0].result, "b");
	assert_string_equal(jobs[0].phase, "phase");
	assert_string_equal(jobs[1].result, "c");
	assert_int_equal(jobs_run(jobs, nitems(jobs), 2), 1);
}

/* group_of() - what the script says it is, once it is there */
static pid_t group_of(const char *path)
{
	pid_t group = 0;
	FILE *f;

	while (!(f = fopen(path, "re")))
		usleep(10000);
	assert_int_equal(fscanf(f, "%d", &group), 1);
	fclose(f);
	return group;
}

static void who_interrupts_us_ends_them(void **state)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP };

	(void)state;
	for (size_t i = 0; i < nitems(signals); i++) {
		_free_ char *path = xasprintf("%s/%zu", dir, i);
		struct job job = { .label = "build", .argv = { "/bin/bash", "-c", BUILDS, path, NULL } };
		pid_t us = fork(), group;
		int status;

		if (us == 0) {
			signal(SIGINT, SIG_DFL);
			_exit(jobs_run(&job, 1, 1));
		}
		group = group_of(path);
		assert_int_equal(kill(us, signals[i]), 0);
		assert_int_equal(waitpid(us, &status, 0), us);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == signals[i]);
		assert_int_equal(kill(-group, 0), -1);
		assert_int_equal(errno, ESRCH);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_line_is_the_result),
		cmocka_unit_test_setup_teardown(who_interrupts_us_ends_them, fresh_dir, remove_dir),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
