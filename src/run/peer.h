/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * A peer: the other end of a channel, in an event loop.
 *
 * Two trusts. Kin is a process of our own: nonsense from it means that it was taken over, and ends
 * us. A client (the control socket) that talks nonsense is closed.
 */
#include <stdbool.h>
#include <systemd/sd-event.h>

#include "chan.h"

struct peer;

/* Handles one message; owns m->fd. 0, or -errno: it made no sense. */
typedef int peer_handle_fn(struct peer *p, struct msg *m);
typedef void peer_gone_fn(struct peer *p);	/* the channel is closed already */

struct peer {
	const char *name;	/* lent, for the log */
	int fd;			/* -1: not connected */
	bool kin;
	peer_handle_fn *handle;	/* NULL: it has nothing to say */
	peer_gone_fn *gone;	/* may be NULL; for a peer made by malloc the place to free it */
	void *owner;
	sd_event_source *source;
};

/* peer_open() - takes @fd; the fields above are set already */
int peer_open(struct peer *p, sd_event *loop, int fd);
/* peer_drain() - handle all that it said before it closed; does not wait for more */
void peer_drain(struct peer *p);
void peer_close(struct peer *p);	/* no gone() call; may be closed already */
bool peer_up(const struct peer *p);

/* peer_say() - send and wait for room; a peer that is gone is no error here: its end is noticed once */
void peer_say(struct peer *p, uint16_t type, const struct text *body, int fd);
