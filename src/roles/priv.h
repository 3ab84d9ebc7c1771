/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * What priv's files share: its state and its honeypots (priv.c), another plan while they run (priv_plan.c), rules that
 * somebody else changes (priv_rules.c).
 */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "budgets.h"
#include "claims.h"
#include "guest/filter.h"
#include "guest/limits.h"
#include "model/replan.h"
#include "net/gateway.h"
#include "net/tags.h"
#include "roles.h"
#include "run/role.h"

struct firewall;

enum priv_phase { PHASE_SETUP, PHASE_RUN, PHASE_DRAIN };
enum { PRIV_LOGS = 2 };		/* packet logs */

struct guest {
	int ring, tap;		/* -1: there is no honeypot at this place */
	pid_t pid;		/* 0: not running */
	sd_event_source *exit;
	int listener;		/* of calls its kernel may not make; -1 */
	sd_event_source *fouls;
	struct limits_group group;
	char *resets;		/* when it has ended it gets a new disk; why */
	int snapshots;		/* folder its last disk goes to */
	bool knows_itself;	/* its disk has its identity */
	uint64_t before;	/* records in its ring when it was started last */
	bool frozen;		/* it waits for a reader of its ring */
	uint64_t tail;		/* for ring_waits() */
	uint32_t ruined;	/* looks at its disk since which it is */
	uint32_t wish;		/* for ring_synced() */
	uint64_t wish_ends;	/* it is held then, or ended, whatever it says */
	bool ends;		/* it is to be removed */
	sd_event_source *wishes;
};

/* The plan that is about to be. */
struct priv_next {
	int fd;
	const struct plan *plan;	/* NULL: there is none */
	struct plan_change change;
	uint64_t disks;			/* places of the added whose disk is made */
	uint64_t gives_up_us;		/* then the rings of the removed are let go of, read or not */
	sd_event_source *due;
};

struct priv {
	struct role role;
	enum priv_phase phase;
	struct peer guests, recorder;
	struct gateway net;
	struct tags *tags;		/* NULL: frames are not tagged */
	struct firewall *firewall;
	int rules;			/* for rules_sum() */
	uint64_t rules_sum;		/* of those that were loaded */
	struct containment containment;	/* the plan's, and what was said by hand since */
	int nflog[PRIV_LOGS];
	int packets;		/* the ring of full packets; -1 it is not wanted */
	int flows, log_udp, log_tcp, inbox[INBOXES];
	int conntrack;			/* to ask the connection table */
	sd_event_source *sweep;
	struct filter filter;		/* the honeypots' */
	struct claims claims;		/* on instances */
	struct budgets budgets;
	struct guest guest[MAX_HONEYPOTS];
	struct priv_next next;
};

/* --- priv.c --- */

/* priv_make_pot() - what place @i of @plan needs but its disk; 0, or -errno and *@ret_what: then priv_drop_pot() */
int priv_make_pot(struct priv *p, const struct plan *plan, uint32_t i, const char **ret_what);
void priv_drop_pot(struct priv *p, uint32_t i);		/* its process has ended */
/* priv_first_disk() - the disk that was laid ready, or one as on the first day, in the place of what is there; 0 or -errno */
int priv_first_disk(struct priv *p, const struct plan *plan, uint32_t i);
/* priv_keep_disk() - what disk place @i of @plan has becomes a snapshot, and why; 0, also if there is none, or -errno */
int priv_keep_disk(struct priv *p, const struct plan *plan, uint32_t i, const char *why);

/* --- priv_plan.c: requests of the master --- */

int priv_prepare(struct priv *p, struct msg *m);	/* MSG_PREPARE */
int priv_commit(struct priv *p);			/* MSG_COMMIT */

/* --- priv_rules.c --- */

/* priv_load_queue() - what honeypots send out goes to the prevention, if the plan @n has it, and only then; 0 or -errno */
int priv_load_queue(struct priv *p, const struct honeynet *n);
void priv_know_rules(struct priv *p);		/* those in the kernel are ours */
void priv_look_at_rules(struct priv *p);	/* whether they still are; if not, they are loaded again */
void priv_note_hand(struct priv *p, enum hand what, const struct network *net);	/* it is done */
