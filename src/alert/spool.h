/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * What has been promised to be told, on disk. In a folder:
 *
 *	inbox		findings that are in no message yet: "after N", then a line each
 *	<id>.msg	a message and, for each way, how far its delivery is
 *
 * A finding counts as taken once spool_take() returned: it is on disk. A file is replaced whole (a
 * new one, synced, renamed), so whoever dies when, a finding is in the inbox or in a message; in both
 * only between two steps of spool_put(), which the next spool_open() sees by the numbers.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "note.h"

enum way { WAY_MAIL, WAY_SYSLOG, WAY_WEBHOOK, WAYS };
enum {
	SPOOL_MESSAGES = 1024,			/* the oldest go when there are more */
	RETRY_MIN_S = 10, RETRY_MAX_S = 3600, GIVE_UP_S = 3 * 86400,
};

const char *way_name(enum way w);

enum delivery { TO_DO, DONE, GIVEN_UP };

struct delivering {
	uint8_t state;			/* enum delivery */
	uint32_t tries;
	uint64_t next_us;		/* not before */
};

struct spooled {
	uint64_t id, made_us;
	struct delivering way[WAYS];
};

struct spool;

/* Called for each finding of the inbox, oldest first. */
typedef void spool_note_fn(void *arg, const struct note *n);
/* spool_open() - @dirfd is lent and stays open; what was left is there again. 0 or -errno */
int spool_open(int dirfd, spool_note_fn *fn, void *arg, struct spool **ret);
struct spool *spool_close(struct spool *s);

uint64_t spool_last(const struct spool *s);	/* newest finding taken; 0 none */
uint64_t spool_last_us(const struct spool *s);	/* its time */
/* spool_take() - 0: on disk; 1: it was there already; -errno */
int spool_take(struct spool *s, const struct note *n);
/* spool_seen() - a finding that is not to be told: only its number is kept, on disk with the next one that is */
void spool_seen(struct spool *s, const struct note *n);
/* spool_put() - all of the inbox has become @m, to be told by the @ways (bits); 0 or -errno */
int spool_put(struct spool *s, const struct message *m, unsigned ways);

/* spool_hurry() - the way works again: what waits for it need wait no longer */
void spool_hurry(struct spool *s, enum way w);

size_t spool_count(const struct spool *s);
const struct spooled *spool_at(const struct spool *s, size_t i);	/* oldest first; lent until the next change */
int spool_read(const struct spool *s, size_t i, struct message *ret);	/* 0 or -errno */
/* spool_told() - the outcome of a try of message @id: if all ways are through, the file goes. 0 or -errno;
 * *@ret_given_up: it was tried for GIVE_UP_S */
int spool_told(struct spool *s, uint64_t id, enum way w, bool ok, uint64_t now_us, bool *ret_given_up);
