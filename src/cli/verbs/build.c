/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep kernel build, skep image build [RECIPE|PATH...], skep image list */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "cli/build.h"
#include "cli/cli.h"
#include "cli/image.h"
#include "cli/options.h"

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
	int r = cli_options(&argc, &argv, "kernel", NULL);

	if (r >= 0)
		return r;
	if (argc != 1 || strcmp(argv[0], "build"))
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

static int check(const char *name, const struct image *image, const char *file)
{
	uint8_t root;
	const char *lacks = image_check(image, file, &root);

	if (lacks)
		log_error("%s: %s", name, lacks);
	return lacks ? CLI_FAILED : CLI_OK;
}

int verb_image(int argc, char **argv)
{
	char **names;
	size_t n = 0;
	struct job *jobs;
	struct image *image;
	int r = cli_options(&argc, &argv, "image", NULL);

	if (r >= 0)
		return r;
	if (argc == 1 && !strcmp(argv[0], "list"))
		return list_images();
	if (!argc || strcmp(argv[0], "build"))
		return cli_wrong("image", NULL);
	names = argc > 1 ? argv + 1 : recipes_list();
	while (names[n])
		n++;
	jobs = xcalloc(n, sizeof(*jobs));
	image = xcalloc(n, sizeof(*image));
	for (size_t i = 0; i < n; i++) {
		const char *wrong = image_find(names[i], &image[i]);

		if (wrong)
			die("%s: %s", names[i], wrong);
		jobs[i] = image_job(&image[i]);
	}
	r = run_and_print(jobs, n);
	for (size_t i = 0; !r && i < n; i++)
		r = check(names[i], &image[i], jobs[i].result);
	return r;
}
