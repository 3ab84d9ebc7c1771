/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * A line of Suricata's EVE output as an event. Hostile: it quotes packets, and who wrote it parsed
 * them. Pure. Format: Suricata User Guide 7, "Eve JSON Format".
 */
#include <stddef.h>
#include <stdint.h>

#include "model/event.h"

enum {
	EVE_OTHER,	/* a line that means nothing to us */
	EVE_ALERT,	/* event is an EV_ALERT */
	EVE_DROP,	/* event is an EV_VERDICT: what the prevention dropped for want of a way to follow it */
	EVE_LOST,	/* event is an EV_LOST: packets that the NIDS had to leave unseen since its last report */
};

enum { EVE_LINE_MAX = 64 * 1024 };	/* bytes, with the line feed */

struct eve {
	struct event event;	/* its spans live until the next eve_read() */
	void *json;
	struct text message;
};

/*
 * eve_read() - EVE_OTHER, EVE_ALERT, EVE_DROP or EVE_LOST; -EBADMSG: nonsense or too long. The event's origin has
 * only its source set, its honeypot is -1: both are the caller's to know. src is the one who opened the
 * connection, whichever direction the alert is about; reason is the signature, state what Suricata did
 * ("allowed", "blocked"), message what it saw of the dialogue; of a drop, why.
 */
int eve_read(struct eve *e, const char *line, size_t n);
void eve_fini(struct eve *e);		/* leaves an empty one */

#define _eve_ __attribute__((cleanup(eve_fini)))
