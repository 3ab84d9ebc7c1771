/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * What a server that is none says, by the port it was asked for: a greeting, and an answer to each line, as the first steps
 * of the protocol have them. None of it leads anywhere: nobody logs in, no mail is taken, no page is there. The bytes that
 * come are hostile. Pure.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum { TALK_LINE = 256, TALK_LINES = 64 };	/* of a line the beginning is kept; so many are answered */

struct talk {
	uint16_t port;
	uint16_t used, lines;
	bool page;			/* a request for one began; it ends with an empty line */
	char line[TALK_LINE];
};

/* talk_begin() - a connection to @port; what is said at once is added to @ret */
void talk_begin(struct talk *t, uint16_t port, struct text *ret);
/* talk_hear() - @len bytes came at @now_us, UTC; what is said to them is added to @ret. False: the server ends it then */
bool talk_hear(struct talk *t, const char *bytes, size_t len, uint64_t now_us, struct text *ret);

enum { TALK_DATAGRAM = 512 };	/* no question is larger (RFC 1035) */
/*
 * talk_datagram() - @len bytes came to @port by UDP. A question for a name gets the answer of a resolver that reaches nobody
 * (SERVFAIL), one for the time @now_us, UTC: added to @ret, never more bytes than came. False: nothing is said.
 */
bool talk_datagram(uint16_t port, const uint8_t *bytes, size_t len, uint64_t now_us, struct text *ret);
