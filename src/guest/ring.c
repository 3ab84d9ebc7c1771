/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ring.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "model/plan.h"
#include "skep/capture.h"

enum { RUN_ON_MS = 5000, FILE_MAX = 2 * 1024 * 1024 };

static uint64_t config_offset(void)
{
	return SKEP_RING_HEADER;
}

static uint64_t data_offset(void)
{
	return config_offset() + RING_CONFIG_MAX;
}

int ring_make(uint64_t size, bool freeze)
{
	/* A name without a hint: the guest's process shows it in its own maps on the host only. */
	_fd_ int fd = memfd_create("ring", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	struct skep_ring r = {
		.magic = SKEP_RING_MAGIC, .version = SKEP_RING_VERSION, .size = size, .data = data_offset(),
		.config = config_offset(), .full_wait_ms = freeze ? 0 : RUN_ON_MS,
		.memory = data_offset() + size, .memory_len = RING_MEMORY,
	};

	if (fd < 0 || ftruncate(fd, (off_t)(r.memory + r.memory_len)) < 0 ||
	    pwrite(fd, &r, sizeof(r), 0) != (ssize_t)sizeof(r) ||
	    /* The guest owns a descriptor of it: it must not be able to cut it short under the reader. */
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		return -errno;
	return steal_fd(&fd);
}

int ring_forget(int ring)
{
	struct stat st;

	/* Where it lies is not asked of the ring, which is the guest's to write. */
	if (fstat(ring, &st) < 0 ||
	    fallocate(ring, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, st.st_size - RING_MEMORY, RING_MEMORY) < 0)
		return -errno;
	return 0;
}

void ring_conf_add(struct text *conf, const struct ring_word *w)
{
	struct skep_conf c = { .kind = w->kind, .mode = w->mode, .uid = w->uid, .gid = w->gid, .time_ns = w->time_ns,
			       .name_len = w->name ? (uint32_t)strlen(w->name) : 0, .data_len = (uint32_t)w->data.len };

	text_addn(conf, &c, sizeof(c));
	text_addn(conf, w->name, c.name_len);
	text_addn(conf, w->data.at, w->data.len);
	while (conf->len % 8)
		text_addc(conf, '\0');
}

static int add_file(struct text *conf, const FTSENT *e, const char *name, int64_t time_ns)
{
	_fd_ int fd = open(e->fts_accpath, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	_text_ struct text data = { 0 };
	int r = fd < 0 ? -errno : file_read(fd, FILE_MAX, &data);

	if (r < 0)
		return r;
	ring_conf_add(conf, &(struct ring_word){ .kind = SKEP_CONF_FILE, .name = name, .mode = e->fts_statp->st_mode & 07777,
						 .data = { text_str(&data), data.len }, .time_ns = time_ns });
	return 0;
}

int ring_conf_tree(struct text *conf, const char *path, int64_t time_ns)
{
	char *roots[] = { (char *)path, NULL };
	FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	const int64_t apart_ns = 7654321;	/* as if one was written after the other */
	int r = walk ? 0 : -errno;

	for (FTSENT *e; r == 0 && (e = fts_read(walk));) {
		if (e->fts_info == FTS_F) {
			r = add_file(conf, e, e->fts_path + strlen(path), time_ns);
			time_ns += time_ns ? apart_ns : 0;
		} else if (e->fts_info == FTS_ERR || e->fts_info == FTS_DNR || e->fts_info == FTS_NS)
			r = -e->fts_errno;
	}
	if (walk)
		fts_close(walk);
	return r;
}

int ring_configure(int ring, const struct text *conf)
{
	uint64_t len = conf->len;

	if (len > RING_CONFIG_MAX)
		return -E2BIG;
	if (pwrite(ring, text_str(conf), len, (off_t)config_offset()) != (ssize_t)len ||
	    pwrite(ring, &len, sizeof(len), offsetof(struct skep_ring, config_len)) != (ssize_t)sizeof(len))
		return errno ? -errno : -EIO;
	return 0;
}

static uint64_t position_at(int ring, size_t at)
{
	uint64_t n = 0;

	return pread(ring, &n, sizeof(n), (off_t)at) == (ssize_t)sizeof(n) ? n : 0;
}

uint64_t ring_written(int ring)
{
	return position_at(ring, offsetof(struct skep_ring, seq));
}

uint64_t ring_unread(int ring)
{
	uint64_t tail = position_at(ring, offsetof(struct skep_ring, tail));

	return position_at(ring, offsetof(struct skep_ring, head)) - tail;
}

bool ring_waits(int ring, uint64_t *tail)
{
	uint64_t was = *tail, now = 0;
	uint32_t waiting = 0;

	if (pread(ring, &now, sizeof(now), offsetof(struct skep_ring, tail)) != (ssize_t)sizeof(now) ||
	    pread(ring, &waiting, sizeof(waiting), offsetof(struct skep_ring, waiting)) != (ssize_t)sizeof(waiting))
		return false;
	*tail = waiting ? now : UINT64_MAX;
	return waiting && now == was;
}

static uint32_t number_at(int ring, size_t at)
{
	uint32_t n = 0;

	return pread(ring, &n, sizeof(n), (off_t)at) == (ssize_t)sizeof(n) ? n : 0;
}

uint32_t ring_wish_sync(int ring)
{
	uint32_t wish = number_at(ring, offsetof(struct skep_ring, sync)) + 1;

	return pwrite(ring, &wish, sizeof(wish), offsetof(struct skep_ring, sync)) == (ssize_t)sizeof(wish) ? wish : 0;
}

bool ring_synced(int ring, uint32_t wish)
{
	return number_at(ring, offsetof(struct skep_ring, synced)) == wish;
}
