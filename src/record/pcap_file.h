/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * One file of packets (pcap_format.h) being written, and hashed once it is complete.
 *
 * A packet counts once pcap_file_commit() returned 0, which writes a row of the index behind the
 * packets: the row is what says how far the file is good. Who is killed in between leaves packets
 * behind the last row, and these are either cut (they will come from the ring again) or, if the
 * ring they came from is gone, kept as far as they are whole.
 *
 * All functions return 0 on success, -errno on failure, if nothing else is said.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "pcap_format.h"

struct pcap_file;

struct pcap_totals {
	uint64_t bytes;			/* of the file */
	uint64_t packets, lost;
	uint64_t first_ns, last_ns;	/* 0 without packets */
};

/* pcap_file_make() - a new one. @head: whose packets will come. -EEXIST: there is such a file */
int pcap_file_make(int dirfd, const char *name, const struct pcap_index_head *head, struct pcap_file **ret);
/*
 * pcap_file_open() - one that is there; recovers. @ring: the one that is read now; a file of another
 * ring keeps what is whole behind its last row.
 */
int pcap_file_open(int dirfd, const char *name, uint64_t ring, struct pcap_file **ret);
struct pcap_file *pcap_file_close(struct pcap_file *f);	/* what is not committed does not count; NULL */

int pcap_file_add(struct pcap_file *f, const struct packet *p);
/* pcap_file_commit() - all added packets, which were those up to block @block, are in the file;
 * @lost more are known to be missing */
int pcap_file_commit(struct pcap_file *f, uint64_t block, uint64_t lost);
/* pcap_file_rollback() - forgets what is not committed. If cutting fails, the next attempt writes over it. */
void pcap_file_rollback(struct pcap_file *f);

const char *pcap_file_name(const struct pcap_file *f);			/* NAME; lent, as long as @f */
const struct pcap_index_head *pcap_file_head(const struct pcap_file *f);
uint64_t pcap_file_block(const struct pcap_file *f);	/* all of the ring up to this one is on disk */
struct pcap_totals pcap_file_totals(const struct pcap_file *f);		/* what is committed */

/* pcap_file_tell() - note that event @seq of @epoch says what the file holds; or that it is on disk */
int pcap_file_tell(int dirfd, const char *name, uint64_t epoch, uint64_t seq, bool on_disk);
int pcap_file_told(int dirfd, const char *name, struct pcap_index_head *ret);

/* pcap_file_hash() - go on with the SHA-256 of what is committed, over at most @max bytes; how many
 * that were, or -errno; -EBUSY: first commit what is added */
ssize_t pcap_file_hash(struct pcap_file *f, size_t max);
uint64_t pcap_file_unhashed(const struct pcap_file *f);	/* bytes that are committed and not hashed yet */
/* pcap_file_seal() - all is hashed and no packet will come: onto the disk with it, and the hash in hex */
int pcap_file_seal(struct pcap_file *f, char ret_sha256[65]);
