/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "limits.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"

#define OURS "skep-%d"		/* of this process; in it a number a honeypot */

static const char *const controller[LIMITS_KINDS] = { "memory", "pids", "cpu", "freezer" };

static int put(const char *folder, const char *file, const char *text)
{
	_free_ char *path = xasprintf("%s/%s", folder, file);
	_fd_ int fd = open(path, O_WRONLY | O_CLOEXEC);
	size_t n = strlen(text);

	return fd < 0 || write(fd, text, n) != (ssize_t)n ? -errno : 0;
}

static int put_number(const char *folder, const char *file, uint64_t n)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, n);
	return put(folder, file, text);
}

static bool has_word(const char *folder, const char *file, const char *word)
{
	_free_ char *path = xasprintf("%s/%s", folder, file);
	FILE *f = fopen(path, "re");
	char got[32];
	bool found = false;

	while (f && !found && fscanf(f, "%31s", got) == 1)
		found = !strcmp(got, word);
	if (f)
		fclose(f);
	return found;
}

static bool offers(const char *mount, enum limits_kind kind)
{
	return kind == LIMITS_FREEZER || has_word(mount, "cgroup.controllers", controller[kind]);	/* there without being asked */
}

/* mount_of() - where controller @kind is; version 2 first, unless version 1 has taken it from there */
static char *mount_of(enum limits_kind kind, bool *ret_unified)
{
	FILE *f = setmntent("/proc/self/mounts", "re");
	char *at = NULL;

	for (struct mntent *m; f && !at && (m = getmntent(f));) {
		bool unified = !strcmp(m->mnt_type, "cgroup2");

		if ((unified && offers(m->mnt_dir, kind)) ||
		    (!strcmp(m->mnt_type, "cgroup") && hasmntopt(m, controller[kind]))) {
			at = xstrdup(m->mnt_dir);
			*ret_unified = unified;
		}
	}
	if (f)
		endmntent(f);
	return at;
}

/* pass_on() - version 2: groups in @folder get this controller, too */
static int pass_on(const char *folder, enum limits_kind kind)
{
	_free_ char *on = xasprintf("+%s", controller[kind]);

	return has_word(folder, "cgroup.subtree_control", controller[kind]) ? 0 : put(folder, "cgroup.subtree_control", on);
}

/* One group of version 2 serves all kinds, so there it may be there already. */
static int make_one(const char *mount, uint32_t n, enum limits_kind kind, bool unified, char **ret)
{
	_free_ char *ours = xasprintf("%s/" OURS, mount, getpid()), *path = xasprintf("%s/%u", ours, n);
	bool passes = unified && kind != LIMITS_FREEZER;
	int r = passes ? pass_on(mount, kind) : 0;

	if (r == 0 && mkdir(ours, 0755) < 0 && errno != EEXIST)
		r = -errno;
	if (r == 0 && passes)
		r = pass_on(ours, kind);
	if (r == 0 && mkdir(path, 0755) < 0 && !(unified && errno == EEXIST))
		r = -errno;
	if (r == 0)
		*ret = steal_ptr(&path);
	return r;
}

/* Who is in our group gets what all of them together are given, and shares it. */
static int set_weight(const char *at, uint32_t n, bool unified, uint32_t weight)
{
	const char *file = unified ? "cpu.weight" : "cpu.shares";
	_free_ char *ours = xasprintf("%s/..", at);
	uint32_t whole = unified ? 100 : 1024;
	int r = put_number(ours, file, (uint64_t)weight * whole / 100 * (n + 1));

	return r < 0 ? r : put_number(at, file, (uint64_t)weight * whole / 100);
}

static int set(const struct limits_group *g, uint32_t n, enum limits_kind kind, bool unified, const struct limits *l)
{
	const char *at = g->path[kind];
	int r;

	switch (kind) {
	case LIMITS_MEMORY:
		r = put_number(at, unified ? "memory.max" : "memory.limit_in_bytes", l->memory);
		if (r == 0)	/* not every kernel counts it; none of it is ours to use */
			put(at, unified ? "memory.swap.max" : "memory.swappiness", "0");
		return r;
	case LIMITS_PIDS:
		return put_number(at, "pids.max", l->processes);
	case LIMITS_CPU:
		return set_weight(at, n, unified, l->weight);
	default:
		return 0;
	}
}

int limits_make(uint32_t n, const struct limits *l, struct limits_group *ret)
{
	int r = 0;

	*ret = (struct limits_group){ 0 };
	for (enum limits_kind k = 0; r == 0 && k < LIMITS_KINDS; k++) {
		bool unified = false;
		_free_ char *mount = mount_of(k, &unified);

		if (!mount)
			continue;
		r = make_one(mount, n, k, unified, &ret->path[k]);
		if (r == 0)
			r = set(ret, n, k, unified, l);
	}
	if (r < 0)
		limits_free(ret);
	return r;
}

int limits_join(const struct limits_group *g, pid_t pid)
{
	int r = 0;

	for (size_t k = 0; r == 0 && k < LIMITS_KINDS; k++)
		if (g->path[k])
			r = put_number(g->path[k], "cgroup.procs", (uint64_t)pid);
	return r;
}

int limits_freeze(const struct limits_group *g, bool still)
{
	const char *at = g->path[LIMITS_FREEZER];
	int r = at ? put(at, "cgroup.freeze", still ? "1" : "0") : -ENOTSUP;

	return r == -ENOENT ? put(at, "freezer.state", still ? "FROZEN" : "THAWED") : r;
}

void limits_free(struct limits_group *g)
{
	for (size_t k = 0; k < LIMITS_KINDS; k++) {
		if (g->path[k] && rmdir(g->path[k]) == 0) {	/* the last one's goes with ours */
			*strrchr(g->path[k], '/') = '\0';
			rmdir(g->path[k]);
		}
		free(g->path[k]);
		g->path[k] = NULL;
	}
}

/* has_ended() - also when nobody has asked yet how it ended */
static bool has_ended(pid_t pid)
{
	_free_ char *path = xasprintf("/proc/%d/stat", pid);
	FILE *f = fopen(path, "re");
	char state = 0;

	if (!f)
		return errno == ENOENT;
	if (fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
		state = 0;
	fclose(f);
	return state == 'Z' || state == 'X';
}

/* of_the_dead() - a group whose maker has ended */
static bool of_the_dead(const char *name)
{
	pid_t maker;
	int end = 0;

	return sscanf(name, OURS "%n", &maker, &end) == 1 && !name[end] && maker > 0 && has_ended(maker);
}

/* remove_group() - with those in it; false: somebody is in one of them yet */
static bool remove_group(const char *path)
{
	DIR *d = opendir(path);

	for (struct dirent *e; d && (e = readdir(d));)
		if (e->d_type == DT_DIR && e->d_name[0] != '.')
			unlinkat(dirfd(d), e->d_name, AT_REMOVEDIR);
	if (d)
		closedir(d);
	return rmdir(path) == 0 || errno == ENOENT;
}

static bool sweep(const char *mount)
{
	DIR *d = opendir(mount);
	bool all = true;

	for (struct dirent *e; d && (e = readdir(d));) {
		_free_ char *path = xasprintf("%s/%s", mount, e->d_name);

		if (of_the_dead(e->d_name))
			all = remove_group(path) && all;
	}
	if (d)
		closedir(d);
	return all;
}

bool limits_sweep(void)
{
	bool unified, all = true;

	for (enum limits_kind k = 0; k < LIMITS_KINDS; k++) {
		_free_ char *mount = mount_of(k, &unified);

		all = (!mount || sweep(mount)) && all;
	}
	return all;
}
