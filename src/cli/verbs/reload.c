/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * skep reload: the honeynet file again, and what is different in it taken over while the honeynet runs.
 *
 * All that takes time or may fail for want of something (images, identities) is done here, before the running skep
 * hears of it. It gets a whole new plan, made of the one that runs; roles/master_reload.c has what becomes of it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/changes.h"
#include "cli/cli.h"
#include "cli/control.h"
#include "cli/handover.h"
#include "cli/honeypots.h"
#include "cli/image.h"
#include "cli/names.h"
#include "cli/objectives.h"
#include "cli/options.h"
#include "cli/out.h"
#include "cli/planning.h"
#include "cli/progress.h"
#include "cli/rules.h"
#include "cli/running.h"
#include "config/config.h"
#include "config/value.h"

enum { CONFIRM_LEAST_S = 10, CONFIRM_MOST_S = 24 * 60 * 60 };

struct reloading {
	const struct plan *before;
	struct plan *next;
	struct image *image;		/* of the added, by place */
	struct plan_change change;
	const char *file;
	uint32_t confirm_s;		/* it is taken back if nobody confirms it within these; 0 never */
	bool json, dry_run, confirm, back, selftest;
};

static int show(const struct reloading *r)
{
	struct changes c = { r->before, r->next, r->change };
	_text_ struct text t = { 0 };

	if (r->json) {
		text_add(&t, "{\"file\":");
		text_json(&t, r->file, strlen(r->file));
		text_addf(&t, ",\"dry_run\":%s,\"confirm_within_s\":%u,", r->dry_run ? "true" : "false", r->confirm_s);
		changes_json(&c, &t);
		text_add(&t, "}\n");
	} else
		changes_text(&c, &t);
	return out_all(&t, CLI_OK);
}

/* --- the plans -------------------------------------------------------------------------------- */

/* read_file() - what the file says, in the plan that runs; or what to exit with, complaints printed */
static int read_file(struct reloading *r)
{
	struct plan *p = r->next;
	_text_ struct text complaints = { 0 };
	_diag_ struct diag d = { 0 };
	int e = config_again(r->file, &r->before->net, r->before->store_given, &p->net, &d);

	e = e == 0 ? names_find(&p->net, &d) : e;
	if (e < 0) {
		diag_print(&d, r->file, stderr);
		return e == -EINVAL ? CLI_USAGE : CLI_FAILED;
	}
	if (objectives_of(&p->net, &p->objectives, &complaints) + rules_prevent(&p->net, &complaints)) {
		fputs(text_str(&complaints), stderr);
		return CLI_USAGE;
	}
	if (replan_places(&r->before->net, &p->net) < 0) {
		log_error("there are places for %d honeypots, and who changes needs a second one for a moment: remove some "
			  "with one reload, and add the others with another", MAX_HONEYPOTS);
		return CLI_FAILED;
	}
	planning_file(p, r->file);
	planning_decisions(p);
	planning_prevention(p);
	return CLI_OK;
}

/* find_images() - those of who is added; or what to exit with, complaints printed */
static int find_images(struct reloading *r)
{
	_diag_ struct diag d = { 0 };

	if (images_find(&r->next->net, r->change.added, r->image, &d) == 0)
		return CLI_OK;
	diag_print(&d, r->file, stderr);
	return CLI_USAGE;
}

static void make_plan(struct reloading *r)
{
	for (uint32_t i = 0; i < r->next->net.n_honeypots; i++)
		if (honeypot_there(&r->next->net, i) && !honeypot_there(&r->before->net, i))
			r->next->born_us[i] = now_us();
	replan_change(r->before, r->next, &r->change);
}

/* --- applied ---------------------------------------------------------------------------------- */

/* may_wait() - whether it can be taken back, if it is to be confirmed */
static int may_wait(const struct reloading *r)
{
	for (uint32_t i = 0; r->confirm_s && i < MAX_HONEYPOTS; i++) {
		if (!(r->change.removed >> i & 1))
			continue;
		log_error("%s is removed or changed, and would not come back as it was: that cannot wait to be confirmed. "
			  "Reload that by itself, without --confirm-within", r->before->net.honeypot[i].name);
		return CLI_FAILED;
	}
	return CLI_OK;
}

/* Whoever stands still or is broken from before is no matter of this. */
static int wait_for_new(int control, uint64_t added)
{
	char why[HONEYPOTS_WHY];

	if (honeypots_wait(control, added, why) == 0)
		return CLI_OK;
	log_error("%s: see skep status", why);
	return CLI_FAILED;
}

/* What has taken long to start may be gone again. */
static int say_how_long(int control)
{
	json_t *status, *waits;
	int r = control_status(control, NULL, &status);

	if (r < 0)
		die("skep does not answer: %s", strerror(-r));
	waits = json_object_get(json_object_get(status, "reload"), "taken_back_in_s");
	if (waits)
		log_warn("taken back in %" JSON_INTEGER_FORMAT " s, unless `skep reload --confirm` comes", json_integer_value(waits));
	else
		log_error("it was confirmed or taken back meanwhile: see skep events --kind admin");
	r = waits ? CLI_OK : CLI_FAILED;
	json_decref(status);
	return r;
}

static int apply(const struct reloading *r, int control)
{
	uint64_t since = mono_us();
	int code;

	planning_build(r->next, r->change.added, r->image, r->file, false);
	planning_identities(r->next, honeypots_there(&r->next->net), r->change.added);
	progress_show("reload", "", since);
	code = handover_give(r->next, r->confirm_s, control);
	if (code != CLI_OK) {
		planning_identities(r->before, honeypots_there(&r->before->net), r->change.removed);
		return code;
	}
	progress_done("reload", "", since);
	if (r->change.added)
		code = wait_for_new(control, r->change.added);
	return code == CLI_OK && r->confirm_s ? say_how_long(control) : code;
}

static int read_confirm(const char *verb, const char *word, void *into)
{
	uint64_t s;

	if (!value_seconds(word, &s) || s < CONFIRM_LEAST_S || s > CONFIRM_MOST_S)
		return cli_wrong(verb, "%s: within what time? 10s to 1d", word);
	*(uint32_t *)into = (uint32_t)s;
	return CLI_OK;
}

/* only_confirms() - --confirm or --back, which come alone */
static bool only_confirms(const struct reloading *r, int argc)
{
	return r->confirm + r->back == 1 && !argc && !r->confirm_s && !r->json && !r->dry_run && !(r->back && r->selftest);
}

/* Another program, so that it has nothing of what is open here: also not the turn. */
static int test(const struct reloading *r)
{
	execl("/proc/self/exe", "skep", "selftest", r->json ? "--json" : NULL, NULL);
	log_error("selftest: %s", strerror(errno));
	return CLI_FAILED;
}

/* settle() - the last one holds for good, or is taken back */
static int settle(const struct reloading *r)
{
	_fd_ int control = control_must();
	int code = handover_settle(r->back, control);
	bool wanted = r->selftest || running_plan(control)->net.selftest.after_change;

	return code == CLI_OK && !r->back && wanted ? test(r) : code;
}

/* wants_test() - now: one that waits to be confirmed is tested when it is, for a self-test is a reload, too */
static bool wants_test(const struct reloading *r)
{
	return !r->confirm_s && (r->selftest || (r->next->net.selftest.after_change && plan_change_passes(&r->change)));
}

int verb_reload(int argc, char **argv)
{
	struct reloading r = { 0 };
	const struct cli_option options[] = {
		{ "dry-run", .flag = &r.dry_run }, { "json", .flag = &r.json },
		{ "selftest", .flag = &r.selftest },
		{ "confirm-within", .read = read_confirm, .into = &r.confirm_s },
		{ "confirm", .flag = &r.confirm }, { "back", .flag = &r.back }, { 0 },
	};
	_fd_ int control = -1, turn = -1;
	int code = cli_options(&argc, &argv, "reload", options);

	if (code >= 0)
		return code;
	if (argc > 1)
		return cli_wrong("reload", "one file at a time");
	if (r.confirm || r.back)
		return only_confirms(&r, argc) ? settle(&r) :
		       cli_wrong("reload", "--confirm and --back are about the last reload, and come alone");
	if (r.confirm_s && r.selftest)
		return cli_wrong("reload", "the self-test comes when it is confirmed: --confirm --selftest");
	control = control_must();
	turn = handover_turn();
	r.before = running_plan(control);
	r.next = xcalloc(1, sizeof(*r.next));
	r.image = xcalloc(MAX_HONEYPOTS, sizeof(*r.image));
	*r.next = *r.before;
	r.file = argc ? argv[0] : r.before->file;
	code = read_file(&r);
	if (code != CLI_OK)
		return code;
	make_plan(&r);
	code = find_images(&r);
	if (code != CLI_OK)
		return code;
	code = show(&r);
	if (code == CLI_OK)
		code = may_wait(&r);
	if (code != CLI_OK || r.dry_run || plan_change_none(&r.change))
		return code;
	code = apply(&r, control);
	return code == CLI_OK && wants_test(&r) ? test(&r) : code;
}
