/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pcap_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/mem.h"

#define HOUR_US 3600000000ULL

enum {
	FILES_AT_LEAST = 8,		/* in the room there is, so that the oldest is never all there is */
	FILE_BYTES_MIN = 64 * 1024,
	HASH_BYTES = 512 * 1024,	/* of one step: about two milliseconds */
	LOOK_US = 1000 * 1000,		/* how often the disk is asked for its room */
};

struct entry {
	struct pcap_name file;
	bool waits;			/* complete, not told of yet */
	struct pcap_index_head head;
};

struct pcap_store {
	int dirfd;
	struct pcap_store_conf conf;
	struct entry *file;		/* oldest first; the last one is the current one, if there is one */
	size_t n;
	struct pcap_file *current;	/* NULL: none is open */
	struct pcap_file *hashing;	/* complete, being hashed; NULL none */
	struct pcap_done *gone;		/* files that went untold */
	size_t n_gone;
	uint64_t block, looked_us;
	bool full;
};

/* --- the list --------------------------------------------------------------------------------- */

static struct entry *add_entry(struct pcap_store *s, const struct pcap_name *name)
{
	s->file = xrealloc(s->file, s->n + 1, sizeof(*s->file));
	s->file[s->n] = (struct entry){ .file = *name };
	return &s->file[s->n++];
}

static struct entry *find(struct pcap_store *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		if (!strcmp(s->file[i].file.name, name))
			return &s->file[i];
	return NULL;
}

static void unlink_part(const struct pcap_store *s, const char *name, const char *suffix)
{
	_free_ char *path = xasprintf("%s%s", name, suffix);

	unlinkat(s->dirfd, path, 0);
}

static void drop(struct pcap_store *s, size_t i)
{
	struct entry *e = &s->file[i];

	/* The packets last: without an index they are found and can be made good, but not the reverse. */
	unlink_part(s, e->file.name, ".index");
	unlink_part(s, e->file.name, ".pcap");
	memmove(e, e + 1, (--s->n - i) * sizeof(*e));
}

/* --- room ------------------------------------------------------------------------------------- */

static uint64_t bytes_of_all(const struct pcap_store *s)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < s->n; i++)
		sum += s->file[i].file.bytes;
	return sum;
}

static uint64_t bytes_free(const struct pcap_store *s)
{
	struct statvfs v;

	return fstatvfs(s->dirfd, &v) < 0 ? UINT64_MAX : (uint64_t)v.f_bavail * v.f_frsize;
}

/* A file that goes before anybody knows of it is at least told of as such. */
static void note_gone(struct pcap_store *s, const struct entry *e)
{
	struct pcap_done *d;
	struct pcap_file *f = NULL;

	if (s->hashing && !strcmp(pcap_file_name(s->hashing), e->file.name))
		s->hashing = pcap_file_close(s->hashing);
	if (!e->waits)
		return;
	s->gone = xrealloc(s->gone, s->n_gone + 1, sizeof(*s->gone));
	d = &s->gone[s->n_gone++];
	*d = (struct pcap_done){ .totals.bytes = e->file.bytes };
	memcpy(d->name, e->file.name, sizeof(d->name));
	if (pcap_file_open(s->dirfd, e->file.name, s->conf.ring, &f) == 0)
		d->totals = pcap_file_totals(f);
	pcap_file_close(f);
}

static bool too_old(const struct pcap_store *s, uint64_t now_us)
{
	return s->file[0].file.hour_us + HOUR_US + s->conf.keep_s * 1000000 < now_us;
}

static void make_room(struct pcap_store *s, uint64_t now_us)
{
	size_t spare = s->current ? 1 : 0;

	while (s->n > spare && (too_old(s, now_us) || bytes_of_all(s) > s->conf.bytes_max)) {
		note_gone(s, &s->file[0]);
		drop(s, 0);
	}
	/* What is recorded does not go because somebody else fills the disk. */
	s->full = bytes_free(s) < s->conf.bytes_free;
	s->looked_us = now_us;
}

/* --- the current file ------------------------------------------------------------------------- */

void pcap_store_end(struct pcap_store *s)
{
	struct entry *e = s->n ? &s->file[s->n - 1] : NULL;

	if (!s->current)
		return;
	if (!pcap_file_totals(s->current).packets && !pcap_file_totals(s->current).lost) {
		drop(s, s->n - 1);		/* nothing came: there is nothing to tell */
		s->current = pcap_file_close(s->current);
		return;
	}
	e->waits = true;
	if (s->hashing)		/* comes later; its hash begins anew */
		s->current = pcap_file_close(s->current);
	else
		s->hashing = steal_ptr(&s->current);
}

static bool hour_over(const struct pcap_store *s, uint64_t now_us)
{
	return now_us >= s->file[s->n - 1].file.hour_us + HOUR_US;
}

static bool large(const struct pcap_store *s)
{
	uint64_t part = s->conf.bytes_max / FILES_AT_LEAST;

	return pcap_file_totals(s->current).bytes >= (part < FILE_BYTES_MIN ? FILE_BYTES_MIN : part);
}

/* The clock may step back: then the newest file's hour goes on. */
static int begin_file(struct pcap_store *s, uint64_t now_us)
{
	struct pcap_name at = { .hour_us = now_us - now_us % HOUR_US, .part = 1, .bytes = PCAP_HEAD };
	const struct pcap_index_head head = { .ring = s->conf.ring, .block = s->block };
	const struct pcap_name *newest = s->n ? &s->file[s->n - 1].file : NULL;
	int r;

	if (newest && newest->hour_us >= at.hour_us) {
		at.hour_us = newest->hour_us;
		at.part = newest->part + 1;
	}
	pcap_name(at.hour_us, at.part, at.name);
	r = pcap_file_make(s->dirfd, at.name, &head, &s->current);
	if (r == 0)
		add_entry(s, &at)->head = head;
	return r;
}

void pcap_store_tidy(struct pcap_store *s, uint64_t now_us)
{
	if (s->current && (hour_over(s, now_us) || large(s)))
		pcap_store_end(s);
	/* Also if the clock stepped back. */
	if (!s->current || now_us - s->looked_us >= LOOK_US)
		make_room(s, now_us);
}

int pcap_store_turn(struct pcap_store *s, uint64_t now_us)
{
	pcap_store_tidy(s, now_us);
	if (s->full)
		return -ENOSPC;
	return s->current ? 0 : begin_file(s, now_us);
}

int pcap_store_add(struct pcap_store *s, const struct packet *p)
{
	return pcap_file_add(s->current, p);
}

int pcap_store_commit(struct pcap_store *s, uint64_t block, uint64_t lost)
{
	int r = pcap_file_commit(s->current, block, lost);

	if (r < 0)
		return r;
	s->block = block;
	s->file[s->n - 1].file.bytes = pcap_file_totals(s->current).bytes;
	return 0;
}

void pcap_store_rollback(struct pcap_store *s)
{
	if (s->current)
		pcap_file_rollback(s->current);
}

/* --- work that may wait ----------------------------------------------------------------------- */

/* next_waiting() - opens the oldest file that is complete; PCAP_IDLE: there is none */
static int next_waiting(struct pcap_store *s, struct pcap_done *ret)
{
	for (size_t i = 0; i < s->n; i++) {
		struct entry *e = &s->file[i];
		int r;

		if (!e->waits || e->head.told_seq)
			continue;
		memcpy(ret->name, e->file.name, sizeof(ret->name));
		r = pcap_file_open(s->dirfd, e->file.name, s->conf.ring, &s->hashing);
		e->waits = r == 0;
		return r < 0 ? r : PCAP_MORE;
	}
	return PCAP_IDLE;
}

static int finish(struct pcap_store *s, struct pcap_done *ret)
{
	struct pcap_done d = { .totals = pcap_file_totals(s->hashing) };
	int r = pcap_file_seal(s->hashing, d.sha256);

	str_copy(d.name, pcap_file_name(s->hashing), sizeof(d.name));
	if (r < 0 && find(s, d.name))
		find(s, d.name)->waits = false;
	*ret = d;
	s->hashing = pcap_file_close(s->hashing);
	return r < 0 ? r : PCAP_DONE;
}

int pcap_store_work(struct pcap_store *s, struct pcap_done *ret)
{
	ssize_t n;

	if (s->n_gone) {
		*ret = s->gone[--s->n_gone];
		return PCAP_DONE;
	}
	if (!s->hashing) {
		/* The current one's hash follows behind, so that little is left when its hour is over. */
		uint64_t left = s->current ? pcap_file_unhashed(s->current) : 0;
		int r = next_waiting(s, ret);

		if (r != PCAP_IDLE || left < HASH_BYTES)
			return r;
		n = pcap_file_hash(s->current, HASH_BYTES);
		return n > 0 ? PCAP_MORE : PCAP_IDLE;
	}
	n = pcap_file_hash(s->hashing, HASH_BYTES);
	return n > 0 ? PCAP_MORE : finish(s, ret);
}

int pcap_store_told(struct pcap_store *s, const char *name, uint64_t epoch, uint64_t seq, bool on_disk)
{
	struct entry *e = find(s, name);

	if (!e)
		return 0;	/* it went meanwhile */
	e->head.told_epoch = epoch;
	e->head.told_seq = seq;
	e->waits = !on_disk;
	return pcap_file_tell(s->dirfd, name, epoch, seq, on_disk);
}

void pcap_store_resume(struct pcap_store *s, uint64_t epoch, uint64_t seq)
{
	for (size_t i = 0; i < s->n; i++) {
		struct entry *e = &s->file[i];

		if (!e->waits || !e->head.told_seq)
			continue;
		if (e->head.told_epoch == epoch && e->head.told_seq <= seq)
			pcap_store_told(s, e->file.name, epoch, e->head.told_seq, true);
		else
			e->head.told_seq = 0;	/* nobody has heard of it */
	}
}

/* --- start ------------------------------------------------------------------------------------ */

/* The newest file goes on if it is of the ring that is read now; all others are complete. */
static int take_up(struct pcap_store *s)
{
	struct entry *newest = s->n ? &s->file[s->n - 1] : NULL;
	int r;

	for (size_t i = 0; i < s->n; i++) {
		struct entry *e = &s->file[i];

		if (pcap_file_told(s->dirfd, e->file.name, &e->head) < 0)
			e->head = (struct pcap_index_head){ 0 };
		e->waits = !e->head.told;
	}
	if (!newest || newest->head.ring != s->conf.ring)
		return 0;
	r = pcap_file_open(s->dirfd, newest->file.name, s->conf.ring, &s->current);
	if (r < 0)
		return r;
	s->block = pcap_file_block(s->current);
	newest->file.bytes = pcap_file_totals(s->current).bytes;
	if (newest->head.told_seq)
		s->current = pcap_file_close(s->current);
	else
		newest->waits = false;
	return 0;
}

int pcap_store_open(int dirfd, const struct pcap_store_conf *conf, struct pcap_store **ret, uint64_t *ret_block)
{
	_pcap_names_ struct pcap_names names = { 0 };
	struct pcap_store *s;
	int r = pcap_names(dirfd, &names);

	if (r < 0)
		return r;
	s = xcalloc(1, sizeof(*s));
	s->dirfd = dirfd;
	s->conf = *conf;
	for (size_t i = 0; i < names.n; i++)
		add_entry(s, &names.at[i]);
	r = take_up(s);
	if (r < 0) {
		pcap_store_close(s);
		return r;
	}
	*ret = s;
	*ret_block = s->block;
	return 0;
}

struct pcap_store *pcap_store_close(struct pcap_store *s)
{
	if (s) {
		pcap_file_close(s->current);
		pcap_file_close(s->hashing);
		free(s->file);
		free(s->gone);
		free(s);
	}
	return NULL;
}
