/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "diag.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void diag_fini(struct diag *d)
{
	for (size_t i = 0; i < d->n; i++)
		free(d->at[i].text);
	free(d->at);
	*d = (struct diag){ 0 };
}

void diag_add(struct diag *d, uint32_t line, uint32_t column, const char *fmt, ...)
{
	_text_ struct text safe = { 0 };
	char raw[1024];
	va_list ap;

	if (d->n == MAX_COMPLAINTS) {
		d->lost++;
		return;
	}
	va_start(ap, fmt);
	vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	text_safe(&safe, raw, strlen(raw));
	d->at = xrealloc(d->at, d->n + 1, sizeof(*d->at));
	d->at[d->n++] = (struct complaint){ line, column, xstrdup(text_str(&safe)) };
}

static bool comes_after(const struct complaint *a, const struct complaint *b)
{
	return a->line != b->line ? a->line > b->line : a->column > b->column;
}

void diag_sort(struct diag *d)	/* by insertion: stable, and there are few */
{
	for (size_t i = 1; i < d->n; i++) {
		struct complaint c = d->at[i];
		size_t k = i;

		for (; k > 0 && comes_after(&d->at[k - 1], &c); k--)
			d->at[k] = d->at[k - 1];
		d->at[k] = c;
	}
}

void diag_text(const struct diag *d, const char *path, struct text *ret)
{
	for (size_t i = 0; i < d->n; i++) {
		text_safe(ret, path, strlen(path));
		if (d->at[i].line)
			text_addf(ret, ":%u:%u", d->at[i].line, d->at[i].column);
		text_addf(ret, ": %s\n", d->at[i].text);
	}
	if (d->lost) {
		text_safe(ret, path, strlen(path));
		text_addf(ret, ": and %u more\n", d->lost);
	}
}

void diag_print(const struct diag *d, const char *path, FILE *to)
{
	_text_ struct text t = { 0 };

	diag_text(d, path, &t);
	fputs(text_str(&t), to);
}
