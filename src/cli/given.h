/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* The list of what was put on a honeypot's disk before its first start (roles/words.h): not an intruder's work. */
#include <stdbool.h>

#include <jansson.h>

struct given;

struct given *given_read(const char *disk);	/* of its layer; empty if there is no list; yours */
void given_free(struct given **g);
/*
 * given_amend() - makes a line of the reader (guest/reader.h), what differs from the image, one of what differs from what
 * was given; false if nothing does
 */
bool given_amend(struct given *g, json_t *line);
/* given_removed() - a line for one more of the files that no line was about, though no image has them; yours; NULL at the end */
json_t *given_removed(struct given *g);

#define _given_ __attribute__((cleanup(given_free)))
