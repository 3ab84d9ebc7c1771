/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What the kernel says its rules are (`nft list ruleset`, nft 1.0), looked at: do they still contain? */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "model/budget.h"

struct ruleset {
	bool drops;		/* forward: what no rule accepts is dropped */
	bool locked;		/* its first rules are both locks; nothing is accepted or sent on before them */
	bool states;		/* then it tells by the connection's state */
	bool alive;		/* the element is there, and will be gone in alive_ms */
	uint32_t alive_ms;
	bool owned;		/* the table that marks belongs to a socket */
	bool bridge;		/* the second net: frames, in the bridge */
	bool resolvers;		/* who asks others than these for names is refused */
	bool isolation;		/* what goes from one honeypot to another is refused */
	uint32_t budgets;	/* sets that count what honeypots begin */
};

void ruleset_look(const char *listing, struct ruleset *ret);

/* ruleset_budget() - @name: "tcp", ... or "bytes"; up to @n at @ret; how many there are */
size_t ruleset_budget(const char *listing, const char *name, struct budget_used *ret, size_t n);

/* What a session has used of one of its budgets. */
struct ruleset_session {
	uint16_t tag;		/* SKEP_TAG() of its connection */
	struct budget_used used;
};
/* ruleset_sessions() - of the honeypot with @address (host order); @name: "tcp", ...; likewise */
size_t ruleset_sessions(const char *listing, const char *name, uint32_t address, struct ruleset_session *ret, size_t n);

/* Where a honeypot has been. */
struct ruleset_reached {
	addr_number address;
	uint64_t left_ms;	/* so long it counts yet */
};
/* ruleset_reached() - @set: destinations_set(); likewise */
size_t ruleset_reached(const char *listing, const char *set, struct ruleset_reached *ret, size_t n);
bool ruleset_has_set(const char *listing, const char *set);

/* What each rule of the honeynet file was asked about: packets that matched it, and their bytes. */
struct rule_counts {
	uint64_t packets, bytes;
};

/* ruleset_rules() - of the first @n rules that have counters of this name (policy.h); false: the listing has none of them */
bool ruleset_rules(const char *listing, const char *counter, struct rule_counts *ret, uint32_t n);
