/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Objectives, as SNARE calls them: which events matter, how much, and under which name. Plain values,
 * one block without pointers, so that it can lie in the plan and travel in a message.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "kinds.h"

enum { MAX_OBJECTIVES = 160, MAX_CONDITIONS = 6, OBJECTIVE_TEXT = 48 * 1024 };

/* What a condition is about; the keys below "when" and "unless". X(id, key, documentation) */
#define SUBJECTS_LIST(X)                                                                             \
	X(ACTION,      "action",      "which doing it was, as event.action in the journal; login: its result")   \
	X(EXECUTABLE,  "executable",  "the program that really runs")                                  \
	X(COMMAND,     "command",     "the command line, its words with single spaces between them")   \
	X(SCRIPT,      "script",      "the script whose interpreter runs")                              \
	X(PROCESS,     "process",     "the name of the process that did it")                            \
	X(PARENT,      "parent",      "what that process was before it ran this, or its parent's name") \
	X(USER,        "user",        "its user id")                                                    \
	X(EFFECTIVE,   "effective",   "its effective user id")                                          \
	X(PATH,        "path",        "the file it is about")                                           \
	X(TARGET,      "target",      "the second file: of a rename, a link; what is mounted")          \
	X(MODE,        "mode",        "the file's new permission bits, four octal digits")              \
	X(FLAG,        "flag",        "refused, setid (rights from the program's file), socket (its input is one), truncated") \
	X(CODE,        "code",        "a number: of a signal, of an error; halt: 0 power off, 1 restart, 3 panic") \
	X(SOURCE,      "source",      "the address that opened the connection")                         \
	X(DESTINATION, "destination", "the address it goes to")                                         \
	X(PORT,        "port",        "the destination port")                                           \
	X(ACCOUNT,     "account",     "login: the name that was tried")                                 \
	X(SERVICE,     "service",     "login, syslog: the service, the program")                        \
	X(MESSAGE,     "message",     "syslog, alert: its words")                                       \
	X(REASON,      "reason",      "verdict, flow: the rule; alert: the signature")

enum subject {
#define X(id, key, doc) SUBJECT_##id,
	SUBJECTS_LIST(X)
#undef X
	SUBJECTS
};

/* One of the patterns fits; or, with unless, none does. */
struct condition {
	uint8_t subject;	/* enum subject */
	bool unless;
	uint16_t n;		/* patterns (base/glob.h), one after another, each with its NUL */
	uint32_t at;		/* the first, in objectives.text */
};

struct objective {
	uint32_t name;		/* in objectives.text */
	uint8_t severity;	/* enum severity; clear: known and harmless, nothing is told */
	bool anyone;		/* also what belongs to no session */
	uint16_t n;
	uint64_t kinds;		/* bits 1 << enum event_kind */
	struct condition condition[MAX_CONDITIONS];
};

/* In order: of those that fit an event the first one decides. */
struct objectives {
	uint32_t n, text_len;
	struct objective at[MAX_OBJECTIVES];
	char text[OBJECTIVE_TEXT];
};

_Static_assert(EV_KINDS <= 64, "kinds do not fit their bits");

const char *subject_key(enum subject s);
const char *subject_doc(enum subject s);
int subject_find(const char *key);	/* enum subject, or -ENOENT */

/* objectives_add_text() - @s with its NUL into the text; its place, or -ENOSPC */
int64_t objectives_add_text(struct objectives *o, const char *s);
bool objectives_sound(const struct objectives *o);	/* nothing in it points astray */
/* objectives_pack() - what is used of it, as bytes */
void objectives_pack(const struct objectives *o, struct text *t);
/* objectives_unpack() - 0 and *@ret; -EBADMSG and *@ret untouched if anything in it points astray */
int objectives_unpack(struct span bytes, struct objectives *ret);
