/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep status, skep down */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/control.h"
#include "cli/honeypots.h"
#include "cli/progress.h"
#include "cli/state.h"

enum { ANSWER_MS = 5000, DOWN_MS = 30000 };

static int ask_status(int control, struct text *ret)
{
	int r = control_ask(control, MSG_STATUS, NULL, ANSWER_MS, ret, NULL);

	return r == 1 ? 0 : r ? r : -EPIPE;
}

static const char *word(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

int honeypots_ask(int control, struct honeypots *ret)
{
	_text_ struct text t = { 0 };
	struct honeypots h = { 0 };
	json_t *status, *pot, *service;
	size_t i;
	int r = ask_status(control, &t);

	if (r < 0)
		return r;
	status = json_loadb(text_str(&t), t.len, 0, NULL);
	json_array_foreach(json_object_get(status, "services"), i, service) {
		bool up = !strcmp(word(service, "state"), "up");

		h.services++;
		h.services_up += up;
		if (!up && !h.service[0])
			snprintf(h.service, sizeof(h.service), "%s is %s%s%s", word(service, "name"), word(service, "state"),
				 *word(service, "why") ? ": " : "", word(service, "why"));
	}
	json_array_foreach(json_object_get(status, "honeypots"), i, pot) {
		h.n++;
		h.up += !strcmp(word(pot, "state"), "up");
		if (!h.broken && !strcmp(word(pot, "state"), "broken")) {
			h.broken = true;
			snprintf(h.complaint, sizeof(h.complaint), "honeypot %s: %s", word(pot, "name"), word(pot, "why"));
		}
	}
	json_decref(status);
	*ret = h;
	return 0;
}

int honeypot_index(int control, const char *name, uint16_t *ret)
{
	_text_ struct text t = { 0 };
	json_t *status, *pot;
	size_t i;
	int r = ask_status(control, &t);

	if (r < 0)
		return r;
	r = -ENOENT;
	status = json_loadb(text_str(&t), t.len, 0, NULL);
	json_array_foreach(json_object_get(status, "honeypots"), i, pot) {
		if (r < 0 && !strcasecmp(word(pot, "name"), name)) {
			*ret = (uint16_t)i;
			r = 0;
		}
	}
	json_decref(status);
	return r;
}

static void print_row(const json_t *pot)
{
	_text_ struct text services = { 0 };
	json_t *s;
	size_t i;

	json_array_foreach(json_object_get(pot, "services"), i, s)
		text_addf(&services, "%s%s", i ? " " : "", json_string_value(s));
	printf("%-12s %-15s %-9s %-12s %s\n", word(pot, "name"), word(pot, "address"), word(pot, "state"),
	       word(pot, "hostname"), text_str(&services));
}

static void print_status(const struct text *t)
{
	json_t *status = json_loadb(text_str(t), t->len, 0, NULL), *row;
	size_t i;

	printf("%-12s %-15s %-9s %-12s %s\n", "HONEYPOT", "ADDRESS", "STATE", "HOST NAME", "SERVICES");
	json_array_foreach(json_object_get(status, "honeypots"), i, row)
		print_row(row);
	json_decref(status);
}

static void print_roles(const struct text *t)
{
	json_t *status = json_loadb(text_str(t), t->len, 0, NULL), *row;
	size_t i;

	printf("\n%-12s %-8s %-9s %s\n", "PROCESS", "PID", "STATE", "RESTARTS");
	json_array_foreach(json_object_get(status, "roles"), i, row)
		printf("%-12s %-8" JSON_INTEGER_FORMAT " %-9s %" JSON_INTEGER_FORMAT "\n", word(row, "name"),
		       json_integer_value(json_object_get(row, "pid")), word(row, "state"),
		       json_integer_value(json_object_get(row, "restarts")));
	json_decref(status);
}

static void print_services(const struct text *t)
{
	json_t *status = json_loadb(text_str(t), t->len, 0, NULL), *row, *all = json_object_get(status, "services");
	size_t i;

	if (json_array_size(all))
		printf("\n%-12s %-9s %s\n", "SERVICE", "STATE", "");
	json_array_foreach(all, i, row)
		printf("%-12s %-9s %s\n", word(row, "name"), word(row, "state"), word(row, "why"));
	json_decref(status);
}

static void print_guard(const struct text *t)
{
	json_t *status = json_loadb(text_str(t), t->len, 0, NULL), *guard = json_object_get(status, "guard");

	printf("\nhost guard: %s, level %s\n", word(guard, "mode"), word(guard, "level"));
	json_decref(status);
}

int honeypots_print(void)
{
	_fd_ int control = control_must();
	_text_ struct text t = { 0 };

	if (ask_status(control, &t) < 0)
		return 1;
	print_status(&t);
	return 0;
}

int verb_status(int argc, char **argv)
{
	static const struct option longs[] = { { "json", no_argument, NULL, 'j' }, { "help", no_argument, NULL, 'h' }, { 0 } };
	_text_ struct text t = { 0 };
	_fd_ int control = -1;
	bool json = false;
	int c, r;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) >= 0) {
		if (c == '?')
			return cli_wrong("status", NULL);
		if (c == 'h')
			return cli_help("status");
		json = true;
	}
	if (optind != argc)
		return cli_wrong("status", NULL);
	control = control_must();
	r = ask_status(control, &t);
	if (r < 0)
		die("skep does not answer: %s", strerror(-r));
	if (json) {
		puts(text_str(&t));
		return 0;
	}
	print_status(&t);
	print_roles(&t);
	print_services(&t);
	print_guard(&t);
	return 0;
}

/* The master holds the lock until it is gone, and with it all that it started. */
static int wait_for_lock(uint64_t since)
{
	_free_ char *path = state_path("run/lock");
	_fd_ int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (mono_us() - since > DOWN_MS * 1000ULL)
			return -ETIMEDOUT;
		progress_show("down", "waiting", since);
		poll(NULL, 0, 50);
	}
	return 0;
}

int verb_down(int argc, char **argv)
{
	_fd_ int control = -1;
	uint64_t since = mono_us();
	int r;

	if (cli_wants_help(argc, argv))
		return cli_help("down");
	if (argc != 1)
		return cli_wrong("down", NULL);
	control = control_open();
	if (control == -ENOENT) {
		fprintf(stderr, "skep: no honeynet stands (state folder %s)\n", state_dir());
		return 0;
	}
	if (control < 0)
		control_must();
	control_ask(control, MSG_DOWN, NULL, DOWN_MS, NULL, NULL);
	r = wait_for_lock(since);
	if (r < 0)
		die("skep does not end: %s", strerror(-r));
	progress_done("down", "", since);
	return 0;
}
