/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The recorder's desk for findings: shows recorded events to the detectors, has what they find
 * recorded, and hands it to the alert role once it is safe in the journal.
 *
 * What alert has not acknowledged is kept in memory; what is not there (any more: we were started
 * anew, or it was too much) is read from the journal again, back to RESEND_S.
 */
#include <stdbool.h>
#include <stdint.h>

#include "detect/detect.h"
#include "model/plan.h"
#include "run/peer.h"

enum { DESK_LEARN_S = 600, RESEND_S = 86400 };

typedef void desk_record_fn(void *arg, struct event *e);

struct desk_conf {
	const struct plan *plan;
	sd_event *loop;
	int journal;			/* its folder */
	uint64_t last_seq;		/* in the journal */
	struct peer *priv;		/* who blocks sources */
	const bool *in_batch;		/* something is recorded that is not safe yet */
	desk_record_fn *record;
	void *arg;
};

struct desk;

struct desk *desk_new(const struct desk_conf *c);	/* all of @c is lent */
void desk_learn(struct desk *d, const struct event *e);	/* from the journal, before the first desk_look() */
void desk_look(struct desk *d, const struct event *e);	/* just recorded, and no finding */
void desk_finding(struct desk *d, const struct event *e);	/* just recorded, a finding */
void desk_safe(struct desk *d);				/* the batch is on disk */
void desk_tick(struct desk *d, uint64_t now_us);	/* often */
int desk_alert(struct desk *d, int fd);			/* takes the channel of a new alert */
int desk_objectives(struct desk *d, struct span packed);	/* MSG_OBJECTIVES; 0 or -EBADMSG */
int desk_counts(struct desk *d, struct cursor *c);	/* MSG_COUNTS; 0 or -EBADMSG */
