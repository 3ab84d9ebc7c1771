/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * skep access shell ROLE NAME - what our sshd starts for every login, whatever was asked for.
 *
 * It takes the client's command (SSH_ORIGINAL_COMMAND), or lines from a prompt if there is none,
 * apart without a shell, looks whether the role may say that, records it, and executes skep again
 * with these words. An observer may say what the table below lists; an administrator every verb, and
 * `skep lab` runs any command: his key is worth root's. The login's begin and end are recorded, too.
 *
 * ROLE and NAME come from the key's line in our own file, so they are believed; nothing else is.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "access/grant.h"
#include "access/words.h"
#include "access.h"
#include "admin.h"
#include "base/addr.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli.h"

/* What an observer may say: it reads, and names no file. A verb that is not here is for administrators. */
static const struct { const char *verb, *form; } observer[] = {
	{ "status", "--json" },
	{ "doctor", "--json" },
	{ "conformance", "--json" },
	{ "check", "--json" },		/* no FILE: its complaints would show what is in it */
	{ "events", "-f --follow -n= --last= --kind= --honeypot= --session= --since= --json" },
	{ "sessions", "--all --open --user-only --honeypot= --since= --json" },
	{ "session", "--typed --json N" },
	{ "replay", "--speed= --max-wait= --no-wait --input --tty= N" },	/* no --raw */
	/* no -o, which writes a file; no --filter, which a compiler reads that looks up names */
	{ "pcap", "--session= --flow= --address= --since= --until= --count --json" },
	{ "help", "VERB" },
	{ "version", "" },
	{ "completion", "SHELL" },
};

struct visitor {
	bool administrator;
	const char *name;
	struct addr src;
	uint16_t src_port;
	unsigned allowed, refused;	/* so many commands */
};

/* may() - 0, or -EACCES and why */
static int may(const struct visitor *v, char *const *word, struct text *why)
{
	if (!cli_find(word[0])) {
		text_safe(why, word[0], strnlen(word[0], 128));
		text_add(why, ": there is no such verb; `help` lists them");
		return -EACCES;
	}
	if (!strcmp(word[0], "access") && word[1] && !strcmp(word[1], "shell")) {
		text_add(why, "access shell is not for people");
		return -EACCES;
	}
	if (v->administrator)
		return 0;
	for (size_t i = 0; i < nitems(observer); i++)
		if (!strcmp(observer[i].verb, word[0]))
			return grant_check(observer[i].form, word + 1, why);
	text_addf(why, "%s is for administrators; you are an observer", word[0]);
	return -EACCES;
}

static void tell(const struct visitor *v, const char *action, char *const *word, const char *reason)
{
	int r = admin_tell(&(struct deed){ .user = v->name, .action = action, .word = word, .src = v->src,
					   .src_port = v->src_port, .reason = reason });

	if (r < 0)
		log_warn("this could not be recorded: %s", strerror(-r));
}

static int refuse(struct visitor *v, char *const *word, const char *why)
{
	tell(v, "refused", word, why);
	v->refused++;
	log_error("%s", why);
	return CLI_USAGE;
}

/* What ends a verb, or a login: the end is told after it. */
static const int outlived[] = { SIGINT, SIGQUIT, SIGHUP, SIGTERM, SIGPIPE };

/* The words become skep's own, by execve alone. */
static _Noreturn void become(struct words *w, size_t first)
{
	w->word[first - 1] = (char *)"skep";	/* in place of "skep", or of the spare word in front */
	execv("/proc/self/exe", w->word + first - 1);
	die("skep: %s", strerror(errno));
}

static int run(struct words *w, size_t first)
{
	pid_t pid = fork();
	int status;

	if (pid < 0) {
		log_error("fork: %s", strerror(errno));
		return CLI_FAILED;
	}
	if (pid == 0) {
		for (size_t i = 0; i < nitems(outlived); i++)
			signal(outlived[i], SIG_DFL);
		become(w, first);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int line(struct visitor *v, const char *s, size_t len)
{
	_text_ struct text why = { 0 };
	char whole[WORDS_LINE], *raw[] = { whole, NULL };
	static struct words w;
	const char *wrong;
	size_t first = 0;

	if (words_split(s, len, &w, &wrong) < 0) {
		snprintf(whole, sizeof(whole), "%.*s", (int)(len < WORDS_LINE ? len : WORDS_LINE - 1), s);
		return refuse(v, raw, wrong);
	}
	if (w.n && !strcmp(w.word[0], "skep"))
		first = 1;
	if (first == w.n)
		return CLI_OK;
	if (may(v, w.word + first, &why) < 0)
		return refuse(v, w.word, text_str(&why));
	tell(v, "allowed", w.word, "");
	v->allowed++;
	if (!first) {	/* room for argv[0] */
		memmove(w.word + 1, w.word, (w.n + 1) * sizeof(w.word[0]));
		first = 1;
	}
	return run(&w, first);
}

/* prompt() - until "exit" or the end of the input */
static int prompt(struct visitor *v)
{
	static char s[WORDS_LINE + 2];
	bool terminal = isatty(STDIN_FILENO);
	int code = CLI_OK;

	if (terminal)
		printf("skep: %s, %s. `help` lists the verbs, `exit` leaves.\n", v->name,
		       v->administrator ? "administrator" : "observer");
	for (;;) {
		size_t n;

		if (terminal)
			fputs("skep> ", stdout);
		fflush(stdout);
		if (!fgets(s, sizeof(s), stdin))
			return code;
		n = strcspn(s, "\n");
		if (!s[n] && n == sizeof(s) - 1)
			return refuse(v, (char *[]){ s, NULL }, "that line is too long");
		s[n] = '\0';
		if (!strcmp(s, "exit") || !strcmp(s, "quit") || !strcmp(s, "logout"))
			return code;
		code = line(v, s, n);
	}
}

/* "ADDRESS PORT ADDRESS PORT", from sshd */
static void where_from(struct visitor *v)
{
	const char *s = getenv("SSH_CONNECTION");
	char from[ADDR_TEXT];
	unsigned port;

	if (s && sscanf(s, "%45s %u", from, &port) == 2 && port <= UINT16_MAX && addr_parse(from, &v->src) == 0)
		v->src_port = (uint16_t)port;
}

/* The verbs see what they need of the environment and nothing that a client could send. */
static void clean_environment(void)
{
	static const struct { const char *name, *otherwise; } kept[] = {
		{ "SKEP_STATE", NULL }, { "SKEP_DATA", NULL }, { "TERM", "dumb" }, { "HOME", "/root" },
	};
	char *value[nitems(kept)];

	for (size_t i = 0; i < nitems(kept); i++) {
		const char *now = getenv(kept[i].name);

		if (!now || strpbrk(now, "\n\x1b") || strlen(now) > 4096)
			now = kept[i].otherwise;
		value[i] = now ? xstrdup(now) : NULL;
	}
	clearenv();
	setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
	setenv("LANG", "C.UTF-8", 1);
	for (size_t i = 0; i < nitems(kept); i++) {
		if (value[i])
			setenv(kept[i].name, value[i], 1);
		free(value[i]);
	}
}

int access_shell(int argc, char **argv)
{
	struct visitor v = { 0 };
	_free_ char *asked = NULL, *said = NULL;
	int code;

	if (argc != 3 || (strcmp(argv[1], "observer") && strcmp(argv[1], "administrator")))
		return cli_wrong("access", NULL);
	v.administrator = !strcmp(argv[1], "administrator");
	v.name = argv[2];
	where_from(&v);
	if (getenv("SSH_ORIGINAL_COMMAND"))
		asked = xstrdup(getenv("SSH_ORIGINAL_COMMAND"));
	clean_environment();
	for (size_t i = 0; i < nitems(outlived); i++)
		signal(outlived[i], SIG_IGN);
	tell(&v, "began", NULL, argv[1]);
	code = asked ? line(&v, asked, strlen(asked)) : prompt(&v);
	said = xasprintf("%u commands, %u refused", v.allowed + v.refused, v.refused);
	tell(&v, "ended", NULL, said);
	return code;
}
