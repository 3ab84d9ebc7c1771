/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sandbox.h"

#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static int enter_root(const char *root)
{
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount(root, root, NULL, MS_BIND | MS_REC, NULL) < 0 || chdir(root) < 0 ||
	    syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return -errno;
	return 0;
}

static int become(uid_t uid, gid_t gid, uint64_t caps)
{
	capng_clear(CAPNG_SELECT_ALL);
	for (int i = 0; i <= CAP_LAST_CAP; i++)
		if (caps >> i & 1)
			capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_BOUNDING_SET, (unsigned)i);
	if (!uid)
		return setgroups(0, NULL) < 0 ? -errno : capng_apply(CAPNG_SELECT_BOTH) ? -EPERM : 0;
	return capng_change_id((int)uid, (int)(gid ? gid : uid), CAPNG_DROP_SUPP_GRP | CAPNG_CLEAR_BOUNDING) ? -EPERM : 0;
}

int sandbox_fds(const int *from, int n)
{
	int high[16];

	for (int i = 0; i < n; i++)
		if ((high[i] = fcntl(from[i], F_DUPFD, 64)) < 0)
			return -errno;
	for (int i = 0; i < n; i++)
		if (dup2(high[i], i) < 0)
			return -errno;
	return close_range((unsigned)n, ~0U, 0) < 0 ? -errno : 0;
}

int sandbox_limit(int what, uint64_t most)
{
	struct rlimit l = { most, most };

	return setrlimit((__rlimit_resource_t)what, &l) < 0 ? -errno : 0;
}

int sandbox_enter(const struct sandbox *s, const char **ret_what)
{
	int r = 0;

	*ret_what = "namespaces";
	if (s->unshare && unshare((int)s->unshare) < 0)
		return -errno;
	*ret_what = "root folder";
	if (s->root && (r = enter_root(s->root)) < 0)
		return r;
	*ret_what = "user and capabilities";
	r = become(s->uid, s->gid, s->caps);
	if (r < 0)
		return r;
	*ret_what = "limits";
	/* After the change of user, which clears the signal. */
	if (sandbox_limit(RLIMIT_CORE, 0) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return -errno;
	return 0;
}
