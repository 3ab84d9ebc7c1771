/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep status: honeypots, processes, services, the guard and the brake, as the master says; and the last self-test. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "cli/access.h"
#include "cli/cli.h"
#include "cli/control.h"
#include "cli/honeypots.h"
#include "cli/options.h"
#include "cli/selftest_kept.h"
#include "cli/state.h"

static void print_roles(const json_t *status)
{
	json_t *row;
	size_t i;

	printf("\n%-12s %-8s %-9s %s\n", "PROCESS", "PID", "STATE", "RESTARTS");
	json_array_foreach(json_object_get(status, "roles"), i, row)
		printf("%-12s %-8" JSON_INTEGER_FORMAT " %-9s %" JSON_INTEGER_FORMAT "\n", control_word(row, "name"),
		       json_integer_value(json_object_get(row, "pid")), control_word(row, "state"),
		       json_integer_value(json_object_get(row, "restarts")));
}

static void print_services(const json_t *status)
{
	json_t *row, *all = json_object_get(status, "services");
	_free_ char *access = state_path("access");
	pid_t pid;
	_fd_ int sshd = daemon_find(access, &pid);
	size_t i;

	printf("\n%-12s %-9s\n", "SERVICE", "STATE");
	json_array_foreach(all, i, row)
		printf("%-12s %-9s %s\n", control_word(row, "name"), control_word(row, "state"),
		       json_is_true(json_object_get(row, "wanted")) || *control_word(row, "why") ? control_word(row, "why") :
		       "not in the honeynet file");
	/* No role's child: it outlives the honeynet. */
	printf("%-12s %-9s %s\n", "sshd", sshd < 0 ? "off" : "up", sshd < 0 ? "skep access setup" : "");
}

static void print_guard(const json_t *status)
{
	json_t *guard = json_object_get(status, "guard");

	printf("\nhost guard: %s, level %s\n", control_word(guard, "mode"), control_word(guard, "level"));
}

static void print_reload(const json_t *status)
{
	json_t *s = json_object_get(json_object_get(status, "reload"), "taken_back_in_s");

	if (s)
		printf("\nthe last reload is taken back in %" JSON_INTEGER_FORMAT " s: skep reload --confirm keeps it\n",
		       json_integer_value(s));
}

static void print_brake(const json_t *status)
{
	json_t *brake = json_object_get(status, "brake");

	printf("second layer: %s, %s; %" JSON_INTEGER_FORMAT " packets passed, %" JSON_INTEGER_FORMAT " refused\n",
	       control_word(brake, "kind"), json_is_true(json_object_get(brake, "holds")) ? "holds" : "DOES NOT HOLD",
	       json_integer_value(json_object_get(brake, "passed")), json_integer_value(json_object_get(brake, "refused")));
}

/* Its newest report; NULL: there is none. *@ret_report: what it says, yours; NULL: it is not as it was signed, and why. */
static char *last_selftest(json_t **ret_report, const char **ret_why)
{
	char *path = selftest_newest();

	*ret_report = path ? selftest_read(path, NULL, ret_why) : NULL;
	return path;
}

static void print_selftest(void)
{
	const char *why = "";
	json_t *report;
	_free_ char *path = last_selftest(&report, &why);

	if (report)
		printf("last self-test: %s, %s; %s\n", control_word(report, "time"), selftest_result(report), path);
	else if (path)
		printf("last self-test: %s: %s\n", path, why);
	else
		printf("last self-test: none: skep selftest\n");
	json_decref(report);
}

/* The master reads no files: what the last self-test said is added to what it says. */
static void add_selftest(struct text *t)
{
	const char *why = "";
	json_t *report;
	_free_ char *path = last_selftest(&report, &why);

	t->at[--t->len] = '\0';
	text_add(t, ",\"selftest\":");
	if (path) {
		text_addf(t, "{\"result\":\"%s\",\"time\":", report ? selftest_result(report) : "not as it was signed");
		text_json(t, control_word(report, "time"), strlen(control_word(report, "time")));
		text_add(t, ",\"words\":");
		text_json(t, report ? control_word(report, "words") : why, strlen(report ? control_word(report, "words") : why));
		text_add(t, ",\"report\":");
		text_json(t, path, strlen(path));
		text_addc(t, '}');
	} else
		text_add(t, "null");
	text_addc(t, '}');
	json_decref(report);
}

static void print_prevention(const json_t *status)
{
	json_t *p = json_object_get(status, "prevention");
	const char *lacks = control_word(p, "lacks");

	if (!strcmp(control_word(p, "mode"), "off"))
		printf("prevention: off%s%s\n", *lacks ? ": " : "", lacks);
	else
		printf("prevention: %s, %s; %" JSON_INTEGER_FORMAT " dropped, %" JSON_INTEGER_FORMAT " rewritten\n",
		       control_word(p, "mode"), control_word(p, "state"), json_integer_value(json_object_get(p, "dropped")),
		       json_integer_value(json_object_get(p, "rewritten")));
}

static void print_sessions(const json_t *status)
{
	const json_t *c = json_object_get(status, "containment"), *limits = json_object_get(c, "session");
	bool apart = json_is_true(json_object_get(c, "sessions_apart"));

	printf("sessions: what they send is %s%s\n", apart ? "told apart" : "not told apart",
	       apart || !json_object_size(limits) ? "" : ": their budgets DO NOT HOLD");
}

static void print(const json_t *status)
{
	honeypots_table(status);
	print_roles(status);
	print_services(status);
	print_guard(status);
	print_reload(status);
	print_brake(status);
	print_selftest();
	print_prevention(status);
	print_sessions(status);
}

int verb_status(int argc, char **argv)
{
	_text_ struct text t = { 0 };
	_fd_ int control = -1;
	json_t *status;
	bool json = false;
	const struct cli_option options[] = { { "json", .flag = &json }, { 0 } };
	int r = cli_options(&argc, &argv, "status", options);

	if (r >= 0)
		return r;
	if (argc)
		return cli_wrong("status", NULL);
	control = control_must();
	r = control_status(control, &t, &status);
	if (r < 0)
		die("skep does not answer: %s", strerror(-r));
	if (json) {
		add_selftest(&t);
		puts(text_str(&t));
	} else
		print(status);
	json_decref(status);
	return CLI_OK;
}
