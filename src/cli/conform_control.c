/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Data control: the standard's DC rows. */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "access.h"
#include "access/sshd.h"
#include "base/addr.h"
#include "base/mem.h"
#include "conform.h"
#include "control.h"
#include "net/firewall.h"
#include "net/gateway.h"
#include "report/stamp.h"
#include "running.h"
#include "selftest/notice.h"
#include "selftest_kept.h"
#include "state.h"

enum { N_BUDGETS = 6 };

static bool rules_or_fail(const struct live *l, struct conformance *c, enum requirement r)
{
	if (!l->rules_read)
		met(c, r, MET_FAIL, "the gateway's rules cannot be read back from the kernel");
	return l->rules_read;
}

static bool sessions_have_budgets(const struct live *l)
{
	const json_t *c = json_object_get(l->status, "containment");

	return json_is_true(json_object_get(c, "sessions_apart")) && json_object_size(json_object_get(c, "session"));
}

static void automatic_and_manual(const struct tried *t, struct conformance *c)
{
	const struct live *l = &t->live;

	if (!rules_or_fail(l, c, REQ_DC_1))
		return;
	if (l->rules.budgets < N_BUDGETS)
		met(c, REQ_DC_1, MET_FAIL, "%u of %u budgets are in the kernel's rules", l->rules.budgets, N_BUDGETS);
	else if (!l->kept_out.done)
		met(c, REQ_DC_1, MET_NOT_YET, "automatic: %u budgets in the kernel's rules; nobody could be blocked by hand to see "
		    "him kept out", l->rules.budgets);
	else if (!l->kept_out.seen || !l->let_in)
		met(c, REQ_DC_1, MET_FAIL, LAB_NOBODY " was blocked by hand and %s", l->let_in ?
		    "no verdict says that its connection was refused for that" : "cannot be let in again");
	else
		met(c, REQ_DC_1, MET_PASS, "automatic: %u budgets in the kernel's rules%s; by hand: " LAB_NOBODY " was blocked, its "
		    "connection to %s refused, which was recorded after %u ms, and it was let in again", l->rules.budgets,
		    sessions_have_budgets(l) ? ", and some of each session" : "", l->target, l->kept_out.after_ms);
}

static void layers(const struct tried *t, struct conformance *c)
{
	const struct live *l = &t->live;
	const struct ruleset *r = &l->rules;
	const json_t *brake = json_object_get(l->status, "brake");
	const json_t *prevention = json_object_get(l->status, "prevention");
	const char *lacks = control_word(prevention, "lacks");
	bool holds = json_is_true(json_object_get(brake, "holds"));

	if (!rules_or_fail(l, c, REQ_DC_2))
		return;
	if (holds && r->locked && r->alive && r->owned && r->bridge && r->budgets == N_BUDGETS)
		met(c, REQ_DC_2, MET_PASS, "the rules: budgets, frames checked in the bridge, two locks held by different processes "
		    "(alive: priv and recorder; owner table: capture); behind them, by a process and a mechanism of its own, the "
		    "brake (%s): %s; known attacks on their way out: prevention (%s), %s", control_word(brake, "kind"),
		    control_word(brake, "promise"), control_word(prevention, "mode"), *lacks ? lacks : control_word(prevention, "state"));
	else
		met(c, REQ_DC_2, MET_FAIL, "missing:%s%s%s%s%s%s", r->locked ? "" : " the locks' rules",
		    r->alive ? "" : " the alive element", r->owned ? "" : " the owner table",
		    r->bridge ? "" : " the bridge's table", r->budgets == N_BUDGETS ? "" : " budgets",
		    holds ? "" : " the second layer (skep status)");
}

static void failure_closes(const struct tried *t, struct conformance *c)
{
	const struct live *l = &t->live;
	const struct ruleset *r = &l->rules;

	if (!rules_or_fail(l, c, REQ_DC_3))
		return;
	if (!r->drops || !r->locked)
		met(c, REQ_DC_3, MET_FAIL, "the forward chain %s", r->drops ? "does not begin with both locks" :
		    "does not drop what no rule accepts");
	else if (!r->alive || r->alive_ms > ALIVE_MS || !r->owned)
		met(c, REQ_DC_3, MET_FAIL, "the net is closed, or its lock does not close: %s",
		    !r->alive ? "nobody says that control works" : r->owned ? "the alive element does not expire in time" :
		    "the owner table is gone or belongs to nobody");
	else
		met(c, REQ_DC_3, MET_PASS, "forward drops, and begins with both locks: the alive element ends in %u ms unless "
		    "renewed, the owner table with its process", r->alive_ms);
}

static void state_is_kept(const struct tried *t, struct conformance *c)
{
	const struct live *l = &t->live;

	if (!rules_or_fail(l, c, REQ_DC_4))
		return;
	if (!l->rules.states || !l->rules.drops)
		met(c, REQ_DC_4, MET_FAIL, "the forward chain does not tell connections by their state");
	else if (!l->opened.done || l->tracked < 0)
		met(c, REQ_DC_4, MET_NOT_YET, "the rules tell by state, but no connection could be opened to see one tracked");
	else if (l->tracked_open <= 0)
		met(c, REQ_DC_4, MET_FAIL, "a connection was opened and the kernel tracks none");
	else	/* others may end meanwhile: a number that did not rise says nothing */
		met(c, REQ_DC_4, l->tracked_open > l->tracked ? MET_PASS : MET_NOT_YET,
		    "the rules tell by state; the kernel tracked %lld connections before one to %s was opened, and %lld after",
		    (long long)l->tracked, l->target, (long long)l->tracked_open);
}

static const char no_selftest[] = "there was no self-test (`skep selftest`)";

/* leaked() - whether the last self-test, if there is one, found a hole; what is to be said of it in @ret */
static bool leaked(struct text *ret)
{
	_free_ char *path = selftest_newest();
	const char *why = "";
	json_t *report = path ? selftest_read(path, NULL, &why) : NULL;
	bool bad = path && (!report || !strcmp(selftest_result(report), "leaked"));

	if (report) {
		text_addf(ret, "the last self-test, %s, %s: ", control_word(report, "time"), selftest_result(report));
		text_safe(ret, control_word(report, "words"), strlen(control_word(report, "words")));
	} else if (path)
		text_addf(ret, "the last self-test's report, %s: %s", path, why);
	else
		text_add(ret, no_selftest);
	json_decref(report);
	return bad;
}

/* closed_ways() - what the plan closes whatever the rules say is closed in the kernel, too; else *@ret_open: what is not */
static bool closed_ways(const struct live *l, const char **ret_open)
{
	const json_t *plan = json_object_get(l->status, "containment");
	bool resolvers = json_integer_value(json_object_get(plan, "resolvers"));
	bool isolation = json_is_true(json_object_get(plan, "isolation"));

	if (resolvers && !l->rules.resolvers)
		*ret_open = "the named resolvers are not the only ones that may be asked";
	else if (isolation && !l->rules.isolation)
		*ret_open = "honeypots are not kept apart from each other";
	else
		return true;
	return false;
}

static void unauthorised(const struct tried *t, struct conformance *c)
{
	const struct live *l = &t->live;
	_text_ struct text tested = { 0 };
	const char *open;

	if (!rules_or_fail(l, c, REQ_DC_5))
		return;
	if (!l->rules.drops)
		met(c, REQ_DC_5, MET_FAIL, "the forward chain does not drop what no rule accepts");
	else if (!closed_ways(l, &open))
		met(c, REQ_DC_5, MET_FAIL, "%s", open);
	else if (!l->refused.done)
		met(c, REQ_DC_5, MET_NOT_YET, "no connection could be tried from outside to see it refused");
	else if (l->answered)
		met(c, REQ_DC_5, MET_FAIL, "port %d of the gateway, which no rule should open, answered", LIVE_CLOSED_PORT);
	else if (!l->refused.seen)
		met(c, REQ_DC_5, MET_FAIL, "a connection to port %d of the gateway got no answer, but no verdict either",
		    LIVE_CLOSED_PORT);
	else if (leaked(&tested))
		met(c, REQ_DC_5, MET_FAIL, "%s", text_str(&tested));
	else
		met(c, REQ_DC_5, MET_PASS, "what no rule accepts is dropped, in and out%s%s; tried from outside with port %d of the "
		    "gateway: dropped, and recorded after %u ms; %s",
		    l->rules.resolvers ? "; names are asked of named resolvers only" : "",
		    l->rules.isolation ? "; honeypots are kept apart" : "", LIVE_CLOSED_PORT, l->refused.after_ms, text_str(&tested));
}

/* One change was made for this, and taken back; the other way is to hand over the whole file. */
static void reconfigured(const struct tried *t, struct conformance *c)
{
	const struct live *l = &t->live;

	if (!l->kept_out.done)
		met(c, REQ_DC_6, MET_NOT_YET, "nothing could be changed by hand to see it hold");
	else
		met(c, REQ_DC_6, l->kept_out.seen && l->let_in ? MET_PASS : MET_FAIL, "while all runs, rules were changed to keep "
		    LAB_NOBODY " out, and back: the first %s, the second %s; `skep reload` takes a whole file that way",
		    l->kept_out.seen ? "held" : "did not hold", l->let_in ? "too" : "did not");
}

/* unheard() - what makes of a report none that proves anything about the plan that runs; NULL: it does */
static const char *unheard(const json_t *report, const struct plan *p)
{
	char rules[65];

	selftest_rules(&p->net, rules);
	if (!json_object_get(report, "noticed"))
		return "it did not listen";
	if (strcmp(rules, control_word(report, "rules_sha256")))
		return "since then the rules have changed";
	return json_is_true(json_object_get(report, "listened")) ? NULL : "not everything was tried, or answers that should come did not";
}

/* put_noticed() - how often anything was, each kind told; 0: never */
static uint64_t put_noticed(const json_t *noticed, struct text *t)
{
	uint64_t all = 0;

	for (enum notice_kind k = 0; k < N_NOTICES; k++) {
		uint64_t n = (uint64_t)json_integer_value(json_object_get(noticed, notice_name(k)));

		if (n)
			text_addf(t, "%s%lu %s", all ? "; " : "", n, notice_words(k));
		all += n;
	}
	return all;
}

static void judge_noticed(const json_t *report, const struct plan *p, struct conformance *c)
{
	const char *at = control_word(report, "time"), *refuse = refuse_name(p->net.containment.refuse), *why = unheard(report, p);
	_text_ struct text t = { 0 };

	if (why)
		met(c, REQ_DC_7, MET_NOT_YET, "the last self-test, %s: %s", at, why);
	else if (put_noticed(json_object_get(report, "noticed"), &t))
		met(c, REQ_DC_7, MET_FAIL, "in the last self-test, %s, with refuse: %s, a honeypot heard %s", at, refuse, text_str(&t));
	else
		met(c, REQ_DC_7, MET_PASS, "in the last self-test, %s, with refuse: %s, a honeypot heard nothing of what was refused, "
		    "nor a port of the gateway; the gateway is a hop as any router, with one hardware address; frames of 1500 bytes "
		    "pass whole, none has a tag", at, refuse);
}

/* What a honeypot heard when it tried everything. */
static void hard_to_notice(const struct tried *t, struct conformance *c)
{
	_free_ char *path = selftest_newest();
	const char *why = no_selftest;
	json_t *report = path ? selftest_read(path, NULL, &why) : NULL;
	const struct plan *p = report ? running_plan(t->live.control) : NULL;

	if (report)
		judge_noticed(report, p, c);
	else
		met(c, REQ_DC_7, MET_NOT_YET, path ? "the last self-test's report: %s" : "%s", why);
	plan_unmap(p);
	json_decref(report);
}

/* A datagram of syslog says nothing about whether it arrived. */
static bool was_taken(const json_t *way)
{
	return json_integer_value(json_object_get(way, "sent_us")) && strncmp(control_word(way, "to"), "udp:", 4);
}

static bool fails(const json_t *way)
{
	return json_integer_value(json_object_get(way, "failed_us")) > json_integer_value(json_object_get(way, "sent_us"));
}

static void ways_of_alerting(const struct tried *t, struct conformance *c)
{
	const json_t *ways = json_object_get(t->live.alert, "ways"), *way;
	_text_ struct text taken = { 0 };
	unsigned n = 0;
	size_t i;

	json_array_foreach(ways, i, way) {
		if (fails(way)) {
			met(c, REQ_DC_8, MET_FAIL, "%s to %s fails: %s", control_word(way, "way"), control_word(way, "to"),
			    control_word(way, "words"));
			return;
		}
		if (was_taken(way)) {
			char at[STAMP_TEXT];

			text_addf(&taken, "%s%s by %s at %s", n++ ? ", " : "", control_word(way, "to"), control_word(way, "way"),
				  stamp_text((uint64_t)json_integer_value(json_object_get(way, "sent_us")), at));
		}
	}
	if (n > 1)
		met(c, REQ_DC_8, MET_PASS, "messages were taken: %s", text_str(&taken));
	else if (!ways)
		met(c, REQ_DC_8, MET_NOT_YET, "nobody is told anything: the section alert of the honeynet file names no way");
	else
		met(c, REQ_DC_8, MET_NOT_YET, "%zu ways are configured, %u of them took a message since alert began: `skep alert "
		    "test` tries them (a datagram of syslog cannot be seen to arrive)", json_array_size(ways), n);
}

/* greets() - what listens where our configuration says begins as an SSH server does */
static bool greets(const char *folder)
{
	_free_ char *path = xasprintf("%s/" SSHD_CONFIG, folder);
	char address[ADDR_TEXT], banner[9] = "";
	struct timeval patience = { .tv_sec = 3 };
	struct sockaddr_in to = { .sin_family = AF_INET };
	_fd_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	FILE *f = fopen(path, "re");
	struct addr a = { 0 };
	char line[256];
	unsigned port = 0;

	while (f && !port && fgets(line, sizeof(line), f))
		if (sscanf(line, "ListenAddress %45[0-9.]:%u", address, &port) != 2 || addr_parse(address, &a) < 0)
			port = 0;
	if (f)
		fclose(f);
	to.sin_addr.s_addr = htonl(addr_u32(&a));
	to.sin_port = htons((uint16_t)port);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return port && connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0 &&
	       recv(fd, banner, sizeof(banner) - 1, MSG_WAITALL) == sizeof(banner) - 1 && !strcmp(banner, "SSH-2.0-");
}

enum met conform_remote(pid_t *ret_pid)
{
	_free_ char *folder = state_path("access");
	_fd_ int fd = daemon_find(folder, ret_pid);

	return fd < 0 ? MET_NOT_YET : greets(folder) ? MET_PASS : MET_FAIL;
}

static void remote_administration(const struct tried *t, struct conformance *c)
{
	pid_t pid = 0;
	enum met r = conform_remote(&pid);

	(void)t;
	if (r == MET_NOT_YET)
		met(c, REQ_DC_9, r, "no sshd of ours runs: `skep access setup`");
	else
		met(c, REQ_DC_9, r, "our sshd (pid %d) %s", pid, r == MET_PASS ? "answers with protocol 2.0" : "does not answer");
}

void conform_control(const struct tried *t, struct conformance *c)
{
	static void (*const checks[])(const struct tried *t, struct conformance *c) = {
		automatic_and_manual, layers, failure_closes, state_is_kept, unauthorised, reconfigured, hard_to_notice,
		ways_of_alerting, remote_administration,
	};

	for (size_t i = 0; i < nitems(checks); i++)
		checks[i](t, c);
}
