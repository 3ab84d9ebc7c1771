/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Rows in aligned columns. The cells are made safe here: they may hold what an intruder wrote.
 *
 *	_table_ struct table t = { .columns = 3, .right = BIT(0) };
 *	table_add(&t, "ID", 2);			columns times a row; the first row is the head
 *	table_put(&t, &out);
 */
#include <stdint.h>

#include "base/text.h"

enum {
	TABLE_COLUMNS = 16,
	TABLE_CELL = 40,	/* characters of a cell; longer ones end in "..." */
};

struct table {
	uint32_t columns;	/* up to TABLE_COLUMNS */
	uint32_t right;		/* bit set: aligned to the right */
	uint32_t whole;		/* bit set: its cells are not cut */
	size_t width[TABLE_COLUMNS];
	size_t n;		/* cells */
	struct text cells;	/* NUL after each */
};

void table_add(struct table *t, const char *s, size_t n);
void table_adds(struct table *t, const char *s);
void table_addu(struct table *t, uint64_t v);
size_t table_rows(const struct table *t);
void table_put(const struct table *t, struct text *out);
void table_fini(struct table *t);

#define _table_ __attribute__((cleanup(table_fini)))
