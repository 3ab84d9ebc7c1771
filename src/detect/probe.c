/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Checks for a honeypot: a visitor who reads one of the files that tell what a machine is may be curious;
 * who reads three different ones within a minute wants to know.
 *
 * A session has a place that it may share with another one, which then begins anew; told is each session
 * once in a while. Files are known by their hash: two that share one count as one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "detect.h"

enum { PLACES = 1024, DIFFERENT = 3 };

static const uint64_t window_us = 60 * 1000000ull, quiet_us = 3600 * 1000000ull;

struct looked {
	uint64_t file, at_us;
	char name[64];
};

struct visitor {
	uint64_t session, told_us;
	struct addr src, dest;
	struct looked at[DIFFERENT];	/* 0 unused; each file once */
};

struct prober {
	struct visitor visitor[PLACES];
};

static void *probe_new(const struct honeynet *n, const uint8_t seed[16])
{
	(void)n, (void)seed;
	return xcalloc(1, sizeof(struct prober));
}

static uint64_t name_hash(struct span s)
{
	uint64_t h = 0xcbf29ce484222325ull;	/* FNV-1a */

	for (size_t i = 0; i < s.len; i++)
		h = (h ^ (uint8_t)s.at[i]) * 0x100000001b3ull;
	return h;
}

static bool is_fresh(const struct looked *l, uint64_t now_us)
{
	return l->at_us && l->at_us + window_us >= now_us && l->at_us <= now_us + window_us;
}

/* remember() - @ret how many different files were looked at lately, this one included */
static uint32_t remember(struct visitor *v, const struct event *e)
{
	uint64_t file = name_hash(e->path);
	struct looked *to = &v->at[0];
	uint32_t n = 0;

	for (size_t i = 0; i < DIFFERENT; i++) {
		struct looked *l = &v->at[i];

		if (l->at_us && l->file == file) {
			to = l;
			break;
		}
		if (l->at_us < to->at_us)
			to = l;
	}
	to->file = file;
	to->at_us = e->at_us;
	snprintf(to->name, sizeof(to->name), "%.*s", (int)(e->path.len < 63 ? e->path.len : 63), e->path.at);
	for (size_t i = 0; i < DIFFERENT; i++)
		n += is_fresh(&v->at[i], e->at_us);
	return n;
}

static void say(const struct visitor *v, const struct event *e, struct findings *out)
{
	struct finding *f = findings_new(out);
	_text_ struct text t = { 0 };

	f->name = "checks for a honeypot";
	f->state = "once";
	f->severity = SEVERITY_WARNING;
	f->honeypot = e->honeypot;
	f->at_us = f->start_us = e->at_us;
	f->session = e->session;
	f->src = v->src;
	f->dest = v->dest;
	f->count = DIFFERENT;
	text_add(&t, "a visitor looks what machine this is:");
	for (size_t i = 0; i < DIFFERENT; i++) {
		text_addc(&t, ' ');
		text_safe(&t, v->at[i].name, strlen(v->at[i].name));
		f->start_us = v->at[i].at_us < f->start_us ? v->at[i].at_us : f->start_us;
	}
	snprintf(f->message, sizeof(f->message), "%s", text_str(&t));
}

static void probe_feed(void *self, const struct event *e, struct findings *out)
{
	struct prober *s = self;
	struct visitor *v = &s->visitor[e->session % PLACES];

	if ((e->kind != EV_PROBE && e->kind != EV_ACCEPT) || !e->session || !e->at_us)
		return;
	if (v->session != e->session)
		*v = (struct visitor){ .session = e->session };
	if (e->kind == EV_ACCEPT) {
		v->src = e->src;
		v->dest = e->dest;
		return;
	}
	if (remember(v, e) < DIFFERENT || (v->told_us && v->told_us + quiet_us > e->at_us))
		return;
	v->told_us = e->at_us;		/* also when we learn */
	if (out)
		say(v, e, out);
}

const struct detector_ops detector_probe = {
	.name = "probe", .new = probe_new, .feed = probe_feed, .free = free,
};
