/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * One event as one line of JSON in the EVE envelope, with ECS names inside, and back.
 *
 * What does not come back as it was:
 *  - bytes that are no UTF-8 in text (arguments, paths, names of processes) are U+FFFD;
 *  - of an environment only the variables of an allow-list are kept, each up to LINE_ENV_MAX bytes;
 *  - the bytes of a module's chunk are not in the journal but in the sample the hash names; the line
 *    keeps how many there were (line.length). Terminal bytes are here, whole, as base64.
 * Whatever is cut at its bound sets EVENT_TRUNCATED in the line.
 */
#include <stddef.h>

#include "base/text.h"
#include "model/event.h"
#include "model/honeynet.h"

enum {
	LINE_BYTES_MAX = 512 * 1024,	/* of any line, with its seal and the line feed */
	LINE_SEAL_MAX = 128,		/* bytes of a seal, see chain.h: line_write() leaves them free */
	LINE_ENV_MAX = 512,		/* bytes of one variable's value */
};

struct line {
	struct event event;		/* spans point into room */
	char honeypot[NAME_SIZE];	/* as written; "" none */
	uint32_t length;		/* bytes the event carried, also those that are not in the line */
	char *room;
};

/* line_write() - appends the line and its line feed; @e->honeypot is an index into @n */
void line_write(const struct event *e, const struct honeynet *n, struct text *t);

/*
 * line_read() - @len bytes, with or without line feed. 0 and *@ret, to be given to line_fini();
 * -EBADMSG for what is no line of ours. @n may be NULL. A name that is not in @n leaves honeypot -1
 * in the event and the name in the line.
 */
int line_read(const char *s, size_t len, const struct honeynet *n, struct line *ret);
void line_fini(struct line *l);

#define _line_ __attribute__((cleanup(line_fini)))
