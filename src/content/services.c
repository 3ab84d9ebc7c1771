/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Logs of the other services. */
#include <stdio.h>
#include <string.h>

#include "past.h"

/* each_moment() - @n or so times a day, with dice of the day */
struct moments {
	struct past *p;
	struct lines log;
	void (*say)(struct moments *m, int64_t at_s, struct dice *d);
};

static void each_moment(struct moments *m, const char *what, uint32_t most)
{
	for (int64_t day = past_day(m->p->log_s); day <= past_day(m->p->end_s); day++) {
		struct dice d = dice_for(m->p->of->seed, what, (uint64_t)day);

		for (uint32_t n = dice_within(&d, most / 3, most); n; n--) {
			int64_t at = day * DAY_S + dice_below(&d, DAY_S - 60);

			if (at >= m->p->log_s && at < m->p->end_s - 30)
				m->say(m, at, &d);
		}
	}
}

static const struct person *somebody(struct past *p, struct dice *d)
{
	return &p->person[dice_below(d, (uint32_t)p->n_people)];
}

/* --- dns: who asks it for other people's names ------------------------------------------------- */

static void say_denied(struct moments *m, int64_t at_s, struct dice *d)
{
	static const char *const asked[] = { "example.org", "isc.example", "version.bind", "ripe.example", "pool.example", "sl" };
	const char *name = dice_pick(d, asked);
	char from[16];

	past_address(d, from);
	lines_say(m->p, &m->log, at_s, "named[517]", "client @0x7f%08x%02x68 %s#%u (%s): query (cache) '%s/%s/IN' denied",
		dice_below(d, UINT32_MAX), dice_below(d, 256), from, dice_within(d, 1024, 65000), name, name,
		dice_below(d, 2) ? "ANY" : "A");
}

void named_says(struct past *p, struct lines *syslog)
{
	struct moments m = { .p = p, .log = *syslog, .say = say_denied };

	each_moment(&m, "queries", 14);
	*syslog = m.log;
}

/* --- ftp -------------------------------------------------------------------------------------- */

static void say_ftp(struct moments *m, int64_t at_s, struct dice *d)
{
	_text_ struct text stamp = { 0 };
	uint32_t pid = past_pid(m->p, at_s);
	char from[16];

	past_address(d, from);
	past_stamp(&stamp, "%a %b %e %H:%M:%S %Y", at_s);
	lines_plain(&m->log, at_s * 1000000, "%s [pid %u] CONNECT: Client \"::ffff:%s\"", text_str(&stamp), pid + 1, from);
	lines_plain(&m->log, at_s * 1000000 + 900000, "%s [pid %u] [ftp] %s LOGIN: Client \"::ffff:%s\"%s", text_str(&stamp), pid,
		  dice_below(d, 4) ? "OK" : "FAIL", from, dice_below(d, 2) ? ", anon password \"guest@\"" : "");
}

void ftp_make(struct past *p)
{
	struct moments m = { .p = p, .say = say_ftp };

	each_moment(&m, "ftp", 9);
	lines_put_whole(p, &m.log, "/var/log/vsftpd.log", (struct put_as){ .mode = 0600 });
}

/* --- squid ------------------------------------------------------------------------------------ */

static void say_fetched(struct moments *m, int64_t at_s, struct dice *d)
{
	static const char *const sites[] = { "http://www.meridian-tool.example/", "http://news.northquay.example/",
					     "http://linden-supply.example/catalogue", "http://weather.example/hourly" };
	const char *site = dice_pick(d, sites);

	lines_plain(&m->log, at_s * 1000000, "%lld.%03u %6u %s TCP_MISS/200 %u GET %s - HIER_DIRECT/10.10.10.81 text/html",
		  (long long)at_s, dice_below(d, 1000), dice_within(d, 20, 900), somebody(m->p, d)->office,
		  dice_within(d, 700, 40000), site);
}

void squid_make(struct past *p)
{
	struct moments m = { .p = p, .say = say_fetched };

	each_moment(&m, "proxy", 60);
	lines_put_whole(p, &m.log, "/var/log/squid/access.log",
		      (struct put_as){ 0640, past_user(p, "proxy"), past_group(p, "proxy"), 0 });
}

/* --- redis ------------------------------------------------------------------------------------ */

static void say_saved(struct moments *m, int64_t at_s, struct dice *d)
{
	_text_ struct text stamp = { 0 };
	int64_t ms = dice_below(d, 700);

	past_stamp(&stamp, "%d %b %Y %H:%M:%S", at_s);
	lines_plain(&m->log, at_s * 1000000, "520:M %s.%03d * %u changes in 3600 seconds. Saving...", text_str(&stamp), (int)ms,
		  dice_within(d, 1, 90));
	lines_plain(&m->log, at_s * 1000000 + 1, "520:M %s.%03d * Background saving started by pid %u", text_str(&stamp), (int)ms + 4,
		  past_pid(m->p, at_s));
	lines_plain(&m->log, at_s * 1000000 + 2, "520:M %s.%03d * Background saving terminated with success", text_str(&stamp),
		  (int)ms + 120);
}

void redis_make(struct past *p)
{
	struct moments m = { .p = p, .say = say_saved };

	each_moment(&m, "saves", 18);
	lines_put_whole(p, &m.log, "/var/log/redis/redis-server.log",
		      (struct put_as){ 0660, past_user(p, "redis"), past_group(p, "adm"), 0 });
}

/* --- samba ------------------------------------------------------------------------------------ */

static void say_share(struct moments *m, int64_t at_s, struct dice *d)
{
	_text_ struct text stamp = { 0 };

	past_stamp(&stamp, "%Y/%m/%d %H:%M:%S", at_s);
	lines_plain(&m->log, at_s * 1000000, "[%s.%06u,  1] ../../source3/smbd/service.c:346(make_connection_snum)", text_str(&stamp),
		  dice_below(d, 1000000));
	lines_plain(&m->log, at_s * 1000000 + 1,
		  "  pc%u (ipv4:%s:%u) connect to service office initially as user scanner (uid=%u, gid=%u) (pid %u)",
		  dice_within(d, 11, 60), somebody(m->p, d)->office, dice_within(d, 49200, 65000), past_user(m->p, "scanner"),
		    past_group(m->p, "scanner"), past_pid(m->p, at_s));
}

void samba_make(struct past *p)
{
	struct moments m = { .p = p, .say = say_share };

	each_moment(&m, "shares", 12);
	lines_put_whole(p, &m.log, "/var/log/samba/log.smbd", (struct put_as){ .mode = 0644 });
}
