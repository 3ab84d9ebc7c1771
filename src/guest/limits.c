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

#define GROUP_NAME "skep-%d-%u"

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

static int make_one(const char *mount, const char *name, enum limits_kind kind, bool unified, char **ret)
{
	_free_ char *on = xasprintf("+%s", controller[kind]), *path = xasprintf("%s/%s", mount, name);

	if (unified && kind != LIMITS_FREEZER && !has_word(mount, "cgroup.subtree_control", controller[kind]) &&
	    put(mount, "cgroup.subtree_control", on) < 0)
		return -errno;
	if (mkdir(path, 0755) < 0 && !(unified && errno == EEXIST))	/* of version 2 it serves all three */
		return -errno;
	*ret = path;
	path = NULL;
	return 0;
}

static int set(const struct limits_group *g, enum limits_kind kind, bool unified, const struct limits *l)
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
		return put_number(at, unified ? "cpu.weight" : "cpu.shares", l->weight * (unified ? 100 : 1024) / 100);
	default:
		return 0;
	}
}

int limits_make(uint32_t n, const struct limits *l, struct limits_group *ret)
{
	_free_ char *name = xasprintf(GROUP_NAME, getpid(), n);
	int r = 0;

	*ret = (struct limits_group){ 0 };
	for (enum limits_kind k = 0; r == 0 && k < LIMITS_KINDS; k++) {
		bool unified = false;
		_free_ char *mount = mount_of(k, &unified);

		if (!mount)
			continue;
		r = make_one(mount, name, k, unified, &ret->path[k]);
		if (r == 0)
			r = set(ret, k, unified, l);
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
		if (g->path[k])
			rmdir(g->path[k]);
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
	uint32_t n;
	int end = 0;

	return sscanf(name, GROUP_NAME "%n", &maker, &n, &end) == 2 && !name[end] && maker > 0 && has_ended(maker);
}

static bool sweep(const char *mount)
{
	DIR *d = opendir(mount);
	bool all = true;

	for (struct dirent *e; d && (e = readdir(d));)
		if (of_the_dead(e->d_name) && unlinkat(dirfd(d), e->d_name, AT_REMOVEDIR) < 0 && errno != ENOENT)
			all = false;
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
