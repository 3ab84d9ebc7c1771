/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "state.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/built.h"

static const char *without_slash(const char *path)
{
	char *s = xstrdup(path);

	for (size_t n = strlen(s); n > 1 && s[n - 1] == '/'; n--)
		s[n - 1] = '\0';
	return s;
}

static const char *from_environment(const char *name)
{
	const char *s = getenv(name);

	return s && *s ? without_slash(s) : NULL;
}

const char *state_dir(void)
{
	static const char *dir;

	if (!dir)
		dir = from_environment("SKEP_STATE");
	if (!dir)
		dir = "/var/lib/skep";
	return dir;
}

char *state_path(const char *name)
{
	return xasprintf("%s/%s", state_dir(), name);
}

static bool is_data(const char *dir)
{
	_free_ char *file = xasprintf("%s/" DATA_HONEYNET, dir), *images = xasprintf("%s/images/", dir);

	return !access(file, F_OK) && !access(images, F_OK);
}

/* The program's folder or the one above it; NULL if neither is it. Yours. */
static char *beside_program(void)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (n <= 0)
		return NULL;
	path[n] = '\0';
	for (int up = 0; up < 2; up++) {
		char *slash = strrchr(path, '/');

		if (!slash || slash == path)
			return NULL;
		*slash = '\0';
		if (is_data(path))
			return xstrdup(path);
	}
	return NULL;
}

const char *data_dir(void)
{
	static const char *dir;

	if (!dir)
		dir = from_environment("SKEP_DATA");
	if (!dir)
		dir = beside_program();
	if (!dir)
		dir = BUILT_DATA_DIR;
	return dir;
}

char *data_path(const char *name)
{
	return xasprintf("%s/%s", data_dir(), name);
}
