/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mariadb.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct batch *batch_new(const char *form)
{
	struct batch *b = xcalloc(1, sizeof(*b));

	b->form = form;
	for (size_t i = 0; form[i]; i++) {
		struct column *c = &b->column[i];

		c->indicator = xcalloc(BATCH_ROWS, 1);
		if (form[i] == 'n') {
			c->number = xcalloc(BATCH_ROWS, sizeof(*c->number));
			continue;
		}
		c->at = xcalloc(BATCH_ROWS, sizeof(*c->at));
		c->len = xcalloc(BATCH_ROWS, sizeof(*c->len));
		c->pointer = xcalloc(BATCH_ROWS, sizeof(*c->pointer));
	}
	return b;
}

struct batch *batch_free(struct batch *b)
{
	for (size_t i = 0; b && i < CELLS; i++) {
		free(b->column[i].indicator);
		free(b->column[i].number);
		free(b->column[i].at);
		free(b->column[i].len);
		free(b->column[i].pointer);
	}
	if (b)
		text_fini(&b->text);
	free(b);
	return NULL;
}

void batch_add(struct batch *b, const struct cell *c)
{
	for (size_t i = 0; b->form[i]; i++) {
		struct column *to = &b->column[i];

		to->indicator[b->rows] = c[i].kind == CELL_NULL ? STMT_INDICATOR_NULL : STMT_INDICATOR_NONE;
		if (to->number) {
			to->number[b->rows] = c[i].number;
			continue;
		}
		to->at[b->rows] = b->text.len;
		if (c[i].kind == CELL_BYTES)
			text_addn(&b->text, c[i].s.at, c[i].s.len);
		else
			text_utf8(&b->text, c[i].s.at, c[i].s.len);
		to->len[b->rows] = b->text.len - to->at[b->rows];
	}
	b->rows++;
}

void batch_clear(struct batch *b)
{
	b->rows = 0;
	text_clear(&b->text);
}

bool batch_full(const struct batch *b)
{
	return b->rows == BATCH_ROWS || b->text.len > BATCH_BYTES;
}

static void bind_column(struct batch *b, size_t i, bool many, MYSQL_BIND *ret)
{
	static char empty[1];
	struct column *c = &b->column[i];

	if (many)
		ret->u.indicator = c->indicator;
	else if (c->indicator[0] == STMT_INDICATOR_NULL) {
		ret->buffer_type = MYSQL_TYPE_NULL;
		return;
	}
	if (c->number) {
		ret->buffer_type = MYSQL_TYPE_LONGLONG;
		ret->buffer = c->number;
		return;
	}
	for (size_t k = 0; k < b->rows; k++)
		c->pointer[k] = b->text.at ? b->text.at + c->at[k] : empty;
	/* Rows that are added: all is UTF-8, and as bytes the server does not look at each once more. */
	ret->buffer_type = b->form[i] == 'b' || many ? MYSQL_TYPE_BLOB : MYSQL_TYPE_STRING;
	ret->buffer = many ? (void *)c->pointer : c->pointer[0];
	ret->buffer_length = many ? 0 : c->len[0];
	ret->length = c->len;
}

void batch_bind(struct batch *b, bool many, MYSQL_BIND ret[CELLS])
{
	memset(ret, 0, sizeof(*ret) * CELLS);
	for (size_t i = 0; b->form[i]; i++)
		bind_column(b, i, many, &ret[i]);
}
