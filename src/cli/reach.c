/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reach.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"

enum { PATIENCE_MS = 5000 };

struct place {
	char host[256];
	const char *port;
};

static int split(const char *url, struct place *ret)
{
	static const struct { const char *scheme, *port; } known[] = {
		{ "smtp://", "25" }, { "smtps://", "465" }, { "http://", "80" }, { "https://", "443" }, { "tcp://", "514" },
	};
	const char *host = NULL, *at, *end;
	char *colon;

	for (size_t i = 0; i < nitems(known) && !host; i++) {
		ret->port = known[i].port;
		host = strncmp(url, known[i].scheme, strlen(known[i].scheme)) ? NULL : url + strlen(known[i].scheme);
	}
	if (!host)
		return -EINVAL;
	end = host + strcspn(host, "/?#");
	at = memrchr(host, '@', (size_t)(end - host));
	host = at ? at + 1 : host;
	if (host == end || (size_t)(end - host) >= sizeof(ret->host))
		return -EINVAL;
	memcpy(ret->host, host, (size_t)(end - host));
	ret->host[end - host] = '\0';
	colon = strrchr(ret->host, ':');
	if (colon && !strchr(colon, ']')) {
		*colon = '\0';
		ret->port = colon + 1;
	}
	if (ret->host[0] == '[' && strchr(ret->host, ']')) {
		*strchr(ret->host, ']') = '\0';
		memmove(ret->host, ret->host + 1, strlen(ret->host));
	}
	return 0;
}

static int try_one(const struct addrinfo *a)
{
	_fd_ int fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	socklen_t len = sizeof(int);
	int e = 0;

	if (fd < 0)
		return -errno;
	if (connect(fd, a->ai_addr, a->ai_addrlen) == 0)
		return 0;
	if (errno != EINPROGRESS)
		return -errno;
	if (poll(&p, 1, PATIENCE_MS) != 1)
		return -ETIMEDOUT;
	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &e, &len) < 0 ? -errno : -e;
}

int reach(const char *url, const char **ret_why)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *all = NULL;
	struct place to;
	int r = split(url, &to);

	if (r == 0 && (r = getaddrinfo(to.host, to.port, &hints, &all)) != 0) {
		*ret_why = gai_strerror(r);
		return -EHOSTUNREACH;
	}
	for (const struct addrinfo *a = all; a; a = a->ai_next)
		if ((r = try_one(a)) == 0)
			break;
	if (all)
		freeaddrinfo(all);
	if (r < 0)
		*ret_why = strerror(-r);
	return r;
}
