/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emit.h"

#include "base/addr.h"
#include "base/mem.h"
#include "model/gate.h"
#include "policy.h"

const char *emit_address(uint32_t a)
{
	static char text[4][ADDR_TEXT];
	static unsigned at;
	struct addr v = addr4(a);

	at = (at + 1) % nitems(text);
	return addr_text(&v, text[at]);
}

void emit_log(struct text *t, const char *verdict, const char *reason, unsigned group)
{
	text_addf(t, "log prefix \"skep:%s:%s \" group %u snaplen %u queue-threshold %u", verdict, reason, group, GATE_SNAPLEN,
		  POLICY_LOG_QUEUE);
}
