/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * send - RFC 5424 messages to a log server: bench_send tcp|udp ADDRESS PORT N [PER-SECOND]
 *
 * TCP frames end in a line feed (RFC 6587, 3.4.2). Prints the seconds it took.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

enum { AT_ONCE = 32 };

static size_t message(char *to, size_t size, unsigned long i)
{
	return (size_t)snprintf(to, size, "<38>1 2026-11-23T00:00:00.000000Z www%lu sshd 12345 - - Failed password for "
				"invalid user admin%lu from 198.51.100.%lu port %lu ssh2\n", i % 4, i, i % 250,
				1024 + i % 60000);
}

static void send_tcp(int fd, const char *text, size_t n)
{
	while (n) {
		ssize_t sent = write(fd, text, n);

		if (sent <= 0)
			die("write");
		text += sent;
		n -= (size_t)sent;
	}
}

static void send_udp(int fd, struct mmsghdr *m, unsigned n)
{
	for (unsigned done = 0; done < n;) {
		int sent = sendmmsg(fd, m + done, n - done, 0);

		if (sent <= 0)
			die("sendmmsg");
		done += (unsigned)sent;
	}
}

static void wait_for_turn(uint64_t began, unsigned long sent, double per_second)
{
	uint64_t due = per_second > 0 ? (uint64_t)((double)sent / per_second * 1e6) : 0, now = mono_us() - began;

	if (due > now)
		usleep((useconds_t)(due - now));
}

int main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	bool udp = argc > 4 && !strcmp(argv[1], "udp");
	unsigned long n = argc > 4 ? strtoul(argv[4], NULL, 10) : 0;
	double rate = argc > 5 ? atof(argv[5]) : 0;
	static char text[AT_ONCE][256];
	uint64_t began = mono_us();
	int fd;

	if (argc < 5 || inet_pton(AF_INET, argv[2], &to.sin_addr) != 1) {
		fprintf(stderr, "usage: bench_send tcp|udp ADDRESS PORT N [PER-SECOND]\n");
		return 2;
	}
	to.sin_port = htons((uint16_t)atoi(argv[3]));
	fd = socket(AF_INET, udp ? SOCK_DGRAM : SOCK_STREAM, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		die("%s port %s", argv[2], argv[3]);
	for (unsigned long i = 0; i < n;) {
		struct mmsghdr m[AT_ONCE] = { 0 };
		struct iovec v[AT_ONCE];
		unsigned k = 0;

		for (; k < AT_ONCE && i < n; k++, i++) {
			v[k] = (struct iovec){ text[k], message(text[k], sizeof(text[k]), i) };
			m[k].msg_hdr = (struct msghdr){ .msg_iov = &v[k], .msg_iovlen = 1 };
			if (udp)
				v[k].iov_len--;		/* no line feed */
			else
				send_tcp(fd, text[k], v[k].iov_len);
		}
		if (udp)
			send_udp(fd, m, k);
		wait_for_turn(began, i, rate);
	}
	close(fd);
	printf("%.3f\n", (double)(mono_us() - began) / 1e6);
	return 0;
}
