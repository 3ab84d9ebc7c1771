/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading the journal: works beside its writer, whose last line may be half there. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "journal.h"
#include "journal_files.h"
#include "line.h"

struct scan {
	struct place at;	/* of the line that is being read */
	uint64_t len;		/* bytes of it so far */
	struct text line;	/* the same bytes, as long as they are not too many */
	journal_fn *fn;
	void *arg;
};

static bool name_is_ours(const char *s)
{
	static const char form[] = "dddd-dd-ddTdd.ndjson";

	for (size_t i = 0; i < sizeof(form); i++)
		if (form[i] == 'd' && i < 13 ? s[i] < '0' || s[i] > '9' : s[i] != form[i])
			return false;
	return true;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

struct listing {
	struct journal_files files;
	const char *from;
};

static int add_name(void *arg, const char *name)
{
	struct listing *l = arg;
	struct journal_files *f = &l->files;

	if (!name_is_ours(name) || (l->from && strcmp(name, l->from) < 0))
		return 0;
	f->name = xrealloc(f->name, f->n + 1, sizeof(*f->name));
	str_copy(f->name[f->n++], name, sizeof(*f->name));
	return 0;
}

int journal_files(int dirfd, const char *from, struct journal_files *ret)
{
	struct listing l = { .from = from };
	int r = folder_each(dirfd, add_name, &l);

	if (r < 0) {
		journal_files_fini(&l.files);
		return r;
	}
	if (l.files.n)
		qsort(l.files.name, l.files.n, sizeof(*l.files.name), by_name);
	*ret = l.files;
	return 0;
}

void journal_files_fini(struct journal_files *f)
{
	free(f->name);
	*f = (struct journal_files){ 0 };
}

static int report(struct scan *s, bool whole)
{
	int r;

	s->at.len = s->len < UINT32_MAX ? (uint32_t)s->len : UINT32_MAX;
	if (whole && s->len == s->line.len)
		r = s->fn(s->arg, &s->at, text_str(&s->line), s->line.len - 1);
	else
		r = s->fn(s->arg, &s->at, NULL, 0);
	s->at.offset += s->len;
	s->len = 0;
	text_clear(&s->line);
	return r;
}

static int scan_bytes(struct scan *s, const char *b, size_t n)
{
	int r = 0;

	while (n && !r) {
		const char *lf = memchr(b, '\n', n);
		size_t piece = lf ? (size_t)(lf - b) + 1 : n;

		s->len += piece;
		if (s->len <= LINE_BYTES_MAX)
			text_addn(&s->line, b, piece);
		if (lf)
			r = report(s, true);
		b += piece;
		n -= piece;
	}
	return r;
}

static int scan_file(struct scan *s, int dirfd, const char *name, uint64_t offset, bool newest)
{
	_fd_ int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	char b[16 * 1024];
	ssize_t n;
	int r = 0;

	if (fd < 0)
		return -errno;
	str_copy(s->at.file, name, sizeof(s->at.file));
	s->at.offset = offset;
	s->len = 0;
	text_clear(&s->line);
	while (!r && (n = pread(fd, b, sizeof(b), (off_t)(s->at.offset + s->len))) != 0) {
		if (n > 0)
			r = scan_bytes(s, b, (size_t)n);
		else if (errno != EINTR)
			return -errno;
	}
	return !r && s->len && !newest ? report(s, false) : r;
}

int journal_scan(int dirfd, const char *file, uint64_t offset, journal_fn *fn, void *arg)
{
	struct scan s = { .fn = fn, .arg = arg };
	struct journal_files files;
	int r = journal_files(dirfd, file, &files);

	if (r < 0)
		return r;
	for (size_t i = 0; i < files.n && !r; i++) {
		bool here = file && !strcmp(files.name[i], file);

		r = scan_file(&s, dirfd, files.name[i], here ? offset : 0, i + 1 == files.n);
	}
	text_fini(&s.line);
	journal_files_fini(&files);
	return r;
}

int journal_scan_file(int dirfd, const char *name, bool newest, journal_fn *fn, void *arg)
{
	struct scan s = { .fn = fn, .arg = arg };
	int r = scan_file(&s, dirfd, name, 0, newest);

	text_fini(&s.line);
	return r;
}

int journal_read(int dirfd, const struct place *at, struct text *t)
{
	_fd_ int fd = name_is_ours(at->file) ? openat(dirfd, at->file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC) : -1;
	_free_ char *b = NULL;
	ssize_t n;

	if (!name_is_ours(at->file) || !at->len || at->len > LINE_BYTES_MAX)
		return -ENODATA;
	if (fd < 0)
		return -errno;
	b = xcalloc(at->len, 1);
	do
		n = pread(fd, b, at->len, (off_t)at->offset);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if ((size_t)n != at->len || memchr(b, '\n', at->len) != b + at->len - 1)
		return -ENODATA;
	text_addn(t, b, at->len);
	return 0;
}
