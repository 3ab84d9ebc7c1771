/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events as lines: the reading half. A member that is there has to be of the right kind, or the
 * whole line is refused; members we do not know are passed over, so that a later version may add some.
 *
 * The reader remembers that it failed, like a cursor. All strings of a line together are shorter
 * than the line, with a NUL after each instead of its quotes: one block of that size holds them, and
 * the event points into it.
 */
#include "line.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "line_names.h"

struct reader {
	struct line *line;
	struct json_doc doc;
	const struct json *last;	/* member of the whole that was found last: the next one is not far */
	bool bad;
};

static const struct json *get(struct reader *r, const struct json *o, const char *name)
{
	bool whole = o == &r->doc.node[0];
	const struct json *v = json_get_behind(&r->doc, o, whole ? r->last : NULL, name);

	if (whole && v)
		r->last = v;
	return v;
}

static const struct json *member(struct reader *r, const struct json *o, const char *name, enum json_kind kind)
{
	const struct json *v = get(r, o, name);

	if (v && v->kind != kind) {
		r->bad = true;
		return NULL;
	}
	return v;
}

static const struct json *object(struct reader *r, const struct json *o, const char *name)
{
	return member(r, o, name, J_OBJECT);
}

static struct span string(struct reader *r, const struct json *o, const char *name)
{
	const struct json *v = member(r, o, name, J_STRING);

	return v ? v->s : (struct span){ 0 };
}

/* word() - a string into an array, which has to hold it with its NUL */
static void word(struct reader *r, const struct json *o, const char *name, char *ret, size_t size)
{
	const struct json *v = member(r, o, name, J_STRING);

	if (v && !str_copy(ret, v->s.at, size))
		r->bad = true;
}

static uint64_t number(struct reader *r, const struct json *o, const char *name, uint64_t max)
{
	const struct json *v = get(r, o, name);
	uint64_t n = 0;

	if (v && v->kind == J_INTEGER && v->integer >= 0)
		n = (uint64_t)v->integer;
	else if (v && v->kind == J_STRING) {
		char *end;

		errno = 0;
		n = strtoull(v->s.at, &end, 10);
		r->bad = r->bad || errno || end != v->s.at + v->s.len || v->s.at[0] < '0' || v->s.at[0] > '9';
	} else if (v)
		r->bad = true;
	r->bad = r->bad || n > max;
	return r->bad ? 0 : n;
}

static uint32_t u32(struct reader *r, const struct json *o, const char *name)
{
	return (uint32_t)number(r, o, name, UINT32_MAX);
}

static uint32_t flag(struct reader *r, const struct json *o, const char *name, uint32_t bit)
{
	const struct json *v = get(r, o, name);

	r->bad = r->bad || (v && v->kind != J_TRUE && v->kind != J_FALSE);
	return v && v->kind == J_TRUE ? bit : 0;
}

/* list() - strings one after another, a NUL after each, as in struct event and as json_read() leaves them */
static struct span list(struct reader *r, const struct json *o, const char *name)
{
	const struct json *first = json_first(&r->doc, member(r, o, name, J_ARRAY)), *last = NULL;

	for (const struct json *v = first; v; v = json_next(&r->doc, v)) {
		r->bad = r->bad || v->kind != J_STRING;
		last = v;
	}
	if (!first || r->bad)
		return (struct span){ 0 };
	return (struct span){ first->s.at, (size_t)(last->s.at + last->s.len + 1 - first->s.at) };
}

static int digits(const char *s, int n)
{
	int v = 0;

	while (n--)
		v = v * 10 + *s++ - '0';
	return v;
}

/* Days since 1970-01-01 in the Gregorian calendar; Howard Hinnant, "chrono-compatible low-level date algorithms" */
static int64_t days(int year, int month, int day)
{
	int y = year - (month <= 2), era = y / 400, of_era = y - era * 400;
	int of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097LL + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static uint64_t read_time(struct reader *r, const struct json *o, const char *name)
{
	static const char form[] = "dddd-dd-ddTdd:dd:dd.dddddd+0000";
	const struct json *v = member(r, o, name, J_STRING);
	int64_t at;

	if (!v)
		return 0;
	for (size_t i = 0; !r->bad && i < sizeof(form); i++)
		r->bad = form[i] == 'd' ? v->s.at[i] < '0' || v->s.at[i] > '9' : v->s.at[i] != form[i];
	r->bad = r->bad || v->s.len != sizeof(form) - 1 || digits(v->s.at, 4) < 1970;
	if (r->bad)
		return 0;
	at = days(digits(v->s.at, 4), digits(v->s.at + 5, 2), digits(v->s.at + 8, 2)) * 86400;
	at += digits(v->s.at + 11, 2) * 3600 + digits(v->s.at + 14, 2) * 60 + digits(v->s.at + 17, 2);
	return (uint64_t)at * 1000000 + (uint64_t)digits(v->s.at + 20, 6);
}

static struct addr address(struct reader *r, const struct json *o, const char *name)
{
	const struct json *v = member(r, o, name, J_STRING);
	struct addr a = { 0 };

	if (v && addr_parse(v->s.at, &a) < 0)
		r->bad = true;
	return a;
}

static void read_flow(struct reader *r, const struct json *o, struct event *e)
{
	const struct json *proto;

	e->src = address(r, o, "src_ip");
	e->src_port = (uint16_t)number(r, o, "src_port", UINT16_MAX);
	e->dest = address(r, o, "dest_ip");
	e->dest_port = (uint16_t)number(r, o, "dest_port", UINT16_MAX);
	proto = get(r, o, "proto");
	for (const struct line_proto *p = line_protos; proto && proto->kind == J_STRING && p->name; p++)
		if (span_is(proto->s, p->name)) {
			e->proto = p->number;
			return;
		}
	e->proto = (uint8_t)number(r, o, "proto", UINT8_MAX);
}

/* comm() - U+FFFD is longer than the byte it stands for: cut at the array's end */
static void comm(struct reader *r, const struct json *o, const char *name, char ret[16])
{
	struct span s = string(r, o, name);

	if (s.len)
		memcpy(ret, s.at, s.len < 15 ? s.len : 15);
}

static void read_process(struct reader *r, const struct json *o, struct event *e)
{
	const struct json *p = object(r, o, "process"), *parent = object(r, p, "parent"), *user = object(r, p, "user");
	struct event_process *to = &e->process;

	if (!p)
		return;
	to->entity = number(r, p, "entity_id", UINT64_MAX);
	to->parent = number(r, parent, "entity_id", UINT64_MAX);
	to->conn = number(r, p, "conn", UINT64_MAX);
	to->pid = u32(r, p, "pid");
	to->ppid = u32(r, parent, "pid");
	to->sid = u32(r, object(r, p, "session_leader"), "pid");
	to->uid = u32(r, user, "id");
	to->euid = u32(r, object(r, user, "effective"), "id");
	to->gid = u32(r, object(r, p, "group"), "id");
	comm(r, p, "name", to->comm);
	comm(r, object(r, p, "tty"), "name", to->tty);
	e->file = string(r, p, "executable");
	e->cwd = string(r, p, "working_directory");
	e->args = list(r, p, "args");
	e->env = list(r, p, "env_vars");
	if (e->kind == EV_EXEC || e->kind == EV_EXEC_FAILED) {
		e->path = string(r, p, "path");
		e->script = string(r, p, "script");
	}
}

static void read_file(struct reader *r, const struct json *o, struct event *e)
{
	const struct json *f = object(r, o, "file");

	e->owner[0] = e->owner[1] = e->kind == EV_FILE ? UINT32_MAX : 0;
	if (!f)
		return;
	e->path = string(r, f, "path");
	e->size = number(r, f, "size", UINT64_MAX);
	e->offset = number(r, f, "offset", UINT64_MAX);
	r->line->length = u32(r, f, "length");
	if (e->kind == EV_FILE) {
		e->target = string(r, f, "target_path");
		e->mode = u32(r, f, "mode");
		if (get(r, f, "uid"))
			e->owner[0] = u32(r, f, "uid");
		if (get(r, f, "gid"))
			e->owner[1] = u32(r, f, "gid");
	}
	word(r, object(r, f, "hash"), "sha256", e->sha256, sizeof(e->sha256));
	r->bad = r->bad || (e->sha256[0] && strspn(e->sha256, "0123456789abcdef") != 64);
}

/* bytes() - in the place of the longer text they were written as */
static struct span bytes(struct reader *r, const struct json *o, const char *name)
{
	const struct json *v = member(r, o, name, J_STRING);
	_text_ struct text raw = { 0 };
	char *to;

	if (!v || text_unbase64(&raw, v->s.at, v->s.len) < 0) {
		r->bad = r->bad || v;
		return (struct span){ 0 };
	}
	to = r->line->room + (v->s.at - r->line->room);
	if (raw.len)
		memcpy(to, raw.at, raw.len);
	return (struct span){ raw.len ? to : NULL, raw.len };
}

static void read_terminal(struct reader *r, const struct json *o, struct event *e)
{
	const struct json *t = object(r, o, "tty");

	e->flags |= flag(r, t, "echo", EVENT_ECHO) | flag(r, t, "canon", EVENT_CANON);
	if (!get(r, t, "bytes"))
		return;
	r->line->length = u32(r, t, "length");
	e->bytes = bytes(r, t, "bytes");
}

static void read_peer(struct reader *r, const struct json *o, struct event_peer *ret)
{
	ret->entity = number(r, o, "entity_id", UINT64_MAX);
	ret->pid = u32(r, o, "pid");
	ret->uid = u32(r, o, "uid");
	comm(r, o, "name", ret->comm);
}

static void read_field(struct reader *r, const struct json *o, const struct line_field *f, struct event *e)
{
	char *at = (char *)e + f->offset;
	struct span s;
	const struct json *word;
	int severity;

	switch (f->form) {
	case LINE_STRING:
	case LINE_LIST:
		s = f->form == LINE_LIST ? list(r, o, f->name) : string(r, o, f->name);
		memcpy(at, &s, sizeof(s));
		break;
	case LINE_BYTES:
		s = bytes(r, o, f->name);
		memcpy(at, &s, sizeof(s));
		break;
	case LINE_COMM: comm(r, o, f->name, at); break;
	case LINE_U8:	*(uint8_t *)at = (uint8_t)number(r, o, f->name, UINT8_MAX); break;
	case LINE_U32:	*(uint32_t *)at = u32(r, o, f->name); break;
	case LINE_U64:	*(uint64_t *)at = number(r, o, f->name, UINT64_MAX); break;
	case LINE_TIME: *(uint64_t *)at = read_time(r, o, f->name); break;
	case LINE_SEVERITY:
		word = member(r, o, f->name, J_STRING);
		severity = word ? severity_find(word->s.at) : 0;
		r->bad = r->bad || severity < 0;
		*(uint8_t *)at = (uint8_t)(severity < 0 ? 0 : severity);
		break;
	case LINE_MALFORMED:
		*(uint32_t *)at |= flag(r, o, f->name, EVENT_MALFORMED);
		break;
	case LINE_PEER: read_peer(r, object(r, o, f->name), (struct event_peer *)at); break;
	}
}

/* What the kind's rows say; those of one object stand together. */
static void read_fields(struct reader *r, const struct json *o, struct event *e)
{
	const struct json *in = NULL;
	const char *in_name = NULL;

	for (size_t i = 0; i < line_n_fields; i++) {
		const struct line_field *f = &line_fields[i];

		if (f->kind != e->kind)
			continue;
		if (f->object && (!in_name || (in_name != f->object && strcmp(in_name, f->object)))) {
			in_name = f->object;
			in = object(r, o, in_name);
		}
		read_field(r, f->object ? in : o, f, e);
	}
}

static void read_state(struct reader *r, const struct json *o, struct event *e)
{
	if (line_has_fields(e->kind))
		read_fields(r, o, e);
	else {
		e->state = string(r, o, "state");
		e->reason = string(r, o, "reason");
		e->code = u32(r, o, "code");
	}
	e->flags |= flag(r, o, "truncated", EVENT_TRUNCATED) | flag(r, o, "refused", EVENT_REFUSED) |
		    flag(r, o, "setid", EVENT_SETID) | flag(r, o, "socket_input", EVENT_SOCKET);
}

static void read_envelope(struct reader *r, const struct json *o, const struct honeynet *n, struct event *e)
{
	const struct json *kind;
	uint32_t at;
	int k;

	r->bad = r->bad || !get(r, o, "timestamp");
	r->last = NULL;
	e->at_us = read_time(r, o, "timestamp");
	kind = member(r, o, "event_type", J_STRING);
	k = kind ? event_kind_find(kind->s.at) : -ENOENT;
	r->bad = r->bad || k < 0;
	e->kind = k < 0 ? 0 : (enum event_kind)k;
	e->seq = number(r, o, "seq", UINT64_MAX);
	word(r, o, "honeypot", r->line->honeypot, sizeof(r->line->honeypot));
	e->session = number(r, o, "session", UINT64_MAX);
	e->honeypot = -1;
	if (n && r->line->honeypot[0] && honeypot_find(n, r->line->honeypot, &at) == 0)
		e->honeypot = (int32_t)at;
}

static void read_origin(struct reader *r, const struct json *o, struct event *e)
{
	const struct json *c = object(r, o, "capture"), *source = member(r, c, "source", J_STRING);
	int s = source ? event_source_find(source->s.at) : -ENOENT;

	r->bad = r->bad || s < 0;
	e->origin.source = s < 0 ? 0 : (uint8_t)s;
	e->origin.epoch = number(r, c, "epoch", UINT64_MAX);
	e->origin.seq = number(r, c, "seq", UINT64_MAX);
}

/* In the order in which a line has them: so each is found behind the one before. */
static void read_all(struct reader *r, const struct json *o, const struct honeynet *n)
{
	struct event *e = &r->line->event;

	read_envelope(r, o, n, e);
	if (r->bad)
		return;
	read_flow(r, o, e);
	read_process(r, o, e);
	read_file(r, o, e);
	read_terminal(r, o, e);
	read_state(r, o, e);
	read_origin(r, o, e);
}

int line_read(const char *s, size_t len, const struct honeynet *n, struct line *ret)
{
	struct line l = { 0 };
	struct reader r;	/* its nodes are written before they are read */
	const struct json *o;

	r.line = &l;
	if (!len || len > LINE_BYTES_MAX)
		return -EBADMSG;
	l.room = xrealloc(NULL, len + 1, 1);
	if (json_read(&r.doc, s, len, l.room) < 0) {
		line_fini(&l);
		return -EBADMSG;
	}
	r.last = NULL;
	o = &r.doc.node[0];
	r.bad = o->kind != J_OBJECT;
	read_all(&r, o, n);
	json_fini(&r.doc);
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
