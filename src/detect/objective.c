/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Objectives: events that fit a person's description of what matters (model/objective.h).
 *
 * The first that fits decides. The same objective is told once in ten minutes for each session; how
 * often it was met meanwhile is told with the next one. What is remembered (processes' names, who a
 * session is, what was told) has a fixed size: what shares a place is forgotten, and should that
 * be something that was told, it is told once more.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/glob.h"
#include "base/mem.h"
#include "detect.h"
#include "model/objective.h"

enum {
	NAMES = 16384, VISITS = 1024, TOLD = 1024,	/* places */
	TEXT_MAX = 4096,				/* of what a pattern is held against; the rest is not looked at */
};
#define QUIET_US (600ull * 1000000)

struct name {
	uint64_t entity;
	int32_t honeypot;
	char comm[16];
};

struct told {
	uint64_t session, at_us;
	int32_t honeypot;
	uint32_t objective, more;
};

struct watch {
	struct objectives o;
	uint64_t wanted;		/* kinds that any of them is about: the others cost nothing */
	uint64_t salt;
	struct name name[NAMES];
	struct { uint64_t session; struct addr src, dest; uint16_t port; uint8_t proto; } visit[VISITS];
	struct told told[TOLD];
	char was[16];			/* what the event's process was before it */
	struct text words;
};

static void *watch_new(const struct honeynet *n, const uint8_t seed[16])
{
	struct watch *w = xcalloc(1, sizeof(*w));

	(void)n;
	memcpy(&w->salt, seed, sizeof(w->salt));
	return w;
}

static void watch_free(void *self)
{
	struct watch *w = self;

	text_fini(&w->words);
	free(w);
}

static void watch_load(void *self, const struct objectives *o)
{
	struct watch *w = self;

	w->o = *o;
	w->wanted = 0;
	for (uint32_t i = 0; i < o->n; i++)
		w->wanted |= o->at[i].kinds;
	memset(w->told, 0, sizeof(w->told));	/* they are numbered anew */
}

static size_t place(const struct watch *w, uint64_t a, uint64_t b, size_t places)
{
	uint64_t h = (a ^ w->salt) * 0x9e3779b97f4a7c15ull;

	h = (h ^ h >> 32 ^ b) * 0x9e3779b97f4a7c15ull;
	return (size_t)(h >> 32) % places;
}

static struct name *name_of(struct watch *w, int32_t honeypot, uint64_t entity)
{
	struct name *n = &w->name[place(w, entity, (uint64_t)(uint32_t)honeypot, NAMES)];

	if (n->entity == entity && n->honeypot == honeypot)
		return n;
	*n = (struct name){ .entity = entity, .honeypot = honeypot };
	return n;
}

/* Each guest event says what its process is called; an exec's says the new name. */
static void learn_names(struct watch *w, const struct event *e)
{
	const struct event_process *p = &e->process;
	struct name *own;

	w->was[0] = '\0';
	if (e->origin.source != SOURCE_GUEST || !p->entity)
		return;
	if (e->kind == EV_EXEC || e->kind == EV_EXEC_FAILED) {
		own = name_of(w, e->honeypot, p->entity);
		memcpy(w->was, own->comm[0] ? own->comm : name_of(w, e->honeypot, p->parent)->comm, sizeof(w->was));
	} else
		memcpy(w->was, name_of(w, e->honeypot, p->parent)->comm, sizeof(w->was));
	own = name_of(w, e->honeypot, p->entity);
	memcpy(own->comm, p->comm, sizeof(own->comm));
}

static void learn_visit(struct watch *w, const struct event *e)
{
	size_t i = e->session % VISITS;

	if (e->kind != EV_ACCEPT || !e->session)
		return;
	w->visit[i].session = e->session;
	w->visit[i].src = e->src;
	w->visit[i].dest = e->dest;
	w->visit[i].port = e->dest_port;
	w->visit[i].proto = e->proto;
}

/* --- what an event says about a subject ------------------------------------------------------- */

static void join_words(struct text *t, struct span args)
{
	size_t n = args.len < TEXT_MAX ? args.len : TEXT_MAX;

	if (n && !args.at[n - 1])
		n--;
	for (size_t i = 0; i < n; i++)
		text_addc(t, args.at[i] ? args.at[i] : ' ');
}

static void add_address(struct text *t, const struct addr *a)
{
	char s[ADDR_TEXT];

	if (a->family)
		text_add(t, addr_text(a, s));
}

/* subject_text() - what a pattern is held against: a member as it is, or words made in w->words */
static struct span subject_text(struct watch *w, const struct event *e, enum subject s)
{
	const struct event_process *p = &e->process;
	struct text *t = &w->words;

	text_clear(t);
	switch (s) {
	case SUBJECT_ACTION:	  return e->state;
	case SUBJECT_EXECUTABLE:  return e->file;
	case SUBJECT_SCRIPT:	  return e->script;
	case SUBJECT_PATH:	  return e->path;
	case SUBJECT_TARGET:	  return e->target;
	case SUBJECT_ACCOUNT:	  return e->user;
	case SUBJECT_SERVICE:	  return e->app;
	case SUBJECT_MESSAGE:	  return e->message;
	case SUBJECT_REASON:	  return e->reason;
	case SUBJECT_PARENT:	  return span_of(w->was);
	case SUBJECT_PROCESS:	  return (struct span){ p->comm, strnlen(p->comm, sizeof(p->comm)) };
	case SUBJECT_COMMAND:	  join_words(t, e->args); break;
	case SUBJECT_USER:	  text_addu(t, p->uid); break;
	case SUBJECT_EFFECTIVE:	  text_addu(t, p->euid); break;
	case SUBJECT_MODE:	  text_addf(t, "%04o", e->mode & 07777); break;
	case SUBJECT_SOURCE:	  add_address(t, &e->src); break;
	case SUBJECT_DESTINATION: add_address(t, &e->dest); break;
	case SUBJECT_PORT:	  text_addu(t, e->dest_port); break;
	case SUBJECT_CODE:	  text_addu(t, e->code); break;
	case SUBJECT_FLAG:	  /* more than one: flag_fits() */
	case SUBJECTS:		  break;
	}
	return (struct span){ text_str(t), t->len };
}

static bool flag_fits(const struct event *e, const char *pattern)
{
	static const struct { uint32_t bit; const char *name; } flags[] = {
		{ EVENT_REFUSED, "refused" }, { EVENT_SETID, "setid" }, { EVENT_SOCKET, "socket" },
		{ EVENT_TRUNCATED, "truncated" },
	};

	for (size_t i = 0; i < nitems(flags); i++)
		if ((e->flags & flags[i].bit) && glob_match(span_of(flags[i].name), pattern))
			return true;
	return false;
}

static bool condition_holds(struct watch *w, const struct event *e, const struct condition *c)
{
	const char *pattern = w->o.text + c->at;
	struct span s = subject_text(w, e, c->subject);
	bool fits = false;

	s.len = s.len < TEXT_MAX ? s.len : TEXT_MAX;
	for (uint16_t i = 0; i < c->n && !fits; i++) {
		fits = c->subject == SUBJECT_FLAG ? flag_fits(e, pattern) : glob_match(s, pattern);
		pattern += strlen(pattern) + 1;
	}
	return fits != c->unless;
}

static bool fits(struct watch *w, const struct event *e, const struct objective *o)
{
	if (!(o->kinds & 1ull << e->kind) || (!e->session && !o->anyone))
		return false;
	for (uint16_t i = 0; i < o->n; i++)
		if (!condition_holds(w, e, &o->condition[i]))
			return false;
	return true;
}

/* --- telling ---------------------------------------------------------------------------------- */

/* again() - whether it was told not long ago; else how often it was met since then in *@ret_more */
static bool again(struct watch *w, const struct event *e, uint32_t objective, uint32_t *ret_more)
{
	struct told *t = &w->told[place(w, e->session, (uint64_t)objective << 32 | (uint32_t)e->honeypot, TOLD)];
	bool same = t->at_us && t->session == e->session && t->honeypot == e->honeypot && t->objective == objective;

	if (same && e->at_us - t->at_us < QUIET_US) {
		t->more++;
		return true;
	}
	*ret_more = same ? t->more : 0;
	*t = (struct told){ e->session, e->at_us, e->honeypot, objective, 0 };
	return false;
}

static void quote(struct text *t, struct span s)
{
	text_safe(t, s.at, s.len < 160 ? s.len : 160);
	if (s.len > 160)
		text_add(t, "...");
}

static void say(struct watch *w, const struct event *e, struct text *t)
{
	if (e->process.entity) {
		text_safe(t, e->process.comm, strnlen(e->process.comm, sizeof(e->process.comm)));
		text_addf(t, " (uid %u", e->process.uid);
		if (e->process.euid != e->process.uid)
			text_addf(t, " as %u", e->process.euid);
		text_add(t, "): ");
	}
	text_add(t, event_kind_name(e->kind));
	for (size_t i = 0; i < 4; i++) {
		struct span s = i == 0 ? e->state : i == 1 ? subject_text(w, e, SUBJECT_COMMAND) : i == 2 ? e->path : e->target;

		if (s.len)
			text_addc(t, ' ');
		quote(t, s);
	}
	if (e->dest.family) {
		char a[ADDR_TEXT];

		text_addf(t, " %s:%u", addr_text(&e->dest, a), e->dest_port);
	}
}

static void tell(struct watch *w, const struct event *e, uint32_t i, uint32_t more, struct findings *out)
{
	struct finding *f = findings_new(out);
	_text_ struct text words = { 0 };
	size_t v = e->session % VISITS;

	*f = (struct finding){ .name = w->o.text + w->o.at[i].name, .state = "once", .severity = w->o.at[i].severity,
			       .honeypot = e->honeypot, .at_us = e->at_us, .start_us = e->at_us, .session = e->session,
			       .count = more + 1, .src = e->src, .dest = e->dest, .dest_port = e->dest_port,
			       .proto = e->proto };
	if (e->session && w->visit[v].session == e->session && !f->src.family) {
		f->src = w->visit[v].src;
		f->dest = w->visit[v].dest;
		f->dest_port = w->visit[v].port;
		f->proto = w->visit[v].proto;
	}
	say(w, e, &words);
	if (!str_copy(f->message, text_str(&words), sizeof(f->message)))
		snprintf(f->message, sizeof(f->message), "%.*s", FINDING_WORDS - 1, text_str(&words));
}

static void watch_feed(void *self, const struct event *e, struct findings *out)
{
	struct watch *w = self;
	uint32_t more;

	if (e->kind == EV_FINDING)
		return;
	learn_names(w, e);
	learn_visit(w, e);
	if (!(w->wanted & 1ull << e->kind))
		return;
	for (uint32_t i = 0; i < w->o.n; i++) {
		if (!fits(w, e, &w->o.at[i]))
			continue;
		if (w->o.at[i].severity && !again(w, e, i, &more) && out)
			tell(w, e, i, more, out);
		return;
	}
}

const struct detector_ops detector_objective = {
	.name = "objective", .new = watch_new, .load = watch_load, .feed = watch_feed, .free = watch_free,
};
