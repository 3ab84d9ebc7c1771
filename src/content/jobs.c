/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What cron runs: read from its own tables, those of the image and those that are planted. */
#include <stdio.h>
#include <string.h>

#include "past.h"

/* "*", a number, or every so many, as minus that many */
static bool read_when(const char *s, int *ret)
{
	unsigned n;

	*ret = -1;
	if (!strcmp(s, "*"))
		return true;
	if (sscanf(s, "*/%u", &n) == 1 && n > 1 && n < 60) {
		*ret = -(int)n;
		return true;
	}
	if (sscanf(s, "%u", &n) != 1 || n > 59 || strpbrk(s, ",-/"))
		return false;
	*ret = (int)n;
	return true;
}

static void read_line(struct past *p, struct span s)
{
	char line[400], when[5][12];
	struct cron_job j = { 0 };
	int at = 0;

	snprintf(line, sizeof(line), "%.*s", (int)s.len, s.at);
	if (sscanf(line, "%11s %11s %11s %11s %11s %32s %n", when[0], when[1], when[2], when[3], when[4], j.user, &at) != 6 ||
	    !at || strcmp(when[3], "*") || p->n_jobs == nitems(p->job) || line[0] == '#')
		return;
	if (!read_when(when[0], &j.minute) || !read_when(when[1], &j.hour) || !read_when(when[2], &j.day) ||
	    !read_when(when[4], &j.weekday))
		return;
	snprintf(j.command, sizeof(j.command), "%s", line + at);
	p->job[p->n_jobs++] = j;
}

static void read_table(struct past *p, struct span left)
{
	struct span line;

	while (facts_next(&left, &line))
		read_line(p, line);
}

static bool is_table(const char *path)
{
	return !strcmp(path, "/etc/crontab") || !strncmp(path, "/etc/cron.d/", 12);
}

static void report_disk(struct past *p, uint32_t minute)
{
	struct dice base = dice_for(p->of->seed, "disk", 0);
	uint32_t first = dice_within(&base, 350000, 420000);
	_text_ struct text t = { 0 };
	int64_t last = p->born_s;

	for (int64_t day = past_day(p->end_s) - 60; day <= past_day(p->end_s); day++) {
		struct dice d = dice_for(p->of->seed, "disk", (uint64_t)day);
		int64_t at = day * DAY_S + 5 * 3600 + minute * 60, age = day - past_day(p->born_s);
		uint32_t used = first + (uint32_t)(age * 140) + dice_below(&d, 900);

		if (age < 4 || at > p->end_s)
			continue;
		past_stamp(&t, "%F", at);
		text_addf(&t, " /dev/vda        1512368 %u %u %u%% /\n", used, 1497800 - used, used * 100 / 1497800 + 1);
		last = at + 1;
	}
	past_file(p, "/var/log/disk-report", (struct put_as){ .mode = 0644, .at_s = last }, &t);
}

/* The company's own: what is on the disk, and the logs put aside once a week. */
static void plant(struct past *p)
{
	struct dice d = dice_for(p->of->seed, "jobs", 0);
	_text_ struct text table = { 0 }, script = { 0 }, weekly = { 0 };
	int64_t at = p->born_s + 3 * DAY_S + dice_below(&d, 40000);
	uint32_t minute = dice_below(&d, 60);

	text_addf(&table, "# disk report for %s\n%u 5 * * * root /usr/local/sbin/disk-report\n", p->role->trade, minute);
	text_add(&script, "#!/bin/sh\n# one line a day: what is used of the disk\n"
			  "echo \"$(date +%F) $(df -k / | tail -n 1)\" >>/var/log/disk-report\n");
	text_add(&weekly, "#!/bin/sh\n# keep last week's logs, not more\n"
			  "for f in /var/log/auth.log /var/log/syslog /var/log/cron.log /var/log/mail.log "
			  "/var/log/apache2/access.log /var/log/apache2/error.log; do\n\t[ -f \"$f\" ] && mv \"$f\" \"$f.1\"\ndone\n"
			  "systemctl kill -s HUP rsyslog.service\n"
			  "systemctl is-active -q apache2.service && systemctl reload apache2.service\nexit 0\n");
	past_file(p, "/etc/cron.d/disk-report", (struct put_as){ .mode = 0644, .at_s = at }, &table);
	past_file(p, "/usr/local/sbin/disk-report", (struct put_as){ .mode = 0755, .at_s = at - 300 }, &script);
	past_file(p, "/etc/cron.weekly/logs", (struct put_as){ .mode = 0755, .at_s = at + 900 }, &weekly);
	report_disk(p, minute);
	read_table(p, (struct span){ text_str(&table), table.len });
}

void jobs_find(struct past *p)
{
	for (size_t i = 0; i < p->facts.n_texts; i++)
		if (is_table(p->facts.text[i].path))
			read_table(p, p->facts.text[i].text);
	for (size_t i = 0; i < p->facts.n_files; i++)
		if (is_table(p->facts.file[i].path))
			read_table(p, p->facts.file[i].text);
	plant(p);
}
