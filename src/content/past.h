/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What the makers of a past share. */
#include <stdarg.h>
#include <stdbool.h>

#include "content.h"
#include "dice.h"
#include "facts.h"

enum { DAY_S = 86400, PEOPLE_MAX = 8, LOGIN_SIZE = 33, VISITS_MAX = PEOPLE_MAX + 1, HISTORY_DAYS = 60, UPGRADES_MAX = 512 };

struct person {
	char login[LOGIN_SIZE], words[80], home[64];
	char first[16], last[16];
	uint32_t uid, gid;
	bool admin;			/* may become root */
	bool ours;			/* not of the image */
	int64_t since_s;
	char office[16], abroad[16];	/* the addresses he comes from */
	char key[128], print[64];	/* his public key, and its fingerprint */
};

struct cron_job {
	int minute, hour, day, weekday;	/* -1 each; minute -N every N */
	char user[LOGIN_SIZE];
	char command[200];
};

struct past {
	const struct content_of *of;
	const struct honeypot_role *role;
	struct facts facts;
	const char *host;
	int64_t born_s, end_s;		/* installed, shut down */
	int64_t log_s, rotated_s;	/* where the logs begin, and where the newer ones of them do */
	struct person person[PEOPLE_MAX];
	size_t n_people;
	struct cron_job job[16];
	size_t n_jobs;
	int64_t upgrade_day[UPGRADES_MAX];	/* on these its packages were brought up to date; the administrator comes */
	size_t n_upgrades;
	int64_t pending_s;		/* when its packages were brought up to date at last, just before the end; 0 not then */
	content_put *put;
	void *arg;
	char **said;			/* paths of files and folders */
	size_t n_said;
};

/* --- what a maker says ------------------------------------------------------------------------ */

struct put_as {
	uint32_t mode, uid, gid;
	int64_t at_s;
};

/* The time gets a fraction, as that of any file. */
void past_file(struct past *p, const char *path, struct put_as as, const struct text *t);
void past_folder(struct past *p, const char *path, struct put_as as);
void past_time(struct past *p, const char *path, int64_t at_s);	/* nothing, if it was said as one of these already */
void past_token(struct past *p, const char *path, const char *known_by);

uint32_t past_group(const struct past *p, const char *name);	/* its number; 0 if there is none */
uint32_t past_user(const struct past *p, const char *name);	/* likewise; those of people_choose(), too */
uint32_t past_pid(const struct past *p, int64_t at_s);		/* what a process that began then has */
void past_address(struct dice *d, char ret[16]);		/* of somebody in the internet */
void past_stamp(struct text *t, const char *form, int64_t at_s) __attribute__((format(strftime, 2, 0)));
int64_t past_day(int64_t at_s);
bool past_is_weekend(int64_t day);
/* past_moment() - some time between @from and @to on a working day; for the same @what and @from the same, as long as @to allows */
int64_t past_moment(const struct past *p, const char *what, int64_t from_s, int64_t to_s);

/* --- a log: lines in any order, sorted and cut where it was rotated ---------------------------- */

struct line {
	int64_t at_us;
	size_t order, from, len;
};

struct lines {
	struct line *line;
	size_t n;
	struct text text;
};

/* A time of microseconds, without a stamp; ends the line by itself. */
void lines_plain(struct lines *l, int64_t at_us, const char *form, ...) __attribute__((format(printf, 3, 4)));
/* As rsyslog writes it; @tag "sshd[12]". Several at one second come in the order they are said. */
void lines_say(struct past *p, struct lines *l, int64_t at_s, const char *tag, const char *form, ...)
	__attribute__((format(printf, 5, 6)));
/* To @path and, what is older, to @path.1; or, what nobody puts aside, all to @path. Forgets the lines. */
void lines_put(struct past *p, struct lines *l, const char *path, struct put_as as);
void lines_put_whole(struct past *p, struct lines *l, const char *path, struct put_as as);

/* --- the makers ------------------------------------------------------------------------------- */

void people_choose(struct past *p);
void accounts_make(struct past *p);		/* /etc/passwd and its like */
void homes_make(struct past *p);
struct text key_make(const uint8_t seed[32], const char *comment, char print[64], char line[128]);	/* private; yours */

struct visit {
	const struct person *who;
	const char *from;
	int64_t start_s, end_s;
	uint32_t pid, port;
	unsigned terminal;
	uint64_t dice;
	bool last;		/* he shuts it down */
};
typedef void visit_said(void *arg, const struct visit *v, int64_t at_s, const char *command);

size_t visits_of(const struct past *p, int64_t day, struct visit ret[VISITS_MAX]);	/* by their start */
void visit_commands(const struct past *p, const struct visit *v, visit_said *say, void *arg);
/* visits_each() - every visit from day to day, in order */
void visits_each(const struct past *p, int64_t from_s, void (*each)(void *arg, const struct visit *v), void *arg);
void upgrades_choose(struct past *p);
bool upgrades_on(const struct past *p, int64_t day);
int64_t upgrades_s(const struct past *p, int64_t day);		/* at what time of such a day */

void jobs_find(struct past *p);
void logs_make(struct past *p);
void packages_make(struct past *p);
int64_t package_installed(const struct past *p, const struct fact_package *k);
void tokens_make(struct past *p);

/* What a recipe has that others have not. */
struct task {
	bool root;			/* by sudo */
	const char *command[6];
};

struct honeypot_role {
	const char *image;		/* of the honeynet file */
	const struct task *task;
	size_t n_tasks;
	const char *trade;		/* of whom it belongs to */
	void (*make)(struct past *p);	/* its own files; NULL none */
	void (*says)(struct past *p, struct lines *syslog);	/* what its service says there; NULL nothing */
};

const struct honeypot_role *role_of(const char *image);
void web_make(struct past *p);
void roxen_make(struct past *p);
void mail_make(struct past *p);
void mail_says(struct past *p, struct lines *syslog);
void named_says(struct past *p, struct lines *syslog);
void ftp_make(struct past *p);
void squid_make(struct past *p);
void redis_make(struct past *p);
void samba_make(struct past *p);
