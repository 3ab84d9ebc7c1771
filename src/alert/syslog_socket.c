/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "syslog_socket.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"

bool syslog_goal(const char *url, char host[WORDS_SIZE], char port[8], bool *ret_tcp)
{
	const char *at = url + 6, *colon = strrchr(url, ':');
	size_t n;

	if ((strncmp(url, "udp://", 6) && strncmp(url, "tcp://", 6)) || !colon || colon <= at)
		return false;
	n = (size_t)(colon - at);
	if (*at == '[' && at[n - 1] == ']') {	/* IPv6 */
		at++;
		n -= 2;
	}
	if (!n || n >= WORDS_SIZE || strlen(colon + 1) > 5 || !colon[1] ||
	    strspn(colon + 1, "0123456789") != strlen(colon + 1) || strtoul(colon + 1, NULL, 10) > 65535)
		return false;
	memcpy(host, at, n);
	host[n] = '\0';
	strcpy(port, colon + 1);
	*ret_tcp = url[0] == 't';
	return true;
}

static int wait_for(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };
	int e = 0, n = poll(&p, 1, SYSLOG_WAIT_MS);
	socklen_t len = sizeof(e);

	if (n <= 0)
		return n < 0 ? -errno : -ETIMEDOUT;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &e, &len) < 0)
		return -errno;
	return -e;
}

static int open_one(const struct addrinfo *a)
{
	_fd_ int fd = socket(a->ai_family, a->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int r;

	if (fd < 0)
		return -errno;
	if (connect(fd, a->ai_addr, a->ai_addrlen) < 0) {
		if (errno != EINPROGRESS)
			return -errno;
		r = wait_for(fd, POLLOUT);
		if (r < 0)
			return r;
	}
	return steal_fd(&fd);
}

static int open_goal(const char *host, const char *port, bool tcp, const char **ret_why)
{
	struct addrinfo hints = { .ai_socktype = tcp ? SOCK_STREAM : SOCK_DGRAM }, *all;
	int r = getaddrinfo(host, port, &hints, &all), fd = -ENOENT;

	if (r) {
		*ret_why = gai_strerror(r);
		return -ENOENT;
	}
	for (const struct addrinfo *a = all; a && fd < 0; a = a->ai_next)
		fd = open_one(a);
	freeaddrinfo(all);
	*ret_why = fd < 0 ? strerror(-fd) : "";
	return fd;
}

static int send_all(int fd, const struct text *t)
{
	for (size_t done = 0; done < t->len;) {
		ssize_t n = send(fd, t->at + done, t->len - done, MSG_NOSIGNAL);

		if (n < 0 && errno == EAGAIN) {
			int r = wait_for(fd, POLLOUT);

			if (r < 0)
				return r;
		} else if (n < 0 && errno != EINTR)
			return -errno;
		done += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* Until the other side has acknowledged all bytes: what a dead server was sent is not told. */
static int drained(int fd)
{
	for (int ms = 0, left; ms < SYSLOG_WAIT_MS; ms += 10) {
		if (ioctl(fd, SIOCOUTQ, &left) < 0)
			return -errno;
		if (!left)
			return wait_for(fd, POLLOUT);
		poll(NULL, 0, 10);
	}
	return -ETIMEDOUT;
}

static int tell_all(int fd, bool tcp, const struct message *m, const char *honeynet)
{
	int r = 0;

	for (uint32_t i = 0; i < m->n && r == 0; i++) {
		_text_ struct text line = { 0 }, framed = { 0 };

		message_syslog(m, i, honeynet, &line);
		if (tcp)
			text_addf(&framed, "%zu ", line.len);
		text_addn(&framed, text_str(&line), line.len);
		r = send_all(fd, &framed);
	}
	return r == 0 && tcp ? drained(fd) : r;
}

int syslog_tell(const char *url, const struct message *m, const char *honeynet, char ret_words[SYSLOG_WORDS])
{
	char host[WORDS_SIZE], port[8];
	const char *why = "no address of a log server";
	bool tcp = false;
	_fd_ int fd = syslog_goal(url, host, port, &tcp) ? open_goal(host, port, tcp, &why) : -EINVAL;
	int r = fd < 0 ? fd : tell_all(fd, tcp, m, honeynet);

	if (fd >= 0)
		why = r < 0 ? strerror(-r) : tcp ? "the server has it" : "sent; UDP does not say whether it arrived";
	snprintf(ret_words, SYSLOG_WORDS, "%s", why);
	return r < 0 ? r : 0;
}
