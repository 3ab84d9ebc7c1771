// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mounts and roots, of visits: what was asked of the kernel, and at the call's end whether it did it.
 * How mounts spread (shared, private) is not told.
 */
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/mount.h>
#include <linux/path.h>
#include <uapi/linux/mount.h>
#include "../../fs/mount.h"
#include "deed.h"
#include "hooks.h"
#include "host.h"

int pv_sb_mount(const char *from, const struct path *path, const char *type, unsigned long flags, void *data)
{
	u32 op = flags & MS_REMOUNT ? SKEP_MOUNT_REMOUNT : flags & MS_MOVE ? SKEP_MOUNT_MOVE : SKEP_MOUNT_MOUNT;
	struct pv_deed *d;

	if ((flags & MS_MOVE) && !current->mm)	/* the kernel itself, to where the root will be: it has its disk */
		pv_host_close_doors();
	if (!(flags & (MS_REMOUNT | MS_BIND)) && (flags & (MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE)))
		return 0;
	d = pv_deed_new(SKEP_MOUNT, op);
	if (!d)
		return 0;
	pv_deed_path(d, SKEP_T_FILE, path);
	if (from)
		pv_deed_text(d, SKEP_T_TARGET, from);
	if (op == SKEP_MOUNT_MOUNT && (type || (flags & MS_BIND)))
		pv_deed_text(d, SKEP_T_PATH, flags & MS_BIND ? "bind" : type);
	return 0;
}

/* move_mount(2): a mount that has a place already is moved, any other is put in its first one. */
int pv_move_mount(const struct path *from, const struct path *to)
{
	const struct mnt_namespace *ns = real_mount(from->mnt)->mnt_ns;
	bool placed = ns && !is_anon_ns((struct mnt_namespace *)ns);
	struct pv_deed *d = pv_deed_new(SKEP_MOUNT, placed ? SKEP_MOUNT_MOVE : SKEP_MOUNT_MOUNT);

	if (!d)
		return 0;
	pv_deed_path(d, SKEP_T_FILE, to);
	if (placed)
		pv_deed_path(d, SKEP_T_TARGET, from);
	else
		pv_deed_text(d, SKEP_T_TARGET, from->mnt->mnt_sb->s_id);
	pv_deed_text(d, SKEP_T_PATH, from->mnt->mnt_sb->s_type->name);
	return 0;
}

static void told(u32 op, const struct path *path, const struct path *other)
{
	struct pv_deed *d = pv_deed_new(SKEP_MOUNT, op);

	if (!d)
		return;
	pv_deed_path(d, SKEP_T_FILE, path);
	if (other)
		pv_deed_path(d, SKEP_T_TARGET, other);
}

int pv_sb_umount(struct vfsmount *mnt, int flags)
{
	struct path path = { .mnt = mnt, .dentry = mnt->mnt_root };

	told(SKEP_MOUNT_UMOUNT, &path, NULL);
	return 0;
}

int pv_sb_pivotroot(const struct path *put_old, const struct path *root)
{
	told(SKEP_MOUNT_PIVOT, root, put_old);
	return 0;
}

int pv_path_chroot(const struct path *path)
{
	told(SKEP_MOUNT_CHROOT, path, NULL);
	return 0;
}
