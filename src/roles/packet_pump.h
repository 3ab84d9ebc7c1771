/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* From the kernel's ring of full packets into files: nothing is lost and nothing twice, whoever dies. */
#include <stdbool.h>
#include <stdint.h>

#include "capture/packet_reader.h"
#include "record/pcap_store.h"

struct packet_pump {
	struct packet_reader ring;
	struct pcap_store *store;
	uint64_t block;		/* all of the ring up to this one is in the files */
	uint64_t lost;		/* packets lost that the file's index does not count yet */
};

/* packet_pump_open() - @p->store is open, @block as it said; takes up the ring of socket @fd. 0 or -errno */
int packet_pump_open(struct packet_pump *p, int fd, uint32_t ring_mb, uint64_t block);
void packet_pump_close(struct packet_pump *p);	/* the store too */

/*
 * packet_pump_turn() - write what is there, up to some MiB; how many blocks of the ring that were.
 * -errno: nothing can be written now. All stays in the ring then, which loses, and counts, what it
 * has no room for; try again after a while.
 */
int packet_pump_turn(struct packet_pump *p, uint64_t now_us);
/* packet_pump_lost() - packets lost since this was asked last */
uint64_t packet_pump_lost(struct packet_pump *p);
