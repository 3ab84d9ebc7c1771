/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Files of packets: what writer and reader share.
 *
 * NAME.pcap	pcap with nanoseconds, little endian, link type Ethernet: any tool reads it.
 *		Source of the format: pcap-savefile(5).
 * NAME.index	beside it; can be made again from the pcap. A head, then rows: row i is about the
 *		packets between the ends that rows i-1 and i name. The last row says how far the pcap
 *		is written for certain, and up to which block of which ring that is.
 *
 * NAME is the hour (UTC) in which the file was begun: "2026-11-23T05", the next ones of the same
 * hour "2026-11-23T05_2" and so on. Packets near an hour's ends may be in the neighbour's file: the
 * rows' times say what is where.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cursor.h"
#include "base/text.h"
#include "model/packet.h"

enum {
	PCAP_HEAD = 24,			/* bytes before the first packet */
	PCAP_PACKET_HEAD = 16,		/* bytes before the bytes of each */
	PCAP_INDEX_HEAD = 64, PCAP_INDEX_ROW = 64,
	PCAP_NAME_SIZE = 32,		/* of a NAME, with its NUL */
};

struct pcap_index_head {
	uint64_t ring;		/* whose packets these are; 0 not known */
	uint64_t block;		/* last block of that ring that is in earlier files */
	uint64_t told_epoch, told_seq;	/* of the event that says what the file holds; 0 not yet */
	bool told;		/* and that event is on disk */
};

struct pcap_index_row {
	uint64_t end;		/* of these packets in the file */
	uint64_t packets, lost;	/* from the file's beginning; lost: known not to be in it */
	uint64_t first_ns, last_ns;	/* earliest and latest of this row's packets; 0 it has none */
	uint64_t block;		/* of the ring: all up to it are in this file or in an earlier one */
};

void pcap_head_put(struct text *t);
bool pcap_head_good(const void *head);		/* PCAP_HEAD bytes */
void pcap_packet_head(const struct packet *p, uint8_t ret[PCAP_PACKET_HEAD]);
/* pcap_packet_get() - the next packet; false: @c holds no whole one, or nonsense */
bool pcap_packet_get(struct cursor *c, struct packet *ret);

void pcap_index_head_put(struct text *t, const struct pcap_index_head *h);
int pcap_index_head_get(struct cursor *c, struct pcap_index_head *ret);	/* 0 or -EBADMSG */
void pcap_index_row_put(struct text *t, const struct pcap_index_row *r);
/* pcap_index_row_get() - false: no row, or none that can follow @before in a file of @size bytes */
bool pcap_index_row_get(struct cursor *c, const struct pcap_index_row *before, uint64_t size,
			struct pcap_index_row *ret);
extern const struct pcap_index_row pcap_index_start;	/* before the first row */

/* pcap_name() - of the file with number @part (from 1) of the hour of @us */
void pcap_name(uint64_t us, unsigned part, char ret[PCAP_NAME_SIZE]);
/* pcap_name_read() - of "NAME.pcap" or of "NAME": the hour's beginning and the part; or -EINVAL */
int pcap_name_read(const char *s, uint64_t *ret_us, unsigned *ret_part);
/* pcap_open_part() - openat() of "NAME" + @suffix; a descriptor or -errno */
int pcap_open_part(int dirfd, const char *name, const char *suffix, int flags);

struct pcap_names {
	struct pcap_name { char name[PCAP_NAME_SIZE]; uint64_t hour_us, bytes; unsigned part; } *at;
	size_t n;
};

/* pcap_names() - the files of a folder, oldest first; to be given to pcap_names_fini(). 0 or -errno */
int pcap_names(int dirfd, struct pcap_names *ret);
void pcap_names_fini(struct pcap_names *n);

#define _pcap_names_ __attribute__((cleanup(pcap_names_fini)))
