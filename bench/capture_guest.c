/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guest - one honeypot, alone: bench_capture_guest SKEP STATE KERNEL IMAGE watched|unwatched
 *
 * Runs IMAGE on the device tap0 of the network namespace it is started in, on the machine's last processor.
 * Watched, it has a capture ring, and skep's roles, on the processors this is started on, read and record it,
 * as in a honeynet. Unwatched, its kernel is the same and finds no ring: no hook of the driver does anything.
 *
 * For each line of standard input it says how many records its guest has written, how many bytes of them
 * nobody has read, and how often it had to wait for room. At the end of the input it ends all.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "guest/disk.h"
#include "guest/filter.h"
#include "guest/ring.h"
#include "guest/spawn.h"
#include "net/gateway.h"
#include "roles.h"
#include "run/sandbox.h"
#include "skep/capture.h"

enum { MEMORY_MB = 192, RING_MB = 64, FILE_MB = 32, HOUR_MB = 1024 };

static const uint8_t mac[6] = { 0x52, 0x54, 0x00, 0x10, 0x99, 0x02 };

static const struct plan *make_plan(const char *state)
{
	struct plan *p = xcalloc(1, sizeof(*p));

	p->epoch = p->born_us[0] = now_us();
	p->net.n_honeypots = 1;
	p->net.capture.ring_mb = RING_MB;
	p->net.samples = (struct samples_conf){ FILE_MB, HOUR_MB, 2 * HOUR_MB };
	if (!str_copy(p->state, state, sizeof(p->state)) ||
	    !str_copy(p->net.store, "sqlite", sizeof(p->net.store)) ||
	    !str_copy(p->net.honeypot[0].name, "bench", NAME_SIZE))
		die("%s: too long", state);
	return p;
}

/* The ring, with what priv would tell the guest of the limits; its files are in its image. */
static int make_ring(const char *image)
{
	_text_ struct text conf = { 0 };
	struct skep_content_conf content = { .file_max = (uint64_t)FILE_MB << 20, .hour_max = (uint64_t)HOUR_MB << 20 };
	struct stat st;
	int ring = must(ring_make((uint64_t)RING_MB << 20, true), "ring");

	must(stat(image, &st) < 0 ? -errno : 0, image);
	content.image_s = (uint64_t)st.st_mtime;
	ring_conf_add(&conf, &(struct ring_word){ .kind = SKEP_CONF_CONTENT, .data = { (const char *)&content, sizeof(content) } });
	must(ring_configure(ring, &conf), "ring");
	return ring;
}

static int say(const char *text, ssize_t len)
{
	return len > 0 && fwrite(text, 1, (size_t)len, stderr) == (size_t)len ? 0 : -1;
}

static uint64_t word_of(int ring, size_t at)
{
	uint64_t v = 0;

	return ring >= 0 && pread(ring, &v, sizeof(v), (off_t)at) == (ssize_t)sizeof(v) ? v : 0;
}

static void tell(int ring)
{
	uint64_t tail = word_of(ring, offsetof(struct skep_ring, tail));

	printf("%" PRIu64 " %" PRIu64 " %" PRIu64 "\n", word_of(ring, offsetof(struct skep_ring, seq)),
	       word_of(ring, offsetof(struct skep_ring, head)) - tail, word_of(ring, offsetof(struct skep_ring, stalls)));
	fflush(stdout);
}

/* serve() - passes on what the console shows and answers the input, until that ends */
static void serve(int console, int guest, int ring)
{
	struct pollfd fd[] = {
		{ .fd = STDIN_FILENO, .events = POLLIN }, { .fd = console, .events = POLLIN }, { .fd = guest, .events = POLLIN },
	};
	char buf[4096];

	for (;;) {
		if (poll(fd, nitems(fd), -1) < 0)
			die("poll: %s", strerror(errno));
		if (fd[1].revents && say(buf, read(console, buf, sizeof(buf))) < 0)
			fd[1].fd = -1;
		if (fd[2].revents && !fd[1].revents)
			die("the guest ended");
		if (!fd[0].revents)
			continue;
		if (read(STDIN_FILENO, buf, sizeof(buf)) <= 0)
			return;
		tell(ring);
	}
}

int main(int argc, char **argv)
{
	bool watched = argc == 6 && !strcmp(argv[5], "watched");
	int ring, tap, guest, master = -1, slave = -1, listener = -1;
	struct filter filter;
	struct roles r;
	pid_t pid;

	if (argc != 6) {
		fprintf(stderr, "usage: bench_capture_guest SKEP STATE KERNEL IMAGE watched|unwatched\n");
		return 2;
	}
	_free_ char *disk = xasprintf("%s/disk", argv[2]), *jail = xasprintf("%s/jail", argv[2]);

	ring = watched ? make_ring(argv[4]) : -1;
	if (watched) {
		roles_start(&r, argv[1], make_plan(argv[2]), false);
		roles_give(&r, SOURCE_KIND_RING, 0, fcntl(ring, F_DUPFD_CLOEXEC, 0));
		roles_begin(&r);
	}
	must(disk_make(disk, argv[4], SKEP_UID_GUEST), "disk");
	must(mkdir(jail, 0700) < 0 && errno != EEXIST ? -errno : 0, jail);
	tap = must(tap_device("tap0"), "tap0");
	must(console_open(&master, &slave), "console");
	must(filter_make(SPAWN_FD_KERNEL, &filter), "system calls");
	guest = must(guest_spawn(&(struct spawn){
		.kernel = argv[3], .image = argv[4], .disk = disk, .scratch = jail, .memory_mb = MEMORY_MB,
		.uid = SKEP_UID_GUEST, .cpu = (int)sysconf(_SC_NPROCESSORS_ONLN) - 1, .mac = mac,
		.filter = &filter, .ring = ring, .tap = tap, .console = slave,
	}, &pid, &listener), "guest");
	serve(master, guest, ring);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	if (watched)
		roles_stop(&r);
	return 0;
}
