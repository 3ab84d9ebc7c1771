/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "state.h"

/* The paths live as long as the process: a verb makes a handful of jobs. */
struct job kernel_job(void)
{
	return (struct job){ .label = "kernel", .argv = { data_path("kernel/build"), state_path("kernel"), NULL } };
}

struct job image_job(const struct image *i)
{
	return (struct job){
		.label = xasprintf("image %s", strrchr(i->path, '/') + 1),
		.argv = { data_path(i->recipe ? "images/build" : "images/import"), state_path("images"), i->path, NULL },
	};
}

static int is_recipe(const struct dirent *d)
{
	_free_ char *below = xasprintf("images/%s/services", d->d_name), *path = data_path(below);

	return d->d_name[0] != '.' && access(path, R_OK) == 0;
}

char **recipes_list(void)
{
	_free_ char *folder = data_path("images");
	struct dirent **found;
	int n = scandir(folder, &found, is_recipe, alphasort);
	char **names;

	if (n < 0)
		die("%s: cannot be read", folder);
	names = xcalloc((size_t)n + 1, sizeof(*names));
	for (int i = 0; i < n; i++) {
		names[i] = xstrdup(found[i]->d_name);
		free(found[i]);
	}
	free(found);
	return names;
}
