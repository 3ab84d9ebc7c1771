/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Files of objectives; objectives.yaml(5) says what is in them. */
#include "diag.h"
#include "model/objective.h"

/* objectives_load() - adds those of a file behind those that are there. 0; or -EINVAL, or the errno of a
 * file that cannot be read, with at least one complaint in @d, sorted by place, and *@o as it was */
int objectives_load(const char *path, struct objectives *o, struct diag *d);
/* objectives_read() - the same from memory */
int objectives_read(const char *text, size_t n, struct objectives *o, struct diag *d);
/* objectives_document() - kinds and subjects as man(7) source: part of objectives.yaml(5) */
void objectives_document(struct text *ret);
