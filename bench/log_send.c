/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * send - RFC 5424 messages to a log server: bench_send tcp|udp ADDRESS PORT SENDERS N [PER-SECOND]
 *
 * From 127.0.1.1 and up, a connection or socket each, in turn; PER-SECOND of all together, 0 as fast as
 * it goes. TCP frames end in a line feed (RFC 6587, 3.4.2). Prints the seconds it took.
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

enum { AT_ONCE = 32, MAX_SENDERS = 64, FIRST = 0x7f000101 };

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

static void send_some(int fd, bool udp, unsigned long first, unsigned n)
{
	static char text[AT_ONCE * 256];
	struct mmsghdr m[AT_ONCE] = { 0 };
	struct iovec v[AT_ONCE];
	size_t len = 0;

	for (unsigned k = 0; k < n; k++) {
		v[k] = (struct iovec){ text + len, message(text + len, 256, first + k) };
		m[k].msg_hdr = (struct msghdr){ .msg_iov = &v[k], .msg_iovlen = 1 };
		len += v[k].iov_len;
		v[k].iov_len--;		/* a datagram needs no line feed */
	}
	if (udp)
		send_udp(fd, m, n);
	else
		send_tcp(fd, text, len);
}

static void wait_for_turn(uint64_t began, unsigned long sent, double per_second)
{
	uint64_t due = per_second > 0 ? (uint64_t)((double)sent / per_second * 1e6) : 0, now = mono_us() - began;

	if (due > now)
		usleep((useconds_t)(due - now));
}

static int sender(unsigned i, bool udp, const struct sockaddr_in *to)
{
	struct sockaddr_in from = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(FIRST + i) };
	int fd = socket(AF_INET, udp ? SOCK_DGRAM : SOCK_STREAM, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&from, sizeof(from)) < 0 ||
	    connect(fd, (const struct sockaddr *)to, sizeof(*to)) < 0)
		die("sender %u: no connection", i);
	return fd;
}

int main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	bool udp = argc > 5 && !strcmp(argv[1], "udp");
	unsigned long n = argc > 5 ? strtoul(argv[5], NULL, 10) : 0, senders = argc > 5 ? strtoul(argv[4], NULL, 10) : 0;
	double rate = argc > 6 ? atof(argv[6]) : 0;
	int fd[MAX_SENDERS];
	uint64_t began;

	if (!senders || senders > MAX_SENDERS || inet_pton(AF_INET, argv[2], &to.sin_addr) != 1) {
		fprintf(stderr, "usage: bench_send tcp|udp ADDRESS PORT SENDERS N [PER-SECOND]\n");
		return 2;
	}
	to.sin_port = htons((uint16_t)atoi(argv[3]));
	for (unsigned i = 0; i < senders; i++)
		fd[i] = sender(i, udp, &to);
	began = mono_us();
	for (unsigned long i = 0; i < n; i += AT_ONCE) {
		send_some(fd[i / AT_ONCE % senders], udp, i, (unsigned)(n - i < AT_ONCE ? n - i : AT_ONCE));
		wait_for_turn(began, i + AT_ONCE, rate);
	}
	for (unsigned i = 0; i < senders; i++)
		close(fd[i]);
	printf("%.3f\n", (double)(mono_us() - began) / 1e6);
	return 0;
}
