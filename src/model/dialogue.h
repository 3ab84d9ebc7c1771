/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The dialogue of a session: what was typed and shown. A session can have several tracks of it: each
 * terminal has one, by its name ("pts/0"); so has what its programs read and wrote without a
 * terminal ("stdio"), and each TCP connection that a shell runs on ("tcp/12").
 */
#include <stdbool.h>

#include "event.h"

enum dialogue { DIALOGUE_NONE, DIALOGUE_SHOWN, DIALOGUE_TYPED, DIALOGUE_SIZE };

#define DIALOGUE_STDIO "stdio"

typedef char dialogue_track[sizeof(((struct event_process *)0)->tty)];

/* dialogue_of() - what the event is in it; if anything, *@ret is its track */
enum dialogue dialogue_of(const struct event *e, dialogue_track ret);
/* dialogue_terminal() - whether a track is that of a terminal */
bool dialogue_terminal(const char *track);
