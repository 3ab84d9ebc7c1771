/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A log of the past. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "past.h"

static struct line *add_line(struct lines *l, int64_t at_us)
{
	if (!(l->n & (l->n - 1)))
		l->line = xrealloc(l->line, l->n ? l->n * 2 : 1, sizeof(*l->line));
	l->line[l->n] = (struct line){ .at_us = at_us, .order = l->n, .from = l->text.len };
	return &l->line[l->n++];
}

static void __attribute__((format(printf, 2, 0))) add_words(struct lines *l, const char *form, va_list args)
{
	char s[1024];

	vsnprintf(s, sizeof(s), form, args);
	text_add(&l->text, s);
	text_addc(&l->text, '\n');
}

void lines_plain(struct lines *l, int64_t at_us, const char *form, ...)
{
	struct line *line = add_line(l, at_us);
	va_list args;

	va_start(args, form);
	add_words(l, form, args);
	va_end(args);
	line->len = l->text.len - line->from;
}

/* The same in each log that has the line. What is said in one second is said a little later each time. */
static int64_t moment_of(struct past *p, const struct lines *l, const char *tag, int64_t at_s)
{
	struct dice d = dice_for(p->of->seed, tag, (uint64_t)at_s);
	int64_t at = at_s * 1000000 + dice_within(&d, 2000, 400000);
	int64_t last = l->n ? l->line[l->n - 1].at_us : 0;

	return last / 1000000 == at_s && last >= at ? last + dice_within(&d, 150, 9000) : at;
}

void lines_say(struct past *p, struct lines *l, int64_t at_s, const char *tag, const char *form, ...)
{
	int64_t at_us = moment_of(p, l, tag, at_s);
	struct line *line = add_line(l, at_us);
	va_list args;

	past_stamp(&l->text, "%Y-%m-%dT%H:%M:%S", at_us / 1000000);
	text_addf(&l->text, ".%06lld+00:00 %s %s: ", (long long)(at_us % 1000000), p->host, tag);
	va_start(args, form);
	add_words(l, form, args);
	va_end(args);
	line->len = l->text.len - line->from;
}

static int by_time(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	if (x->at_us != y->at_us)
		return x->at_us < y->at_us ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

/* put_part() - its lines from @from_s until before @to_s */
static void put_part(struct past *p, const struct lines *l, const char *path, struct put_as as, int64_t from_s, int64_t to_s)
{
	_text_ struct text t = { 0 };

	as.at_s = from_s;
	for (size_t i = 0; i < l->n; i++) {
		if (l->line[i].at_us < from_s * 1000000 || l->line[i].at_us >= to_s * 1000000)
			continue;
		text_addn(&t, l->text.at + l->line[i].from, l->line[i].len);
		as.at_s = l->line[i].at_us / 1000000;
	}
	past_file(p, path, as, &t);
}

static void sort(struct lines *l)
{
	if (l->n)
		qsort(l->line, l->n, sizeof(*l->line), by_time);
}

static void forget(struct lines *l)
{
	text_fini(&l->text);
	free(l->line);
	*l = (struct lines){ 0 };
}

void lines_put(struct past *p, struct lines *l, const char *path, struct put_as as)
{
	_free_ char *older = xasprintf("%s.1", path);

	sort(l);
	put_part(p, l, older, as, p->log_s, p->rotated_s);
	put_part(p, l, path, as, p->rotated_s, p->end_s + 1);
	forget(l);
}

void lines_put_whole(struct past *p, struct lines *l, const char *path, struct put_as as)
{
	sort(l);
	put_part(p, l, path, as, p->log_s, p->end_s + 1);
	forget(l);
}
