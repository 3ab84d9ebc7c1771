/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The sources of capture: each one a file and a row in capture.c. A source is made once, is given its
 * descriptors by priv, and gets its turn every few milliseconds.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "lane.h"
#include "run/role.h"

struct capture;

struct source_ops {
	const char *name;
	unsigned kinds;			/* bits by enum source_kind: what it is given */
	void *(*make)(struct capture *c);	/* for ever */
	/* take() - may steal @fd. -EBADMSG: makes no sense */
	int (*take)(void *source, enum source_kind kind, uint32_t index, int *fd);
	/* resume() - the recorder has all of @lane up to @seq; any lane is said to each source */
	void (*resume)(void *source, uint32_t lane, uint64_t seq);
	void (*begin)(void *source);	/* all lanes were resumed: what it has not, is sent again */
	void (*ack)(void *source, uint32_t lane, uint64_t seq);		/* on disk; any lane */
	/* turn() - read what is there, within bounds; true if there was anything, or something waits to be sent */
	bool (*turn)(void *source);
	/* plan() - another plan from now on: sources that are not in it any more are closed. May be NULL */
	void (*plan)(void *source);
};

extern const struct source_ops source_rings, source_logs, source_flows, source_syslog, source_streams, source_eve,
	source_inline;

/* What a source needs of capture. */
const struct plan *capture_plan(const struct capture *c);
bool capture_reading(const struct capture *c);	/* somebody takes what is read */
bool capture_stopping(const struct capture *c);	/* the honeypots are gone; what is left is read */
/* capture_send() - 0, -EAGAIN the recorder takes no more now, -EPIPE it is gone */
int capture_send(struct capture *c, uint16_t type, const struct text *body);
struct outbox;
int capture_flush(struct capture *c, struct outbox *o, uint16_t type);	/* as outbox_flush() */

/* honeypot_of() - whose address it is, or was last; -1 nobody's. The bridge lets no honeypot use another's. */
int32_t honeypot_of(const struct plan *p, const struct addr *a);
