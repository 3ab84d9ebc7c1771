/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * What the record holds of this honeynet: the journal since `skep up`, of a day at most, read once; then
 * the way from an alert in it to what was done in its session, as somebody would go it.
 */
#include <stdbool.h>
#include <stdint.h>

#include "model/event.h"
#include "record/named_file.h"

enum { RECALL_ALERTS = 256, RECALL_WORDS = 96, RECALL_TIME = 32 };

struct recall_alert {
	uint64_t session, entity;	/* entity 0: the alert names no process */
	char signature[RECALL_WORDS];
};

struct recall {
	char since[RECALL_TIME];		/* as a line begins */
	uint64_t n[EV_KINDS];			/* so many of each kind */
	bool read;				/* to its end */
	bool broken;				/* the chain of seals did not fit at a start */
	uint64_t first;				/* number of the journal's first record in the chain; 0 it is in none */
	char packet_file[NAMED_FILE_TEXT], sha256[65];	/* the newest complete one of a day; "" there is none */
	int packet_file_is;			/* enum named_file_what, or -errno */
	uint64_t deployed;			/* honeypots in the deployment record */
	struct recall_alert alert[RECALL_ALERTS];	/* the newest ones of a session, a ring */
	uint64_t alerts;

	/* where an alert leads to, by its session: the one that leads farthest */
	struct recall_way {
		const struct recall_alert *from;	/* NULL: none leads anywhere */
		bool ended, flow, host, process;	/* its session is over; has these */
		uint64_t keys;				/* bytes typed */
	} way;
};

/* recall() - @epoch: when the honeynet was put up; into @r, which is large */
void recall(struct recall *r, uint64_t epoch, uint64_t now_us);
