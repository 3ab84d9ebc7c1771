/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * What lies in a honeypot as if people had worked with it for a year or two: accounts, homes, what they typed, logs,
 * packages of different ages, mail; the weaknesses that are wanted; and honeytokens.
 *
 * Pure: the same question gets the same bytes. All is thrown by dice (dice.h) of the honeypot's seed, each day by its
 * own. So a honeypot that is put back a month later has the past it had, and a month more.
 */
#include <stdint.h>

#include "base/text.h"

struct honeynet;

enum { CONTENT_SEED = 32, CONTENT_TOKENS = 32 };

enum content_kind {
	CONTENT_FILE,
	CONTENT_FOLDER,		/* made if it is not there; these come after all files */
	CONTENT_TIME,		/* of what is in the image already */
	CONTENT_TOKEN,		/* a file whose readers are told */
};

struct content_item {
	enum content_kind kind;
	const char *path;
	uint32_t mode, uid, gid;	/* FILE, FOLDER */
	int64_t time_ns;		/* when it changed last, UTC */
	struct span data;		/* FILE: its bytes; TOKEN: what it is known by where it turns up; not for the guest */
};

struct content_of {
	const uint8_t *seed;		/* CONTENT_SEED bytes */
	const struct honeynet *net;
	uint32_t honeypot;
	struct span facts;		/* facts.h */
	const char *release;		/* of its kernel */
	int64_t now_s;			/* its first start; the past ends a minute before */
};

typedef void content_put(void *arg, const struct content_item *i);

/* content_make() - all there is, to @put; 0, or -EBADMSG: these are no facts */
int content_make(const struct content_of *of, content_put *put, void *arg);
/* content_born() - when it was installed, seconds UTC: the time of what does not change; 0: these are no facts */
int64_t content_born(const struct content_of *of);
