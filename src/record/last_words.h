/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * What each honeypot told last, by its place in the journal. When one escapes, these lines are kept in a file of their
 * own, with their seals, for whoever looks at it first.
 */
#include <stddef.h>
#include <stdint.h>

#include "model/place.h"

enum { LAST_WORDS = 1000 };

struct last_words;

struct last_words *last_words_new(void);
struct last_words *last_words_free(struct last_words *w);	/* takes it; returns NULL */

/* last_words_note() - @honeypot told another one; it is forgotten LAST_WORDS later */
void last_words_note(struct last_words *w, uint32_t honeypot, const struct place *at);
void last_words_forget(struct last_words *w, uint32_t honeypot);	/* another one gets its place */

/*
 * last_words_keep() - file @name in @folder, with those of @honeypot that are in the @journal by now, the oldest
 * first. How many, or -errno: then there is no such file, or it was there before (-EEXIST). Folders are lent.
 */
int last_words_keep(const struct last_words *w, uint32_t honeypot, int journal, int folder, const char *name);
