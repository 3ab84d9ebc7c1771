/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Reports of self-tests that are kept, and whether they are what was signed. */
#include <jansson.h>

#include "base/text.h"
#include "model/honeynet.h"

void selftest_hash(const struct text *t, char ret[65]);	/* SHA-256, hexadecimal */
/* selftest_rules() - that of the rules of @n: a report says of which it is */
void selftest_rules(const struct honeynet *n, char ret[65]);

/* selftest_newest() - the path of the newest in the state folder, yours; NULL: there is none */
char *selftest_newest(void);
/*
 * selftest_read() - what the report at @path says in the end, yours: it is whole, signed with @key (NULL: the one of the
 * state folder), and so are the packets that leaked. NULL and *@ret_why, lent for ever: it is not. Whatever is in it.
 */
json_t *selftest_read(const char *path, const char *key, const char **ret_why);
/* selftest_result() - "contained", "leaked", or "unproved": not everything was tried; lent for ever */
const char *selftest_result(const json_t *report);
/* selftest_verify() - says what selftest_read() finds; an exit code */
int selftest_verify(const char *path, const char *key);
