/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Is the journal what was recorded? Every record is checked against its seal (chain.h), the end
 * against the chain's state, the files that records name against their hashes.
 *
 * Reading only, in bounded memory; the journal may be written meanwhile, and may be a copy. What is
 * newer than the state is checked as far as it is whole.
 *
 * What no key can show: an attacker who has an older copy of the journal with its state can put both
 * back together. Who knows that there were more records says so (at_least).
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "chain.h"
#include "model/place.h"
#include "named_file.h"

/* What is found, its word, whether it is an offence, and what is said of it, after "record 5: ". */
#define VERIFY_FINDINGS(X)                                                                                \
	X(CHANGED, "changed", true, "changed after it was written")                                       \
	X(MAC_REPLACED, "mac-replaced", true, "as it was written, but for its mac, which was replaced")   \
	X(EXCHANGED, "exchanged", true, "exchanged for one sealed with this number and lost in a crash")  \
	X(REMOVED, "removed", true, "not there any more")                                                 \
	X(FILE_REMOVED, "file-removed", true, "not there any more, with a whole file")                    \
	X(CUT, "cut", true, "cut off: the journal went on")                                               \
	X(MOVED, "moved", true, "not where it was written")                                               \
	X(FILE_RENAMED, "file-renamed", true, "the file had another name")                                \
	X(DOUBLED, "doubled", true, "a copy; it stands elsewhere too")                                    \
	X(INSERTED, "inserted", true, "put in: never sealed with the key of this chain")                  \
	X(GARBAGE, "garbage", true, "no record")                                                          \
	X(OTHER_CHAIN, "other-chain", true, "another chain begins here, not covered by this key")         \
	X(STATE_MISSING, "state-missing", true, "chain.state is missing: a cut end would not show")       \
	X(STATE_DAMAGED, "state-damaged", true, "chain.state is damaged: a cut end would not show")       \
	X(STATE_OTHER, "state-replaced", true, "chain.state is another chain's: a cut end would not show") \
	X(STATE_FORGED, "state-forged", true, "chain.state has this chain's name, but not its key")       \
	X(STATE_OLD, "state-old", true, "chain.state is an older copy and does not know these")           \
	X(FEWER, "fewer", true, "not there, though known to have been")                                   \
	X(WRONG_KEY, "wrong-key", true, "this key does not belong to this chain")                         \
	X(READ, "unreadable", true, "cannot be read")                                                     \
	X(FILE_MISSING, "evidence-missing", true, "a file that it names is missing")                      \
	X(FILE_CHANGED, "evidence-changed", true, "a file that it names was changed")                     \
	X(FOLDER_MISSING, "not-checked", false, "files that records name are not here: not checked")      \
	X(BEHIND, "state-behind", false, "chain.state does not know these yet; the next start mends that") \
	X(BEFORE, "before", false, "older than the chain, not covered by this key")                       \
	X(UNFINISHED, "unfinished", false, "a record without its end, which counts for nothing")

enum verify_what {
#define X(id, word, bad, doc) VERIFY_##id,
	VERIFY_FINDINGS(X)
#undef X
	VERIFY_WHATS
};

struct verify_finding {
	enum verify_what what;
	uint64_t order;		/* of the line in the whole journal; findings are sorted by it */
	struct place at;	/* the line, or the first one after what is missing; file "": none */
	uint64_t line;		/* its number in the file, 0 none */
	uint64_t first, last;	/* numbers in the chain, 0 none */
	uint64_t seq, at_us;	/* as the line says, 0 unknown */
	uint64_t count;		/* lines or bytes that are meant, 0 or 1: this one */
	int error;		/* VERIFY_READ: errno */
	/* the file it was written into; the one that is missing or, in the middle, the one before; the one
	 * the record names */
	char other[NAMED_FILE_TEXT];
};

enum { VERIFY_KEPT = 256 };

struct verify_result {
	bool good;		/* nothing bad was found */
	uint64_t records;	/* with their right seal, in or out of their place */
	uint64_t next;		/* the number after the last one that is known */
	uint64_t files;		/* named by hash, right */
	uint8_t id[CHAIN_ID], state_id[CHAIN_ID];	/* of the key; of the state, zero if there is none */
	uint64_t first_us, last_us;	/* of the first and last record in the files' order */
	size_t n;		/* findings that are kept */
	uint64_t beyond;	/* others */
	struct verify_finding at[VERIFY_KEPT];
};

struct verify {
	int journal;		/* its folder */
	int evidence;		/* the folder with samples and the like; -1: they are not checked */
	bool may_lack_files;	/* a copy of the journal alone is no offence */
	uint64_t at_least;	/* records known to have been, 0 unknown */
	void (*progress)(void *arg, uint64_t done, uint64_t total);	/* bytes; may be NULL */
	void *arg;
};

/* verify_run() - 0 and *@ret, also for what cannot be read, or -EIO: no cryptography; @ret is large */
int verify_run(const struct verify *v, const uint8_t secret[CHAIN_SECRET], struct verify_result *ret);

const char *verify_word(enum verify_what w);
const char *verify_doc(enum verify_what w);
bool verify_bad(enum verify_what w);
