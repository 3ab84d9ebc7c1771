/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detect.h"

#include <stdlib.h>

#include "base/mem.h"

static const struct detector_ops *const detectors[] = {
	&detector_scan, &detector_flood, &detector_notice, &detector_objective, &detector_probe,
};

struct detect {
	void *self[nitems(detectors)];
};

struct finding *findings_new(struct findings *f)
{
	struct finding *r = &f->at[f->n < FINDINGS_MAX ? f->n : FINDINGS_MAX - 1];

	if (f->n < FINDINGS_MAX)
		f->n++;
	else
		f->lost++;
	*r = (struct finding){ .honeypot = -1 };
	return r;
}

struct detect *detect_new(const struct honeynet *n, const uint8_t seed[16])
{
	struct detect *d = xcalloc(1, sizeof(*d));

	for (size_t i = 0; i < nitems(detectors); i++)
		d->self[i] = detectors[i]->new(n, seed);
	return d;
}

struct detect *detect_free(struct detect *d)
{
	for (size_t i = 0; d && i < nitems(detectors); i++)
		detectors[i]->free(d->self[i]);
	free(d);
	return NULL;
}

void detect_load(struct detect *d, const struct objectives *o)
{
	for (size_t i = 0; i < nitems(detectors); i++)
		if (detectors[i]->load)
			detectors[i]->load(d->self[i], o);
}

void detect_feed(struct detect *d, const struct event *e, struct findings *out)
{
	for (size_t i = 0; i < nitems(detectors); i++)
		detectors[i]->feed(d->self[i], e, out);
}

void detect_learn(struct detect *d, const struct event *e)
{
	detect_feed(d, e, NULL);
}

void detect_count(struct detect *d, const struct refused *c, struct findings *out)
{
	for (size_t i = 0; i < nitems(detectors); i++)
		if (detectors[i]->count)
			detectors[i]->count(d->self[i], c, out);
}

void detect_tick(struct detect *d, uint64_t now_us, struct findings *out)
{
	for (size_t i = 0; i < nitems(detectors); i++)
		if (detectors[i]->tick)
			detectors[i]->tick(d->self[i], now_us, out);
}

struct event finding_event(const struct finding *f)
{
	return (struct event){
		.kind = EV_FINDING, .at_us = f->at_us, .origin = { .source = SOURCE_SUPERVISOR },
		.honeypot = f->honeypot, .src = f->src, .dest = f->dest, .dest_port = f->dest_port, .proto = f->proto,
		.code = f->count, .state = span_of(f->state), .reason = span_of(f->name), .severity = (uint8_t)f->severity,
		.start_us = f->start_us, .packets = { f->probes }, .octets = { f->ports, f->hosts },
		.message = span_of(f->message), .session = f->session,
	};
}
