/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events come in the order in which they reached the journal; the gateway's word about a packet
 * may be there before the process's own wish to connect, since they are two sources. So lines are
 * collected, sorted by time, and then each verdict goes to the newest wish that it fits.
 */
#include "visit.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/event.h"
#include "skep/capture.h"
#include "stamp.h"
#include "story.h"

enum {
	LOOK_BACK = 1024,	/* lines in which a verdict looks for its connection */
	LINEAGE = 4096,		/* processes remembered; a forgotten one counts as unknown */
	SEARCH = 64,		/* lines among which the tries of one command are looked for */
	TYPED_MAX = 500,	/* bytes of a typed line */
	SAID_MAX = 2000,	/* bytes told of what was said at a stretch without a terminal, */
	SAID_LINES = 10,	/* and lines */
	SAID_LINE = 300,	/* and bytes of a line */
};

struct item {
	uint64_t at_us, order;
	enum event_kind kind;
	uint32_t uid;
	bool process, root;	/* uid is known; marked */
	char *what;		/* owned, safe */
	/* connections and verdicts */
	uint64_t entity;
	struct addr dest;
	uint16_t dest_port;
	uint8_t proto;
	char *verdict;		/* owned, safe; of a connection: NULL until there is one */
	uint32_t packets;	/* how many the gateway said it about */
	bool gone;		/* a verdict that has become part of its connection; a try that another made up for */
};

struct visit {
	uint32_t flags;
	struct item *item;
	size_t n, room;
	uint64_t beyond;
	struct { uint64_t entity; bool user; } lineage[LINEAGE];
	bool user_seen;		/* somebody who is not root was here */
	char tty[16];		/* the first terminal */
	struct text typed;
	bool typed_hidden;
	struct event said;	/* without a terminal: the first of a stretch; its spans are gone */
	bool saying;
	const char *said_what;	/* "input", "output" or "error" */
	uint64_t said_bytes;
	struct text said_text;
};

static void said_end(struct visit *v);

struct visit *visit_new(uint32_t flags)
{
	struct visit *v = xcalloc(1, sizeof(*v));

	v->flags = flags;
	return v;
}

struct visit *visit_free(struct visit *v)
{
	if (!v)
		return NULL;
	for (size_t i = 0; i < v->n; i++) {
		free(v->item[i].what);
		free(v->item[i].verdict);
	}
	free(v->item);
	text_fini(&v->typed);
	text_fini(&v->said_text);
	free(v);
	return NULL;
}

/* --- whose rights ----------------------------------------------------------------------------- */

/* Whether process @e, its parent, or (if the parent is not known) anybody before was no root. */
static bool below_user(struct visit *v, const struct event *e)
{
	const struct event_process *p = &e->process;
	size_t own = p->entity % LINEAGE, parent = p->parent % LINEAGE;
	bool user;

	if (p->uid)
		user = true;
	else if (p->entity && v->lineage[own].entity == p->entity && v->lineage[own].user)
		user = true;
	else if (p->parent && v->lineage[parent].entity == p->parent)
		user = v->lineage[parent].user;
	else
		user = v->user_seen;
	if (p->entity) {
		v->lineage[own].entity = p->entity;
		v->lineage[own].user = user;
	}
	v->user_seen = v->user_seen || p->uid;
	return user;
}

/* --- collecting ------------------------------------------------------------------------------- */

static struct item *add(struct visit *v, const struct event *e, const struct text *what)
{
	bool process = e->process.pid || e->process.entity;
	bool root = process && below_user(v, e) && !e->process.euid;

	said_end(v);
	if (v->n == VISIT_ITEMS_MAX) {
		v->beyond++;
		return NULL;
	}
	if (v->n == v->room) {
		v->room = v->room ? v->room * 2 : 64;
		v->item = xrealloc(v->item, v->room, sizeof(*v->item));
	}
	v->item[v->n] = (struct item){
		.at_us = e->at_us, .order = v->n, .kind = e->kind, .uid = e->process.uid, .process = process,
		.root = root, .what = xstrdup(text_str(what)),
		.entity = e->process.entity, .dest = e->dest, .dest_port = e->dest_port, .proto = e->proto,
	};
	return &v->item[v->n++];
}

/*
 * Who looks for a program along PATH tries it at each place. If one try of the process goes well the
 * others are forgotten; else those that say the same (@what) are one.
 */
static void drop_tries(struct visit *v, const struct event *e, const char *what)
{
	for (size_t k = v->n, left = SEARCH; k-- && left--;) {
		struct item *i = &v->item[k];

		if (i->kind == EV_EXEC_FAILED && i->entity == e->process.entity && (!what || !strcmp(i->what, what)))
			i->gone = true;
	}
}

static void add_exec(struct visit *v, const struct event *e)
{
	_text_ struct text t = { 0 };

	text_add(&t, e->process.euid ? "$ " : "# ");
	story_command(e, &t);
	drop_tries(v, e, NULL);
	add(v, e, &t);
}

static void add_exec_failed(struct visit *v, const struct event *e)
{
	_text_ struct text t = { 0 };

	text_add(&t, "could not run: ");
	story_failure(e, &t);
	drop_tries(v, e, text_str(&t));
	add(v, e, &t);
}

/* What the file's own rights gave is seen at the command. */
static void add_creds(struct visit *v, const struct event *e)
{
	struct event after = *e;
	_text_ struct text t = { 0 };

	if (!story_gains(e) || span_is(e->state, "exec"))
		return;
	story_event(e, &t);
	after.process.euid = e->ids[1].euid;
	add(v, &after, &t);
}

static void add_connect(struct visit *v, const struct event *e)
{
	_text_ struct text t = { 0 };

	if (!e->dest.family || addr_loopback(&e->dest))
		return;		/* stays inside the honeypot */
	if (e->kind == EV_CONNECT && e->proto == IPPROTO_UDP)
		return;		/* nothing has left yet; what it sends is told */
	text_safe(&t, e->process.comm, strnlen(e->process.comm, sizeof(e->process.comm)));
	text_add(&t, e->kind == EV_SEND ? " sends to " : " connects to ");
	story_dest(e, &t);
	add(v, e, &t);
}

static void add_verdict(struct visit *v, const struct event *e)
{
	_text_ struct text t = { 0 }, verdict = { 0 };
	struct item *item;

	text_add(&t, "gateway: ");
	story_flow(e, &t);
	story_verdict(e, &verdict);
	item = add(v, e, &t);
	if (item) {
		item->verdict = xstrdup(text_str(&verdict));
		item->packets = 1;
	}
}

static void add_module(struct visit *v, const struct event *e)
{
	_text_ struct text t = { 0 };

	if (e->size > SKEP_CHUNK && !e->sha256[0] && !(e->flags & (EVENT_TRUNCATED | EVENT_LAST)))
		return;		/* one chunk of several; the last one has the hash */
	text_add(&t, "kernel module ");
	story_module(e, &t);
	add(v, e, &t);
}

static void add_content(struct visit *v, const struct event *e)
{
	_text_ struct text t = { 0 };

	if (!e->sha256[0] && !(e->flags & EVENT_LAST))
		return;
	text_add(&t, span_is(e->state, "run") ? "runs " : "wrote ");
	story_module(e, &t);
	add(v, e, &t);
}

static void add_other(struct visit *v, const struct event *e)
{
	_text_ struct text t = { 0 };

	story_event(e, &t);
	add(v, e, &t);
}

/* Nothing to tell, but it is one of the visit. */
static void add_fork(struct visit *v, const struct event *e)
{
	below_user(v, e);
}

/* Not what the visit's processes do to each other: shells and sudo steer theirs so. */
static void add_to_peer(struct visit *v, const struct event *e)
{
	if (v->lineage[e->peer.entity % LINEAGE].entity != e->peer.entity)
		add_other(v, e);
}

static void add_bind(struct visit *v, const struct event *e)
{
	if (e->proto == IPPROTO_UDP && e->src_port)	/* of TCP the listen is told */
		add_other(v, e);
}

static void typed_line(struct visit *v, const struct event *e)
{
	_text_ struct text t = { 0 };

	text_add(&t, v->typed_hidden ? "typed without echo: " : "typed: ");
	text_safe(&t, text_str(&v->typed), v->typed.len);
	if (v->typed.len)
		add(v, e, &t);
	text_clear(&v->typed);
	v->typed_hidden = false;
}

static void erase_character(struct text *t)
{
	while (t->len && (t->at[--t->len] & 0xc0) == 0x80)
		;
	t->at[t->len] = '\0';
}

/* Lines as they were meant: backspace is obeyed, other editing is shown as the bytes it is. */
static void add_typed(struct visit *v, const struct event *e)
{
	if (!v->tty[0])
		memcpy(v->tty, e->process.tty, sizeof(v->tty));
	if (!(v->flags & VISIT_TYPED) || strncmp(v->tty, e->process.tty, sizeof(v->tty)))
		return;
	for (size_t i = 0; i < e->bytes.len; i++) {
		char c = e->bytes.at[i];

		if (c == '\r' || c == '\n')
			typed_line(v, e);
		else if ((c == '\b' || c == 0x7f) && v->typed.len)
			erase_character(&v->typed);
		else if (v->typed.len < TYPED_MAX)
			text_addc(&v->typed, c);
		if (v->typed.len && (e->flags & EVENT_CANON) && !(e->flags & EVENT_ECHO))
			v->typed_hidden = true;
	}
}

/* --- said without a terminal ------------------------------------------------------------------ */

static void said_line(struct visit *v, struct span s)
{
	_text_ struct text t = { 0 };

	if (v->said.dest.family) {
		story_dest(&v->said, &t);
		text_addc(&t, ' ');
	}
	text_addf(&t, "%s: ", v->said_what);
	text_safe(&t, s.at, s.len < SAID_LINE ? s.len : SAID_LINE);
	text_add(&t, s.len > SAID_LINE ? "..." : "");
	add(v, &v->said, &t);
}

static void said_rest(struct visit *v, const char *words)
{
	_text_ struct text t = { 0 };

	text_addf(&t, "%s: %s %llu bytes; skep replay has them", v->said_what, words, (unsigned long long)v->said_bytes);
	add(v, &v->said, &t);
}

/* What was said at a stretch becomes lines. */
static void said_end(struct visit *v)
{
	struct span left = { text_str(&v->said_text), v->said_text.len };
	uint32_t lines = 0;

	if (!v->saying)
		return;
	v->saying = false;
	if (memchr(left.at, '\0', left.len)) {
		said_rest(v, "no text,");
		return;
	}
	while (left.len && lines++ < SAID_LINES) {
		const char *end = memchr(left.at, '\n', left.len);
		size_t n = end ? (size_t)(end - left.at) : left.len;

		said_line(v, (struct span){ left.at, n && left.at[n - 1] == '\r' ? n - 1 : n });
		n += end != NULL;
		left = (struct span){ left.at + n, left.len - n };
	}
	if (left.len || v->said_bytes > v->said_text.len)
		said_rest(v, "in all");
}

static void add_said(struct visit *v, const struct event *e)
{
	const char *what = span_is(e->state, "input") ? "input" : span_is(e->state, "error") ? "error" : "output";
	size_t room = SAID_MAX;

	if (!e->state.len)
		return;		/* programs among themselves */
	if (!v->saying || v->said.stream != e->stream || v->said_what != what) {
		said_end(v);
		v->said = *e;
		v->saying = true;
		v->said_what = what;
		v->said_bytes = 0;
		text_clear(&v->said_text);
	}
	v->said_bytes += e->bytes.len;
	room -= v->said_text.len;
	text_addn(&v->said_text, e->bytes.at, e->bytes.len < room ? e->bytes.len : room);
}

static void (*const adders[EV_KINDS])(struct visit *v, const struct event *e) = {
	[EV_EXEC] = add_exec,	  [EV_CONNECT] = add_connect, [EV_VERDICT] = add_verdict,
	[EV_MODULE] = add_module, [EV_TTY_IN] = add_typed,    [EV_LISTEN] = add_other,
	[EV_HALT] = add_other,	  [EV_LOST] = add_other,      [EV_FORK] = add_fork,
	[EV_CONTENT] = add_content, [EV_MOUNT] = add_other,   [EV_PROBE] = add_other,
	[EV_SEND] = add_connect,  [EV_SOCKET] = add_other,    [EV_LINEAGE] = add_other,
	[EV_BIND] = add_bind,	  [EV_EXEC_FAILED] = add_exec_failed, [EV_CREDS] = add_creds,
	[EV_NAMESPACE] = add_other, [EV_PTRACE] = add_to_peer, [EV_SIGNAL] = add_to_peer, [EV_KERNEL] = add_other,
	[EV_LOGIN] = add_other,	  [EV_STREAM] = add_said,     [EV_TOKEN] = add_other,
	[EV_SINK] = add_other,
};

void visit_add(struct visit *v, const struct event *e)
{
	if (e->process.tty[0] && !v->tty[0] && (e->kind == EV_TTY_IN || e->kind == EV_TTY_OUT))
		memcpy(v->tty, e->process.tty, sizeof(v->tty));
	if (adders[e->kind])
		adders[e->kind](v, e);
}

/* --- telling ---------------------------------------------------------------------------------- */

static int by_time(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (x->at_us != y->at_us)
		return x->at_us < y->at_us ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

static bool fits(const struct item *connect, const struct item *verdict)
{
	return (connect->kind == EV_CONNECT || connect->kind == EV_SEND) &&
	       (connect->entity == verdict->entity || !verdict->entity) &&
	       connect->dest_port == verdict->dest_port && addr_same(&connect->dest, &verdict->dest) &&
	       (!connect->proto || connect->proto == verdict->proto) &&
	       (!connect->verdict || !strcmp(connect->verdict, verdict->verdict));
}

/* Packets of one connection that met the same verdict are one line. */
static void join(struct visit *v, size_t i)
{
	struct item *verdict = &v->item[i];

	for (size_t k = i, left = LOOK_BACK; k-- && left--;) {
		struct item *c = &v->item[k];

		if (!fits(c, verdict))
			continue;
		if (!c->verdict)
			c->verdict = steal_ptr(&verdict->verdict);
		c->packets++;
		verdict->gone = true;
		return;
	}
}

static void write_item(const struct visit *v, const struct item *i, struct text *t)
{
	const char *on = v->flags & VISIT_COLOUR ? "\x1b[1;31m" : "", *off = on[0] ? "\x1b[0m" : "";
	char at[STAMP_TEXT];

	text_addf(t, "%s  ", stamp_text(i->at_us, at));
	if (i->process)
		text_addf(t, "%5u  ", i->uid);
	else
		text_add(t, "    -  ");
	text_addf(t, "%s%-4s%s  %s", i->root ? on : "", i->root ? "ROOT" : "", i->root ? off : "", i->what);
	if (i->verdict)
		text_addf(t, ": %s", i->verdict);
	else if (i->kind == EV_CONNECT || i->kind == EV_SEND)
		text_add(t, ": no verdict recorded");
	if (i->packets > 1)
		text_addf(t, " (%u packets)", i->packets);
	text_addc(t, '\n');
}

void visit_write(struct visit *v, struct text *t)
{
	said_end(v);
	if (v->n)
		qsort(v->item, v->n, sizeof(*v->item), by_time);
	for (size_t i = 0; i < v->n; i++)
		if (v->item[i].kind == EV_VERDICT)
			join(v, i);
	text_addf(t, "%-24s  %5s  %4s  %s\n", "TIME", "UID", "", "WHAT");
	for (size_t i = 0; i < v->n; i++)
		if (!v->item[i].gone)
			write_item(v, &v->item[i], t);
	if (!v->n)
		text_add(t, "nothing that is told here\n");
	if (v->beyond)
		text_addf(t, "%llu more: --json has them all\n", (unsigned long long)v->beyond);
}
