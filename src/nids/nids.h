/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The NIDS: Suricata on the gateway's bridge, with a configuration that is wholly ours; and the prevention: another
 * Suricata, which decides about the packets of a queue (net/queue.h). Pure: texts and argument vectors; who starts them is
 * a role's business.
 *
 * What it needs to run:
 *	user	any number above root's, no name necessary (so no --user); gid the same
 *	caps	CAP_NET_RAW, for the prevention CAP_NET_ADMIN, ambient, in the gateway's network namespace; nothing else
 *	folders	log_dir and run_dir, its own, 0700; it makes no others and reads no /etc/suricata.
 *		run_dir has 98 bytes at most: a socket's path has room for 107
 *	files	its configuration (nids_config), the rule files and what lies beside ours: readable
 *
 * It stays in the foreground, writes no pid file (an old one would keep it from starting), and tells
 * what is wrong on standard error, a line each. SIGTERM ends it in order.
 *
 * eve.json is only appended to, whole lines at a time. To begin a new file: let the name lead to another
 * one, then SIGHUP. Suricata writes on into the old file until it has the next line, opens eve.json anew
 * and puts that line there: no line is lost, torn or doubled (tried: 60,000 alerts, 10,000 a second, 14
 * files), and a first byte in the new file says that the old one is complete. The stats event sees to it
 * that this takes NIDS_STATS_S at most.
 *	Not before "Engine started": until then SIGHUP kills.
 *	Every start begins a new file: the old one's last line may be half a line, if Suricata was
 *	killed, and the next one would be glued to it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "model/honeynet.h"

#define NIDS_INTERFACE "br0"		/* the honeynet's bridge in the gateway */
#define NIDS_QUEUE "0"			/* of the gateway: what the prevention decides about */
#define NIDS_EVE "eve.json"		/* in log_dir */
#define NIDS_SOCKET "command"		/* in run_dir */
#define NIDS_RULES "skep.rules"		/* in rules_dir, beside the next ones */
#define NIDS_DROP_RULES "drop.rules"	/* the prevention's, one of them */
#define NIDS_REPLACE_RULES "replace.rules"
#define NIDS_CLASSES "classification.config"

enum {
	NIDS_STATS_S = 30,
	NIDS_ARGV_MAX = 8,
};

struct nids {
	bool prevents;			/* else it only watches */
	const char *own;		/* the file of our rules, in rules_dir */
	const char *interface;		/* what it listens on */
	struct network home[2];		/* the honeynet's, of each family that it has: HOME_NET */
	size_t n_home;
	struct addr gateway[2];		/* its address in each: GATEWAY, whose readiness probes are no attacks */
	const char *rules_dir;		/* absolute, like all paths here: our own rules' folder */
	const char *const *rules;	/* users' rule files beside ours */
	size_t n_rules;
	const char *log_dir, *run_dir;
	const char *config;		/* where nids_config()'s text lies */
};

/* nids_config() - appends suricata.yaml */
void nids_config(const struct nids *n, struct text *ret_yaml);

/* nids_argv() - to run it; NULL at the end. Lent: literals and @n's strings. The number of words
 * without the NULL, or 0: more than @max. */
size_t nids_argv(const struct nids *n, const char **ret_argv, size_t max);
/* nids_check_argv() - to check @n's configuration and rules only; @scratch is a folder for the empty
 * files that Suricata makes even then. Exit code 0: all is well; else see complaint.h. */
size_t nids_check_argv(const struct nids *n, const char *scratch, const char **ret_argv, size_t max);
