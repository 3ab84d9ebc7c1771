/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Samples: how a file is put together.
 *
 * Most files are one chunk, whose event says it all: it gets its final name at once, or is there already. If
 * that event is sent again, the same happens again. All are in one folder, so that a batch of them costs one
 * more sync, not one for each: a folder for each first two digits, as is usual, doubled the syncs.
 *
 * Longer ones grow in a part file. It is named after who sends it and where in the guest's file it begins,
 * "part-EPOCH-HONEYPOT-OBJECT-FROM"; its size is the place of the next chunk. A complete part gets its final
 * name as a second link and goes away itself only when its last event is in the journal: until then that
 * event may be sent again, and has to find the same answer.
 *
 * A honeypot has so many parts for itself: whatever it sends, others lose nothing.
 */
#include "sample.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "base/file.h"
#include "base/mem.h"
#include "model/event.h"
#include "model/honeynet.h"

#define HOUR_US 3600000000ull

enum {
	BLOCK = 4096,		/* what the smallest sample takes from the room */
	FRESH = 64,		/* samples of one event between two syncs */
};

static const char fresh[] = "new";	/* one that is being written */

struct part {
	bool used, dirty;
	bool sealed;			/* complete and read-only */
	bool done;			/* has it, and hash is set */
	uint64_t epoch, object, from;
	int32_t honeypot;
	int fd;
	uint64_t have;			/* bytes in the file */
	uint64_t seq;			/* origin of its last chunk; 0: of an earlier run */
	uint64_t touched;		/* for which one rested longest */
	char hash[65];
	crypto_hash_sha256_state state;
};

struct hour {				/* of one honeypot */
	uint64_t since_us, bytes;
};

struct sample_asm {
	struct sample_conf conf;
	int dirfd;
	bool dirty;			/* its names are not safe yet */
	int fresh[FRESH];		/* whole samples that are not safe yet */
	size_t n_fresh;
	uint64_t used;			/* of the room */
	uint64_t clock;			/* counts chunks */
	struct hour hour[MAX_HONEYPOTS];
	struct part part[MAX_HONEYPOTS * SAMPLES_AT_ONCE];
};

static void part_name(const struct part *p, char ret[120])
{
	snprintf(ret, 120, "part-%" PRIu64 "-%" PRId32 "-%" PRIu64 "-%" PRIu64, p->epoch, p->honeypot, p->object, p->from);
}

/* --- bounds ----------------------------------------------------------------------------------- */

static uint64_t blocks(uint64_t bytes)
{
	return bytes < BLOCK ? BLOCK : (bytes + BLOCK - 1) / BLOCK * BLOCK;
}

/* may_take() - 0, or what is used up */
static int may_take(struct sample_asm *a, const struct event *e, uint64_t now_us)
{
	struct hour *h = &a->hour[e->honeypot];

	if (now_us - h->since_us >= HOUR_US || now_us < h->since_us)
		*h = (struct hour){ .since_us = now_us };
	if (h->bytes + e->bytes.len > a->conf.hour_max)
		return -EDQUOT;
	h->bytes += e->bytes.len;
	return 0;
}

static int has_room(const struct sample_asm *a, uint64_t bytes)
{
	return a->used + blocks(bytes) > a->conf.room ? -ENOSPC : 0;
}

/* --- the folder ------------------------------------------------------------------------------- */

/* is_there() - the whole of it: what a crash left behind may be shorter */
static bool is_there(const struct sample_asm *a, const char *name, uint64_t size)
{
	struct stat st;

	return fstatat(a->dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) && (uint64_t)st.st_size == size;
}

/* keep() - a sample that is one event */
static int keep(struct sample_asm *a, struct span bytes, char ret_hash[65])
{
	unsigned char sum[crypto_hash_sha256_BYTES];
	_fd_ int fd = -1;
	int r;

	crypto_hash_sha256(sum, (const unsigned char *)bytes.at, bytes.len);
	sodium_bin2hex(ret_hash, 65, sum, sizeof(sum));
	if (is_there(a, ret_hash, bytes.len))
		return 0;
	r = a->n_fresh == FRESH ? -ENOBUFS : has_room(a, bytes.len);
	if (r < 0)
		return r;
	fd = openat(a->dirfd, fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0440);
	if (fd < 0)
		return -errno;
	r = file_write_at(fd, bytes.at, bytes.len, 0);
	if (r == 0 && (fchmod(fd, 0440) < 0 || renameat(a->dirfd, fresh, a->dirfd, ret_hash) < 0))
		r = -errno;
	if (r < 0) {
		unlinkat(a->dirfd, fresh, 0);
		return r;
	}
	a->fresh[a->n_fresh++] = steal_fd(&fd);
	a->used += blocks(bytes.len);
	a->dirty = true;
	return 0;
}

/* --- parts ------------------------------------------------------------------------------------ */

static void part_drop(struct sample_asm *a, struct part *p)
{
	char name[120];

	part_name(p, name);
	unlinkat(a->dirfd, name, 0);
	close_fd(&p->fd);
	if (!p->done)
		a->used -= blocks(p->have) < a->used ? blocks(p->have) : a->used;
	*p = (struct part){ .fd = -1 };
}

static struct part *parts_of(struct sample_asm *a, int32_t honeypot)
{
	return &a->part[honeypot * SAMPLES_AT_ONCE];
}

static struct part *part_find(struct sample_asm *a, const struct event *e)
{
	uint64_t object = e->object ? e->object : e->origin.seq;
	struct part *p = parts_of(a, e->honeypot);

	for (size_t i = 0; i < SAMPLES_AT_ONCE; i++)
		if (p[i].used && p[i].epoch == e->origin.epoch && p[i].object == object)
			return &p[i];
	return NULL;
}

/*
 * part_room() - a free one, if need be by ending the one that rested longest; NULL: there are some that
 * go as soon as they are settled
 */
static struct part *part_room(struct sample_asm *a, int32_t honeypot)
{
	struct part *p = parts_of(a, honeypot), *oldest = p;
	bool waits = false;

	for (size_t i = 0; i < SAMPLES_AT_ONCE; i++) {
		if (!p[i].used)
			return &p[i];
		waits = waits || p[i].done;
		if (p[i].touched < oldest->touched)
			oldest = &p[i];
	}
	if (waits)
		return NULL;
	part_drop(a, oldest);
	return oldest;
}

static int part_begin(struct sample_asm *a, const struct event *e, struct part **ret)
{
	struct part *p = part_room(a, e->honeypot);
	char name[120];

	if (!p)
		return -ENOBUFS;
	*p = (struct part){ .epoch = e->origin.epoch, .honeypot = e->honeypot, .object = e->origin.seq, .from = e->offset };
	part_name(p, name);
	unlinkat(a->dirfd, name, 0);
	p->fd = openat(a->dirfd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (p->fd < 0)
		return -errno;
	p->used = a->dirty = true;
	a->used += blocks(0);
	crypto_hash_sha256_init(&p->state);
	*ret = p;
	return 0;
}

/* part_hash() - hashes anew the first @to bytes; what is behind them counts no more */
static int part_hash(struct part *p, uint64_t to)
{
	unsigned char b[16 * 1024];

	crypto_hash_sha256_init(&p->state);
	for (p->have = 0; p->have < to;) {
		size_t want = to - p->have < sizeof(b) ? (size_t)(to - p->have) : sizeof(b);
		ssize_t n = pread(p->fd, b, want, (off_t)p->have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		crypto_hash_sha256_update(&p->state, b, (size_t)n);
		p->have += (uint64_t)n;
	}
	return 0;
}

/* part_load() - one that an earlier run left, or nothing if it is none */
static int part_load(struct sample_asm *a, const char *name)
{
	struct part p = { .used = true }, *at;
	struct stat st;
	char back[120];
	int r;

	if (sscanf(name, "part-%" SCNu64 "-%" SCNd32 "-%" SCNu64 "-%" SCNu64, &p.epoch, &p.honeypot, &p.object,
		   &p.from) != 4 || p.honeypot < 0 || p.honeypot >= MAX_HONEYPOTS)
		return 0;
	part_name(&p, back);
	if (strcmp(back, name))
		return 0;
	if (fstatat(a->dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	p.sealed = !(st.st_mode & S_IWUSR);
	p.fd = openat(a->dirfd, name, (p.sealed ? O_RDONLY : O_RDWR) | O_NOFOLLOW | O_CLOEXEC);
	if (p.fd < 0)
		return -errno;
	r = part_hash(&p, (uint64_t)st.st_size);
	if (r < 0) {
		close(p.fd);
		return r;
	}
	at = part_room(a, p.honeypot);
	*at = p;
	a->used += blocks(p.have);
	return 0;
}

/* part_known() - a chunk that is here already must say the same again */
static int part_known(const struct part *p, struct span bytes, uint64_t at)
{
	_free_ char *b = xcalloc(bytes.len + 1, 1);

	if (pread(p->fd, b, bytes.len, (off_t)at) != (ssize_t)bytes.len)
		return -EIO;
	return bytes.len && memcmp(b, bytes.at, bytes.len) ? -EBADMSG : 0;
}

static int part_append(struct sample_asm *a, struct part *p, struct span bytes)
{
	uint64_t more = blocks(p->have + bytes.len) - blocks(p->have);
	int r = a->used + more > a->conf.room ? -ENOSPC : file_write_at(p->fd, bytes.at, bytes.len, p->have);

	if (r < 0)
		return r;
	crypto_hash_sha256_update(&p->state, (const unsigned char *)bytes.at, bytes.len);
	p->have += bytes.len;
	p->dirty = true;
	a->used += more;
	return 0;
}

/* part_finish() - its hash, and its final name unless somebody brought the same file before */
static int part_finish(struct sample_asm *a, struct part *p)
{
	crypto_hash_sha256_state state = p->state;
	unsigned char sum[crypto_hash_sha256_BYTES];
	char from[120];

	crypto_hash_sha256_final(&state, sum);
	sodium_bin2hex(p->hash, sizeof(p->hash), sum, sizeof(sum));
	part_name(p, from);
	if (fchmod(p->fd, 0440) < 0)
		return -errno;
	p->sealed = true;
	if (is_there(a, p->hash, p->have)) {
		a->used -= blocks(p->have);
	} else {
		unlinkat(a->dirfd, p->hash, 0);
		if (linkat(a->dirfd, from, a->dirfd, p->hash, 0) < 0)
			return -errno;
		a->dirty = true;
	}
	p->done = true;
	return 0;
}

/*
 * part_rewind() - what an earlier run left was not acknowledged from here on, and perhaps not on disk
 * when we stopped: the chunk that comes now is the truth
 */
static int part_rewind(struct part *p, uint64_t to)
{
	if (ftruncate(p->fd, (off_t)to) < 0)
		return -errno;
	return part_hash(p, to);
}

static int part_take(struct sample_asm *a, struct part *p, const struct event *e)
{
	uint64_t at = e->offset - p->from;
	int r = 0;

	p->touched = ++a->clock;
	if (e->offset < p->from || at > p->have)
		return -EBADMSG;
	if (at + e->bytes.len > a->conf.file_max)
		return -EFBIG;
	if (p->sealed)
		r = at + e->bytes.len <= p->have ? part_known(p, e->bytes, at) : -EBADMSG;
	else if (at < p->have)
		r = p->seq ? -EBADMSG : part_rewind(p, at);
	if (r == 0 && !p->sealed)
		r = part_append(a, p, e->bytes);
	if (r == 0 && (e->flags & EVENT_LAST) && at + e->bytes.len == p->have && !p->done)
		r = part_finish(a, p);
	if (r == 0)
		p->seq = e->origin.seq;
	return r;
}

/* --- events ----------------------------------------------------------------------------------- */

static int done(struct event *e, const char *hash, uint64_t bytes)
{
	memcpy(e->sha256, hash, sizeof(e->sha256));
	e->kept = bytes == e->size ? 0 : bytes;
	return SAMPLE_DONE;
}

static int feed_part(struct sample_asm *a, struct event *e)
{
	struct part *p = part_find(a, e);
	int r = 0;

	if (p && !e->object) {		/* its first chunk again: so come all others */
		part_drop(a, p);
		p = NULL;
	}
	if (!p)
		r = e->object ? -EBADMSG : part_begin(a, e, &p);
	if (r == 0)
		r = part_take(a, p, e);
	if (r < 0 || !p->done || !(e->flags & EVENT_LAST))
		return r;
	return done(e, p->hash, p->have);
}

static int feed_whole(struct sample_asm *a, struct event *e)
{
	char hash[65];
	int r;

	if (!e->bytes.len && e->size)
		return 0;	/* nothing of it was to be had */
	if (e->bytes.len > a->conf.file_max)
		return -EFBIG;
	r = keep(a, e->bytes, hash);
	return r < 0 ? r : done(e, hash, e->bytes.len);
}

/* spoil() - what is there of it is no use */
static void spoil(struct sample_asm *a, struct event *e)
{
	struct part *p = part_find(a, e);

	if (p)
		part_drop(a, p);
	e->flags |= EVENT_TRUNCATED;
}

int sample_feed(struct sample_asm *a, struct event *e, uint64_t now_us)
{
	int r;

	if ((e->kind != EV_MODULE && e->kind != EV_CONTENT) || e->honeypot < 0 || e->honeypot >= MAX_HONEYPOTS)
		return 0;
	if (e->bytes.len > e->size || e->offset > e->size - e->bytes.len || e->object >= e->origin.seq)
		r = -EBADMSG;
	else
		r = may_take(a, e, now_us);
	if (r == 0)
		r = !e->object && (e->flags & EVENT_LAST) ? feed_whole(a, e) : feed_part(a, e);
	if (r < 0 && r != -ENOBUFS)
		spoil(a, e);
	return r;
}

/* --- safety ----------------------------------------------------------------------------------- */

/*
 * sync_fresh() - all are on their way before the first is waited for, so that one commit of the file system's
 * journal takes them all
 */
static int sync_fresh(struct sample_asm *a)
{
	for (size_t i = 0; i < a->n_fresh; i++)
		if (sync_file_range(a->fresh[i], 0, 0, SYNC_FILE_RANGE_WRITE) < 0)
			return -errno;
	for (size_t i = 0; i < a->n_fresh; i++)
		if (sync_file_range(a->fresh[i], 0, 0, SYNC_FILE_RANGE_WAIT_BEFORE) < 0)
			return -errno;
	while (a->n_fresh) {
		if (fdatasync(a->fresh[a->n_fresh - 1]) < 0)
			return -errno;
		close(a->fresh[--a->n_fresh]);
	}
	return 0;
}

int sample_sync(struct sample_asm *a)
{
	int r;

	for (size_t i = 0; i < nitems(a->part); i++) {
		struct part *p = &a->part[i];

		if (p->used && p->dirty && fdatasync(p->fd) < 0)
			return -errno;
		p->dirty = false;
	}
	r = sync_fresh(a);
	if (r < 0)
		return r;
	if (a->dirty && fsync(a->dirfd) < 0)
		return -errno;
	a->dirty = false;
	return 0;
}

void sample_settle(struct sample_asm *a)
{
	for (size_t i = 0; i < nitems(a->part); i++)
		if (a->part[i].done)
			part_drop(a, &a->part[i]);
}

/* --- open, close ------------------------------------------------------------------------------ */

static int count_sample(struct sample_asm *a, const char *name)
{
	struct stat st;

	if (fstatat(a->dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode))
		a->used += blocks((uint64_t)st.st_size);
	return 0;
}

static int take_up(void *arg, const char *name)
{
	struct sample_asm *a = arg;

	if (!strncmp(name, "part-", 5))
		return part_load(a, name);
	if (!strcmp(name, fresh)) {	/* nobody knows of it */
		unlinkat(a->dirfd, fresh, 0);
		return 0;
	}
	return count_sample(a, name);
}

int sample_open(int dirfd, const struct sample_conf *c, struct sample_asm **ret)
{
	struct sample_asm *a = xcalloc(1, sizeof(*a));
	int r;

	a->conf = *c;
	a->dirfd = dirfd;
	for (size_t i = 0; i < nitems(a->part); i++)
		a->part[i].fd = -1;
	r = folder_each(dirfd, take_up, a);
	if (r < 0) {
		sample_close(a);
		return r;
	}
	*ret = a;
	return 0;
}

struct sample_asm *sample_close(struct sample_asm *a)
{
	for (size_t i = 0; a && i < nitems(a->part); i++)
		close_fd(&a->part[i].fd);
	while (a && a->n_fresh)
		close(a->fresh[--a->n_fresh]);
	free(a);
	return NULL;
}
