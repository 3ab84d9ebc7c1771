/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Parts are taken from the front, one after another; a part that is not there leaves the text where
 * it was. So a daemon that leaves one out (Cisco its host, busybox too, logger its time) costs only
 * that part, and the rest is the message.
 *
 *	<34>Oct 11 22:14:15 mymachine su[99]: 'su root' failed		RFC 3164
 *	<34>1 2003-10-11T22:14:15.003Z mymachine su 99 ID47 - 'su'	RFC 5424
 */
#include "syslog.h"

#include <ctype.h>
#include <string.h>

#include "base/mem.h"

enum {
	NO_PRIORITY = 1 << 3 | 5,	/* user.notice: RFC 3164, 4.3.3 */
	LAST_PRIORITY = 23 << 3 | 7,
	/* as the journal keeps them */
	SAID_MAX = 64, HOST_MAX = 255, APP_MAX = 255, PROCID_MAX = 128, MSGID_MAX = 64,
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static void skip(struct span *s, size_t n)
{
	s->at += n;
	s->len -= n;
}

/* shape() - how many bytes of @s look like @shape: 0 a digit, a a small letter, A a capital, _ digit or
 * blank, all else itself; 0 if they do not */
static size_t shape(struct span s, const char *shape)
{
	size_t n = strlen(shape);

	if (s.len < n)
		return 0;
	for (size_t i = 0; i < n; i++) {
		char c = s.at[i], want = shape[i];
		bool ok = want == '0' ? is_digit(c) : want == 'a' ? c >= 'a' && c <= 'z' :
			  want == 'A' ? c >= 'A' && c <= 'Z' : want == '_' ? is_digit(c) || c == ' ' : c == want;

		if (!ok)
			return 0;
	}
	return n;
}

static size_t fraction(struct span s, size_t at)
{
	size_t n = 1;

	if (at >= s.len || s.at[at] != '.')
		return 0;
	while (at + n < s.len && n <= 9 && is_digit(s.at[at + n]))
		n++;
	return n > 1 ? n : 0;
}

/* iso_time() - bytes of a time as RFC 3339 writes it, at the front; 0 none */
static size_t iso_time(struct span s)
{
	size_t n = shape(s, "0000-00-00T00:00:00"), zone;
	struct span rest;

	if (!n)
		return 0;
	n += fraction(s, n);
	rest = (struct span){ s.at + n, s.len - n };
	zone = shape(rest, "Z");
	if (!zone)
		zone = shape(rest, "+00:00");
	if (!zone)
		zone = shape(rest, "-00:00");
	return zone ? n + zone : 0;
}

static bool is_month(const char *s)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (size_t i = 0; i + 3 < sizeof(months); i += 3)
		if (!memcmp(s, months + i, 3))
			return true;
	return false;
}

/* bsd_time() - "Oct 11 22:14:15"; also with a year (Cisco), a day of one digit, a fraction */
static size_t bsd_time(struct span s)
{
	static const char *const shapes[] = {
		"Aaa _0 00:00:00", "Aaa 0 00:00:00", "Aaa _0 0000 00:00:00", "Aaa 0 0000 00:00:00",
	};
	size_t n = 0;

	for (size_t i = 0; !n && i < nitems(shapes); i++)
		n = shape(s, shapes[i]);
	if (!n || !is_month(s.at))
		return 0;
	return n + fraction(s, n);
}

/* take_time() - as Cisco has it also: "*Mar  1 18:46:11.123: ", where * and . say that the clock is not set */
static struct span take_time(struct span *s)
{
	size_t mark = s->len && (s->at[0] == '*' || s->at[0] == '.') ? 1 : 0;
	struct span rest = { s->at + mark, s->len - mark }, said = { 0 };
	size_t n = bsd_time(rest);

	if (!n && !mark)
		n = iso_time(rest);
	if (!n || (n < rest.len && rest.at[n] != ' ' && rest.at[n] != ':'))
		return said;
	said = (struct span){ s->at, mark + n };
	skip(s, mark + n);
	if (s->len && s->at[0] == ':')
		skip(s, 1);
	if (s->len && s->at[0] == ' ')
		skip(s, 1);
	return said;
}

/* take_host() - a word of a name's or an address's letters; not if it looks like a tag */
static struct span take_host(struct span *s)
{
	struct span host = { s->at, 0 };

	while (host.len < s->len && host.len <= HOST_MAX &&
	       (isalnum((unsigned char)s->at[host.len]) || memchr(".-_:/@", s->at[host.len], 6)))
		host.len++;
	if (!host.len || host.len > HOST_MAX || host.len == s->len || s->at[host.len] != ' ' ||
	    host.at[host.len - 1] == ':')
		return (struct span){ 0 };
	skip(s, host.len + 1);
	return host;
}

/* take_tag() - "name:" or "name[procid]:"; a word that ends otherwise is part of the message */
static void take_tag(struct span *s, struct event *e)
{
	struct span app = { s->at, 0 }, procid = { 0 };
	size_t n;

	while (app.len < s->len && (unsigned char)s->at[app.len] > ' ' && !memchr(":[", s->at[app.len], 2))
		app.len++;
	n = app.len;
	if (n < s->len && s->at[n] == '[') {
		const char *end = memchr(s->at + n, ']', s->len - n);

		if (!end || end - (s->at + n) > PROCID_MAX)
			return;
		procid = (struct span){ s->at + n + 1, (size_t)(end - (s->at + n)) - 1 };
		n = (size_t)(end - s->at) + 1;
	}
	if (!app.len || app.len > APP_MAX || n == s->len || s->at[n] != ':')
		return;
	e->app = app;
	e->procid = procid;
	skip(s, n + 1);
	if (s->len && s->at[0] == ' ')
		skip(s, 1);
}

/* take_number() - Cisco's own number of the message, "45: ", if a time follows it */
static struct span take_number(struct span *s)
{
	struct span number = { s->at, 0 }, rest;

	while (number.len < s->len && number.len < 10 && is_digit(s->at[number.len]))
		number.len++;
	rest = (struct span){ s->at + number.len, s->len - number.len };
	if (!number.len || !shape(rest, ": "))
		return (struct span){ 0 };
	skip(&rest, 2);
	if (!take_time(&(struct span){ rest.at, rest.len }).len)
		return (struct span){ 0 };
	*s = rest;
	return number;
}

static void read_3164(struct span s, struct event *e)
{
	e->msgid = take_number(&s);
	e->said = take_time(&s);
	if (e->said.len)
		e->host = take_host(&s);
	take_tag(&s, e);
	e->message = s;
}

/* take_word() - up to the next blank, which goes too; "-" is none. False if there is none or it is too long. */
static bool take_word(struct span *s, size_t max, struct span *ret)
{
	size_t n = 0;

	while (n < s->len && (unsigned char)s->at[n] > ' ' && s->at[n] != 0x7f)
		n++;
	if (!n || n > max || n == s->len || s->at[n] != ' ')
		return false;
	*ret = n == 1 && s->at[0] == '-' ? (struct span){ 0 } : (struct span){ s->at, n };
	skip(s, n + 1);
	return true;
}

/* data_end() - where the structured data at the front ends: SD-ELEMENTs, quotes and escapes as in RFC 5424, 6.3;
 * 0 if it is none */
static size_t data_end(struct span s)
{
	bool inside = false, quoted = false;

	for (size_t i = 0; i < s.len; i++) {
		char c = s.at[i];

		if (quoted && c == '\\' && i + 1 < s.len)
			i++;
		else if (quoted)
			quoted = c != '"';
		else if (inside && c == '"')
			quoted = true;
		else if (inside)
			inside = c != ']';
		else if (c == '[')
			inside = true;
		else
			return i && c == ' ' ? i : 0;
	}
	return inside ? 0 : s.len;
}

static bool read_data(struct span s, struct event *e)
{
	static const char bom[] = "\xef\xbb\xbf";

	if (!s.len)
		return false;
	if (s.at[0] != '-') {
		e->message = s;
		return data_end(s) > 0;
	}
	if (s.len > 1 && s.at[1] != ' ')
		return false;
	skip(&s, s.len > 1 ? 2 : 1);
	if (s.len >= 3 && !memcmp(s.at, bom, 3))
		skip(&s, 3);
	e->message = s;
	return true;
}

static bool read_5424(struct span s, struct event *e)
{
	struct event got = { 0 };

	if (!take_word(&s, SAID_MAX, &got.said) || (got.said.len && iso_time(got.said) != got.said.len) ||
	    !take_word(&s, HOST_MAX, &got.host) || !take_word(&s, APP_MAX, &got.app) ||
	    !take_word(&s, PROCID_MAX, &got.procid) || !take_word(&s, MSGID_MAX, &got.msgid) || !read_data(s, &got))
		return false;
	e->said = got.said;
	e->host = got.host;
	e->app = got.app;
	e->procid = got.procid;
	e->msgid = got.msgid;
	e->message = got.message;
	return true;
}

/* take_priority() - "<0>" to "<191>"; -1 there is none */
static int take_priority(struct span *s)
{
	int v = 0;
	size_t n = 1;

	if (!s->len || s->at[0] != '<')
		return -1;
	while (n < s->len && n <= 3 && is_digit(s->at[n]))
		v = v * 10 + s->at[n++] - '0';
	if (n == 1 || n == s->len || s->at[n] != '>' || v > LAST_PRIORITY)
		return -1;
	skip(s, n + 1);
	return v;
}

/* The version of RFC 5424, and behind it what may only follow there. */
static bool claims_5424(struct span s)
{
	return shape(s, "1 ") && s.len > 2 && (s.at[2] == '-' || is_digit(s.at[2]));
}

void syslog_read(const char *bytes, size_t len, struct event *e)
{
	struct span whole = { bytes, len }, s;
	int priority;
	bool good;

	/* what ends a line or a C string says nothing */
	while (whole.len && (whole.at[whole.len - 1] == '\n' || whole.at[whole.len - 1] == '\0'))
		whole.len--;
	s = whole;
	priority = take_priority(&s);
	good = priority >= 0;
	e->kind = EV_SYSLOG;
	if (good && claims_5424(s)) {
		skip(&s, 2);
		good = read_5424(s, e);
	} else if (good)
		read_3164(s, e);
	if (!good) {
		e->flags |= EVENT_MALFORMED;
		e->message = whole;
		priority = NO_PRIORITY;
	}
	e->facility = (uint8_t)(priority >> 3);
	e->severity = priority & 7;
}
