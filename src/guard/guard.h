/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The host guard: watches who starts what with root's rights on this machine, by the best means the
 * machine has, and tells every violation of the policy (policy.h).
 *
 * Theory of operation
 *
 * Four levels, best first; the policy is the same, what can be done about a violation is not:
 *
 *	deny	  BPF LSM: execve() fails, nothing of the program runs
 *	kill	  BPF tracepoint: the process dies before the program's first instruction
 *	fanotify  execve() of the shells and interpreters known by inode fails; all else is only seen,
 *		  if it lives long enough
 *	detect	  seen, if it lives long enough
 *
 * A honeypot's process that breaks out is stopped at every level: at the lower two some time after
 * it has begun. A change of user is seen by the kernel's process events at every level.
 */
#include <stdbool.h>
#include <stdint.h>

#include "files.h"
#include "record.h"

struct guard;

enum guard_level { LEVEL_NONE, LEVEL_DETECT, LEVEL_FANOTIFY, LEVEL_KILL, LEVEL_DENY, LEVELS };

enum guard_outcome {
	OUTCOME_DENIED, OUTCOME_KILLED,
	OUTCOME_DETECTED,		/* it should have been stopped, but the level cannot */
	OUTCOME_DRY,			/* it would have been, were the guard on */
	OUTCOMES
};

/* A violation. Lent to the callee. */
struct guard_hit {
	struct guard_record r;
	enum guard_outcome outcome;
	uint32_t repeats;		/* the same was seen so often since it was last told */
	char exe[GUARD_ANCESTORS][GUARD_PATH];	/* programs of the ancestors, as far as they still run; hostile */
};

struct guard_options {
	enum guard_level most;		/* no better level is tried; LEVEL_NONE: all are */
	bool enforce;			/* else only honeypots are stopped, all else is a dry run */
	const char *scope;		/* a cgroup's folder: nothing outside is looked at; NULL or "": the machine */
	const struct guard_extra *extra;	/* more files, ended by a NULL pattern */
	bool alone;			/* no other files than these: tests of fanotify touch no shell of the machine */
	const char *const *allowed;	/* cgroups' folders, ended by NULL; one may not exist yet */
	bool warn;			/* who is stopped, or should have been, is told at his terminal */
	uint32_t honeypot_uid, honeypot_uids;
	const char *kernel;		/* what honeypots execute once, for the levels that do not see more */
};

typedef void guard_hit_fn(void *arg, const struct guard_hit *h);

/* guard_open() - 0 and *@ret, at LEVEL_NONE if nothing works here; -EINVAL the scope is no cgroup; -errno.
 * @o and what it points to is lent until guard_close(). Needs root. */
int guard_open(const struct guard_options *o, guard_hit_fn *on_hit, void *arg, struct guard **ret);
struct guard *guard_close(struct guard *g);	/* may be NULL; returns NULL */
enum guard_level guard_level(const struct guard *g);
enum guard_level guard_probe(void);		/* the best level of this machine; judges nothing. Needs root */
int guard_fd(const struct guard *g);		/* readable when guard_read() has something to do */
void guard_read(struct guard *g, uint64_t now_ns);	/* @now_ns: CLOCK_BOOTTIME */
/* guard_tick() - about once a second: brings lists up to date that packages or services changed */
void guard_tick(struct guard *g);
void guard_enforce(struct guard *g, bool on);
void guard_counts(struct guard *g, uint64_t ret[COUNTS]);

const char *guard_level_name(enum guard_level l);
const char *guard_level_doc(enum guard_level l);	/* what it promises, a sentence */
const char *guard_rule_words(uint32_t rule);
int guard_rule_severity(uint32_t rule);			/* 1 .. 4 */
const char *guard_outcome_words(enum guard_outcome o);
