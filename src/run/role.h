/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * What a role is given when it starts, and the messages roles exchange.
 *
 * The master forks, and the child executes skep again as "skep role NAME" with two descriptors:
 * its channel to the master and the plan. Everything else arrives over the channel.
 */
#include <systemd/sd-event.h>

#include "model/plan.h"
#include "peer.h"

enum { ROLE_FD_MASTER = 3, ROLE_FD_PLAN = 4 };
enum role_id {
	ROLE_PRIV, ROLE_GUESTS, ROLE_CAPTURE, ROLE_RECORDER, ROLE_PACKETS, ROLE_GUARD, ROLE_ALERT, ROLE_INDEX,
	ROLE_SERVICES, ROLE_BRAKE, ROLE_SINK, ROLES
};

enum msg_type {
	/* master to a role */
	MSG_PEER = 1,		/* u8 role; fd: your channel to it, replaces the one before */
	MSG_SOURCE,		/* u8 enum source_kind, u32 index; fd: to capture or packets, what to read */
	MSG_START,		/* to guests: start the honeypots; to capture: all sources are there */
	MSG_STOP,		/* finish and exit 0 */
	MSG_CONSOLE,		/* to guests: u16 honeypot; fd: of a client who wants the console */
	MSG_PLAN,		/* fd: the plan from now on; back, from the recorder: it is so, and nothing in it.
				   Client to master: nothing; back: fd, the plan that runs */
	/* a role to the master */
	MSG_READY,		/* set-up is done */
	MSG_STATE,		/* guests: u16 honeypot, u8 enum honeypot_state, reason text */
	/* master to priv and back */
	MSG_SOURCES,		/* to priv, u8 role: send all its sources; back: one MSG_SOURCE each, then MSG_START,
				   u8 role */
	MSG_NAMESPACE,		/* u8 enum net_place; back the same with fd */
	MSG_PREPARE,		/* fd: a plan; make what it needs that is not there; back: u32 0 or errno, text which step */
	MSG_COMMIT,		/* the prepared plan from now on, as soon as the rings of the removed are read; back: as above */
	MSG_RING,		/* u16 honeypot; back: MSG_SOURCE, to capture */
	/* master to guests, on to priv, and all the way back */
	MSG_END,		/* u16 honeypot: it writes its disk and ends, to be removed; back, when it has ended */
	/* guests to priv and back */
	MSG_SPAWN,		/* u16 honeypot; back: the same, u32 0 or errno, u64 how old its disk is, us, u8 whether
				 * it was started from before; fd: console */
	MSG_KILL,		/* u16 honeypot */
	MSG_EXITED,		/* from priv: u16 honeypot, u32 wait status */
	MSG_RESET,		/* u16 honeypot, text why: a new disk; back: u16 honeypot, u32 0 or errno */
	MSG_HOLD,		/* u16 honeypot, u8 enum hold; back: the same, u32 0 or errno */
	MSG_ESCAPED,		/* from priv: u16 honeypot, text what its kernel was about to do; it is being killed */
	MSG_RUINED,		/* from priv: u16 honeypot, the file system on its disk is gone; told again and again */
	MSG_FROZEN,		/* from priv: u16 honeypot, u8 whether it stands still, for nobody reads its ring */
	MSG_PROBE,		/* u16 honeypot, u8 probe; back: the same; fd: a connecting socket */
	MSG_OFFER,		/* u16 instance, u8 whether it is up for an intruder who has none */
	MSG_CLAIM,		/* from priv: u16 instance, u32 address of whom it is and who has just sent something; 0: it
				   is free. Also guests to the master, when that changes */
	/* services to the master */
	MSG_SERVICE,		/* u8 which, u8 enum service_state, text why */
	/* guard to the master and back */
	MSG_GUARD_LEVEL,	/* u8 enum guard_level, u8 enum guard_mode, u64 programs judged, u64 violations, u64 lost */
	MSG_GUARD_MODE,		/* to guard, and from a client to the master: u8 enum guard_mode; back to the client:
				   nothing in it */
	/* brake to the master */
	MSG_BRAKE,		/* u8 enum brake_kind, u8 enum brake_found, u64 packets of honeypots that passed, u64 refused, and
				   again and again u16 honeypot, 65535 none, u8 enum brake_why, u64 packets refused so far */
	/* priv to the master */
	MSG_MENDED,		/* u8 whether what they count was kept: the rules were not ours any more, and are again */
	/* client to the master, when all is done back */
	MSG_RELOAD,		/* fd: the next plan; u32 seconds within which it is to be confirmed, 0 it holds for good;
				   back: u32 0 or errno, text why not */
	MSG_SETTLE,		/* of the last one, u8 0: it holds for good, 1: it is taken back; back: as above, MSG_RELOAD */
	/* client to the master, and on to the recorder; back to the client: nothing in it */
	MSG_OBJECTIVES,		/* as objectives_pack() writes them */
	/* capture, packets, guard or master to the recorder and back */
	MSG_EVENT,		/* a packed event */
	MSG_EVENTS,		/* many of one lane, as event_put() writes them */
	MSG_BEAT,		/* capture: all sources are looked at, again and again */
	MSG_ACK,		/* recorder: struct event_origin fields, i32 honeypot: is on disk up to here */
	MSG_RESUME,		/* recorder to a new sender: as MSG_ACK, what it had before; then MSG_START */
	/* recorder to alert and back */
	MSG_FINDING,		/* u64 number in the journal, then a packed event; back (MSG_ACK): u64 number */
	MSG_AFTER,		/* alert to recorder: u64 number, u64 time of the last finding it has */
	/* recorder to the master, and on to guests */
	MSG_VISITED,		/* u16 honeypot: a program was run in a session */
	/* recorder to the master */
	MSG_PREVENTED,		/* u32 drops, u32 rewritten packets that the prevention has told since the last time */
	/* recorder to priv */
	MSG_GATE_OPEN,		/* forward for another moment */
	MSG_GATE_CLOSE,		/* stop forwarding now */
	MSG_BLOCK,		/* also control socket to master to priv: number address, u32 prefix, u32 seconds, 0 no longer; back to
				   the master: number address, u32 prefix, u32 0 or errno */
	MSG_HAND,		/* control socket to master to priv: u8 enum hand, number address, u32 prefix; back to the master:
				   the same, u32 0 or errno; to the client: u32 0 or errno */
	MSG_BUDGET,		/* control socket to master to priv, and once it holds to the brake: as budget_set_put() writes it; back to the master: the same,
				   u32 0 or errno; to the client: u32 0 or errno */
	MSG_COUNTS,		/* priv to the recorder: u16 honeypot, 65535 none, u8 enum reason, u64 packets refused */
	/* control socket: client to master and back */
	MSG_STATUS,		/* back: JSON text */
	MSG_DOWN,		/* back: nothing; the channel closes when all is gone */
	MSG_POT,		/* also master to guests: u16 honeypot, u8 enum pot_deed; back: the same, u32 0 or errno */
	MSG_ATTACH,		/* u16 honeypot; back the same with fd */
	MSG_ADMIN,		/* a packed event EV_ADMIN or EV_SELFTEST: what an administrator does; back: nothing, it is taken */
	MSG_ALERT_TEST, MSG_ALERT_STATUS,	/* also master to alert; back: JSON text */
	MSG_ERROR,		/* back: text */
	MSG_TYPES
};

enum hold {
	HOLD_NOT, HOLD_STILL,
	HOLD_SYNCED,		/* still, as soon as the guest has written all there is to its disk, or soon anyway */
	HOLDS
};

enum source_kind {
	SOURCE_KIND_RING, SOURCE_KIND_NFLOG, SOURCE_KIND_OWNER, SOURCE_KIND_FLOW,
	SOURCE_KIND_SYSLOG_UDP, SOURCE_KIND_SYSLOG_TCP,	/* a bound socket, a listening one */
	SOURCE_KIND_EVE,		/* a file of EVE lines; the index is its number */
	SOURCE_KIND_INLINE,		/* the same, of the prevention */
	SOURCE_KIND_PACKETS,		/* a TPACKET_V3 ring; the only one that goes to packets */
	SOURCE_KIND_INBOX,		/* memory for what was taken from a socket; the index is enum inbox_use */
};
enum inbox_use { INBOX_SYSLOG, INBOX_FLOW, INBOXES };
enum net_place { PLACE_LAB, PLACE_GATEWAY, PLACES };

/* A role's own start: maps the plan, joins the loop, connects to the master. */
struct role {
	const char *name;
	sd_event *loop;
	const struct plan *plan;
	struct peer master;
	void *self;		/* the role's own state */
};

/* role_begin() - dies with a message on failure; @handle gets the master's messages */
void role_begin(struct role *r, const char *name, peer_handle_fn *handle, void *self);
/* role_confine() - sandbox_enter() for a role; dies on failure */
struct sandbox;
void role_confine(const struct role *r, const struct sandbox *s);
/* role_take_peer() - MSG_PEER: @to is this channel from now on; -EBADMSG: it is no channel to @from */
int role_take_peer(const struct role *r, struct msg *m, enum role_id from, struct peer *to);
/*
 * role_take_plan() - MSG_PLAN: from now on this is the plan, for all who were lent a part of the one before: it is
 * mapped where that one was. -EBADMSG: it is no plan
 */
int role_take_plan(struct role *r, struct msg *m);
/* role_loop() - until sd_event_exit(); the process's exit code */
int role_loop(struct role *r);

int plan_map(int fd, const struct plan **ret);	/* the sealed plan, until plan_unmap(); 0, -EBADMSG: it is none, or -errno */
const struct plan *plan_unmap(const struct plan *p);	/* NULL */
int plan_remap(int fd, const struct plan *at);	/* another one in its place; 0, or as above and nothing has changed */
int plan_seal(const struct plan *p);		/* a descriptor, or -errno */
