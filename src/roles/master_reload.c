/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Another plan while the honeynet runs (model/replan.h), as root asks for it over the control socket.
 *
 *	PREPARE		priv makes what the new plan needs, and tries its rules
 *	END		guests has those ended that are to be removed
 *	COMMIT		priv waits until their rings are read, and goes over
 *	TELL		the recorder is told; when it knows the new honeypots, and not before, they start
 *
 * What fails before COMMIT is done leaves the plan that was: those that were ended are started again. From then on a
 * process that dies comes back with the new plan, so its death is as good as its word. One that has made something of
 * a part of the plan that is different now is ended in order, and starts again.
 *
 * One that is to be confirmed keeps the plan that ran before, mapped. If the time is over, a plan that leads back there
 * goes the same way; what comes in between is refused, so that there is one way back.
 */
#include "master.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "guest/identity.h"

enum { BUSY_US = 1000 * 1000, FAILED_US = 60 * 1000 * 1000 };	/* when it is tried again to go back */

/* Who has made something of which part of the plan. */
static const struct { unsigned parts; enum role_id role; } makers[] = {
	{ BIT(PART_SAMPLES) | BIT(PART_SCAN), ROLE_RECORDER },
	{ BIT(PART_NIDS), ROLE_SERVICES },
	{ BIT(PART_PACKETS), ROLE_PACKETS },
	{ BIT(PART_ALERT), ROLE_ALERT },
	{ BIT(PART_GUARD), ROLE_GUARD },
	{ BIT(PART_CONTAINMENT), ROLE_SINK },
};

static bool has(uint64_t places, uint32_t i)
{
	return places >> i & 1;
}

static void tell_plan(struct master *m, enum role_id role)
{
	peer_say(&m->child[role].peer, MSG_PLAN, NULL, m->plan_fd);
}

/* --- until it is confirmed -------------------------------------------------------------------- */

static int back_due(sd_event_source *src, uint64_t usec, void *userdata);

static void go_back_in(struct master *m, uint64_t us)
{
	struct unconfirmed *u = &m->unconfirmed;

	u->until_us = mono_us() + us;
	u->due = sd_event_source_disable_unref(u->due);
	if (sd_event_add_time_relative(m->loop, &u->due, CLOCK_MONOTONIC, us, 1000, back_due, m) < 0)
		die("timer");
}

/* settled() - there is no way back any more */
static void settled(struct master *m)
{
	plan_unmap(m->unconfirmed.before);
	sd_event_source_disable_unref(m->unconfirmed.due);
	m->unconfirmed = (struct unconfirmed){ 0 };
}

/* keep_before() - takes what ran before from the reload that is done */
static void keep_before(struct master *m)
{
	struct reload *r = &m->reload;

	m->unconfirmed = (struct unconfirmed){ .before = r->next, .uid = r->uid };
	r->next = NULL;
	go_back_in(m, r->confirm_s * UINT64_C(1000000));
}

int64_t reload_waits_s(const struct master *m)
{
	uint64_t now = mono_us(), until = m->unconfirmed.until_us;

	return !m->unconfirmed.before ? -1 : now < until ? (int64_t)((until - now) / 1000000) : 0;
}

/* Who stays may name one that is gone, in files that a new disk gets: these are small, and keys are there already. */
static void write_identities(const struct plan *p)
{
	for (uint32_t i = 0; i < p->net.n_honeypots; i++) {
		const char *what;
		int r = honeypot_there(&p->net, i) ? identity_make(p, i, &what) : 0;

		if (r < 0)
			log_error("identity of %s: %s: %s", p->net.honeypot[i].name, what, strerror(-r));
	}
}

/* --- the end ---------------------------------------------------------------------------------- */

static void over(struct master *m, uint32_t error, struct span why)
{
	struct reload *r = &m->reload;
	_text_ struct text words = { 0 };

	if (r->back)
		text_addf(&words, "%s: ", r->back);
	if (error)
		text_addn(&words, why.at, why.len);
	else
		replan_words(&r->change, r->next, m->plan, &words);
	if (r->confirm_s && !error)
		text_addf(&words, "; for %u s, unless it is confirmed", r->confirm_s);
	log_info("reload: %s", text_str(&words));
	clients_tell_reload(m, error ? r->next->file : m->plan->file, error, (struct span){ text_str(&words), words.len });
	if (r->back && error)
		go_back_in(m, FAILED_US);
	else if (r->back)
		settled(m);
	else if (r->confirm_s && !error)
		keep_before(m);
	plan_unmap(r->next);
	close_fd(&r->fd);
	m->reload = (struct reload){ .fd = -1 };
}

/* Of the two answers of priv: 0 it is done, or whatever it could not do. */
static int read_answer(struct msg *msg, uint32_t *ret_error, struct span *ret_why)
{
	*ret_error = get_u32(&msg->body);
	*ret_why = get_span(&msg->body, cursor_left(&msg->body));
	return msg->body.bad ? -EBADMSG : 0;
}

/* --- over to the new plan --------------------------------------------------------------------- */

static void renew_makers(struct master *m, unsigned parts, bool others)
{
	for (size_t i = 0; i < nitems(makers); i++)
		if (makers[i].parts & parts)
			child_renew(m, makers[i].role);
	if (others)
		child_renew(m, ROLE_INDEX);	/* it knows honeypots by what the database said at its start */
}

/* Everybody but those who know already: new honeypots start with this. */
static void finish(struct master *m)
{
	struct reload *r = &m->reload;

	for (enum role_id i = 0; i < ROLES; i++)
		if (i != ROLE_RECORDER && i != ROLE_PRIV && i != ROLE_BRAKE && m->child[i].pid)
			tell_plan(m, i);
	for (uint32_t i = 0; i < MAX_HONEYPOTS; i++) {
		_text_ struct text t = { 0 };

		put_u16(&t, (uint16_t)i);
		if (has(r->change.added, i) && m->child[ROLE_CAPTURE].pid)
			peer_say(&m->child[ROLE_PRIV].peer, MSG_RING, &t, -1);
	}
	renew_makers(m, r->change.parts, r->change.added | r->change.removed);
	if (r->back && r->change.removed)
		write_identities(m->plan);
	over(m, 0, span_of(""));
}

/* --- steps ------------------------------------------------------------------------------------ */

static void commit(struct master *m)
{
	m->reload.step = RELOAD_COMMIT;
	peer_say(&m->child[ROLE_PRIV].peer, MSG_COMMIT, NULL, -1);
}

static void end_removed(struct master *m)
{
	struct reload *r = &m->reload;

	r->step = RELOAD_END;
	r->running = r->change.removed;
	for (uint32_t i = 0; i < MAX_HONEYPOTS; i++) {
		_text_ struct text t = { 0 };

		put_u16(&t, (uint16_t)i);
		if (has(r->running, i))
			peer_say(&m->child[ROLE_GUESTS].peer, MSG_END, &t, -1);
	}
	if (!r->running)
		commit(m);
}

int reload_prepared(struct master *m, struct msg *msg)
{
	struct span why;
	uint32_t error;

	if (m->reload.step != RELOAD_PREPARE || read_answer(msg, &error, &why) < 0)
		return -EBADMSG;
	if (error)
		over(m, error, why);
	else
		end_removed(m);
	return 0;
}

int reload_ended(struct master *m, struct msg *msg)
{
	uint16_t i = get_u16(&msg->body);

	if (msg->body.bad || m->reload.step != RELOAD_END || i >= MAX_HONEYPOTS || !has(m->reload.running, i))
		return -EBADMSG;
	m->reload.running &= ~(UINT64_C(1) << i);
	if (!m->reload.running)
		commit(m);
	return 0;
}

/* What an administrator had said alone meanwhile holds until the file says something else. */
static void settle(struct master *m, unsigned parts)
{
	if (parts & BIT(PART_GUARD))
		m->guard.mode = (uint8_t)m->plan->net.guard.mode;
	if (!(parts & BIT(PART_OBJECTIVES)))
		return;
	text_clear(&m->objectives);
	objectives_pack(&m->plan->objectives, &m->objectives);
	role_brief_recorder(m);
}

/* The old plan lives on in @next, for the words. */
static void go_over(struct master *m)
{
	struct reload *r = &m->reload;
	int fd = r->fd;
	const struct plan *plan = r->next;

	r->fd = m->plan_fd;
	r->next = m->plan;
	m->plan_fd = fd;
	m->plan = plan;
	for (uint32_t i = 0; i < MAX_HONEYPOTS; i++)
		if (has(r->change.added, i))
			memset(&m->pot[i], 0, sizeof(m->pot[i]));
	memcpy(m->own, plan->net.containment.own, sizeof(m->own));
	nightly_plan(m);
	r->step = RELOAD_TELL;
	if (m->child[ROLE_BRAKE].pid)
		tell_plan(m, ROLE_BRAKE);	/* the rules have it: addresses that honeypots leave by may be others */
	tell_plan(m, ROLE_RECORDER);
	settle(m, r->change.parts);
	if (!m->child[ROLE_RECORDER].pid)
		finish(m);
}

int reload_committed(struct master *m, struct msg *msg)
{
	struct span why;
	uint32_t error;

	if (m->reload.step != RELOAD_COMMIT || read_answer(msg, &error, &why) < 0)
		return -EBADMSG;
	if (!error) {
		go_over(m);
		return 0;
	}
	tell_plan(m, ROLE_GUESTS);	/* the same one: who was ended is in it, and starts again */
	over(m, error, why);
	return 0;
}

int reload_told(struct master *m, struct msg *msg)
{
	(void)msg;
	if (m->reload.step == RELOAD_TELL)
		finish(m);
	return 0;
}

void reload_recorder_gone(struct master *m)
{
	if (m->reload.step == RELOAD_TELL)
		finish(m);
}

/* begin() - @how: by whom, for how long, whether it leads back. NULL and @fd is taken, or why it cannot be */
static const char *begin(struct master *m, const struct reload *how, int *fd)
{
	static const enum role_id needed[] = { ROLE_PRIV, ROLE_GUESTS, ROLE_CAPTURE, ROLE_RECORDER };
	struct reload *r = &m->reload;
	struct plan_change change;
	const struct plan *next;

	if (r->step != RELOAD_NONE)
		return "another reload is under way";
	for (size_t i = 0; i < nitems(needed); i++)
		if (!m->child[needed[i]].ready || m->stopping || !m->started)
			return "not every process that is needed for it runs now: see skep status";
	if (plan_map(*fd, &next) < 0)
		return "what came is no plan of this skep: is another version of it running?";
	if (replan_fits(m->plan, next) < 0) {
		plan_unmap(next);
		return "what came is no plan for this honeynet";
	}
	replan_change(m->plan, next, &change);
	if (how->confirm_s && change.removed) {
		plan_unmap(next);
		return "who is removed or changed would not come back as it was: that cannot wait to be confirmed";
	}
	*r = (struct reload){ .step = RELOAD_PREPARE, .fd = steal_fd(fd), .next = next, .change = change, .uid = how->uid,
			      .confirm_s = how->confirm_s, .back = how->back };
	peer_say(&m->child[ROLE_PRIV].peer, MSG_PREPARE, NULL, r->fd);
	return NULL;
}

const char *reload_begin(struct master *m, uid_t uid, uint32_t confirm_s, int *fd)
{
	if (m->unconfirmed.before)
		return "the last reload is not confirmed yet: skep reload --confirm, or --back";
	return begin(m, &(struct reload){ .uid = uid, .confirm_s = confirm_s }, fd);
}

/* --- confirmed, or taken back ----------------------------------------------------------------- */

static const char *nothing_waits(const struct master *m)
{
	if (!m->unconfirmed.before)
		return "no reload waits to be confirmed";
	return m->reload.step != RELOAD_NONE ? "it is being taken back now" : NULL;
}

const char *reload_confirm(struct master *m)
{
	const char *why = nothing_waits(m);

	if (!why)
		settled(m);
	return why;
}

const char *reload_back(struct master *m, uid_t uid, const char *why)
{
	_free_ struct plan *back = NULL;
	const char *not = nothing_waits(m);
	_fd_ int fd = -1;

	if (not)
		return not;
	back = xcalloc(1, sizeof(*back));
	replan_back(m->unconfirmed.before, m->plan, back);
	fd = plan_seal(back);
	return fd < 0 ? strerror(-fd) : begin(m, &(struct reload){ .uid = uid, .back = why }, &fd);
}

static int back_due(sd_event_source *src, uint64_t usec, void *userdata)
{
	struct master *m = userdata;
	const char *not = reload_back(m, m->unconfirmed.uid, "taken back, as nobody confirmed it");

	(void)src, (void)usec;
	if (not) {
		log_warn("the last reload was not confirmed, and is not taken back yet: %s", not);
		go_back_in(m, BUSY_US);
	}
	return 0;
}
