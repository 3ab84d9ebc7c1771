/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep help, skep version - what the table of verbs says. */
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "cli/built.h"
#include "cli/cli.h"
#include "cli/out.h"

static const struct verb *find(const char *name)
{
	const struct verb *v = cli_verbs;

	while (v->name && strcmp(v->name, name))
		v++;
	return v->name ? v : NULL;
}

static int print(struct text *t)
{
	out_begin();
	out_text(t);
	return out_end(CLI_OK);
}

int cli_help(const char *verb)
{
	_text_ struct text t = { 0 };
	const struct verb *v = find(verb);

	text_addf(&t, "skep %s - %s\n%s", verb, v ? v->help : "", v ? v->usage : "");
	return print(&t);
}

int cli_wrong(const char *verb, const char *fmt, ...)
{
	_text_ struct text t = { 0 };
	const struct verb *v = find(verb);
	_free_ char *what = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (fmt && vasprintf(&what, fmt, ap) > 0) {
		text_addf(&t, "skep %s: ", verb);
		text_safe(&t, what, strlen(what));
		text_addc(&t, '\n');
	}
	va_end(ap);
	text_add(&t, v ? v->usage : "");
	fputs(text_str(&t), stderr);
	return CLI_USAGE;
}

static int overview(void)
{
	_text_ struct text t = { 0 };

	text_add(&t, "usage: skep VERB [ARGUMENT...]\n\n");
	for (const struct verb *v = cli_verbs; v->name; v++)
		text_addf(&t, "  %-11s %s\n", v->name, v->help);
	text_add(&t, "\n`skep VERB --help` says more; so does skep(1).\n");
	return print(&t);
}

static int only_help(int argc, char **argv, const char *verb)
{
	static const struct option options[] = { { "help", no_argument, NULL, 'h' }, { 0 } };
	int o = getopt_long(argc, argv, "h", options, NULL);

	return o == -1 ? -1 : o == 'h' ? cli_help(verb) : cli_wrong(verb, NULL);
}

int verb_help(int argc, char **argv)
{
	int r = only_help(argc, argv, "help");

	if (r >= 0)
		return r;
	if (optind == argc)
		return overview();
	if (argc - optind > 1)
		return cli_wrong("help", "one verb at a time");
	if (!find(argv[optind]))
		return cli_wrong("help", "there is no verb %s", argv[optind]);
	return cli_help(argv[optind]);
}

int verb_version(int argc, char **argv)
{
	_text_ struct text t = { 0 };
	int r = only_help(argc, argv, "version");

	if (r >= 0)
		return r;
	if (optind < argc)
		return cli_wrong("version", "%s: not understood", argv[optind]);
	text_add(&t, "skep " BUILT_VERSION "\n");
	return print(&t);
}

int cli_wants_help(int argc, char **argv)
{
	return argc > 1 && !strcmp(argv[1], "--help");
}
