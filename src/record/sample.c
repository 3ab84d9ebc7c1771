/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Samples: how a file is put together.
 *
 * A part file is named after who sends it, "part-EPOCH-HONEYPOT-ENTITY", and holds the chunks so far;
 * its size is the place of the next one. A process loads one module at a time, so that name is enough;
 * threads of one process that load two at once make chunks that do not fit, and lose both.
 *
 * A complete part gets its final name as a second link and goes away itself only when its last event
 * is in the journal: until then that event may be sent again, and has to find the same answer.
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

struct part {
	bool used, dirty;
	bool sealed;			/* complete and read-only */
	bool done;			/* has it, and hash is set */
	uint64_t epoch, entity;
	int32_t honeypot;
	int fd;
	uint64_t have, size;		/* bytes in the file; of the whole, 0 not known */
	uint64_t seq;			/* origin of its last chunk; 0: of an earlier run */
	uint64_t touched;		/* for which one rested longest */
	char hash[65];
	crypto_hash_sha256_state state;
};

struct sample_asm {
	int dirfd;
	bool folder_dirty;
	uint64_t clock;			/* counts chunks */
	struct part part[SAMPLES_AT_ONCE];
};

static void part_name(const struct part *p, char ret[80])
{
	snprintf(ret, 80, "part-%" PRIu64 "-%" PRId32 "-%" PRIu64, p->epoch, p->honeypot, p->entity);
}

void sample_name(const char *sha256, char ret[80])
{
	snprintf(ret, 80, "%.2s/%s", sha256, sha256);
}

static void part_drop(struct sample_asm *a, struct part *p)
{
	char name[80];

	part_name(p, name);
	unlinkat(a->dirfd, name, 0);
	close_fd(&p->fd);
	*p = (struct part){ .fd = -1 };
}

static struct part *part_find(struct sample_asm *a, const struct event *e)
{
	for (size_t i = 0; i < nitems(a->part); i++) {
		struct part *p = &a->part[i];

		if (p->used && p->epoch == e->origin.epoch && p->honeypot == e->honeypot &&
		    p->entity == e->process.entity)
			return p;
	}
	return NULL;
}

/* part_room() - a free one, if need be by ending the one that rested longest */
static struct part *part_room(struct sample_asm *a)
{
	struct part *oldest = &a->part[0];

	for (size_t i = 0; i < nitems(a->part); i++) {
		if (!a->part[i].used)
			return &a->part[i];
		if (a->part[i].touched < oldest->touched)
			oldest = &a->part[i];
	}
	part_drop(a, oldest);
	return oldest;
}

static int part_begin(struct sample_asm *a, const struct event *e, struct part **ret)
{
	struct part *p = part_room(a);
	char name[80];

	*p = (struct part){ .epoch = e->origin.epoch, .honeypot = e->honeypot, .entity = e->process.entity,
			    .size = e->size };
	part_name(p, name);
	unlinkat(a->dirfd, name, 0);
	p->fd = openat(a->dirfd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (p->fd < 0)
		return -errno;
	p->used = a->folder_dirty = true;
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
static int part_load(void *arg, const char *name)
{
	struct sample_asm *a = arg;
	struct part p = { .used = true };
	struct stat st;
	char back[80];
	int r;

	if (sscanf(name, "part-%" SCNu64 "-%" SCNd32 "-%" SCNu64, &p.epoch, &p.honeypot, &p.entity) != 3)
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
	if (r < 0)
		close(p.fd);
	else
		*part_room(a) = p;
	return r;
}

int sample_open(int dirfd, struct sample_asm **ret)
{
	struct sample_asm *a = xcalloc(1, sizeof(*a));
	int r;

	a->dirfd = dirfd;
	for (size_t i = 0; i < nitems(a->part); i++)
		a->part[i].fd = -1;
	r = folder_each(dirfd, part_load, a);
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
	free(a);
	return NULL;
}

/* part_known() - a chunk that is here already must say the same again */
static int part_known(const struct part *p, const struct event *e)
{
	_free_ char *b = xcalloc(e->bytes.len, 1);

	if (pread(p->fd, b, e->bytes.len, (off_t)e->offset) != (ssize_t)e->bytes.len)
		return -EIO;
	return memcmp(b, e->bytes.at, e->bytes.len) ? -EBADMSG : 0;
}

static int part_append(struct part *p, const struct event *e)
{
	size_t done = 0;

	while (done < e->bytes.len) {
		ssize_t n = pwrite(p->fd, e->bytes.at + done, e->bytes.len - done, (off_t)(p->have + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		done += (size_t)n;
	}
	crypto_hash_sha256_update(&p->state, (const unsigned char *)e->bytes.at, e->bytes.len);
	p->have += e->bytes.len;
	p->dirty = true;
	return 0;
}

/* part_finish() - its hash, and its final name unless somebody brought the same file before */
static int part_finish(struct sample_asm *a, struct part *p)
{
	crypto_hash_sha256_state state = p->state;
	unsigned char sum[crypto_hash_sha256_BYTES];
	char from[80], to[80], folder[3] = { 0 };
	_fd_ int sub = -1;

	crypto_hash_sha256_final(&state, sum);
	sodium_bin2hex(p->hash, sizeof(p->hash), sum, sizeof(sum));
	memcpy(folder, p->hash, 2);
	part_name(p, from);
	sample_name(p->hash, to);
	if (mkdirat(a->dirfd, folder, 0750) == 0)
		a->folder_dirty = true;
	else if (errno != EEXIST)
		return -errno;
	if (fchmod(p->fd, 0440) < 0 || fsync(p->fd) < 0)
		return -errno;
	if (linkat(a->dirfd, from, a->dirfd, to, 0) < 0 && errno != EEXIST)
		return -errno;
	sub = openat(a->dirfd, folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (sub < 0 || fsync(sub) < 0)
		return -errno;
	p->dirty = false;
	p->sealed = p->done = true;
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
	bool known = e->offset < p->have;
	int r = 0;

	p->touched = ++a->clock;
	p->size = p->size ? p->size : e->size;
	if (p->size != e->size || e->offset > p->have)
		return -EBADMSG;
	if (known && p->sealed)
		r = e->offset + e->bytes.len <= p->have ? part_known(p, e) : -EBADMSG;
	else if (known)
		r = p->seq ? -EBADMSG : part_rewind(p, e->offset);
	if (r == 0 && e->offset == p->have)
		r = p->sealed ? -EBADMSG : part_append(p, e);
	if (r == 0 && p->have == p->size && !p->done)
		r = part_finish(a, p);
	if (r == 0)
		p->seq = e->origin.seq;
	return r;
}

/* begins_anew() - the first chunk of another file, not the first one of this part sent again */
static bool begins_anew(const struct part *p, const struct event *e)
{
	if (e->offset || !p->have)
		return false;
	if (p->seq)
		return e->origin.seq > p->seq;
	return !p->sealed || p->have != e->size || part_known(p, e) < 0;
}

int sample_feed(struct sample_asm *a, struct event *e)
{
	struct part *p;
	int r = 0;

	if (e->kind != EV_MODULE)
		return 0;
	p = part_find(a, e);
	if (!e->bytes.len || e->bytes.len > e->size || e->offset > e->size - e->bytes.len)
		r = -EBADMSG;
	else if (e->size > SAMPLE_BYTES_MAX)
		r = -EFBIG;
	else if (p && begins_anew(p, e)) {
		part_drop(a, p);
		p = NULL;
	}
	if (r == 0 && !p)
		r = e->offset ? -EBADMSG : part_begin(a, e, &p);
	if (r == 0)
		r = part_take(a, p, e);
	if (r < 0) {
		e->flags |= EVENT_TRUNCATED;
		if (p)
			part_drop(a, p);
		return r;
	}
	if (!p->done || e->offset + e->bytes.len != p->size)
		return 0;
	memcpy(e->sha256, p->hash, sizeof(e->sha256));
	return SAMPLE_DONE;
}

int sample_sync(struct sample_asm *a)
{
	for (size_t i = 0; i < nitems(a->part); i++) {
		struct part *p = &a->part[i];

		if (p->used && p->dirty && fdatasync(p->fd) < 0)
			return -errno;
		p->dirty = false;
	}
	if (a->folder_dirty && fsync(a->dirfd) < 0)
		return -errno;
	a->folder_dirty = false;
	return 0;
}

void sample_settle(struct sample_asm *a)
{
	for (size_t i = 0; i < nitems(a->part); i++)
		if (a->part[i].done)
			part_drop(a, &a->part[i]);
}
