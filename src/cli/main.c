/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep: the table of verbs is the command line. */
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "cli.h"
#include "roles/roles.h"

const struct verb cli_verbs[] = {
	{ "up", verb_up, "build what is missing and start the honeynet",
	  "usage: skep up [--fresh] [--no-wait] [--foreground] [FILE]\n"
	  "  FILE               the honeynet file (etc/honeynet.yaml of the data folder)\n"
	  "  --fresh            begin with new disks: what intruders left on the old ones is gone\n"
	  "  --no-wait          do not wait until every honeypot answers\n"
	  "  --foreground       stay, and log to standard error; Ctrl-C ends the honeynet\n" },
	{ "down", verb_down, "end it, leaving nothing behind", "usage: skep down\n" },
	{ "status", verb_status, "honeypots and processes, how they are",
	  "usage: skep status [--json]\n"
	  "  --json             one JSON object\n" },
	{ "doctor", verb_doctor, "what this machine can do, what is missing, how to mend it",
	  "usage: skep doctor [--json]\n"
	  "  --json             one JSON object a line\n"
	  "Exits 1 if something is missing that skep cannot do without.\n" },
	{ "check", verb_check, "read the honeynet file, print every error",
	  "usage: skep check [--json] [FILE]\n"
	  "  FILE               the honeynet file (etc/honeynet.yaml of the data folder)\n"
	  "  --json             one JSON object\n"
	  "Exits 2 if the file has errors.\n" },
	{ "rules", verb_rules, "the rules of the NIDS",
	  "usage: skep rules list [--json] [FILE]       which there are, skep's own and yours\n"
	  "       skep rules check [FILE]               have Suricata read them, print every error\n"
	  "       skep rules reload [FILE]              the same, then load them into the running NIDS\n"
	  "       skep rules config [FILE]              the configuration Suricata runs with\n"
	  "  FILE               the honeynet file (etc/honeynet.yaml of the data folder), which names your\n"
	  "                     rule files\n"
	  "  --json             one JSON object a line\n"
	  "check and reload exit 2 if there are errors.\n" },
	{ "events", verb_events, "the record, event by event; -f follows it",
	  "usage: skep events [-f] [-n LAST] [--kind KIND]... [--honeypot NAME] [--session N]\n"
	  "                   [--since TIME] [--json]\n"
	  "  -f, --follow       wait for more, until interrupted\n"
	  "  -n, --last LAST    only the last LAST of them\n"
	  "  --kind KIND        only events of this kind; may be given several times\n"
	  "  --honeypot NAME    only of this honeypot\n"
	  "  --session N        only of this session\n"
	  "  --since TIME       only from TIME on: 2026-11-23T05:46, 05:46 or 10m (UTC)\n"
	  "  --json             the lines of the journal as they are\n" },
	{ "sessions", verb_sessions, "who came",
	  "usage: skep sessions [--all] [--open] [--user-only] [--honeypot NAME] [--since TIME] [--json]\n"
	  "  --all              also connections without a login or a command\n"
	  "  --open             only those that are open now\n"
	  "  --user-only        only those in which somebody logged in\n"
	  "  --honeypot NAME    only of this honeypot\n"
	  "  --since TIME       only those that began at TIME or later: 2026-11-23T05:46, 05:46 or 10m (UTC)\n"
	  "  --json             one JSON object a line; all sessions, unless filtered\n" },
	{ "session", verb_session, "what one of them did",
	  "usage: skep session [--typed] [--json] N\n"
	  "  --typed            also the lines typed at the first terminal\n"
	  "  --json             the session, then each of its events, one JSON object a line\n" },
	{ "replay", verb_replay, "his terminal again",
	  "usage: skep replay [--speed X] [--max-wait S] [--no-wait] [--input] [--tty NAME] [--raw] N\n"
	  "  --speed X          X times as fast\n"
	  "  --max-wait S       never wait longer than S seconds (2)\n"
	  "  --no-wait          all of it at once\n"
	  "  --input            what was typed instead of what was shown\n"
	  "  --tty NAME         this terminal of the session, not its first\n"
	  "  --raw              the bytes as they were: DANGEROUS on a terminal\n" },
	{ "console", verb_console, "a honeypot's console; Ctrl-] leaves it", "usage: skep console HONEYPOT\n" },
	{ "lab", verb_lab, "be the attacker",
	  "usage: skep lab shell                        a shell as the attacker\n"
	  "       skep lab exec [--gateway] -- COMMAND  a command as the attacker (or in the gateway)\n"
	  "       skep lab attack [NAME]                a scripted attack with real tools; which there are\n" },
	{ "kernel", verb_kernel, "the honeypots' kernel",
	  "usage: skep kernel build                     if it is not built already; prints its folder\n" },
	{ "image", verb_image, "the honeypots' images",
	  "usage: skep image build [RECIPE]...          all or some, if not built already; prints the files\n"
	  "       skep image list                       the recipes there are\n" },
	{ "completion", verb_completion, "the shell's completion",
	  "usage: skep completion bash\n"
	  "Try it: source <(skep completion bash)\n" },
	{ "help", verb_help, "this, or the usage of one verb", "usage: skep help [VERB]\n" },
	{ "version", verb_version, "which skep this is", "usage: skep version\n" },
	{ 0 },
};

enum { WORD_MAX = 24 };		/* longer ones are no slip of the pen */

/* Letters that must be changed, added or left out to make @b of @a; both are below WORD_MAX. */
static size_t distance(const char *a, const char *b)
{
	size_t row[WORD_MAX + 1], n = strlen(b);

	for (size_t k = 0; k <= n; k++)
		row[k] = k;
	for (size_t i = 0; a[i]; i++) {
		size_t corner = row[0]++;

		for (size_t k = 1; k <= n; k++) {
			size_t change = corner + (a[i] != b[k - 1]), add = row[k - 1] + 1, drop = row[k] + 1;

			corner = row[k];
			row[k] = change < add ? change : add;
			row[k] = row[k] < drop ? row[k] : drop;
		}
	}
	return row[n];
}

static int unknown(const char *word)
{
	const char *near = NULL;
	size_t best = 3;

	for (const struct verb *v = cli_verbs; v->name && strlen(word) < WORD_MAX; v++) {
		size_t d = strncmp(v->name, word, strlen(word)) ? distance(word, v->name) : 1;

		if (d < best) {
			best = d;
			near = v->name;
		}
	}
	if (near)
		log_error("there is no verb %s; did you mean %s?", word, near);
	else
		log_error("there is no verb %s; `skep help` lists them", word);
	return CLI_USAGE;
}

int main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "help";

	if (argc == 3 && !strcmp(argv[1], "role"))	/* how the master starts one: no verb for users */
		return role_run(argv[2]);
	log_plain(1);
	word = !strcmp(word, "--help") || !strcmp(word, "-h") ? "help" : !strcmp(word, "--version") ? "version" : word;
	for (const struct verb *v = cli_verbs; v->name; v++) {
		char *none[] = { NULL, NULL }, **args = argc > 1 ? argv + 1 : none;
		_free_ char *name = NULL;

		if (strcmp(v->name, word))
			continue;
		name = xasprintf("skep %s", word);
		args[0] = name;		/* getopt's messages begin with it */
		return v->run(argc > 1 ? argc - 1 : 1, args);
	}
	return unknown(word);
}
