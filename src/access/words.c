/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "words.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/mem.h"

struct splitter {
	struct words *to;
	char quote;		/* that is open, 0 none */
	bool in_word;
	const char *why;	/* NULL: all is well */
};

static void put(struct splitter *s, char c)
{
	if (!s->in_word && s->to->n == WORDS_MAX)
		s->why = "too many words";
	if (s->why)
		return;
	if (!s->in_word)
		s->to->word[s->to->n++] = s->to->room + s->to->used;
	s->in_word = true;
	if (c)
		s->to->room[s->to->used++] = c;
}

static void end_word(struct splitter *s)
{
	if (s->in_word)
		s->to->room[s->to->used++] = '\0';
	s->in_word = false;
}

static void quoted(struct splitter *s, char c)
{
	if (c == s->quote)
		s->quote = 0;
	else if (s->quote == '"' && strchr("$`\\", c))
		s->why = "no shell reads this: $, ` and \\ have no meaning in \"...\"; use '...'";
	else
		put(s, c);
}

static void plain(struct splitter *s, char c)
{
	if (c == ' ')
		end_word(s);
	else if (c == '\'' || c == '"') {
		put(s, '\0');	/* "" is a word too */
		s->quote = c;
	} else if (strchr("$`\\;&|<>()*?[]{}~!", c))
		s->why = "no shell reads this: ; & | < > $ ` \\ ( ) * ? [ ] { } ~ ! have no meaning; "
			 "one skep verb a line, put such characters in '...'";
	else
		put(s, c);
}

int words_split(const char *line, size_t len, struct words *ret, const char **ret_why)
{
	struct splitter s = { .to = ret };

	ret->n = ret->used = 0;
	if (len >= WORDS_LINE)	/* the words with their NULs are never longer than the line and one */
		s.why = "too long";
	for (size_t i = 0; i < len && !s.why; i++) {
		unsigned char c = (unsigned char)line[i];

		if (c < 0x20 || c == 0x7f)
			s.why = "control characters, line feeds among them, are not taken";
		else if (s.quote)
			quoted(&s, line[i]);
		else
			plain(&s, line[i]);
	}
	if (!s.why && s.quote)
		s.why = "a quote is not closed";
	if (s.why) {
		*ret_why = s.why;
		return -EINVAL;
	}
	end_word(&s);
	ret->word[ret->n] = NULL;
	return 0;
}
