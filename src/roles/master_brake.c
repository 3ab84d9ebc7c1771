/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the master knows of data control's two layers: the brake, as its keeper says, and rules that priv found changed.
 * What the brake refused is told as it comes, but of each honeypot and reason once in SAY_US.
 *
 * A keeper who dies is started again as any other. One who stands still has closed the net by the time that it is noticed
 * here: he is killed, and so replaced.
 */
#include "master.h"

#include <errno.h>
#include <signal.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

enum {
	SAY_US = 10 * 1000 * 1000,
	SILENCE_US = 5 * 1000 * 1000,	/* his word comes once a second */
};

static void tell(struct master *m, const char *state, const char *reason)
{
	master_tell(m, &(struct event){ .kind = EV_CONTROL, .honeypot = -1, .state = span_of(state), .reason = span_of(reason) });
}

/* @place: of a honeypot, the last one for nobody. A total that is less than it was is of another one at this place. */
static void on_refused(struct master *m, uint32_t place, enum brake_why w, uint64_t total)
{
	struct brake_told *told = &m->brake.told[place][w];
	uint64_t now = mono_us();

	if (told->total > total)
		told->total = 0;
	if (told->total == total || (told->at_us && now - told->at_us < SAY_US))
		return;
	master_tell(m, &(struct event){ .kind = EV_CONTROL, .honeypot = place < MAX_HONEYPOTS ? (int32_t)place : -1,
					.state = span_of("refused"), .reason = span_of(brake_why(w)),
					.packets = { total - told->total } });
	*told = (struct brake_told){ total, now };
}

static void on_found(struct master *m, enum brake_kind kind, enum brake_found found)
{
	if (found == BRAKE_PUT_BACK)
		tell(m, "tampered", "somebody took the brake off its device; it is on again");
	if (found == BRAKE_LOST && m->brake.found != BRAKE_LOST)
		tell(m, "missing", "the brake is off its device and cannot be put back: only the rules are left");
	if (kind != m->brake.kind || !m->brake.heard_us)
		tell(m, kind == BRAKE_NONE ? "missing" : "holds", brake_kind_doc(kind));
	m->brake.kind = kind;
	m->brake.found = found;
}

static int silence(sd_event_source *src, uint64_t usec, void *userdata)
{
	struct master *m = userdata;
	struct child *c = &m->child[ROLE_BRAKE];

	(void)src, (void)usec;
	if (m->stopping || !c->pid || !c->placed)
		return 0;
	tell(m, "closed", "the brake's keeper stands still, and nothing passes; another one takes his place");
	kill(c->pid, SIGKILL);
	return 0;
}

void brake_expect(struct master *m)
{
	m->brake.silence = sd_event_source_disable_unref(m->brake.silence);
	if (sd_event_add_time_relative(m->loop, &m->brake.silence, CLOCK_MONOTONIC, SILENCE_US, 10000, silence, m) < 0)
		die("timer");
}

int brake_said(struct master *m, struct msg *msg)
{
	struct cursor *c = &msg->body;
	uint8_t kind = get_u8(c), found = get_u8(c);
	uint64_t passed = get_u64(c), refused = get_u64(c);

	if (c->bad || kind >= BRAKE_KINDS || found >= BRAKE_FOUNDS)
		return -EBADMSG;
	brake_expect(m);
	on_found(m, kind, found);
	m->brake.heard_us = mono_us();
	m->brake.passed = passed;
	m->brake.refused = refused;
	while (cursor_left(c)) {
		uint16_t place = get_u16(c);
		uint8_t why = get_u8(c);
		uint64_t total = get_u64(c);

		if (c->bad || why >= BRAKE_WHYS || (place != UINT16_MAX && place >= m->plan->net.n_honeypots))
			return -EBADMSG;
		on_refused(m, place == UINT16_MAX ? MAX_HONEYPOTS : place, why, total);
	}
	return 0;
}

int brake_mended(struct master *m, struct msg *msg)
{
	uint8_t kept = get_u8(&msg->body);

	if (msg->body.bad || kept > 1)
		return -EBADMSG;
	tell(m, "tampered", "somebody changed the gateway's rules");
	tell(m, "mended", kept ? "the rules are loaded again; what was used, blocked and claimed is as it was" :
	     "the rules are loaded again; budgets begin anew (the brake has counted on), blocks and claims are gone");
	return 0;
}

bool brake_holds(const struct master *m)
{
	const struct child *c = &m->child[ROLE_BRAKE];

	return c->ready && c->placed && m->brake.heard_us > c->started_us && mono_us() - m->brake.heard_us < SILENCE_US / 2 &&
	       m->brake.kind != BRAKE_NONE && m->brake.found != BRAKE_LOST;
}
