/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep guard: what the host guard can do and does; turning it on and off. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/control.h"
#include "cli/options.h"
#include "run/role.h"

enum { ANSWER_MS = 5000 };

static json_t *ask(int control)
{
	json_t *status, *guard;
	int r = control_status(control, NULL, &status);

	if (r < 0)
		die("skep does not answer: %s", strerror(-r));
	guard = json_incref(json_object_get(status, "guard"));
	json_decref(status);
	return guard;
}

static void show(const json_t *g)
{
	json_int_t lost = json_integer_value(json_object_get(g, "lost"));

	printf("level       %s: %s\n", json_string_value(json_object_get(g, "level")),
	       json_string_value(json_object_get(g, "promise")));
	printf("mode        %s\n", json_string_value(json_object_get(g, "mode")));
	printf("judged      %" JSON_INTEGER_FORMAT " programs started with root's rights or by a honeypot\n",
	       json_integer_value(json_object_get(g, "judged")));
	printf("violations  %" JSON_INTEGER_FORMAT " (`skep events --kind guard`)\n",
	       json_integer_value(json_object_get(g, "violations")));
	if (lost)
		printf("lost        %" JSON_INTEGER_FORMAT " were gone before they could be looked at\n", lost);
}

static int set_mode(const char *word)
{
	static const char *const modes[] = { [GUARD_DRY_RUN] = "dry-run", [GUARD_ON] = "on", [GUARD_OFF] = "off" };
	_text_ struct text t = { 0 };
	_fd_ int control = -1;
	size_t mode = 0;
	int r;

	while (mode < nitems(modes) && strcmp(modes[mode], word))
		mode++;
	if (mode == nitems(modes))
		return cli_wrong("guard", "no mode %s: on, dry-run, off", word);
	control = control_must();
	put_u8(&t, (uint8_t)mode);
	r = control_ask(control, MSG_GUARD_MODE, &t, ANSWER_MS, NULL, NULL);
	if (r <= 0)
		die("skep does not answer: %s", strerror(r ? -r : EPIPE));
	return CLI_OK;
}

int verb_guard(int argc, char **argv)
{
	_fd_ int control = -1;
	json_t *guard;
	bool json = false;
	const struct cli_option options[] = { { "json", .flag = &json }, { 0 } };
	int r = cli_options(&argc, &argv, "guard", options);

	if (r >= 0)
		return r;
	if (argc == 1 && strcmp(argv[0], "status") && !json)
		return set_mode(argv[0]);
	if (argc > 1 || (argc == 1 && strcmp(argv[0], "status")))
		return cli_wrong("guard", NULL);
	control = control_must();
	guard = ask(control);
	if (json) {
		json_dumpf(guard, stdout, JSON_COMPACT);
		putchar('\n');
	} else
		show(guard);
	json_decref(guard);
	return CLI_OK;
}
