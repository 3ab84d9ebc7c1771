/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet_reader.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "base/mem.h"

enum { ADDRESSES = 2 * ETH_ALEN, TAG = 4 };

static struct tpacket_block_desc *block_at(const struct packet_reader *r, uint32_t i)
{
	return (void *)(r->map + (size_t)(i % r->blocks) * PACKET_BLOCK);
}

static bool ours(const struct tpacket_block_desc *b)
{
	return __atomic_load_n(&b->hdr.bh1.block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER;
}

static uint64_t number(const struct tpacket_block_desc *b)
{
	return __atomic_load_n(&b->hdr.bh1.seq_num, __ATOMIC_RELAXED);
}

/*
 * The kernel fills blocks round and round and numbers them. The oldest one that is ours is the first;
 * if none is, it is the one the kernel fills now, which has the largest number.
 */
static uint32_t find_first(const struct packet_reader *r)
{
	uint32_t oldest = r->blocks, newest = 0;

	for (uint32_t i = 0; i < r->blocks; i++) {
		const struct tpacket_block_desc *b = block_at(r, i);

		if (ours(b) && (oldest == r->blocks || number(b) < number(block_at(r, oldest))))
			oldest = i;
		if (number(b) > number(block_at(r, newest)))
			newest = i;
	}
	return oldest < r->blocks ? oldest : newest;
}

int packet_reader_open(struct packet_reader *r, int fd, uint32_t ring_mb)
{
	size_t size = (size_t)ring_mb << 20;
	void *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (map == MAP_FAILED)
		return -errno;
	*r = (struct packet_reader){ .fd = fd, .map = map, .blocks = (uint32_t)(size / PACKET_BLOCK) };
	r->tagged = xcalloc(PACKET_BLOCK + TAG, 1);
	/* The kernel may hand over a block while we look; then the look is repeated. */
	do
		r->first = find_first(r);
	while (!ours(block_at(r, r->first)) && ours(block_at(r, r->first + r->blocks - 1)));
	return 0;
}

void packet_reader_close(struct packet_reader *r)
{
	if (r->map)
		munmap(r->map, (size_t)r->blocks * PACKET_BLOCK);
	free(r->tagged);
	*r = (struct packet_reader){ .fd = -1 };
}

bool packet_reader_block(struct packet_reader *r, uint64_t *ret_seq)
{
	struct tpacket_block_desc *b = block_at(r, r->first + r->held);

	if (r->held == r->blocks || !ours(b))
		return false;
	r->held++;
	r->block = b;
	r->left = b->hdr.bh1.num_pkts;
	r->at = b->hdr.bh1.offset_to_first_pkt;
	*ret_seq = number(b);
	return true;
}

/* The kernel takes the tag out of the frame; it belongs behind the two addresses. */
static void put_tag(struct packet_reader *r, const struct tpacket3_hdr *h, struct packet *p)
{
	uint16_t protocol = h->tp_status & TP_STATUS_VLAN_TPID_VALID ? h->hv1.tp_vlan_tpid : ETH_P_8021Q;
	uint16_t tag[2] = { htons(protocol), htons((uint16_t)h->hv1.tp_vlan_tci) };

	if (p->bytes.len < ADDRESSES)
		return;
	memcpy(r->tagged, p->bytes.at, ADDRESSES);
	memcpy(r->tagged + ADDRESSES, tag, TAG);
	memcpy(r->tagged + ADDRESSES + TAG, p->bytes.at + ADDRESSES, p->bytes.len - ADDRESSES);
	p->bytes = (struct span){ (char *)r->tagged, p->bytes.len + TAG };
	p->wire_len += TAG;
}

bool packet_reader_next(struct packet_reader *r, struct packet *ret)
{
	const struct tpacket3_hdr *h = (void *)((uint8_t *)r->block + r->at);

	if (!r->left)
		return false;
	r->left--;
	r->at += h->tp_next_offset;
	*ret = (struct packet){ .at_ns = h->tp_sec * 1000000000ULL + h->tp_nsec, .wire_len = h->tp_len,
				.bytes = { (const char *)h + h->tp_mac, h->tp_snaplen } };
	if (h->tp_status & TP_STATUS_VLAN_VALID)
		put_tag(r, h, ret);
	return true;
}

void packet_reader_release(struct packet_reader *r)
{
	for (; r->held; r->held--) {
		struct tpacket_block_desc *b = block_at(r, r->first);

		__atomic_store_n(&b->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
		r->first = (r->first + 1) % r->blocks;
	}
	r->left = 0;
}

void packet_reader_rewind(struct packet_reader *r)
{
	r->held = r->left = 0;
}

int packet_reader_lost(const struct packet_reader *r, uint64_t *ret)
{
	struct tpacket_stats_v3 s;
	socklen_t len = sizeof(s);

	if (getsockopt(r->fd, SOL_PACKET, PACKET_STATISTICS, &s, &len) < 0)
		return -errno;
	*ret = s.tp_drops;
	return 0;
}
