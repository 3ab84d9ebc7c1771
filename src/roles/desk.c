/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "desk.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/log.h"
#include "base/mem.h"
#include "record/journal.h"
#include "record/line.h"
#include "run/outbox.h"
#include "run/role.h"

enum { TICK_US = 1000 * 1000 };

struct desk {
	struct desk_conf c;
	struct detect *detect;
	struct findings found;
	struct peer alert;
	struct outbox box;		/* findings alert has not acknowledged, by number */
	uint64_t floor;			/* those up to this number may be missing in the box */
	uint64_t after, after_us;	/* what alert said it has */
	bool said, ready;		/* it has just said it; since then it is told what comes after */
	uint64_t newest;		/* number in the journal that we know of */
	bool gap;			/* the box was full: the journal has the rest */
	uint64_t ticked_us;
};

static int from_alert(struct peer *peer, struct msg *m);

struct desk *desk_new(const struct desk_conf *c)
{
	struct desk *d = xcalloc(1, sizeof(*d));
	uint8_t seed[16];

	if (getrandom(seed, sizeof(seed), 0) != sizeof(seed))
		die("random numbers: %s", strerror(errno));
	d->c = *c;
	d->floor = d->newest = c->last_seq;
	d->detect = detect_new(&c->plan->net, seed);
	detect_load(d->detect, &c->plan->objectives);
	d->alert = (struct peer){ .name = "alert", .fd = -1, .kin = true, .handle = from_alert, .owner = d };
	return d;
}

/* --- detectors -------------------------------------------------------------------------------- */

static void record_block(struct desk *d, const struct finding *f)
{
	_text_ struct text t = { 0 };
	char words[64];
	struct event e = { .kind = EV_FINDING, .at_us = f->at_us, .honeypot = -1, .origin = { .source = SOURCE_SUPERVISOR },
			   .src = f->src, .code = f->block_s, .severity = SEVERITY_INFORMATION, .start_us = f->at_us,
			   .reason = span_of("block"), .state = span_of("begun") };

	snprintf(words, sizeof(words), "kept out for %u s", f->block_s);
	e.message = span_of(words);
	put_number(&t, addr_to_number(&f->src));
	put_u32(&t, f->src.family == 6 ? 64 : 128);	/* such a source is a network (scan.c) */
	put_u32(&t, f->block_s);
	peer_say(d->c.priv, MSG_BLOCK, &t, -1);
	d->c.record(d->c.arg, &e);
}

static void record_found(struct desk *d)
{
	size_t n = d->found.n;

	if (d->found.lost)
		log_warn("%u findings at once are not recorded", d->found.lost);
	for (size_t i = 0; i < n; i++) {
		struct event e = finding_event(&d->found.at[i]);

		d->c.record(d->c.arg, &e);
		if (d->found.at[i].block_s)
			record_block(d, &d->found.at[i]);
	}
	d->found.n = d->found.lost = 0;
}

void desk_learn(struct desk *d, const struct event *e)
{
	detect_learn(d->detect, e);
}

/* An orderly end closes the gate, too: then priv has gone first, and nobody needs to hear of it. */
static bool is_the_end(const struct desk *d, const struct event *e)
{
	return e->kind == EV_GATE && !peer_up(d->c.priv);
}

void desk_look(struct desk *d, const struct event *e)
{
	if (is_the_end(d, e))
		return;
	detect_feed(d->detect, e, &d->found);
	record_found(d);
}

int desk_objectives(struct desk *d, struct span packed)
{
	_free_ struct objectives *o = xcalloc(1, sizeof(*o));
	int r = objectives_unpack(packed, o);

	if (r == 0)
		detect_load(d->detect, o);
	return r;
}

int desk_counts(struct desk *d, struct cursor *c)
{
	uint16_t honeypot = get_u16(c);
	uint8_t reason = get_u8(c);
	struct refused r = { .packets = get_u64(c) };

	if (c->bad || reason >= N_REASONS || (honeypot != UINT16_MAX && honeypot >= d->c.plan->net.n_honeypots))
		return -EBADMSG;
	r.honeypot = honeypot == UINT16_MAX ? -1 : honeypot;
	r.reason = (enum reason)reason;
	detect_count(d->detect, &r, &d->found);
	record_found(d);
	return 0;
}

/* --- alert ------------------------------------------------------------------------------------ */

static void keep(struct desk *d, const struct event *e)
{
	_text_ struct text t = { 0 };

	d->newest = e->seq > d->newest ? e->seq : d->newest;
	put_u64(&t, e->seq);
	event_pack(&t, e);
	/* In order or not at all: alert takes a smaller number for a second copy. */
	if (!d->gap && outbox_give(&d->box, e->seq, &t) == 0)
		return;
	d->gap = true;
	d->floor = e->seq;
}

void desk_finding(struct desk *d, const struct event *e)
{
	keep(d, e);
}

struct refill {
	struct desk *desk;
	uint64_t since_us;
};

static int refill_line(void *arg, const struct place *at, const char *line, size_t len)
{
	static const char mark[] = "\"event_type\":\"finding\"";
	struct refill *f = arg;
	_line_ struct line l = { 0 };

	(void)at;
	if (!line || !memmem(line, len, mark, sizeof(mark) - 1) || line_read(line, len, &f->desk->c.plan->net, &l) < 0 ||
	    l.event.kind != EV_FINDING || l.event.seq <= f->desk->after || l.event.at_us < f->since_us)
		return 0;
	keep(f->desk, &l.event);
	return outbox_full(&f->desk->box);	/* the rest when these are through */
}

/* refill() - the box anew from the journal: what came after d->after */
static void refill(struct desk *d, uint64_t now_us)
{
	uint64_t oldest = now_us - RESEND_S * 1000000ull, from = d->after_us > oldest ? d->after_us : oldest;
	struct refill f = { .desk = d };
	char file[32];
	int r;

	if (!d->after)		/* it never had any: it is told what happened since `skep up` */
		f.since_us = from = d->c.plan->epoch;
	outbox_release(&d->box, UINT64_MAX);
	d->gap = false;
	d->floor = d->after;
	journal_file_at(from, file);
	r = journal_scan(d->c.journal, file, 0, refill_line, &f);
	if (r < 0)
		log_warn("the journal cannot be read again: alert may miss findings: %s", strerror(-r));
	if (r > 0) {		/* more than the box holds */
		d->gap = true;
		d->floor = UINT64_MAX;
	}
}

/* Only what is safe is told, and only then the journal can be read again without gaps. */
static void pump(struct desk *d, uint64_t now_us)
{
	if (*d->c.in_batch || !peer_up(&d->alert) || !(d->said || d->ready))
		return;
	if (d->said && d->after >= d->floor)
		outbox_release(&d->box, d->after);
	else if (d->said || (d->floor > d->after && !d->box.used))
		refill(d, now_us);
	if (d->said)
		outbox_rewind(&d->box);
	d->said = false;
	d->ready = true;
	outbox_flush(&d->box, d->alert.fd, MSG_FINDING);
}

void desk_safe(struct desk *d)
{
	if (d->ticked_us)
		pump(d, d->ticked_us);
}

void desk_tick(struct desk *d, uint64_t now_us)
{
	if (now_us - d->ticked_us >= TICK_US || now_us < d->ticked_us) {
		d->ticked_us = now_us;
		detect_tick(d->detect, now_us, &d->found);
		record_found(d);
	}
	pump(d, now_us);
}

/* Its own words: that a message could not be delivered. */
static int on_words(struct desk *d, struct msg *m)
{
	struct event e;

	if (event_unpack(m->body, &e) < 0 || e.kind != EV_FINDING || e.honeypot >= (int32_t)d->c.plan->net.n_honeypots)
		return -EBADMSG;
	e.origin = (struct event_origin){ .source = SOURCE_SUPERVISOR };
	d->c.record(d->c.arg, &e);
	return 0;
}

static int on_after(struct desk *d, struct msg *m)
{
	d->after = get_u64(&m->body);
	d->after_us = get_u64(&m->body);
	d->said = true;
	if (d->after > d->newest)
		log_error("alert knows record %" PRIu64 ", which this journal does not have: it will tell nothing before "
			  "that number; %s/alert/spool belongs to another journal", d->after, d->c.plan->state);
	return m->body.bad ? -EBADMSG : 0;
}

static int from_alert(struct peer *peer, struct msg *m)
{
	struct desk *d = peer->owner;
	uint64_t seq;

	close_fd(&m->fd);
	if (m->type == MSG_FINDING)
		return on_words(d, m);
	if (m->type == MSG_AFTER)
		return on_after(d, m);
	seq = get_u64(&m->body);
	if (m->type != MSG_ACK || m->body.bad)
		return -EBADMSG;
	outbox_release(&d->box, seq);
	d->after = seq > d->after ? seq : d->after;
	return 0;
}

int desk_alert(struct desk *d, int fd)
{
	d->said = d->ready = false;	/* until it has said what it has */
	return peer_open(&d->alert, d->c.loop, fd);
}
