/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "stamp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"

#define STAMP_MAX 253402300799999999ull	/* 9999-12-31T23:59:59.999999 */

static struct tm broken_down(uint64_t us)
{
	time_t s = (time_t)((us < STAMP_MAX ? us : STAMP_MAX) / 1000000);
	struct tm tm;

	gmtime_r(&s, &tm);
	return tm;
}

const char *stamp_text(uint64_t us, char ret[STAMP_TEXT])
{
	struct tm tm = broken_down(us);
	size_t n = strftime(ret, STAMP_TEXT, "%Y-%m-%dT%H:%M:%S", &tm);

	snprintf(ret + n, STAMP_TEXT - n, ".%03uZ", (unsigned)(us / 1000 % 1000));
	return ret;
}

const char *stamp_json(uint64_t us, char ret[STAMP_TEXT])
{
	struct tm tm = broken_down(us);
	size_t n = strftime(ret, STAMP_TEXT, "%Y-%m-%dT%H:%M:%S", &tm);

	snprintf(ret + n, STAMP_TEXT - n, ".%06u+0000", (unsigned)(us % 1000000));
	return ret;
}

const char *stamp_span(uint64_t us, char ret[STAMP_TEXT])
{
	unsigned long long s = us / 1000000;

	snprintf(ret, STAMP_TEXT, "%02llu:%02llu:%02llu", s / 3600, s / 60 % 60, s % 60);
	return ret;
}

static int parse_ago(const char *s, uint64_t now_us, uint64_t *ret_us)
{
	static const struct { char unit; uint64_t s; } units[] = {
		{ 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 }, { 'w', 7 * 86400 },
	};
	char *end;
	unsigned long long n;

	if (*s < '0' || *s > '9')
		return -EINVAL;
	n = strtoull(s, &end, 10);
	for (size_t i = 0; i < nitems(units); i++) {
		if (*end != units[i].unit || end[1])
			continue;
		*ret_us = n < now_us / 1000000 / units[i].s ? now_us - n * units[i].s * 1000000 : 0;
		return 0;
	}
	return -EINVAL;
}

/* ".345", "Z" or "+0000" may follow; no other zone is understood. */
static int parse_rest(const char *s, uint64_t *ret_us)
{
	uint64_t us = 0, unit = 100000;

	if (*s == '.') {
		for (s++; *s >= '0' && *s <= '9'; s++, unit /= 10)
			us += unit * (uint64_t)(*s - '0');
	}
	if (*s && strcmp(s, "Z") && strcmp(s, "z") && strcmp(s, "+0000") && strcmp(s, "+00:00"))
		return -EINVAL;
	*ret_us = us;
	return 0;
}

static int in_range(const struct tm *tm)
{
	return tm->tm_hour >= 0 && tm->tm_hour < 24 && tm->tm_min >= 0 && tm->tm_min < 60 && tm->tm_sec >= 0 &&
	       tm->tm_sec < 61 && tm->tm_mon >= 0 && tm->tm_mon < 12 && tm->tm_mday >= 1 && tm->tm_mday <= 31 &&
	       tm->tm_year >= 70 && tm->tm_year < 8100;
}

int stamp_parse(const char *s, uint64_t now_us, uint64_t *ret_us)
{
	static const char *const forms[] = {	/* the longest first */
		"%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H",
		"%Y-%m-%d", "%H:%M:%S", "%H:%M",
	};
	uint64_t us;

	for (size_t i = 0; i < nitems(forms); i++) {
		struct tm tm = { 0 }, today = broken_down(now_us);
		const char *end;

		if (forms[i][1] == 'H')
			tm = (struct tm){ .tm_year = today.tm_year, .tm_mon = today.tm_mon, .tm_mday = today.tm_mday };
		end = strptime(s, forms[i], &tm);
		if (!end || !in_range(&tm) || parse_rest(end, &us) < 0)
			continue;
		*ret_us = (uint64_t)timegm(&tm) * 1000000 + us;
		return 0;
	}
	return parse_ago(s, now_us, ret_us);
}
