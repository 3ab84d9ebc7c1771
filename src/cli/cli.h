/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The command line: a table of verbs, one file each. Exit codes: 0 ok, 1 failed, 2 usage (of
 * `check`: the file has errors).
 *
 * A verb gets its own words, argv[0] being "skep VERB". Its options, and --help, are read by
 * cli_options() (options.h).
 */

enum { CLI_OK, CLI_FAILED, CLI_USAGE };

struct verb {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;	/* one line */
	/*
	 * "usage: skep NAME ...", then its options, a line each; all lines end in a line feed. The
	 * completion takes its options from here: every word that begins with "-".
	 */
	const char *usage;
};

extern const struct verb cli_verbs[];	/* ends in a row without name */

const struct verb *cli_find(const char *name);	/* or NULL */
int cli_help(const char *verb);		/* its usage on standard output; CLI_OK */
/* cli_wrong() - what is wrong (NULL: getopt said it already) and the usage on standard error; CLI_USAGE */
int cli_wrong(const char *verb, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* cli_wants_help() - its first word is --help */
int cli_wants_help(int argc, char **argv);

int verb_access(int argc, char **argv);
int verb_alert(int argc, char **argv);
int verb_block(int argc, char **argv);
int verb_budget(int argc, char **argv);
int verb_check(int argc, char **argv);
int verb_completion(int argc, char **argv);
int verb_conformance(int argc, char **argv);
int verb_console(int argc, char **argv);
int verb_db(int argc, char **argv);
int verb_diff(int argc, char **argv);
int verb_doctor(int argc, char **argv);
int verb_down(int argc, char **argv);
int verb_events(int argc, char **argv);
int verb_fence(int argc, char **argv);
int verb_files(int argc, char **argv);
int verb_freeze(int argc, char **argv);
int verb_guard(int argc, char **argv);
int verb_help(int argc, char **argv);
int verb_image(int argc, char **argv);
int verb_kernel(int argc, char **argv);
int verb_lab(int argc, char **argv);
int verb_lockdown(int argc, char **argv);
int verb_logins(int argc, char **argv);
int verb_objectives(int argc, char **argv);
int verb_pcap(int argc, char **argv);
int verb_policy(int argc, char **argv);
int verb_reload(int argc, char **argv);
int verb_replay(int argc, char **argv);
int verb_reset(int argc, char **argv);
int verb_rules(int argc, char **argv);
int verb_scanners(int argc, char **argv);
int verb_selftest(int argc, char **argv);
int verb_honeytokens(int argc, char **argv);
int verb_session(int argc, char **argv);
int verb_sessions(int argc, char **argv);
int verb_snapshot(int argc, char **argv);
int verb_status(int argc, char **argv);
int verb_thaw(int argc, char **argv);
int verb_unblock(int argc, char **argv);
int verb_up(int argc, char **argv);
int verb_verify(int argc, char **argv);
int verb_version(int argc, char **argv);
