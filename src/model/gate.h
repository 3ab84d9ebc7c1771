/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What the text of the gateway's rules and those who speak with the kernel about them agree on. */

enum {
	GATE_SNAPLEN = 128,		/* bytes of a packet in a record of NFLOG */
	GATE_SINK_PORT = 2,		/* TCP port of the gateway where connections end that were refused, and led there */
	GATE_SINK_DNS_PORT = 2,		/* UDP ports, of questions for names */
	GATE_SINK_NTP_PORT = 3,		/* and for the time; their mark says whom they were for */
	GATE_OWNER_MARK = 0x100,	/* packet mark without which nothing is forwarded; the owner table sets it */
	/* And which session of a honeypot's it belongs to: the program at its tap sets these (net/tags.h). */
	GATE_TAGGED = 0x10000000,	/* its frame had a tag */
	GATE_TAG_SHIFT = 16,
	GATE_TAG_MASK = 0xfff << GATE_TAG_SHIFT,	/* SKEP_TAG() of the session's connection; 0 nobody's */
};
