/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libFuzzer harness: a file of packets and its index as a crash, or an enemy, may leave them: read,
 * recovered, and read again. Whatever was there, afterwards the index and the packets agree.
 */

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "record/pcap_file.h"
#include "record/pcap_read.h"

#define NAME "2026-11-23T12"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char folder[] = "/dev/shm/skep-fuzz-pcap-XXXXXX";	/* in memory: it is made anew for each input */

static void remove_folder(void)
{
	rmdir(folder);
}

static int open_folder(void)
{
	if (!mkdtemp(folder))
		abort();
	atexit(remove_folder);
	return open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void put(int dirfd, const char *name, const uint8_t *data, size_t size)
{
	int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	close(fd);
}

static int touch(void *arg, const struct packet *p)
{
	uint64_t *n = arg;
	volatile char last = p->bytes.at[p->bytes.len - 1];

	(void)last;
	++*n;
	return 0;
}

static uint64_t scan(int dirfd, uint64_t since, uint64_t *ret_damaged)
{
	const struct pcap_window w = { since, UINT64_MAX };
	struct pcap_seen seen = { 0 };
	uint64_t n = 0;

	if (pcap_scan(dirfd, &w, touch, &n, &seen) < 0)
		abort();
	*ret_damaged = seen.damaged;
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int dirfd = -1;
	size_t index = size > 2 ? (size_t)(data[0] | data[1] << 8) % (size - 1) : 0;
	struct pcap_file *f;
	uint64_t damaged, n;

	if (dirfd < 0)
		dirfd = open_folder();
	if (size < 2)
		return 0;
	if (index > size - 2)
		index = size - 2;
	put(dirfd, NAME ".index", data + 2, index);
	put(dirfd, NAME ".pcap", data + 2 + index, size - 2 - index);
	scan(dirfd, 0, &damaged);
	if (pcap_file_open(dirfd, NAME, 0, &f) < 0)
		abort();
	n = scan(dirfd, 0, &damaged);
	/* An index may lie about what it covers; without one, what was made anew tells the truth. */
	if (!index && (damaged || n != pcap_file_totals(f).packets))
		abort();
	while (pcap_file_hash(f, 4096) > 0)
		;
	pcap_file_close(f);
	scan(dirfd, 1u << 30, &damaged);
	unlinkat(dirfd, NAME ".index", 0);
	unlinkat(dirfd, NAME ".pcap", 0);
	return 0;
}
