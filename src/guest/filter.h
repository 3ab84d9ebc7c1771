/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The system calls a honeypot's kernel may make. Any other is an attempt to escape: it is not made, its thread
 * stands still, and who holds the listener is told. When nobody does, the call fails.
 *
 * The calls of the guest's programs are not among them: the kernel stops each of those before it gets here.
 */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct sock_fprog;

struct filter {
	struct sock_fprog *program;
};

/* A call that is not allowed. */
struct foul {
	uint64_t id;
	pid_t pid;		/* in the listener's namespace */
	int nr;
	uint64_t args[6];
};

/* filter_make() - @kernel_fd: the descriptor that may be executed. 0 or -errno; filter_free() */
int filter_make(int kernel_fd, struct filter *ret);
void filter_free(struct filter *f);
/* filter_load() - for this process and all that descend from it, for ever: the listener, or -errno. No new
 * privileges are needed. It closes itself at execve(). */
int filter_load(const struct filter *f);

/* foul_next() - 0; -ENOENT: that process has ended meanwhile; -errno */
int foul_next(int listener, struct foul *ret);
/* foul_text() - "openat(0x..., ...)" into @ret, cut to @size */
void foul_text(const struct foul *f, char *ret, size_t size);
