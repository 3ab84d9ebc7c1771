/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Complaints about a file, each at its place. Collected, sorted, printed all at once. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/text.h"

enum { MAX_COMPLAINTS = 200 };	/* what a hostile file can make us keep */

struct complaint {
	uint32_t line, column;	/* from 1; line 0: about the file as a whole */
	char *text;		/* one line, safe for a terminal */
};

struct diag {
	size_t n;
	uint32_t lost;		/* complaints beyond MAX_COMPLAINTS */
	struct complaint *at;
};

void diag_fini(struct diag *d);
/* diag_add() - what is quoted in the message may be hostile: it is made safe here */
void diag_add(struct diag *d, uint32_t line, uint32_t column, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void diag_sort(struct diag *d);		/* by place; what came first stays first */
/* diag_text() - "PATH:LINE:COLUMN: TEXT" a line; diag_print() - the same to @to */
void diag_text(const struct diag *d, const char *path, struct text *ret);
void diag_print(const struct diag *d, const char *path, FILE *to);

#define _diag_ __attribute__((cleanup(diag_fini)))
