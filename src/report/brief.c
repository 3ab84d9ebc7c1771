/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "brief.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "model/session.h"
#include "stamp.h"
#include "table.h"

enum { SSH_PORT = 22 };

static const struct { uint16_t port; const char *name; } services[] = {
	{ 21, "ftp" }, { 22, "ssh" }, { 23, "telnet" }, { 25, "smtp" }, { 53, "dns" }, { 80, "http" },
	{ 110, "pop3" }, { 143, "imap" }, { 443, "https" }, { 587, "submission" }, { 3306, "mysql" },
	{ 8080, "http-alt" },
};

static void service(uint16_t port, char *ret, size_t size)
{
	snprintf(ret, size, "%u", port);
	for (size_t i = 0; i < nitems(services); i++)
		if (services[i].port == port)
			snprintf(ret, size, "%s", services[i].name);
}

static void end_point(const struct addr *a, uint16_t port, char *ret, size_t size)
{
	char s[ADDR_TEXT];

	snprintf(ret, size, a->family == 6 ? "[%s]:%u" : "%s:%u", addr_text(a, s), port);
}

bool brief_worth(const struct session *s)
{
	uint64_t own = s->dest_port == SSH_PORT;	/* sshd runs itself again for each connection */

	return s->user[0] || s->tty_bytes || s->commands > own;
}

uint64_t brief_us(const struct session *s)
{
	uint64_t end = s->end_us ? s->end_us : s->last_us;

	return end > s->start_us ? end - s->start_us : 0;
}

void brief_row_head(struct table *t)
{
	static const char *const names[BRIEF_COLUMNS] = {
		"ID", "START", "DURATION", "HONEYPOT", "SOURCE", "SERVICE", "USER", "COMMANDS", "STATE",
	};

	t->columns = BRIEF_COLUMNS;
	t->right = BIT(0) | BIT(2) | BIT(7);
	for (size_t i = 0; i < nitems(names); i++)
		table_adds(t, names[i]);
}

void brief_row(const struct session *s, struct table *t)
{
	char text[64];

	table_addu(t, s->id);
	table_adds(t, stamp_text(s->start_us, text));
	table_adds(t, stamp_span(brief_us(s), text));
	table_adds(t, s->honeypot);
	end_point(&s->src, s->src_port, text, sizeof(text));
	table_adds(t, text);
	service(s->dest_port, text, sizeof(text));
	table_adds(t, text);
	if (s->user[0])
		table_add(t, s->user, strnlen(s->user, sizeof(s->user)));
	else
		table_adds(t, "-");
	table_addu(t, s->commands);
	table_adds(t, s->end_us ? "ended" : "open");
}

void brief_head(const struct session *s, struct text *t)
{
	char at[STAMP_TEXT], span[STAMP_TEXT], src[64], dest[64], port[16];

	end_point(&s->src, s->src_port, src, sizeof(src));
	end_point(&s->dest, s->dest_port, dest, sizeof(dest));
	service(s->dest_port, port, sizeof(port));
	text_addf(t, "Session %llu on ", (unsigned long long)s->id);
	text_safe(t, s->honeypot, strnlen(s->honeypot, sizeof(s->honeypot)));
	text_addf(t, "\n  from      %s\n  to        %s (%s)\n  user      ", src, dest, port);
	if (s->user[0])
		text_safe(t, s->user, strnlen(s->user, sizeof(s->user)));
	else
		text_add(t, "none known");
	text_addf(t, "\n  start     %s\n", stamp_text(s->start_us, at));
	if (s->end_us)
		text_addf(t, "  end       %s (%s)\n", stamp_text(s->end_us, at), stamp_span(brief_us(s), span));
	else
		text_addf(t, "  end       still open, newest event %s\n", stamp_text(s->last_us, at));
	if (s->end_us && s->last_us > s->end_us)
		text_addf(t, "  since     newest event of what it left behind %s\n", stamp_text(s->last_us, at));
	text_addf(t, "  commands  %llu\n  terminal  %llu bytes\n", (unsigned long long)s->commands,
		  (unsigned long long)s->tty_bytes);
}

static void string(struct text *t, const char *key, const char *s, size_t size)
{
	text_addf(t, ",\"%s\":", key);
	if (s[0])
		text_json(t, s, strnlen(s, size));
	else
		text_add(t, "null");
}

static void moment(struct text *t, const char *key, uint64_t us)
{
	char at[STAMP_TEXT];

	string(t, key, us ? stamp_json(us, at) : "", STAMP_TEXT);
}

void brief_json(const struct session *s, bool event, struct text *t)
{
	unsigned long long id = s->id, us = brief_us(s);
	char at[STAMP_TEXT], a[ADDR_TEXT];

	if (event)
		text_addf(t, "{\"timestamp\":\"%s\",\"event_type\":\"session\",\"session\":%llu,\"id\":%llu",
			  stamp_json(s->start_us, at), id, id);
	else
		text_addf(t, "{\"id\":%llu", id);
	string(t, "honeypot", s->honeypot, sizeof(s->honeypot));
	string(t, "src_ip", addr_text(&s->src, a), ADDR_TEXT);
	text_addf(t, ",\"src_port\":%u", s->src_port);
	string(t, "dest_ip", addr_text(&s->dest, a), ADDR_TEXT);
	text_addf(t, ",\"dest_port\":%u,\"proto\":\"TCP\"", s->dest_port);
	string(t, "user", s->user, sizeof(s->user));
	moment(t, "start", s->start_us);
	moment(t, "end", s->end_us);
	moment(t, "last", s->last_us);
	text_addf(t, ",\"duration_s\":%llu.%06llu,\"commands\":%llu,\"tty_bytes\":%llu}\n", us / 1000000, us % 1000000,
		  (unsigned long long)s->commands, (unsigned long long)s->tty_bytes);
}
