/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Reads the kernel's ring of full packets (net/packet_ring.h), block by block.
 *
 *	while (packet_reader_block(&r, &seq)) {
 *		while (packet_reader_next(&r, &p))
 *			keep p;
 *	}
 *	make safe what was kept;
 *	packet_reader_release(&r);
 *
 * A block that is not released is there again for the next reader, also if this one is killed:
 * whoever keeps the number of the last block that is safe loses nothing and keeps nothing twice.
 */
#include <stdbool.h>
#include <stdint.h>

#include "model/packet.h"

struct tpacket_block_desc;

struct packet_reader {
	int fd;				/* the socket, lent */
	uint8_t *map;
	uint32_t blocks;
	uint32_t first, held;		/* oldest block not released; how many were read from there */
	struct tpacket_block_desc *block;	/* that is being read */
	uint32_t left, at;		/* frames left in it, where the next one is */
	uint8_t *tagged;		/* a frame whose VLAN tag was put back */
};

/* packet_reader_open() - @ring_mb as in packet_ring_open(). 0 or -errno */
int packet_reader_open(struct packet_reader *r, int fd, uint32_t ring_mb);
void packet_reader_close(struct packet_reader *r);

/* packet_reader_block() - go on to the next block; true and its number, which is larger than all before */
bool packet_reader_block(struct packet_reader *r, uint64_t *ret_seq);
/* packet_reader_next() - true and the next packet of this block, lent until release */
bool packet_reader_next(struct packet_reader *r, struct packet *ret);
void packet_reader_release(struct packet_reader *r);	/* the kernel may have all read blocks again */
void packet_reader_rewind(struct packet_reader *r);	/* read them again instead */
/* packet_reader_lost() - packets the ring had no room for since this was asked last; 0 or -errno */
int packet_reader_lost(const struct packet_reader *r, uint64_t *ret);
