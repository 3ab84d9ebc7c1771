/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events as lines: the writing half. Every string goes through text_json(), every list and string
 * has a bound, so a line has one too, whatever a honeypot sends.
 *
 * Numbers a honeypot can choose freely have 64 bits; above 2^53 many JSON readers round them, so
 * they become strings there. The reading half (line_read.c) takes both.
 */
#include "line.h"

#include <limits.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include <skep/capture.h>

#include "base/mem.h"
#include "line_names.h"
#include "model/community.h"

enum { STATE_MAX = 64, REASON_MAX = 1024, BYTES_MAX = SKEP_CHUNK };

static const char *const env_kept[] = {
	"LOGNAME", "USER", "HOME", "SSH_CLIENT", "SSH_CONNECTION", "SSH_TTY", "LD_PRELOAD", "HISTFILE",
	"PATH", "SUDO_USER",
};

/* A comma goes before everything that does not come first; no value ends in a bracket that opens. */
static void next(struct text *t)
{
	char last = t->len ? t->at[t->len - 1] : '{';

	if (last != '{' && last != '[')
		text_addc(t, ',');
}

static void key(struct text *t, const char *name)
{
	next(t);
	text_addc(t, '"');
	text_add(t, name);
	text_addn(t, "\":", 2);
}

static void begin(struct text *t, const char *name)
{
	key(t, name);
	text_addc(t, '{');
}

static void ident(struct text *t, const char *name, uint64_t v)	/* ECS: ids are strings */
{
	key(t, name);
	text_addc(t, '"');
	text_addu(t, v);
	text_addc(t, '"');
}

static void number(struct text *t, const char *name, uint64_t v)
{
	if (v > 1ull << 53) {
		ident(t, name, v);
		return;
	}
	key(t, name);
	text_addu(t, v);
}

static void number_if(struct text *t, const char *name, uint64_t v)
{
	if (v)
		number(t, name, v);
}

static void boolean(struct text *t, const char *name, bool v)
{
	key(t, name);
	text_add(t, v ? "true" : "false");
}

/* string() - left out when empty; true if it had to be cut */
static bool string(struct text *t, const char *name, struct span s, size_t max)
{
	if (!s.len)
		return false;
	key(t, name);
	text_json(t, s.at, s.len < max ? s.len : max);
	return s.len > max;
}

static void word(struct text *t, const char *name, const char *s, size_t size)
{
	string(t, name, (struct span){ s, strnlen(s, size) }, size);
}

static bool list(struct text *t, const char *name, struct span s, size_t max)
{
	bool cut = s.len > max;

	if (!s.len)
		return false;
	s.len = cut ? max : s.len;
	key(t, name);
	text_addc(t, '[');
	for (size_t i = 0; i < s.len;) {
		size_t n = strnlen(s.at + i, s.len - i);

		next(t);
		text_json(t, s.at + i, n);
		i += n + 1;
	}
	text_addc(t, ']');
	return cut;
}

static bool environment(struct text *t, const struct event *e)
{
	bool cut = false;
	size_t n = 0;

	for (size_t i = 0; i < nitems(env_kept); i++) {
		_text_ struct text one = { 0 };
		struct span v = event_env(e, env_kept[i]);

		if (!v.len)
			continue;
		if (!n++) {
			key(t, "env_vars");
			text_addc(t, '[');
		}
		cut = cut || v.len > LINE_ENV_MAX;
		text_addf(&one, "%s=", env_kept[i]);
		text_addn(&one, v.at, v.len < LINE_ENV_MAX ? v.len : LINE_ENV_MAX);
		next(t);
		text_json(t, one.at, one.len);
	}
	if (n)
		text_addc(t, ']');
	return cut;
}

/* bytes() - in base64, also when there are none */
static bool bytes(struct text *t, const char *name, struct span s, size_t max)
{
	key(t, name);
	text_addc(t, '"');
	text_base64(t, s.at, s.len < max ? s.len : max);
	text_addc(t, '"');
	return s.len > max;
}

static void timestamp(struct text *t, const char *name, uint64_t us)
{
	time_t s;
	struct tm tm;

	us = us < EVENT_TIME_MAX ? us : EVENT_TIME_MAX;
	s = (time_t)(us / 1000000);
	gmtime_r(&s, &tm);
	key(t, name);
	text_addc(t, '"');
	text_digits(t, (unsigned)tm.tm_year + 1900, 4);
	text_addc(t, '-');
	text_digits(t, (unsigned)tm.tm_mon + 1, 2);
	text_addc(t, '-');
	text_digits(t, (unsigned)tm.tm_mday, 2);
	text_addc(t, 'T');
	text_digits(t, (unsigned)tm.tm_hour, 2);
	text_addc(t, ':');
	text_digits(t, (unsigned)tm.tm_min, 2);
	text_addc(t, ':');
	text_digits(t, (unsigned)tm.tm_sec, 2);
	text_addc(t, '.');
	text_digits(t, (unsigned)(us % 1000000), 6);
	text_add(t, "+0000\"");
}

static void community(struct text *t, const struct event *e)
{
	char id[COMMUNITY_ID_SIZE];

	if (community_id(e, id))
		word(t, "community_id", id, sizeof(id));
}

static void flow(struct text *t, const struct event *e)
{
	char a[ADDR_TEXT];

	word(t, "src_ip", addr_text(&e->src, a), ADDR_TEXT);
	number_if(t, "src_port", e->src_port);
	word(t, "dest_ip", addr_text(&e->dest, a), ADDR_TEXT);
	number_if(t, "dest_port", e->dest_port);
	if (!e->proto)
		return;
	community(t, e);
	for (const struct line_proto *p = line_protos; p->name; p++)
		if (p->number == e->proto) {
			word(t, "proto", p->name, 16);
			return;
		}
	ident(t, "proto", e->proto);
}

static void process_ids(struct text *t, const struct event_process *p)
{
	ident(t, "entity_id", p->entity);
	number(t, "pid", p->pid);
	word(t, "name", p->comm, sizeof(p->comm));
	begin(t, "parent");
	ident(t, "entity_id", p->parent);
	number(t, "pid", p->ppid);
	text_addc(t, '}');
	if (p->sid) {
		begin(t, "session_leader");
		number(t, "pid", p->sid);
		text_addc(t, '}');
	}
	begin(t, "user");
	number(t, "id", p->uid);
	begin(t, "effective");
	number(t, "id", p->euid);
	text_add(t, "}}");
	begin(t, "group");
	number(t, "id", p->gid);
	text_addc(t, '}');
	if (p->tty[0]) {
		begin(t, "tty");
		word(t, "name", p->tty, sizeof(p->tty));
		text_addc(t, '}');
	}
	number_if(t, "conn", p->conn);
}

static bool is_program(enum event_kind k)
{
	return k == EV_EXEC || k == EV_EXEC_FAILED;
}

static bool process(struct text *t, const struct event *e)
{
	static const struct event_process none;
	bool any = memcmp(&e->process, &none, sizeof(none)) || e->file.len || e->cwd.len ||
		   (e->args.len && e->kind != EV_ADMIN);
	bool cut = false;

	if (!any && !is_program(e->kind) && e->kind != EV_EXIT)
		return false;
	begin(t, "process");
	process_ids(t, &e->process);
	cut |= string(t, "executable", e->file, PATH_MAX);
	if (is_program(e->kind)) {
		cut |= string(t, "path", e->path, PATH_MAX);
		cut |= string(t, "script", e->script, PATH_MAX);
	}
	cut |= list(t, "args", e->args, SKEP_ARGS_MAX);
	cut |= string(t, "working_directory", e->cwd, PATH_MAX);
	cut |= environment(t, e);
	if (e->kind == EV_EXIT && WIFEXITED(e->code))
		number(t, "exit_code", (uint64_t)WEXITSTATUS(e->code));
	else if (e->kind == EV_EXIT)
		number(t, "exit_signal", (uint64_t)WTERMSIG(e->code));
	text_addc(t, '}');
	return cut;
}

/* Records whose bytes go to the samples, not into the line. */
static bool has_bytes(enum event_kind k)
{
	return k == EV_MODULE || k == EV_CONTENT;
}

/* owner() - zero is root; who has none in a line was not changed */
static void owner(struct text *t, const char *name, uint32_t id)
{
	if (id != UINT32_MAX)
		number(t, name, id);
}

static bool file(struct text *t, const struct event *e)
{
	bool cut;

	if (is_program(e->kind) || e->kind == EV_KERNEL ||
	    (!has_bytes(e->kind) && !e->path.len && !e->size && !e->sha256[0]))
		return false;
	begin(t, "file");
	cut = string(t, "path", e->path, PATH_MAX);
	if (e->kind == EV_FILE) {
		cut |= string(t, "target_path", e->target, PATH_MAX);
		number_if(t, "mode", e->mode);
		owner(t, "uid", e->owner[0]);
		owner(t, "gid", e->owner[1]);
	}
	number_if(t, "size", e->size);
	number_if(t, "offset", e->offset);
	if (has_bytes(e->kind))
		number(t, "length", e->bytes.len);
	if (e->sha256[0]) {
		begin(t, "hash");
		word(t, "sha256", e->sha256, sizeof(e->sha256));
		text_addc(t, '}');
	}
	text_addc(t, '}');
	return cut;
}

static bool terminal(struct text *t, const struct event *e)
{
	bool cut;

	if (e->kind != EV_TTY_IN && e->kind != EV_TTY_OUT)
		return false;
	begin(t, "tty");
	word(t, "name", e->process.tty, sizeof(e->process.tty));
	word(t, "direction", e->kind == EV_TTY_IN ? "in" : "out", 4);
	boolean(t, "echo", e->flags & EVENT_ECHO);
	boolean(t, "canon", e->flags & EVENT_CANON);
	number(t, "length", e->bytes.len);
	cut = bytes(t, "bytes", e->bytes, BYTES_MAX);
	text_addc(t, '}');
	return cut;
}

static void peer(struct text *t, const char *name, const struct event_peer *p)
{
	if (!p->entity && !p->pid)
		return;
	begin(t, name);
	number(t, "entity_id", p->entity);
	number(t, "pid", p->pid);
	number(t, "uid", p->uid);
	word(t, "name", p->comm, sizeof(p->comm));
	text_addc(t, '}');
}

static bool field(struct text *t, const struct event *e, const struct line_field *f)
{
	const char *at = (const char *)e + f->offset;
	uint64_t v = 0;
	struct span s;

	switch (f->form) {
	case LINE_STRING:
	case LINE_LIST:
		memcpy(&s, at, sizeof(s));
		return f->form == LINE_LIST ? list(t, f->name, s, f->max) : string(t, f->name, s, f->max);
	case LINE_BYTES:
		memcpy(&s, at, sizeof(s));
		return bytes(t, f->name, s, f->max);
	case LINE_COMM: word(t, f->name, at, sizeof(((struct event_process *)0)->comm)); break;
	case LINE_U8:	number(t, f->name, *(const uint8_t *)at); break;
	case LINE_U32:	number(t, f->name, *(const uint32_t *)at); break;
	case LINE_U64:	number(t, f->name, *(const uint64_t *)at); break;
	case LINE_TIME:
		memcpy(&v, at, sizeof(v));
		if (v)
			timestamp(t, f->name, v);
		break;
	case LINE_SEVERITY:
		word(t, f->name, severity_name(*(const uint8_t *)at % SEVERITIES), 32);
		break;
	case LINE_MALFORMED:
		if (*(const uint32_t *)at & EVENT_MALFORMED)
			boolean(t, f->name, true);
		break;
	case LINE_PEER: peer(t, f->name, (const struct event_peer *)at); break;
	}
	return false;
}

/* close_object() - one that was begun at @at; if nothing is in it, it is not there at all */
static void close_object(struct text *t, size_t at)
{
	if (t->at[t->len - 1] == '{')
		t->len = at;
	else
		text_addc(t, '}');
}

/* What the kind's rows say; an object is opened where its rows begin. */
static bool fields(struct text *t, const struct event *e)
{
	const char *open = NULL;
	size_t at = 0;
	bool cut = false;

	for (size_t i = 0; i < line_n_fields; i++) {
		const struct line_field *f = &line_fields[i];

		if (f->kind != e->kind)
			continue;
		if (open && open != f->object && (!f->object || strcmp(open, f->object))) {
			close_object(t, at);
			open = NULL;
		}
		if (f->object && !open) {
			open = f->object;
			at = t->len;
			begin(t, open);
		}
		cut |= field(t, e, f);
	}
	if (open)
		close_object(t, at);
	return cut;
}

static bool state(struct text *t, const struct event *e)
{
	bool cut;

	if (line_has_fields(e->kind))
		return fields(t, e);
	cut = string(t, "state", e->state, STATE_MAX);
	cut |= string(t, "reason", e->reason, REASON_MAX);
	number_if(t, "code", e->code);
	return cut;
}

void line_write(const struct event *e, const struct honeynet *n, struct text *t)
{
	bool cut = e->flags & EVENT_TRUNCATED;

	text_addc(t, '{');
	timestamp(t, "timestamp", e->at_us);
	word(t, "event_type", event_kind_name(e->kind), 32);
	number(t, "seq", e->seq);
	word(t, "sensor", "skep", 8);
	if (e->honeypot >= 0 && (uint32_t)e->honeypot < n->n_honeypots)
		word(t, "honeypot", n->honeypot[e->honeypot].name, NAME_SIZE);
	number_if(t, "session", e->session);
	flow(t, e);
	cut |= process(t, e);
	cut |= file(t, e);
	cut |= terminal(t, e);
	cut |= state(t, e);
	if (cut)
		boolean(t, "truncated", true);
	if (e->flags & EVENT_SETID)
		boolean(t, "setid", true);
	if (e->flags & EVENT_SOCKET)
		boolean(t, "socket_input", true);
	if (e->flags & EVENT_REFUSED)
		boolean(t, "refused", true);
	begin(t, "capture");
	word(t, "source", event_source_name(e->origin.source), 32);
	number(t, "epoch", e->origin.epoch);
	number(t, "seq", e->origin.seq);
	text_add(t, "}}\n");
}
