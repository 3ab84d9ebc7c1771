/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * skep conformance - the standard's requirements on the honeynet that runs now.
 *
 * PASS only after something was looked at just now, FAIL if what was seen is wrong, NOT YET if part of
 * what is asked for is missing or nothing honest can be looked at. A requirement of which one part is
 * there and the other comes later is NOT YET when that part works, and FAIL when it does not.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <unistd.h>

#include "access/sshd.h"
#include "base/clock.h"
#include "base/mem.h"
#include "cli/access.h"
#include "cli/cli.h"
#include "cli/live.h"
#include "cli/out.h"
#include "cli/state.h"
#include "net/firewall.h"
#include "report/conformance.h"
#include "run/role.h"
#include "run/sandbox.h"

enum { N_BUDGETS = 5, FRESH_MS = 2000, CLOCK_US = 10 * 1000 * 1000 };

/* --- data control ----------------------------------------------------------------------------- */

static bool rules_or_fail(const struct live *l, struct conformance *c, enum requirement r)
{
	if (!l->rules_read)
		met(c, r, MET_FAIL, "the gateway's rules cannot be read back from the kernel");
	return l->rules_read;
}

static void automatic_and_manual(const struct live *l, struct conformance *c)
{
	if (!rules_or_fail(l, c, REQ_DC_1))
		return;
	if (l->rules.budgets < N_BUDGETS)
		met(c, REQ_DC_1, MET_FAIL, "%u of %u budgets are in the kernel's rules", l->rules.budgets, N_BUDGETS);
	else
		met(c, REQ_DC_1, MET_NOT_YET, "automatic: %u budgets in the kernel's rules; by hand there is only `skep down`",
		    l->rules.budgets);
}

static void layers(const struct live *l, struct conformance *c)
{
	const struct ruleset *r = &l->rules;

	if (!rules_or_fail(l, c, REQ_DC_2))
		return;
	if (r->locked && r->alive && r->owned && r->bridge && r->budgets == N_BUDGETS)
		met(c, REQ_DC_2, MET_PASS, "two locks held by different processes (alive: priv and recorder; owner table: "
		    "capture), frames checked in the bridge, budgets under the rules");
	else
		met(c, REQ_DC_2, MET_FAIL, "missing:%s%s%s%s%s", r->locked ? "" : " the locks' rules",
		    r->alive ? "" : " the alive element", r->owned ? "" : " the owner table",
		    r->bridge ? "" : " the bridge's table", r->budgets == N_BUDGETS ? "" : " budgets");
}

static void failure_closes(const struct live *l, struct conformance *c)
{
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

static void state_is_kept(const struct live *l, struct conformance *c)
{
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

static void unauthorised(const struct live *l, struct conformance *c)
{
	if (!rules_or_fail(l, c, REQ_DC_5))
		return;
	if (!l->rules.drops)
		met(c, REQ_DC_5, MET_FAIL, "the forward chain does not drop what no rule accepts");
	else if (!l->refused.done)
		met(c, REQ_DC_5, MET_NOT_YET, "no connection could be tried from outside to see it refused");
	else if (l->answered)
		met(c, REQ_DC_5, MET_FAIL, "port %d of the gateway, which no rule should open, answered", LIVE_CLOSED_PORT);
	else if (!l->refused.seen)
		met(c, REQ_DC_5, MET_FAIL, "a connection to port %d of the gateway got no answer, but no verdict either",
		    LIVE_CLOSED_PORT);
	else
		met(c, REQ_DC_5, MET_PASS, "what no rule accepts is dropped, in and out; tried from outside with port %d of the "
		    "gateway: dropped, and recorded after %u ms", LIVE_CLOSED_PORT, l->refused.after_ms);
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

/* remote() - whether somebody may come in from afar: MET_PASS, MET_FAIL it runs and does not answer */
static enum met remote(pid_t *ret_pid)
{
	_free_ char *folder = state_path("access");
	_fd_ int fd = daemon_find(folder, ret_pid);

	return fd < 0 ? MET_NOT_YET : greets(folder) ? MET_PASS : MET_FAIL;
}

static void remote_administration(const struct live *l, struct conformance *c)
{
	pid_t pid = 0;
	enum met r = remote(&pid);

	(void)l;
	if (r == MET_NOT_YET)
		met(c, REQ_DC_9, r, "no sshd of ours runs: `skep access setup`");
	else
		met(c, REQ_DC_9, r, "our sshd (pid %d) %s", pid, r == MET_PASS ? "answers with protocol 2.0" : "does not answer");
}

/* --- data capture ----------------------------------------------------------------------------- */

/* Descriptors of a process whose name begins with @what; -1 they cannot be read. */
static int count_open(pid_t pid, const char *what)
{
	_free_ char *path = xasprintf("/proc/%d/fd", pid);
	DIR *d = opendir(path);
	int n = 0;

	for (struct dirent *e; d && (e = readdir(d));) {
		char to[4096] = "";

		if (readlinkat(dirfd(d), e->d_name, to, sizeof(to) - 1) > 0)
			n += !strncmp(to, what, strlen(what));
	}
	if (d)
		closedir(d);
	return d ? n : -1;
}

static bool mounts(pid_t pid, const char *what)
{
	_free_ char *path = xasprintf("/proc/%d/mountinfo", pid);
	FILE *f = fopen(path, "re");
	bool found = !f;
	char line[4096];

	while (f && fgets(line, sizeof(line), f))
		found |= strstr(line, what) != NULL;
	if (f)
		fclose(f);
	return found;
}

/* A honeypot is a child of priv. What it is given of capture is the ring: memory, of the host. */
static void nothing_on_honeypots(const struct live *l, struct conformance *c)
{
	int priv = live_role_pid(l, "priv"), pid;
	_free_ char *path = xasprintf("/proc/%d/task/%d/children", priv, priv), *evidence = state_path("evidence");
	unsigned pots = 0, rings = 0, wrong = 0;
	FILE *f = fopen(path, "re");

	while (f && fscanf(f, "%d", &pid) == 1) {
		pots++;
		rings += count_open(pid, "/memfd:ring") > 0;
		wrong += count_open(pid, evidence) != 0 || mounts(pid, "/evidence");
	}
	if (f)
		fclose(f);
	if (!pots)
		met(c, REQ_CA_1, MET_NOT_YET, "no honeypot runs that could be looked at");
	else if (wrong || rings < pots)
		met(c, REQ_CA_1, MET_FAIL, "of %u honeypots %u reach the evidence and %u have no ring in memory", pots, wrong,
		    pots - rings);
	else
		met(c, REQ_CA_1, MET_PASS, "each of %u honeypots writes to a ring in the host's memory, and has no descriptor or "
		    "mount of the evidence", pots);
}

static void administrators_are_marked(const struct live *l, struct conformance *c)
{
	if (!l->told.seen)
		met(c, REQ_CA_2, MET_FAIL, "what an administrator said just now is not in the journal");
	else if (l->in_a_session)
		met(c, REQ_CA_2, MET_FAIL, "a connection from the gateway itself counts as an intruder's session");
	else
		met(c, REQ_CA_2, MET_NOT_YET, "this check stands in the journal as an administrator's, after %u ms, and what comes "
		    "over `skep access` does; `skep console` and `skep lab` on this machine are not marked", l->told.after_ms);
}

static void real_time(const struct live *l, struct conformance *c)
{
	pid_t pid;
	enum met r = remote(&pid);

	if (!l->opened.done)
		met(c, REQ_CA_4, MET_FAIL, "no service of any honeypot that is up could be reached");
	else if (!l->opened.seen || l->opened.after_ms > FRESH_MS)
		met(c, REQ_CA_4, MET_FAIL, "a connection to %s was not in the journal within %d ms", l->target, FRESH_MS);
	else
		met(c, REQ_CA_4, r == MET_PASS ? MET_PASS : MET_NOT_YET,
		    "a connection to %s was in the journal after %u ms; from afar: %s", l->target, l->opened.after_ms,
		    r == MET_PASS ? "`events -f` over our sshd" : "no sshd of ours answers");
}

static void utc(const struct live *l, struct conformance *c)
{
	int64_t off = (int64_t)(now_us() - l->newest_us);

	if (!l->lines || !l->newest_us)
		met(c, REQ_CA_8, MET_FAIL, "nothing was recorded just now");
	else if (l->bad_lines || off > CLOCK_US || off < -CLOCK_US)
		met(c, REQ_CA_8, MET_FAIL, "%u of %u new lines have no time in UTC; the newest is %lld ms from now", l->bad_lines,
		    l->lines, (long long)off / 1000);
	else
		met(c, REQ_CA_8, MET_PASS, "%u new lines, each with a time that ends in +0000, the newest %lld ms ago", l->lines,
		    (long long)off / 1000);
}

/* One thing of the recorder's: nobody else writes it, others do not read it. True if it is wrong. */
static bool is_loose(int dirfd, const char *name, const char *shown, struct text *why)
{
	const uid_t recorder = SKEP_UID + ROLE_RECORDER;
	struct stat st;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		text_addf(why, " %s: %s", shown, strerror(errno));
	else if (st.st_uid != recorder || (st.st_mode & 0027))
		text_addf(why, " %s: owner %u, mode %04o", shown, st.st_uid, st.st_mode & 07777);
	else
		return false;
	return true;
}

static unsigned loose_files(struct text *why)
{
	static const char *const folders[] = { "evidence", "evidence/journal", "evidence/samples" };
	_free_ char *journal = state_path(STATE_JOURNAL);
	DIR *d = opendir(journal);
	unsigned n = 0;

	for (size_t i = 0; i < nitems(folders); i++) {
		_free_ char *path = state_path(folders[i]);

		n += is_loose(AT_FDCWD, path, folders[i], why);
	}
	for (struct dirent *e; d && (e = readdir(d));)
		if (e->d_name[0] != '.')
			n += is_loose(dirfd(d), e->d_name, e->d_name, why);
	if (d)
		closedir(d);
	return n;
}

/* A role of its own user, without any capability now or later. */
static bool is_confined(int pid)
{
	_free_ char *path = xasprintf("/proc/%d/status", pid);
	FILE *f = fopen(path, "re");
	unsigned long long caps = 1;
	unsigned uid = 0, no_new = 0, filled = 0;
	char line[256];

	while (f && fgets(line, sizeof(line), f)) {
		filled += sscanf(line, "Uid: %u", &uid) == 1;
		filled += sscanf(line, "CapBnd: %llx", &caps) == 1;
		filled += sscanf(line, "NoNewPrivs: %u", &no_new) == 1;
	}
	if (f)
		fclose(f);
	return filled == 3 && uid > SKEP_UID && !caps && no_new == 1;
}

static void capture_is_secured(const struct live *l, struct conformance *c)
{
	static const char *const roles[] = { "capture", "recorder" };
	_text_ struct text why = { 0 };
	unsigned wrong = loose_files(&why);

	for (size_t i = 0; i < nitems(roles); i++) {
		int pid = live_role_pid(l, roles[i]);

		if (pid && is_confined(pid))
			continue;
		wrong++;
		text_addf(&why, " %s: %s", roles[i], pid ? "has privileges" : "does not run");
	}
	if (wrong)
		met(c, REQ_CA_9, MET_FAIL, "%u things are loose:%.400s", wrong, text_str(&why));
	else
		met(c, REQ_CA_9, MET_PASS, "capture and recorder are users of their own without capabilities; the evidence is the "
		    "recorder's, nobody else may write it or others read it");
}

/* --- collection ------------------------------------------------------------------------------- */

static void unique_ids(const struct live *l, struct conformance *c)
{
	json_t *pots = json_object_get(l->status, "honeypots"), *pot;
	size_t i;

	json_array_foreach(pots, i, pot) {
		for (size_t k = 0; k < i; k++)
			if (!strcasecmp(live_word(json_array_get(pots, k), "name"), live_word(pot, "name"))) {
				met(c, REQ_CO_1, MET_FAIL, "two honeypots are named %s", live_word(pot, "name"));
				return;
			}
		if (!*live_word(pot, "image")) {
			met(c, REQ_CO_1, MET_FAIL, "honeypot %s has no type", live_word(pot, "name"));
			return;
		}
	}
	met(c, REQ_CO_1, MET_NOT_YET, "%zu honeypots with a name and a type of their own; the site has no id yet", i);
}

static void synchronised(const struct live *l, struct conformance *c)
{
	struct timex t = { 0 };
	int r = adjtimex(&t);

	(void)l;
	if (r < 0 || r == TIME_ERROR || (t.status & STA_UNSYNC))
		met(c, REQ_CO_4, MET_NOT_YET, "the kernel knows of no time service that keeps its clock, and nothing else is looked "
		    "at; all honeypots' events have this clock's time");
	else
		met(c, REQ_CO_4, MET_PASS, "the kernel's clock is kept by a time service, estimated error %ld us; all honeypots' "
		    "events have its time", t.esterror);
}

/* --- the verb --------------------------------------------------------------------------------- */

static void (*const checks[])(const struct live *l, struct conformance *c) = {
	automatic_and_manual, layers, failure_closes, state_is_kept, unauthorised, remote_administration,
	nothing_on_honeypots, administrators_are_marked, real_time, utc, capture_is_secured, unique_ids, synchronised,
};

/* What nothing looks at yet. */
static const struct { enum requirement of; const char *why; } missing[] = {
	{ REQ_DC_6, "the honeynet file is read at `skep up` only" },
	{ REQ_DC_7, "nothing is measured from inside a honeypot" },
	{ REQ_DC_8, "no alert of this honeynet is tried out" },
	{ REQ_CA_3, "that each kind of activity arrives, and is there for a year, is not looked at" },
	{ REQ_CA_5, "the journal begins a new file each hour, but nothing is archived" },
	{ REQ_CA_6, "there is no record of a deployment" },
	{ REQ_CA_7, "`skep session` tells what was done; there is no write-up in the standard's form" },
	{ REQ_CO_2, "there is no collector" },
	{ REQ_CO_3, "there is no collector" },
	{ REQ_AN_1, "there is no interface over all of it" },
	{ REQ_AN_2, "no alert is followed to its process" },
	{ REQ_AN_3, "no packets are asked for" },
};
_Static_assert(nitems(checks) + nitems(missing) == N_REQUIREMENTS, "a requirement that is neither here nor there");

static int run(bool json)
{
	_conformance_ struct conformance c = { 0 };
	_text_ struct text t = { 0 };
	struct live l;

	live_try(&l);
	for (size_t i = 0; i < nitems(missing); i++)
		met(&c, missing[i].of, MET_NOT_YET, "%s", missing[i].why);
	for (size_t i = 0; i < nitems(checks); i++)
		checks[i](&l, &c);
	live_fini(&l);
	conformance_put(&c, json, &t);
	out_begin();
	out_text(&t);
	return out_end(conformance_failed(&c) ? CLI_FAILED : CLI_OK);
}

int verb_conformance(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' }, { "help", no_argument, NULL, 'h' }, { 0 },
	};
	bool json = false;
	int o;

	while ((o = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (o == 'h')
			return cli_help("conformance");
		if (o != 'j')
			return cli_wrong("conformance", NULL);
		json = true;
	}
	if (optind < argc)
		return cli_wrong("conformance", "%s: not understood", argv[optind]);
	return run(json);
}
