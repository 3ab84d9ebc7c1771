/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet_pump.h"

enum { TURN_BLOCKS = 16 };

int packet_pump_open(struct packet_pump *p, int fd, uint32_t ring_mb, uint64_t block)
{
	p->block = block;
	p->lost = 0;
	return packet_reader_open(&p->ring, fd, ring_mb);
}

void packet_pump_close(struct packet_pump *p)
{
	packet_reader_close(&p->ring);
	p->store = pcap_store_close(p->store);
}

static int copy_block(struct packet_pump *p)
{
	struct packet packet;
	int r = 0;

	while (r == 0 && packet_reader_next(&p->ring, &packet))
		r = pcap_store_add(p->store, &packet);
	return r;
}

int packet_pump_turn(struct packet_pump *p, uint64_t now_us)
{
	uint64_t seq = p->block, last = p->block;
	int n = 0, r = 0;

	while (r == 0 && n < TURN_BLOCKS && packet_reader_block(&p->ring, &seq)) {
		if (n++ == 0)
			r = pcap_store_turn(p->store, now_us);
		if (r < 0 || seq <= p->block)
			continue;	/* who was here before us wrote it and did not come to release it */
		r = copy_block(p);
		last = seq;
	}
	if (r == 0 && last > p->block)
		r = pcap_store_commit(p->store, last, p->lost);
	if (r < 0) {
		pcap_store_rollback(p->store);
		packet_reader_rewind(&p->ring);
		return r;
	}
	if (last > p->block)
		p->lost = 0;
	p->block = last;
	packet_reader_release(&p->ring);
	return n;
}

uint64_t packet_pump_lost(struct packet_pump *p)
{
	uint64_t lost = 0;

	if (packet_reader_lost(&p->ring, &lost) < 0)
		return 0;
	p->lost += lost;
	return lost;
}
