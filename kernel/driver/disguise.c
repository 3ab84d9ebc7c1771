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
#include <linux/utsname.h>
#include "channel.h"
#include "disguise.h"
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

/* An unchanged file keeps its times: a server's hostname is not new at each boot. */
static bool already_there(const struct skep_conf *c, const char *name)
{
	struct file *f = filp_open(name, O_RDONLY | O_NOATIME | O_LARGEFILE, 0);
	const struct inode *i;
	char *text = NULL;
	loff_t at = 0;
	bool same;

	if (IS_ERR(f))
		return false;
	i = file_inode(f);
	same = i_size_read(i) == c->data_len && (i->i_mode & 07777) == c->mode &&
	       i_uid_read(i) == c->uid && i_gid_read(i) == c->gid;
	if (same)
		text = kvmalloc(c->data_len + 1, GFP_KERNEL);
	same = text && kernel_read(f, text, c->data_len, &at) == c->data_len &&
	       !memcmp(text, pv_conf_data(c), c->data_len);
	kvfree(text);
	fput(f);
	return same;
}

/* The owner first: a change of owner would take setuid bits away again. */
static void set_owner_and_mode(struct file *f, const struct skep_conf *c)
{
	struct iattr owner = { .ia_valid = ATTR_UID | ATTR_GID,
			       .ia_uid = make_kuid(&init_user_ns, c->uid),
			       .ia_gid = make_kgid(&init_user_ns, c->gid) };
	struct iattr mode = { .ia_valid = ATTR_MODE, .ia_mode = S_IFREG | (c->mode & 07777) };

	inode_lock(file_inode(f));
	notify_change(PV_NO_IDMAP, file_dentry(f), &owner, NULL);
	notify_change(PV_NO_IDMAP, file_dentry(f), &mode, NULL);
	inode_unlock(file_inode(f));
}

static void write_file(const struct skep_conf *c)
{
	char *name = kasprintf(GFP_KERNEL, "%.*s", (int)c->name_len, pv_conf_name(c));
	struct file *f;
	loff_t at = 0;

	if (!name || already_there(c, name)) {
		kfree(name);
		return;
	}
	f = filp_open(name, O_WRONLY | O_CREAT | O_TRUNC | O_LARGEFILE, 0600);
	kfree(name);
	if (IS_ERR(f))
		return;
	kernel_write(f, pv_conf_data(c), c->data_len, &at);
	set_owner_and_mode(f, c);
	fput(f);
}

/* Pid 1 is still the kernel's own task here, with its credentials and the root mounted. */
void pv_disguise_files(void)
{
	const struct skep_conf *c = NULL;
	static bool done;
	bool wrote = false;

	if (done)
		return;
	done = true;
	while ((c = pv_conf_next(c, SKEP_CONF_FILE))) {
		write_file(c);
		wrote = true;
	}
	if (wrote)
		ksys_sync();	/* whatever becomes of this boot, the next one is the same server */
}
