/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * skep selftest: from inside a throw-away honeypot, as root, everything that data control must hold.
 *
 * A child does it all, and may die of whatever it does; what it leaves in the running honeynet is taken away by its
 * parent, which does nothing else. If that dies, too, the next self-test or reload takes it away.
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/built.h"
#include "cli/cli.h"
#include "cli/control.h"
#include "cli/handover.h"
#include "cli/options.h"
#include "cli/running.h"
#include "cli/selftest.h"
#include "cli/stop.h"
#include "net/gateway.h"

#define ATTACK "skep-attack"

struct options {
	const char *file, *like;
	bool json;
};

/* self() - our own program, by its whole path; yours */
static char *self(void)
{
	char *path = realpath("/proc/self/exe", NULL);

	if (!path)
		die("our own program: %s", strerror(errno));
	return path;
}

/* attack_program() - beside our own where it was built, else where it was installed; yours */
static char *attack_program(void)
{
	_free_ char *own = self();
	char *beside;

	*strrchr(own, '/') = '\0';
	beside = xasprintf("%s/" ATTACK, own);
	if (access(beside, R_OK) == 0)
		return beside;
	free(beside);
	return xstrdup(BUILT_LIBEXEC_DIR "/" ATTACK);
}

static int run(char *const argv[])
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		/* What it says is not what was asked for. */
		dup2(STDERR_FILENO, STDOUT_FILENO);
		execv(argv[0], argv);
		_exit(CLI_FAILED);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return CLI_FAILED;
	return pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : CLI_FAILED;
}

static int start_honeynet(const char *file)
{
	_free_ char *program = self();
	char *argv[] = { program, (char *)"up", (char *)file, NULL };

	return run(argv);
}

static void end_honeynet(void)
{
	_free_ char *program = self();
	char *argv[] = { program, (char *)"down", NULL };

	if (run(argv) != CLI_OK)
		log_error("the honeynet that was started for the test may still run: skep down");
}

/* Its addresses, as the program in the honeypot wants them (selftest/attack.c). */
static void put_words(const struct standin *s, struct text *t)
{
	const struct honeynet *n = &s->next->net;
	const uint32_t first[] = { s->address, n->firewall_address };
	struct addr fence = addr4(STANDIN_FENCE);
	char text[ADDR_TEXT];

	for (size_t i = 0; i < nitems(first); i++) {
		struct addr a = addr4(first[i]);

		text_addf(t, "%s ", addr_text(&a, text));
	}
	text_addf(t, LAB_GATEWAY " %s", addr_text(&fence, text));
	for (uint32_t i = 0; i < n->n_honeypots; i++) {
		struct addr a = addr4(n->honeypot[i].address);

		if (honeypot_there(n, i) && i != s->place)
			text_addf(t, " %s", addr_text(&a, text));
	}
}

static int try_all(const struct options *o)
{
	_fd_ int control = control_must();
	_free_ char *program = attack_program();
	_free_ struct judge *j = xcalloc(1, sizeof(*j));
	_text_ struct text rules = { 0 }, words = { 0 };
	struct standin s;
	struct terms terms;
	int code = running_rules(control, &rules);

	if (code < 0)
		die("the gateway's rules cannot be read: %s", strerror(-code));
	standin_plan(&s, running_plan(control), o->like, selftest_used, (void *)text_str(&rules));
	selftest_terms(&s, text_str(&rules), &terms);
	judge_begin(j, &terms);
	put_words(&s, &words);
	code = standin_add(&s, control, program, text_str(&words));
	if (code == CLI_OK)
		code = selftest_watch(&s, control, j);
	return code == CLI_OK ? selftest_report(&s, j, o->json) : code;
}

static void child(const struct options *o)
{
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	exit(try_all(o));
}

/* wait_for() - its exit code; ended when we are asked to end */
static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, WNOHANG) == 0)
		if (!stop_sleep(50000)) {
			kill(pid, SIGTERM);
			waitpid(pid, &status, 0);
			break;
		}
	if (WIFSIGNALED(status))
		log_error("the self-test was ended by signal %d: nothing is proved", WTERMSIG(status));
	return WIFEXITED(status) ? WEXITSTATUS(status) : CLI_FAILED;
}

static int try_and_clean(const struct options *o)
{
	_fd_ int control = control_must(), turn = -1;
	int code;
	pid_t pid;

	turn = handover_turn();
	if (standin_remove(control, true) != CLI_OK)	/* of one that was killed */
		return CLI_FAILED;
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		die("fork: %s", strerror(errno));
	if (pid == 0)
		child(o);
	code = wait_for(pid);
	close_fd(&control);		/* what the child asked for may still be answered there */
	control = control_must();
	if (standin_remove(control, code == CLI_OK) != CLI_OK) {
		log_error("the throw-away honeypot " STANDIN_NAME " is still there: skep reload takes it away");
		return CLI_FAILED;
	}
	return code;
}

int verb_selftest(int argc, char **argv)
{
	struct options o = { 0 };
	const struct cli_option options[] = { { "json", .flag = &o.json }, { "like", .word = &o.like }, { 0 } };
	int code = cli_options(&argc, &argv, "selftest", options), control;

	if (code >= 0)
		return code;
	if (argc > 1)
		return cli_wrong("selftest", "one file at a time");
	o.file = argc ? argv[0] : NULL;
	control = control_open();
	if (control >= 0 && o.file)
		return cli_wrong("selftest", "a honeynet runs, which is tested as it is; a file is for when none does");
	stop_begin();
	if (control == -ENOENT) {
		code = start_honeynet(o.file);
		if (code == CLI_OK)
			code = try_and_clean(&o);
		end_honeynet();
		return code;
	}
	close_fd(&control);
	return try_and_clean(&o);
}
