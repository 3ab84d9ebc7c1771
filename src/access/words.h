/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * A command line taken apart without a shell: words between blanks, '...' and "..." hold what they
 * hold. Nothing is ever expanded; what a shell would give a meaning to is refused outside quotes,
 * so that nobody believes it had one.
 */
#include <stddef.h>

enum { WORDS_LINE = 4096, WORDS_MAX = 64 };

struct words {
	size_t n;
	char *word[WORDS_MAX + 2];	/* into room; NULL after the last; one is spare */
	char room[WORDS_LINE];		/* the words, a NUL after each, nothing between them */
	size_t used;			/* bytes of room */
};

/* words_split() - 0, or -EINVAL and *@ret_why: what is wrong with it, for the one who typed it */
int words_split(const char *line, size_t len, struct words *ret, const char **ret_why);
