/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * What honeypots have used of their budgets, from one run of the honeynet to the next: a file of text in the state folder.
 *
 * A run that ends in order writes it when nothing passes any more ("closed"). One that goes on keeps it "open": then only
 * its times are true, and if it ends without a word, by power cut or kill, nobody knows what was used in its last moments.
 * So all of each budget of what leaves counts as used, as long as a period may last that began before that end: also for
 * those that are not in the honeynet file any more, and come back with a reload. Pure.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "model/budget.h"
#include "model/honeynet.h"

enum {
	KEPT_BOOT = 37,
	KEPT_RAN = 2 * MAX_HONEYPOTS,
	KEPT_ADDRESSES = KEPT_RAN + MAX_HONEYPOTS,
	KEPT_MAX = KEPT_ADDRESSES * BUDGETS,
	KEPT_REACHED = 2 * MAX_HONEYPOTS * MAX_DESTINATIONS,	/* so many of each family */
};

/* A moment by two clocks: within one boot the first cannot be set, over a reboot there is only the other. */
struct kept_time {
	char boot[KEPT_BOOT];		/* which boot; "" not known */
	uint64_t uptime_ms, utc_ms;
};

struct kept {
	bool closed;
	struct kept_time at;
	uint32_t period_s;		/* no budget that has begun goes on for longer */
	uint32_t n_ran, ran[KEPT_RAN];	/* open: who may have used something, addresses in host order; the newest of them */
	uint32_t n;			/* closed: what was used */
	struct {
		uint32_t budget;	/* BUDGET_TCP, ... */
		struct budget_used used;
	} use[KEPT_MAX];
	uint32_t n_reached;		/* closed: who was where */
	struct kept_reached {
		uint32_t honeypot;	/* its address, host order */
		addr_number destination;
		uint64_t left_ms;	/* so long it counts */
	} reached[KEPT_REACHED];
};

/* kept_ran() - the honeypot with that address may use something from now on; false: that was known */
bool kept_ran(struct kept *k, uint32_t address);
/* kept_put() - as the file has it; one that is open and of the same honeypots is always of the same length */
void kept_put(const struct kept *k, struct text *ret);
/* kept_read() - 0 and @ret, or -EINVAL: it is not whole */
int kept_read(const char *text, struct kept *ret);
/*
 * kept_now() - what of it holds at @now for the honeypots of @n: who has used what, and for how long yet. Of each one's
 * destinations of a family those that count longest, and no more than it may have.
 */
void kept_now(const struct kept *k, const struct kept_time *now, const struct honeynet *n, struct kept *ret);
