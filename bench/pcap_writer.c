/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pcap_writer IF FOLDER MIB [hash] - what role packets does, without the other roles: the interface's
 * packets into a file of FOLDER, until SIGINT. With hash it also hashes what it wrote, when it has nothing
 * better to do, as the role does. Prints "ready" when it listens.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "net/packet_ring.h"
#include "roles/packet_pump.h"

enum { DRAIN_MS = 300 };

static volatile sig_atomic_t stopped;

static void on_stop(int signal)
{
	(void)signal;
	stopped = 1;
}

static void run(struct packet_pump *p, int fd, bool hash)
{
	struct pcap_done done;

	for (;;) {
		struct pollfd ready = { fd, POLLIN, 0 };
		int r = packet_pump_turn(p, now_us());

		if (r < 0)
			die("write: %s", strerror(-r));
		if (r > 0 || (hash && pcap_store_work(p->store, &done) == PCAP_MORE))
			continue;
		if (poll(&ready, 1, DRAIN_MS) == 0 && stopped)
			return;
	}
}

int main(int argc, char **argv)
{
	int here = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	uint32_t mb = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 0;
	int folder = argc > 3 ? open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	int fd = mb ? packet_ring_open(here, argv[1], mb, PACKET_BYTES_MAX) : -EINVAL;
	struct pcap_store_conf conf = { .ring = 1, .keep_s = 86400, .bytes_max = 1ULL << 36 };
	struct packet_pump p = { 0 };
	uint64_t block;

	log_plain(1);
	if (folder < 0 || fd < 0)
		die("usage: pcap_writer IF FOLDER MIB [hash]: %s", strerror(fd < 0 ? -fd : errno));
	if (pcap_store_open(folder, &conf, &p.store, &block) < 0 || packet_pump_open(&p, fd, mb, block) < 0)
		die("cannot start");
	signal(SIGINT, on_stop);
	puts("ready");
	fflush(stdout);
	run(&p, fd, argc > 4 && !strcmp(argv[4], "hash"));
	packet_pump_close(&p);
	return 0;
}
