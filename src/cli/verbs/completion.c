/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep completion - the shell's completion, made from the table of verbs and their usage texts. */
#include <stdbool.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/options.h"
#include "cli/out.h"
#include "model/event.h"

static const char letters[] = "abcdefghijklmnopqrstuvwxyz-";

static void add_once(struct text *t, const char *s, size_t n)
{
	_text_ struct text word = { 0 };

	text_addc(&word, ' ');
	text_addn(&word, s, n);
	text_addc(&word, ' ');
	if (!strstr(text_str(t), text_str(&word)))
		text_add(t, text_str(&word) + 1);
}

/* Options in the usage: words that begin with "-" behind a space, a bracket, a comma or a bar. */
static void options(const char *usage, struct text *t)
{
	for (const char *s = usage; (s = strchr(s, '-')); s += strspn(s, letters)) {
		size_t n = strspn(s, letters);

		if (s > usage && strchr(" [,|\n", s[-1]) && n > 1 && strspn(s, "-") < n)
			add_once(t, s, n);
	}
}

/* Words that are meant literally: "skep VERB word". */
static void words(const struct verb *verb, struct text *t)
{
	_text_ struct text before = { 0 };

	text_addf(&before, "skep %s ", verb->name);
	for (const char *s = verb->usage; (s = strstr(s, text_str(&before)));) {
		s += before.len;
		if (*s != '-' && strspn(s, letters))
			add_once(t, s, strspn(s, letters));
	}
}

static void choices(const struct verb *verb, struct text *t)
{
	_text_ struct text found = { 0 };

	text_addc(&found, ' ');
	words(verb, &found);
	options(verb->usage, &found);
	text_addf(t, "%s--help", text_str(&found) + 1);
}

static void verb_names(struct text *t)
{
	for (const struct verb *v = cli_verbs; v->name; v++)
		text_addf(t, "%s%s", v == cli_verbs ? "" : " ", v->name);
}

static void kinds(struct text *t)
{
	for (int i = 0; i < EV_KINDS; i++)
		text_addf(t, "%s%s", i ? " " : "", event_kind_name((enum event_kind)i));
}

static void script(struct text *t)
{
	text_add(t, "# bash completion for skep; made by `skep completion bash`\n"
		    "_skep()\n{\n"
		    "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words=\n\n"
		    "\tcase $COMP_CWORD,$prev in\n"
		    "\t1,*) words='");
	verb_names(t);
	text_add(t, "' ;;\n\t2,help) words='");
	verb_names(t);
	text_add(t, "' ;;\n\t*,--kind) words='");
	kinds(t);
	text_add(t, "' ;;\n\t*)\n\t\tcase ${COMP_WORDS[1]} in\n");
	for (const struct verb *v = cli_verbs; v->name; v++) {
		text_addf(t, "\t\t%s) words='", v->name);
		choices(v, t);
		text_add(t, "' ;;\n");
	}
	text_add(t, "\t\tesac ;;\n\tesac\n"
		    "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
		    "}\ncomplete -o default -F _skep skep\n");
}

int verb_completion(int argc, char **argv)
{
	_text_ struct text t = { 0 };
	int r = cli_options(&argc, &argv, "completion", NULL);

	if (r >= 0)
		return r;
	if (argc != 1 || strcmp(argv[0], "bash"))
		return cli_wrong("completion", "for which shell? only bash is known");
	script(&t);
	return out_all(&t, CLI_OK);
}
