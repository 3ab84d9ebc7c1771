/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "glob.h"

/* set_end() - behind the bracket that closes the set at @p ("[...]"); NULL if none does */
static const char *set_end(const char *p)
{
	p++;
	p += *p == '!';
	p += *p == ']';		/* the first one stands for itself */
	while (*p && *p != ']')
		p++;
	return *p ? p + 1 : NULL;
}

static bool in_set(const char *p, const char *end, unsigned char c)
{
	bool not = p[1] == '!', found = false;

	for (p += 1 + not; p < end - 1; p++) {
		unsigned char low = (unsigned char)*p, high = low;

		if (p + 2 < end - 1 && p[1] == '-') {
			high = (unsigned char)p[2];
			p += 2;
		}
		found |= c >= low && c <= high;
	}
	return found != not;
}

/* step() - one byte against one element; behind that element, or NULL */
static const char *step(const char *p, unsigned char c)
{
	const char *end;

	if (*p == '?')
		return p + 1;
	if (*p == '[') {
		end = set_end(p);
		return end && in_set(p, end, c) ? end : NULL;
	}
	if (*p == '\\' && p[1])
		p++;
	return *p && (unsigned char)*p == c ? p + 1 : NULL;
}

/* Only the last star is ever tried again: what an earlier one could still take, it can take as well. */
bool glob_match(struct span s, const char *pattern)
{
	const char *p = pattern, *star = NULL;
	size_t at = 0, resume = 0;

	while (at < s.len) {
		const char *next;

		if (*p == '*') {
			star = ++p;
			resume = at;
			continue;
		}
		next = step(p, (unsigned char)s.at[at]);
		if (next) {
			p = next;
			at++;
		} else if (star) {
			p = star;
			at = ++resume;
		} else
			return false;
	}
	while (*p == '*')
		p++;
	return !*p;
}

bool glob_is_sound(const char *pattern)
{
	for (const char *p = pattern; *p;) {
		if (*p == '[' && !set_end(p))
			return false;
		if (*p == '\\' && !p[1])
			return false;
		p = *p == '[' ? set_end(p) : p + 1 + (*p == '\\');
	}
	return true;
}
