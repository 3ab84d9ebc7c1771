/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scans. A probe is an attempt from outside at an address of the honeynet, whatever the gateway made
 * of it: it is in the packet log. Probes are counted for
 *
 *	their source	different targets (address, protocol, port): within the short window, or more of
 *			them within the long one, are a scan
 *	the honeypot	different ports, from sources that are no scan by themselves
 *	the port	different pairs of source and honeypot, if no honeypot was left out
 *
 * The last two are scans that many share: no source made most of one. When a source turns out to be a
 * scan, what it added to them is taken back, so nothing is told twice.
 *
 * A scan has begun, continues, has ended: it ends when nothing was tried for a window's length. Of a
 * source so many reports are of the severity that is told (`mails`), the last one says so; after it
 * all is recorded still, as information. The next report of one that continues takes twice as long
 * as the one before.
 *
 * A source that is to be kept out is so from the begin of its scan; one that goes on when its time is
 * over is kept out again. What it is refused meanwhile shows that it goes on, too.
 */
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "detect.h"
#include "model/reason.h"
#include "model/twin.h"
#include "scan_table.h"

enum { MANY = 2 };	/* honeypots at least before one port on all of them means something */

struct scan {
	const struct honeynet *net;
	const struct scan_conf *conf;
	struct scan_table *table;
	uint64_t now_us;
	bool unsettled;		/* learned, and not yet looked at */
};

static void *scan_new(const struct honeynet *n, const uint8_t seed[16])
{
	const struct scan_conf *c = &n->scan;
	struct scan *s = xcalloc(1, sizeof(*s));

	s->net = n;
	s->conf = c;
	s->table = scan_table_new(seed, c->window_s * 1000000ull, c->slow_window_s * 1000000ull,
				  c->probes > c->slow_probes ? c->probes : c->slow_probes);
	return s;
}

static void scan_free(void *self)
{
	struct scan *s = self;

	scan_table_free(s->table);
	free(s);
}

/* --- words ------------------------------------------------------------------------------------ */

static bool is_icmp(uint8_t proto)
{
	return proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6;
}

static const char *pot_name(const struct scan *s, int32_t i)
{
	return i >= 0 ? s->net->honeypot[i].name : "the honeynet";
}

static void say_targets(const struct scan *s, const struct scan_entry *e, uint32_t n, struct text *t)
{
	const struct scan_wide *w = e->wide;

	if (!w)
		text_addf(t, "%u targets", n);
	else if (w->ports == 1 && w->hosts > 1 && is_icmp(e->latest.proto))
		text_addf(t, "ping of %u addresses", w->hosts);
	else if (w->ports == 1 && w->hosts > 1)
		text_addf(t, "port %u of %u addresses", e->latest.port, w->hosts);
	else if (w->hosts == 1)
		text_addf(t, "%u port%s of %s", w->ports, w->ports == 1 ? "" : "s", pot_name(s, e->latest.honeypot));
	else
		text_addf(t, "%u ports of %u addresses", w->ports, w->hosts);
	if (w && e->key.kind != SCAN_SOURCE)
		text_addf(t, ", from about %u sources", w->sources);
}

static void say(const struct scan *s, const struct scan_entry *e, struct finding *f, bool last)
{
	_text_ struct text t = { 0 };

	say_targets(s, e, f->count, &t);
	text_addf(&t, " in %" PRIu64 " s", (f->at_us - f->start_us + 999999) / 1000000);
	if (!strcmp(f->state, "continues"))
		text_add(&t, ", and it goes on");
	if (!strcmp(f->state, "ended"))
		text_addf(&t, ", %" PRIu64 " probes; it has ended", e->probes);
	if (last)
		text_add(&t, ". This is the last report about this source: more is only recorded");
	if (!str_copy(f->message, text_str(&t), sizeof(f->message)))
		str_copy(f->message, "a scan", sizeof(f->message));
}

static void report(struct scan *s, struct scan_entry *e, const char *state, uint32_t count, struct findings *out)
{
	bool told = e->reports < s->conf->mails;
	struct finding *f;

	if (!out)
		return;
	e->reports += told;
	f = findings_new(out);
	*f = (struct finding){
		.name = e->key.kind == SCAN_SOURCE ? "scan" : "distributed scan", .state = state,
		.severity = told ? SEVERITY_WARNING : SEVERITY_INFORMATION,
		.honeypot = e->wide && e->wide->hosts == 1 ? e->latest.honeypot : -1,
		.at_us = e->last_us > e->begun_us ? e->last_us : e->begun_us, .start_us = e->begun_us,
		.count = count, .probes = e->probes, .proto = e->latest.proto,
	};
	if (e->key.kind == SCAN_SOURCE)
		f->src = e->latest.src;
	if (e->key.kind == SCAN_POT)
		f->dest = e->key.addr;
	if (e->key.kind == SCAN_PORT)
		f->dest_port = e->key.port;
	if (e->wide) {
		f->ports = e->wide->ports;
		f->hosts = e->wide->hosts;
	}
	say(s, e, f, told && e->reports == s->conf->mails);
}

/* How many different targets are known of one that is a scan. */
static uint32_t targets_of(const struct scan_entry *e)
{
	const struct scan_wide *w = e->wide;

	if (!w)
		return e->probes < UINT32_MAX ? (uint32_t)e->probes : UINT32_MAX;
	return w->ports > w->hosts ? w->ports : w->hosts;
}

/* keep_out() - the report made last asks for it */
static void keep_out(struct scan *s, struct scan_entry *e, struct findings *out)
{
	if (!out || !out->n || !s->conf->block_s || e->key.kind != SCAN_SOURCE)
		return;
	out->at[out->n - 1].block_s = s->conf->block_s;
	e->blocked_until_us = e->last_us + s->conf->block_s * 1000000ull;
}

/* --- begin and end ---------------------------------------------------------------------------- */

static struct scan_key key_of(enum scan_kind kind, const struct probe_seen *p)
{
	struct scan_key k;

	memset(&k, 0, sizeof(k));
	k.kind = (uint8_t)kind;
	if (kind == SCAN_PORT) {
		k.port = p->port;
		k.proto = p->proto;
	} else
		k.addr = kind == SCAN_SOURCE ? p->src : p->dest;
	return k;
}

static void shared_keys(const struct probe_seen *p, struct scan_key ret[2])
{
	ret[0] = key_of(SCAN_POT, p);
	ret[1] = key_of(SCAN_PORT, p);
}

static bool all_pots(struct scan *s, const struct scan_entry *e)
{
	uint64_t all = honeypots_there(s->net);

	return __builtin_popcountll(all) >= MANY && (scan_pots(s->table, e) & all) == all;
}

static bool is_scan(struct scan *s, struct scan_entry *e)
{
	bool fast = e->n_fast >= s->conf->probes;

	e->slow = !fast;
	if (e->key.kind == SCAN_SOURCE)
		return fast || e->n >= s->conf->slow_probes;
	return fast && (e->key.kind == SCAN_POT || all_pots(s, e)) && !scan_mostly_one(s->table, e);
}

static uint64_t window_us(const struct scan *s, const struct scan_entry *e)
{
	return (e->slow ? s->conf->slow_window_s : s->conf->window_s) * 1000000ull;
}

static void begin(struct scan *s, struct scan_entry *e, struct findings *out)
{
	uint32_t count = e->slow ? e->n : e->n_fast;

	if (e->key.kind == SCAN_SOURCE)
		scan_unshare(s->table, e, shared_keys);
	e->probes = count;
	scan_begin(s->table, e);
	e->step_us = 2 * window_us(s, e);
	e->next_report_us = e->last_us + e->step_us;
	report(s, e, "begun", count, out);
	keep_out(s, e, out);
}

static void look_at(struct scan *s, struct scan_entry *e, struct findings *out)
{
	if (out && !e->active && is_scan(s, e))
		begin(s, e, out);
}

static void note(struct scan *s, enum scan_kind kind, const struct probe_seen *p, struct findings *out)
{
	struct scan_key key = key_of(kind, p);
	struct scan_entry *e = scan_get(s->table, &key);

	e->last_us = p->at_us;
	e->latest = *p;
	if (!e->active) {
		scan_note(s->table, e, p);
		look_at(s, e, out);
		return;
	}
	e->probes++;
	scan_widen(s->table, e, p);
	if (e->blocked_until_us && p->at_us >= e->blocked_until_us && !p->refused) {
		report(s, e, "continues", targets_of(e), out);
		keep_out(s, e, out);
		return;
	}
	if (p->at_us >= e->next_report_us && e->reports < s->conf->mails) {
		e->step_us *= 2;
		e->next_report_us = p->at_us + e->step_us;
		report(s, e, "continues", targets_of(e), out);
	}
}

/* --- events ----------------------------------------------------------------------------------- */

/* What claims a source that it cannot have says nothing about who scans. */
static bool is_probe(const struct scan *s, const struct event *e)
{
	return e->kind == EV_VERDICT && e->src.family && !twin_inside(s->net, &e->src) && twin_inside(s->net, &e->dest) &&
	       !(e->reason.len >= 5 && !memcmp(e->reason.at, "spoof", 5));
}

static struct addr source_key(struct addr a)
{
	size_t keep = a.family == 4 ? 4 : 8;	/* IPv6: whoever has one address has its /64 */

	memset(a.byte + keep, 0, sizeof(a.byte) - keep);
	return a;
}

static void learn_block(struct scan *s, const struct event *f)
{
	struct scan_entry *e = scan_find(s->table, &(struct scan_key){ .kind = SCAN_SOURCE, .addr = source_key(f->src) });

	if (e && s->conf->block_s)
		e->blocked_until_us = f->at_us + f->code * 1000000ull;
}

static void learn_finding(struct scan *s, const struct event *f)
{
	struct probe_seen p = { .at_us = f->at_us, .src = source_key(f->src), .dest = f->dest, .port = f->dest_port,
				.proto = f->proto, .honeypot = f->honeypot };
	bool shared = span_is(f->reason, "distributed scan");
	enum scan_kind kind = !shared ? SCAN_SOURCE : f->dest.family ? SCAN_POT : SCAN_PORT;
	struct scan_key key = key_of(kind, &p);
	struct scan_entry *e;

	if (span_is(f->reason, "block"))
		learn_block(s, f);
	if (!shared && !(span_is(f->reason, "scan") && f->src.family))
		return;
	e = scan_get(s->table, &key);
	e->last_us = f->at_us;
	e->latest = p;
	e->reports += f->severity >= SEVERITY_WARNING;
	if (span_is(f->state, "ended")) {
		scan_end(s->table, e);
		return;
	}
	e->slow = f->at_us - f->start_us > s->conf->window_s * 1000000ull;
	if (!shared)
		scan_unshare(s->table, e, shared_keys);
	scan_begin(s->table, e);
	e->begun_us = f->start_us;
	e->probes = f->packets[0];
	e->step_us = 2 * window_us(s, e);
	e->next_report_us = f->at_us + e->step_us;
}

static void scan_feed(void *self, const struct event *e, struct findings *out)
{
	struct scan *s = self;
	struct probe_seen p;

	s->unsettled |= !out;
	if (e->kind == EV_FINDING && !out)
		learn_finding(s, e);
	if (!is_probe(s, e))
		return;
	s->now_us = e->at_us > s->now_us ? e->at_us : s->now_us;
	p = (struct probe_seen){ .at_us = s->now_us, .src = source_key(e->src), .dest = e->dest, .port = e->dest_port,
				 .proto = e->proto, .honeypot = e->honeypot,
				 .refused = span_is(e->reason, reason_name(REASON_BLOCKED)) };
	if (is_icmp(p.proto))
		p.port = 0;	/* its code is no target */
	note(s, SCAN_SOURCE, &p, out);
	if (scan_find(s->table, &(struct scan_key){ .kind = SCAN_SOURCE, .addr = p.src })->active)
		return;
	note(s, SCAN_POT, &p, out);
	note(s, SCAN_PORT, &p, out);
}

/* After learning: what was complete and not yet told, because we died in between. Single sources
 * first: they take back what they added to the others. */
static void settle(struct scan *s, struct findings *out)
{
	for (int shared = 0; shared < 2; shared++) {
		uint32_t at = 0;

		for (struct scan_entry *e; (e = scan_each(s->table, &at));)
			if (shared == (e->key.kind != SCAN_SOURCE))
				look_at(s, e, out);
	}
	s->unsettled = false;
}

static void scan_tick(void *self, uint64_t now_us, struct findings *out)
{
	struct scan *s = self;
	struct scan_entry *e;

	if (s->unsettled)
		settle(s, out);
	s->now_us = now_us > s->now_us ? now_us : s->now_us;
	for (uint32_t i = 0; (e = scan_active(s->table, i)) && out->n < FINDINGS_MAX;) {
		if (e->last_us + window_us(s, e) > s->now_us) {
			i++;
			continue;
		}
		report(s, e, "ended", targets_of(e), out);
		scan_end(s->table, e);	/* another takes its place in the list */
	}
}

const struct detector_ops detector_scan = {
	.name = "scan", .new = scan_new, .feed = scan_feed, .tick = scan_tick, .free = scan_free,
};
