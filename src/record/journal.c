/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The journal: how it keeps its word.
 *
 * A batch is written behind the last byte that is known to be on disk, and counts only after
 * fdatasync(). When anything of that fails, the file is cut back to that byte, before the next
 * attempt writes the same batch to the same places: pages a failed fsync has dropped are written
 * anew. A file's entry in the folder is synced before the first batch in it counts.
 *
 * So after a crash only the newest file can be torn, and only behind its last line feed; a whole line
 * there that was not acknowledged will be sent again and is known by its origin.
 */
#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "journal_files.h"
#include "line.h"

enum { TAIL_BYTES = 1024 * 1024 };

struct journal {
	int dirfd, fd;			/* fd -1: none yet, or the batch goes into a new file */
	char file[32];			/* name of the newest file, "" none */
	uint64_t size;			/* bytes of it that are on disk for certain */
	bool torn, named;		/* there may be more behind them; its entry is on disk */
	struct text batch;		/* sealed lines */
	struct sealer *sealer;
};

static int cut(struct journal *j)
{
	if (j->torn && ftruncate(j->fd, (off_t)j->size) < 0)
		return -errno;
	j->torn = false;
	return 0;
}

/* tail_window() - reads the last bytes of a file, at most TAIL_BYTES */
static int tail_window(int fd, uint64_t size, struct text *ret)
{
	size_t want = size < TAIL_BYTES ? (size_t)size : TAIL_BYTES;
	_free_ char *b = xcalloc(want, 1);
	size_t got = 0;

	while (got < want) {
		ssize_t n = pread(fd, b + got, want - got, (off_t)(size - want + got));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		got += (size_t)n;
	}
	text_addn(ret, b, want);
	return 0;
}

/*
 * last_line() - the number and place of the last line in window @w, which begins at @start of its file
 * and ends in a line feed. Lines that cannot be read any more may each have had a number: theirs are
 * not given again.
 */
static int last_line(const struct text *w, uint64_t start, struct journal_end *ret)
{
	uint64_t unread = 0;

	for (size_t to = w->len; to;) {
		const char *lf = to > 1 ? memrchr(w->at, '\n', to - 1) : NULL;
		size_t from = lf ? (size_t)(lf - w->at) + 1 : 0;
		_line_ struct line l = { 0 };

		if (!lf && start)
			break;		/* the rest of it is before the window */
		if (line_read(w->at + from, to - from, NULL, &l) == 0) {
			ret->seq = l.event.seq + unread;
			ret->last.offset = start + from;
			ret->last.len = (uint32_t)(to - from);
			return 0;
		}
		unread++;
		to = from;
	}
	return -EUCLEAN;
}

/* take_file() - the newest one: ours to write from @end on */
static int take_file(struct journal *j, int fd, uint64_t end, uint64_t size)
{
	j->fd = fd;
	j->size = end;
	j->torn = size > end;
	if (cut(j) < 0 || fdatasync(fd) < 0)
		return -errno;
	return 0;
}

/* recover_file() - 1: its last line is found; 0: there is none in it, look at the file before */
static int recover_file(struct journal *j, const char *name, struct journal_end *ret)
{
	_fd_ int fd = openat(j->dirfd, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	_text_ struct text w = { 0 };
	uint64_t start, end;
	const char *lf;
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	r = tail_window(fd, (uint64_t)st.st_size, &w);
	if (r < 0)
		return r;
	lf = w.len ? memrchr(w.at, '\n', w.len) : NULL;
	start = (uint64_t)st.st_size - w.len;
	end = lf ? start + (uint64_t)(lf - w.at) + 1 : start;
	if (!lf && start)
		return -EUCLEAN;
	if (j->fd < 0) {
		ret->torn = (uint64_t)st.st_size - end;
		r = take_file(j, steal_fd(&fd), end, (uint64_t)st.st_size);
	}
	if (r < 0 || !lf)
		return r;
	w.len = (size_t)(end - start);
	r = last_line(&w, start, ret);
	if (r < 0)
		return r;
	str_copy(ret->last.file, name, sizeof(ret->last.file));
	return 1;
}

int journal_open(int dirfd, struct journal **ret, struct journal_end *ret_end)
{
	struct journal *j = xcalloc(1, sizeof(*j));
	struct journal_end end = { 0 };
	struct journal_files files = { 0 };
	int r;

	j->dirfd = dirfd;
	j->fd = -1;
	r = journal_files(dirfd, NULL, &files);
	for (size_t i = files.n; r == 0 && i-- > 0;)
		r = recover_file(j, files.name[i], &end);
	if (r >= 0 && files.n) {
		str_copy(j->file, files.name[files.n - 1], sizeof(j->file));
		if (fsync(dirfd) < 0)
			r = -errno;
		j->named = true;
	}
	journal_files_fini(&files);
	if (r >= 0)
		r = sealer_open(dirfd, &end.last, &j->sealer, &end.chain);
	if (r < 0) {
		journal_close(j);
		return r;
	}
	end.seq += end.chain.missing;
	*ret = j;
	*ret_end = end;
	return 0;
}

struct journal *journal_close(struct journal *j)
{
	if (j) {
		close_fd(&j->fd);
		text_fini(&j->batch);
		sealer_close(j->sealer);
		free(j);
	}
	return NULL;
}

void journal_file_at(uint64_t us, char ret[32])
{
	time_t s = (time_t)((us < EVENT_TIME_MAX ? us : EVENT_TIME_MAX) / 1000000);
	struct tm tm;

	gmtime_r(&s, &tm);
	strftime(ret, 32, "%Y-%m-%dT%H.ndjson", &tm);
}

/* choose_file() - for a batch that begins now */
static void choose_file(struct journal *j, uint64_t now_us)
{
	char name[sizeof(j->file)];

	journal_file_at(now_us, name);
	if (strcmp(name, j->file) <= 0)
		return;
	close_fd(&j->fd);
	j->fd = -1;
	j->size = 0;
	j->torn = j->named = false;
	str_copy(j->file, name, sizeof(j->file));
}

int journal_add(struct journal *j, uint64_t now_us, const char *line, size_t len, struct place *ret_at)
{
	struct place at;

	if (len < 3 || len > LINE_BYTES_MAX - LINE_SEAL_MAX || line[0] != '{' || line[len - 2] != '}' ||
	    memchr(line, '\n', len) != line + len - 1)
		return -EINVAL;
	if (j->batch.len + len + LINE_SEAL_MAX > JOURNAL_BATCH_MAX)
		return -ENOBUFS;
	if (!j->batch.len && !j->torn)
		choose_file(j, now_us);
	memcpy(at.file, j->file, sizeof(at.file));
	at.offset = j->size + j->batch.len;
	sealer_add(j->sealer, (struct span){ line, len }, &at, &j->batch);
	*ret_at = at;
	return 0;
}

static int open_file(struct journal *j)
{
	_fd_ int fd = openat(j->dirfd, j->file, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0640);
	struct stat st;

	if (fd < 0 || fchmod(fd, 0640) < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size)
		return -EUCLEAN;	/* newer than our newest, and not ours */
	j->fd = steal_fd(&fd);
	return 0;
}

static int write_batch(struct journal *j)
{
	int r = file_write_at(j->fd, j->batch.at, j->batch.len, j->size);

	return r < 0 ? r : fdatasync(j->fd) < 0 ? -errno : 0;
}

int journal_sync(struct journal *j)
{
	int r = 0;

	if (!j->batch.len)
		return sealer_sync(j->sealer);
	if (j->fd < 0)
		r = open_file(j);
	if (r == 0)
		r = cut(j);
	if (r == 0) {
		j->torn = true;
		r = write_batch(j);
	}
	if (r == 0 && !j->named && fsync(j->dirfd) < 0)
		r = -errno;
	if (r < 0) {
		if (j->fd >= 0)
			cut(j);		/* if even that fails: before the next attempt */
		return r;
	}
	j->torn = false;
	j->named = true;
	j->size += j->batch.len;
	text_clear(&j->batch);
	return sealer_sync(j->sealer);	/* not before: the state never knows more than the journal holds */
}

size_t journal_waiting(const struct journal *j)
{
	return j->batch.len;
}
