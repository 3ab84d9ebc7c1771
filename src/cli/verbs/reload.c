/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * skep reload: the honeynet file again, and what is different in it taken over while the honeynet runs.
 *
 * All that takes time or may fail for want of something (images, identities) is done here, before the running skep
 * hears of it. It gets a whole new plan, made of the one that runs; roles/master_reload.c has what becomes of it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/control.h"
#include "cli/honeypots.h"
#include "cli/image.h"
#include "cli/names.h"
#include "cli/objectives.h"
#include "cli/options.h"
#include "cli/out.h"
#include "cli/planning.h"
#include "cli/progress.h"
#include "cli/running.h"
#include "cli/state.h"
#include "config/config.h"
#include "model/replan.h"

enum { ANSWER_MS = 5000, RELOAD_MS = 60000 };

struct reloading {
	const struct plan *before;
	struct plan *next;
	struct image *image;		/* of the added, by place */
	struct plan_change change;
	const char *file;
	bool json, dry_run;
};

static bool has(uint64_t places, uint32_t i)
{
	return places >> i & 1;
}

/* --- what is different ------------------------------------------------------------------------ */

static void pot_words(const struct honeypot *h, struct text *t)
{
	char address[ADDR_TEXT];
	struct addr a = addr4(h->address);

	text_addf(t, "%-12s %-15s %s, %u MiB, host name %s", h->name, addr_text(&a, address), h->image, h->memory_mb,
		  h->hostname);
}

/* What is different about a honeypot that changes: "memory 96 -> 128", with @between each two. */
static void changed_words(const struct honeypot *a, const struct honeypot *b, const char *between, struct text *t)
{
	char was[ADDR_TEXT], is[ADDR_TEXT];
	struct addr from = addr4(a->address), to = addr4(b->address);
	size_t begin = t->len;

	if (a->address != b->address)
		text_addf(t, "address %s -> %s", addr_text(&from, was), addr_text(&to, is));
	if (strcmp(a->image, b->image))
		text_addf(t, "%simage %s -> %s", t->len > begin ? between : "", a->image, b->image);
	if (a->memory_mb != b->memory_mb)
		text_addf(t, "%smemory %u MiB -> %u MiB", t->len > begin ? between : "", a->memory_mb, b->memory_mb);
	if (strcmp(a->hostname, b->hostname))
		text_addf(t, "%shostname %s -> %s", t->len > begin ? between : "", a->hostname, b->hostname);
	if (memcmp(a->mac, b->mac, sizeof(a->mac)))
		text_addf(t, "%smac", t->len > begin ? between : "");
	if (strcmp(a->name, b->name))
		text_addf(t, "%sname %s -> %s", t->len > begin ? between : "", a->name, b->name);
	if (t->len == begin)
		text_add(t, "its services, past, weaknesses or honeytokens");
}

/* The places of those that only come; the twins of the removed are told with them. */
static uint64_t newcomers(const struct reloading *r)
{
	uint64_t places = r->change.added;

	for (uint32_t i = 0; i < MAX_HONEYPOTS; i++) {
		int twin = has(r->change.removed, i) ? replan_twin(&r->change, r->before, r->next, i) : -1;

		if (twin >= 0)
			places &= ~(UINT64_C(1) << twin);
	}
	return places;
}

static void show_text(const struct reloading *r, struct text *t)
{
	const struct honeypot *was = r->before->net.honeypot, *is = r->next->net.honeypot;
	uint64_t places = newcomers(r);

	for (uint32_t i = 0; i < MAX_HONEYPOTS; i++) {
		int twin = has(r->change.removed, i) ? replan_twin(&r->change, r->before, r->next, i) : -1;

		if (twin >= 0) {
			text_addf(t, "~ %-12s ", is[twin].name);
			changed_words(&was[i], &is[twin], ", ", t);
			text_add(t, " (a new one takes its place)\n");
		} else if (has(r->change.removed, i)) {
			text_add(t, "- ");
			pot_words(&was[i], t);
			text_addc(t, '\n');
		}
	}
	for (uint32_t i = 0; i < MAX_HONEYPOTS; i++) {
		if (!has(places, i))
			continue;
		text_add(t, "+ ");
		pot_words(&is[i], t);
		text_addc(t, '\n');
	}
	for (enum plan_part p = 0; p < PARTS; p++)
		if (r->change.parts & BIT(p))
			text_addf(t, "~ %s\n", plan_part_name(p));
	if (plan_change_none(&r->change))
		text_add(t, "nothing is different from what runs\n");
}

static void names_json(const char *key, uint64_t places, const struct honeypot *pot, struct text *t)
{
	const char *comma = "";

	text_addf(t, ",\"%s\":[", key);
	for (uint32_t i = 0; i < MAX_HONEYPOTS; i++) {
		if (!has(places, i))
			continue;
		text_addf(t, "%s\"%s\"", comma, pot[i].name);
		comma = ",";
	}
	text_addc(t, ']');
}

/* The path of an image may be anything. */
static void changes_json(const struct honeypot *was, const struct honeypot *is, struct text *t)
{
	_text_ struct text words = { 0 };
	const char *comma = "";
	char *left, *one;

	changed_words(was, is, "\n", &words);
	for (left = words.at; (one = strsep(&left, "\n")); comma = ",") {
		text_add(t, comma);
		text_json(t, one, strlen(one));
	}
}

static void show_json(const struct reloading *r, struct text *t)
{
	const struct honeypot *was = r->before->net.honeypot, *is = r->next->net.honeypot;
	uint64_t removed = r->change.removed;
	_text_ struct text changed = { 0 };
	const char *comma = "";

	for (uint32_t i = 0; i < MAX_HONEYPOTS; i++) {
		int twin = has(removed, i) ? replan_twin(&r->change, r->before, r->next, i) : -1;

		if (twin < 0)
			continue;
		removed &= ~(UINT64_C(1) << i);
		text_addf(&changed, "%s{\"name\":\"%s\",\"changes\":[", changed.len ? "," : "", is[twin].name);
		changes_json(&was[i], &is[twin], &changed);
		text_add(&changed, "]}");
	}
	text_add(t, "{\"file\":");
	text_json(t, r->file, strlen(r->file));
	text_addf(t, ",\"dry_run\":%s", r->dry_run ? "true" : "false");
	names_json("added", newcomers(r), is, t);
	names_json("removed", removed, was, t);
	text_addf(t, ",\"changed\":[%s],\"parts\":[", text_str(&changed));
	for (enum plan_part p = 0; p < PARTS; p++) {
		if (!(r->change.parts & BIT(p)))
			continue;
		text_addf(t, "%s\"%s\"", comma, plan_part_name(p));
		comma = ",";
	}
	text_add(t, "]}\n");
}

static int show(const struct reloading *r)
{
	_text_ struct text t = { 0 };

	(r->json ? show_json : show_text)(r, &t);
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

static int hand_over(const struct reloading *r, int control)
{
	_fd_ int fd = plan_seal(r->next);
	_text_ struct text said = { 0 };
	struct cursor c;
	struct span why;
	uint32_t e;
	int n;

	if (fd < 0)
		die("plan: %s", strerror(-fd));
	n = control_give(control, MSG_RELOAD, fd, RELOAD_MS, &said);
	c = cursor_of(text_str(&said), said.len);
	e = get_u32(&c);
	why = get_span(&c, cursor_left(&c));
	if (n != 1 || c.bad)
		die("no answer from the running skep: %s: see %s/log/skep.log", strerror(n < 0 ? -n : EPIPE), state_dir());
	if (e)
		log_error("nothing has changed: %.*s", (int)why.len, why.at);
	return e ? CLI_FAILED : CLI_OK;
}

static int wait_for_new(int control)
{
	char why[HONEYPOTS_WHY];

	if (honeypots_wait(control, why) == 0)
		return CLI_OK;
	log_error("%s: see skep status", why);
	return CLI_FAILED;
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
	return r->change.added ? wait_for_new(control) : CLI_OK;
}

int verb_reload(int argc, char **argv)
{
	struct reloading r = { 0 };
	const struct cli_option options[] = { { "dry-run", .flag = &r.dry_run }, { "json", .flag = &r.json }, { 0 } };
	_fd_ int control = -1, turn = -1;
	int code = cli_options(&argc, &argv, "reload", options);

	if (code >= 0)
		return code;
	if (argc > 1)
		return cli_wrong("reload", "one file at a time");
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
	if (code == CLI_OK)
		code = show(&r);
	if (code != CLI_OK || r.dry_run || plan_change_none(&r.change))
		return code;
	return apply(&r, control);
}
