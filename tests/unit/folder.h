/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* A folder of a test's own: fresh_dir() and remove_dir() are its setup and teardown. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

static char dir[64];
static int dirfd_ = -1;

static int fresh_dir(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/skep-test-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	dirfd_ = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dirfd_ < 0 ? -1 : 0;
}

static int remove_dir(void **state)
{
	_free_ char *cmd = xasprintf("rm -rf %s", dir);

	(void)state;
	close(dirfd_);
	return system(cmd);
}
