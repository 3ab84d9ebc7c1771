// SPDX-License-Identifier: GPL-2.0-only
/*
 * The channel: who waits for room in the ring, and how long.
 *
 * The kinds that tell what an intruder does are kept (SKEP_BULK_KINDS has the others): such a record
 * waits,
 *
 *   - where the caller may sleep, tick by tick, so that other tasks run on;
 *   - where it may not, by holding the whole guest. The last sixteenth of the ring is for these.
 *
 * Bulk is dropped as long as the ring is rather full (writer.h), as it is when the guest does more
 * than the host can write down.
 *
 * A host that writes down nothing is another matter, and the host says beforehand what then:
 *
 *   full_wait_ms 0	the guest rather stands still than acts unseen. All wait, for ever, and bulk
 *			too once nothing was taken for a second. It goes on by itself when the reader
 *			is back.
 *   else		it rather runs on. When nothing was taken for so long the breaker opens: all
 *			records are dropped, and counted, until the reader moves again. Who holds the
 *			whole guest does so for 20 ms only.
 *
 * The machine has one processor and does not preempt: shutting out interrupts is the lock.
 */
#include <linux/align.h>
#include <linux/hardirq.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <init.h>
#include "channel.h"
#include "host.h"
#include "note.h"
#include "writer.h"

#define NS_PER_MS 1000000ULL
#define ATOMIC_WAIT_NS (20 * NS_PER_MS)
#define GONE_NS (1000 * NS_PER_MS)

static struct pv_writer writer;
static struct skep_ring *ring;
static const char *conf;
static u64 conf_len;

static bool breaker_open;
static u64 breaker_tail;	/* where the reader stood when it opened */

/*
 * "pv=<descriptor>": *add = 0 keeps it from the command line, and with it from init and dmesg.
 * A channel that was asked for and is not there ends it all: better no guest than one unwatched.
 */
static int __init channel_setup(char *arg, int *add)
{
	u64 len = 0;
	void *at;
	int fd;

	*add = 0;
	if (kstrtoint(arg, 10, &fd))
		pv_host_die("channel: not a descriptor\n");
	at = pv_host_map(fd, &len);
	if (!at || pv_writer_open(&writer, at, len) < 0)
		pv_host_die("channel: not a ring\n");
	ring = writer.ring;
	conf = (char *)ring + ring->config;
	conf_len = ring->config_len;
	return 0;
}
__uml_setup("pv=", channel_setup, "\n\n");

bool pv_channel_open(void)
{
	return ring;
}

bool pv_sync_wished(u32 *ret_wish)
{
	*ret_wish = READ_ONCE(ring->sync);
	return *ret_wish != ring->synced;
}

void pv_sync_done(u32 wish)
{
	WRITE_ONCE(ring->synced, wish);
}

u64 pv_next_entity(void)
{
	return ++ring->entity;
}

u64 pv_next_conn(void)
{
	return ++ring->conn;
}

u64 pv_next_stream(void)
{
	return ++ring->stream;
}

void *pv_memory(u64 *ret_len)
{
	*ret_len = ring ? ring->memory_len : 0;
	return *ret_len ? (char *)ring + ring->memory : NULL;
}

static enum pv_verdict try_put(struct pv_note *n, u32 how)
{
	enum pv_verdict v = PV_DROPPED;
	unsigned long flags;

	local_irq_save(flags);
	if (breaker_open && pv_writer_tail(&writer) == breaker_tail) {
		pv_writer_drop(&writer, &n->rec);
	} else {
		breaker_open = false;
		v = pv_writer_try(&writer, &n->rec, n->field, n->n_fields, how);
	}
	local_irq_restore(flags);
	return v;
}

/* The last look and the drop are one step. */
static void give_up(struct pv_note *n, u32 how)
{
	unsigned long flags;

	local_irq_save(flags);
	if (try_put(n, how) == PV_FULL) {
		if (!(how & PV_ATOMIC)) {
			breaker_open = true;
			breaker_tail = pv_writer_tail(&writer);
		}
		pv_writer_drop(&writer, &n->rec);
	}
	local_irq_restore(flags);
}

static void begin_wait(void)
{
	unsigned long flags;

	local_irq_save(flags);
	ring->stalls++;
	ring->waiting++;
	local_irq_restore(flags);
}

static void end_wait(u64 ns)
{
	unsigned long flags;

	local_irq_save(flags);
	ring->stall_ns += ns;
	ring->waiting--;
	local_irq_restore(flags);
}

static void wait_for_room(struct pv_note *n, u32 how)
{
	u64 limit_ns = how & PV_ATOMIC ? ATOMIC_WAIT_NS : ring->full_wait_ms * NS_PER_MS;
	u64 start = pv_host_monotonic_ns(), since = start, tail = pv_writer_tail(&writer);

	begin_wait();
	while (try_put(n, how) == PV_FULL) {
		u64 now = pv_host_monotonic_ns();

		if (!(how & PV_ATOMIC) && pv_writer_tail(&writer) != tail) {
			tail = pv_writer_tail(&writer);
			since = now;
		}
		if (ring->full_wait_ms && now - since >= limit_ns) {
			give_up(n, how);
			break;
		}
		if (how & PV_ATOMIC)
			pv_host_sleep_ms(1);
		else
			schedule_timeout_uninterruptible(1);
	}
	end_wait(pv_host_monotonic_ns() - start);
}

/* Asked while the ring is rather full: what is there waits, and for a second nothing of it was taken. */
static bool reader_is_gone(void)
{
	static u64 tail, since;
	u64 now = pv_host_monotonic_ns();

	if (pv_writer_tail(&writer) != tail) {
		tail = pv_writer_tail(&writer);
		since = now;
	}
	return now - since > GONE_NS;
}

void pv_channel_put(struct pv_note *n)
{
	u32 how = 0;

	if (n->atomic || in_interrupt() || irqs_disabled() || system_state < SYSTEM_SCHEDULING)
		how = PV_ATOMIC;
	else if (writer.flooded && !ring->full_wait_ms && reader_is_gone())
		how = PV_PATIENT;
	if (try_put(n, how) == PV_FULL)
		wait_for_room(n, how);
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
