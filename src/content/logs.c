/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every server's logs tell: who was logged in, what became of it, what cron ran, and who knocked in vain. A visit
 * is the same one in auth.log, in wtmp, in lastlog and in what was typed.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <utmpx.h>

#include "base/mem.h"
#include "past.h"

struct logs {
	struct past *p;
	struct lines auth, syslog, cron;
	struct text wtmp, btmp;
	int64_t last_s[PEOPLE_MAX];
	char from[PEOPLE_MAX][16];
	unsigned terminal[PEOPLE_MAX];
};

/* --- cron ------------------------------------------------------------------------------------- */

static bool is_now(int wanted, int now)
{
	return wanted == -1 || (wanted < -1 ? now % -wanted == 0 : wanted == now);
}

static void ran(struct logs *l, const struct cron_job *j, int64_t at_s, size_t which)
{
	struct past *p = l->p;
	uint32_t pid = past_pid(p, at_s) + 2 * (uint32_t)which;
	char tag[32], child[32];

	snprintf(tag, sizeof(tag), "CRON[%u]", pid);
	snprintf(child, sizeof(child), "CRON[%u]", pid + 1);
	lines_say(p, &l->auth, at_s, tag, "pam_unix(cron:session): session opened for user %s(uid=0) by (uid=0)", j->user);
	lines_say(p, &l->auth, at_s, tag, "pam_unix(cron:session): session closed for user %s", j->user);
	lines_say(p, &l->syslog, at_s, child, "(%s) CMD (%s)", j->user, j->command);
	lines_say(p, &l->cron, at_s, child, "(%s) CMD (%s)", j->user, j->command);
}

static void cron_day(struct logs *l, int64_t day, int day_of_month)
{
	struct past *p = l->p;

	for (int minute = 0; minute < 24 * 60; minute++) {
		int64_t at = day * DAY_S + minute * 60 + 1;

		if (at < p->log_s || at > p->end_s)
			continue;
		for (size_t i = 0; i < p->n_jobs; i++) {
			const struct cron_job *j = &p->job[i];

			if (is_now(j->minute, minute % 60) && is_now(j->hour, minute / 60) && is_now(j->day, day_of_month) &&
			    (j->weekday == -1 || j->weekday % 7 == (int)((day + 4) % 7)))
				ran(l, j, at, i);
		}
	}
}

/* --- utmp ------------------------------------------------------------------------------------- */

static void add_record(struct text *t, struct utmpx u, const char *line, const char *user, const char *host, int64_t at_us)
{
	struct in_addr from;

	memcpy(u.ut_line, line, strnlen(line, sizeof(u.ut_line)));
	memcpy(u.ut_user, user, strnlen(user, sizeof(u.ut_user)));
	memcpy(u.ut_host, host, strnlen(host, sizeof(u.ut_host)));
	u.ut_tv.tv_sec = (__typeof__(u.ut_tv.tv_sec))(at_us / 1000000);
	u.ut_tv.tv_usec = (__typeof__(u.ut_tv.tv_usec))(at_us % 1000000);
	if (inet_pton(AF_INET, host, &from) == 1)
		u.ut_addr_v6[0] = (__typeof__(u.ut_addr_v6[0]))from.s_addr;
	text_addn(t, &u, sizeof(u));
}

static int64_t us_of(const struct past *p, int64_t at_s)
{
	struct dice d = dice_for(p->of->seed, "utmp", (uint64_t)at_s);

	return at_s * 1000000 + dice_below(&d, 999999);
}

static void add_login(struct logs *l, const struct visit *v)
{
	struct utmpx u = { .ut_type = USER_PROCESS, .ut_pid = (pid_t)v->pid };
	char line[16], id[16];

	snprintf(line, sizeof(line), "pts/%u", v->terminal);
	snprintf(id, sizeof(id), "ts/%u", v->terminal);
	memcpy(u.ut_id, id, sizeof(u.ut_id));
	add_record(&l->wtmp, u, line, v->who->login, v->from, us_of(l->p, v->start_s));
	u.ut_type = DEAD_PROCESS;
	if (!v->last)
		add_record(&l->wtmp, u, line, "", "", us_of(l->p, v->end_s));
}

/* --- visits ----------------------------------------------------------------------------------- */

/* Where sudo finds it. */
static void add_whole_path(struct text *t, const char *command)
{
	static const char *const sbin[] = { "apache2ctl", "reboot", "rndc", "named-checkconf", "squid" };
	size_t n = strcspn(command, " ");
	bool is_sbin = false;

	for (size_t i = 0; i < nitems(sbin); i++)
		is_sbin |= strlen(sbin[i]) == n && !memcmp(command, sbin[i], n);
	text_addf(t, "%s%s", is_sbin ? "/usr/sbin/" : "/usr/bin/", command);
}

static void say_command(void *arg, const struct visit *v, int64_t at_s, const char *command)
{
	struct logs *l = arg;
	_text_ struct text path = { 0 };

	if (strncmp(command, "sudo ", 5) || at_s < l->p->log_s)
		return;
	add_whole_path(&path, command + 5);
	lines_say(l->p, &l->auth, at_s, "sudo", "%8s : TTY=pts/%u ; PWD=%s ; USER=root ; COMMAND=%s", v->who->login, v->terminal,
		v->who->home, text_str(&path));
	lines_say(l->p, &l->auth, at_s, "sudo", "pam_unix(sudo:session): session opened for user root(uid=0) by %s(uid=%u)",
		v->who->login, v->who->uid);
	if (strcmp(command, "sudo reboot"))
		lines_say(l->p, &l->auth, at_s + 1, "sudo", "pam_unix(sudo:session): session closed for user root");
}

static void say_visit(struct logs *l, const struct visit *v)
{
	const struct person *w = v->who;
	char tag[32], child[32];

	snprintf(tag, sizeof(tag), "sshd[%u]", v->pid);
	snprintf(child, sizeof(child), "sshd[%u]", v->pid + 6);
	lines_say(l->p, &l->auth, v->start_s, tag, "Accepted publickey for %s from %s port %u ssh2: ED25519 %s", w->login, v->from,
		v->port, w->print);
	lines_say(l->p, &l->auth, v->start_s, tag, "pam_unix(sshd:session): session opened for user %s(uid=%u) by (uid=0)",
		w->login, w->uid);
	visit_commands(l->p, v, say_command, l);
	if (v->last)
		return;
	lines_say(l->p, &l->auth, v->end_s, child, "Received disconnect from %s port %u:11: disconnected by user", v->from, v->port);
	lines_say(l->p, &l->auth, v->end_s, child, "Disconnected from user %s %s port %u", w->login, v->from, v->port);
	lines_say(l->p, &l->auth, v->end_s, tag, "pam_unix(sshd:session): session closed for user %s", w->login);
}

static void on_visit(void *arg, const struct visit *v)
{
	struct logs *l = arg;
	size_t who = (size_t)(v->who - l->p->person);

	add_login(l, v);
	l->last_s[who] = v->start_s;
	l->terminal[who] = v->terminal;
	memcpy(l->from[who], v->from, sizeof(l->from[who]));
	if (v->start_s >= l->p->log_s)
		say_visit(l, v);
}

/* As lastlog(8) reads it: a record for each number. */
static void put_lastlog(struct logs *l)
{
	struct { int32_t at; char line[32], host[256]; } record;
	_text_ struct text t = { 0 };
	struct past *p = l->p;
	uint32_t last = 0;

	for (size_t i = 0; i < p->n_people; i++)
		last = l->last_s[i] && p->person[i].uid > last ? p->person[i].uid : last;
	for (uint32_t uid = 0; last && uid <= last; uid++) {
		memset(&record, 0, sizeof(record));
		for (size_t i = 0; i < p->n_people; i++) {
			if (p->person[i].uid != uid || !l->last_s[i])
				continue;
			record.at = (int32_t)l->last_s[i];
			snprintf(record.line, sizeof(record.line), "pts/%u", l->terminal[i]);
			snprintf(record.host, sizeof(record.host), "%s", l->from[i]);
		}
		text_addn(&t, &record, sizeof(record));
	}
	past_file(p, "/var/log/lastlog", (struct put_as){ .mode = 0664, .gid = past_group(p, "utmp"), .at_s = p->end_s - 600 }, &t);
}

/* --- who knocks ------------------------------------------------------------------------------- */

static const char *const guessed[] = { "admin", "test", "oracle", "postgres", "ubuntu", "user", "git", "pi", "ftpuser", "deploy",
				       "support", "guest", "mysql", "jenkins", "minecraft", "es" };

struct knock {
	char from[16], tag[32];
	int64_t at_s;
	uint32_t pid, port;
};

static void knock_failed(struct logs *l, const struct knock *k, const char *user, bool known)
{
	struct utmpx u = { .ut_type = LOGIN_PROCESS, .ut_pid = (pid_t)k->pid };
	const char *invalid = known ? "" : "invalid user ";

	if (!known) {
		lines_say(l->p, &l->auth, k->at_s, k->tag, "Invalid user %s from %s port %u", user, k->from, k->port);
		lines_say(l->p, &l->auth, k->at_s, k->tag, "pam_unix(sshd:auth): check pass; user unknown");
	}
	lines_say(l->p, &l->auth, k->at_s, k->tag,
		"pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=%s%s%s", k->from,
		known ? "  user=" : " ", known ? user : "");
	lines_say(l->p, &l->auth, k->at_s + 2, k->tag, "Failed password for %s%s from %s port %u ssh2", invalid, user, k->from, k->port);
	lines_say(l->p, &l->auth, k->at_s + 3, k->tag, "Connection closed by %suser %s %s port %u [preauth]",
		known ? "authenticating " : invalid, user, k->from, k->port);
	add_record(&l->btmp, u, "ssh:notty", user, k->from, us_of(l->p, k->at_s + 2));
}

static void knocks(struct logs *l, int64_t day)
{
	struct dice d = dice_for(l->p->of->seed, "knocks", (uint64_t)day);

	for (uint32_t n = dice_below(&d, 4); n; n--) {
		struct knock k = { .at_s = day * DAY_S + dice_below(&d, DAY_S - 600) };

		past_address(&d, k.from);
		k.pid = past_pid(l->p, k.at_s);
		for (uint32_t tries = dice_within(&d, 1, 6); tries; tries--) {
			bool root = dice_below(&d, 3) == 0;
			const char *user = root ? "root" : dice_pick(&d, guessed);

			k.pid += 3;
			k.port = dice_within(&d, 32800, 60900);
			snprintf(k.tag, sizeof(k.tag), "sshd[%u]", k.pid);
			if (k.at_s >= l->p->log_s && k.at_s < l->p->end_s - 60)
				knock_failed(l, &k, user, root);
			k.at_s += dice_within(&d, 4, 40);
		}
	}
}

/* --- all of it -------------------------------------------------------------------------------- */

static int day_of_month(int64_t day)
{
	_text_ struct text t = { 0 };

	past_stamp(&t, "%d", day * DAY_S);
	return (int)facts_number(span_of(text_str(&t)));
}

/* Somebody began it at the first of the month before. */
static int64_t wtmp_begins(const struct past *p)
{
	int64_t day = past_day(p->end_s);

	day -= day_of_month(day);
	day -= day_of_month(day) - 1;
	return day * DAY_S > p->born_s ? day * DAY_S : p->born_s;
}

static void goes_down(struct logs *l)
{
	struct past *p = l->p;
	const struct fact_package *rsyslog = facts_package(&p->facts, "rsyslog");
	int64_t end = p->end_s;

	lines_say(p, &l->syslog, end - 3, "systemd[1]", "Stopping cron.service - Regular background program processing daemon...");
	lines_say(p, &l->syslog, end - 3, "systemd[1]", "cron.service: Deactivated successfully.");
	lines_say(p, &l->syslog, end - 3, "systemd[1]", "Stopped cron.service - Regular background program processing daemon.");
	lines_say(p, &l->auth, end - 2, "sshd[512]", "Received signal 15; terminating.");
	lines_say(p, &l->syslog, end - 1, "systemd[1]", "Stopping rsyslog.service - System Logging Service...");
	if (rsyslog)
		lines_say(p, &l->syslog, end - 1, "rsyslogd",
			"[origin software=\"rsyslogd\" swVersion=\"%.*s\" x-pid=\"498\" x-info=\"https://www.rsyslog.com\"] "
			"exiting on signal 15.", (int)strcspn(rsyslog->version, "-"), rsyslog->version);
	add_record(&l->wtmp, (struct utmpx){ .ut_type = RUN_LVL, .ut_id = "~~" }, "~~", "shutdown", p->of->release, us_of(p, end));
}

void logs_make(struct past *p)
{
	struct logs l = { .p = p };
	const struct put_as log = { .mode = 0640, .gid = past_group(p, "adm") };
	struct put_as as = { .mode = 0664, .gid = past_group(p, "utmp"), .at_s = p->end_s };

	for (int64_t day = past_day(p->log_s); day <= past_day(p->end_s); day++) {
		cron_day(&l, day, day_of_month(day));
		knocks(&l, day);
	}
	visits_each(p, wtmp_begins(p), on_visit, &l);
	goes_down(&l);
	if (p->role->says)
		p->role->says(p, &l.syslog);
	lines_put(p, &l.auth, "/var/log/auth.log", log);
	lines_put(p, &l.syslog, "/var/log/syslog", log);
	lines_put(p, &l.cron, "/var/log/cron.log", log);
	past_file(p, "/var/log/wtmp", as, &l.wtmp);
	as.mode = 0660;
	as.at_s = p->end_s - 1700;
	past_file(p, "/var/log/btmp", as, &l.btmp);
	put_lastlog(&l);
	text_fini(&l.wtmp);
	text_fini(&l.btmp);
}
