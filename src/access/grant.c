/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "grant.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

enum { WORD_MAX = 128 };

enum allowed { NO, FLAG, WITH_VALUE };

static enum allowed option(const char *form, const char *s, size_t n)
{
	while (*form) {
		size_t len = strcspn(form, " ");

		if (len == n && !memcmp(form, s, n))
			return FLAG;
		if (len == n + 1 && form[n] == '=' && !memcmp(form, s, n))
			return WITH_VALUE;
		form += len + (form[len] == ' ');
	}
	return NO;
}

static size_t operands(const char *form)
{
	size_t count = 0;

	while (*form) {
		size_t len = strcspn(form, " ");

		count += len && *form != '-';
		form += len + (form[len] == ' ');
	}
	return count;
}

static int no(struct text *why, const char *what, const char *word)
{
	text_safe(why, word, strnlen(word, WORD_MAX));
	text_addf(why, ": %s", what);
	return -EACCES;
}

/* "pts/0", as honeypots name theirs. */
static bool is_terminal(const char *s)
{
	return !strncmp(s, "pts/", 4) && s[4] && !s[4 + strspn(s + 4, "0123456789")];
}

/* A value or an operand: what is left when options are taken away. */
static bool tame(const char *s)
{
	return *s && *s != '-' && strlen(s) <= WORD_MAX && (!strchr(s, '/') || is_terminal(s));
}

static int check_option(const char *form, char *const **word, struct text *why)
{
	const char *s = **word, *value = strncmp(s, "--", 2) ? NULL : strchr(s, '=');
	enum allowed a = option(form, s, value ? (size_t)(value - s) : strlen(s));

	if (!strcmp(s, "--help"))
		return 0;
	if (a == NO || (a == FLAG && value))
		return no(why, "an observer may not say that here (options are written out, one a word)", s);
	if (a == FLAG)
		return 0;
	value = value ? value + 1 : *++*word;
	if (!value)
		return no(why, "a value is missing", s);
	return tame(value) ? 0 : no(why, "an observer names no files", value);
}

int grant_check(const char *form, char *const *word, struct text *why)
{
	size_t left = operands(form);

	for (; *word; word++) {
		if (**word == '-') {
			int r = check_option(form, &word, why);

			if (r)
				return r;
		} else if (!tame(*word))
			return no(why, "an observer names no files", *word);
		else if (!left--)
			return no(why, "an observer may not say that here", *word);
	}
	return 0;
}
