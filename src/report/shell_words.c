/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shell_words.h"

#include <stdbool.h>
#include <string.h>

static bool plain(const char *s, size_t n)
{
	static const char others[] = "_@%+=:,./-";

	for (size_t i = 0; i < n; i++) {
		char c = s[i];
		bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

		if (!word && (!c || !strchr(others, c)))
			return false;
	}
	return n > 0;
}

/* With a quote character: each ' ends the quotes, adds one and opens them again. */
static void quoted(struct text *t, const char *s, size_t n)
{
	text_addc(t, '\'');
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '\'')
			text_add(t, "'\\''");
		else
			text_addc(t, s[i]);
	}
	text_addc(t, '\'');
}

/* $'...', where text_safe()'s \xNN means the byte. */
static void escaped(struct text *t, const char *s, size_t n)
{
	text_add(t, "$'");
	for (size_t i = 0; i < n;) {
		size_t len = 0;

		while (i + len < n && s[i + len] != '\'' && s[i + len] != '\\')
			len++;
		text_safe(t, s + i, len);
		if (i + len < n) {
			text_addc(t, '\\');
			text_addc(t, s[i + len++]);
		}
		i += len;
	}
	text_addc(t, '\'');
}

static void word(struct text *t, const char *s, size_t n)
{
	_text_ struct text safe = { 0 };

	text_safe(&safe, s, n);
	if (plain(s, n))
		text_addn(t, s, n);
	else if (safe.len == n)
		quoted(t, s, n);
	else
		escaped(t, s, n);
}

void shell_words(struct span args, size_t max, struct text *t)
{
	size_t begin = t->len;

	for (size_t i = 0; i < args.len;) {
		size_t n = strnlen(args.at + i, args.len - i), room = begin + max - t->len;

		if (i)
			text_addc(t, ' ');
		if (n > room) {
			while (room && (args.at[i + room] & 0xc0) == 0x80)	/* not inside a character */
				room--;
			if (room)
				word(t, args.at + i, room);
			text_add(t, "...");
			return;
		}
		word(t, args.at + i, n);
		i += n + 1;
		if (t->len - begin >= max && i < args.len) {
			text_add(t, " ...");
			return;
		}
	}
}
