// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ring writer.
 *
 * A record must not be lost, and a guest must not hang on a host that is gone. So a record waits
 * for room:
 *
 *   - where the caller may sleep, tick by tick, so that other tasks run on; such records leave a
 *     sixteenth of the ring free;
 *   - where it may not, that sixteenth is for it, and it holds the whole guest for at most 20 ms.
 *
 * Once a record has waited full_wait_ms while the reader took nothing, the breaker opens: records
 * are dropped, each taking its seq with it so that the reader sees the gap, until the reader moves
 * again. full_wait_ms 0 is the other policy: the guest rather stands still than acts unseen, so
 * both waits are for ever and the breaker never opens.
 *
 * The machine has one processor and does not preempt: shutting out interrupts is the lock.
 */
#include <linux/align.h>
#include <linux/hardirq.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <init.h>
#include "channel.h"
#include "host.h"
#include "note.h"

#define NS_PER_MS 1000000ULL
#define ATOMIC_WAIT_NS (20 * NS_PER_MS)
#define RING_MIN (128u * 1024)

static struct skep_ring *ring;
static char *ring_data;
static const char *conf;
static u64 conf_len;

static bool breaker_open;
static u64 breaker_tail;	/* where the reader stood when it opened */

static bool ring_is_sound(const struct skep_ring *r, u64 len)
{
	return len >= SKEP_RING_HEADER && r->magic == SKEP_RING_MAGIC &&
	       r->version == SKEP_RING_VERSION && is_power_of_2(r->size) && r->size >= RING_MIN &&
	       r->data >= SKEP_RING_HEADER && r->data <= len && r->size <= len - r->data &&
	       r->memory_len <= len && r->memory <= len - r->memory_len && !(r->memory & 7) &&
	       (!r->config_len || (r->config >= SKEP_RING_HEADER && r->config <= len &&
				   r->config_len <= len - r->config && !(r->config & 7)));
}

/*
 * "pv=<descriptor>": *add = 0 keeps it from the command line, and with it from init and dmesg.
 * A channel that was asked for and is not there ends it all: better no guest than one unwatched.
 */
static int __init channel_setup(char *arg, int *add)
{
	u64 len = 0;
	int fd;

	*add = 0;
	if (kstrtoint(arg, 10, &fd))
		pv_host_die("channel: not a descriptor\n");
	ring = pv_host_map(fd, &len);
	if (!ring || !ring_is_sound(ring, len))
		pv_host_die("channel: not a ring\n");
	ring_data = (char *)ring + ring->data;
	conf = (char *)ring + ring->config;
	conf_len = ring->config_len;
	ring->boots++;
	return 0;
}
__uml_setup("pv=", channel_setup, "\n\n");

bool pv_channel_open(void)
{
	return ring;
}

u64 pv_next_entity(void)
{
	return ++ring->entity;
}

u64 pv_next_conn(void)
{
	return ++ring->conn;
}

void *pv_memory(u64 *ret_len)
{
	*ret_len = ring ? ring->memory_len : 0;
	return *ret_len ? (char *)ring + ring->memory : NULL;
}

static u64 copy_in(u64 at, const void *from, u32 len)
{
	u64 offset = at & (ring->size - 1);
	u32 first = min_t(u64, len, ring->size - offset);

	memcpy(ring_data + offset, from, first);
	memcpy(ring_data, from + first, len - first);
	return at + len;
}

enum verdict { PUT, DROPPED, FULL };

static void drop(void)
{
	ring->seq++;
	ring->lost++;
}

static u32 free_bytes(u64 tail)
{
	u64 used = ring->head - tail;

	return used > ring->size ? 0 : min_t(u64, ring->size - used, U32_MAX);
}

/* Interrupts off. */
static enum verdict try_put(struct pv_note *n, bool atomic)
{
	u64 tail = READ_ONCE(ring->tail), at = ring->head;
	u32 need = ALIGN(n->rec.len, 8);

	if (breaker_open && tail == breaker_tail) {
		drop();
		return DROPPED;
	}
	breaker_open = false;
	if (free_bytes(tail) < need + (atomic ? 0 : ring->size / 16))
		return FULL;
	n->rec.seq = ++ring->seq;
	at = copy_in(at, &n->rec, sizeof(n->rec));
	for (u32 i = 0; i < n->n_fields; i++) {
		const struct pv_field *f = &n->field[i];
		struct skep_field head = { .tag = f->tag, .len = f->len };

		at = copy_in(at, &head, sizeof(head));
		at = copy_in(at, f->at, f->len);
	}
	smp_store_release(&ring->head, ring->head + need);
	return PUT;
}

static enum verdict try_put_locked(struct pv_note *n, bool atomic)
{
	enum verdict v;
	unsigned long flags;

	local_irq_save(flags);
	v = try_put(n, atomic);
	local_irq_restore(flags);
	return v;
}

/* Interrupts on or off: the last look and the drop are one step. */
static void give_up(struct pv_note *n, bool atomic)
{
	unsigned long flags;

	local_irq_save(flags);
	if (try_put(n, atomic) == FULL) {
		if (!atomic) {
			breaker_open = true;
			breaker_tail = READ_ONCE(ring->tail);
		}
		drop();
	}
	local_irq_restore(flags);
}

static void wait_for_room(struct pv_note *n, bool atomic)
{
	u64 limit_ns = atomic ? ATOMIC_WAIT_NS : ring->full_wait_ms * NS_PER_MS;
	u64 start = pv_host_monotonic_ns(), since = start, tail = READ_ONCE(ring->tail);

	ring->stalls++;
	while (try_put_locked(n, atomic) == FULL) {
		u64 now = pv_host_monotonic_ns();

		if (!atomic && READ_ONCE(ring->tail) != tail) {
			tail = READ_ONCE(ring->tail);
			since = now;
		}
		if (ring->full_wait_ms && now - since >= limit_ns) {
			give_up(n, atomic);
			break;
		}
		if (atomic)
			pv_host_sleep_ms(1);
		else
			schedule_timeout_uninterruptible(1);
	}
	ring->stall_ns += pv_host_monotonic_ns() - start;
}

void pv_channel_put(struct pv_note *n)
{
	bool atomic = n->atomic || in_interrupt() || irqs_disabled() ||
		      system_state < SYSTEM_SCHEDULING;

	n->rec.len = sizeof(n->rec);
	for (u32 i = 0; i < n->n_fields; i++)
		n->rec.len += sizeof(struct skep_field) + n->field[i].len;
	if (try_put_locked(n, atomic) == FULL)
		wait_for_room(n, atomic);
}

const char *pv_conf_name(const struct skep_conf *c)
{
	return (const char *)(c + 1);
}

const char *pv_conf_data(const struct skep_conf *c)
{
	return pv_conf_name(c) + c->name_len;
}

static u64 conf_size(const struct skep_conf *c)
{
	return ALIGN(sizeof(*c) + (u64)c->name_len + c->data_len, 8);
}

const struct skep_conf *pv_conf_next(const struct skep_conf *after, u32 kind)
{
	u64 at = after ? (const char *)after - conf + conf_size(after) : 0;

	while (at <= conf_len && conf_len - at >= sizeof(struct skep_conf)) {
		const struct skep_conf *c = (const void *)(conf + at);

		if (sizeof(*c) + (u64)c->name_len + c->data_len > conf_len - at)
			return NULL;
		if (c->kind == kind)
			return c;
		at += conf_size(c);
	}
	return NULL;
}
