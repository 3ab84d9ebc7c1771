/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the makers of a past share: how a file is said, and times. */
#include "past.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* A file's time has nanoseconds; whole seconds would say that somebody set it. */
static int64_t with_fraction(const struct past *p, const char *path, int64_t at_s)
{
	struct dice d = dice_for(p->of->seed, path, (uint64_t)at_s);

	return at_s * 1000000000 + dice_below(&d, 1000000000);
}

static void note_said(struct past *p, const char *path)
{
	if (!(p->n_said & (p->n_said - 1)))
		p->said = xrealloc(p->said, p->n_said ? p->n_said * 2 : 1, sizeof(*p->said));
	p->said[p->n_said++] = xstrdup(path);
}

static bool is_said(const struct past *p, const char *path)
{
	for (size_t i = 0; i < p->n_said; i++)
		if (!strcmp(p->said[i], path))
			return true;
	return false;
}

void past_file(struct past *p, const char *path, struct put_as as, const struct text *t)
{
	p->put(p->arg, &(struct content_item){ CONTENT_FILE, path, as.mode, as.uid, as.gid, with_fraction(p, path, as.at_s),
					       { text_str(t), t->len } });
	note_said(p, path);
}

void past_folder(struct past *p, const char *path, struct put_as as)
{
	p->put(p->arg, &(struct content_item){ CONTENT_FOLDER, path, as.mode, as.uid, as.gid,
					       with_fraction(p, path, as.at_s), { "", 0 } });
	note_said(p, path);
}

void past_time(struct past *p, const char *path, int64_t at_s)
{
	if (is_said(p, path))
		return;
	p->put(p->arg, &(struct content_item){ .kind = CONTENT_TIME, .path = path, .time_ns = with_fraction(p, path, at_s),
					       .data = { "", 0 } });
}

void past_token(struct past *p, const char *path, const char *known_by)
{
	p->put(p->arg, &(struct content_item){ .kind = CONTENT_TOKEN, .path = path, .data = span_of(known_by) });
}

uint32_t past_group(const struct past *p, const char *name)
{
	return facts_number(facts_field(facts_line(&p->facts, "/etc/group", name), 2));
}

uint32_t past_user(const struct past *p, const char *name)
{
	for (size_t i = 0; i < p->n_people; i++)
		if (!strcmp(p->person[i].login, name))
			return p->person[i].uid;
	return facts_number(facts_field(facts_line(&p->facts, "/etc/passwd", name), 2));
}

/* A quiet server begins a process or two a minute. */
uint32_t past_pid(const struct past *p, int64_t at_s)
{
	return 600 + (uint32_t)((at_s - p->born_s) / 41);
}

void past_address(struct dice *d, char ret[16])
{
	static const uint8_t first[] = { 23, 31, 37, 41, 45, 46, 49, 58, 61, 62, 66, 71, 77, 78, 80, 84, 85, 89, 91, 93, 94, 95,
					 101, 103, 106, 109, 113, 116, 118, 119, 121, 122, 123, 124, 134, 138, 139, 141,
					 142, 146, 151, 157, 159, 161, 165, 167, 176, 177, 178, 180, 181, 182, 183, 185,
					 186, 187, 188, 189, 190, 193, 194, 195, 200, 201, 202, 206, 209, 212, 217, 218 };

	snprintf(ret, 16, "%u.%u.%u.%u", dice_pick(d, first), dice_within(d, 20, 99), dice_below(d, 256), dice_within(d, 1, 254));
}

void past_stamp(struct text *t, const char *form, int64_t at_s)
{
	time_t at = (time_t)at_s;
	char s[64];
	struct tm tm;

	gmtime_r(&at, &tm);
	/* it is checked where it is written */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	strftime(s, sizeof(s), form, &tm);
#pragma GCC diagnostic pop
	text_add(t, s);
}

int64_t past_day(int64_t at_s)
{
	return at_s / DAY_S;
}

bool past_is_weekend(int64_t day)
{
	return (day + 4) % 7 == 0 || (day + 4) % 7 == 6;	/* 1 January 1970 was a Thursday */
}

int64_t past_moment(const struct past *p, const char *what, int64_t from_s, int64_t to_s)
{
	struct dice d = dice_for(p->of->seed, what, 0);
	uint32_t days = dice_below(&d, 700);
	int64_t at, day;

	while (days && from_s + (int64_t)days * DAY_S > to_s)
		days /= 2;		/* and not some share of what there is, which is more each day */
	day = past_day(from_s) + days;
	while (past_is_weekend(day))
		day--;
	at = day * DAY_S + dice_within(&d, 7 * 3600, 17 * 3600);
	return at < from_s ? from_s : at > to_s ? to_s : at;
}
