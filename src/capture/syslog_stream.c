/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "syslog_stream.h"

#include <string.h>

enum { COUNT_DIGITS = 7 };

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static void finish(struct syslog_stream *s, syslog_message_fn *fn, void *arg)
{
	if (s->used)
		fn(arg, s->bytes, s->used, s->cut);
	s->used = s->left = 0;
	s->cut = s->line = false;
}

static void keep(struct syslog_stream *s, const char *bytes, size_t n)
{
	size_t room = sizeof(s->bytes) - s->used;

	s->cut = s->cut || n > room;
	n = n < room ? n : room;
	memcpy(s->bytes + s->used, bytes, n);
	s->used += (uint32_t)n;
}

/* No count, or not yet known: digits are kept like a line's first bytes, until what follows them decides. */
static void begin(struct syslog_stream *s, char c)
{
	uint32_t n = s->used, count = 0;
	bool number = n && is_digit(s->bytes[n - 1]);

	keep(s, &c, 1);
	if (is_digit(c) && n < COUNT_DIGITS && s->bytes[0] != '0' && (number || !n))
		return;
	if (c == ' ' && number)
		return;
	for (uint32_t i = 0; n && i < n - 1; i++)
		count = count * 10 + (uint32_t)(s->bytes[i] - '0');
	if (c != '<' || n < 2 || s->bytes[n - 1] != ' ' || count > SYSLOG_COUNT_MAX) {
		s->line = true;
		return;
	}
	s->bytes[0] = '<';
	s->used = 1;
	s->left = count - 1;
}

static size_t take_line(struct syslog_stream *s, const char *bytes, size_t len, bool *ret_whole)
{
	size_t n = 0;

	while (n < len && bytes[n] != '\n' && bytes[n] != '\0')
		n++;
	keep(s, bytes, n);
	*ret_whole = n < len;
	return n < len ? n + 1 : n;
}

static size_t take_counted(struct syslog_stream *s, const char *bytes, size_t len, bool *ret_whole)
{
	size_t n = len < s->left ? len : s->left;

	keep(s, bytes, n);
	s->left -= (uint32_t)n;
	*ret_whole = !s->left;
	return n;
}

/* take_some() - at least one byte of @len; *@ret_whole: the message is complete */
static size_t take_some(struct syslog_stream *s, const char *bytes, size_t len, bool *ret_whole)
{
	*ret_whole = false;
	if (s->left)
		return take_counted(s, bytes, len, ret_whole);
	if (s->line || bytes[0] == '\n' || bytes[0] == '\0')
		return take_line(s, bytes, len, ret_whole);
	begin(s, bytes[0]);
	*ret_whole = !s->left && !s->line && s->used == 1 && s->bytes[0] == '<';	/* "1 <": all of it */
	return 1;
}

void syslog_stream_feed(struct syslog_stream *s, const char *bytes, size_t len, syslog_message_fn *fn, void *arg)
{
	while (len) {
		bool whole;
		size_t n = take_some(s, bytes, len, &whole);

		bytes += n;
		len -= n;
		if (whole)
			finish(s, fn, arg);
	}
}

void syslog_stream_end(struct syslog_stream *s, syslog_message_fn *fn, void *arg)
{
	s->cut = s->cut || s->left;
	finish(s, fn, arg);
}
