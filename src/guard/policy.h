/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Who may run a shell with root's rights: the one policy of the host guard, compiled into the BPF
 * program and into user space alike. Pure functions of plain values.
 *
 * The question is not who runs a shell but where root's rights came from. Every process has an
 * *origin*, which it inherits and which each execve() moves on (guard_origin_next):
 *
 *	INIT	  started by the service manager, through nothing but scripts and wrappers
 *	STEWARD	  package management, cron and their like, and all they start
 *	GATE	  came from a user through sudo, su or another program whose job that is
 *	DAEMON	  a service that is none of these: it has root's rights, but no use for a shell
 *	USER	  without root's rights
 *	TAKEN	  got root's rights in any other way: a setuid program, or out of thin air (an exploit
 *		  of the kernel); it never gets better
 *
 * Then (guard_judge), a program started with root's rights by a DAEMON or with TAKEN ones is a violation if it
 * is a shell, an interpreter or the dynamic loader, or if it lies outside the system's folders
 * (a copied shell, a busybox fetched from somewhere). A login session (its audit login id is set) is
 * never hit, except what is TAKEN in it. A setuid program that was not there when the list was made
 * is a violation by itself. A honeypot's process that executes anything is always one.
 */
#include <linux/types.h>
#ifndef __bpf__
#include <stdbool.h>
#endif

/* What a file is, bits. A file is known by device and inode, so hard links are the same file. */
enum guard_file {
	FILE_SHELL = 1,
	FILE_INTERPRETER = 2,
	FILE_LOADER = 4,	/* the dynamic loader: ld.so PROGRAM starts that program */
	FILE_GATE = 8,		/* gives rights to users, by rules of its own */
	FILE_STEWARD = 16,
	FILE_INIT = 32,		/* the service manager, and wrappers that only start another program */
	FILE_SETUID = 64,	/* a setuid program that was there when the list was made */
	FILE_SYSTEM = 128,	/* below a system folder; only root can write it */
	FILE_GIVES_ROOT = 256,	/* has the setuid bit and belongs to root */
};

enum guard_origin {
	ORIGIN_UNKNOWN,		/* not to be told: never hit */
	ORIGIN_INIT, ORIGIN_STEWARD, ORIGIN_GATE, ORIGIN_DAEMON, ORIGIN_USER, ORIGIN_TAKEN,
	ORIGINS
};

/* The rules, their severity (1 low .. 4 critical), and in words. */
#define GUARD_RULES(X)                                                                            \
	X(NONE,	    0, "")                                                                        \
	X(HONEYPOT, 4, "a honeypot's own process executed a program: it broke out of its kernel") \
	X(UID,	    4, "a honeypot's own process changed its user: it broke out of its kernel")   \
	X(NOWHERE,  4, "root's rights out of nowhere: no program gave them")                      \
	X(SETUID,   3, "a setuid-root program that was not there before")                         \
	X(TAKEN,    4, "a shell, interpreter or loader with root's rights taken by a user")       \
	X(FOREIGN,  4, "a program from outside the system's folders, with root's rights taken by a user")  \
	X(DAEMON,   3, "a shell, interpreter or loader started by a service that runs as root")   \
	X(STRANGE,  3, "a program from outside the system's folders, started by a service that runs as root")

enum guard_rule {
#define X(id, severity, words) GUARD_##id,
	GUARD_RULES(X)
#undef X
	N_GUARD_RULES
};

struct guard_facts {
	__u32 file;		/* enum guard_file bits of what is executed */
	bool root;		/* real or effective user is root from now on (bash makes one of the other) */
	__u32 before;		/* enum guard_origin until now */
	bool honeypot;		/* was a honeypot's process before this */
	bool login;		/* belongs to a login session */
	bool allowed;		/* in a control group that the administrator allows */
};

#define GUARD_RUNS_OTHERS (FILE_SHELL | FILE_INTERPRETER | FILE_LOADER)

/* guard_origin_next() - the origin after a process of origin @o executed a file */
static inline __u32 guard_origin_next(__u32 o, __u32 file, bool root)
{
	if (!root)
		return ORIGIN_USER;
	switch (o) {
	case ORIGIN_USER:
		return (file & FILE_GATE) ? ORIGIN_GATE : ORIGIN_TAKEN;
	case ORIGIN_INIT:
		if (file & FILE_STEWARD)
			return ORIGIN_STEWARD;
		return (file & (GUARD_RUNS_OTHERS | FILE_INIT)) ? ORIGIN_INIT : ORIGIN_DAEMON;
	case ORIGIN_DAEMON:
		return (file & FILE_STEWARD) ? ORIGIN_STEWARD : ORIGIN_DAEMON;
	}
	return o;
}

/* How a user's process came to have root's rights, when it was by no program whose job that is. */
static inline __u32 guard_judge_gain(const struct guard_facts *f)
{
	if (f->file & GUARD_RUNS_OTHERS)
		return GUARD_TAKEN;
	if (!(f->file & FILE_GIVES_ROOT))
		return GUARD_NOWHERE;
	return (f->file & FILE_SETUID) ? GUARD_NONE : GUARD_SETUID;
}

static inline __u32 guard_judge(const struct guard_facts *f)
{
	__u32 after = guard_origin_next(f->before, f->file, f->root);

	if (f->honeypot)
		return GUARD_HONEYPOT;
	if (!f->root || f->allowed)
		return GUARD_NONE;
	if (after == ORIGIN_TAKEN) {
		if (f->before == ORIGIN_USER)
			return guard_judge_gain(f);
		return (f->file & GUARD_RUNS_OTHERS) ? GUARD_TAKEN : (f->file & FILE_SYSTEM) ? GUARD_NONE : GUARD_FOREIGN;
	}
	/* A program becomes a daemon by being started; what it starts then is judged. */
	if (after != ORIGIN_DAEMON || f->before != ORIGIN_DAEMON || f->login)
		return GUARD_NONE;
	return (f->file & GUARD_RUNS_OTHERS) ? GUARD_DAEMON : (f->file & FILE_SYSTEM) ? GUARD_NONE : GUARD_STRANGE;
}
