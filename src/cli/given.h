/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* The list of what was put on a honeypot's disk before its first start (roles/words.h): not an intruder's work. */
#include <stdbool.h>

#include <jansson.h>

struct given;

struct given *given_read(const char *disk);	/* of its layer; empty if there is no list; yours */
void given_free(struct given **g);
/* given_has() - whether a line of the reader (guest/reader.h) says no more than that */
bool given_has(const struct given *g, const json_t *line);

#define _given_ __attribute__((cleanup(given_free)))
