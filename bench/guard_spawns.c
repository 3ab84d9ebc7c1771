/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guard_spawns CGROUP COUNT PROGRAM - in the control group, run the program so often; prints the 10th, 50th and
 * 95th percentile of posix_spawn() to its end, microseconds. */
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static int ascending(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

int main(int argc, char **argv)
{
	size_t n = argc == 4 ? strtoul(argv[2], NULL, 10) : 0;
	uint64_t *took = calloc(n ? n : 1, sizeof(*took));
	char procs[512];
	FILE *f;

	if (!n || !took)
		return 2;
	snprintf(procs, sizeof(procs), "%s/cgroup.procs", argv[1]);
	f = fopen(procs, "w");
	if (!f || fputs("0", f) < 0 || fclose(f))
		return 1;
	for (size_t i = 0; i < n; i++) {
		char *args[] = { argv[3], NULL }, *env[] = { NULL };
		uint64_t began = now_ns();
		pid_t pid;

		if (posix_spawn(&pid, argv[3], NULL, NULL, args, env) || waitpid(pid, NULL, 0) < 0)
			return 1;
		took[i] = now_ns() - began;
	}
	qsort(took, n, sizeof(*took), ascending);
	printf("%.1f %.1f %.1f\n", (double)took[n / 10] / 1000, (double)took[n / 2] / 1000, (double)took[n * 95 / 100] / 1000);
	free(took);
	return 0;
}
