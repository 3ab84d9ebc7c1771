/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * packets - keeps every packet of the honeynet's network: copies bytes from the kernel's ring into
 * files and parses none of them. Its root is the folder of these files.
 *
 * The ring is priv's. If this process dies, the ring fills on, and its successor goes on at the first
 * block that was not released. If the disk is full, nothing is released; the kernel counts what the
 * ring then has no room for. What was lost and which files are complete, the recorder is told on a
 * lane of its own; a file's index notes the number under which it was told, so that nobody hears of
 * it twice or never.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "lane.h"
#include "packet_pump.h"
#include "roles.h"
#include "run/outbox.h"
#include "run/role.h"
#include "run/sandbox.h"

enum {
	TICK_US = 1000 * 1000,
	LOST_EVERY_US = 10 * 1000 * 1000,	/* losses of so long are one event */
	DRAIN_US = 300 * 1000,			/* longer than the kernel keeps a block that is not full */
	END_LIMIT_US = 4 * 1000 * 1000,		/* what is not hashed by then the next `skep up` tells */
	FREE_BYTES = 256 * 1024 * 1024,		/* the journal's: packets take the disk to the last byte otherwise */
	TOLD_MAX = 64,
};

struct packets {
	struct role role;
	struct peer recorder;
	struct packet_pump pump;
	int ring;				/* the socket; -1 not here yet */
	sd_event_source *ready, *work, *tick, *end;
	bool stalled, resumed, ending;
	uint64_t seq;				/* of the newest event */
	uint64_t lost, lost_told_us;		/* lost and not told; when it was told last */
	struct outbox *out;
	struct { uint64_t seq; char name[PCAP_NAME_SIZE]; } told[TOLD_MAX];	/* not acknowledged, oldest first */
	size_t n_told;
};

/* --- telling ---------------------------------------------------------------------------------- */

static bool can_tell(const struct packets *p)
{
	return p->resumed && peer_up(&p->recorder) && !outbox_full(p->out) && p->n_told < TOLD_MAX;
}

/* Needs can_tell(). */
static void tell(struct packets *p, struct event *e)
{
	_text_ struct text t = { 0 };
	int32_t none;

	e->honeypot = -1;
	e->origin = lane_origin(p->role.plan, lane_number(LANE_PACKETS), &none);
	e->origin.seq = ++p->seq;
	event_pack(&t, e);
	outbox_give(p->out, p->seq, &t);
	outbox_flush(p->out, p->recorder.fd, MSG_EVENT);
}

static void tell_lost(struct packets *p, uint64_t now)
{
	const char *why = p->stalled ? "packets cannot be written" : "the ring of packets was full";

	p->lost += packet_pump_lost(&p->pump);
	if (!p->lost || !can_tell(p) || (now - p->lost_told_us < LOST_EVERY_US && !p->ending))
		return;
	log_warn("%llu packets were lost: %s", (unsigned long long)p->lost, why);
	tell(p, &(struct event){ .kind = EV_LOST, .at_us = now_us(), .reason = span_of(why),
				 .code = p->lost > UINT32_MAX ? UINT32_MAX : (uint32_t)p->lost });
	p->lost = 0;
	p->lost_told_us = now;
}

static void tell_file(struct packets *p, const struct pcap_done *d)
{
	const struct pcap_totals *t = &d->totals;
	_free_ char *path = xasprintf("%s.pcap", d->name);
	struct event e = { .kind = EV_PCAP, .path = span_of(path), .size = t->bytes, .packets = { t->packets },
			   .start_us = t->first_ns / 1000, .at_us = t->last_ns ? t->last_ns / 1000 : now_us(),
			   .code = t->lost > UINT32_MAX ? UINT32_MAX : (uint32_t)t->lost };
	int r = pcap_store_told(p->pump.store, d->name, p->role.plan->epoch, p->seq + 1, false);

	if (r < 0)
		log_warn("%s: that it is told cannot be noted: %s", path, strerror(-r));
	if (!d->sha256[0])
		e.reason = span_of("it went before it was hashed");
	memcpy(e.sha256, d->sha256, sizeof(e.sha256));
	tell(p, &e);
	p->told[p->n_told].seq = p->seq;
	memcpy(p->told[p->n_told++].name, d->name, sizeof(d->name));
}

static void note_acknowledged(struct packets *p, uint64_t seq)
{
	size_t n = 0;

	while (n < p->n_told && p->told[n].seq <= seq) {
		pcap_store_told(p->pump.store, p->told[n].name, p->role.plan->epoch, p->told[n].seq, true);
		n++;
	}
	p->n_told -= n;
	memmove(p->told, p->told + n, p->n_told * sizeof(p->told[0]));
}

/* --- turns ------------------------------------------------------------------------------------ */

static void enable(sd_event_source *s, bool on)
{
	sd_event_source_set_enabled(s, on ? SD_EVENT_ON : SD_EVENT_OFF);
}

static void finish_if_told(struct packets *p)
{
	if (p->ending && !p->n_told)
		sd_event_exit(p->role.loop, 0);
}

/* What may wait: hashing. It runs when nothing else asks for us. */
static int work(sd_event_source *src, void *userdata)
{
	struct packets *p = userdata;
	struct pcap_done done = { 0 };
	int r;

	if (!can_tell(p)) {
		enable(src, false);
		return 0;
	}
	r = pcap_store_work(p->pump.store, &done);
	if (r < 0)
		log_error("%s.pcap: cannot be hashed: %s", done.name, strerror(-r));
	if (r == PCAP_DONE)
		tell_file(p, &done);
	if (r == PCAP_IDLE) {
		enable(src, false);
		finish_if_told(p);
	}
	return 0;
}

/* The descriptor stays readable as long as the ring holds something: stalled, we do not look at it. */
static int pump(struct packets *p)
{
	int r = packet_pump_turn(&p->pump, now_us());

	if (r < 0 && !p->stalled)
		log_error("packets cannot be written: %s", strerror(-r));
	if (r >= 0 && p->stalled)
		log_info("packets are written again");
	p->stalled = r < 0;
	enable(p->ready, !p->stalled);
	if (r > 0)
		enable(p->work, true);
	return r;
}

static int ring_ready(sd_event_source *src, int fd, uint32_t events, void *userdata)
{
	(void)src, (void)fd, (void)events;
	pump(userdata);
	return 0;
}

static int tick(sd_event_source *src, uint64_t usec, void *userdata)
{
	struct packets *p = userdata;

	(void)usec;
	if (p->ready) {
		if (p->stalled)
			pump(p);
		pcap_store_tidy(p->pump.store, now_us());
		tell_lost(p, mono_us());
	}
	enable(p->work, true);
	sd_event_source_set_time_relative(src, TICK_US);
	return sd_event_source_set_enabled(src, SD_EVENT_ONESHOT);
}

/* --- the end ---------------------------------------------------------------------------------- */

static int end_limit(sd_event_source *src, uint64_t usec, void *userdata)
{
	struct packets *p = userdata;

	(void)src, (void)usec;
	return sd_event_exit(p->role.loop, 0);
}

/* The last block has come by now. */
static int drained(sd_event_source *src, uint64_t usec, void *userdata)
{
	struct packets *p = userdata;

	(void)usec;
	while (p->ready && pump(p) > 0)
		;
	p->ending = true;
	if (p->ready)
		tell_lost(p, mono_us());
	pcap_store_end(p->pump.store);
	enable(p->work, true);
	p->end = sd_event_source_unref(src);
	return sd_event_add_time_relative(p->role.loop, &p->end, CLOCK_MONOTONIC, END_LIMIT_US, 1000, end_limit, p);
}

static int stop(struct packets *p)
{
	return p->end ? 0 :
	       sd_event_add_time_relative(p->role.loop, &p->end, CLOCK_MONOTONIC, DRAIN_US, 1000, drained, p);
}

/* --- peers ------------------------------------------------------------------------------------ */

static int on_lane(struct packets *p, struct msg *m)
{
	uint32_t lane;
	uint64_t seq;

	if (lane_get(&m->body, &lane, &seq) < 0 || lane != lane_number(LANE_PACKETS))
		return -EBADMSG;
	outbox_release(p->out, seq);
	note_acknowledged(p, seq);
	if (seq > p->seq)	/* it was our predecessor who told that */
		p->seq = seq;
	if (m->type == MSG_ACK)
		enable(p->work, true);
	return 0;
}

static int from_recorder(struct peer *peer, struct msg *m)
{
	struct packets *p = peer->owner;

	close_fd(&m->fd);
	if (m->type == MSG_ACK || m->type == MSG_RESUME)
		return on_lane(p, m);
	if (m->type != MSG_START)
		return -EBADMSG;
	if (!p->resumed)
		pcap_store_resume(p->pump.store, p->role.plan->epoch, p->seq);
	p->resumed = true;
	outbox_rewind(p->out);
	outbox_flush(p->out, p->recorder.fd, MSG_EVENT);
	enable(p->work, true);
	return 0;
}

static int take_source(struct packets *p, struct msg *m)
{
	uint8_t kind = get_u8(&m->body);
	uint32_t index = get_u32(&m->body);
	int r;

	if (m->body.bad || m->fd < 0 || kind != SOURCE_KIND_PACKETS || index || p->ring >= 0)
		return -EBADMSG;
	p->ring = steal_fd(&m->fd);
	r = packet_pump_open(&p->pump, p->ring, p->role.plan->net.packets.buffer_mb, p->pump.block);
	return r < 0 ? r : sd_event_add_io(p->role.loop, &p->ready, p->ring, EPOLLIN, ring_ready, p);
}

static int from_master(struct peer *peer, struct msg *m)
{
	struct role *role = peer->owner;
	struct packets *p = role->self;
	int r = -EBADMSG;

	switch (m->type) {
	case MSG_SOURCE: r = take_source(p, m); break;
	case MSG_PEER:	 r = role_take_peer(role, m, ROLE_RECORDER, &p->recorder); break;
	case MSG_START:	 r = 0; break;	/* there was one source */
	case MSG_PLAN:	 r = role_take_plan(role, m); break;
	case MSG_STOP:	 r = stop(p); break;
	}
	close_fd(&m->fd);
	return r;
}

/* --- start ------------------------------------------------------------------------------------ */

static void open_store(struct packets *p)
{
	const struct packets_conf *c = &p->role.plan->net.packets;
	int folder = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = folder < 0 ? -errno : pcap_store_open(folder, &(struct pcap_store_conf){
		.ring = p->role.plan->epoch, .keep_s = c->keep_s, .bytes_max = (uint64_t)c->size_mb << 20,
		.bytes_free = FREE_BYTES,
	}, &p->pump.store, &p->pump.block);

	if (r < 0)
		die("the folder of packets: %s", strerror(-r));
}

static void add_sources(struct packets *p)
{
	if (sd_event_add_time_relative(p->role.loop, &p->tick, CLOCK_MONOTONIC, TICK_US, 10000, tick, p) < 0 ||
	    sd_event_add_defer(p->role.loop, &p->work, work, p) < 0 ||
	    sd_event_source_set_priority(p->work, SD_EVENT_PRIORITY_IDLE) < 0)
		die("event loop");
	enable(p->work, false);
}

int packets_main(void)
{
	static struct packets p;
	_free_ char *folder = NULL;

	role_begin(&p.role, "packets", from_master, &p);
	p.recorder = (struct peer){ .name = "recorder", .fd = -1, .kin = true, .handle = from_recorder, .owner = &p };
	p.ring = -1;
	p.out = xcalloc(1, sizeof(*p.out));
	folder = xasprintf("%s/evidence/pcap", p.role.plan->state);
	role_confine(&p.role, &(struct sandbox){ .uid = SKEP_UID + ROLE_PACKETS, .root = folder,
						 .unshare = CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC });
	open_store(&p);
	add_sources(&p);
	peer_say(&p.role.master, MSG_READY, NULL, -1);
	return role_loop(&p.role);
}
