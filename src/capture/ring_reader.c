/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ring_reader.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "frame.h"
#include "model/plan.h"

static uint64_t load(const unsigned long long *p)
{
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

static bool sane(const struct ring_reader *r, uint64_t head, uint64_t from)
{
	return head >= from && head - from <= r->size && !(head % 8) && !(from % 8);
}

int ring_reader_open(struct ring_reader *r, int fd, uint64_t size)
{
	/* As the host made it, whatever the header says by now. */
	uint64_t data = SKEP_RING_HEADER + RING_CONFIG_MAX;
	struct stat st;
	void *p;

	if (fstat(fd, &st) < 0)
		return -errno;
	if ((uint64_t)st.st_size != data + size + RING_MEMORY)
		return -EBADMSG;
	p = mmap(NULL, data + size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return -errno;
	*r = (struct ring_reader){ .ring = p, .data = (uint8_t *)p + data, .size = size };
	r->in_flight = xcalloc(RING_IN_FLIGHT, sizeof(*r->in_flight));
	r->tail = r->read = load(&r->ring->tail);
	if (!sane(r, load(&r->ring->head), r->tail))
		r->tail = r->read = 0, r->broken = true;
	return 0;
}

void ring_reader_close(struct ring_reader *r)
{
	if (r->ring)
		munmap(r->ring, (size_t)(r->data - (uint8_t *)r->ring) + r->size);
	free(r->in_flight);
	*r = (struct ring_reader){ 0 };
}

static void copy_out(const struct ring_reader *r, uint64_t pos, void *to, size_t n)
{
	uint64_t at = pos % r->size;
	size_t first = n < r->size - at ? n : (size_t)(r->size - at);

	memcpy(to, r->data + at, first);
	memcpy((uint8_t *)to + first, r->data, n - first);
}

/* read_one() - 1 and the record at r->read is in *@ret, *@ret_end its end; 0; -EBADMSG */
static int read_one(struct ring_reader *r, struct event *ret, uint64_t *ret_end)
{
	uint64_t head = load(&r->ring->head), there = head - r->read;
	uint32_t len;

	if (!sane(r, head, r->read))
		return -EBADMSG;
	if (!there)
		return 0;
	if (there < sizeof(struct skep_rec))
		return -EBADMSG;
	copy_out(r, r->read, &len, sizeof(len));
	if (len < sizeof(struct skep_rec) || len > SKEP_REC_MAX || ((len + 7ULL) & ~7ULL) > there)
		return -EBADMSG;
	copy_out(r, r->read, r->copy, len);
	/* The length may have changed between the two looks: frame_read() holds it against ours. */
	if (frame_read(r->copy, len, ret) < 0 || ret->origin.seq <= r->last_seq)
		return -EBADMSG;
	*ret_end = r->read + ((len + 7ULL) & ~7ULL);
	return 1;
}

int ring_reader_next(struct ring_reader *r, struct event *ret)
{
	uint64_t end;
	int n;

	if (r->broken || r->used == RING_IN_FLIGHT)
		return 0;
	n = read_one(r, ret, &end);
	if (n < 0)
		r->broken = true;
	if (n <= 0)
		return n;
	r->in_flight[(r->first + r->used) % RING_IN_FLIGHT].seq = ret->origin.seq;
	r->in_flight[(r->first + r->used) % RING_IN_FLIGHT].end = end;
	r->used++;
	r->read = end;
	r->last_seq = ret->origin.seq;
	return 1;
}

/* What was read up to, as the oldest @used in flight say. */
static void keep_in_flight(struct ring_reader *r, uint32_t used)
{
	uint32_t last = (r->first + used - 1) % RING_IN_FLIGHT;

	r->used = used;
	r->read = used ? r->in_flight[last].end : r->tail;
	r->last_seq = used ? r->in_flight[last].seq : 0;
}

void ring_reader_unread(struct ring_reader *r)
{
	if (r->used)
		keep_in_flight(r, r->used - 1);
}

void ring_reader_release(struct ring_reader *r, uint64_t seq)
{
	while (r->used && r->in_flight[r->first].seq <= seq) {
		r->tail = r->in_flight[r->first].end;
		r->first = (r->first + 1) % RING_IN_FLIGHT;
		r->used--;
	}
	__atomic_store_n(&r->ring->tail, r->tail, __ATOMIC_RELEASE);
}

void ring_reader_rewind(struct ring_reader *r)
{
	keep_in_flight(r, 0);
}
