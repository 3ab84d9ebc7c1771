/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "planning.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "build.h"
#include "by_hand.h"
#include "cli.h"
#include "guest/identity.h"
#include "past.h"
#include "prevention.h"
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

/* What an administrator decided before, by hand. */
void planning_decisions(struct plan *p)
{
	_free_ char *lockdown = state_path(STATE_LOCKDOWN), *fence = state_path(STATE_FENCE);
	_free_ char *limits = state_path(STATE_LIMITS);
	int r = fence_read(&p->net.containment);

	if (r == -EEXIST)
		die("%s: the honeynet file's fence has some of it, too: `skep fence del` takes it out there", fence);
	if (r < 0)
		die("%s: %s", fence, r == -EINVAL ? "too many networks, or what is none" : strerror(-r));
	r = limits_read(&p->net);
	if (r < 0)
		die("%s: %s", limits, r == -EINVAL ? "a line that names no honeypot, budget and limit" : strerror(-r));
	p->net.containment.locked = access(lockdown, F_OK) == 0;
}

void planning_prevention(struct plan *p)
{
	struct inline_conf *c = &p->net.nids.prevention;
	const char *lacks = p->net.nids.enabled && c->mode != INLINE_OFF ? prevention_lacks(p->net.prefix6) : NULL;

	if (lacks)
		log_warn("there is no prevention: %s", lacks);
	plan_path(c->lacks, lacks ? lacks : "");
}

/* --- kernel, images, disks -------------------------------------------------------------------- */

/* A root file system of the user's own may lack what a honeypot needs, and is seen only when it is built. */
static void look_at_image(struct plan *p, uint32_t i, const struct image *image, struct diag *d)
{
	const struct honeypot *h = &p->net.honeypot[i];
	const char *lacks = image_check(image, p->image[i], &p->root[i]);
	struct stat st;

	if (stat(p->image[i], &st) < 0)
		die("%s: %s", p->image[i], strerror(errno));
	p->image_s[i] = (uint64_t)st.st_mtime;
	if (lacks)
		diag_add(d, h->image_line, h->image_column, "image: %s: %s", h->image, lacks);
	p->n_probes[i] = image->n_services;
	memcpy(p->probe[i], image->service, sizeof(image->service));
}

/* first_with() - the first of them with honeypot @i's image */
static uint32_t first_with(const struct image *image, uint64_t which, uint32_t i)
{
	uint32_t same = 0;

	while (!has(which, same) || strcmp(image[same].path, image[i].path))
		same++;
	return same;
}

/* cpu_of() - in turn, by its place, on those that there are. The first one follows from the state folder's name: of two
 * honeynets on one machine not both begin with the same. */
static int cpu_of(const char *state, uint32_t i)
{
	cpu_set_t may;
	uint32_t n = i;

	if (sched_getaffinity(0, sizeof(may), &may) < 0)
		die("processors: %s", strerror(errno));
	for (const char *c = state; *c; c++)
		n += (unsigned char)*c;
	n %= (uint32_t)CPU_COUNT(&may);
	for (int cpu = 0;; cpu++)
		if (CPU_ISSET((size_t)cpu, &may) && !n--)
			return cpu;
}

/* place() - honeypot @i: its image, which is built, its disk, its processor */
static void place(struct plan *p, uint32_t i, const struct image *image, const char *built, struct diag *d)
{
	_free_ char *disk = xasprintf("%s/disks/%s", p->state, p->net.honeypot[i].name);

	plan_path(p->image[i], built);
	plan_path(p->disk[i], disk);
	p->cpu[i] = cpu_of(p->state, i);
	look_at_image(p, i, image, d);
}

/* Kernel and images side by side: compiling and unpacking wait for different things. */
char *planning_build(struct plan *p, uint64_t which, const struct image *image, const char *file, bool with_kernel)
{
	struct job jobs[1 + MAX_HONEYPOTS] = { 0 };
	size_t n = 0, of[MAX_HONEYPOTS] = { 0 };
	_diag_ struct diag d = { 0 };

	if (with_kernel)
		jobs[n++] = kernel_job();
	for (uint32_t i = 0; i < p->net.n_honeypots; i++) {
		uint32_t same;

		if (!has(which, i))
			continue;
		same = first_with(image, which, i);
		if (same == i)
			jobs[n] = image_job(&image[i]);
		of[i] = same == i ? n++ : of[same];
	}
	if (n && jobs_run(jobs, n, 2))
		exit(CLI_FAILED);
	for (uint32_t i = 0; i < p->net.n_honeypots; i++)
		if (has(which, i))
			place(p, i, &image[i], jobs[of[i]].result, &d);
	if (d.n) {
		diag_print(&d, file, stderr);
		exit(CLI_USAGE);
	}
	return with_kernel ? xasprintf("%s/linux", jobs[0].result) : NULL;
}

/* An instance comes after its honeypot, of which it has the keys and the past. */
void planning_identities(const struct plan *p, uint64_t which, uint64_t pasts)
{
	uint64_t since = mono_us();

	for (uint32_t i = 0; i < p->net.n_honeypots; i++) {
		const char *name = p->net.honeypot[i].name, *what;
		int r;

		if (!has(which, i))
			continue;
		r = identity_make(p, i, &what);
		if (r < 0)
			die("identity of %s: %s: %s", name, what, strerror(-r));
		r = has(pasts, i) ? past_prepare(p, i, &what) : 0;
		if (r < 0)
			die("past of %s: %s: %s", name, what, strerror(-r));
		progress_show("identities", name, since);
	}
}
