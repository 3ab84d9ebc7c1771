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
	TYPED_MAX = 500,	/* bytes of a typed line */
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
	bool gone;		/* a verdict that has become part of its connection */
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
};

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

static void add_exec(struct visit *v, const struct event *e)
{
	_text_ struct text t = { 0 };

	text_add(&t, e->process.euid ? "$ " : "# ");
	story_command(e, &t);
	add(v, e, &t);
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

static void (*const adders[EV_KINDS])(struct visit *v, const struct event *e) = {
	[EV_EXEC] = add_exec,	  [EV_CONNECT] = add_connect, [EV_VERDICT] = add_verdict,
	[EV_MODULE] = add_module, [EV_TTY_IN] = add_typed,    [EV_LISTEN] = add_other,
	[EV_HALT] = add_other,	  [EV_LOST] = add_other,      [EV_CONTENT] = add_content,
	[EV_MOUNT] = add_other,	  [EV_PROBE] = add_other,
	[EV_SEND] = add_connect,  [EV_SOCKET] = add_other,    [EV_LINEAGE] = add_other,
	[EV_BIND] = add_bind,
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
	return (connect->kind == EV_CONNECT || connect->kind == EV_SEND) && connect->entity == verdict->entity &&
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
