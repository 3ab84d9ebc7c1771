/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libFuzzer harness: bytes as a guest may write them, through the doors capture has: one record, a
 * whole ring, a datagram of the packet log, and the event that goes on from there.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/text.h"
#include "capture/frame.h"
#include "capture/packet.h"
#include "capture/ring_reader.h"
#include "guest/ring.h"
#include "model/plan.h"

enum { RING_SIZE = 64 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void pass_on(const struct event *e)
{
	struct text t = { 0 };
	struct event back;

	event_pack(&t, e);
	if (event_unpack(cursor_of(t.at, t.len), &back) < 0 || back.args.len != e->args.len)
		abort();
	text_fini(&t);
}

static int verdict(void *arg, struct event *e)
{
	(void)arg;
	pass_on(e);
	return 0;
}

/* The first sixteen bytes are head and tail, the rest the ring's data: all of it the guest's. */
static void whole_ring(const uint8_t *data, size_t size)
{
	static int fd = -1;
	static uint8_t *map;
	struct ring_reader r;
	struct event e;
	struct skep_ring *ring;

	if (fd < 0) {
		fd = ring_make(RING_SIZE, true);
		map = mmap(NULL, SKEP_RING_HEADER + RING_CONFIG_MAX + RING_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	}
	ring = (struct skep_ring *)map;
	if (size < 16)
		return;
	ring->head = ring->tail = 0;
	memcpy(&ring->head, data, 2);
	memcpy(&ring->tail, data + 8, 2);
	memcpy(map + SKEP_RING_HEADER + RING_CONFIG_MAX, data + 16, size - 16 < RING_SIZE ? size - 16 : RING_SIZE);
	if (ring_reader_open(&r, fd, RING_SIZE) < 0)
		abort();
	for (int i = 0; i < 4096 && ring_reader_next(&r, &e) == 1; i++) {
		pass_on(&e);
		ring_reader_release(&r, e.origin.seq);
	}
	ring_reader_close(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct event e;
	uint64_t strange = 0;
	uint8_t *aligned = malloc(size ? size : 1);

	if (frame_read(data, size, &e) == 0)
		pass_on(&e);
	whole_ring(data, size);
	memcpy(aligned, data, size);
	packet_log_read(aligned, size, 0, verdict, NULL, &strange);
	if (event_unpack(cursor_of(data, size), &e) == 0)
		pass_on(&e);
	free(aligned);
	return 0;
}
