/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When which package came: what was published before the machine was installed, with it; what came later, on the first
 * day after that on which packages were brought up to date. dpkg's and apt's logs, the times of dpkg's lists and of
 * what packages made in /etc agree with each other and with the administrator's visits.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "past.h"

/* --- when they are brought up to date --------------------------------------------------------- */

static void find_pending(struct past *p)
{
	int64_t last = p->n_upgrades ? p->upgrade_day[p->n_upgrades - 1] : past_day(p->born_s);

	for (size_t i = 0; i < p->facts.n_packages; i++)
		if (past_day(p->facts.package[i].released_s) >= last)
			p->pending_s = p->end_s - 240;
}

void upgrades_choose(struct past *p)
{
	for (int64_t day = past_day(p->born_s) + 1; day < past_day(p->end_s) && p->n_upgrades < UPGRADES_MAX; day++) {
		struct dice d = dice_for(p->of->seed, "upgrade", (uint64_t)day);

		if (!past_is_weekend(day) && dice_below(&d, 17) == 0)
			p->upgrade_day[p->n_upgrades++] = day;
	}
	find_pending(p);
}

bool upgrades_on(const struct past *p, int64_t day)
{
	for (size_t i = 0; i < p->n_upgrades; i++)
		if (p->upgrade_day[i] == day)
			return true;
	return false;
}

/* He has logged in six minutes before (visits.c). */
int64_t upgrades_s(const struct past *p, int64_t day)
{
	struct dice d = dice_for(p->of->seed, "upgrade at", (uint64_t)day);

	return day * DAY_S + dice_within(&d, 8 * 3600, 16 * 3600);
}

/* --- when which came -------------------------------------------------------------------------- */

/* upgraded_s() - when what was published then was installed; 0: with the machine */
static int64_t upgraded_s(const struct past *p, int64_t released_s)
{
	if (released_s <= p->born_s)
		return 0;
	for (size_t i = 0; i < p->n_upgrades; i++)
		if (p->upgrade_day[i] > past_day(released_s))
			return upgrades_s(p, p->upgrade_day[i]) + 20;
	return p->pending_s ? p->pending_s + 20 : p->end_s - 300;
}

/* Some seconds after the first of that day. */
int64_t package_installed(const struct past *p, const struct fact_package *k)
{
	struct dice d = dice_for(p->of->seed, k->name, 0);
	int64_t at = upgraded_s(p, k->released_s);

	return at ? at + dice_below(&d, 40) : p->born_s - 900 + dice_below(&d, 800);
}

/* less_one() - @version with the last number in its first @n bytes less by one; false if there is none to take from */
static bool less_one(const char *version, size_t n, char ret[80])
{
	size_t end = n, from;

	while (end && (version[end - 1] < '0' || version[end - 1] > '9'))
		end--;
	for (from = end; from && version[from - 1] >= '0' && version[from - 1] <= '9';)
		from--;
	if (from == end || strtoul(version + from, NULL, 10) < 2)
		return false;
	snprintf(ret, 80, "%.*s%lu%s", (int)from, version, strtoul(version + from, NULL, 10) - 1, version + end);
	return true;
}

/* was() - the version before it: "+deb12u2" comes after "+deb12u1" after none */
static bool was(const char *version, char ret[80])
{
	const char *at = strstr(version, "deb1"), *u = at ? strchr(at, 'u') : NULL, *dash = strrchr(version, '-');
	unsigned long n = u ? strtoul(u + 1, NULL, 10) : 0;

	if (n > 1 || !u || at == version)
		return less_one(version, strlen(version), ret);
	if (at[-1] == '~')		/* a newer one made for this release */
		return less_one(version, dash && dash < at ? (size_t)(dash - version) : (size_t)(at - version), ret);
	snprintf(ret, 80, "%.*s", (int)(at - 1 - version), version);
	return true;
}

/* --- dpkg ------------------------------------------------------------------------------------- */

struct dpkg {
	struct past *p;
	struct lines log;
};

static void say(struct dpkg *d, int64_t at_s, const char *words)
{
	_text_ struct text stamp = { 0 };

	past_stamp(&stamp, "%F %T", at_s);
	lines_plain(&d->log, at_s * 1000000, "%s %s", text_str(&stamp), words);
}

static void say_status(struct dpkg *d, int64_t at_s, const char *status, const struct fact_package *k, const char *version)
{
	_free_ char *s = xasprintf("status %s %s:%s %s", status, k->name, k->arch, version);

	say(d, at_s, s);
}

static void say_installed(struct dpkg *d, int64_t at_s, const struct fact_package *k, const char *before, const char *version)
{
	_free_ char *begins = xasprintf("%s %s:%s %s %s", before ? "upgrade" : "install", k->name, k->arch,
					before ? before : "<none>", version);
	_free_ char *configures = xasprintf("configure %s:%s %s <none>", k->name, k->arch, version);

	say(d, at_s, begins);
	if (before)
		say_status(d, at_s, "half-configured", k, before);
	say_status(d, at_s, "half-installed", k, before ? before : version);
	say_status(d, at_s, "unpacked", k, version);
	say(d, at_s + 2, configures);
	say_status(d, at_s + 2, "unpacked", k, version);
	say_status(d, at_s + 2, "half-configured", k, version);
	say_status(d, at_s + 2, "installed", k, version);
}

static void make_dpkg_log(struct past *p)
{
	struct dpkg d = { .p = p };
	int64_t log_s = p->log_s;

	for (size_t i = 0; i < p->facts.n_packages; i++) {
		const struct fact_package *k = &p->facts.package[i];
		int64_t at = package_installed(p, k);
		char before[80];

		if (at > p->born_s && was(k->version, before)) {
			struct dice first = dice_for(p->of->seed, k->name, 1);

			say_installed(&d, p->born_s - 900 + dice_below(&first, 800), k, NULL, before);
			say_installed(&d, at, k, before, k->version);
		} else {
			say_installed(&d, at, k, NULL, k->version);
		}
	}
	p->log_s = p->born_s - DAY_S;	/* all of it: nobody puts it aside */
	lines_put_whole(p, &d.log, "/var/log/dpkg.log", (struct put_as){ .mode = 0644 });
	p->log_s = log_s;
}

/* --- apt -------------------------------------------------------------------------------------- */


static const struct person *administrator(const struct past *p)
{
	for (size_t i = 0; i < p->n_people; i++)
		if (p->person[i].admin)
			return &p->person[i];
	return &p->person[0];
}

static size_t add_upgraded(const struct past *p, int64_t at_s, struct text *t)
{
	size_t n = 0;

	for (size_t i = 0; i < p->facts.n_packages; i++) {
		const struct fact_package *k = &p->facts.package[i];
		char before[80];

		if (upgraded_s(p, k->released_s) == at_s && was(k->version, before))
			text_addf(t, "%s%s:%s (%s, %s)", n++ ? ", " : "", k->name, k->arch, before, k->version);
	}
	return n;
}

static void add_run(const struct past *p, int64_t at_s, struct text *history)
{
	_text_ struct text names = { 0 };
	const struct person *w = administrator(p);

	if (!add_upgraded(p, at_s, &names))
		return;
	past_stamp(history, "\nStart-Date: %F  %T\n", at_s - 4);
	text_addf(history, "Commandline: apt upgrade -y\nRequested-By: %s (%u)\nUpgrade: %s\n", w->login, w->uid, text_str(&names));
	past_stamp(history, "End-Date: %F  %T\n", at_s + 44);
}

static void make_apt_history(struct past *p)
{
	_text_ struct text t = { 0 };
	int64_t last = p->born_s;

	for (size_t i = 0; i < p->n_upgrades; i++) {
		int64_t at = upgrades_s(p, p->upgrade_day[i]) + 20;
		size_t before = t.len;

		add_run(p, at, &t);
		last = t.len > before ? at + 44 : last;
	}
	if (p->pending_s) {
		add_run(p, p->pending_s + 20, &t);
		last = p->pending_s + 64;
	}
	past_file(p, "/var/log/apt/history.log", (struct put_as){ .mode = 0644, .at_s = last }, &t);
}

/* --- times ------------------------------------------------------------------------------------ */

#define INFO "/var/lib/dpkg/info/"

static int64_t list_installed(const struct past *p, const char *path)
{
	const char *name = path + strlen(INFO);
	size_t n = strcspn(name, ":");
	const char *dot = strrchr(name, '.');

	n = dot && (size_t)(dot - name) < n ? (size_t)(dot - name) : n;
	for (size_t i = 0; i < p->facts.n_packages; i++)
		if (strlen(p->facts.package[i].name) == n && !memcmp(p->facts.package[i].name, name, n))
			return package_installed(p, &p->facts.package[i]);
	return p->born_s;
}

/* What every upgrade touches. */
static bool is_upgraded(const char *path)
{
	static const char *const touched[] = { "/usr/bin", "/usr/sbin", "/usr/lib", "/usr/share", "/etc/ld.so.cache", "/var/lib/dpkg",
					       "/var/lib/dpkg/info", "/var/lib/dpkg/status", "/var/cache/apt", "/var/log/apt" };

	for (size_t i = 0; i < nitems(touched); i++)
		if (!strcmp(path, touched[i]))
			return true;
	return false;
}

/* The newest package's. */
static int64_t last_upgrade(const struct past *p)
{
	int64_t last = p->born_s;

	for (size_t i = 0; i < p->facts.n_packages; i++) {
		int64_t at = package_installed(p, &p->facts.package[i]);

		last = at > last ? at : last;
	}
	return last;
}

static bool is_work(const char *path)
{
	static const char *const below[] = { "/var/www/", "/srv/", "/var/roxen/", "/home/" };

	for (size_t i = 0; i < nitems(below); i++)
		if (!strncmp(path, below[i], strlen(below[i])))
			return true;
	return false;
}

/* Of what came with the image, all made on one day. */
static void make_times(struct past *p)
{
	int64_t upgraded = last_upgrade(p);

	for (size_t i = 0; i < p->facts.n_paths; i++) {
		const char *path = p->facts.path[i].path;
		struct dice d = dice_for(p->of->seed, path, 0);
		int64_t at = p->born_s - dice_below(&d, 1500);

		if (!strncmp(path, INFO, strlen(INFO)))
			at = list_installed(p, path);
		else if (is_upgraded(path))
			at = upgraded + 9;
		else if (is_work(path))
			at = past_moment(p, path, p->born_s, p->end_s - 4 * DAY_S);
		else if (dice_below(&d, 5) == 0)
			at = past_moment(p, path, p->born_s, p->end_s - 20 * DAY_S);
		past_time(p, path, at);
	}
}

void packages_make(struct past *p)
{
	make_dpkg_log(p);
	make_apt_history(p);
	make_times(p);
}
