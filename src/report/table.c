/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "table.h"

#include <stdio.h>
#include <string.h>

/* Characters, not bytes; the text is UTF-8, text_safe() saw to it. */
static size_t width_of(const char *s)
{
	size_t w = 0;

	for (; *s; s++)
		w += (*s & 0xc0) != 0x80;
	return w;
}

/* Cuts to @max characters. */
static void cut(struct text *t, size_t max)
{
	size_t w = 0;

	for (size_t i = 0; i < t->len; i++) {
		if ((t->at[i] & 0xc0) != 0x80 && w++ == max) {
			t->len = i;
			t->at[i] = '\0';
			return;
		}
	}
}

void table_add(struct table *t, const char *s, size_t n)
{
	_text_ struct text cell = { 0 };
	size_t column = t->n++ % t->columns, w;

	text_safe(&cell, s, n);
	if (!(t->whole >> column & 1) && width_of(text_str(&cell)) > TABLE_CELL) {
		cut(&cell, TABLE_CELL - 3);
		text_add(&cell, "...");
	}
	w = width_of(text_str(&cell));
	if (w > t->width[column])
		t->width[column] = w;
	text_addn(&t->cells, text_str(&cell), cell.len + 1);
}

void table_adds(struct table *t, const char *s)
{
	table_add(t, s, strlen(s));
}

void table_addu(struct table *t, uint64_t v)
{
	char s[24];

	table_add(t, s, (size_t)snprintf(s, sizeof(s), "%llu", (unsigned long long)v));
}

size_t table_rows(const struct table *t)
{
	return t->n / t->columns;
}

static void fill(struct text *t, size_t n)
{
	while (n--)
		text_addc(t, ' ');
}

void table_put(const struct table *t, struct text *out)
{
	const char *s = text_str(&t->cells);

	for (size_t i = 0; i < t->n; i++, s += strlen(s) + 1) {
		size_t column = i % t->columns, room = t->width[column] - width_of(s);
		int right = t->right >> column & 1;

		if (right)
			fill(out, room);
		text_add(out, s);
		if (column + 1 == t->columns)
			text_addc(out, '\n');
		else
			fill(out, (right ? 0 : room) + 2);
	}
}

void table_fini(struct table *t)
{
	text_fini(&t->cells);
}
