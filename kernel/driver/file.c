// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files: made, opened for writing, changed, removed. Told of visits only: all that descends from an
 * accepted connection. A boot and its services say nothing here.
 *
 * A name is the one the caller could use: from his root. What is opened for writing is told if it is
 * a file, a switch of the kernel (in /proc/sys, /sys) or a device that is more than a sink or a terminal.
 * A process that opens one file again and again, or cuts it short, is told once a second.
 */
#include <linux/dcache.h>
#include <linux/fs.h>
#include <linux/kdev_t.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/magic.h>
#include <linux/major.h>
#include <linux/path.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/time64.h>
#include <linux/user_namespace.h>
#include "deed.h"
#include "files.h"
#include "hooks.h"

enum pv_fs pv_fs_of(const struct super_block *sb)
{
	switch (sb->s_magic) {
	case PROC_SUPER_MAGIC:
		return PV_FS_PROC;
	case SYSFS_MAGIC:
	case SECURITYFS_MAGIC:
	case DEBUGFS_MAGIC:
	case TRACEFS_MAGIC:
	case BINFMTFS_MAGIC:
		return PV_FS_SYSTEM;
	case CGROUP_SUPER_MAGIC:
	case CGROUP2_SUPER_MAGIC:
	case DEVPTS_SUPER_MAGIC:
	case PIPEFS_MAGIC:
	case SOCKFS_MAGIC:
	case NSFS_MAGIC:
	case AUTOFS_SUPER_MAGIC:
	case ANON_INODE_FS_MAGIC:
		return PV_FS_NONE;
	default:
		return PV_FS_PLAIN;
	}
}

/* --- opened for writing ----------------------------------------------------------------------- */

enum { OPENED, CUT };

static void is_made(struct inode *i)
{
	struct pv_written *w = pv_task(current)->conn && pv_fs_of(i->i_sb) == PV_FS_PLAIN ? pv_written_make(i) : NULL;

	if (w)
		w->made = true;
}

static bool told_just_now(struct inode *i, int what)
{
	struct pv_written *w = pv_written_make(i);
	u64 now = ktime_get_ns(), self = pv_task(current)->entity;

	if (!w)
		return false;
	if (w->told_by[what] == self && now - w->told_at[what] < NSEC_PER_SEC)
		return true;
	w->told_by[what] = self;
	w->told_at[what] = now;
	return false;
}

/* Switches of the whole machine, and other processes' memory; not what a process says of itself. */
static bool is_switch(const struct file *f)
{
	char *buf = __getname(), *name = buf ? dentry_path_raw(f->f_path.dentry, buf, PATH_MAX) : NULL;
	bool yes = false;

	if (name && !IS_ERR(name))
		yes = name[1] < '0' || name[1] > '9' || !strcmp(kbasename(name), "mem");
	if (buf)
		__putname(buf);
	return yes;
}

static bool is_telling_device(const struct inode *i)
{
	unsigned int minor = MINOR(i->i_rdev);

	switch (MAJOR(i->i_rdev)) {
	case MEM_MAJOR:		/* memory, ports and the log, not null, zero, full and random */
		return minor == 1 || minor == 2 || minor == 4 || minor == 11;
	case TTY_MAJOR:
	case TTYAUX_MAJOR:
		return false;
	default:
		return MAJOR(i->i_rdev) < UNIX98_PTY_MASTER_MAJOR ||
		       MAJOR(i->i_rdev) >= UNIX98_PTY_SLAVE_MAJOR + UNIX98_PTY_MAJOR_COUNT;
	}
}

static bool is_worth_telling(struct file *f)
{
	struct inode *i = file_inode(f);
	enum pv_fs fs = pv_fs_of(i->i_sb);

	if (S_ISBLK(i->i_mode))
		return true;
	if (S_ISCHR(i->i_mode))
		return fs == PV_FS_PLAIN && is_telling_device(i);
	if (!S_ISREG(i->i_mode) || fs == PV_FS_NONE)
		return false;
	return fs == PV_FS_SYSTEM || (fs == PV_FS_PROC && is_switch(f)) ||
	       (fs == PV_FS_PLAIN && ((f->f_flags & __O_TMPFILE) || !told_just_now(i, OPENED)));
}

int pv_file_open(struct file *f)
{
	struct pv_deed *d;

	if (!pv_task(current)->conn)
		return 0;
	pv_probe_open(f);
	pv_token_open(f);
	if (f->f_mode & FMODE_CREATED)
		is_made(file_inode(f));
	else
		pv_deed_drop(SKEP_FILE_CREATE);		/* it could have been made, but was there */
	if (!(f->f_mode & FMODE_WRITE) || (f->f_mode & FMODE_CREATED) || !is_worth_telling(f))
		return 0;
	d = pv_deed_new(SKEP_FILE, f->f_flags & __O_TMPFILE ? SKEP_FILE_CREATE : SKEP_FILE_OPEN);
	if (d)
		pv_deed_path(d, SKEP_T_FILE, &f->f_path);
	return 0;
}

/* --- names ------------------------------------------------------------------------------------ */

static struct pv_deed *named(u32 op, const struct path *dir, const struct dentry *dentry)
{
	struct pv_deed *d = pv_deed_new(SKEP_FILE, op);

	if (d)
		pv_deed_name(d, SKEP_T_FILE, dir, &dentry->d_name);
	return d;
}

static void set_mode(struct pv_deed *d, umode_t mode)
{
	d->mode = mode;
	d->has_mode = true;
}

/* Of something new. With access lists the mask comes after the hook. */
static void set_new_mode(struct pv_deed *d, umode_t mode)
{
	set_mode(d, mode & ~current_umask());
}

int pv_path_mknod(const struct path *dir, struct dentry *dentry, umode_t mode, unsigned int dev)
{
	bool plain = !(mode & S_IFMT) || S_ISREG(mode);
	struct pv_deed *d = named(plain ? SKEP_FILE_CREATE : SKEP_FILE_MKNOD, dir, dentry);
	char device[24];

	if (!d)
		return 0;
	set_new_mode(d, mode);
	if (S_ISBLK(mode) || S_ISCHR(mode)) {
		snprintf(device, sizeof(device), "%u:%u", MAJOR(new_decode_dev(dev)), MINOR(new_decode_dev(dev)));
		pv_deed_text(d, SKEP_T_TARGET, device);
	}
	return 0;
}

int pv_path_mkdir(const struct path *dir, struct dentry *dentry, umode_t mode)
{
	struct pv_deed *d = named(SKEP_FILE_MKDIR, dir, dentry);

	if (d)
		set_new_mode(d, S_IFDIR | (mode & S_IALLUGO));
	return 0;
}

int pv_path_rmdir(const struct path *dir, struct dentry *dentry)
{
	named(SKEP_FILE_RMDIR, dir, dentry);
	return 0;
}

int pv_path_unlink(const struct path *dir, struct dentry *dentry)
{
	named(SKEP_FILE_UNLINK, dir, dentry);
	return 0;
}

int pv_path_symlink(const struct path *dir, struct dentry *dentry, const char *to)
{
	struct pv_deed *d = named(SKEP_FILE_SYMLINK, dir, dentry);

	if (d)
		pv_deed_text(d, SKEP_T_TARGET, to);
	return 0;
}

int pv_path_link(struct dentry *old, const struct path *dir, struct dentry *dentry)
{
	struct path path = { .mnt = dir->mnt, .dentry = old };
	struct pv_deed *d = pv_deed_new(SKEP_FILE, SKEP_FILE_LINK);

	if (d) {
		pv_deed_path(d, SKEP_T_FILE, &path);
		pv_deed_name(d, SKEP_T_TARGET, dir, &dentry->d_name);
	}
	return 0;
}

int pv_path_rename(const struct path *old_dir, struct dentry *old, const struct path *dir,
		   struct dentry *dentry, unsigned int flags)
{
	struct pv_deed *d = named(SKEP_FILE_RENAME, old_dir, old);

	if (d)
		pv_deed_name(d, SKEP_T_TARGET, dir, &dentry->d_name);
	return 0;
}

/* --- attributes ------------------------------------------------------------------------------- */

int pv_path_chmod(const struct path *path, umode_t mode)
{
	struct pv_deed *d = pv_deed_new(SKEP_FILE, SKEP_FILE_CHMOD);

	if (d) {
		pv_deed_path(d, SKEP_T_FILE, path);
		set_mode(d, (d_inode(path->dentry)->i_mode & S_IFMT) | (mode & S_IALLUGO));
	}
	return 0;
}

int pv_path_chown(const struct path *path, kuid_t uid, kgid_t gid)
{
	struct pv_deed *d = pv_deed_new(SKEP_FILE, SKEP_FILE_CHOWN);

	if (d) {
		pv_deed_path(d, SKEP_T_FILE, path);
		d->owner[0] = from_kuid(&init_user_ns, uid);
		d->owner[1] = from_kgid(&init_user_ns, gid);
		d->has_owner = true;
	}
	return 0;
}

int pv_path_truncate(const struct path *path)
{
	struct inode *i = d_inode(path->dentry);
	struct pv_deed *d;

	pv_content_changed(i, false);
	is_made(i);
	if (!pv_task(current)->conn || pv_fs_of(i->i_sb) != PV_FS_PLAIN)
		return 0;
	d = pv_deed_new(SKEP_FILE, SKEP_FILE_TRUNCATE);
	if (d) {
		pv_deed_path(d, SKEP_T_FILE, path);
		d->size_before = i_size_read(i);
		d->has_size = true;
	}
	return 0;
}

/* Called by vfs_utimes() (edits/files.patch). */
void pv_path_times(const struct path *path)
{
	struct pv_deed *d;

	if (!pv_task(current)->conn)
		return;
	d = pv_deed_new(SKEP_FILE, SKEP_FILE_TIMES);
	if (d)
		pv_deed_path(d, SKEP_T_FILE, path);
}

/* What the hooks above are not told: how short (and whether by an open), and to which time. */
int pv_inode_setattr(PV_IDMAP struct dentry *dentry, struct iattr *to)
{
	struct pv_deed *d;
	char time[32];

	if (!pv_task(current)->deeds)
		return 0;
	d = to->ia_valid & ATTR_SIZE ? pv_deed_pending(SKEP_FILE_TRUNCATE) : NULL;
	if (d)
		d->size = to->ia_size;
	if (d && (to->ia_valid & ATTR_OPEN) && told_just_now(d_inode(dentry), CUT))
		pv_deed_drop(SKEP_FILE_TRUNCATE);
	d = to->ia_valid & ATTR_MTIME_SET ? pv_deed_pending(SKEP_FILE_TIMES) : NULL;
	if (d) {
		snprintf(time, sizeof(time), "@%lld", (long long)to->ia_mtime.tv_sec);
		pv_deed_text(d, SKEP_T_TARGET, time);
	}
	return 0;
}
