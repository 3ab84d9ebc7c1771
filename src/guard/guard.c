/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/mem.h"
#include "cgroup.h"
#include "connector.h"
#include "fan.h"
#include "kernel.h"
#include "process.h"
#include "terminal.h"

enum { QUIET = 1024, MAX_ALLOWED = 64 };
#define QUIET_NS (60ull * 1000000000)	/* what a dry run sees and is the same as before is told once a minute */

struct seen {
	uint64_t key, told_ns;
	uint32_t repeats;
};

struct guard {
	const struct guard_options *o;
	enum guard_level level;
	bool enforce;
	guard_hit_fn *on_hit;
	void *arg;
	uint64_t now_ns;
	struct guard_files files;
	struct cgroup scope;
	struct stat own;		/* the program that starts honeypots, and that this is */
	struct kernel *kernel;		/* NULL below LEVEL_KILL */
	int epoll, fan, connector, watch;
	bool files_stale;
	uint64_t allowed_id[MAX_ALLOWED];
	size_t n_allowed;
	uint64_t counts[COUNTS];	/* of the levels without BPF; and what the connector lost */
	struct seen seen[QUIET];
};

/* --- telling ------------------------------------------------------------------------------------ */

static uint64_t mix(uint64_t h, const void *p, size_t n)
{
	const unsigned char *c = p;

	for (size_t i = 0; i < n; i++)
		h = (h ^ c[i]) * 1099511628211u;	/* FNV-1a */
	return h;
}

/* A build run as root starts thousands of shells: the same program by the same parent is told once. */
static bool is_news(struct guard *g, struct guard_hit *h)
{
	uint64_t key = mix(14695981039346656037u, &h->r.rule, sizeof(h->r.rule));
	struct seen *s;

	if (h->outcome != OUTCOME_DRY)
		return true;
	key = mix(key, h->r.path, strlen(h->r.path));
	key = mix(key, h->r.ancestor[1].comm, strnlen(h->r.ancestor[1].comm, GUARD_COMM));
	key = mix(key, &h->r.login, sizeof(h->r.login));
	s = &g->seen[key % QUIET];
	if (s->key == key && h->r.at_ns - s->told_ns < QUIET_NS) {
		s->repeats++;
		return false;
	}
	h->repeats = s->key == key ? s->repeats : 0;
	*s = (struct seen){ .key = key, .told_ns = h->r.at_ns };
	return true;
}

/* Fixed words: nothing of his. A dry run writes nothing, and nobody sits at a honeypot's process. */
static void warn(const struct guard_hit *h)
{
	static const char *const words[OUTCOMES] = {
		[OUTCOME_DENIED]   = "\r\nskep: that program may not run here; it was stopped, and this is on record.\r\n",
		[OUTCOME_KILLED]   = "\r\nskep: that program may not run here; it was killed, and this is on record.\r\n",
		[OUTCOME_DETECTED] = "\r\nskep: that program may not run here; that it did is on record.\r\n",
	};

	if (words[h->outcome] && h->r.rule != GUARD_HONEYPOT && h->r.rule != GUARD_UID)
		terminal_warn(h->r.tty, h->r.ancestor, h->r.n_ancestors, words[h->outcome]);
}

static void tell(struct guard *g, const struct guard_record *r, enum guard_outcome outcome)
{
	struct guard_hit h = { .r = *r, .outcome = outcome };
	uint32_t n = r->n_ancestors < GUARD_ANCESTORS ? r->n_ancestors : GUARD_ANCESTORS;

	h.r.n_ancestors = n;
	h.r.path[GUARD_PATH - 1] = '\0';
	for (uint32_t i = 0; i < n; i++)
		h.r.ancestor[i].comm[GUARD_COMM - 1] = '\0';
	if (!is_news(g, &h))
		return;
	for (uint32_t i = 0; i < n; i++)
		process_exe((pid_t)r->ancestor[i].pid, h.exe[i]);
	g->on_hit(g->arg, &h);
	if (g->o->warn)
		warn(&h);	/* whose terminal takes no words is on record all the same */
}

static void on_record(void *arg, const struct guard_record *r)
{
	struct guard *g = arg;

	tell(g, r, !r->stopped ? OUTCOME_DRY :
		   g->level == LEVEL_DENY && r->rule != GUARD_UID ? OUTCOME_DENIED : OUTCOME_KILLED);
}

/* --- the levels without BPF --------------------------------------------------------------------- */

static bool in_scope(const struct guard *g, pid_t pid)
{
	return !g->scope.id || process_in_cgroup(pid, g->scope.path);
}

static bool in_allowed(const struct guard *g, pid_t pid)
{
	struct cgroup c;

	for (size_t i = 0; g->o->allowed && g->o->allowed[i]; i++)
		if (cgroup_find(g->o->allowed[i], &c) == 0 && process_in_cgroup(pid, c.path))
			return true;
	return false;
}

static bool honeypot_user(const struct guard *g, uint32_t uid)
{
	return uid - g->o->honeypot_uid < g->o->honeypot_uids;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static bool is_kernel(const struct guard *g, const struct stat *exe)
{
	struct stat st;

	return g->o->kernel && stat(g->o->kernel, &st) == 0 && same_file(&st, exe);
}

static void tell_process(struct guard *g, const struct process *p, const struct guard_facts *f, uint32_t rule,
			 const char *path, enum guard_outcome outcome)
{
	struct guard_record r = { .at_ns = g->now_ns, .rule = rule, .origin = f->before, .file = f->file,
				  .pid = (uint32_t)p->pid, .uid = p->uid, .euid = p->euid, .login = p->login,
				  .tty = p->tty };

	r.n_ancestors = process_ancestors(p, r.ancestor);
	r.n_args = process_args(p->pid, r.args);
	snprintf(r.path, sizeof(r.path), "%s", path);
	g->counts[COUNT_VIOLATIONS]++;
	tell(g, &r, outcome);
}

/* Before the fact: the process is still what it was. */
static bool may_execute(void *arg, pid_t pid, const struct stat *st, const char *path)
{
	struct guard *g = arg;
	struct guard_facts f = { .file = files_bits(&g->files, st, path) };
	struct process p;
	uint32_t rule;

	g->counts[COUNT_EXECS]++;
	if (process_read(pid, &p) < 0 || !in_scope(g, pid))
		return true;
	f.before = process_origin(&p, &g->files);
	f.root = process_root(&p) || (f.file & FILE_GIVES_ROOT);
	f.login = p.login != LOGIN_NONE;
	f.honeypot = honeypot_user(g, p.uid);
	f.allowed = in_allowed(g, pid);
	g->counts[COUNT_JUDGED]++;
	rule = guard_judge(&f);
	if (rule == GUARD_NONE || !(g->enforce || rule == GUARD_HONEYPOT))
		return true;	/* a dry run is told after the fact, with all else that is only seen */
	tell_process(g, &p, &f, rule, path, OUTCOME_DENIED);
	return false;
}

static void stop_honeypot(struct guard *g, const struct process *p, const struct guard_facts *f, uint32_t rule)
{
	kill(p->pid, SIGKILL);
	tell_process(g, p, f, rule, p->exe, OUTCOME_KILLED);
}

/* After the fact: what it was before is its parent's origin, and how it got its rights is not to be told. */
static void was_executed(struct guard *g, pid_t pid)
{
	struct guard_facts f = { 0 };
	struct process p, parent;
	uint32_t rule;

	g->counts[COUNT_EXECS]++;
	if (process_read(pid, &p) < 0 || !p.exe[0]) {
		g->counts[COUNT_LOST]++;
		return;
	}
	f.honeypot = honeypot_user(g, p.uid) && !is_kernel(g, &p.exe_st);
	f.root = process_root(&p);
	if ((!f.root && !f.honeypot) || !in_scope(g, pid))
		return;
	g->counts[COUNT_JUDGED]++;
	if (p.ppid && process_read(p.ppid, &parent) == 0)
		f.before = process_origin(&parent, &g->files);
	f.file = files_bits(&g->files, &p.exe_st, p.exe);
	if (f.before == ORIGIN_USER && !(f.file & FILE_GIVES_ROOT))
		f.before = ORIGIN_TAKEN;
	f.login = p.login != LOGIN_NONE;
	f.allowed = in_allowed(g, pid);
	rule = guard_judge(&f);
	if (rule == GUARD_HONEYPOT)
		stop_honeypot(g, &p, &f, rule);
	else if (rule != GUARD_NONE)
		tell_process(g, &p, &f, rule, p.exe, g->enforce ? OUTCOME_DETECTED : OUTCOME_DRY);
}

static void changed_user(struct guard *g, pid_t pid)
{
	struct guard_facts f = { 0 };
	struct guard_lineage l = { 0 };
	struct process p;

	if (process_read(pid, &p) < 0 || honeypot_user(g, p.uid) || !in_scope(g, pid))
		return;
	if (g->kernel ? kernel_ask(g->kernel, pid, &l) < 0 || !l.honeypot : !is_kernel(g, &p.exe_st))
		return;
	f.before = l.origin;
	stop_honeypot(g, &p, &f, GUARD_UID);
}

static void on_process(void *arg, enum connector_what what, pid_t pid)
{
	if (what == CONNECTOR_EXEC)
		was_executed(arg, pid);
	else
		changed_user(arg, pid);
}

/* --- lists -------------------------------------------------------------------------------------- */

static void refresh_allowed(struct guard *g)
{
	struct cgroup c;

	g->n_allowed = 0;
	for (size_t i = 0; g->o->allowed && g->o->allowed[i] && g->n_allowed < MAX_ALLOWED; i++)
		if (cgroup_find(g->o->allowed[i], &c) == 0)
			g->allowed_id[g->n_allowed++] = c.id;
	if (g->kernel)
		kernel_allow(g->kernel, g->allowed_id, g->n_allowed);
}

static void refresh_files(struct guard *g)
{
	files_fini(&g->files);
	files_make(g->o->extra, g->o->alone, &g->files);
	if (g->kernel)
		kernel_files(g->kernel, &g->files);
	if (g->fan >= 0)
		fan_mark(g->fan, &g->files);
}

/*
 * Twice: who was forked by a process that was not told about yet is found the second time. Who has a honeypot's user and is
 * this program still has not executed that honeypot's kernel yet.
 */
static void tell_kernel_of_processes(struct guard *g)
{
	for (int round = 0; round < 2; round++) {
		DIR *d = opendir("/proc");

		for (struct dirent *e; d && (e = readdir(d));) {
			pid_t pid = atoi(e->d_name);
			struct guard_lineage l = { 0 };
			struct process p;

			if (pid <= 0 || kernel_ask(g->kernel, pid, &l) == 0 || process_read(pid, &p) < 0)
				continue;
			l.origin = process_origin(&p, &g->files);
			l.honeypot = (honeypot_user(g, p.uid) || honeypot_user(g, p.euid)) && !same_file(&p.exe_st, &g->own);
			kernel_tell(g->kernel, pid, &l);
		}
		if (d)
			closedir(d);
	}
}

static int open_watch(void)
{
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	for (size_t i = 0; fd >= 0 && guard_watched[i]; i++)
		inotify_add_watch(fd, guard_watched[i], IN_CREATE | IN_MOVED_TO | IN_ATTRIB | IN_CLOSE_WRITE | IN_ONLYDIR);
	return fd < 0 ? -errno : fd;
}

static void read_watch(struct guard *g)
{
	char buf[4096] __attribute__((aligned(__alignof__(struct inotify_event))));

	while (read(g->watch, buf, sizeof(buf)) > 0)
		g->files_stale = true;
}

/* --- open, read, close -------------------------------------------------------------------------- */

static int open_kernel(struct guard *g, bool lsm)
{
	struct kernel_options k = { .lsm = lsm, .enforce = g->enforce, .scope = g->scope,
				    .honeypot_uid = g->o->honeypot_uid, .honeypot_uids = g->o->honeypot_uids };
	int r = kernel_open(&k, on_record, g, &g->kernel);

	if (r < 0)
		return r;
	kernel_files(g->kernel, &g->files);
	tell_kernel_of_processes(g);
	return 0;
}

enum guard_level guard_probe(void)
{
	struct kernel_options nobody = { .scope = { .id = UINT64_MAX } };
	_fd_ int connector = connector_open(false), fan = -1;
	struct guard_files none = { 0 };
	struct kernel *k;

	for (int lsm = 1; lsm >= 0; lsm--) {
		nobody.lsm = lsm;
		if (kernel_open(&nobody, NULL, NULL, &k) == 0) {
			kernel_close(k);
			return lsm ? LEVEL_DENY : LEVEL_KILL;
		}
	}
	if (connector < 0)
		return LEVEL_NONE;
	fan = fan_open(&none);
	return fan < 0 ? LEVEL_DETECT : LEVEL_FANOTIFY;
}

static int add_fd(struct guard *g, int fd)
{
	struct epoll_event e = { .events = EPOLLIN, .data.fd = fd };

	return epoll_ctl(g->epoll, EPOLL_CTL_ADD, fd, &e) < 0 ? -errno : 0;
}

static void choose_level(struct guard *g)
{
	enum guard_level most = g->o->most == LEVEL_NONE ? LEVEL_DENY : g->o->most;

	if (most >= LEVEL_DENY && open_kernel(g, true) == 0)
		g->level = LEVEL_DENY;
	else if (most >= LEVEL_KILL && open_kernel(g, false) == 0)
		g->level = LEVEL_KILL;
	g->connector = connector_open(!g->kernel);
	if (g->kernel || g->connector < 0)
		return;
	g->level = LEVEL_DETECT;
	if (most >= LEVEL_FANOTIFY && (g->fan = fan_open(&g->files)) >= 0)
		g->level = LEVEL_FANOTIFY;
}

int guard_open(const struct guard_options *o, guard_hit_fn *on_hit, void *arg, struct guard **ret)
{
	struct guard *g = xcalloc(1, sizeof(*g));
	int r = 0;

	*g = (struct guard){ .o = o, .enforce = o->enforce, .on_hit = on_hit, .arg = arg,
			     .epoll = epoll_create1(EPOLL_CLOEXEC), .fan = -1, .connector = -1, .watch = open_watch() };
	if (stat("/proc/self/exe", &g->own) < 0)
		r = -errno;
	if (r == 0 && o->scope && o->scope[0])
		r = cgroup_find(o->scope, &g->scope);
	if (r == 0) {
		files_make(o->extra, o->alone, &g->files);
		choose_level(g);
		refresh_allowed(g);
	}
	if (r == 0 && g->kernel)
		r = add_fd(g, kernel_fd(g->kernel));
	if (r == 0 && g->fan >= 0)
		r = add_fd(g, g->fan);
	if (r == 0 && g->connector >= 0)
		r = add_fd(g, g->connector);
	if (r == 0 && g->watch >= 0)
		r = add_fd(g, g->watch);
	if (r < 0) {
		guard_close(g);
		return r;
	}
	*ret = g;
	return 0;
}

struct guard *guard_close(struct guard *g)
{
	if (!g)
		return NULL;
	kernel_close(g->kernel);
	close_fd(&g->fan);
	close_fd(&g->connector);
	close_fd(&g->watch);
	close_fd(&g->epoll);
	files_fini(&g->files);
	free(g);
	return NULL;
}

void guard_read(struct guard *g, uint64_t now_ns)
{
	g->now_ns = now_ns;
	if (g->fan >= 0)
		fan_read(g->fan, may_execute, g);
	if (g->kernel)
		kernel_read(g->kernel);
	if (g->connector >= 0)
		g->counts[COUNT_LOST] += connector_read(g->connector, on_process, g);
	if (g->watch >= 0)
		read_watch(g);
}

void guard_tick(struct guard *g)
{
	refresh_allowed(g);
	if (g->files_stale)
		refresh_files(g);
	g->files_stale = false;
}

void guard_enforce(struct guard *g, bool on)
{
	g->enforce = on;
	if (g->kernel)
		kernel_enforce(g->kernel, on);
}

enum guard_level guard_level(const struct guard *g)
{
	return g->level;
}

int guard_fd(const struct guard *g)
{
	return g->epoll;
}

void guard_counts(struct guard *g, uint64_t ret[COUNTS])
{
	memcpy(ret, g->counts, sizeof(g->counts));
	if (g->kernel) {
		uint64_t lost = g->counts[COUNT_LOST];

		kernel_counts(g->kernel, ret);
		ret[COUNT_LOST] += lost;
	}
}
