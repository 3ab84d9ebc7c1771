// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attempts on the kernel: to read or change it, to put another in its place. None can succeed here;
 * that someone tried is what counts. What the kernel itself and a server's boot do of the kind (bpf of
 * systemd, modules asked for by name) is told of a visit only.
 *
 * The memory devices do not exist in this kernel, so mostly an open of them fails before a security
 * module is asked (edits/refusals.patch); who makes such a node by himself and opens it is seen, too.
 */
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/kdev_t.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/major.h>
#include <linux/namei.h>
#include <linux/path.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "channel.h"
#include "hooks.h"
#include "note.h"

static void begin(struct pv_note *n, u32 *op, u32 *error)
{
	pv_note_begin(n, SKEP_KERNEL, current);
	n->rec.flags |= *error ? SKEP_F_REFUSED : 0;
	pv_note_add(n, SKEP_T_OP, op, sizeof(*op));
	pv_note_add(n, SKEP_T_CODE, error, sizeof(*error));
}

void pv_attempt(u32 op, const char *what, u32 error)
{
	struct pv_note n;

	begin(&n, &op, &error);
	pv_note_add_text(&n, SKEP_T_PATH, what);
	pv_channel_put(&n);
}

/* modprobe would find none. What a boot asks for does not run it. */
int pv_module_request(char *name)
{
	if (!pv_task(current)->conn)
		return -ENOENT;
	pv_attempt(SKEP_KERNEL_REQUEST, name, 0);
	return 0;
}

/* --- memory devices --------------------------------------------------------------------------- */

static bool is_memory(umode_t mode, dev_t dev)
{
	return S_ISCHR(mode) && MAJOR(dev) == MEM_MAJOR && (MINOR(dev) == 1 || MINOR(dev) == 2 || MINOR(dev) == 4);
}

static void tell_memory(const struct path *path, u32 error)
{
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL);
	u32 op = SKEP_KERNEL_MEMORY;
	struct pv_note n;

	begin(&n, &op, &error);
	if (buf)
		pv_note_add_path(&n, SKEP_T_PATH, path, buf);
	pv_channel_put(&n);
	kfree(buf);
}

int pv_memory_open(struct file *file)
{
	const struct inode *i = file_inode(file);

	if (is_memory(i->i_mode, i->i_rdev))
		tell_memory(&file->f_path, ENXIO);
	return 0;
}

int pv_memory_mknod(const struct path *dir, struct dentry *dentry, umode_t mode, unsigned int dev)
{
	struct path path = { .mnt = dir->mnt, .dentry = dentry };

	if (is_memory(mode, new_decode_dev(dev)))
		tell_memory(&path, 0);
	return 0;
}

static bool in_folder(int at, const char *name, size_t len, const char *folder)
{
	char buf[16], *text;
	struct path cwd;

	if (len)
		return len == strlen(folder) + 1 && !strncmp(name, folder, len - 1);
	if (at != AT_FDCWD)
		return false;
	get_fs_pwd(current->fs, &cwd);
	text = d_path(&cwd, buf, sizeof(buf));
	path_put(&cwd);
	return !IS_ERR(text) && !strcmp(text, folder);
}

/* "." and ".." are not followed: who takes such pains is not told. */
void pv_open_failed(int at, const char *name, long error)
{
	static const struct { const char *folder, *name; } devices[] = {
		{ "/dev", "mem" }, { "/dev", "kmem" }, { "/dev", "port" }, { "/proc", "kcore" },
	};
	const char *last = kbasename(name);

	if (error != -ENOENT || !pv_channel_open())
		return;
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++)
		if (!strcmp(last, devices[i].name) && in_folder(at, name, last - name, devices[i].folder))
			pv_attempt(SKEP_KERNEL_MEMORY, name, ENOENT);
}
