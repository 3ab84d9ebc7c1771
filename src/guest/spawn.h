/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Start one honeypot's kernel in its jail: a user of its own, no capabilities, an empty network
 * namespace, an empty root with nothing but its disk and image, four descriptors, and a list of system calls.
 */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct filter;
struct limits_group;

struct spawn {
	const char *kernel;	/* static binary */
	const char *image;	/* shared, bound read-only */
	const char *disk;	/* its copy-on-write layer */
	const char *scratch;	/* an empty folder to mount the jail's root on */
	uint32_t memory_mb;
	uid_t uid;		/* and gid */
	int cpu;		/* the one processor it may use */
	const uint8_t *mac;
	bool tagged;		/* each frame it sends says whose it is (net/tags.h) */
	const struct filter *filter;	/* made for SPAWN_FD_KERNEL */
	const struct limits_group *group;	/* it is to be in; NULL none */
	int ring, tap, console;	/* descriptors, lent; ring -1: nothing is captured (bench/capture) */
};

enum {
	SPAWN_FD_KERNEL = 5,	/* where the program to execute stands in the jail */
	SPAWN_PROCESSES = 2048,	/* the host's, of one honeypot */
};

/* guest_spawn() - the first process's pidfd, *@ret_pid, and in *@ret_listener who is told of system calls that
 * are not allowed; or -errno. The kernel itself may still fail to start: then the process ends. It dies with
 * the calling process. */
int guest_spawn(const struct spawn *s, pid_t *ret_pid, int *ret_listener);

/* console_open() - a pseudo terminal in raw mode: *@ret_master, *@ret_slave; 0 or -errno */
int console_open(int *ret_master, int *ret_slave);
