/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* The story: events as plain sentences for people. What an intruder wrote is made safe here. */
#include <stdbool.h>

#include "base/text.h"

struct event;

enum {
	STORY_COMMAND = 1000,	/* bytes of a command line that are told */
	STORY_TTY = 160,	/* bytes of what a terminal showed or got */
};

/* story_event() - one sentence, without line feed */
void story_event(const struct event *e, struct text *t);
/* story_line() - time, honeypot, session and the sentence, with line feed; @honeypot may be "" */
void story_line(const struct event *e, const char *honeypot, struct text *t);

/* story_gains() - creds: whether it has rights it did not have */
bool story_gains(const struct event *e);

/* The parts, for those who tell more. */
void story_command(const struct event *e, struct text *t);	/* exec: the command line */
void story_failure(const struct event *e, struct text *t);	/* exec_failed: "./x: Permission denied" */
void story_flow(const struct event *e, struct text *t);		/* "tcp 10.10.10.81:40000 to 203.0.113.80:80" */
void story_dest(const struct event *e, struct text *t);		/* "tcp 203.0.113.80:80", "unix socket ..." */
void story_verdict(const struct event *e, struct text *t);	/* "accept, rule 2" */
void story_module(const struct event *e, struct text *t);	/* "nosy.ko, 4096 bytes, SHA-256 ..." */
