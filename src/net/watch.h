/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Frames that a namespace's interfaces take in or send out, seen beside everything that decides about them. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct watched {
	const uint8_t *byte;	/* lent until the next call; a VLAN tag stands where it stands on the wire */
	size_t n, len;		/* bytes there are here, and of the whole frame */
	uint64_t at_us;		/* when the kernel saw it, UTC */
	int ifindex;
};

/* watch_open() - a socket of namespace @ns: frames that come in, or those that go @out, of all its interfaces; or -errno */
int watch_open(int ns, bool out);
/* watch_next() - 1 and *@ret, 0 there is none now, -errno */
int watch_next(int fd, struct watched *ret);
/* watch_lost() - how many frames there was no room for since the last time; or -errno */
int watch_lost(int fd, uint64_t *ret);
/* watch_interface() - the number of one of @ns; 0 there is none of that name */
int watch_interface(int ns, const char *name);
