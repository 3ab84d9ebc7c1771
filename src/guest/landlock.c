/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers and layouts are the kernel's (Documentation/userspace-api/landlock.rst), here in full since the headers of
 * Debian 12 know only the first two versions.
 */
#include "landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"

enum {
	EXECUTE = BIT(0), WRITE_FILE = BIT(1), READ_FILE = BIT(2), REMOVE_FILE = BIT(5), MAKE_FILE = BIT(8),
	TRUNCATE = BIT(14),
};
enum { CREATE_VERSION = 1, RULE_PATH_BENEATH = 1 };

struct ruleset {
	uint64_t files, net, scoped;	/* what is forbidden unless a rule allows it */
};

struct __attribute__((packed)) rule {
	uint64_t allowed;
	int32_t beneath;		/* a folder, or one file */
};

/* What each version can forbid. All of it is. */
static const struct { struct ruleset all; size_t size; } versions[] = {
	[1] = { { 0x1fff, 0, 0 }, offsetof(struct ruleset, net) },
	[2] = { { 0x3fff, 0, 0 }, offsetof(struct ruleset, net) },	/* a file to another folder */
	[3] = { { 0x7fff, 0, 0 }, offsetof(struct ruleset, net) },	/* cutting one short */
	[4] = { { 0x7fff, 3, 0 }, offsetof(struct ruleset, scoped) },	/* TCP: bind, connect */
	[5] = { { 0xffff, 3, 0 }, offsetof(struct ruleset, scoped) },	/* ioctl of devices that it opens */
	[6] = { { 0xffff, 3, 3 }, sizeof(struct ruleset) },		/* abstract sockets, signals */
};

int landlock_version(void)
{
	long n = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_VERSION);

	return n < 0 ? 0 : n < (long)nitems(versions) ? (int)n : (int)nitems(versions) - 1;
}

static int allow(int ruleset, int beneath, uint64_t what)
{
	struct rule r = { what, beneath };

	return syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &r, 0) < 0 ? -errno : 0;
}

int landlock_enter(int program)
{
	int version = landlock_version(), r;
	uint64_t can = versions[version].all.files;
	_fd_ int root = -1, set = -1;

	if (!version)
		return 0;
	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	set = (int)syscall(SYS_landlock_create_ruleset, &versions[version].all, versions[version].size, 0);
	if (root < 0 || set < 0)
		return -errno;
	r = allow(set, root, can & (READ_FILE | WRITE_FILE | MAKE_FILE | REMOVE_FILE | TRUNCATE));
	if (r == 0)
		r = allow(set, program, EXECUTE | READ_FILE);
	if (r == 0 && syscall(SYS_landlock_restrict_self, set, 0) < 0)
		r = -errno;
	return r;
}
