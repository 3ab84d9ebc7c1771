/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Rows that wait for their statement, in the form libmariadb sends many at once. */
#include <mysql.h>
#include <stdbool.h>

#include "driver.h"

enum {
	BATCH_ROWS = 2000,
	BATCH_BYTES = 4 * 1024 * 1024,	/* of all texts; the server's packets hold 16 MiB by default */
};

struct column {
	int64_t *number;		/* n */
	size_t *at;			/* t, b: into text */
	unsigned long *len;
	char **pointer;
	char *indicator;		/* of enum_indicator_type */
};

struct batch {
	const char *form;		/* as in struct statement */
	size_t rows;
	struct column column[CELLS];
	struct text text;
};

struct batch *batch_new(const char *form);
struct batch *batch_free(struct batch *b);
void batch_add(struct batch *b, const struct cell *c);	/* copies; there is room for BATCH_ROWS */
void batch_clear(struct batch *b);
bool batch_full(const struct batch *b);
/* batch_bind() - @ret for mysql_stmt_bind_param(), good until the batch changes. @many: all rows as
 * arrays; else the first one. */
void batch_bind(struct batch *b, bool many, MYSQL_BIND ret[CELLS]);
