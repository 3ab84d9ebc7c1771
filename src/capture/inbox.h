/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * An inbox: datagrams that were taken from a socket and are not on disk yet, in memory that outlives
 * their reader, so that each is there once whenever the reader dies.
 *
 * The kernel writes straight into it (recvmmsg). A slot is marked empty before the call, and the
 * kernel's own length tells that it was filled, so a reader killed on its way out of the call has lost
 * nothing: a datagram is either in the socket or in a slot. Slots are used in turn:
 *
 *	released <= read <= filled <= armed		counts since the beginning; a slot is count % slots
 *
 * A reader gives each datagram it looked at the number of the last event it made of it. The next
 * reader, told up to which number all is on disk, goes on behind that.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

/* What it is for; both ends know it. @slots a power of two, @size a multiple of 8. */
struct inbox_form {
	uint32_t slots, size;	/* @size: bytes of a datagram that are kept */
};

struct inbox_shared;

struct inbox {
	struct inbox_shared *shared;	/* NULL: not open */
	struct inbox_form form;
	struct iovec *iov;
	uint64_t read;			/* looked at up to here */
};

/* One datagram, lent until it is released. */
struct datagram {
	const char *bytes;
	size_t len;
	bool cut;			/* it was longer */
	struct addr src;		/* UDP: of the sender */
	uint16_t src_port;
	uint64_t at_ns;			/* SO_TIMESTAMPNS: UTC; 0 none */
};

/* inbox_make() - the memory of one, empty; a descriptor or -errno */
int inbox_make(const struct inbox_form *f);
/* inbox_open() - maps @fd (lent). What makes no sense in it is forgotten. 0 or -errno */
int inbox_open(struct inbox *b, int fd, const struct inbox_form *f);
void inbox_close(struct inbox *b);

/* inbox_fill() - takes what @sock has, as far as there is room; how many, or -errno: -EAGAIN nothing,
 * -ENOBUFS (netlink) it had to drop some, -ENOSPC no room: release first */
int inbox_fill(struct inbox *b, int sock);
/* inbox_next() - the next one that was not looked at; false: none */
bool inbox_next(struct inbox *b, struct datagram *ret);
void inbox_unread(struct inbox *b);	/* what inbox_next() gave comes again */
/* inbox_done() - what inbox_next() gave led to events up to number @last; or to none, then as before */
void inbox_done(struct inbox *b, uint64_t last);
void inbox_release(struct inbox *b, uint64_t last);	/* all events up to @last are on disk */
void inbox_resume(struct inbox *b, uint64_t last);	/* a new reader or recorder: begin behind number @last */

/* inbox_dropped() - datagrams @sock had no room for, that are not yet settled; 0 if none or unknown */
uint64_t inbox_dropped(const struct inbox *b, int sock);
void inbox_settle(struct inbox *b, uint64_t dropped);	/* so many more are told, and on disk */
