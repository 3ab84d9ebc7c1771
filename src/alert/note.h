/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * A finding as alerts tell it, and messages made of them.
 *
 * Its strings may quote an intruder. note_of() makes them safe once for all: printable UTF-8 without
 * line feeds, tabs or escapes, cut at their room.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/text.h"
#include "model/event.h"
#include "model/honeynet.h"

enum { NOTE_NAME = 64, NOTE_STATE = 32, NOTE_TEXT = 480, MESSAGE_ENTRIES = 32 };

struct note {
	uint64_t seq;			/* number in the journal; grows */
	uint64_t at_us, start_us;
	uint32_t count;
	uint8_t severity;		/* enum severity */
	char name[NOTE_NAME], state[NOTE_STATE], source[ADDR_TEXT], honeypot[NAME_SIZE], text[NOTE_TEXT];
};

/* note_of() - from the event EV_FINDING with this number */
void note_of(const struct event *e, const struct honeynet *n, uint64_t seq, struct note *ret);
/* note_write() - a line of fields with tabs between them; note_read() - such a line, -EBADMSG if it is none */
void note_write(const struct note *n, struct text *t);
int note_read(const char *line, size_t len, struct note *ret);

/* Findings of one name and source are one entry: the newest of them, and how many there were. */
struct entry {
	struct note note;
	uint64_t first_us;
	uint32_t times;
};

struct message {
	uint64_t id;			/* that of its newest finding: grows, never given twice */
	uint64_t made_us;
	uint8_t severity;		/* the worst in it */
	uint32_t n, more;		/* entries; findings that had no room as entries */
	struct entry entry[MESSAGE_ENTRIES];
};

void message_write(const struct message *m, struct text *t);
int message_read(const char *s, size_t len, struct message *ret);	/* 0 or -EBADMSG */

/* message_subject() - "[skep NAME] warning: scan from 198.51.100.66 (1000 ports in 12 s)", ASCII, one line */
void message_subject(const struct message *m, const char *honeynet, struct text *t);

/* The three ways it can be told. */
struct mail_ends {
	const char *from, *to;
};
/* message_mail() - a mail, RFC 5322, with CR LF; the same bytes every time, so a second copy is known as one */
void message_mail(const struct message *m, const char *honeynet, const struct mail_ends *ends, struct text *t);
/* message_json() - one object, what a webhook gets */
void message_json(const struct message *m, const char *honeynet, struct text *t);
/* message_syslog() - entry @i as a message of RFC 5424, without framing */
void message_syslog(const struct message *m, uint32_t i, const char *honeynet, struct text *t);
