/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * What has to be known of an image to make it a past: records one after another in one text, which whoever knows the
 * image writes (cli/content.c). PATH is the rest of its line; a text follows its line, LEN bytes and a line's end.
 *
 *	package NAME ARCHITECTURE VERSION RELEASED	installed; when it was published, seconds UTC
 *	path SIZE PATH					made with the image; SIZE is - for a folder
 *	text LEN PATH					a file of it
 *	file MODE USER GROUP LEN PATH			a file of a weakness
 *	account NAME GROUP HASH WORDS			an account of a weakness; made if it is not there
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

struct fact_package {
	char name[80], arch[12], version[80];
	int64_t released_s;	/* 0 unknown */
};

struct fact_path {
	const char *path;
	uint64_t size;
	bool folder;
};

struct fact_text {
	const char *path;
	struct span text;
};

struct fact_file {
	const char *path;
	uint32_t mode;
	char user[33], group[33];
	struct span text;
};

struct fact_account {
	char name[33], group[33], hash[130], words[80];
};

struct facts {
	char *line;		/* the records, each line and path ended by a NUL */
	struct fact_package *package;
	struct fact_path *path;
	struct fact_text *text;
	struct fact_file *file;
	struct fact_account *account;
	size_t n_packages, n_paths, n_texts, n_files, n_accounts;
};

/* facts_read() - 0, or -EBADMSG and nothing */
int facts_read(struct span records, struct facts *ret);
void facts_fini(struct facts *f);
const struct fact_package *facts_package(const struct facts *f, const char *name);	/* NULL: not installed */
struct span facts_text(const struct facts *f, const char *path);			/* empty: unknown */
/* facts_line() - the line of the table @path, as /etc/passwd is one, that begins with "NAME:"; empty if none does */
struct span facts_line(const struct facts *f, const char *path, const char *name);
/* facts_field() - of such a line, counted from 0 */
struct span facts_field(struct span line, unsigned n);
uint32_t facts_number(struct span s);		/* decimal; 0 if it is none */
bool facts_next(struct span *left, struct span *ret_line);	/* takes a line of it, without its end; false: there is none */

#define _facts_ __attribute__((cleanup(facts_fini)))
