/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "progress.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"

enum { SHOW_AFTER_US = 2 * 1000 * 1000, STEP_MS = 50, PHASE_MAX = 24 };

static void put_elapsed(struct text *t, uint64_t us)
{
	uint64_t s = us / 1000000;

	text_addf(t, "%" PRIu64 ":%02" PRIu64, s / 60, s % 60);
}

static bool live(void)
{
	const char *term = getenv("TERM");

	return isatty(STDERR_FILENO) && term && strcmp(term, "dumb");
}

void progress_show(const char *label, const char *phase, uint64_t since_us)
{
	_text_ struct text t = { 0 };

	if (!live())
		return;
	text_addf(&t, "\r\033[K  %-16s %s ", label, phase);
	put_elapsed(&t, mono_us() - since_us);
	fputs(text_str(&t), stderr);
}

void progress_done(const char *label, const char *phase, uint64_t since_us)
{
	_text_ struct text t = { 0 };

	text_addf(&t, "%s  %-16s %-12s ", live() ? "\r\033[K" : "", label, phase);
	put_elapsed(&t, mono_us() - since_us);
	fprintf(stderr, "%s\n", text_str(&t));
}

static void show_all(const struct job *jobs, size_t n)
{
	_text_ struct text t = { 0 };
	bool any = false;

	if (!live())
		return;
	text_add(&t, "\r\033[K");
	for (size_t i = 0; i < n; i++) {
		if (jobs[i].pid <= 0 || mono_us() - jobs[i].started_us < SHOW_AFTER_US)
			continue;
		text_addf(&t, "%s%s: %s ", any ? " | " : "  ", jobs[i].label, jobs[i].phase);
		put_elapsed(&t, mono_us() - jobs[i].started_us);
		any = true;
	}
	fputs(text_str(&t), stderr);
}

/* start_job() - with the signals blocked that were so @before */
static int start_job(struct job *j, const sigset_t *before)
{
	int out[2], err[2];

	if (pipe2(out, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	if (pipe2(err, O_CLOEXEC | O_NONBLOCK) < 0) {
		close(out[0]);
		close(out[1]);
		return -errno;
	}
	j->started_us = mono_us();
	strcpy(j->phase, "starting");
	j->pid = fork();
	if (j->pid == 0) {
		sigprocmask(SIG_SETMASK, before, NULL);
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		setpgid(0, 0);
		dup2(out[1], STDOUT_FILENO);
		dup2(err[1], STDERR_FILENO);
		fcntl(STDOUT_FILENO, F_SETFL, 0);
		fcntl(STDERR_FILENO, F_SETFL, 0);
		execvp(j->argv[0], (char *const *)j->argv);
		fprintf(stderr, "%s: %s\n", j->argv[0], strerror(errno));
		_exit(127);
	}
	close(out[1]);
	close(err[1]);
	j->out = out[0];
	j->err = err[0];
	return j->pid < 0 ? -errno : 0;
}

static void set_phase(struct job *j, const char *line, size_t n)
{
	_text_ struct text safe = { 0 };

	text_safe(&safe, line, n < sizeof(j->phase) - 1 ? n : sizeof(j->phase) - 1);
	snprintf(j->phase, sizeof(j->phase), "%s", text_str(&safe));
	if (!live() && mono_us() - j->started_us >= SHOW_AFTER_US)
		fprintf(stderr, "  %-16s %s\n", j->label, j->phase);
}

/* A few small letters are the name of a phase; anything else is a complaint, kept in case it fails. */
static bool is_phase(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (s[i] != ' ' && (s[i] < 'a' || s[i] > 'z'))
			return false;
	return n && n <= PHASE_MAX;
}

/* Keeps the end of what a job says. */
static void take_said(struct job *j, const char *s, size_t n)
{
	if (j->said_len + n > sizeof(j->said)) {
		size_t drop = j->said_len + n - sizeof(j->said);

		drop = drop > j->said_len ? j->said_len : drop;
		memmove(j->said, j->said + drop, j->said_len - drop);
		j->said_len -= drop;
	}
	memcpy(j->said + j->said_len, s, n);
	j->said_len += n;
	for (const char *end = s + n, *nl; (nl = memchr(s, '\n', (size_t)(end - s))); s = nl + 1)
		if (is_phase(s, (size_t)(nl - s)))
			set_phase(j, s, (size_t)(nl - s));
}

/* The result is the last line: everything up to the last but one line feed is dropped. */
static void take_result(struct job *j, const char *s, size_t n)
{
	size_t len = strlen(j->result);
	char *nl;

	if (len && j->result[len - 1] == '\n')
		len = 0;
	if (n > sizeof(j->result) - 1 - len)
		n = sizeof(j->result) - 1 - len;
	memcpy(j->result + len, s, n);
	len += n;
	j->result[len] = '\0';
	while ((nl = strchr(j->result, '\n')) && nl[1])
		memmove(j->result, nl + 1, strlen(nl + 1) + 1);
}

static void drain(struct job *j)
{
	char buf[1024];
	ssize_t n;

	while ((n = read(j->err, buf, sizeof(buf))) > 0)
		take_said(j, buf, (size_t)n);
	while ((n = read(j->out, buf, sizeof(buf))) > 0)
		take_result(j, buf, (size_t)n);
}

static void end_job(struct job *j)
{
	drain(j);
	close(j->out);
	close(j->err);
	j->pid = 0;
	j->ended_us = mono_us();
	j->result[strcspn(j->result, "\n")] = '\0';
	if (j->ended_us - j->started_us >= SHOW_AFTER_US || j->status)
		progress_done(j->label, j->status ? "FAILED" : "done", j->started_us);
}

static void say_failure(const struct job *j)
{
	_text_ struct text safe = { 0 };
	size_t from = 0;

	for (size_t i = 0; i <= j->said_len; i++) {
		if (i < j->said_len && j->said[i] != '\n')
			continue;
		text_safe(&safe, j->said + from, i - from);
		text_addc(&safe, '\n');
		from = i + 1;
	}
	fputs(text_str(&safe), stderr);
}

static void stop_all(struct job *jobs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (jobs[i].pid <= 0)
			continue;
		kill(-jobs[i].pid, SIGTERM);
		waitpid(jobs[i].pid, &jobs[i].status, 0);
		close(jobs[i].out);
		close(jobs[i].err);
		jobs[i].pid = 0;
	}
}

/* step() - reap, drain, show; the number that still run, or -1: one failed */
static int step(struct job *jobs, size_t n)
{
	int running = 0;

	for (size_t i = 0; i < n; i++) {
		if (jobs[i].pid <= 0)
			continue;
		drain(&jobs[i]);
		if (waitpid(jobs[i].pid, &jobs[i].status, WNOHANG) != jobs[i].pid) {
			running++;
			continue;
		}
		end_job(&jobs[i]);
		if (jobs[i].status) {
			say_failure(&jobs[i]);
			return -1;
		}
	}
	show_all(jobs, n);
	return running;
}

/* Who asks us to end is heard in between: a script alone would go on until the program ends that it waits for. */
static int wait_signal(const sigset_t *asked, int ms)
{
	int r = sigtimedwait(asked, NULL, &(struct timespec){ .tv_nsec = ms * 1000000L });

	return r < 0 ? 0 : r;
}

int jobs_run(struct job *jobs, size_t n, size_t at_once)
{
	size_t next = 0;
	int running = 0, signal = 0;
	sigset_t asked, before;

	sigemptyset(&asked);
	sigaddset(&asked, SIGINT);
	sigaddset(&asked, SIGTERM);
	sigaddset(&asked, SIGHUP);
	sigprocmask(SIG_BLOCK, &asked, &before);

	do {
		while (running >= 0 && next < n && (size_t)running < at_once) {
			if (start_job(&jobs[next], &before) < 0)
				die("%s: cannot start", jobs[next].label);
			next++;
			running++;
		}
		signal = wait_signal(&asked, running ? STEP_MS : 0);
		running = signal ? -1 : step(jobs, n);
	} while (running > 0 || (running == 0 && next < n));
	if (live())
		fputs("\r\033[K", stderr);
	if (running < 0)
		stop_all(jobs, n);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (signal)
		raise(signal);
	return running < 0;
}
