/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep kernel build, skep image build [RECIPE...], skep image list */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "cli/build.h"
#include "cli/cli.h"

static int run_and_print(struct job *jobs, size_t n)
{
	int r = jobs_run(jobs, n, 2);

	for (size_t i = 0; !r && i < n; i++)
		puts(jobs[i].result);
	return r;
}

int verb_kernel(int argc, char **argv)
{
	struct job job;

	if (cli_wants_help(argc, argv))
		return cli_help("kernel");
	if (argc != 2 || strcmp(argv[1], "build"))
		return cli_wrong("kernel", NULL);
	job = kernel_job();
	return run_and_print(&job, 1);
}

static int list_images(void)
{
	char **names = recipes_list();

	for (size_t i = 0; names[i]; i++)
		puts(names[i]);
	return 0;
}

int verb_image(int argc, char **argv)
{
	char **names = argv + 2;
	size_t n = 0;
	struct job *jobs;

	if (cli_wants_help(argc, argv))
		return cli_help("image");
	if (argc == 2 && !strcmp(argv[1], "list"))
		return list_images();
	if (argc < 2 || strcmp(argv[1], "build"))
		return cli_wrong("image", NULL);
	if (argc == 2)
		names = recipes_list();
	while (names[n])
		n++;
	jobs = xcalloc(n, sizeof(*jobs));
	for (size_t i = 0; i < n; i++)
		jobs[i] = image_job(names[i]);
	return run_and_print(jobs, n);
}
