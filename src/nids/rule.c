/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rule.h"

#include <string.h>

enum { PRIORITY_DEFAULT = 3 };

static int blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\\';
}

static struct span trim(struct span s)
{
	for (; s.len && blank(*s.at); s.at++)
		s.len--;
	while (s.len && blank(s.at[s.len - 1]))
		s.len--;
	return s;
}

/* take() - up to @end, which is passed over; all that is left if it is not there */
static struct span take(struct span *s, char end)
{
	const char *at = s->len ? memchr(s->at, end, s->len) : NULL;
	struct span r = { s->at, at ? (size_t)(at - s->at) : s->len };
	size_t step = r.len + (at != NULL);

	s->at += step;
	s->len -= step;
	return r;
}

/* A line, or several: a backslash before its end goes on. */
static struct span whole_line(struct rule_reader *r)
{
	struct span line = { r->rest.at, 0 };

	do {
		struct span part = take(&r->rest, '\n');

		r->line++;
		line.len = (size_t)(part.at + part.len - line.at);
	} while (r->rest.len && line.len && line.at[line.len - 1] == '\\');
	return line;
}

static uint64_t to_number(struct span s)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s.len && s.at[i] >= '0' && s.at[i] <= '9' && n < UINT32_MAX; i++)
		n = n * 10 + (uint64_t)(s.at[i] - '0');
	return n;
}

/* option() - up to the semicolon; one that is meant has a backslash before it, in quotes too */
static struct span option(struct span *s)
{
	for (size_t i = 0; i < s->len; i++) {
		struct span r = { s->at, i };

		if (s->at[i] == '\\')
			i++;
		else if (s->at[i] == ';') {
			s->at += i + 1;
			s->len -= i + 1;
			return trim(r);
		}
	}
	*s = (struct span){ s->at + s->len, 0 };
	return *s;
}

static struct span unquoted(struct span s)
{
	if (s.len >= 2 && s.at[0] == '"' && s.at[s.len - 1] == '"')
		return (struct span){ s.at + 1, s.len - 2 };
	return s;
}

static void read_option(struct span name, struct span value, struct rule_head *h)
{
	if (span_is(name, "msg"))
		h->msg = unquoted(value);
	else if (span_is(name, "classtype"))
		h->class = value;
	else if (span_is(name, "sid"))
		h->sid = to_number(value);
	else if (span_is(name, "rev"))
		h->rev = (uint32_t)to_number(value);
	else if (span_is(name, "priority"))
		h->priority = (uint32_t)to_number(value);
	else if (span_is(name, "replace"))
		h->replaces = true;
}

static int read_rule(struct span s, struct rule_head *h)
{
	struct span rest = trim(s);

	if (!rest.len || *rest.at == '#')
		return 0;
	h->action = trim(take(&rest, ' '));
	take(&rest, '(');
	while (rest.len) {
		struct span value = option(&rest), name = take(&value, ':');

		read_option(trim(name), trim(value), h);
	}
	return h->sid != 0;
}

int rule_next(struct rule_reader *r, struct rule_head *ret)
{
	while (r->rest.len) {
		struct rule_head h = { 0 };
		struct span line = whole_line(r);

		h.line = r->line;
		if (read_rule(line, &h)) {
			*ret = h;
			return 1;
		}
	}
	return 0;
}

bool rule_prevents(const struct rule_head *h)
{
	return span_is(h->action, "drop") || (span_is(h->action, "alert") && h->replaces);
}

uint32_t class_priority(struct span classes, struct span name)
{
	static const char head[] = "config classification:";

	while (classes.len) {
		struct span line = trim(take(&classes, '\n')), class;

		if (line.len < sizeof(head) || memcmp(line.at, head, sizeof(head) - 1))
			continue;
		line.at += sizeof(head) - 1;
		line.len -= sizeof(head) - 1;
		class = trim(take(&line, ','));
		take(&line, ',');		/* in words */
		if (class.len != name.len || memcmp(class.at, name.at, name.len))
			continue;
		return (uint32_t)to_number(trim(line));
	}
	return PRIORITY_DEFAULT;
}
