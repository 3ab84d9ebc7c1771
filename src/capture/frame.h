/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* A guest's record (include/skep/capture.h) as an event. The bytes are hostile. Pure. */
#include <stddef.h>
#include <stdint.h>

#include "model/event.h"

/*
 * frame_read() - one whole record of @len bytes, a private copy of what the guest wrote; the
 * event's spans point into it. 0 and *@ret, whose origin has only seq set and whose honeypot is for
 * the caller to set; or -EBADMSG.
 */
int frame_read(const void *bytes, size_t len, struct event *ret);
