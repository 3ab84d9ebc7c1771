/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * skep selftest: from inside a throw-away honeypot, as root, everything that data control must hold.
 *
 * A child does it all, and may die of whatever it does; what it leaves in the running honeynet is taken away by its
 * parent, which does nothing else. If that dies, too, the next self-test or reload takes it away.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/built.h"
#include "cli/cli.h"
#include "cli/control.h"
#include "cli/handover.h"
#include "cli/life.h"
#include "cli/options.h"
#include "cli/running.h"
#include "cli/selftest.h"
#include "cli/selftest_kept.h"
#include "cli/stop.h"
#include "net/gateway.h"

#define ATTACK "skep-attack"

struct options {
	const char *file, *like;
	enum between between;
	bool json;
};

/* attack_program() - beside our own where it was built, else where it was installed; yours */
static char *attack_program(void)
{
	_free_ char *own = life_program();
	char *beside;

	*strrchr(own, '/') = '\0';
	beside = xasprintf("%s/" ATTACK, own);
	if (access(beside, R_OK) == 0)
		return beside;
	free(beside);
	return xstrdup(BUILT_LIBEXEC_DIR "/" ATTACK);
}

static void end_honeynet(void)
{
	if (life_down() != CLI_OK)
		log_error("the honeynet that was started for the test may still run: skep down");
}

/* Its addresses, as the program in the honeypot wants them (selftest/attack.c). */
static void put_words(const struct standin *s, struct text *t)
{
	const struct honeynet *n = &s->next->net;
	const uint32_t first[] = { s->address, n->firewall_address };
	struct addr fence = addr4(STANDIN_FENCE), black = addr4(STANDIN_BLACK), six = addr_of_number(n->network6);
	char text[ADDR_TEXT];

	if (n->prefix6)
		text_addf(t, "-6 %s ", addr_text(&six, text));
	for (size_t i = 0; i < nitems(first); i++) {
		struct addr a = addr4(first[i]);

		text_addf(t, "%s ", addr_text(&a, text));
	}
	text_addf(t, LAB_GATEWAY " %s", addr_text(&fence, text));
	text_addf(t, " %s", addr_text(&black, text));
	for (uint32_t i = 0; i < n->n_honeypots; i++) {
		struct addr a = addr4(n->honeypot[i].address);

		if (honeypot_there(n, i) && i != s->place)
			text_addf(t, " %s", addr_text(&a, text));
	}
}

/* in_honeypot() - has it tried from inside the throw-away, or what takes only a part of the budgets; an exit code */
static int in_honeypot(struct standin *s, int control, bool few, struct judge *j)
{
	_free_ char *program = attack_program();
	_text_ struct text words = { 0 };
	int code;

	put_words(s, &words);
	code = standin_add(s, control, program, text_str(&words));
	return code == CLI_OK ? selftest_watch(s, control, few, j) : code;
}

static bool is_other(void *arg, uint32_t address)
{
	return address != *(const uint32_t *)arg;
}

/* begin_again() - the honeynet ends and starts, and the throw-away has its place in it again; an exit code */
static int begin_again(struct standin *s, enum between how, int *control)
{
	const struct plan *p = s->before;
	uint32_t address = s->address;
	char like[NAME_SIZE];
	int code = how == BETWEEN_CRASH ? life_kill(*control) : life_down();

	if (code == CLI_OK)
		code = life_up(p->file, p->store_given ? p->net.store : NULL);
	if (code != CLI_OK)
		return code;
	close_fd(control);
	*control = control_must();
	str_copy(like, s->like, sizeof(like));
	standin_plan(s, running_plan(*control), like, is_other, &address);
	if (s->address != address)
		die("after the restart somebody else has the address of " STANDIN_NAME);
	return CLI_OK;
}

static int try_all(const struct options *o)
{
	_fd_ int control = control_must();
	_free_ struct judge *j = xcalloc(1, sizeof(*j));
	_text_ struct text rules = { 0 };
	struct standin s;
	struct terms terms;
	int code = running_rules(control, &rules);

	if (code < 0)
		die("the gateway's rules cannot be read: %s", strerror(-code));
	standin_plan(&s, running_plan(control), o->like, selftest_used, (void *)text_str(&rules));
	selftest_terms(&s, text_str(&rules), &terms);
	judge_begin(j, &terms);
	if (o->between != BETWEEN_NOTHING) {
		code = in_honeypot(&s, control, true, j);
		if (code == CLI_OK && o->between == BETWEEN_CRASH)
			judge_used_up(j);
		if (code == CLI_OK)
			code = begin_again(&s, o->between, &control);
	}
	if (code == CLI_OK)
		code = in_honeypot(&s, control, false, j);
	judge_end(j, mono_us());
	return code == CLI_OK ? selftest_report(&s, j, o->between, o->json) : code;
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
	const char *verify = NULL, *key = NULL;
	bool restart = false, crash = false;
	const struct cli_option options[] = {
		{ "json", .flag = &o.json }, { "like", .word = &o.like }, { "restart", .flag = &restart },
		{ "crash", .flag = &crash }, { "verify", .word = &verify }, { "key", .word = &key }, { 0 },
	};
	int code = cli_options(&argc, &argv, "selftest", options), control;

	if (code >= 0)
		return code;
	if (argc > 1)
		return cli_wrong("selftest", "one file at a time");
	if (verify)
		return argc || restart || crash || o.json || o.like ? cli_wrong("selftest", "--verify comes alone, or with --key") :
		       selftest_verify(verify, key);
	if (key)
		return cli_wrong("selftest", "--key is for --verify");
	if (restart && crash)
		return cli_wrong("selftest", "--restart or --crash, one at a time");
	o.between = crash ? BETWEEN_CRASH : restart ? BETWEEN_RESTART : BETWEEN_NOTHING;
	o.file = argc ? argv[0] : NULL;
	control = control_open();
	if (control >= 0 && o.file)
		return cli_wrong("selftest", "a honeynet runs, which is tested as it is; a file is for when none does");
	stop_begin();
	if (control == -ENOENT) {
		code = life_up(o.file, NULL);
		if (code == CLI_OK)
			code = try_and_clean(&o);
		end_honeynet();
		return code;
	}
	close_fd(&control);
	return try_and_clean(&o);
}
