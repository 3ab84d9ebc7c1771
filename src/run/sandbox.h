/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The end of a role's set-up: what it does not need, it gives away for good.
 */
#include <stdint.h>
#include <sys/types.h>

enum {
	/* Users of our own without a line in /etc/passwd: above every range that Debian and systemd
	 * give out (containers end at 1879048191). */
	SKEP_UID = 2002000000,
	SKEP_UID_SERVICE = SKEP_UID + 100,	/* service i runs as SKEP_UID_SERVICE + i */
	SKEP_UID_GUEST = SKEP_UID + 1000,	/* honeypot i runs as SKEP_UID_GUEST + i */
};

struct sandbox {
	uid_t uid;		/* 0 stays root */
	gid_t gid;		/* 0: the same number as uid */
	const char *root;	/* folder that becomes "/", with what is mounted below it; NULL keeps it */
	uint64_t caps;		/* bits by CAP_*: kept, all others go; no child can have them either */
	unsigned unshare;	/* CLONE_NEW*: namespaces of its own */
};

/* sandbox_fds() - @from[i] becomes descriptor i, for all @n of them (up to 16); every other is closed. 0 or -errno */
int sandbox_fds(const int *from, int n);
/* sandbox_limit() - RLIMIT_@what, for good; 0 or -errno */
int sandbox_limit(int what, uint64_t most);

/*
 * sandbox_enter()
 * Needs:   root; every descriptor the role will ever open by name is open
 * Leaves:  @s as described, no new privileges, no core dumps, SIGKILL when the parent dies
 * Mustn't: be called with threads running
 * 0 or -errno with *@ret_what naming the step.
 */
int sandbox_enter(const struct sandbox *s, const char **ret_what);
