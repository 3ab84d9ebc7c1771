/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "note.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { NOTE_FIELDS = 10 };

/* keep() - @s made safe; what does not fit is cut between characters */
static void keep(char *to, size_t size, const char *s, size_t n)
{
	_text_ struct text t = { 0 };
	size_t len;

	text_safe(&t, s, n < 4 * size ? n : 4 * size);
	len = t.len < size ? t.len : size - 1;
	while (len && len < t.len && ((unsigned char)t.at[len] & 0xc0) == 0x80)
		len--;
	memcpy(to, text_str(&t), len);
	to[len] = '\0';
}

void note_of(const struct event *e, const struct honeynet *n, uint64_t seq, struct note *ret)
{
	struct note r = { .seq = seq, .at_us = e->at_us, .start_us = e->start_us, .count = e->code,
			  .severity = e->severity };

	keep(r.name, sizeof(r.name), e->reason.at, e->reason.len);
	keep(r.state, sizeof(r.state), e->state.at, e->state.len);
	keep(r.text, sizeof(r.text), e->message.at, e->message.len);
	addr_text(&e->src, r.source);
	if (e->honeypot >= 0 && (uint32_t)e->honeypot < n->n_honeypots)
		str_copy(r.honeypot, n->honeypot[e->honeypot].name, sizeof(r.honeypot));
	*ret = r;
}

void note_write(const struct note *n, struct text *t)
{
	text_addf(t, "%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%u\t%u\t%s\t%s\t%s\t%s\t%s\n", n->seq, n->at_us, n->start_us,
		  n->count, n->severity, n->name, n->state, n->source, n->honeypot, n->text);
}

/* field() - up to the next tab or the end; false: it does not fit, or holds what we never write */
static bool field(const char **at, const char *end, char *ret, size_t size)
{
	const char *tab = memchr(*at, '\t', (size_t)(end - *at));
	size_t n = (size_t)((tab ? tab : end) - *at);

	if (n >= size)
		return false;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)(*at)[i] < 0x20)
			return false;
	memcpy(ret, *at, n);
	ret[n] = '\0';
	*at += n + (tab != NULL);
	return true;
}

static bool number(const char **at, const char *end, uint64_t max, uint64_t *ret)
{
	char text[24], *stop;

	if (!field(at, end, text, sizeof(text)) || !*text || strspn(text, "0123456789") != strlen(text))
		return false;
	errno = 0;
	*ret = strtoull(text, &stop, 10);
	return !errno && *ret <= max;
}

static size_t tabs(const char *at, const char *end)
{
	size_t n = 0;

	for (; at < end; at++)
		n += *at == '\t';
	return n;
}

int note_read(const char *line, size_t len, struct note *ret)
{
	const char *at = line, *end = line + len;
	struct note n = { 0 };
	uint64_t count, severity;

	if (tabs(at, end) != NOTE_FIELDS - 1 || !number(&at, end, UINT64_MAX, &n.seq) || !number(&at, end, UINT64_MAX, &n.at_us) ||
	    !number(&at, end, UINT64_MAX, &n.start_us) || !number(&at, end, UINT32_MAX, &count) ||
	    !number(&at, end, SEVERITIES - 1, &severity) || !field(&at, end, n.name, sizeof(n.name)) ||
	    !field(&at, end, n.state, sizeof(n.state)) || !field(&at, end, n.source, sizeof(n.source)) ||
	    !field(&at, end, n.honeypot, sizeof(n.honeypot)) || !field(&at, end, n.text, sizeof(n.text)) || at != end)
		return -EBADMSG;
	n.count = (uint32_t)count;
	n.severity = (uint8_t)severity;
	*ret = n;
	return 0;
}

void message_write(const struct message *m, struct text *t)
{
	text_addf(t, "%" PRIu64 "\t%" PRIu64 "\t%u\t%u\t%u\n", m->id, m->made_us, m->severity, m->n, m->more);
	for (uint32_t i = 0; i < m->n; i++) {
		text_addf(t, "%" PRIu64 "\t%u\t", m->entry[i].first_us, m->entry[i].times);
		note_write(&m->entry[i].note, t);
	}
}

/* line() - the next one without its line feed; false: there is none */
static bool line(const char **at, const char *end, const char **ret_end)
{
	*ret_end = *at < end ? memchr(*at, '\n', (size_t)(end - *at)) : NULL;
	return *ret_end;
}

static int read_entry(const char *at, const char *end, struct entry *ret)
{
	uint64_t times;

	if (!number(&at, end, UINT64_MAX, &ret->first_us) || !number(&at, end, UINT32_MAX, &times))
		return -EBADMSG;
	ret->times = (uint32_t)times;
	return note_read(at, (size_t)(end - at), &ret->note);
}

int message_read(const char *s, size_t len, struct message *ret)
{
	const char *at = s, *end = s + len, *stop;
	uint64_t severity, n, more;

	if (!line(&at, end, &stop) || !number(&at, stop, UINT64_MAX, &ret->id) ||
	    !number(&at, stop, UINT64_MAX, &ret->made_us) || !number(&at, stop, SEVERITIES - 1, &severity) ||
	    !number(&at, stop, MESSAGE_ENTRIES, &n) || !number(&at, stop, UINT32_MAX, &more))
		return -EBADMSG;
	ret->severity = (uint8_t)severity;
	ret->n = (uint32_t)n;
	ret->more = (uint32_t)more;
	for (uint32_t i = 0; i < ret->n; i++) {
		at = stop + 1;
		if (!line(&at, end, &stop) || read_entry(at, stop, &ret->entry[i]) < 0)
			return -EBADMSG;
	}
	return stop + 1 == end ? 0 : -EBADMSG;
}
