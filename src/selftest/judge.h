/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * What arrived of what was tried, held against what may. Pure: frames and times in, rows out.
 *
 * A budget is one for all attempts charged to it: each may have what those before it, in the order of the list, have
 * left. A connection of TCP is one, however often its SYN arrives; what belongs to one that is open is not counted.
 * What the throw-away honeypot sends by itself is in a row of its own and charged as well.
 *
 * What is tried may come in parts, between which everything that counts was ended and started again: it is one test.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attempts.h"
#include "notice.h"
#include "terms.h"

/* Where a frame was seen: on its way into the lab's internet, to the throw-away honeypot, to another one. */
enum seen_at { SEEN_LAB, SEEN_OWN, SEEN_POT };

enum {
	JUDGE_ROWS = N_ATTEMPTS + 1,	/* behind the attempts: what it sent by itself */
	JUDGE_FLOWS = 8192,		/* connections told apart; those beyond count each time */
	JUDGE_FRAMES = 4096,		/* frames kept, the first of them */
	JUDGE_FRAME = 192,		/* bytes kept of each */
};

struct judged {
	uint64_t tried, allowed, arrived;
	uint64_t first_us, last_us;	/* of those that arrived */
	bool was_tried;			/* the honeypot said that it was */
};

struct kept_frame {
	uint64_t at_us, number;		/* @number: the how many-th of its row, from 1 */
	uint32_t len;			/* of the whole frame */
	uint16_t row, captured;
	uint8_t bytes[JUDGE_FRAME];
};

struct judge {
	struct terms terms;
	struct judged row[JUDGE_ROWS];
	uint64_t charged[CHARGES], bytes;	/* of all rows */
	uint64_t bytes_allowed, budget[CHARGES];	/* judge_end(): in the time that passed */
	struct { uint16_t row, src_port, dest_port; addr_number dest; } flow[JUDGE_FLOWS];
	size_t n_flows;
	struct notice notice;
	uint64_t since_us;
	struct kept_frame frame[JUDGE_FRAMES];
	size_t n_frames;
	uint64_t not_kept;
};

void judge_begin(struct judge *j, const struct terms *t);
/* judge_frame() - @n bytes of a frame of @len. Whatever is in it. */
void judge_frame(struct judge *j, enum seen_at at, const uint8_t *frame, size_t n, size_t len, uint64_t at_us);
/* judge_go() - the first attempt may come from @now_us on, by a clock that is never set; in later parts it changes nothing */
void judge_go(struct judge *j, uint64_t now_us);
void judge_tried(struct judge *j, enum attempt_id a, uint64_t times);	/* as often more */
void judge_used_up(struct judge *j);		/* from here on all of each budget counts as used */
/* judge_end() - nothing comes after @now_us, by the same clock: what was allowed is in each row from here on */
void judge_end(struct judge *j, uint64_t now_us);

/* These are for after judge_end(). */
bool judge_leaked(const struct judge *j, size_t row);
bool judge_contained(const struct judge *j);	/* everything was tried, and nothing leaked */
/* judge_listened() - all that could be noticed was asked for, and what should come was heard: a hop, a largest answer */
bool judge_listened(const struct judge *j);
bool judge_exact(const struct judge *j);	/* contained, and all of each budget arrived */
size_t judge_leaks(const struct judge *j);	/* rows */
bool judge_is_leak(const struct judge *j, const struct kept_frame *f);
const char *judge_name(size_t row);
enum charge judge_charge(size_t row);
