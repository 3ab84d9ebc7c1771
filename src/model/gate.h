/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What the text of the gateway's rules and those who speak with the kernel about them agree on. */

enum {
	GATE_OWNER_MARK = 0x100,	/* packet mark without which nothing is forwarded; the owner table sets it */
	GATE_SNAPLEN = 128,		/* bytes of a packet in a record of NFLOG */
	GATE_SINK_PORT = 2,		/* TCP port of the gateway where connections end that were refused, and led there */
};
