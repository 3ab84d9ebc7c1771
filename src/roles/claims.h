/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Which intruder has which instance: priv's part of it. claims.c says how. */
#include <stdbool.h>
#include <stdint.h>

#include "model/plan.h"

struct firewall;

enum claim_state {
	CLAIM_SHUT,	/* its disk is new, and nobody can come */
	CLAIM_OPEN,	/* the next one gets it */
	CLAIM_KNOCKED,	/* somebody's, who has not got in yet */
	CLAIM_HELD,	/* somebody was in, or may have been: never another's before it has a new disk */
};

/* @honeypot is @source's (host order), who has just sent something; 0: it is free */
typedef void claim_fn(void *arg, uint32_t honeypot, uint32_t source);

struct claims {
	const struct plan *plan;
	struct firewall *firewall;
	int conntrack;		/* to ask the connection table */
	claim_fn *tell;
	void *arg;
	struct claim {
		enum claim_state state;
		uint32_t source;		/* 0 unknown */
		uint64_t came;			/* what its counter said when it was looked at last */
		uint64_t since_us;		/* KNOCKED: first seen */
	} of[MAX_HONEYPOTS];
};

/* claims_was_used() - an instance's disk is not as new: from an earlier life of the honeynet */
bool claims_was_used(const struct plan *p, uint32_t honeypot);

/* The others do nothing about a honeypot that is no instance. */

/* claims_disk() - it has another disk: a new one, or one that may have been used */
void claims_disk(struct claims *c, uint32_t honeypot, bool used);
/* claims_offer() - it is up: the next one may have it, unless somebody has it already */
void claims_offer(struct claims *c, uint32_t honeypot);
/* claims_withdraw() - it is not up, or about to be put back: nobody comes to have it from now on */
void claims_withdraw(struct claims *c, uint32_t honeypot);
/* claims_lost() - the sets are as new: who was open for an intruder is so again */
void claims_lost(struct claims *c);
/* claims_look() - every now and then; @now_us monotonic */
void claims_look(struct claims *c, uint64_t now_us);
