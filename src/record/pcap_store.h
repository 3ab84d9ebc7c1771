/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The folder of packet files: which file is written now, which are complete and wait for their hash
 * and for somebody to tell of them, and which go because of their age or the room they take.
 *
 *	pcap_store_turn(s, now);		the file for this time, if there is room for it
 *	pcap_store_add(s, &p); ...		on failure pcap_store_rollback()
 *	pcap_store_commit(s, block, lost);
 *	pcap_store_work(s, &done);		when there is nothing better to do
 *
 * A file is complete when its hour is over, when it is large, or when the ring it was written from
 * is gone; nothing is ever added to it again. Functions return 0, or -errno.
 */
#include <stdbool.h>
#include <stdint.h>

#include "pcap_file.h"

struct pcap_store_conf {
	uint64_t ring;		/* the ring read now; a new number whenever it begins anew */
	uint64_t keep_s;	/* a file whose hour ended longer ago goes */
	uint64_t bytes_max;	/* of all files; the oldest go */
	uint64_t bytes_free;	/* what others must find free on the disk, or nothing is written */
};

struct pcap_done {
	char name[PCAP_NAME_SIZE];
	char sha256[65];	/* "": it went before it was hashed, by its age or to make room */
	struct pcap_totals totals;
};

struct pcap_store;

/* pcap_store_open() - recovers; *@ret_block: all of the ring up to this block is in the files */
int pcap_store_open(int dirfd, const struct pcap_store_conf *conf, struct pcap_store **ret, uint64_t *ret_block);
struct pcap_store *pcap_store_close(struct pcap_store *s);	/* returns NULL */

/* pcap_store_turn() - must precede additions at @now_us; -ENOSPC: there is no room */
int pcap_store_turn(struct pcap_store *s, uint64_t now_us);
int pcap_store_add(struct pcap_store *s, const struct packet *p);
int pcap_store_commit(struct pcap_store *s, uint64_t block, uint64_t lost);
void pcap_store_rollback(struct pcap_store *s);
void pcap_store_end(struct pcap_store *s);		/* the file written now is complete */
void pcap_store_tidy(struct pcap_store *s, uint64_t now_us);	/* ends it if its hour is over; drops what is old */

enum { PCAP_IDLE, PCAP_MORE, PCAP_DONE };
/* pcap_store_work() - some milliseconds of hashing. PCAP_DONE: *@ret is to be told (until it
 * is told it comes again); PCAP_MORE: call again; PCAP_IDLE: nothing to do now. -errno: *@ret.name could not be hashed and is left alone */
int pcap_store_work(struct pcap_store *s, struct pcap_done *ret);
/* pcap_store_told() - @name is told of by event @seq of @epoch; @on_disk: which cannot get lost any more */
int pcap_store_told(struct pcap_store *s, const char *name, uint64_t epoch, uint64_t seq, bool on_disk);
/* pcap_store_resume() - once, before work: events of @epoch up to @seq arrived; what they tell is told */
void pcap_store_resume(struct pcap_store *s, uint64_t epoch, uint64_t seq);
