/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "files.h"

#include <fcntl.h>
#include <fts.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/mem.h"

enum { SETUID_DEEP = 4 };	/* levels below those folders: /usr/lib/x86_64-linux-gnu/utempter/utempter */

/* A later row adds to an earlier one. */
static const struct guard_extra built_in[] = {
	{ "/bin/*sh", FILE_SHELL }, { "/usr/bin/*sh", FILE_SHELL },	/* narrowed by is_shell() */
	{ "/bin/busybox*", FILE_SHELL }, { "/usr/bin/busybox*", FILE_SHELL }, { "/usr/bin/toybox*", FILE_SHELL },
	{ "/usr/bin/screen", FILE_SHELL }, { "/usr/bin/tmux", FILE_SHELL },
	{ "/usr/bin/python[23]*", FILE_INTERPRETER }, { "/usr/local/bin/python[23]*", FILE_INTERPRETER },
	{ "/usr/bin/perl*", FILE_INTERPRETER }, { "/usr/bin/ruby*", FILE_INTERPRETER },
	{ "/usr/bin/php*", FILE_INTERPRETER }, { "/usr/bin/lua*", FILE_INTERPRETER },
	{ "/usr/bin/tclsh*", FILE_INTERPRETER }, { "/usr/bin/expect", FILE_INTERPRETER },
	{ "/usr/bin/node*", FILE_INTERPRETER }, { "/usr/bin/guile*", FILE_INTERPRETER },
	{ "/usr/bin/[gm]awk", FILE_INTERPRETER }, { "/usr/bin/original-awk", FILE_INTERPRETER },
	{ "/usr/bin/socat*", FILE_INTERPRETER }, { "/usr/bin/gdb", FILE_INTERPRETER },
	{ "/lib*/ld-*.so*", FILE_LOADER }, { "/lib/*-linux-gnu*/ld-*.so*", FILE_LOADER },
	{ "/usr/bin/sudo", FILE_GATE }, { "/bin/su", FILE_GATE }, { "/usr/bin/su", FILE_GATE },
	{ "/usr/bin/pkexec", FILE_GATE }, { "/usr/bin/doas", FILE_GATE }, { "/usr/bin/run0", FILE_GATE },
	{ "/usr/lib/dbus-1.0/dbus-daemon-launch-helper", FILE_GATE },
	{ "/usr/sbin/cron", FILE_STEWARD }, { "/usr/sbin/crond", FILE_STEWARD }, { "/usr/sbin/anacron", FILE_STEWARD },
	{ "/usr/sbin/atd", FILE_STEWARD }, { "/usr/sbin/logrotate", FILE_STEWARD },
	{ "/usr/bin/run-parts", FILE_STEWARD }, { "/bin/run-parts", FILE_STEWARD },
	{ "/usr/bin/dpkg", FILE_STEWARD }, { "/usr/bin/apt", FILE_STEWARD }, { "/usr/bin/apt-get", FILE_STEWARD },
	{ "/usr/bin/aptitude*", FILE_STEWARD }, { "/usr/libexec/packagekitd", FILE_STEWARD },
	{ "/sbin/ifup", FILE_STEWARD }, { "/sbin/dhclient", FILE_STEWARD }, { "/sbin/dhcpcd", FILE_STEWARD },
	{ "/usr/sbin/NetworkManager", FILE_STEWARD }, { "/usr/libexec/nm-dispatcher", FILE_STEWARD },
	{ "/usr/lib/systemd/systemd-udevd", FILE_STEWARD }, { "/lib/systemd/systemd-udevd", FILE_STEWARD },
	{ "/usr/bin/udevadm", FILE_STEWARD }, { "/bin/udevadm", FILE_STEWARD }, /* udevd is a link to it */
	{ "/usr/sbin/acpid", FILE_STEWARD }, { "/sbin/mdadm", FILE_STEWARD }, { "/usr/sbin/smartd", FILE_STEWARD },
	{ "/usr/sbin/needrestart", FILE_STEWARD },
	{ "/sbin/init", FILE_INIT }, { "/lib/systemd/systemd", FILE_INIT },
	{ "/lib/systemd/systemd-executor", FILE_INIT }, { "/proc/1/exe", FILE_INIT },
	{ "/sbin/start-stop-daemon", FILE_INIT }, { "/sbin/runuser", FILE_INIT }, { "/usr/bin/env", FILE_INIT },
	{ "/usr/bin/nice", FILE_INIT }, { "/usr/bin/ionice", FILE_INIT }, { "/usr/bin/timeout", FILE_INIT },
	{ "/usr/bin/flock", FILE_INIT }, { "/usr/bin/setsid", FILE_INIT }, { "/usr/bin/nohup", FILE_INIT },
	{ "/usr/bin/chrt", FILE_INIT }, { "/usr/bin/setpriv", FILE_INIT },
	{ NULL, 0 },
};

/* Where packages put programs, and /opt. */
static const char *const system_folders[] = { "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/usr", "/opt", NULL };

const char *const guard_watched[] = { "/usr/bin", "/usr/sbin", "/usr/lib", "/usr/local/bin", NULL };

/* --- a device as the kernel has it ------------------------------------------------------------- */

/* stat() of some file systems makes a device up; mountinfo has the superblock's. */
static uint32_t kernel_dev(uint64_t mount, dev_t fallback)
{
	_free_ char *line = NULL;
	size_t room = 0;
	unsigned id, parent, major_, minor_;
	uint32_t dev = major(fallback) << 20 | minor(fallback);
	FILE *f = fopen("/proc/self/mountinfo", "re");

	while (f && getline(&line, &room, f) > 0)
		if (sscanf(line, "%u %u %u:%u", &id, &parent, &major_, &minor_) == 4 && id == mount)
			dev = major_ << 20 | minor_;
	if (f)
		fclose(f);
	return dev;
}

static struct guard_key key_at(const char *path, const struct stat *st)
{
	struct statx x;

	if (statx(AT_FDCWD, path, 0, STATX_MNT_ID, &x) < 0 || !(x.stx_mask & STATX_MNT_ID))
		x.stx_mnt_id = 0;
	return (struct guard_key){ .ino = st->st_ino, .dev = kernel_dev(x.stx_mnt_id, st->st_dev) };
}

/* --- making the list ---------------------------------------------------------------------------- */

static int by_inode(const void *a, const void *b)
{
	const struct guard_listed *x = a, *y = b;

	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	return x->ino == y->ino ? 0 : x->ino < y->ino ? -1 : 1;
}

static void add(struct guard_files *f, const char *path, uint32_t bits)
{
	struct stat st;

	if (stat(path, &st) < 0 || (bits && !S_ISREG(st.st_mode)))
		return;
	for (size_t i = 0; i < f->n; i++) {
		if (f->at[i].dev == st.st_dev && f->at[i].ino == st.st_ino) {
			f->at[i].bits |= bits;
			return;
		}
	}
	if (f->n == f->room) {
		f->room = f->room ? f->room * 2 : 256;
		f->at = xrealloc(f->at, f->room, sizeof(*f->at));
	}
	f->at[f->n++] = (struct guard_listed){ .dev = st.st_dev, .ino = st.st_ino, .bits = bits,
					       .key = key_at(path, &st), .path = xstrdup(path) };
}

/* "*sh" has strangers: only names that are shells'. */
static bool is_shell(const char *path)
{
	static const char *const names[] = { "sh", "bash", "rbash", "dash", "ash", "ksh", "lksh", "mksh", "ksh93", "csh",
					     "tcsh", "bsd-csh", "zsh", "fish", "yash", "posh", "pwsh", "elvish", "klibc-sh" };
	const char *name = strrchr(path, '/') + 1;

	for (size_t i = 0; i < nitems(names); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

static void add_pattern(struct guard_files *f, const struct guard_extra *e)
{
	size_t n = strlen(e->pattern);
	bool narrow = n > 3 && !strcmp(e->pattern + n - 3, "*sh");
	glob_t g = { 0 };

	if (glob(e->pattern, GLOB_NOSORT, NULL, &g) == 0)
		for (size_t i = 0; i < g.gl_pathc; i++)
			if (!narrow || is_shell(g.gl_pathv[i]))
				add(f, g.gl_pathv[i], e->bits);
	globfree(&g);
}

static void add_etc_shells(struct guard_files *f)
{
	_free_ char *line = NULL;
	size_t room = 0;
	FILE *shells = fopen("/etc/shells", "re");

	while (shells && getline(&line, &room, shells) > 0) {
		line[strcspn(line, " \t\n#")] = '\0';
		if (line[0] == '/')
			add(f, line, FILE_SHELL);
	}
	if (shells)
		fclose(shells);
}

/* Only root can write there, so what is there was put there by a package or by the administrator. */
static void add_setuid(struct guard_files *f)
{
	static const char *const from[] = { "/usr/bin", "/usr/sbin", "/usr/lib", "/usr/libexec", "/usr/local/bin",
					    "/usr/local/sbin", "/opt", "/bin", "/sbin", NULL };
	FTS *walk = fts_open((char *const *)from, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, NULL);

	for (FTSENT *e; walk && (e = fts_read(walk));) {
		if (e->fts_info == FTS_D && e->fts_level >= SETUID_DEEP)
			fts_set(walk, e, FTS_SKIP);
		else if (e->fts_info == FTS_F && (e->fts_statp->st_mode & S_ISUID) && e->fts_statp->st_uid == 0)
			add(f, e->fts_path, FILE_SETUID);
	}
	if (walk)
		fts_close(walk);
}

void files_make(const struct guard_extra *extra, bool alone, struct guard_files *ret)
{
	*ret = (struct guard_files){ 0 };
	for (const struct guard_extra *e = built_in; !alone && e->pattern; e++)
		add_pattern(ret, e);
	for (const struct guard_extra *e = extra; e && e->pattern; e++)
		add_pattern(ret, e);
	if (!alone) {
		add_etc_shells(ret);
		add_setuid(ret);
	}
	for (size_t i = 0; system_folders[i]; i++)
		add(ret, system_folders[i], 0);
	qsort(ret->at, ret->n, sizeof(*ret->at), by_inode);
}

void files_fini(struct guard_files *f)
{
	for (size_t i = 0; i < f->n; i++)
		free(f->at[i].path);
	free(f->at);
	*f = (struct guard_files){ 0 };
}

static bool below_system_folder(const char *path)
{
	for (size_t i = 0; system_folders[i]; i++) {
		size_t n = strlen(system_folders[i]);

		if (!strncmp(path, system_folders[i], n) && path[n] == '/')
			return true;
	}
	return false;
}

uint32_t files_bits(const struct guard_files *f, const struct stat *st, const char *path)
{
	struct guard_listed key = { .dev = st->st_dev, .ino = st->st_ino };
	const struct guard_listed *l = bsearch(&key, f->at, f->n, sizeof(*f->at), by_inode);
	uint32_t bits = l ? l->bits : 0;

	if (st->st_uid != 0)
		return bits;
	if (st->st_mode & S_ISUID)
		bits |= FILE_GIVES_ROOT;
	if (!(st->st_mode & (S_IWGRP | S_IWOTH)) && below_system_folder(path))
		bits |= FILE_SYSTEM;
	return bits;
}
