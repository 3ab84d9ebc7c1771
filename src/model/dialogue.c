/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dialogue.h"

#include <stdio.h>
#include <string.h>

#define TCP "tcp/"

static enum dialogue stream(const struct event *e, dialogue_track ret)
{
	if (!e->state.len)	/* programs among themselves */
		return DIALOGUE_NONE;
	if (span_is(e->category, "tcp"))
		snprintf(ret, sizeof(dialogue_track), TCP "%llu", (unsigned long long)e->stream % 100000000000ull);
	else
		memcpy(ret, DIALOGUE_STDIO, sizeof(DIALOGUE_STDIO));
	return span_is(e->state, "input") ? DIALOGUE_TYPED : DIALOGUE_SHOWN;
}

enum dialogue dialogue_of(const struct event *e, dialogue_track ret)
{
	static const enum dialogue kinds[EV_KINDS] = {
		[EV_TTY_IN] = DIALOGUE_TYPED, [EV_TTY_OUT] = DIALOGUE_SHOWN, [EV_WINDOW] = DIALOGUE_SIZE,
	};

	if (e->kind == EV_STREAM)
		return stream(e, ret);
	if (kinds[e->kind])
		memcpy(ret, e->process.tty, sizeof(dialogue_track));
	return kinds[e->kind];
}

bool dialogue_terminal(const char *track)
{
	return strcmp(track, DIALOGUE_STDIO) && strncmp(track, TCP, strlen(TCP));
}
