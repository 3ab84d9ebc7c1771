/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* The honeynet file: read once, every error at once with its place. honeynet.yaml(5) says what is in it. */
#include <stdbool.h>
#include <stddef.h>

#include "diag.h"
#include "model/honeynet.h"

/* config_load() - 0 and *@ret; or -EINVAL, or the errno of a file that cannot be read, with at least
 * one complaint in @d, sorted by place, and *@ret untouched */
int config_load(const char *path, struct honeynet *ret, struct diag *d);
/*
 * config_again() - as config_load(), of a honeynet that runs as @now: what cannot change while it does is a complaint,
 * too. @keep_store: its store was said elsewhere, and stays
 */
int config_again(const char *path, const struct honeynet *now, bool keep_store, struct honeynet *ret, struct diag *d);
/* config_read() - the same from memory; paths that are not absolute stay as they are */
int config_read(const char *text, size_t n, struct honeynet *ret, struct diag *d);
/* config_store() - another value of the key store, from the command line; the same errors */
int config_store(const char *value, struct honeynet *n, struct diag *d);
/* config_text() - a file, at most one byte more than MAX_FILE, so that too much is seen; 0 or -errno */
int config_text(const char *path, struct text *ret);
/* config_man() - words as roff takes them: no line begins with a control character */
void config_man(struct text *t, const char *s);
/* config_document() - the keys, one section a mapping, as man(7) source: part of honeynet.yaml(5) */
void config_document(struct text *ret);
