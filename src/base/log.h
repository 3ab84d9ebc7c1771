/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The log: one line a message on standard error, "TIME LEVEL ROLE: text", UTC.
 *
 * Only roles and verbs speak; modules return errors. What is not printable is escaped here and
 * nowhere else, so a line can hold no line feed or escape sequence of an intruder's.
 */
enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO };

void log_name(const char *role);	/* lent for ever: a literal */
void log_plain(int on);			/* without time and level: for verbs */
void log_line(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
_Noreturn void die(const char *fmt, ...) __attribute__((format(printf, 1, 2)));	/* exit 1 */

#define log_error(...) log_line(LOG_ERROR, __VA_ARGS__)
#define log_warn(...) log_line(LOG_WARN, __VA_ARGS__)
#define log_info(...) log_line(LOG_INFO, __VA_ARGS__)
