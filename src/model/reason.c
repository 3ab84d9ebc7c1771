/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reason.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "honeynet.h"

static const struct { const char *name, *doc; } reasons[] = {
#define X(id, name, doc) [REASON_##id] = { name, doc },
	REASONS(X)
#undef X
};

_Static_assert(nitems(reasons) == N_REASONS, "a reason without a name");

const char *reason_name(enum reason r)
{
	return reasons[r].name;
}

const char *reason_doc(enum reason r)
{
	return reasons[r].doc;
}

/* begins() - whether @s begins with @what, and if so @s without it */
static bool begins(struct span *s, const char *what)
{
	size_t n = strlen(what);

	if (s->len < n || memcmp(s->at, what, n))
		return false;
	*s = (struct span){ s->at + n, s->len - n };
	return true;
}

static bool rule_number(struct span s)
{
	uint32_t v = 0;

	if (!begins(&s, "rule ") || !s.len || s.len > 4 || (s.len > 1 && s.at[0] == '0'))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] < '0' || s.at[i] > '9')
			return false;
		v = v * 10 + (uint32_t)(s.at[i] - '0');
	}
	return v < MAX_RULES;
}

/* begins_verdict() - and if so, which */
static const char *begins_verdict(struct span *s)
{
	static const char *const verdicts[] = { "accept", "drop", "continue" };

	for (size_t i = 0; i < nitems(verdicts); i++) {
		struct span rest = *s;

		if (begins(&rest, verdicts[i]) && begins(&rest, ":")) {
			*s = rest;
			return verdicts[i];
		}
	}
	return NULL;
}

int reason_parse(const char *prefix, size_t n, const char **ret_verdict, struct span *ret_reason)
{
	struct span s = { prefix, n };
	const char *verdict;
	bool known = false;

	s.len -= s.len && s.at[s.len - 1] == '\0';
	s.len -= s.len && s.at[s.len - 1] == ' ';
	if (!begins(&s, "skep:"))
		return -EINVAL;
	verdict = begins_verdict(&s);
	if (!verdict)
		return -EINVAL;
	for (size_t i = 0; i < nitems(reasons); i++)
		known |= span_is(s, reasons[i].name);
	if (!known && !rule_number(s))
		return -EINVAL;
	*ret_verdict = verdict;
	*ret_reason = s;
	return 0;
}
