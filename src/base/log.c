/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static const char *role = "skep";
static bool plain;

void log_name(const char *name)
{
	role = name;
}

void log_plain(int on)
{
	plain = on;
}

static size_t put_head(char *line, size_t size, enum log_level level)
{
	static const char *const names[] = { "error", "warning", "info" };
	time_t now = time(NULL);
	struct tm tm;
	int n;

	if (plain)
		n = snprintf(line, size, "%s: ", role);
	else {
		gmtime_r(&now, &tm);
		n = snprintf(line, size, "%04d-%02d-%02dT%02d:%02d:%02dZ %s %s: ", tm.tm_year + 1900,
			     tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, names[level],
			     role);
	}
	return n > 0 ? (size_t)n : 0;
}

__attribute__((format(printf, 2, 0)))
static void put(enum log_level level, const char *fmt, va_list ap)
{
	char text[1024], line[2 * sizeof(text)];
	size_t n = put_head(line, sizeof(line), level);

	vsnprintf(text, sizeof(text), fmt, ap);
	for (const char *s = text; *s && n < sizeof(line) - 8; s++) {
		unsigned char c = (unsigned char)*s;

		if (c < 0x20 || c == 0x7f)
			n += (size_t)snprintf(line + n, sizeof(line) - n, "\\x%02x", c);
		else
			line[n++] = (char)c;
	}
	line[n++] = '\n';
	/* One write: lines of several processes don't mix. Nowhere to report a failure to. */
	if (write(STDERR_FILENO, line, n) < 0)
		return;
}

void log_line(enum log_level level, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put(level, fmt, ap);
	va_end(ap);
}

void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put(LOG_ERROR, fmt, ap);
	va_end(ap);
	exit(1);
}
