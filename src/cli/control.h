/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* The verbs' way to the running skep: its control socket. */
#include <jansson.h>

#include "base/text.h"
#include "run/role.h"

/* control_open() - connected, or -ENOENT: skep does not run; prints nothing */
int control_open(void);
/* control_must() - the same, but says what to do and exits 1 */
int control_must(void);
/*
 * control_ask() - send, and wait up to @wait_ms for the answer: 1 its body is appended to @body (may
 * be NULL) and its descriptor is *@ret_fd (may be NULL); 0 the other side closed; -errno
 */
int control_ask(int fd, uint16_t type, const struct text *say, int wait_ms, struct text *body, int *ret_fd);

/* control_give() - likewise, with a descriptor (lent) */
int control_give(int fd, uint16_t type, const struct text *say, int given, int wait_ms, struct text *body);

/* control_status() - how everything is, as JSON: 0 and *@ret, yours; or -errno. As text in @raw, too (may be NULL) */
int control_status(int fd, struct text *raw, json_t **ret);
/* control_place() - a descriptor of that network namespace, or -errno */
int control_place(int fd, enum net_place place);
const char *control_word(const json_t *o, const char *key);	/* a word of it; "" if there is none. Lent */
