/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What the two halves of verify share: what the walk over the journal saw, for the judge at its end. */
#include "chain_keys.h"
#include "chain_state.h"
#include "verify.h"

enum { EARLY_MAX = 64, RUN = 8, GAPS_MAX = 256, UNFIT_MAX = 256, SEEN_FILES = 1024, NAME_TRIES = 64 };

struct spot {
	struct place at;
	uint64_t line, order;
};

struct record {			/* its seal is right */
	uint64_t n;
	struct spot spot;
	uint8_t after[CHAIN_MAC], mac[CHAIN_MAC];
	bool told;		/* that it is not in its place */
};

struct gap {			/* numbers nobody saw */
	uint64_t from, to;	/* without @to */
	struct spot spot;	/* of the record that follows */
	uint8_t after[CHAIN_MAC];	/* mac of the last one that is missing, as the one that follows says */
	bool end;		/* nothing follows */
	char before[32];	/* file of the record before, "" none */
};

struct unfit {			/* a line without a right seal */
	struct spot spot;
	bool sealed, record;	/* has the form of a seal; can be read as a record */
	bool foreign;		/* where another chain begins: it and what follows */
	struct seal seal;
	uint8_t computed[CHAIN_MAC];	/* the mac it should have, if it is the record it says */
	uint64_t expected;	/* the number that was due */
	uint64_t seq, at_us, count;
};

struct walk {
	const struct verify *v;
	struct verify_result *result;
	struct chain_keys keys;
	struct chain_state state;
	int state_error;	/* 0: there is one */
	bool state_good;	/* and it has the key it says */
	struct verify_finding spare;	/* for what is no longer kept */
	uint64_t total;		/* bytes of all files */
	uint64_t done, shown;

	struct spot spot;	/* of the line at hand */
	char name[32];		/* the name its file had when it was sealed */
	size_t renamed;		/* index + 1 of the finding that says so; may be withdrawn */
	uint32_t tries;		/* names tried in this file */

	uint64_t next;		/* number that is due */
	struct chain_key key;	/* of it, or of an earlier one */
	struct record last;	/* before it; n 0: not seen */
	struct record first;	/* the first one in the files' order */
	struct head { char at[48]; size_t len; } head[2];	/* of the first and the last line that is good */
	struct spot start, before_spot;	/* the first line; the last one before the first record */
	uint8_t before[CHAIN_MAC];	/* digest of that */

	struct record early[EARLY_MAX];	/* out of turn, in the files' order */
	size_t n_early, run;	/* the last @run of them are in turn among themselves */
	struct gap gap[GAPS_MAX];
	size_t n_gaps;
	struct unfit unfit[UNFIT_MAX];
	size_t n_unfit, foreign;	/* index + 1 of the foreign one that lasts */
	uint64_t unfit_beyond, lacks_files;
	char seen_files[SEEN_FILES][65];	/* hashes that were checked already, some of them */
};

/* walk_say() - a finding about @spot; the caller fills in the rest. Never NULL */
struct verify_finding *walk_say(struct walk *w, enum verify_what what, const struct spot *spot);
/* walk_take_gap() - true if @n was missing: it is not any more */
bool walk_take_gap(struct walk *w, uint64_t n);
void walk_settle(struct walk *w);	/* those that came early: no more will come */
void judge(struct walk *w);
