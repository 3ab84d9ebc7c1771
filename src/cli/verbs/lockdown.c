/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep lockdown on|off: nothing in, nothing out but the administrator, at once, whatever is open. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "cli/by_hand.h"
#include "cli/cli.h"
#include "cli/control.h"
#include "cli/options.h"
#include "cli/state.h"

/* Kept before it is done and forgotten after it is undone: who is in doubt is locked. */
static int keep(bool on)
{
	_free_ char *path = state_path(STATE_LOCKDOWN);
	_fd_ int fd = -1;

	if (!on)
		return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

static int move(bool on)
{
	int r = on ? keep(true) : 0;

	if (r == 0)
		r = by_hand_ask(on ? HAND_LOCK : HAND_UNLOCK, NULL);
	if (r == 0 && !on)
		r = keep(false);
	if (r < 0) {
		log_error("lockdown %s: %s", on ? "on" : "off", strerror(-r));
		return CLI_FAILED;
	}
	puts(on ? "locked: nothing comes in, nothing goes out; skep lockdown off opens it" : "open again, as far as rules and budgets let");
	return CLI_OK;
}

static int say(void)
{
	_fd_ int control = control_must();
	json_t *status;
	int r = control_status(control, NULL, &status);

	if (r < 0)
		die("skep does not answer: %s", strerror(-r));
	puts(json_is_true(json_object_get(json_object_get(status, "containment"), "locked")) ? "on" : "off");
	json_decref(status);
	return CLI_OK;
}

int verb_lockdown(int argc, char **argv)
{
	int r = cli_options(&argc, &argv, "lockdown", NULL);

	if (r >= 0)
		return r;
	if (argc == 0)
		return say();
	if (argc != 1 || (strcmp(argv[0], "on") && strcmp(argv[0], "off")))
		return cli_wrong("lockdown", "on or off?");
	return move(!strcmp(argv[0], "on"));
}
