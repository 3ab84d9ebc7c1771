/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Standard output of the reading verbs. A reader that has seen enough (`| head`) is no error; a disk
 * that is full is one. Errors are remembered: ask out_gone() in loops, and out_end() at the end.
 */
#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

void out_begin(void);			/* from here on a closed pipe is an error code, not a signal */
void out_bytes(const void *p, size_t n);
void out_text(struct text *t);		/* writes and empties it */
void out_flush(void);
bool out_gone(void);			/* nothing more can be written */
int out_end(int code);			/* flushes; @code, or what the output makes of it */
int out_all(struct text *t, int code);	/* begin, @t, end */
bool out_colour(void);			/* a terminal, and NO_COLOR is not set */
