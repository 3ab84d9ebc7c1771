/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * skep lab shell, skep lab exec [--gateway] -- COMMAND, skep lab attack NAME
 *
 * The lab is a network namespace that plays the internet. A command run in it has this machine's
 * files and the lab's network, and no other network.
 */
#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "cli/build.h"
#include "cli/cli.h"
#include "cli/control.h"
#include "cli/state.h"
#include "net/gateway.h"

static void enter_place(enum net_place place)
{
	_fd_ int control = control_must(), ns = control_place(control, place);

	if (ns < 0)
		die("skep does not hand out the lab's network: %s", strerror(-ns));
	if (setns(ns, CLONE_NEWNET) < 0)
		die("cannot enter the lab's network: %s", strerror(errno));
}

static int run(char **argv)
{
	execvp(argv[0], argv);
	log_error("%s: %s", argv[0], strerror(errno));
	return errno == ENOENT ? 127 : 126;
}

static int lab_shell(void)
{
	const char *shell = getenv("SHELL");
	char *argv[] = { (char *)(shell ? shell : "/bin/sh"), NULL };

	enter_place(PLACE_LAB);
	fprintf(stderr, "You are the attacker, %s. The honeynet is before you; exit leaves the lab.\n", LAB_ATTACKER);
	return run(argv);
}

static int lab_exec(int argc, char **argv)
{
	enum net_place place = PLACE_LAB;
	int i = 0;

	if (i < argc && !strcmp(argv[i], "--gateway"))
		place = PLACE_GATEWAY, i++;
	if (i < argc && !strcmp(argv[i], "--"))
		i++;
	if (i >= argc)
		return cli_wrong("lab", NULL);
	enter_place(place);
	return run(argv + i);
}

/* Attacks are programs in lab/; names with a dot or a slash are no attacks. */
static int is_attack(const struct dirent *d)
{
	_free_ char *below = xasprintf("lab/%s", d->d_name), *path = data_path(below);

	return !strchr(d->d_name, '.') && d->d_type == DT_REG && access(path, X_OK) == 0;
}

static int list_attacks(FILE *to)
{
	_free_ char *folder = data_path("lab");
	struct dirent **found;
	int n = scandir(folder, &found, is_attack, alphasort);

	for (int i = 0; i < n; i++) {
		fprintf(to, "  %s\n", found[i]->d_name);
		free(found[i]);
	}
	if (n >= 0)
		free(found);
	return n < 0;
}

static int lab_attack(const char *name)
{
	_free_ char *below = xasprintf("lab/%s", name), *program = data_path(below), *lab = data_path("lab");
	_free_ char *module = NULL;
	char *argv[] = { program, NULL };
	struct job kernel = kernel_job();

	if (strpbrk(name, "./") || access(program, X_OK) < 0) {
		fprintf(stderr, "skep: there is no attack named %s; there are:\n", name);
		list_attacks(stderr);
		return 2;
	}
	if (jobs_run(&kernel, 1, 1))	/* for the module that fits it; it is built already */
		return 1;
	module = xasprintf("%s/lab/nosy.ko", kernel.result);
	setenv("SKEP_LAB_MODULE", module, 1);
	setenv("SKEP_LAB_DIR", lab, 1);
	enter_place(PLACE_LAB);
	return run(argv);
}

int verb_lab(int argc, char **argv)
{
	if (cli_wants_help(argc, argv))
		return cli_help("lab");
	if (argc == 2 && !strcmp(argv[1], "shell"))
		return lab_shell();
	if (argc > 2 && !strcmp(argv[1], "exec"))
		return lab_exec(argc - 2, argv + 2);
	if (argc == 2 && !strcmp(argv[1], "attack"))
		return list_attacks(stdout);
	if (argc == 3 && !strcmp(argv[1], "attack"))
		return lab_attack(argv[2]);
	return cli_wrong("lab", NULL);
}
