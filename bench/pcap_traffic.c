/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pcap_traffic send IF RATE MS	the same frames every time: small, medium and full ones of 64 flows, RATE
 *				packets a second (0: as fast as it goes) for MS milliseconds; prints how
 *				many, and in how many microseconds
 * pcap_traffic count FILE	how many whole packets a pcap file holds
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

enum { FRAMES = 256, BATCH = 64, FRAME_MAX = 1514 };

static void make_frame(uint8_t *f, unsigned i)
{
	static const uint8_t head[] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 6, 0, 0,
					10, 0, 0, 1, 10, 0, 0, 2 };

	memset(f, (int)i, FRAME_MAX);
	memcpy(f, head, sizeof(head));
	f[35] = (uint8_t)(i % 64);	/* source port */
	f[37] = 80;
}

static size_t frame_size(unsigned i)
{
	return i % 4 == 0 ? FRAME_MAX : i % 4 == 1 ? 300 : 90;
}

static int sender(const char *ifname)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(ifname) };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), on = 1;

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 ||
	    setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on)) < 0)
		die("%s: %s", ifname, strerror(errno));
	return fd;
}

static void wait_for(uint64_t us)
{
	uint64_t now = mono_us();
	struct timespec t = { 0, (long)(us - now) * 1000 };

	if (us > now + 50)
		nanosleep(&t, NULL);
}

static int send_frames(const char *ifname, uint64_t rate, uint64_t ms)
{
	static uint8_t frame[FRAMES][FRAME_MAX];
	struct mmsghdr m[FRAMES] = { 0 };
	struct iovec v[FRAMES];
	uint64_t begin, end, sent = 0;
	int fd = sender(ifname);

	for (unsigned i = 0; i < FRAMES; i++) {
		make_frame(frame[i], i);
		v[i] = (struct iovec){ frame[i], frame_size(i) };
		m[i].msg_hdr = (struct msghdr){ .msg_iov = &v[i], .msg_iovlen = 1 };
	}
	begin = mono_us();
	end = begin + ms * 1000;
	while (mono_us() < end) {
		int n = sendmmsg(fd, m + sent % FRAMES, BATCH, 0);

		if (n < 0 && errno != ENOBUFS && errno != EAGAIN)
			die("send: %s", strerror(errno));
		/* Always a whole batch, so that the frames stay in step. */
		for (int left = BATCH - (n < 0 ? 0 : n); left; left -= n < 0 ? 0 : n)
			n = sendmmsg(fd, m + sent % FRAMES + BATCH - left, (unsigned)left, 0);
		sent += BATCH;
		if (rate)
			wait_for(begin + sent * 1000000 / rate);
	}
	printf("%llu %llu\n", (unsigned long long)sent, (unsigned long long)(mono_us() - begin));
	return 0;
}

static int count(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint64_t at = 24, n = 0;
	struct stat st;
	uint8_t *p;

	if (fd < 0 || fstat(fd, &st) < 0)
		die("%s: %s", path, strerror(errno));
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		die("%s: %s", path, strerror(errno));
	for (; at + 16 <= (uint64_t)st.st_size; n++) {
		uint32_t len;

		memcpy(&len, p + at + 8, sizeof(len));
		if (at + 16 + len > (uint64_t)st.st_size)
			break;
		at += 16 + len;
	}
	printf("%llu\n", (unsigned long long)n);
	return 0;
}

int main(int argc, char **argv)
{
	log_plain(1);
	if (argc == 5 && !strcmp(argv[1], "send"))
		return send_frames(argv[2], strtoull(argv[3], NULL, 10), strtoull(argv[4], NULL, 10));
	if (argc == 3 && !strcmp(argv[1], "count"))
		return count(argv[2]);
	log_error("usage: pcap_traffic send IF RATE MS | count FILE");
	return 2;
}
