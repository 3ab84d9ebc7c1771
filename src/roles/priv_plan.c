/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Another plan while honeypots run (model/replan.h), in two steps with the master's between them.
 *
 *	prepare		all that can fail is made or tried: the new ones' taps, rings, disks, the rules
 *	(the master has the honeypots ended that are to be removed)
 *	commit		waits until nothing is left in their rings, loads the rules, keeps their disks, lets go of
 *			what they had; from here on the plan is the new one
 *
 * What fails leaves what was before. Only a disk under a name that another honeypot had is made after that one has
 * gone: if it cannot be made, the new one is broken, and says so.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "guest/disk.h"
#include "guest/ring.h"
#include "model/twin.h"
#include "net/conntrack.h"
#include "net/firewall.h"
#include "net/gateway.h"
#include "policy/policy.h"
#include "priv.h"
#include "words.h"

enum { DRAIN_US = 10 * 1000 * 1000, LOOK_US = 10 * 1000 };

static bool has(uint64_t places, uint32_t i)
{
	return places >> i & 1;
}

static void say(struct priv *p, uint16_t type, int r, const char *words)
{
	_text_ struct text t = { 0 };

	put_u32(&t, (uint32_t)-r);
	text_add(&t, words);
	peer_say(&p->role.master, type, &t, -1);
}

/* forget() - the plan that was to be */
static void forget(struct priv *p)
{
	plan_unmap(p->next.plan);
	sd_event_source_disable_unref(p->next.due);
	close_fd(&p->next.fd);
	p->next = (struct priv_next){ .fd = -1 };
}

static void unlink_beside(const char *disk, const char *ending)
{
	_free_ char *path = xasprintf("%s%s", disk, ending);

	unlink(path);
}

static void undo(struct priv *p)
{
	for (uint32_t i = 0; i < MAX_HONEYPOTS; i++) {
		if (has(p->next.disks, i)) {
			unlink_beside(p->next.plan->disk[i], "");
			unlink_beside(p->next.plan->disk[i], DISK_IMAGE);
		}
		if (has(p->next.change.added, i))
			priv_drop_pot(p, i);
	}
	forget(p);
}

/* --- prepare ---------------------------------------------------------------------------------- */

/* Its disk's name is that of one that runs yet. */
static bool comes_after(const struct priv *p, uint32_t i)
{
	for (uint32_t k = 0; k < MAX_HONEYPOTS; k++)
		if (has(p->next.change.removed, k) && !strcmp(p->role.plan->disk[k], p->next.plan->disk[i]))
			return true;
	return false;
}

/* A disk that was left is another deployment's: it is kept, and not gone on with. */
static int make_disk(struct priv *p, uint32_t i)
{
	int r = priv_keep_disk(p, p->next.plan, i, "before its honeypot was added again");

	if (r == 0)
		r = priv_first_disk(p, p->next.plan, i);
	p->next.disks |= (uint64_t)(r == 0) << i;
	return r;
}

static int make_pots(struct priv *p, struct text *why)
{
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < MAX_HONEYPOTS; i++) {
		const char *what = "disk";

		if (!has(p->next.change.added, i))
			continue;
		r = priv_make_pot(p, p->next.plan, i, &what);
		if (r == 0 && !comes_after(p, i)) {
			what = "disk";
			r = make_disk(p, i);
		}
		if (r < 0)
			text_addf(why, "%s: %s: %s", p->next.plan->net.honeypot[i].name, what, strerror(-r));
	}
	return r;
}

static int try_rules(struct priv *p, struct text *why)
{
	_text_ struct text rules = { 0 };
	const char *words = "";
	int r;

	policy_replace(&p->role.plan->net, &p->next.plan->net, &rules);
	r = firewall_try(p->firewall, text_str(&rules), &words);
	if (r < 0)
		text_addf(why, "the kernel does not take the rules: %s", words);
	return r;
}

static int try_addresses(struct priv *p, struct text *why)
{
	int r = gateway_addresses(&p->net, &p->next.plan->net);

	if (r < 0)
		text_addf(why, "the gateway's addresses at the uplink: %s", strerror(-r));
	return r;
}

int priv_prepare(struct priv *p, struct msg *m)
{
	_text_ struct text why = { 0 };
	int r;

	if (p->next.plan || p->phase != PHASE_RUN || m->fd < 0 || plan_map(m->fd, &p->next.plan) < 0)
		return -EBADMSG;
	if (replan_fits(p->role.plan, p->next.plan) < 0)
		return -EBADMSG;
	p->next.fd = steal_fd(&m->fd);
	replan_change(p->role.plan, p->next.plan, &p->next.change);
	r = make_pots(p, &why);
	if (r == 0)
		r = try_rules(p, &why);
	if (r == 0)
		r = try_addresses(p, &why);
	if (r < 0)
		undo(p);
	say(p, MSG_PREPARE, r, text_str(&why));
	return 0;
}

/* --- commit ----------------------------------------------------------------------------------- */

static bool all_read(const struct priv *p)
{
	for (uint32_t i = 0; i < MAX_HONEYPOTS; i++)
		if (has(p->next.change.removed, i) && ring_unread(p->guest[i].ring))
			return false;
	return true;
}

static int load_rules(struct priv *p, struct text *why)
{
	_text_ struct text rules = { 0 };
	const char *words = "";
	int r;

	r = priv_load_queue(p, &p->next.plan->net);
	if (r < 0) {
		text_addf(why, "the kernel did not take the prevention's rules: %s", strerror(-r));
		return r;
	}
	policy_replace(&p->role.plan->net, &p->next.plan->net, &rules);
	r = firewall_load(p->firewall, text_str(&rules), &words);
	if (r < 0) {
		text_addf(why, "the kernel did not take the rules: %s", words);
		priv_load_queue(p, &p->role.plan->net);
		priv_know_rules(p);
	}
	return r;
}

/* It has ended, and its ring is read; its disk is evidence. */
static void bury(struct priv *p, uint32_t i)
{
	const struct plan *plan = p->role.plan;
	const char *name = plan->net.honeypot[i].name;
	bool changed = replan_twin(&p->next.change, plan, p->next.plan, i) >= 0;
	uint64_t unread = ring_unread(p->guest[i].ring);
	struct addr own[] = { addr4(plan->net.honeypot[i].address), twin_pot(&plan->net, i) };
	int r = priv_keep_disk(p, plan, i, changed ? "before it was changed" : "before it was removed");

	if (r < 0)
		log_error("%s: its disk stays where it is: %s", name, strerror(-r));
	for (size_t k = 0; k < nitems(own); k++) {
		r = own[k].family ? conntrack_forget_address(p->net.gw, own[k]) : 0;
		if (r < 0)
			log_warn("%s: its connections end by time only: %s", name, strerror(-r));
	}
	if (unread)
		log_error("%s: %lu bytes of its capture ring were not read: it holds nonsense, or nobody reads", name, unread);
	unlink_beside(plan->disk[i], DISK_IMAGE);
	unlink_beside(plan->disk[i], DISK_TOLD);
	unlink_beside(plan->disk[i], DISK_NEXT);
	unlink_beside(plan->disk[i], WORDS_GIVEN);
	priv_drop_pot(p, i);
}

static void finish(struct priv *p)
{
	_text_ struct text why = { 0 };
	int r = load_rules(p, &why);
	bool late[MAX_HONEYPOTS];

	if (r < 0) {
		undo(p);
		say(p, MSG_COMMIT, r, text_str(&why));
		return;
	}
	for (uint32_t i = 0; i < MAX_HONEYPOTS; i++)
		late[i] = has(p->next.change.added, i) && comes_after(p, i);
	for (uint32_t i = 0; i < MAX_HONEYPOTS; i++)
		if (has(p->next.change.removed, i))
			bury(p, i);
	for (uint32_t i = 0; i < MAX_HONEYPOTS; i++)
		if (late[i] && (r = priv_first_disk(p, p->next.plan, i)) < 0)
			log_error("%s: disk: %s", p->next.plan->net.honeypot[i].name, strerror(-r));
	r = plan_remap(p->next.fd, p->role.plan);
	if (r < 0)
		die("plan: %s", strerror(-r));
	budgets_plan(&p->budgets);
	p->containment = p->role.plan->net.containment;
	priv_know_rules(p);
	forget(p);
	say(p, MSG_COMMIT, 0, "");
}

static int commit_due(sd_event_source *src, uint64_t usec, void *userdata)
{
	struct priv *p = userdata;

	(void)usec;
	if (all_read(p) || mono_us() >= p->next.gives_up_us) {
		finish(p);
		return 0;
	}
	sd_event_source_set_time_relative(src, LOOK_US);
	return sd_event_source_set_enabled(src, SD_EVENT_ONESHOT);
}

int priv_commit(struct priv *p)
{
	if (!p->next.plan || p->next.due)
		return -EBADMSG;
	p->next.gives_up_us = mono_us() + DRAIN_US;
	return sd_event_add_time_relative(p->role.loop, &p->next.due, CLOCK_MONOTONIC, 0, 0, commit_due, p);
}
