/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the table of verbs says of one of them. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "cli.h"
#include "out.h"

const struct verb *cli_find(const char *name)
{
	const struct verb *v = cli_verbs;

	while (v->name && strcmp(v->name, name))
		v++;
	return v->name ? v : NULL;
}

int cli_help(const char *verb)
{
	_text_ struct text t = { 0 };
	const struct verb *v = cli_find(verb);

	text_addf(&t, "skep %s - %s\n%s", verb, v ? v->help : "", v ? v->usage : "");
	return out_all(&t, CLI_OK);
}

int cli_wrong(const char *verb, const char *fmt, ...)
{
	_text_ struct text t = { 0 };
	const struct verb *v = cli_find(verb);
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

int cli_wants_help(int argc, char **argv)
{
	return argc > 1 && !strcmp(argv[1], "--help");
}
