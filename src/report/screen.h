/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The screen: an intruder's terminal output made harmless for the terminal of whoever reads it.
 *
 *	struct screen s = { 0 };
 *	screen_feed(&s, bytes, n, &t);		as often as there are bytes
 *	screen_leave(&s, &t);			when it is over
 *
 * What comes out is UTF-8 and draws the same picture, but it can ask nothing, set nothing that
 * lasts and reach nothing beside the screen. It is for a terminal that takes UTF-8.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum {
	SCREEN_STRING_MAX = 4096,	/* characters an unfinished sequence may swallow */
	SCREEN_SEQUENCE_MAX = 96,	/* characters of a CSI sequence that still counts */
};

struct screen {
	uint32_t rune, lowest;		/* UTF-8 in progress, and what it must at least become */
	uint8_t more, tail_n, tail[4];	/* bytes still missing; bytes already here */
	uint8_t state;			/* what the next character is part of */
	uint8_t shifted;		/* 1: G1 is in use */
	uint8_t drawing[2];		/* G0 and G1 are the line drawing set */
	uint8_t designates;		/* in an ESC with intermediates: the first of them */
	uint16_t second;		/* the mode that switched to the second screen; 0: on the first */
	uint32_t rows, columns;		/* of the intruder's terminal; 0: unknown, or larger than the reader's */
	uint32_t swallowed;
	size_t n;
	char sequence[SCREEN_SEQUENCE_MAX + 1];
};

void screen_feed(struct screen *s, const char *at, size_t n, struct text *t);
/*
 * screen_size() - the intruder's terminal is now so large, and the reader's at least as large: what
 * scrolls does so in as many rows, and what is put at the bottom or at the right edge stands there
 */
void screen_size(struct screen *s, uint32_t rows, uint32_t columns, struct text *t);
/* screen_leave() - what puts a terminal back as it was found: colours, cursor, region, first screen */
void screen_leave(struct screen *s, struct text *t);
