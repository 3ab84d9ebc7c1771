/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Syslog messages, as daemons really send them (RFC 5424; RFC 3164 and what grew around it), as
 * events. The bytes are hostile. Pure.
 */
#include <stddef.h>

#include "model/event.h"

enum { SYSLOG_MAX = 8192 };	/* bytes of a message: rsyslog's default, and what RFC 5425 asks for */

/*
 * syslog_read() - one message without its framing as EV_SYSLOG; spans point into @bytes. It cannot
 * fail: what is no valid message is EVENT_MALFORMED, and the whole of it is in message, with
 * facility and severity of RFC 3164, 4.3.3. Nothing that was sent is left out: structured data stays
 * in front of the text it came with.
 *
 * Sets kind, facility, severity, said, host, app, procid, msgid, message and the flag; the rest of
 * @e stays as it is.
 */
void syslog_read(const char *bytes, size_t len, struct event *e);
