/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* The files of a journal folder, oldest first; what has no name of ours is no file of ours. */
#include <stdbool.h>
#include <stddef.h>

#include "journal.h"

struct journal_files {
	char (*name)[32];
	size_t n;
};

int journal_files(int dirfd, const char *from, struct journal_files *ret);	/* @from NULL or "": all */
void journal_files_fini(struct journal_files *f);

/* journal_scan_file() - journal_scan() in one of them; @newest: a last line without line feed is none */
int journal_scan_file(int dirfd, const char *name, bool newest, journal_fn *fn, void *arg);
