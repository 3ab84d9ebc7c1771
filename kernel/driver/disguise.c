// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the guest sees of itself, in the host's words (ring.config). A word that is not given
 * leaves the thing as it is.
 *
 * Tables the compiler holds for constant are written in place: this architecture keeps its read
 * only data in a writable segment.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/memblock.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/syscalls.h>
#include <linux/time64.h>
#include <linux/utsname.h>
#include "channel.h"
#include "disguise.h"
#include "hooks.h"
#include "version.h"

extern const char *envp_init[];
extern const struct seq_operations cpuinfo_op;
const char *pv_command_line(char *plain);

static void set_name(u32 kind, char name[__NEW_UTS_LEN + 1])
{
	const struct skep_conf *c = pv_conf_next(NULL, kind);

	if (c)
		snprintf(name, __NEW_UTS_LEN + 1, "%.*s", (int)c->data_len, pv_conf_data(c));
}

void pv_disguise_names(void)
{
	set_name(SKEP_CONF_RELEASE, init_uts_ns.name.release);
	set_name(SKEP_CONF_VERSION, init_uts_ns.name.version);
}

/*
 * What start_kernel() prints as the command line (edits/command-line.patch), and, from then on, all
 * that /proc shows of it. The parameters that count are parsed from a copy of their own.
 */
const char * __init pv_command_line(char *plain)
{
	const struct skep_conf *c = NULL;
	char *text = NULL;

	if (pv_channel_open())
		c = pv_conf_next(NULL, SKEP_CONF_CMDLINE);
	if (c)
		text = memblock_alloc((phys_addr_t)c->data_len + 1, SMP_CACHE_BYTES);
	if (!text)
		return plain;
	memcpy(text, pv_conf_data(c), c->data_len);
	saved_command_line = text;
	return text;
}

static int show_cpuinfo(struct seq_file *m, void *unused)
{
	const struct skep_conf *c = pv_conf_next(NULL, SKEP_CONF_CPUINFO);

	return seq_write(m, pv_conf_data(c), c->data_len);
}

static int __init disguise_init(void)
{
	if (!pv_channel_open())
		return 0;
	if (pv_conf_next(NULL, SKEP_CONF_CPUINFO))
		((struct seq_operations *)&cpuinfo_op)->show = show_cpuinfo;
	remove_proc_entry("exitcode", NULL);
	remove_proc_entry("sysemu", NULL);
	envp_init[2] = NULL;	/* after HOME and TERM: parameters nobody knew */
	return 0;
}
late_initcall(disguise_init);

/* --- files ------------------------------------------------------------------------------------ */

static char *name_of(const struct skep_conf *c)
{
	return kasprintf(GFP_KERNEL, "%.*s", (int)c->name_len, pv_conf_name(c));
}

/* A file with these bytes is not written again: a server's hostname is not new at each boot. */
static struct file *already_there(const struct skep_conf *c, const char *name)
{
	struct file *f = filp_open(name, O_RDONLY | O_NOATIME | O_LARGEFILE, 0);
	char *text = NULL;
	loff_t at = 0;
	bool same;

	if (IS_ERR(f))
		return NULL;
	same = S_ISREG(file_inode(f)->i_mode) && i_size_read(file_inode(f)) == c->data_len;
	if (same)
		text = kvmalloc(c->data_len + 1, GFP_KERNEL);
	same = text && kernel_read(f, text, c->data_len, &at) == c->data_len &&
	       !memcmp(text, pv_conf_data(c), c->data_len);
	kvfree(text);
	if (same)
		return f;
	fput(f);
	return NULL;
}

static void make_folder(const char *name)
{
	struct path path;
	struct dentry *d = kern_path_create(AT_FDCWD, name, &path, LOOKUP_DIRECTORY);

	if (IS_ERR(d))
		return;
	vfs_mkdir(PV_NO_IDMAP, d_inode(path.dentry), d, 0755);
	done_path_create(&path, d);
}

static void make_parents(char *name)
{
	for (char *slash = strchr(name + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		make_folder(name);
		*slash = '/';
	}
}

static bool has_owner_and_mode(const struct inode *i, const struct skep_conf *c)
{
	return i_uid_read(i) == c->uid && i_gid_read(i) == c->gid && (i->i_mode & 07777) == (c->mode & 07777);
}

/* The owner first: a change of owner would take setuid bits away again. */
static void set_owner_and_mode(struct dentry *d, const struct skep_conf *c)
{
	struct iattr owner = { .ia_valid = ATTR_UID | ATTR_GID,
			       .ia_uid = make_kuid(&init_user_ns, c->uid),
			       .ia_gid = make_kgid(&init_user_ns, c->gid) };
	struct iattr mode = { .ia_valid = ATTR_MODE, .ia_mode = (d_inode(d)->i_mode & S_IFMT) | (c->mode & 07777) };

	if (has_owner_and_mode(d_inode(d), c))
		return;
	notify_change(PV_NO_IDMAP, d, &owner, NULL);
	notify_change(PV_NO_IDMAP, d, &mode, NULL);
}

/* The time of the last change too, which no system call sets. */
static void set_time(struct dentry *d, s64 ns)
{
	struct timespec64 t = ns_to_timespec64(ns);
	struct iattr time = { .ia_valid = ATTR_ATIME | ATTR_MTIME | ATTR_ATIME_SET | ATTR_MTIME_SET,
			      .ia_atime = t, .ia_mtime = t };

	if (!ns)
		return;
	notify_change(PV_NO_IDMAP, d, &time, NULL);
	inode_set_ctime_to_ts(d_inode(d), t);
	mark_inode_dirty(d_inode(d));
}

/* What a word says of an inode besides its bytes. */
static void settle(const struct path *path, const struct skep_conf *c)
{
	if (mnt_want_write(path->mnt))
		return;
	inode_lock(d_inode(path->dentry));
	if (c->kind != SKEP_CONF_TIME)
		set_owner_and_mode(path->dentry, c);
	set_time(path->dentry, c->time_ns);
	inode_unlock(d_inode(path->dentry));
	mnt_drop_write(path->mnt);
}

static struct file *write_bytes(const struct skep_conf *c, char *name)
{
	const int how = O_WRONLY | O_CREAT | O_TRUNC | O_LARGEFILE;
	struct file *f = filp_open(name, how, 0600);
	loff_t at = 0;

	if (IS_ERR(f) && PTR_ERR(f) == -ENOENT) {
		make_parents(name);
		f = filp_open(name, how, 0600);
	}
	if (IS_ERR(f))
		return NULL;
	kernel_write(f, pv_conf_data(c), c->data_len, &at);
	return f;
}

static void put_file(const struct skep_conf *c)
{
	char *name = name_of(c);
	struct file *f = name ? already_there(c, name) : NULL;

	if (name && !f)
		f = write_bytes(c, name);
	if (f) {
		settle(&f->f_path, c);
		fput(f);
	}
	kfree(name);
}

static void put_folder(const struct skep_conf *c)
{
	char *name = name_of(c);
	struct path path;

	if (name) {
		make_parents(name);
		make_folder(name);
	}
	if (name && !kern_path(name, LOOKUP_DIRECTORY, &path)) {
		settle(&path, c);
		path_put(&path);
	}
	kfree(name);
}

static void put_time(const struct skep_conf *c)
{
	char *name = name_of(c);
	struct path path;

	if (name && !kern_path(name, 0, &path)) {
		settle(&path, c);
		path_put(&path);
	}
	kfree(name);
}

static bool put_all(u32 kind, void (*put)(const struct skep_conf *c))
{
	const struct skep_conf *c = NULL;
	bool any = false;

	while ((c = pv_conf_next(c, kind))) {
		put(c);
		any = true;
	}
	return any;
}

/* Pid 1 is still the kernel's own task here, with its credentials and the root mounted. */
void pv_disguise_files(void)
{
	static bool done;
	bool wrote;

	if (done)
		return;
	done = true;
	wrote = put_all(SKEP_CONF_FILE, put_file);
	wrote |= put_all(SKEP_CONF_FOLDER, put_folder);
	wrote |= put_all(SKEP_CONF_TIME, put_time);
	if (wrote)
		ksys_sync();	/* whatever becomes of this boot, the next one is the same server */
	pv_tokens_find();
}
