/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "planning.h"

#include <errno.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "build.h"
#include "guest/identity.h"
#include "progress.h"
#include "state.h"

static bool has(uint64_t which, uint32_t i)
{
	return which >> i & 1;
}

void planning_path(char *to, size_t size, const char *what)
{
	if (!str_copy(to, what, size))
		die("path is too long: %s", what);
}

void planning_file(struct plan *p, const char *path)
{
	_free_ char *whole = realpath(path, NULL);

	plan_path(p->file, whole ? whole : path);	/* what comes through a pipe has none */
}

/* --- services --------------------------------------------------------------------------------- */

/* The services of a recipe: "NAME PROTO PORT" a line, as images/README.md says. */
static void read_services(struct plan *p, uint32_t i)
{
	_free_ char *below = xasprintf("images/%s/services", p->net.honeypot[i].image), *path = data_path(below);
	FILE *f = fopen(path, "re");
	char line[256], name[NAME_SIZE], proto[8];
	unsigned port, n = 0;

	if (!f)
		die("%s: honeypot %s: recipe %s: %s: %s", "honeynet", p->net.honeypot[i].name,
		    p->net.honeypot[i].image, path, strerror(errno));
	for (int number = 1; fgets(line, sizeof(line), f); number++) {
		line[strcspn(line, "#\n")] = '\0';
		if (!line[strspn(line, " \t")])
			continue;
		if (sscanf(line, "%31s %7s %u", name, proto, &port) != 3 || port < 1 || port > 65535 ||
		    (strcmp(proto, "tcp") && strcmp(proto, "udp")))
			die("%s:%d: expected NAME tcp|udp PORT", path, number);
		if (n == MAX_PROBES)
			die("%s:%d: at most %d services", path, number, MAX_PROBES);
		strcpy(p->probe[i][n].name, name);
		p->probe[i][n].proto = strcmp(proto, "tcp") ? IPPROTO_UDP : IPPROTO_TCP;
		p->probe[i][n++].port = (uint16_t)port;
	}
	fclose(f);
	p->n_probes[i] = n;
}

void planning_services(struct plan *p, uint64_t which)
{
	for (uint32_t i = 0; i < p->net.n_honeypots; i++)
		if (has(which, i))
			read_services(p, i);
}

/* --- kernel, images, disks -------------------------------------------------------------------- */

static void note_image(struct plan *p, uint32_t i, const char *image)
{
	struct stat st;

	plan_path(p->image[i], image);
	if (stat(image, &st) < 0)
		die("%s: %s", image, strerror(errno));
	p->image_s[i] = (uint64_t)st.st_mtime;
}

/* first_with() - the first of them with honeypot @i's recipe */
static uint32_t first_with(const struct plan *p, uint64_t which, uint32_t i)
{
	uint32_t same = 0;

	while (!has(which, same) || strcmp(p->net.honeypot[same].image, p->net.honeypot[i].image))
		same++;
	return same;
}

/* cpu_of() - in turn, by its place, on those that there are */
static int cpu_of(uint32_t i)
{
	cpu_set_t may;
	uint32_t n;

	if (sched_getaffinity(0, sizeof(may), &may) < 0)
		die("processors: %s", strerror(errno));
	n = i % (uint32_t)CPU_COUNT(&may);
	for (int cpu = 0;; cpu++)
		if (CPU_ISSET((size_t)cpu, &may) && !n--)
			return cpu;
}

/* Kernel and images side by side: compiling and unpacking wait for different things. */
char *planning_build(struct plan *p, uint64_t which, bool with_kernel)
{
	struct job jobs[1 + MAX_HONEYPOTS] = { 0 };
	size_t n = 0, of[MAX_HONEYPOTS] = { 0 };

	if (with_kernel)
		jobs[n++] = kernel_job();
	for (uint32_t i = 0; i < p->net.n_honeypots; i++) {
		uint32_t same;

		if (!has(which, i))
			continue;
		same = first_with(p, which, i);
		if (same == i)
			jobs[n] = image_job(p->net.honeypot[i].image);
		of[i] = same == i ? n++ : of[same];
	}
	if (n && jobs_run(jobs, n, 2))
		exit(1);
	for (uint32_t i = 0; i < p->net.n_honeypots; i++) {
		_free_ char *disk = xasprintf("%s/disks/%s", p->state, p->net.honeypot[i].name);

		if (!has(which, i))
			continue;
		note_image(p, i, jobs[of[i]].result);
		plan_path(p->disk[i], disk);
		p->cpu[i] = cpu_of(i);
	}
	return with_kernel ? xasprintf("%s/linux", jobs[0].result) : NULL;
}

void planning_identities(const struct plan *p, uint64_t which)
{
	uint64_t since = mono_us();

	for (uint32_t i = 0; i < p->net.n_honeypots; i++) {
		const char *what;
		int r = has(which, i) ? identity_make(p, i, &what) : 0;

		if (r < 0)
			die("identity of %s: %s: %s", p->net.honeypot[i].name, what, strerror(-r));
		if (has(which, i))
			progress_show("identities", p->net.honeypot[i].name, since);
	}
}
