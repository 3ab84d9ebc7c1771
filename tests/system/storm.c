/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs in a honeypot, as an intruder's program would, and does more than can be written down.
 *
 *	storm offer PORT SECONDS RATE	asks for RATE connections a second to PORT of 127.x.y.z, each of another one
 *	storm accept PORT N AFTER	makes N connections to itself at PORT, and takes all of them AFTER seconds later
 *
 * A system call is dear in a honeypot, so it asks for many connections in one: a datagram socket's
 * sendmmsg() with MSG_FASTOPEN is a wish to connect for each message, and PROBE sends none of them.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 500, PROBE = 0x10 };	/* the kernel's MSG_PROBE; libc gives that number another name */

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void must(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(1);
}

/* ask() - for BATCH connections, from address @first on; how many were asked for */
static int ask(int fd, in_port_t port, unsigned first)
{
	static struct mmsghdr m[BATCH];
	static struct sockaddr_in to[BATCH];

	for (unsigned i = 0; i < BATCH; i++) {
		to[i] = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port),
					      .sin_addr.s_addr = htonl(0x7f000000u + first + i) };
		m[i] = (struct mmsghdr){ .msg_hdr = { .msg_name = &to[i], .msg_namelen = sizeof(to[i]) } };
	}
	return sendmmsg(fd, m, BATCH, MSG_FASTOPEN | MSG_CONFIRM | PROBE);
}

static void offer(in_port_t port, double seconds, double rate)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	double began = now(), longest = 0, at_rate = 0, at;
	unsigned n = 0;

	must(fd >= 0, "socket");
	for (at = began; at - began < seconds; at = now()) {
		double call;
		int k;

		if (n > rate * (at - began)) {
			usleep(2000);
			continue;
		}
		k = ask(fd, port, n + 1);
		must(k > 0, "sendmmsg");
		n += (unsigned)k;
		call = now() - at;
		longest = call > longest ? call : longest;
		if (at - began < 1)
			at_rate = n / (now() - began);
	}
	printf("{\"offered\":%u,\"seconds\":%.2f,\"first_second\":%.0f,\"longest_call\":%.3f}\n", n, now() - began, at_rate,
	       longest);
}

static void take_all(in_port_t port, int n, double after)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct rlimit many = { 8192, 8192 };
	int fd = socket(AF_INET, SOCK_STREAM, 0), k;

	must(!setrlimit(RLIMIT_NOFILE, &many), "setrlimit");
	must(fd >= 0 && !bind(fd, (struct sockaddr *)&at, sizeof(at)) && !listen(fd, n), "listen");
	for (k = 0; k < n; k++) {
		int c = socket(AF_INET, SOCK_STREAM, 0);

		must(c >= 0 && !connect(c, (struct sockaddr *)&at, sizeof(at)), "connect");
	}
	usleep((useconds_t)(after * 1e6));
	for (k = 0; k < n && accept(fd, NULL, NULL) >= 0; k++)
		;
	printf("{\"accepted\":%d}\n", k);
}

int main(int argc, char **argv)
{
	in_port_t port = argc == 5 ? (in_port_t)atoi(argv[2]) : 0;

	if (port && !strcmp(argv[1], "offer"))
		offer(port, atof(argv[3]), atof(argv[4]));
	else if (port && !strcmp(argv[1], "accept"))
		take_all(port, atoi(argv[3]), atof(argv[4]));
	else
		return 2;
	return 0;
}
