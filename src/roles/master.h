/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * What the master's files share: its table of processes (master.c), the children (master_children.c),
 * what they say (master_roles.c), of data control's two layers (master_brake.c), who asks over the control socket (master_clients.c), the status they get
 * (master_status.c), another plan for all (master_reload.c), and the self-test of each night (master_nightly.c).
 */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "brake/brake.h"
#include "guard/guard.h"
#include "model/budget.h"
#include "model/event.h"
#include "model/replan.h"
#include "roles.h"
#include "run/outbox.h"
#include "run/role.h"
#include "service.h"

enum { MAX_CLIENTS = 32 };
enum if_it_dies { STOP_ALL, RESTART };

struct role_row {
	const char *name;
	int (*main)(void);
	enum if_it_dies if_it_dies;
	unsigned talks_to;		/* bits of roles it has a channel to */
	bool (*wanted)(const struct plan *p);	/* NULL always */
};

extern const struct role_row role_table[ROLES];
bool role_is_wanted(const struct plan *p, enum role_id role);

struct master;

struct child {
	struct master *all;
	enum role_id role;
	pid_t pid;			/* 0: not running */
	bool ready;
	bool placed;			/* services: has the gateway's namespace */
	bool renews;			/* it was told to stop, to start again with another plan */
	struct peer peer;
	uint32_t restarts;
	uint64_t started_us, backoff_us;
	sd_event_source *exit, *timer;
};

/* What an administrator does to the whole honeynet; asked is false: nothing */
struct by_hand {
	bool asked;
	uint8_t what;			/* enum hand */
	struct network network;
};

struct client {
	struct master *all;
	struct peer peer;
	int wants;			/* enum net_place asked for, -1 none */
	uint16_t asks_alert;		/* MSG_ALERT_* it waits for, 0 none */
	int pot, deed;			/* honeypot and enum pot_deed it waits for, -1 none */
	struct by_hand by_hand;		/* what it waits for */
	struct budget_set budget;	/* and asks_budget: what it waits for */
	bool asks_budget;
	struct network blocks;		/* who it waits for, of prefix 0: nobody */
	uint32_t block_s;
	bool reloads;			/* it waits for the end of it */
	uid_t uid;
};

enum reload_step { RELOAD_NONE, RELOAD_PREPARE, RELOAD_END, RELOAD_COMMIT, RELOAD_TELL };

struct reload {
	enum reload_step step;
	int fd;
	const struct plan *next;	/* once it has taken over: the one before */
	struct plan_change change;
	uint64_t running;		/* places that are to end, a bit each */
	uid_t uid;			/* who wants it */
	uint32_t confirm_s;		/* it is to be confirmed within so long; 0 it holds for good */
	const char *back;		/* it takes back the last one, and why; NULL */
};

/* A reload that does not hold for good yet. */
struct unconfirmed {
	const struct plan *before;	/* what ran before; NULL: there is none */
	uint64_t until_us;
	uid_t uid;			/* who wanted it */
	sd_event_source *due;
};

/* What was refused so far, as it was told last. */
struct brake_told {
	uint64_t total, at_us;
};

struct master {
	sd_event *loop;
	const struct plan *plan;
	int plan_fd, control;
	int gateway;			/* its namespace, -1 not yet */
	struct child child[ROLES];
	struct client client[MAX_CLIENTS];
	struct { enum honeypot_state state; uint64_t since_us; char why[128]; uint32_t visitor; } pot[MAX_HONEYPOTS];
	struct { enum service_state state; uint64_t since_us; char why[128]; } service[SERVICES];
	struct { uint8_t level, mode; uint64_t judged, violations, lost; } guard;
	struct { uint64_t dropped, rewritten; } prevented;
	struct {
		enum brake_kind kind;
		enum brake_found found;
		uint64_t heard_us;	/* its keeper, last; 0 never */
		sd_event_source *silence;
		uint64_t passed, refused;
		struct brake_told told[MAX_HONEYPOTS + 1][BRAKE_WHYS];	/* by honeypot, the last one nobody's */
	} brake;
	struct text objectives;		/* the newest an administrator gave us, empty none */
	struct reload reload;
	struct unconfirmed unconfirmed;
	struct {
		pid_t pid;		/* of the one that is made now; 0 none */
		bool told;		/* it has said what came of it */
		sd_event_source *due, *exit;
	} nightly;
	struct outbox events;
	uint64_t event_seq, since_us;
	sd_event_source *stop_timer;
	bool sources_given, started, stopping;
	bool locked;			/* nothing comes in or goes out, by hand */
	struct own_budgets own[MAX_HONEYPOTS];	/* budgets by hand, by place */
	int result;
};

/* --- master.c: its own events --- */

void master_tell(struct master *m, struct event *e);	/* dates and numbers it */
void master_tell_role(struct master *m, enum role_id role, const char *state, const char *why);
void master_flush(struct master *m);			/* what waited for a recorder */

/* --- master_children.c --- */

void children_start(struct master *m);			/* all that are wanted */
void children_connect(struct master *m, enum role_id role);	/* it is ready: to those that are, too */
void child_renew(struct master *m, enum role_id role);	/* it ends in order, and starts again if the plan wants it */
void children_stop(struct master *m, int result);	/* all; then the loop ends with @result */

/* --- master_roles.c --- */

peer_handle_fn role_says;				/* the owner of the peer is a struct child */
void role_brief_guard(struct master *m);		/* its mode, as the administrator wants it */
void role_brief_recorder(struct master *m);		/* the objectives, if the plan's are not the newest */

/* --- master_brake.c --- */

void brake_expect(struct master *m);			/* its keeper has all he needs to speak */
int brake_said(struct master *m, struct msg *msg);	/* MSG_BRAKE */
int brake_mended(struct master *m, struct msg *msg);	/* MSG_MENDED */
bool brake_holds(const struct master *m);		/* as far as its keeper says, and he lives */

/* --- master_clients.c --- */

int clients_open(struct master *m);			/* the control socket; 0 or -errno */
/* What the clients who wait for it are given: a namespace's descriptor (lent), what became of a block
 * (0 or errno), what alert said. */
void clients_give_namespace(struct master *m, uint8_t place, int fd);
void clients_tell_hand(struct master *m, const struct by_hand *h, uint32_t error);
void clients_tell_budget(struct master *m, const struct budget_set *b, uint32_t error);
void clients_tell_block(struct master *m, const struct network *who, uint32_t error);
void clients_tell_pot(struct master *m, uint16_t honeypot, uint8_t deed, uint32_t error);
void clients_tell_reload(struct master *m, const char *file, uint32_t error, struct span words);	/* why not, or what is different */
void clients_tell_alert(struct master *m, uint16_t type, struct span said);

/* --- master_reload.c --- */

/*
 * reload_begin() - another plan, @fd, for @confirm_s seconds if it is not confirmed within these, 0 for good; NULL, then
 * clients_tell_reload() comes and @fd is taken; or why it cannot be
 */
const char *reload_begin(struct master *m, uid_t uid, uint32_t confirm_s, int *fd);
const char *reload_confirm(struct master *m);	/* the last one holds for good; NULL, or why there is nothing to confirm */
/* reload_back() - takes the last one back, because of @why (lent for ever). As reload_begin() */
const char *reload_back(struct master *m, uid_t uid, const char *why);
/* What roles say to it: priv MSG_PREPARE and MSG_COMMIT, guests MSG_END, the recorder MSG_PLAN. */
int reload_prepared(struct master *m, struct msg *msg);
int reload_ended(struct master *m, struct msg *msg);
int reload_committed(struct master *m, struct msg *msg);
int reload_told(struct master *m, struct msg *msg);
void reload_recorder_gone(struct master *m);
int64_t reload_waits_s(const struct master *m);	/* seconds until the last one is taken back; -1 it is not */

/* --- master_nightly.c --- */

void nightly_plan(struct master *m);	/* when it is made, as the plan says: again when that is another one */
void nightly_told(struct master *m);	/* a self-test has come to a result */
void nightly_end(struct master *m);	/* the honeynet ends, and with it one that is made now */

/* --- master_status.c --- */

void master_status(const struct master *m, struct text *t);
