/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "gateway.h"
#include "netns.h"

enum { ROOM = 16 * 1024 * 1024, BACKLOG = 128 };

static int bound(const struct gateway *g, int type, uint32_t address)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(SYSLOG_PORT),
				  .sin_addr.s_addr = htonl(address) };
	int back = netns_enter(g->gw), one = 1;
	_fd_ int fd = -1;

	if (back < 0)
		return back;
	fd = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	netns_leave(back);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
	    bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		return -errno;
	return steal_fd(&fd);
}

int log_udp_open(const struct gateway *g, uint32_t address)
{
	_fd_ int fd = bound(g, SOCK_DGRAM, address);
	int one = 1, room = ROOM;

	if (fd < 0)
		return fd;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof(one)) < 0)
		return -errno;
	return steal_fd(&fd);
}

int log_tcp_open(const struct gateway *g, uint32_t address)
{
	_fd_ int fd = bound(g, SOCK_STREAM, address);

	if (fd < 0)
		return fd;
	return listen(fd, BACKLOG) < 0 ? -errno : steal_fd(&fd);
}
