/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The self-test of each night: at the time that the honeynet file says, skep selftest is started as a program of its own,
 * as if an administrator had typed it. It asks for all it needs over the control socket, and says there what came of it;
 * nothing else of it is looked at but that it ends. If it ends without a word, that is said.
 */
#include "master.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

enum { LATE_US = 1000 * 1000 };

/* Its own group, so that a terminal's signals don't reach it. What it does is nobody's who once started us. */
static _Noreturn void become_test(const struct plan *p)
{
	_free_ char *path = xasprintf("%s/log/selftest.log", p->state);
	int log = open(path, O_WRONLY | O_CREAT | O_APPEND, 0640), null = open("/dev/null", O_RDONLY);
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (setsid() < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(log, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0 ||
	    close_range(STDERR_FILENO + 1, ~0U, 0) < 0 || setenv("SKEP_STATE", p->state, 1) < 0 || unsetenv("SUDO_USER") < 0)
		_exit(126);
	execl("/proc/self/exe", "skep", "selftest", (char *)NULL);
	_exit(127);
}

static void say_unproved(struct master *m, const char *why)
{
	log_error("self-test: %s", why);
	master_tell(m, &(struct event){ .kind = EV_SELFTEST, .honeypot = -1, .user = span_of("skep"),
					.state = span_of("unproved"), .reason = span_of(why) });
}

static int test_ended(sd_event_source *src, const siginfo_t *si, void *userdata)
{
	struct master *m = userdata;
	_free_ char *why = xasprintf("the nightly one ended with %s %d and no result: see log/selftest.log",
				     si->si_code == CLD_EXITED ? "exit code" : "signal", si->si_status);

	m->nightly.pid = 0;
	m->nightly.exit = sd_event_source_unref(src);
	if (!m->nightly.told && !m->stopping)
		say_unproved(m, why);
	return 0;
}

static void start_test(struct master *m)
{
	pid_t pid = fork();
	int r;

	if (pid == 0)
		become_test(m->plan);
	if (pid < 0) {
		say_unproved(m, "the nightly one cannot be started");
		return;
	}
	log_info("the nightly self-test begins, process %d", pid);
	m->nightly.pid = pid;
	m->nightly.told = false;
	r = sd_event_add_child(m->loop, &m->nightly.exit, pid, WEXITED, test_ended, m);
	if (r < 0)
		die("the nightly self-test: %s", strerror(-r));
}

static int test_due(sd_event_source *src, uint64_t usec, void *userdata)
{
	struct master *m = userdata;

	(void)src, (void)usec;
	if (!m->nightly.pid && !m->stopping)
		start_test(m);
	nightly_plan(m);
	return 0;
}

void nightly_plan(struct master *m)
{
	uint32_t minutes = m->plan->net.selftest.nightly;

	m->nightly.due = sd_event_source_disable_unref(m->nightly.due);
	if (minutes < DAY_MINUTES && sd_event_add_time(m->loop, &m->nightly.due, CLOCK_REALTIME, clock_next(now_us(), minutes),
						       LATE_US, test_due, m) < 0)
		die("timer");
}

void nightly_told(struct master *m)
{
	m->nightly.told = true;
}

void nightly_end(struct master *m)
{
	if (m->nightly.pid)
		kill(m->nightly.pid, SIGKILL);
}
