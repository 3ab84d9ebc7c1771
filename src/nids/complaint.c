/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "complaint.h"

#include <string.h>

static struct span next_line(struct span *rest)
{
	const char *end = rest->len ? memchr(rest->at, '\n', rest->len) : NULL;
	struct span line = { rest->at, end ? (size_t)(end - rest->at) : rest->len };
	size_t step = line.len + (end != NULL);

	rest->at += step;
	rest->len -= step;
	return line;
}

static int skip(struct span *s, const char *head)
{
	size_t n = strlen(head);

	if (s->len < n || memcmp(s->at, head, n))
		return 0;
	s->at += n;
	s->len -= n;
	return 1;
}

/* Where @what stands last in @s; NULL nowhere. */
static const char *find_last(struct span s, const char *what)
{
	size_t n = strlen(what);

	for (size_t i = s.len; i >= n; i--)
		if (!memcmp(s.at + i - n, what, n))
			return s.at + i - n;
	return NULL;
}

static unsigned to_number(const char *s, const char *end)
{
	unsigned n = 0;

	for (; s < end && *s >= '0' && *s <= '9' && n < 100000000; s++)
		n = n * 10 + (unsigned)(*s - '0');
	return n;
}

/* The place in "... from file FILE at line N"; the rule before it may say anything, so from behind. */
static int read_place(struct span s, struct nids_complaint *ret)
{
	static const char from[] = " from file ", at[] = " at line ";
	const char *line = find_last(s, at), *file;

	if (!line)
		return 0;
	file = find_last((struct span){ s.at, (size_t)(line - s.at) }, from);
	if (!file)
		return 0;
	file += sizeof(from) - 1;
	ret->file = (struct span){ file, (size_t)(line - file) };
	ret->line = to_number(line + sizeof(at) - 1, s.at + s.len);
	return 1;
}

/* Without "detect-parse: ", the part of Suricata that speaks. */
static struct span without_speaker(struct span s)
{
	size_t n = 0;

	while (n < s.len && ((s.at[n] >= 'a' && s.at[n] <= 'z') || s.at[n] == '-'))
		n++;
	if (n && n + 1 < s.len && s.at[n] == ':' && s.at[n + 1] == ' ')
		return (struct span){ s.at + n + 2, s.len - n - 2 };
	return s;
}

int nids_complaint_next(struct span *rest, struct nids_complaint *ret)
{
	struct nids_complaint c = { 0 };

	while (rest->len) {
		struct span line = next_line(rest), place = line;

		if (skip(&place, "E: detect: error parsing signature ")) {
			if (!read_place(place, &c) && !c.text.len)
				c.text = place;
			*ret = c;
			return 1;
		}
		if (skip(&line, "W: detect: No rule files match the pattern ")) {
			*ret = (struct nids_complaint){ .file = line, .text = span_of("no such file") };
			return 1;
		}
		if (skip(&line, "E: suricata: "))	/* "Loading signatures failed": was said already */
			continue;
		if (!skip(&line, "E: "))
			continue;
		if (c.text.len) {			/* the one before was about no rule */
			struct span again = line;

			rest->len += (size_t)(rest->at - (again.at - 3));
			rest->at = again.at - 3;
			*ret = c;
			return 1;
		}
		c.text = without_speaker(line);
	}
	if (!c.text.len)
		return 0;
	*ret = c;
	return 1;
}
