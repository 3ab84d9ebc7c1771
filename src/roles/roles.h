/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* One process each; the table in master.c says who they are and what their death means. */
#include <stdbool.h>

struct plan;

/* master_main() - the supervisor of a sealed plan, until it is told to stop; its exit code. Writes a byte to @ready_fd
 * when its control socket is there, and closes it. */
int master_main(int plan_fd, int ready_fd);
int priv_main(void);
int guests_main(void);
int capture_main(void);
int guard_main(void);
int recorder_main(void);
int packets_main(void);
int index_main(void);
int services_main(void);
int alert_main(void);
int brake_main(void);
int sink_main(void);
bool alert_wanted(const struct plan *p);	/* a way is configured */

/* role_run() - what "skep role NAME" does; 2 for a name that is no role */
int role_run(const char *name);

/* The control socket, below the state folder. */
#define CONTROL_SOCKET "run/control.sock"

/* What an administrator does to a honeypot, as MSG_POT carries it. */
enum pot_deed {
	POT_RESET, POT_FREEZE, POT_THAW,
	POT_STILL,	/* freeze, as soon as all it has written is on its disk, or it takes too long */
	POT_DEEDS
};

/* What an administrator does to all of them, as MSG_HAND carries it. */
enum hand { HAND_LOCK, HAND_UNLOCK, HAND_FENCE, HAND_UNFENCE, HANDS };

/* As MSG_STATE carries them and `skep status` shows them. */
enum honeypot_state { HP_OFF, HP_BOOTING, HP_UP, HP_BROKEN, HP_FROZEN, HP_ESCAPED, HP_REMOVED, HP_STATES };
const char *honeypot_state_name(enum honeypot_state s);
