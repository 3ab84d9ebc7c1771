/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What a detector concludes. */
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "model/event.h"

enum { FINDING_WORDS = 320, FINDINGS_MAX = 32 };

struct finding {
	const char *name, *state;	/* literals: "scan"; "begun", "continues", "ended" or "once" */
	enum severity severity;
	int32_t honeypot;		/* -1 none or several */
	uint64_t at_us, start_us;	/* the last and the first of what it is about */
	uint64_t session;
	struct addr src, dest;
	uint16_t dest_port;
	uint8_t proto;
	uint32_t count;			/* how often; of a scan: different targets */
	uint64_t probes, ports, hosts;	/* of a scan: all it tried; flood, spoof: probes is all since skep is up */
	uint32_t block_s;		/* the source is to be kept out for so long; 0 not */
	char message[FINDING_WORDS];	/* in words; what it quotes of others is made safe */
};

/* Findings of one call; what does not fit is counted. */
struct findings {
	size_t n;
	uint32_t lost;
	struct finding at[FINDINGS_MAX];
};

/* findings_new() - room for one more, zeroed but for honeypot -1; one that is thrown away if it is full */
struct finding *findings_new(struct findings *f);
