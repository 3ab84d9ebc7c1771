/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Who tried what, and when: the scan detector's memory. Fixed size, every call takes constant time.
 *
 * An entry is one source (an IPv6 one by its /64), or for scans that many share one honeypot or one
 * port. Its targets are kept each once, the one tried last at the end; those older than the long
 * window go. When there is no room, what was quiet longest is forgotten.
 *
 * Places in hash tables come from SipHash-2-4 (Aumasson, Bernstein 2012; libsodium's shorthash) with
 * a random key: nobody can choose addresses that share a place.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

enum {
	SCAN_ENTRIES = 16384,
	SCAN_TARGETS = 131072,	/* of all entries */
	SCAN_WIDE = 1024,	/* entries that can count thousands of targets */
};

enum scan_kind { SCAN_SOURCE, SCAN_POT, SCAN_PORT, SCAN_KINDS };

struct scan_key {
	uint8_t kind;		/* enum scan_kind */
	uint8_t proto;		/* SCAN_PORT */
	uint16_t port;		/* SCAN_PORT */
	struct addr addr;	/* SCAN_SOURCE, SCAN_POT; all its unused bytes zero */
	uint8_t none;		/* so that there are no bytes between the members */
};
_Static_assert(sizeof(struct scan_key) == 22, "keys are compared as bytes");

/* One attempt. */
struct probe_seen {
	uint64_t at_us;
	struct addr src, dest;	/* the source as in its key */
	uint16_t port;
	uint8_t proto;
	int32_t honeypot;
	bool refused;		/* because its source is kept out */
};

/* The distinct ports, hosts and sources of one that is a scan: bits. */
struct scan_wide {
	uint32_t ports, hosts, sources;
	uint64_t port[65536 / 64], host[8192 / 64], source[8192 / 64];
};

struct scan_entry {
	struct scan_key key;
	uint32_t self;
	uint32_t hash_next, newer, older;	/* index + 1 */
	uint32_t first, last, first_fast;	/* targets: index + 1; the first within the short window */
	uint32_t n, n_fast;			/* targets in the long and in the short window */

	/* the detector's */
	bool active, slow;
	uint32_t active_at;			/* place in the list of active ones */
	uint32_t reports;
	uint64_t begun_us, last_us, probes, next_report_us, step_us;
	uint64_t blocked_until_us;		/* 0: it was not to be kept out */
	struct probe_seen latest;
	struct scan_wide *wide;			/* NULL, also for an active one if there are too many */
};

struct scan_table;

struct scan_table *scan_table_new(const uint8_t seed[16], uint64_t fast_us, uint64_t slow_us, uint32_t most);
struct scan_table *scan_table_free(struct scan_table *t);

struct scan_entry *scan_find(struct scan_table *t, const struct scan_key *k);	/* or NULL */
/* scan_get() - found or made, and now the newest; lent until it is forgotten */
struct scan_entry *scan_get(struct scan_table *t, const struct scan_key *k);
/* scan_each() - the next entry in use from *@at on; NULL at the end */
struct scan_entry *scan_each(struct scan_table *t, uint32_t *at);
struct scan_entry *scan_active(struct scan_table *t, uint32_t i);	/* the i-th active one, or NULL */

/* scan_note() - @p is one of the entry's targets from now on; at most @most of them, the oldest goes */
void scan_note(struct scan_table *t, struct scan_entry *e, const struct probe_seen *p);
/* scan_begin() - it is active: its targets become bits, and more of them cost nothing */
void scan_begin(struct scan_table *t, struct scan_entry *e);
void scan_widen(struct scan_table *t, struct scan_entry *e, const struct probe_seen *p);
void scan_end(struct scan_table *t, struct scan_entry *e);
/* scan_pots() - the honeypots among its targets, a bit each; takes time for each target */
uint64_t scan_pots(struct scan_table *t, const struct scan_entry *e);
/* scan_mostly_one() - one source made more than half of its targets (Boyer, Moore 1981); as long */
bool scan_mostly_one(struct scan_table *t, const struct scan_entry *e);
/* scan_unshare() - the targets @source has now are taken out of the entries that many share */
typedef void scan_shared_fn(const struct probe_seen *p, struct scan_key ret[2]);
void scan_unshare(struct scan_table *t, const struct scan_entry *source, scan_shared_fn *shared);
