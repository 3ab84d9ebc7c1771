/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Data capture: the standard's CA rows. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "conform.h"
#include "record/journal.h"
#include "run/role.h"
#include "run/sandbox.h"
#include "state.h"

enum { FRESH_MS = 2000, CLOCK_US = 10 * 1000 * 1000, DAY_S = 86400, YEAR_S = 365 * DAY_S };

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

static bool is_honeypot(pid_t pid)
{
	_free_ char *path = xasprintf("/proc/%d", pid);
	struct stat st;

	return stat(path, &st) == 0 && st.st_uid >= SKEP_UID_GUEST;
}

/* A honeypot is a child of priv. What it is given of capture is the ring: memory, of the host. */
static void nothing_on_honeypots(const struct tried *t, struct conformance *c)
{
	const struct live *l = &t->live;
	int priv = live_role_pid(l, "priv"), pid;
	_free_ char *path = xasprintf("/proc/%d/task/%d/children", priv, priv), *evidence = state_path("evidence");
	unsigned pots = 0, rings = 0, wrong = 0;
	FILE *f = fopen(path, "re");

	while (f && fscanf(f, "%d", &pid) == 1) {
		if (!is_honeypot(pid))
			continue;
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

static void administrators_are_marked(const struct tried *t, struct conformance *c)
{
	const struct live *l = &t->live;

	if (!l->told.seen)
		met(c, REQ_CA_2, MET_FAIL, "what an administrator said just now is not in the journal");
	else if (l->in_a_session)
		met(c, REQ_CA_2, MET_FAIL, "a connection from the gateway itself counts as an intruder's session");
	else
		met(c, REQ_CA_2, MET_NOT_YET, "this check stands in the journal as an administrator's, after %u ms, and what comes "
		    "over `skep access` does; `skep console` and `skep lab` on this machine are not marked", l->told.after_ms);
}

static void real_time(const struct tried *t, struct conformance *c)
{
	const struct live *l = &t->live;
	pid_t pid;
	enum met r = conform_remote(&pid);

	if (!l->opened.done)
		met(c, REQ_CA_4, MET_FAIL, "no service of any honeypot that is up could be reached");
	else if (!l->opened.seen || l->opened.after_ms > FRESH_MS)
		met(c, REQ_CA_4, MET_FAIL, "a connection to %s was not in the journal within %d ms", l->target, FRESH_MS);
	else
		met(c, REQ_CA_4, r == MET_PASS ? MET_PASS : MET_NOT_YET,
		    "a connection to %s was in the journal after %u ms; from afar: %s", l->target, l->opened.after_ms,
		    r == MET_PASS ? "`events -f` over our sshd" : "no sshd of ours answers");
}

static void utc(const struct tried *t, struct conformance *c)
{
	const struct live *l = &t->live;
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

/* --- what was recorded ------------------------------------------------------------------------ */

static void all_activity_is_kept(const struct tried *t, struct conformance *c)
{
	const struct recall *r = &t->record;
	const json_t *packets = json_object_get(t->live.status, "packets");
	long long keep_s = json_integer_value(json_object_get(packets, "keep_s"));
	_free_ char *seen = xasprintf("since %.19sZ: network (%llu flows, %llu verdicts), systems (%llu programs), "
				      "applications (%llu messages), users (%llu times keys)", r->since,
				      (unsigned long long)r->n[EV_FLOW], (unsigned long long)r->n[EV_VERDICT],
				      (unsigned long long)r->n[EV_EXEC], (unsigned long long)r->n[EV_SYSLOG],
				      (unsigned long long)r->n[EV_TTY_IN]);

	if (!r->read)
		met(c, REQ_CA_3, MET_FAIL, "the journal cannot be read");
	else if (r->first > 1)
		met(c, REQ_CA_3, MET_FAIL, "the journal begins with record %llu: what was before it was not kept",
		    (unsigned long long)r->first);
	else if (!r->n[EV_FLOW] || !r->n[EV_VERDICT] || !r->n[EV_EXEC] || !r->n[EV_SYSLOG] || !r->n[EV_TTY_IN])
		met(c, REQ_CA_3, MET_NOT_YET, "of each kind there must be something: %s", seen);
	else if (!json_is_true(json_object_get(packets, "enabled")) || keep_s < YEAR_S)
		met(c, REQ_CA_3, MET_NOT_YET, "%s; packets are not kept for a year", seen);
	else
		met(c, REQ_CA_3, MET_PASS, "%s; the journal is whole from its first record on, packets are kept for %lld days, up to "
		    "%lld MiB", seen, keep_s / DAY_S, (long long)json_integer_value(json_object_get(packets, "size_mb")));
}

static bool in_file_of_its_hour(const struct live *l)
{
	char now[32], then[32];

	journal_file_at(l->newest_us, now);
	journal_file_at(l->since_us, then);
	return !strcmp(l->file, now) || !strcmp(l->file, then);
}

static void archiving(const struct tried *t, struct conformance *c)
{
	const struct recall *r = &t->record;

	if (!t->live.lines || !in_file_of_its_hour(&t->live))
		met(c, REQ_CA_5, MET_FAIL, "the journal's newest lines are in %s, not in the file of their hour", t->live.file);
	else if (r->packet_file[0] && r->packet_file_is != NAMED_GOOD)
		met(c, REQ_CA_5, MET_FAIL, "%s is not the file that was archived%s", r->packet_file,
		    r->packet_file_is == NAMED_MISSING ? ": it is missing" : "");
	else if (!r->packet_file[0])
		met(c, REQ_CA_5, MET_NOT_YET, "the journal's newest lines are in the file of their hour, %s; no file of packets was "
		    "complete in the last day", t->live.file);
	else
		met(c, REQ_CA_5, MET_PASS, "the journal's newest lines are in the file of their hour, %s; of the packets %s is the "
		    "newest complete file, and its SHA-256 is the one on record", t->live.file, r->packet_file);
}

static void deployments(const struct tried *t, struct conformance *c)
{
	size_t pots = json_array_size(json_object_get(t->live.status, "honeypots"));

	if (t->record.deployed < pots)
		met(c, REQ_CA_6, MET_FAIL, "the index has a record of %llu of the %zu honeypots that were deployed",
		    (unsigned long long)t->record.deployed, pots);
	else
		met(c, REQ_CA_6, MET_NOT_YET, "the index says of each of %zu honeypots since when it stands, its names, addresses, "
		    "recipe, image and kernel; services and patches are not in it", pots);
}

/* --- secured ---------------------------------------------------------------------------------- */

/* One thing of @role's: nobody else writes it, others do not read it. True if it is wrong. */
static bool is_loose(int dirfd, const char *name, const char *shown, enum role_id role, struct text *why)
{
	struct stat st;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		text_addf(why, " %s: %s", shown, strerror(errno));
	else if (st.st_uid != SKEP_UID + role || (st.st_mode & 0027))
		text_addf(why, " %s: owner %u, mode %04o", shown, st.st_uid, st.st_mode & 07777);
	else
		return false;
	return true;
}

static unsigned loose_files(struct text *why)
{
	static const struct { const char *path; enum role_id of; bool deep; } folders[] = {
		{ "evidence", ROLE_RECORDER, false },	    { STATE_JOURNAL, ROLE_RECORDER, true },
		{ "evidence/samples", ROLE_RECORDER, false }, { STATE_PCAP, ROLE_PACKETS, true },
	};
	unsigned n = 0;

	for (size_t i = 0; i < nitems(folders); i++) {
		_free_ char *path = state_path(folders[i].path);
		DIR *d = folders[i].deep ? opendir(path) : NULL;

		n += is_loose(AT_FDCWD, path, folders[i].path, folders[i].of, why);
		for (struct dirent *e; d && (e = readdir(d));)
			if (e->d_name[0] != '.')
				n += is_loose(dirfd(d), e->d_name, e->d_name, folders[i].of, why);
		if (d)
			closedir(d);
	}
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

static unsigned loose_roles(const struct live *l, struct text *why)
{
	static const char *const roles[] = { "capture", "recorder", "packets" };
	bool packets = json_is_true(json_object_get(json_object_get(l->status, "packets"), "enabled"));
	unsigned n = 0;

	for (size_t i = 0; i < nitems(roles) - !packets; i++) {
		int pid = live_role_pid(l, roles[i]);

		if (pid && is_confined(pid))
			continue;
		n++;
		text_addf(why, " %s: %s", roles[i], pid ? "has privileges" : "does not run");
	}
	return n;
}

static void capture_is_secured(const struct tried *t, struct conformance *c)
{
	const struct live *l = &t->live;
	_text_ struct text why = { 0 };
	unsigned wrong = loose_files(&why) + loose_roles(l, &why);

	if (wrong)
		met(c, REQ_CA_9, MET_FAIL, "%u things are loose:%.400s", wrong, text_str(&why));
	else if (t->record.broken)
		met(c, REQ_CA_9, MET_FAIL, "the journal was not as it had been left at a start since %.19sZ: `skep events --kind "
		    "chain`", t->record.since);
	else if (!l->lines || l->loose_lines)
		met(c, REQ_CA_9, MET_FAIL, "%u of %u new lines have no seal that fits the one before", l->loose_lines, l->lines);
	else
		met(c, REQ_CA_9, MET_PASS, "those who capture are users of their own without capabilities; journal, samples and "
		    "packets are theirs, nobody else may write them or others read them; %u new lines are sealed, each after the "
		    "one before", l->lines);
}

void conform_capture(const struct tried *t, struct conformance *c)
{
	static void (*const checks[])(const struct tried *t, struct conformance *c) = {
		nothing_on_honeypots, administrators_are_marked, all_activity_is_kept, real_time, archiving, deployments, utc,
		capture_is_secured,
	};

	for (size_t i = 0; i < nitems(checks); i++)
		checks[i](t, c);
}
