/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep help, skep version - what the table of verbs says. */
#include "base/mem.h"
#include "cli/built.h"
#include "cli/cli.h"
#include "cli/options.h"
#include "cli/out.h"

static int overview(void)
{
	_text_ struct text t = { 0 };

	text_add(&t, "usage: skep VERB [ARGUMENT...]\n\n");
	for (const struct verb *v = cli_verbs; v->name; v++)
		text_addf(&t, "  %-11s %s\n", v->name, v->help);
	text_add(&t, "\n`skep VERB --help` says more; so does skep(1).\n");
	return out_all(&t, CLI_OK);
}

int verb_help(int argc, char **argv)
{
	int r = cli_options(&argc, &argv, "help", NULL);

	if (r >= 0)
		return r;
	if (!argc)
		return overview();
	if (argc > 1)
		return cli_wrong("help", "one verb at a time");
	if (!cli_find(argv[0]))
		return cli_wrong("help", "there is no verb %s", argv[0]);
	return cli_help(argv[0]);
}

int verb_version(int argc, char **argv)
{
	_text_ struct text t = { 0 };
	int r = cli_options(&argc, &argv, "version", NULL);

	if (r >= 0)
		return r;
	if (argc)
		return cli_wrong("version", "%s: not understood", argv[0]);
	text_add(&t, "skep " BUILT_VERSION "\n");
	return out_all(&t, CLI_OK);
}
