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

/*   what           word              bad    doc */
#define VERIFY_FINDINGS(X)                                                                                \
	X(CHANGED,       "changed",         true,  "this record was changed")                             \
	X(MAC_REPLACED,  "mac-replaced",    true,  "this record is as it was written, but its mac was replaced") \
	X(EXCHANGED,     "exchanged",       true,  "another sealed record of this number stood here before") \
	X(REMOVED,       "removed",         true,  "records are missing")                                 \
	X(FILE_REMOVED,  "file-removed",    true,  "a whole file is missing")                             \
	X(CUT,           "cut",             true,  "the end was cut off")                                 \
	X(MOVED,         "moved",           true,  "this record stood elsewhere")                         \
	X(FILE_RENAMED,  "file-renamed",    true,  "this file had another name")                          \
	X(DOUBLED,       "doubled",         true,  "this record is a copy of one that stands elsewhere")  \
	X(INSERTED,      "inserted",        true,  "this was never sealed with the key of this chain")    \
	X(GARBAGE,       "garbage",         true,  "this is no record")                                   \
	X(OTHER_CHAIN,   "other-chain",     true,  "here another chain begins, which this key does not cover") \
	X(STATE_MISSING, "state-missing",   true,  "chain.state is missing: nobody can tell whether the end was cut off") \
	X(STATE_DAMAGED, "state-damaged",   true,  "chain.state is damaged: nobody can tell whether the end was cut off") \
	X(STATE_OTHER,   "state-replaced",  true,  "chain.state is that of another chain")                \
	X(STATE_FORGED,  "state-forged",    true,  "chain.state names this chain, but does not have its key") \
	X(STATE_OLD,     "state-old",       true,  "chain.state is an older copy: it knows fewer records than there are") \
	X(FEWER,         "fewer",           true,  "fewer records than are known to have been")           \
	X(WRONG_KEY,     "wrong-key",       true,  "this key does not belong to this chain")              \
	X(READ,          "unreadable",      true,  "this cannot be read")                                 \
	X(FILE_MISSING,  "sample-missing",  true,  "a file that this record names is missing")            \
	X(FILE_CHANGED,  "sample-changed",  true,  "a file that this record names was changed")           \
	X(FOLDER_MISSING, "not-checked",    false, "files that records name are not here and were not checked") \
	X(BEHIND,        "state-behind",    false, "chain.state is a moment behind, as after a crash; the next start mends that") \
	X(BEFORE,        "before",          false, "these lines are older than the chain and not covered by this key") \
	X(UNFINISHED,    "unfinished",      false, "a record without its end, which counts for nothing")

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
	char other[NAMED_FILE_TEXT];	/* the file it stood in, or that is meant */
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
