/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two stages over single bytes, so that it does not matter where a chunk ends:
 *
 *   bytes -> characters: UTF-8 by RFC 3629. What is none becomes U+FFFD; but a lone byte of 0x80
 *   to 0x9f is a C1 control as an 8-bit terminal knows it, the same as its encoding in two bytes.
 *
 *   characters -> output: the state machine that terminals have in common (DEC's, as xterm and VTE
 *   read it). Nothing is passed through: an allowed sequence is written anew from its numbers, and
 *   what is in no table below is not written at all.
 *
 * Character sets are not passed on but played: line drawing comes out as the Unicode characters, so
 * no shift can outlive the intruder. Strings (titles, clipboard, graphics, macros) are swallowed to
 * their end, to the next escape, or to SCREEN_STRING_MAX, whichever is first. Not kept, because they
 * change the keyboard or the window and not the picture: application keys, bracketed paste, mouse,
 * resizing, tab stops. Erasing the scrollback is not kept either: it is the reader's.
 */
#include "screen.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum state { GROUND, ESCAPE, ESCAPE_MORE, CSI, STRING, STRING_ESCAPE };

enum {
	NUMBERS = 32,		/* of one sequence */
	NUMBER_MAX = 999,	/* larger ones are this: no terminal is, and repeating costs time */
	REPLACEMENT = 0xfffd,
	CAN = 0x18, SUB = 0x1a, ESC = 0x1b,
};

struct numbers {
	uint32_t v[NUMBERS];
	char before[NUMBERS];	/* ';' or ':' in front of it */
	bool given[NUMBERS];
	size_t n;
};

static void put_rune(struct text *t, uint32_t c)
{
	static const struct { uint32_t below; uint8_t lead, more; } rows[] = {
		{ 0x80, 0, 0 }, { 0x800, 0xc0, 1 }, { 0x10000, 0xe0, 2 }, { 0x110000, 0xf0, 3 },
	};
	size_t i = 0;
	char b[4];

	while (c >= rows[i].below)
		i++;
	b[0] = (char)(rows[i].lead | c >> 6 * rows[i].more);
	for (uint8_t k = 1; k <= rows[i].more; k++)
		b[k] = (char)(0x80 | (c >> 6 * (rows[i].more - k) & 63));
	text_addn(t, b, (size_t)rows[i].more + 1);
}

/* Of 0x5f to 0x7e in the line drawing set of the VT100. */
static const uint16_t drawing[] = {
	0x00a0, 0x25c6, 0x2592, 0x2409, 0x240c, 0x240d, 0x240a, 0x00b0, 0x00b1, 0x2424, 0x240b,
	0x2518, 0x2510, 0x250c, 0x2514, 0x253c, 0x23ba, 0x23bb, 0x2500, 0x23bc, 0x23bd, 0x251c,
	0x2524, 0x2534, 0x252c, 0x2502, 0x2264, 0x2265, 0x03c0, 0x2260, 0x00a3, 0x00b7,
};

static void shown(struct screen *s, uint32_t c, struct text *t)
{
	bool turns = (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);	/* bidi overrides */

	if (s->drawing[s->shifted] && c >= 0x5f && c <= 0x7e)
		c = drawing[c - 0x5f];
	put_rune(t, turns ? REPLACEMENT : c);
}

/* Controls below 0x20; a terminal obeys them even inside a CSI sequence. */
static void control(struct screen *s, uint32_t c, struct text *t)
{
	switch (c) {
	case '\r': case '\n': case '\t': case '\b':
		text_addc(t, (char)c);
		break;
	case '\v': case '\f':
		text_addc(t, '\n');
		break;
	case 0x0e: case 0x0f:		/* SO, SI */
		s->shifted = c == 0x0e;
		break;
	}
}

/* --- CSI -------------------------------------------------------------------------------------- */

/* False if there is anything but numbers in it. */
static bool read_numbers(const char *p, const char *end, struct numbers *ret)
{
	struct numbers n = { .n = 1, .before = { ';' } };

	for (; p < end; p++) {
		if (*p == ';' || *p == ':') {
			if (n.n == NUMBERS)
				return false;
			n.before[n.n++] = *p;
		} else if (*p >= '0' && *p <= '9') {
			uint32_t *v = &n.v[n.n - 1];

			*v = *v * 10 + (uint32_t)(*p - '0');
			*v = *v < NUMBER_MAX ? *v : NUMBER_MAX;
			n.given[n.n - 1] = true;
		} else
			return false;
	}
	*ret = n;
	return true;
}

static void put_csi(struct text *t, const struct numbers *n, char final)
{
	text_add(t, "\x1b[");
	for (size_t i = 0; i < n->n; i++) {
		if (i)
			text_addc(t, n->before[i]);
		if (n->given[i])
			text_addf(t, "%u", n->v[i]);
	}
	text_addc(t, final);
}

/* What may pass, with how many numbers at most, and up to which value. */
static const struct rule { char final; uint8_t numbers; uint16_t max; } rules[] = {
	{ 'm', NUMBERS, NUMBER_MAX },						/* colours */
	{ 'A', 1, NUMBER_MAX }, { 'B', 1, NUMBER_MAX }, { 'C', 1, NUMBER_MAX },	/* cursor */
	{ 'D', 1, NUMBER_MAX }, { 'E', 1, NUMBER_MAX }, { 'F', 1, NUMBER_MAX },
	{ 'G', 1, NUMBER_MAX }, { 'H', 2, NUMBER_MAX }, { 'f', 2, NUMBER_MAX },
	{ 'd', 1, NUMBER_MAX }, { 'e', 1, NUMBER_MAX }, { 'a', 1, NUMBER_MAX },
	{ '`', 1, NUMBER_MAX }, { 'I', 1, NUMBER_MAX }, { 'Z', 1, NUMBER_MAX },
	{ 's', 0, 0 }, { 'u', 0, 0 },
	{ 'J', 1, 2 }, { 'K', 1, 2 }, { 'X', 1, NUMBER_MAX },			/* erase; 3J: scrollback */
	{ 'L', 1, NUMBER_MAX }, { 'M', 1, NUMBER_MAX }, { 'P', 1, NUMBER_MAX },	/* insert, delete */
	{ '@', 1, NUMBER_MAX }, { 'b', 1, NUMBER_MAX },
	{ 'S', 1, NUMBER_MAX }, { 'T', 1, NUMBER_MAX }, { 'r', 2, NUMBER_MAX },	/* scroll */
};

static void region(const struct screen *s, struct text *t)
{
	if (s->rows)
		text_addf(t, "\x1b[1;%ur", s->rows);
	else
		text_add(t, "\x1b[r");
}

static void at_most(struct numbers *n, size_t i, uint32_t max)
{
	if (max && i < n->n && n->v[i] > max)
		n->v[i] = max;
}

/* Places, as far as the intruder's terminal has them. */
static void fit(const struct screen *s, struct numbers *n, char final)
{
	switch (final) {
	case 'H': case 'f':
		at_most(n, 0, s->rows);
		at_most(n, 1, s->columns);
		break;
	case 'd':
		at_most(n, 0, s->rows);
		break;
	case 'G': case '`':
		at_most(n, 0, s->columns);
		break;
	case 'r':
		if (s->rows && n->n < 3 && (n->n < 2 || !n->v[1] || n->v[1] > s->rows)) {
			n->v[1] = s->rows;
			n->before[1] = ';';
			n->given[1] = true;
			n->n = 2;
		}
		break;
	}
}

static void plain_csi(const struct numbers *n, char final, struct text *t)
{
	bool none = n->n == 1 && !n->given[0];

	for (size_t i = 0; i < nitems(rules); i++) {
		if (rules[i].final != final)
			continue;
		if (!none && n->n > rules[i].numbers)
			return;
		for (size_t k = 0; k < n->n; k++)
			if (n->v[k] > rules[i].max || (n->before[k] == ':' && final != 'm'))
				return;
		put_csi(t, n, final);
		return;
	}
}

/* Modes, switched one by one: in a list each stands for itself. */
static void modes(struct screen *s, const struct numbers *n, char final, struct text *t)
{
	static const struct { bool private; uint16_t number; bool second; } ours[] = {
		{ false, 4, false },							/* insert */
		{ true, 7, false }, { true, 25, false }, { true, 1048, false },	/* wrap, cursor */
		{ true, 47, true }, { true, 1047, true }, { true, 1049, true },	/* second screen */
	};
	bool private = s->sequence[0] == '?';

	for (size_t i = 0; i < n->n; i++)
		for (size_t k = 0; k < nitems(ours); k++) {
			if (ours[k].private != private || ours[k].number != n->v[i])
				continue;
			text_addf(t, "\x1b[%s%u%c", private ? "?" : "", n->v[i], final);
			if (ours[k].second)
				s->second = final == 'h' ? ours[k].number : 0;
		}
}

/* Modes are names, not amounts: nothing is cut to NUMBER_MAX here. */
static bool read_modes(const char *p, const char *end, struct numbers *ret)
{
	struct numbers n = { .n = 1, .before = { ';' } };

	for (; p < end; p++) {
		if (*p == ';' && n.n < NUMBERS)
			n.n++;
		else if (*p >= '0' && *p <= '9' && n.v[n.n - 1] < 100000)
			n.v[n.n - 1] = n.v[n.n - 1] * 10 + (uint32_t)(*p - '0');
		else
			return false;
	}
	*ret = n;
	return true;
}

static void csi_end(struct screen *s, char final, struct text *t)
{
	const char *p = s->sequence, *end = p + s->n;
	struct numbers n;

	if (s->n > SCREEN_SEQUENCE_MAX)
		return;
	if (final == 'h' || final == 'l') {
		if (s->n && read_modes(p + (*p == '?'), end, &n))
			modes(s, &n, final, t);
	} else if (read_numbers(p, end, &n)) {
		fit(s, &n, final);
		plain_csi(&n, final, t);
	}
}

/* --- the machine ------------------------------------------------------------------------------ */

static void enter(struct screen *s, enum state to)
{
	s->state = to;
	s->swallowed = 0;
	s->n = 0;
}

/* ESC and one character, or the C1 control that means the same. */
static void escape(struct screen *s, uint32_t c, struct text *t)
{
	enter(s, GROUND);
	switch (c) {
	case '7': case '8': case 'M': case 'D': case 'E':	/* save, restore, up, down, next line */
		text_addf(t, "\x1b%c", (int)c);
		break;
	case 'c':	/* full reset: what of it is to be seen */
		s->drawing[0] = s->drawing[1] = s->shifted = 0;
		text_add(t, "\x1b[m\x1b[4l\x1b[?7h\x1b[?25h");
		region(s, t);
		text_add(t, "\x1b[H\x1b[2J");
		break;
	case '[':
		enter(s, CSI);
		break;
	case ']': case 'P': case 'X': case '^': case '_': case 'k':	/* k: a title, as screen has it */
		enter(s, STRING);
		break;
	}
}

static void escape_more(struct screen *s, uint32_t c)
{
	if (c >= 0x20 && c <= 0x2f) {
		s->designates = 0;		/* a second one: no set of ours */
		if (++s->swallowed < SCREEN_STRING_MAX)
			return;
	} else if (s->designates)
		s->drawing[s->designates == ')'] = c == '0';
	enter(s, GROUND);
}

static void csi(struct screen *s, uint32_t c, struct text *t)
{
	if (c >= 0x40 && c <= 0x7e) {
		csi_end(s, (char)c, t);
		enter(s, GROUND);
	} else if (c > 0x7f) {			/* broken off */
		enter(s, GROUND);
		shown(s, c, t);
	} else if (++s->swallowed >= SCREEN_STRING_MAX)
		enter(s, GROUND);
	else if (s->n <= SCREEN_SEQUENCE_MAX && c != 0x7f)
		s->sequence[s->n++] = (char)c;
}

static bool in_string(const struct screen *s)
{
	return s->state == STRING || s->state == STRING_ESCAPE;
}

/* C1 controls are ESC and the character 0x40 lower; between 0x80 and 0x9f there is nothing to show. */
static void c1(struct screen *s, uint32_t c, struct text *t)
{
	if (in_string(s) && c == 0x9c)
		enter(s, GROUND);
	else
		escape(s, c - 0x40, t);
}

static void rune(struct screen *s, uint32_t c, struct text *t)
{
	if (c == CAN || c == SUB)
		enter(s, GROUND);
	else if (c == ESC)
		enter(s, in_string(s) ? STRING_ESCAPE : ESCAPE);
	else if (c >= 0x80 && c < 0xa0)
		c1(s, c, t);
	else if (s->state == STRING_ESCAPE && c == '\\')
		enter(s, GROUND);
	else if (s->state == STRING) {
		if (c == '\a' || ++s->swallowed >= SCREEN_STRING_MAX)
			enter(s, GROUND);
	} else if (c < 0x20)
		control(s, c, t);
	else if (s->state == CSI)
		csi(s, c, t);
	else if (s->state == ESCAPE_MORE)
		escape_more(s, c);
	else if (s->state != GROUND && c >= 0x20 && c <= 0x2f) {
		enter(s, ESCAPE_MORE);
		s->designates = c == '(' || c == ')' ? (uint8_t)c : 0;
	} else if (s->state != GROUND)
		escape(s, c, t);
	else if (c != 0x7f)
		shown(s, c, t);
}

/* --- UTF-8 ------------------------------------------------------------------------------------ */

static void lone_byte(struct screen *s, uint8_t b, struct text *t)
{
	rune(s, b < 0xa0 ? b : REPLACEMENT, t);
}

/* A sequence that did not become one: its bytes, one by one. */
static void broken(struct screen *s, struct text *t)
{
	uint8_t n = s->tail_n;

	s->more = s->tail_n = 0;
	for (uint8_t i = 0; i < n; i++)
		lone_byte(s, s->tail[i], t);
}

static void first_byte(struct screen *s, uint8_t b, struct text *t)
{
	static const struct { uint8_t from, to, more, bits; uint32_t lowest; } rows[] = {
		{ 0xc2, 0xdf, 1, 0x1f, 0x80 }, { 0xe0, 0xef, 2, 0x0f, 0x800 }, { 0xf0, 0xf4, 3, 0x07, 0x10000 },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		if (b < rows[i].from || b > rows[i].to)
			continue;
		s->more = rows[i].more;
		s->rune = b & rows[i].bits;
		s->lowest = rows[i].lowest;
		s->tail[0] = b;
		s->tail_n = 1;
		return;
	}
	lone_byte(s, b, t);
}

static void byte(struct screen *s, uint8_t b, struct text *t)
{
	if (s->more && (b & 0xc0) != 0x80)
		broken(s, t);
	if (!s->more) {
		first_byte(s, b, t);
		return;
	}
	s->rune = s->rune << 6 | (b & 63);
	s->tail[s->tail_n++] = b;
	if (--s->more)
		return;
	if (s->rune < s->lowest || s->rune > 0x10ffff || (s->rune >= 0xd800 && s->rune <= 0xdfff)) {
		broken(s, t);
		return;
	}
	s->tail_n = 0;
	rune(s, s->rune, t);
}

void screen_feed(struct screen *s, const char *at, size_t n, struct text *t)
{
	for (size_t i = 0; i < n; i++)
		byte(s, (uint8_t)at[i], t);
}

void screen_size(struct screen *s, uint32_t rows, uint32_t columns, struct text *t)
{
	s->rows = rows <= NUMBER_MAX ? rows : 0;
	s->columns = columns <= NUMBER_MAX ? columns : 0;
	text_add(t, "\x1b" "7");	/* to set a region moves the cursor */
	region(s, t);
	text_add(t, "\x1b" "8");
}

void screen_leave(struct screen *s, struct text *t)
{
	if (s->second)	/* only then: otherwise it would move the cursor */
		text_addf(t, "\x1b[?%ul", s->second);
	/* A scroll region cannot be taken back without moving the cursor: around it save and restore. */
	text_add(t, "\x1b" "7\x1b[r\x1b" "8\x1b[m\x1b[4l\x1b[?7h\x1b[?25h");
	*s = (struct screen){ 0 };
}
