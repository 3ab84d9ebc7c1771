/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events as lines: the reading half. A member that is there has to be of the right kind, or the
 * whole line is refused; members we do not know are passed over, so that a later version may add some.
 *
 * The reader remembers that it failed, like a cursor. All strings of a line together are shorter
 * than the line, with a NUL after each instead of its quotes: one block of that size holds them.
 */
#include "line.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "base/mem.h"
#include "line_names.h"

struct reader {
	struct line *line;
	size_t used, room;
	bool bad;
};

static struct span keep(struct reader *r, const char *s, size_t n)
{
	char *at = r->line->room + r->used;

	if (r->bad || n >= r->room - r->used) {
		r->bad = true;
		return (struct span){ "", 0 };
	}
	memcpy(at, s, n);
	at[n] = '\0';
	r->used += n + 1;
	return (struct span){ at, n };
}

static json_t *member(struct reader *r, json_t *o, const char *name, json_type type)
{
	json_t *v = o ? json_object_get(o, name) : NULL;

	if (v && json_typeof(v) != type) {
		r->bad = true;
		return NULL;
	}
	return v;
}

static json_t *object(struct reader *r, json_t *o, const char *name)
{
	return member(r, o, name, JSON_OBJECT);
}

static struct span string(struct reader *r, json_t *o, const char *name)
{
	json_t *v = member(r, o, name, JSON_STRING);

	return v ? keep(r, json_string_value(v), json_string_length(v)) : (struct span){ 0 };
}

/* word() - a string into an array, which has to hold it with its NUL */
static void word(struct reader *r, json_t *o, const char *name, char *ret, size_t size)
{
	json_t *v = member(r, o, name, JSON_STRING);

	if (v && !str_copy(ret, json_string_value(v), size))
		r->bad = true;
}

static uint64_t number(struct reader *r, json_t *o, const char *name, uint64_t max)
{
	json_t *v = o ? json_object_get(o, name) : NULL;
	uint64_t n = 0;

	if (json_is_integer(v) && json_integer_value(v) >= 0)
		n = (uint64_t)json_integer_value(v);
	else if (json_is_string(v)) {
		const char *s = json_string_value(v);
		char *end;

		errno = 0;
		n = strtoull(s, &end, 10);
		r->bad = r->bad || errno || *end || s[0] < '0' || s[0] > '9' || strlen(s) != json_string_length(v);
	} else if (v)
		r->bad = true;
	r->bad = r->bad || n > max;
	return r->bad ? 0 : n;
}

static uint32_t u32(struct reader *r, json_t *o, const char *name)
{
	return (uint32_t)number(r, o, name, UINT32_MAX);
}

static uint32_t flag(struct reader *r, json_t *o, const char *name, uint32_t bit)
{
	json_t *v = o ? json_object_get(o, name) : NULL;

	r->bad = r->bad || (v && !json_is_boolean(v));
	return json_is_true(v) ? bit : 0;
}

/* list() - strings one after another, a NUL after each, as in struct event */
static struct span list(struct reader *r, json_t *o, const char *name)
{
	json_t *v = member(r, o, name, JSON_ARRAY);
	char *from = r->line->room + r->used;

	for (size_t i = 0; i < json_array_size(v); i++) {
		json_t *s = json_array_get(v, i);

		if (!json_is_string(s)) {
			r->bad = true;
			break;
		}
		keep(r, json_string_value(s), json_string_length(s));
	}
	return (struct span){ from, (size_t)(r->line->room + r->used - from) };
}

static uint64_t read_time(struct reader *r, json_t *o, const char *name)
{
	json_t *v = member(r, o, name, JSON_STRING);
	const char *s = v ? json_string_value(v) : NULL;
	struct tm tm = { 0 };
	unsigned us;
	int n = 0;

	if (!v)
		return 0;
	if (sscanf(s, "%4d-%2d-%2dT%2d:%2d:%2d.%6u+0000%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
		   &tm.tm_min, &tm.tm_sec, &us, &n) != 7 || n != 31 || s[n] || tm.tm_year < 1970) {
		r->bad = true;
		return 0;
	}
	tm.tm_year -= 1900;
	tm.tm_mon--;
	return (uint64_t)timegm(&tm) * 1000000 + us;
}

static struct addr address(struct reader *r, json_t *o, const char *name)
{
	const char *s = json_string_value(member(r, o, name, JSON_STRING));
	struct addr a = { 0 };

	if (s && addr_parse(s, &a) < 0)
		r->bad = true;
	return a;
}

static void read_flow(struct reader *r, json_t *o, struct event *e)
{
	const char *proto = json_string_value(json_object_get(o, "proto"));

	e->src = address(r, o, "src_ip");
	e->dest = address(r, o, "dest_ip");
	e->src_port = (uint16_t)number(r, o, "src_port", UINT16_MAX);
	e->dest_port = (uint16_t)number(r, o, "dest_port", UINT16_MAX);
	for (const struct line_proto *p = line_protos; proto && p->name; p++)
		if (!strcmp(p->name, proto)) {
			e->proto = p->number;
			return;
		}
	e->proto = (uint8_t)number(r, o, "proto", UINT8_MAX);
}

static void read_process(struct reader *r, json_t *o, struct event *e)
{
	json_t *p = object(r, o, "process"), *parent = object(r, p, "parent"), *user = object(r, p, "user");
	struct event_process *to = &e->process;

	to->entity = number(r, p, "entity_id", UINT64_MAX);
	to->parent = number(r, parent, "entity_id", UINT64_MAX);
	to->conn = number(r, p, "conn", UINT64_MAX);
	to->pid = u32(r, p, "pid");
	to->ppid = u32(r, parent, "pid");
	to->sid = u32(r, object(r, p, "session_leader"), "pid");
	to->uid = u32(r, user, "id");
	to->euid = u32(r, object(r, user, "effective"), "id");
	to->gid = u32(r, object(r, p, "group"), "id");
	e->file = string(r, p, "executable");
	e->cwd = string(r, p, "working_directory");
	e->args = list(r, p, "args");
	e->env = list(r, p, "env_vars");
	if (e->kind == EV_EXEC)
		e->path = string(r, p, "path");
}

/* Names may hold U+FFFD now, which is longer than the byte it stands for: cut at the array's end. */
static void read_names(struct reader *r, json_t *o, struct event *e)
{
	json_t *p = object(r, o, "process");
	struct span name = string(r, p, "name"), tty = string(r, object(r, p, "tty"), "name");

	if (name.len)
		memcpy(e->process.comm, name.at, name.len < 15 ? name.len : 15);
	if (tty.len)
		memcpy(e->process.tty, tty.at, tty.len < 15 ? tty.len : 15);
}

static void read_file(struct reader *r, json_t *o, struct event *e)
{
	json_t *f = object(r, o, "file");

	if (!f)
		return;
	e->path = string(r, f, "path");
	e->size = number(r, f, "size", UINT64_MAX);
	e->offset = number(r, f, "offset", UINT64_MAX);
	r->line->length = u32(r, f, "length");
	word(r, object(r, f, "hash"), "sha256", e->sha256, sizeof(e->sha256));
	r->bad = r->bad || (e->sha256[0] && strspn(e->sha256, "0123456789abcdef") != 64);
}

static void read_terminal(struct reader *r, json_t *o, struct event *e)
{
	json_t *t = object(r, o, "tty"), *bytes = member(r, t, "bytes", JSON_STRING);
	_text_ struct text raw = { 0 };

	e->flags |= flag(r, t, "echo", EVENT_ECHO) | flag(r, t, "canon", EVENT_CANON);
	if (!bytes)
		return;
	r->line->length = u32(r, t, "length");
	if (text_unbase64(&raw, json_string_value(bytes), json_string_length(bytes)) < 0)
		r->bad = true;
	else if (raw.len)
		e->bytes = keep(r, raw.at, raw.len);
}

static void read_field(struct reader *r, json_t *o, const struct line_field *f, struct event *e)
{
	char *at = (char *)e + f->offset;
	struct span s;
	json_t *word;
	int severity;

	switch (f->form) {
	case LINE_STRING:
	case LINE_LIST:
		s = f->form == LINE_LIST ? list(r, o, f->name) : string(r, o, f->name);
		memcpy(at, &s, sizeof(s));
		break;
	case LINE_U8:	*(uint8_t *)at = (uint8_t)number(r, o, f->name, UINT8_MAX); break;
	case LINE_U32:	*(uint32_t *)at = u32(r, o, f->name); break;
	case LINE_U64:	*(uint64_t *)at = number(r, o, f->name, UINT64_MAX); break;
	case LINE_TIME: *(uint64_t *)at = read_time(r, o, f->name); break;
	case LINE_SEVERITY:
		word = member(r, o, f->name, JSON_STRING);
		severity = word ? severity_find(json_string_value(word)) : 0;
		r->bad = r->bad || severity < 0;
		*(uint8_t *)at = (uint8_t)(severity < 0 ? 0 : severity);
		break;
	case LINE_MALFORMED:
		*(uint32_t *)at |= flag(r, o, f->name, EVENT_MALFORMED);
		break;
	}
}

static void read_state(struct reader *r, json_t *o, struct event *e)
{
	for (size_t i = 0; i < line_n_fields; i++) {
		const struct line_field *f = &line_fields[i];

		if (f->kind == e->kind)
			read_field(r, f->object ? object(r, o, f->object) : o, f, e);
	}
	if (!line_has_fields(e->kind)) {
		e->state = string(r, o, "state");
		e->reason = string(r, o, "reason");
		e->code = u32(r, o, "code");
	}
	e->flags |= flag(r, o, "truncated", EVENT_TRUNCATED) | flag(r, o, "refused", EVENT_REFUSED);
}

static void read_envelope(struct reader *r, json_t *o, const struct honeynet *n, struct event *e)
{
	json_t *c = object(r, o, "capture");
	const char *kind = json_string_value(json_object_get(o, "event_type"));
	const char *source = json_string_value(c ? json_object_get(c, "source") : NULL);
	int k = kind ? event_kind_find(kind) : -ENOENT, s = source ? event_source_find(source) : -ENOENT;
	uint32_t at;

	r->bad = r->bad || k < 0 || s < 0;
	e->kind = k < 0 ? 0 : (enum event_kind)k;
	e->origin.source = s < 0 ? 0 : (uint8_t)s;
	e->origin.epoch = number(r, c, "epoch", UINT64_MAX);
	e->origin.seq = number(r, c, "seq", UINT64_MAX);
	e->seq = number(r, o, "seq", UINT64_MAX);
	e->session = number(r, o, "session", UINT64_MAX);
	word(r, o, "honeypot", r->line->honeypot, sizeof(r->line->honeypot));
	e->honeypot = -1;
	if (n && r->line->honeypot[0] && honeypot_find(n, r->line->honeypot, &at) == 0)
		e->honeypot = (int32_t)at;
}

static void read_all(struct reader *r, json_t *o, const struct honeynet *n)
{
	struct event *e = &r->line->event;

	read_envelope(r, o, n, e);
	if (r->bad)
		return;
	r->bad = r->bad || !json_object_get(o, "timestamp");
	e->at_us = read_time(r, o, "timestamp");
	read_flow(r, o, e);
	read_process(r, o, e);
	read_names(r, o, e);
	read_file(r, o, e);
	read_terminal(r, o, e);
	read_state(r, o, e);
}

int line_read(const char *s, size_t len, const struct honeynet *n, struct line *ret)
{
	struct line l = { 0 };
	struct reader r = { .line = &l, .room = len + 1 };
	json_t *o;

	if (!len || len > LINE_BYTES_MAX)
		return -EBADMSG;
	o = json_loadb(s, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	if (!json_is_object(o)) {
		json_decref(o);
		return -EBADMSG;
	}
	l.room = xcalloc(r.room, 1);
	read_all(&r, o, n);
	json_decref(o);
	if (r.bad) {
		line_fini(&l);
		return -EBADMSG;
	}
	*ret = l;
	return 0;
}

void line_fini(struct line *l)
{
	free(l->room);
	*l = (struct line){ 0 };
}
