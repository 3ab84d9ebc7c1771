/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages as mail (RFC 5322, MIME), JSON and syslog (RFC 5424). What they quote was made safe when it
 * came in (note.h); here each form adds its own rules: a header is ASCII and one line, a line of a
 * mail has no more than 998 bytes, JSON is quoted, a syslog message is one line.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "note.h"

enum { SUBJECT_MAX = 180, LINE_MAX_BYTES = 900, SYSLOG_MAX = 1024, FACILITY_AUTH = 4 };

enum form { PLAIN, ISO, MAIL };

static void stamp(struct text *t, enum form form, uint64_t us)
{
	time_t s = (time_t)((us < EVENT_TIME_MAX ? us : EVENT_TIME_MAX) / 1000000);
	char text[64];
	struct tm tm;

	gmtime_r(&s, &tm);
	switch (form) {
	case PLAIN: strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &tm); break;
	case ISO:   strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm); break;
	case MAIL:  strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S +0000", &tm); break;
	}
	text_add(t, text);
}

/* ascii() - for a header: every byte that is no printable ASCII becomes a question mark */
static void ascii(struct text *t, const char *s, size_t max)
{
	for (size_t i = 0; s[i] && i < max; i++)
		text_addc(t, s[i] >= 0x20 && s[i] < 0x7f ? s[i] : '?');
}

/* brief() - one entry in few words */
static void brief(struct text *t, const struct entry *e, bool with_text)
{
	text_add(t, e->note.name);
	if (e->note.source[0])
		text_addf(t, " from %s", e->note.source);
	else if (e->note.honeypot[0])
		text_addf(t, " at %s", e->note.honeypot);
	if (with_text && e->note.text[0])
		text_addf(t, " (%s)", e->note.text);
}

static uint32_t findings(const struct message *m)
{
	uint32_t n = m->more;

	for (uint32_t i = 0; i < m->n; i++)
		n += m->entry[i].times;
	return n;
}

void message_subject(const struct message *m, const char *honeynet, struct text *t)
{
	_text_ struct text s = { 0 };

	text_addf(&s, "[skep %s] %s: ", honeynet, severity_name(m->severity));
	if (m->n != 1 || m->more)
		text_addf(&s, "%u findings: ", findings(m));
	for (uint32_t i = 0; i < m->n && s.len < SUBJECT_MAX; i++) {
		text_add(&s, i ? ", " : "");
		brief(&s, &m->entry[i], m->n == 1);
	}
	ascii(t, text_str(&s), SUBJECT_MAX);
}

/* body_line() - never longer than a mail may have it; cut between characters */
static void body_line(struct text *t, const struct text *line)
{
	size_t n = line->len < LINE_MAX_BYTES ? line->len : LINE_MAX_BYTES;

	while (n && n < line->len && ((unsigned char)line->at[n] & 0xc0) == 0x80)
		n--;
	text_addn(t, text_str(line), n);
	text_add(t, "\r\n");
}

static void body_entry(struct text *t, const struct entry *e)
{
	_text_ struct text line = { 0 };

	stamp(&line, PLAIN, e->note.at_us);
	text_addf(&line, "  %s: %s", severity_name(e->note.severity), e->note.name);
	if (strcmp(e->note.state, "once"))
		text_addf(&line, " %s", e->note.state);
	if (e->note.source[0])
		text_addf(&line, ", from %s", e->note.source);
	if (e->note.honeypot[0])
		text_addf(&line, ", honeypot %s", e->note.honeypot);
	body_line(t, &line);
	text_clear(&line);
	text_addf(&line, "    %s", e->note.text);
	body_line(t, &line);
	text_clear(&line);
	text_add(&line, "    ");
	if (e->times > 1) {
		text_addf(&line, "%u such findings since ", e->times);
		stamp(&line, PLAIN, e->first_us);
		text_add(&line, "; ");
	}
	text_addf(&line, "journal record %" PRIu64, e->note.seq);
	body_line(t, &line);
	text_add(t, "\r\n");
}

static void body(struct text *t, const struct message *m)
{
	for (uint32_t i = 0; i < m->n; i++)
		body_entry(t, &m->entry[i]);
	if (m->more)
		text_addf(t, "%u more findings are not listed here.\r\n\r\n", m->more);
	text_add(t, "All of it is in the record: skep events --kind finding\r\n");
}

static bool is_ascii(const struct text *t)
{
	for (size_t i = 0; i < t->len; i++)
		if ((unsigned char)t->at[i] >= 0x80)
			return false;
	return true;
}

void message_mail(const struct message *m, const char *honeynet, const struct mail_ends *ends, struct text *t)
{
	_text_ struct text text = { 0 };
	const char *host = strchr(ends->from, '@');

	body(&text, m);
	text_add(t, "Date: ");
	stamp(t, MAIL, m->made_us);
	text_add(t, "\r\nFrom: skep <");
	ascii(t, ends->from, WORDS_SIZE);
	text_add(t, ">\r\nTo: <");
	ascii(t, ends->to, WORDS_SIZE);
	text_add(t, ">\r\nSubject: ");
	message_subject(m, honeynet, t);
	text_addf(t, "\r\nMessage-ID: <skep.%" PRIu64 ".%" PRIu64 "@", m->made_us, m->id);
	ascii(t, host ? host + 1 : "skep.invalid", WORDS_SIZE);
	text_addf(t, ">\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
		     "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: %s\r\n\r\n",
		  is_ascii(&text) ? "7bit" : "8bit");
	text_addn(t, text_str(&text), text.len);
}

static void json(struct text *t, const char *name, const char *value)
{
	text_addf(t, "\"%s\":", name);
	text_json(t, value, strlen(value));
}

static void json_time(struct text *t, const char *name, uint64_t us)
{
	text_addf(t, ",\"%s\":\"", name);
	stamp(t, ISO, us);
	text_addf(t, ".%06u+0000\"", (unsigned)(us % 1000000));
}

static void json_entry(struct text *t, const struct entry *e)
{
	text_add(t, "{");
	json(t, "name", e->note.name);
	text_addc(t, ',');
	json(t, "severity", severity_name(e->note.severity));
	text_addc(t, ',');
	json(t, "state", e->note.state);
	text_addc(t, ',');
	json(t, "src_ip", e->note.source);
	text_addc(t, ',');
	json(t, "honeypot", e->note.honeypot);
	text_addc(t, ',');
	json(t, "message", e->note.text);
	json_time(t, "first", e->first_us);
	json_time(t, "last", e->note.at_us);
	text_addf(t, ",\"count\":%u,\"times\":%u,\"seq\":%" PRIu64 "}", e->note.count, e->times, e->note.seq);
}

void message_json(const struct message *m, const char *honeynet, struct text *t)
{
	_text_ struct text subject = { 0 };

	message_subject(m, honeynet, &subject);
	text_addf(t, "{\"id\":%" PRIu64 ",", m->id);
	json(t, "honeynet", honeynet);
	text_addc(t, ',');
	json(t, "severity", severity_name(m->severity));
	json_time(t, "time", m->made_us);
	text_addc(t, ',');
	json(t, "text", text_str(&subject));
	text_add(t, ",\"findings\":[");
	for (uint32_t i = 0; i < m->n; i++) {
		text_add(t, i ? "," : "");
		json_entry(t, &m->entry[i]);
	}
	text_addf(t, "],\"more\":%u}", m->more);
}

void message_syslog(const struct message *m, uint32_t i, const char *honeynet, struct text *t)
{
	static const uint8_t level[SEVERITIES] = { 6, 6, 4, 3, 2 };	/* RFC 5424: 2 critical .. 6 informational */
	const struct entry *e = &m->entry[i];
	size_t begin = t->len;

	text_addf(t, "<%d>1 ", FACILITY_AUTH << 3 | level[e->note.severity]);
	stamp(t, ISO, e->note.at_us);
	text_add(t, "Z ");
	ascii(t, honeynet, NAME_SIZE);
	text_addf(t, " skep - finding - %s: ", severity_name(e->note.severity));
	brief(t, e, true);
	if (e->times > 1)
		text_addf(t, ", %u times", e->times);
	if (t->len - begin <= SYSLOG_MAX)
		return;
	t->len = begin + SYSLOG_MAX;
	while (((unsigned char)t->at[t->len] & 0xc0) == 0x80)
		t->len--;
	t->at[t->len] = '\0';
}
