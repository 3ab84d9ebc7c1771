/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "options.h"

#include <getopt.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/log.h"
#include "cli.h"
#include "evidence.h"
#include "report/stamp.h"

enum { OPTIONS_MAX = 16, FIRST = 256 };	/* FIRST: above all letters */

/* As getopt_long() wants them; its answer is the letter, or FIRST and the row. */
static void put_tables(const struct cli_option *o, struct option longs[OPTIONS_MAX + 2], char letters[2 * OPTIONS_MAX + 2])
{
	*longs++ = (struct option){ "help", no_argument, NULL, 'h' };
	*letters++ = 'h';
	for (int i = 0; o && o[i].name; i++) {
		if (i == OPTIONS_MAX)
			die("more than %d options", OPTIONS_MAX);
		*longs++ = (struct option){ o[i].name, o[i].flag ? no_argument : required_argument, NULL, FIRST + i };
		if (!o[i].letter)
			continue;
		*letters++ = o[i].letter;
		if (!o[i].flag)
			*letters++ = ':';
	}
	*longs = (struct option){ 0 };
	*letters = '\0';
}

/* use() - CLI_OK, or what to exit with */
static int use(const char *verb, const struct cli_option *o, const char *word)
{
	if (o->flag)
		*o->flag = true;
	if (o->word)
		*o->word = word;
	return o->read ? o->read(verb, word, o->into) : CLI_OK;
}

int cli_options(int *argc, char ***argv, const char *verb, const struct cli_option *options)
{
	struct option longs[OPTIONS_MAX + 2];
	char letters[2 * OPTIONS_MAX + 2];
	int c, r;

	put_tables(options, longs, letters);
	while ((c = getopt_long(*argc, *argv, letters, longs, NULL)) != -1) {
		const struct cli_option *o = options;

		if (c == 'h')
			return cli_help(verb);
		if (c == '?')
			return cli_wrong(verb, NULL);
		while (o->letter != c && FIRST + (o - options) != c)
			o++;
		r = use(verb, o, optarg);
		if (r != CLI_OK)
			return r;
	}
	*argc -= optind;
	*argv += optind;
	return -1;
}

int cli_read_time(const char *verb, const char *word, void *into)
{
	return stamp_parse(word, now_us(), into) < 0 ?
	       cli_wrong(verb, "%s is no time; try 2026-11-23T05:46, 05:46 or 10m (UTC)", word) : CLI_OK;
}

int cli_read_session(const char *verb, const char *word, void *into)
{
	return evidence_number(word, into) < 0 ? cli_wrong(verb, "%s is no session's number", word) : CLI_OK;
}
