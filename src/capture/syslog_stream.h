/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Where syslog messages begin and end in a TCP connection (RFC 6587). The bytes are hostile. Pure.
 *
 * Decided anew for each message, as rsyslog does: "83 <34>..." is 83 bytes long (octet counting), all
 * else goes to the next line feed or NUL. A count is believed only if a priority follows it, so that
 * a line which begins with a number stays a line. A message longer than SYSLOG_MAX is cut.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "syslog.h"

enum { SYSLOG_COUNT_MAX = 1024 * 1024 };	/* a larger count is nonsense */

struct syslog_stream {
	uint32_t used;		/* of bytes[] */
	uint32_t left;		/* counted: bytes still to come; 0 by line */
	bool cut;		/* the message was longer than bytes[] */
	bool line;		/* it is known to end with a line */
	char bytes[SYSLOG_MAX];
};

/* Called for each message, lent. Not for empty lines. */
typedef void syslog_message_fn(void *arg, const char *bytes, size_t len, bool cut);

/* syslog_stream_feed() - the next @len bytes of a connection whose stream was zero at first */
void syslog_stream_feed(struct syslog_stream *s, const char *bytes, size_t len, syslog_message_fn *fn, void *arg);
/* syslog_stream_end() - the connection ended: what is left is a message; one whose count was not reached is cut */
void syslog_stream_end(struct syslog_stream *s, syslog_message_fn *fn, void *arg);
