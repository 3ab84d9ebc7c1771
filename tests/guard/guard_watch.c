/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guard_watch --scope CGROUP [--most LEVEL] [--enforce] [--file BITS:PATTERN]... [--allow CGROUP]...
 *             [--kernel FILE] [--alone] [--warn] [--begun] - the host guard by itself.
 *
 * Prints a line of JSON when it is ready, one for each violation, and one with its counts when
 * standard input ends. Without a scope it does not run: a mistake must not lock the machine.
 *
 * --begun: when the guard looks around, a child of this program's has become a honeypot's user already, and executes the
 * kernel only then; the first line has how it ended.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "guard/guard.h"
#include "run/sandbox.h"

enum { MOST = 16 };

static void json(struct text *t, const char *key, const char *value)
{
	text_addf(t, ",\"%s\":", key);
	text_json(t, value, strlen(value));
}

static void on_hit(void *arg, const struct guard_hit *h)
{
	_text_ struct text t = { 0 };

	(void)arg;
	text_addf(&t, "{\"pid\":%u,\"uid\":%u,\"euid\":%u,\"severity\":%d,\"repeats\":%u,\"delay_us\":%llu", h->r.pid, h->r.uid,
		  h->r.euid, guard_rule_severity(h->r.rule), h->repeats,
		  (unsigned long long)(clock_us(CLOCK_BOOTTIME) - h->r.at_ns / 1000));
	json(&t, "outcome", guard_outcome_words(h->outcome));
	json(&t, "rule", guard_rule_words(h->r.rule));
	json(&t, "path", h->r.path);
	text_add(&t, ",\"args\":");
	text_json(&t, h->r.args, h->r.n_args);
	text_add(&t, ",\"ancestors\":[");
	for (uint32_t i = 0; i < h->r.n_ancestors; i++) {
		text_add(&t, i ? "," : "");
		text_json(&t, h->r.ancestor[i].comm, strlen(h->r.ancestor[i].comm));
	}
	puts((text_add(&t, "]}"), text_str(&t)));
	fflush(stdout);
}

/* begin() - stopped before it executes the kernel, in the scope */
static pid_t begin(const struct guard_options *o)
{
	_free_ char *group = xasprintf("%s/cgroup.procs", o->scope);
	pid_t pid = fork();
	FILE *f;

	if (pid) {
		waitpid(pid, NULL, WUNTRACED);
		return pid;
	}
	f = fopen(group, "w");
	if (!f || fputs("0", f) < 0 || fclose(f) || setresuid(o->honeypot_uid, o->honeypot_uid, o->honeypot_uid) < 0)
		die("%s: %s", group, strerror(errno));
	raise(SIGSTOP);
	execl(o->kernel, o->kernel, "wait", "1", NULL);
	_exit(126);
}

/* end() - of that one: its status, or 128 and the signal */
static int end(pid_t pid)
{
	int status = 0;

	kill(pid, SIGCONT);
	waitpid(pid, &status, 0);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static enum guard_level level_of(const char *name)
{
	for (enum guard_level l = 0; l < LEVELS; l++)
		if (!strcmp(guard_level_name(l), name))
			return l;
	die("no level %s", name);
}

static void watch(struct guard *g)
{
	struct pollfd p[2] = { { guard_fd(g), POLLIN, 0 }, { 0, POLLIN, 0 } };
	uint64_t counts[COUNTS];

	while (!p[1].revents) {
		if (poll(p, 2, 500) == 0)
			guard_tick(g);
		guard_read(g, clock_us(CLOCK_BOOTTIME) * 1000);
	}
	guard_counts(g, counts);
	printf("{\"execs\":%llu,\"judged\":%llu,\"violations\":%llu,\"lost\":%llu}\n", (unsigned long long)counts[COUNT_EXECS],
	       (unsigned long long)counts[COUNT_JUDGED], (unsigned long long)counts[COUNT_VIOLATIONS],
	       (unsigned long long)counts[COUNT_LOST]);
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "scope", required_argument, NULL, 's' }, { "most", required_argument, NULL, 'm' },
		{ "enforce", no_argument, NULL, 'e' },	   { "file", required_argument, NULL, 'f' },
		{ "allow", required_argument, NULL, 'a' }, { "kernel", required_argument, NULL, 'k' }, { "alone", no_argument, NULL, '1' },
		{ "warn", no_argument, NULL, 'w' },	   { "begun", no_argument, NULL, 'b' }, { 0 },
	};
	static struct guard_extra extra[MOST + 1];
	static const char *allowed[MOST + 1];
	/* Users that no standing honeynet has: its guard would stop them first. */
	struct guard_options o = { .extra = extra, .allowed = allowed, .honeypot_uid = SKEP_UID_GUEST + 1000, .honeypot_uids = 64 };
	size_t n_extra = 0, n_allowed = 0;
	uint64_t began = mono_us();
	struct guard *g;
	bool begun = false;
	pid_t first = 0;
	char *colon;
	int c, r;

	log_plain(1);
	while ((c = getopt_long(argc, argv, "", longs, NULL)) >= 0) {
		switch (c) {
		case 's': o.scope = optarg; break;
		case 'm': o.most = level_of(optarg); break;
		case '1': o.alone = true; break;
		case 'e': o.enforce = true; break;
		case 'w': o.warn = true; break;
		case 'b': begun = true; break;
		case 'k': o.kernel = optarg; break;
		case 'a': allowed[n_allowed++ % MOST] = optarg; break;
		case 'f':
			extra[n_extra % MOST].bits = (uint32_t)strtoul(optarg, &colon, 0);
			extra[n_extra++ % MOST].pattern = colon + 1;
			break;
		default: return 2;
		}
	}
	if (!o.scope)
		die("no scope");
	first = begun ? begin(&o) : 0;
	r = guard_open(&o, on_hit, NULL, &g);
	if (r < 0)
		die("guard: %s", strerror(-r));
	printf("{\"level\":\"%s\",\"start_ms\":%llu,\"begun\":%d}\n", guard_level_name(guard_level(g)),
	       (unsigned long long)(mono_us() - began) / 1000, first ? end(first) : -1);
	fflush(stdout);
	watch(g);
	guard_close(g);
	return 0;
}
