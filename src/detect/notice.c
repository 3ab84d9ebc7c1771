/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Single events that a human should hear of: a row each in the table below. A row may tell the same
 * thing only once in a while; what it remembers for that has a fixed size, and should two things share
 * a place, one of them is told once more.
 */
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "detect.h"
#include "model/life.h"
#include "model/session.h"
#include "model/twin.h"

enum { PLACES = 1024, SSH_PORT = 22 };

struct told {
	uint64_t what, until_us;
};

struct visit {			/* a session over SSH */
	uint64_t session;
	struct addr src, dest;
	bool logged_in, plain, root;	/* plain: not as root */
};

struct notice {
	const struct honeynet *net;
	struct told told[PLACES];
	struct visit visit[PLACES];
};

/* again() - whether @what was told within the last @for_us; if not, it is now */
static bool again(struct notice *s, uint64_t what, uint64_t now_us, uint64_t for_us)
{
	uint64_t h = (what ^ what >> 31) * 0x9e3779b97f4a7c15ull;
	struct told *t = &s->told[h >> 54];

	if (t->what == what && t->until_us > now_us)
		return true;
	*t = (struct told){ what, now_us + for_us };
	return false;
}

static bool from_pot(const struct notice *s, const struct event *e)
{
	return e->honeypot >= 0 && twin_has(s->net, (uint32_t)e->honeypot, &e->src);
}

/* --- one function a row: the severity, CLEAR for nothing; words into @t ------------------------ */

static enum severity a_module(struct notice *s, const struct event *e, struct text *t)
{
	(void)s;
	if (e->offset)
		return SEVERITY_CLEAR;
	text_add(t, "a kernel module was given to the kernel: ");
	text_safe(t, e->path.at, e->path.len < 128 ? e->path.len : 128);
	return SEVERITY_PRIORITY;
}

static enum severity a_guard(struct notice *s, const struct event *e, struct text *t)
{
	(void)s;
	text_safe(t, e->reason.at, e->reason.len < 128 ? e->reason.len : 128);
	text_add(t, ": ");
	text_safe(t, e->file.at, e->file.len < 96 ? e->file.len : 96);
	text_addf(t, " (process %u, user %u): ", e->process.pid, e->process.uid);
	text_safe(t, e->state.at, e->state.len < 32 ? e->state.len : 32);
	/* What the administrator has not turned on yet is his reading, not his alarm. */
	return e->state.len >= 7 && !memcmp(e->state.at, "dry run", 7) ? SEVERITY_INFORMATION : (enum severity)e->severity;
}

static enum severity a_gate(struct notice *s, const struct event *e, struct text *t)
{
	(void)s;
	if (!span_is(e->state, "closed"))
		return SEVERITY_CLEAR;
	text_add(t, "forwarding is closed: ");
	text_safe(t, e->reason.at, e->reason.len < 128 ? e->reason.len : 128);
	return SEVERITY_PRIORITY;
}

/* A layer that is not what it should be is one for a human, whatever mended it. */
static enum severity a_layer(struct notice *s, const struct event *e, struct text *t)
{
	(void)s;
	if (!span_is(e->state, "tampered") && !span_is(e->state, "missing") && !span_is(e->state, "closed"))
		return SEVERITY_CLEAR;
	text_add(t, "data control: ");
	text_safe(t, e->reason.at, e->reason.len < 128 ? e->reason.len : 128);
	return SEVERITY_CRITICAL;
}

/* The first layer should have refused it. */
static enum severity a_brake(struct notice *s, const struct event *e, struct text *t)
{
	uint64_t what = (uint64_t)(uint32_t)e->honeypot << 16 ^ 3ull << 61;

	if (!span_is(e->state, "refused"))
		return SEVERITY_CLEAR;
	for (size_t i = 0; i < e->reason.len; i++)
		what = (what << 1 | what >> 63) ^ (uint8_t)e->reason.at[i];
	if (again(s, what, e->at_us, s->net->containment.period_s * 1000000ull))
		return SEVERITY_CLEAR;
	text_addf(t, "the second layer of data control refused %llu packets: ", (unsigned long long)e->packets[0]);
	text_safe(t, e->reason.at, e->reason.len < 64 ? e->reason.len : 64);
	return SEVERITY_PRIORITY;
}

static enum severity a_loss(struct notice *s, const struct event *e, struct text *t)
{
	(void)s;
	text_addf(t, "%u events of source %s are missing: ", e->code, event_source_name(e->origin.source));
	text_safe(t, e->reason.at, e->reason.len < 128 ? e->reason.len : 128);
	return span_is(e->state, "bulk") ? SEVERITY_WARNING : SEVERITY_PRIORITY;	/* bulk gives way by design */
}

static enum severity a_honeypot(struct notice *s, const struct event *e, struct text *t)
{
	(void)s;
	if (!span_is(e->state, "broken"))
		return SEVERITY_CLEAR;
	text_add(t, "the honeypot does not work: ");
	text_safe(t, e->reason.at, e->reason.len < 128 ? e->reason.len : 128);
	return SEVERITY_WARNING;
}

static enum severity a_ruin(struct notice *s, const struct event *e, struct text *t)
{
	static const char begin[] = LIFE_PUT_BACK LIFE_RUINED;
	const size_t n = sizeof(begin) - 1;

	(void)s;
	if (!span_is(e->state, "off") || e->reason.len < n || memcmp(e->reason.at, begin, n))
		return SEVERITY_CLEAR;
	text_add(t, "somebody ruined the honeypot's disk; it gets a new one, and the old one is kept: ");
	text_safe(t, e->reason.at + n, e->reason.len - n < 96 ? e->reason.len - n : 96);
	return SEVERITY_PRIORITY;
}

static enum severity an_escape(struct notice *s, const struct event *e, struct text *t)
{
	(void)s;
	if (!span_is(e->state, "escaped"))
		return SEVERITY_CLEAR;
	text_add(t, "somebody tried to leave his honeypot, which was ended and stays off: ");
	text_safe(t, e->reason.at, e->reason.len < 128 ? e->reason.len : 128);
	return SEVERITY_CRITICAL;
}

static enum severity a_role(struct notice *s, const struct event *e, struct text *t)
{
	(void)s;
	if (!span_is(e->state, "died"))
		return SEVERITY_CLEAR;
	text_add(t, "a process of skep died: ");
	text_safe(t, e->reason.at, e->reason.len < 128 ? e->reason.len : 128);
	return SEVERITY_WARNING;
}

/* prevented() - it did not leave, or not as it was */
static bool prevented(const struct event *e)
{
	return span_is(e->state, ALERT_BLOCKED) || span_is(e->state, ALERT_REWRITTEN);
}

static enum severity a_prevention(struct notice *s, const struct event *e, struct text *t)
{
	uint64_t from = addr_u32(&e->src);

	if (!prevented(e) || again(s, from << 32 ^ e->code ^ 5ull << 60, e->at_us, 600ull * 1000000))
		return SEVERITY_CLEAR;
	text_addf(t, "an attack was %s on its way out: ", span_is(e->state, ALERT_BLOCKED) ? "stopped" : ALERT_REWRITTEN);
	text_safe(t, e->reason.at, e->reason.len < 160 ? e->reason.len : 160);
	text_addf(t, " (signature %u)", e->code);
	return SEVERITY_PRIORITY;
}

static enum severity a_signature(struct notice *s, const struct event *e, struct text *t)
{
	uint64_t from = addr_u32(&e->src);

	if (e->severity != 1 || prevented(e) || again(s, from << 32 ^ e->code ^ 1ull << 63, e->at_us, 600ull * 1000000))
		return SEVERITY_CLEAR;
	text_safe(t, e->reason.at, e->reason.len < 160 ? e->reason.len : 160);
	text_addf(t, " (signature %u)", e->code);
	return from_pot(s, e) ? SEVERITY_PRIORITY : SEVERITY_WARNING;
}

static bool is_budget(struct span reason)
{
	static const enum reason counted[] = { REASON_BUDGET_TCP, REASON_BUDGET_UDP, REASON_BUDGET_ICMP,
					       REASON_BUDGET_OTHER, REASON_BUDGET_BYTES, REASON_BUDGET_LATERAL,
					       REASON_BUDGET_SESSION };

	for (size_t i = 0; i < nitems(counted); i++)
		if (span_is(reason, reason_name(counted[i])))
			return true;
	return false;
}

static enum severity a_budget(struct notice *s, const struct event *e, struct text *t)
{
	uint64_t what = (uint64_t)(uint32_t)e->honeypot << 8;

	if (e->honeypot < 0 || !is_budget(e->reason))
		return SEVERITY_CLEAR;
	what ^= (uint8_t)e->reason.at[7] ^ 1ull << 62;	/* the letter behind "budget " */
	if (again(s, what, e->at_us, s->net->containment.period_s * 1000000ull))
		return SEVERITY_CLEAR;
	text_add(t, "the containment refuses what the honeypot sends: ");
	text_addn(t, e->reason.at, e->reason.len);
	return SEVERITY_PRIORITY;
}

static enum severity a_visit(struct notice *s, const struct event *e, struct text *t)
{
	(void)t;
	if (e->session && e->dest_port == SSH_PORT)
		s->visit[e->session % PLACES] = (struct visit){ .session = e->session, .src = e->src, .dest = e->dest };
	return SEVERITY_CLEAR;
}

static enum severity a_program(struct notice *s, const struct event *e, struct text *t)
{
	const struct session ssh = { .dest_port = SSH_PORT };
	struct visit *v = &s->visit[e->session % PLACES];
	struct span who = session_account(&ssh, e);

	if (!e->session || v->session != e->session || !who.len)
		return SEVERITY_CLEAR;
	if (!v->logged_in) {
		v->logged_in = true;
		v->plain = e->process.uid != 0;
		text_add(t, "somebody logged in as ");
		text_safe(t, who.at, who.len < 64 ? who.len : 64);
		return SEVERITY_PRIORITY;
	}
	if (!v->plain || v->root || e->process.uid)
		return SEVERITY_CLEAR;
	v->root = true;
	text_add(t, "he became root: ");
	text_safe(t, e->file.at, e->file.len < 128 ? e->file.len : 128);
	return SEVERITY_PRIORITY;
}

static enum severity a_leak(struct notice *s, const struct event *e, struct text *t)
{
	(void)s;
	if (!span_is(e->state, "leaked"))
		return SEVERITY_CLEAR;
	text_add(t, "the self-test got out of its honeypot: ");
	text_safe(t, e->reason.at, e->reason.len < 192 ? e->reason.len : 192);
	return SEVERITY_CRITICAL;
}

static enum severity a_blank(struct notice *s, const struct event *e, struct text *t)
{
	(void)s;
	if (!span_is(e->state, "unproved"))
		return SEVERITY_CLEAR;
	text_add(t, "a self-test proved nothing: ");
	text_safe(t, e->reason.at, e->reason.len < 192 ? e->reason.len : 192);
	return SEVERITY_WARNING;
}

static const struct row {
	enum event_kind kind;
	const char *name;
	enum severity (*look)(struct notice *s, const struct event *e, struct text *words);
} rows[] = {
	{ EV_MODULE, "module", a_module },	     { EV_GUARD, "guard", a_guard },
	{ EV_GATE, "gate closed", a_gate },	     { EV_LOST, "lost", a_loss },
	{ EV_HONEYPOT, "honeypot broken", a_honeypot }, { EV_ROLE, "process died", a_role },
	{ EV_HONEYPOT, "escape", an_escape },	     { EV_HONEYPOT, "honeypot ruined", a_ruin },
	{ EV_ALERT, "prevention", a_prevention },
	{ EV_ALERT, "nids", a_signature },	     { EV_VERDICT, "containment", a_budget },
	{ EV_CONTROL, "control", a_layer },	     { EV_CONTROL, "second layer", a_brake },
	{ EV_ACCEPT, "visit", a_visit },	     { EV_EXEC, "login", a_program },
	{ EV_SELFTEST, "leak", a_leak },	     { EV_SELFTEST, "unproved", a_blank },
};

static void *notice_new(const struct honeynet *n, const uint8_t seed[16])
{
	struct notice *s = xcalloc(1, sizeof(*s));

	(void)seed;
	s->net = n;
	return s;
}

/* Whom it is about: the flow's ends, for what a program does its session's. */
static void ends_of(const struct notice *s, const struct event *e, struct finding *f)
{
	const struct visit *v = &s->visit[e->session % PLACES];

	f->src = e->src;
	f->dest = e->dest;
	f->dest_port = e->dest_port;
	f->proto = e->proto;
	if (e->session && v->session == e->session && !f->src.family) {
		f->src = v->src;
		f->dest = v->dest;
	}
}

static void notice_feed(void *self, const struct event *e, struct findings *out)
{
	struct notice *s = self;

	for (size_t i = 0; i < nitems(rows); i++) {
		_text_ struct text words = { 0 };
		enum severity severity;
		struct finding *f;

		if (rows[i].kind != e->kind)
			continue;
		severity = rows[i].look(s, e, &words);	/* also when we learn: it is remembered */
		if (!severity || !out)
			continue;
		f = findings_new(out);
		*f = (struct finding){ .name = rows[i].name, .state = "once", .severity = severity,
				       .honeypot = e->honeypot, .at_us = e->at_us, .start_us = e->at_us,
				       .session = e->session, .count = e->kind == EV_LOST ? e->code : 1 };
		ends_of(s, e, f);
		if (!str_copy(f->message, text_str(&words), sizeof(f->message)))
			snprintf(f->message, sizeof(f->message), "%.*s", FINDING_WORDS - 1, text_str(&words));
	}
}

const struct detector_ops detector_notice = {
	.name = "notice", .new = notice_new, .feed = notice_feed, .free = free,
};
