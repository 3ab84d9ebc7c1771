/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* A verb's options, as a table. --help is in every one of them. */
#include <stdbool.h>

struct cli_option {
	const char *name;	/* NULL ends the table */
	char letter;		/* its short form; 0 none */
	/* One of these: without a word, what becomes true; with one, where it goes, or who reads it. */
	bool *flag;
	const char **word;
	int (*read)(const char *verb, const char *word, void *into);	/* CLI_OK, or cli_wrong() */
	void *into;
};

/*
 * cli_options() - -1: they are read, and *@argv are the @argc other words; else what to exit with.
 * @options may be NULL: none but --help.
 */
int cli_options(int *argc, char ***argv, const char *verb, const struct cli_option *options);

/* Readers of more than one verb. */
int cli_read_time(const char *verb, const char *word, void *into);	/* uint64_t, microseconds */
int cli_read_session(const char *verb, const char *word, void *into);	/* uint64_t, its number */
