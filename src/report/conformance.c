/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conformance.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

static const struct { const char *id, *text; } rows[] = {
#define X(id, name, text) [REQ_##id] = { name, text },
	REQUIREMENTS(X)
#undef X
};

static const struct { const char *shown, *json; } words[] = {
	[MET_NOT_YET] = { "NOT YET", "not yet" }, [MET_PASS] = { "PASS", "pass" }, [MET_FAIL] = { "FAIL", "fail" },
};
_Static_assert(nitems(words) == METS, "a result without a word");

void met(struct conformance *c, enum requirement r, enum met how, const char *fmt, ...)
{
	struct standing *s = &c->of[r];
	_free_ char *what = NULL;
	va_list ap;

	va_start(ap, fmt);
	text_clear(&s->evidence);
	if (vasprintf(&what, fmt, ap) >= 0)
		text_safe(&s->evidence, what, strlen(what));
	va_end(ap);
	s->met = s->evidence.len ? how : MET_NOT_YET;	/* without evidence nothing is said */
}

static void put_json(const struct conformance *c, struct text *t)
{
	for (size_t i = 0; i < N_REQUIREMENTS; i++) {
		text_addf(t, "{\"requirement\":\"%s\",\"text\":\"%s\",\"result\":\"%s\",\"evidence\":", rows[i].id, rows[i].text,
			  words[c->of[i].met].json);
		text_json(t, text_str(&c->of[i].evidence), c->of[i].evidence.len);
		text_add(t, "}\n");
	}
}

void conformance_put(const struct conformance *c, bool json, struct text *t)
{
	unsigned n[METS] = { 0 };

	if (json) {
		put_json(c, t);
		return;
	}
	for (size_t i = 0; i < N_REQUIREMENTS; i++) {
		n[c->of[i].met]++;
		text_addf(t, "%s  %-7s  %s\n               %s\n", rows[i].id, words[c->of[i].met].shown, rows[i].text,
			  c->of[i].evidence.len ? text_str(&c->of[i].evidence) : "was not looked at");
	}
	text_addf(t, "%u PASS, %u FAIL, %u NOT YET\n", n[MET_PASS], n[MET_FAIL], n[MET_NOT_YET]);
}

bool conformance_failed(const struct conformance *c)
{
	for (size_t i = 0; i < N_REQUIREMENTS; i++)
		if (c->of[i].met == MET_FAIL)
			return true;
	return false;
}

void conformance_fini(struct conformance *c)
{
	for (size_t i = 0; i < N_REQUIREMENTS; i++)
		text_fini(&c->of[i].evidence);
}
