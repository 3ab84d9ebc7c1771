/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What all parts of the compiler write. */
#include <stdint.h>

#include "base/text.h"

/* Both ends of a TCP connection, as who begins it sends them, and the type of a set of these. */
#define EMIT_TCP_ENDS "ip saddr . tcp sport . ip daddr . tcp dport"
#define EMIT_TCP_ENDS_TYPE "ipv4_addr . inet_service . ipv4_addr . inet_service"

/* emit_address() - one of few buffers that are used in turn, enough for one line */
const char *emit_address(uint32_t a);
/* emit_log() - what makes a record of the packet; @verdict: "accept", "drop", "continue" */
void emit_log(struct text *t, const char *verdict, const char *reason, unsigned group);
