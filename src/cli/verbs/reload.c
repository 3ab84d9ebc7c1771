/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * skep reload: the honeynet file again, and what is different in it taken over while the honeynet runs.
 *
 * All that takes time or may fail for want of something (images, identities) is done here, before the running skep
 * hears of it. It gets a whole new plan, made of the one that runs; roles/master_reload.c has what becomes of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/changes.h"
#include "cli/cli.h"
#include "cli/control.h"
#include "cli/honeypots.h"
#include "cli/image.h"
#include "cli/objectives.h"
#include "cli/options.h"
#include "cli/out.h"
#include "cli/planning.h"
#include "cli/progress.h"
#include "cli/state.h"
#include "config/config.h"
#include "config/value.h"

enum { ANSWER_MS = 5000, RELOAD_MS = 60000 };
enum { CONFIRM_LEAST_S = 10, CONFIRM_MOST_S = 24 * 60 * 60 };

struct reloading {
	const struct plan *before;
	struct plan *next;
	struct image *image;		/* of the added, by place */
	struct plan_change change;
	const char *file;
	uint32_t confirm_s;		/* it is taken back if nobody confirms it within these; 0 never */
	bool json, dry_run, confirm, back;
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

static const struct plan *running_plan(int control)
{
	_fd_ int fd = -1;
	const struct plan *p;
	int r = control_ask(control, MSG_PLAN, NULL, ANSWER_MS, NULL, &fd);

	if (r != 1 || fd < 0)
		die("no answer from the running skep: %s", strerror(r < 0 ? -r : EPIPE));
	r = plan_map(fd, &p);
	if (r == -EBADMSG)
		die("the running skep is another version than this one: skep down and skep up begin anew with this one");
	if (r < 0)
		die("plan: %s", strerror(-r));
	return p;
}

/* read_file() - what the file says, in the plan that runs; or what to exit with, complaints printed */
static int read_file(struct reloading *r)
{
	struct plan *p = r->next;
	_text_ struct text complaints = { 0 };
	_diag_ struct diag d = { 0 };
	int e = config_again(r->file, &r->before->net, r->before->store_given, &p->net, &d);

	if (e < 0) {
		diag_print(&d, r->file, stderr);
		return e == -EINVAL ? CLI_USAGE : CLI_FAILED;
	}
	if (objectives_of(&p->net, &p->objectives, &complaints)) {
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

/* Two at once would write each other's identities. */
static int take_turn(void)
{
	_free_ char *path = state_path("run/reload");
	_fd_ int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		die("%s: %s", path, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		die("another reload is under way");
	return steal_fd(&fd);
}

/* read_answer() - what the running skep made of it, @n as control_ask() returned it; what to exit with, said if it is bad */
static int read_answer(int n, const struct text *said)
{
	struct cursor c = cursor_of(text_str(said), said->len);
	uint32_t e = get_u32(&c);
	struct span why = get_span(&c, cursor_left(&c));

	if (n != 1 || c.bad)
		die("no answer from the running skep: %s: see %s/log/skep.log", strerror(n < 0 ? -n : EPIPE), state_dir());
	if (e)
		log_error("nothing has changed: %.*s", (int)why.len, why.at);
	return e ? CLI_FAILED : CLI_OK;
}

static int hand_over(const struct reloading *r, int control)
{
	_fd_ int fd = plan_seal(r->next);
	_text_ struct text say = { 0 }, said = { 0 };

	if (fd < 0)
		die("plan: %s", strerror(-fd));
	put_u32(&say, r->confirm_s);
	return read_answer(control_give(control, MSG_RELOAD, &say, fd, RELOAD_MS, &said), &said);
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

/* confirm() - the last one holds for good, or is taken back */
static int confirm(bool back)
{
	_fd_ int control = control_must();
	_text_ struct text say = { 0 }, said = { 0 };

	put_u8(&say, back);
	return read_answer(control_ask(control, MSG_SETTLE, &say, RELOAD_MS, &said, NULL), &said);
}

static int apply(const struct reloading *r, int control)
{
	uint64_t since = mono_us();
	int code;

	planning_build(r->next, r->change.added, r->image, r->file, false);
	planning_identities(r->next, honeypots_there(&r->next->net), r->change.added);
	progress_show("reload", "", since);
	code = hand_over(r, control);
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
	return r->confirm + r->back == 1 && !argc && !r->confirm_s && !r->json && !r->dry_run;
}

int verb_reload(int argc, char **argv)
{
	struct reloading r = { 0 };
	const struct cli_option options[] = {
		{ "dry-run", .flag = &r.dry_run }, { "json", .flag = &r.json },
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
		return only_confirms(&r, argc) ? confirm(r.back) :
		       cli_wrong("reload", "--confirm and --back are about the last reload, and come alone");
	control = control_must();
	turn = take_turn();
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
	return apply(&r, control);
}
