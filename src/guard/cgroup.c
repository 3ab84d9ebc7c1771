/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cgroup.h"

#include <errno.h>
#include <linux/magic.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/mem.h"

int cgroup_mount(char ret[256])
{
	FILE *f = setmntent("/proc/self/mounts", "re");
	int r = -ENOENT;

	for (struct mntent *m; f && r < 0 && (m = getmntent(f));)
		if (!strcmp(m->mnt_type, "cgroup2") && str_copy(ret, m->mnt_dir, 256))
			r = 0;
	if (f)
		endmntent(f);
	return r;
}

int cgroup_find(const char *folder, struct cgroup *ret)
{
	_free_ char *real = realpath(folder, NULL);
	struct cgroup c = { 0 };
	struct statfs fs;
	struct stat st;
	char mount[256];
	size_t n;

	if (!real || stat(real, &st) < 0 || statfs(real, &fs) < 0)
		return -errno;
	if (fs.f_type != CGROUP2_SUPER_MAGIC || cgroup_mount(mount) < 0)
		return -EINVAL;
	n = strlen(mount);
	if (strncmp(real, mount, n) || (real[n] && real[n] != '/') || !str_copy(c.path, real + n, sizeof(c.path)))
		return -EINVAL;
	c.id = st.st_ino;
	for (const char *s = c.path; (s = strchr(s, '/')); s++)
		c.level++;
	*ret = c;
	return 0;
}
