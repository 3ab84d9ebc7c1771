/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep reset, freeze, thaw HONEYPOT: what an administrator does to one honeypot. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cli/cli.h"
#include "cli/options.h"
#include "cli/pot.h"

static int do_it(int argc, char **argv, const char *verb, enum pot_deed deed, const char *done, const char *senseless)
{
	int r = cli_options(&argc, &argv, verb, NULL);
	uint32_t e;

	if (r >= 0)
		return r;
	if (argc != 1)
		return cli_wrong(verb, NULL);
	e = pot_ask(argv[0], deed);
	if (e)
		log_error("%s %s: %s", verb, argv[0], e == EINVAL ? senseless :
			  e == ENOTSUP ? "this machine's control groups cannot freeze" : strerror((int)e));
	else
		printf("%s %s\n", argv[0], done);
	return e ? CLI_FAILED : CLI_OK;
}

int verb_reset(int argc, char **argv)
{
	return do_it(argc, argv, "reset", POT_RESET, "has a new disk and starts; the one it had is kept (skep snapshot --list)",
		     "it cannot be");
}

int verb_freeze(int argc, char **argv)
{
	return do_it(argc, argv, "freeze", POT_FREEZE, "stands still", "it does not run");
}

int verb_thaw(int argc, char **argv)
{
	return do_it(argc, argv, "thaw", POT_THAW, "goes on", "nobody froze it");
}
