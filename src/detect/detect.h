/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Detectors: from the stream of recorded events to findings. Pure: no clock, no I/O, memory that is
 * bounded whatever comes in, constant work an event.
 *
 * Their time is that of the gateway's records and of detect_tick(): a honeypot's own time is not to
 * be trusted.
 */
#include <stdint.h>

#include "finding.h"
#include "model/honeynet.h"
#include "model/objective.h"
#include "model/reason.h"

/* What the gateway has refused by rate so far, since the rules were loaded. */
struct refused {
	int32_t honeypot;	/* -1 none */
	enum reason reason;
	uint64_t packets;
};

/* A detector; @out NULL: learn only, conclude nothing. */
struct detector_ops {
	const char *name;
	void *(*new)(const struct honeynet *n, const uint8_t seed[16]);
	void (*load)(void *self, const struct objectives *o);				/* may be NULL */
	void (*feed)(void *self, const struct event *e, struct findings *out);
	void (*count)(void *self, const struct refused *c, struct findings *out);	/* may be NULL */
	void (*tick)(void *self, uint64_t now_us, struct findings *out);		/* may be NULL */
	void (*free)(void *self);
};

extern const struct detector_ops detector_scan, detector_flood, detector_notice, detector_objective,
	detector_probe;

struct detect;

/* detect_new() - @n is lent; @seed random, so that nobody can choose what collides */
struct detect *detect_new(const struct honeynet *n, const uint8_t seed[16]);
struct detect *detect_free(struct detect *d);	/* returns NULL */

/* detect_load() - other objectives from now on; @o is copied */
void detect_load(struct detect *d, const struct objectives *o);

/*
 * detect_learn() - an event that is in the journal already, findings too: after it nothing is told a
 * second time. What lies before the first event learned is forgotten: probes of a slow scan, and how
 * many reports a source had.
 */
void detect_learn(struct detect *d, const struct event *e);
/* detect_feed() - each event that is no finding once, in order. Findings are added to @out. */
void detect_feed(struct detect *d, const struct event *e, struct findings *out);
void detect_count(struct detect *d, const struct refused *c, struct findings *out);
/* detect_tick() - what ends by itself; about every second */
void detect_tick(struct detect *d, uint64_t now_us, struct findings *out);

/* finding_event() - @f as it is recorded; spans and strings are lent from @f */
struct event finding_event(const struct finding *f);
