/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The past of one honeypot, put together. */
#include "content.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/honeynet.h"
#include "past.h"

enum { DOWN_S = 60, WEEK_S = 7 * DAY_S, ROTATED_S = 6 * 3600 + 47 * 60 };

/* When Debian's release came out; a server is installed with one in its first year. */
static int64_t released_s(const struct facts *f)
{
	static const struct { unsigned version; int64_t at_s; } releases[] = {
		{ 12, 1686355200 }, { 13, 1754697600 },
	};
	struct span version = facts_text(f, "/etc/debian_version");

	for (size_t i = nitems(releases); i--;)
		if (facts_number(version) >= releases[i].version)
			return releases[i].at_s;
	return releases[0].at_s;
}

static int64_t born_s(const struct content_of *of, const struct facts *f)
{
	struct dice d = dice_for(of->seed, "born", 0);
	int64_t at = released_s(f) + (int64_t)dice_within(&d, 40, 340) * DAY_S + dice_within(&d, 8 * 3600, 16 * 3600);
	int64_t latest = of->now_s - 45 * DAY_S;

	return at < latest ? at : latest;
}

int64_t content_born(const struct content_of *of)
{
	_facts_ struct facts f = { 0 };

	return facts_read(of->facts, &f) < 0 ? 0 : born_s(of, &f);
}

/* Logs are put aside on Sunday mornings by /etc/cron.weekly. */
static void set_times(struct past *p)
{
	int64_t day;

	p->born_s = born_s(p->of, &p->facts);
	p->end_s = p->of->now_s - DOWN_S;
	day = past_day(p->end_s);
	day -= (day + 4) % 7;
	p->rotated_s = day * DAY_S + ROTATED_S;
	if (p->rotated_s > p->end_s - 600)
		p->rotated_s -= WEEK_S;
	p->log_s = p->rotated_s - WEEK_S;
}

/* Files of weaknesses are old ones, too. */
static void put_weaknesses(struct past *p)
{
	for (size_t i = 0; i < p->facts.n_files; i++) {
		const struct fact_file *f = &p->facts.file[i];
		struct put_as as = { f->mode, past_user(p, f->user), past_group(p, f->group),
				     past_moment(p, f->path, p->born_s, p->born_s + 40 * DAY_S) };
		_text_ struct text t = { 0 };

		text_addn(&t, f->text.at, f->text.len);
		past_file(p, f->path, as, &t);
	}
}

/* Folders that files were put into have their time from the kernel; these come last. */
static void put_folders(struct past *p)
{
	static const struct { const char *path; uint32_t mode; } folders[] = {
		{ "/root/.aws", 0700 }, { "/root/.ssh", 0700 }, { "/root", 0700 },
		{ "/etc/cron.d", 0755 }, { "/etc/cron.weekly", 0755 }, { "/etc/systemd/network", 0755 },
		{ "/etc/rsyslog.d", 0755 }, { "/usr/local/sbin", 0755 }, { "/var/backups", 0755 },
		{ "/home", 0755 },
	};

	for (size_t i = 0; i < nitems(folders); i++)
		past_folder(p, folders[i].path, (struct put_as){ .mode = folders[i].mode,
			    .at_s = past_moment(p, folders[i].path, p->born_s, p->end_s - 30 * DAY_S) });
}

int content_make(const struct content_of *of, content_put *put, void *arg)
{
	struct past p = { .of = of, .put = put, .arg = arg };
	int r = facts_read(of->facts, &p.facts);

	if (r < 0)
		return r;
	p.host = of->net->honeypot[of->honeypot].hostname;
	p.role = role_of(of->net->honeypot[of->honeypot].image);
	set_times(&p);
	upgrades_choose(&p);
	people_choose(&p);
	jobs_find(&p);
	put_weaknesses(&p);
	accounts_make(&p);
	logs_make(&p);
	if (p.role->make)
		p.role->make(&p);
	tokens_make(&p);
	homes_make(&p);
	put_folders(&p);
	packages_make(&p);
	for (size_t i = 0; i < p.n_said; i++)
		free(p.said[i]);
	free(p.said);
	facts_fini(&p.facts);
	return 0;
}
