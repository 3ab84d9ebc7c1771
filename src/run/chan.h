/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Channels between skep's own processes: SOCK_SEQPACKET pairs. A message is a type, a body of
 * fields, and at most one descriptor.
 */
#include <stdint.h>

#include "base/cursor.h"
#include "base/text.h"

enum { CHAN_MAX = 96 * 1024 };	/* bytes of a message */

struct msg {
	uint16_t type;
	struct cursor body;	/* lent: until the next chan_recv() into the same buffer */
	int fd;			/* -1 none; the receiver's to close */
};

struct chan_buf {
	uint8_t bytes[CHAN_MAX];
};

/* chan_pair() - a connected pair, non-blocking, closed on exec, with room for many messages */
int chan_pair(int ret_fds[2]);

/* chan_send() - @body may be NULL, @fd -1. 0; -EAGAIN there is no room now; -EPIPE the peer is gone */
int chan_send(int chan, uint16_t type, const struct text *body, int fd);
/* chan_send_wait() - the same, but waits for room; for small messages to a peer that reads */
int chan_send_wait(int chan, uint16_t type, const struct text *body, int fd);

/* chan_recv() - 1 and *@ret; 0 the peer closed; -EAGAIN nothing there; -EBADMSG nonsense */
int chan_recv(int chan, struct chan_buf *b, struct msg *ret);
