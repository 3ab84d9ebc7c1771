/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "disk.h"

enum { META_MAX = 16 * 1024, SAME_SECOND = 9 };

int snapshot_folder(const char *state, const char *pot)
{
	_free_ char *all = xasprintf("%s/" SNAPSHOTS, state), *path = xasprintf("%s/%s", all, pot);
	int fd = -1;

	if ((mkdir(all, 0700) == 0 || errno == EEXIST) && (mkdir(path, 0700) == 0 || errno == EEXIST))
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static char *name_of(const char *id, const char *what)
{
	return xasprintf("%s.%s", id, what);
}

/* Digits, letters and '-' only: it becomes a file's name. */
static bool is_id(const char *id)
{
	size_t n = strspn(id, "0123456789TZ-");

	return n && n < SNAPSHOT_ID && !id[n];
}

/* --- what is written about one ---------------------------------------------------------------- */

static int write_meta(int dir, const struct snapshot *s)
{
	_free_ char *name = name_of(s->id, "json");
	json_t *o = json_pack("{s:I, s:s, s:s}", "at_us", (json_int_t)s->at_us, "label", s->label, "image", s->image);
	_free_ char *text = o ? json_dumps(o, JSON_INDENT(2)) : NULL;
	_fd_ int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int r = fd < 0 ? -errno : !text ? -EILSEQ : file_write(fd, text, strlen(text));

	json_decref(o);
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	if (r < 0 && fd >= 0)
		unlinkat(dir, name, 0);
	return r;
}

static int read_meta(int dir, struct snapshot *s)
{
	_free_ char *name = name_of(s->id, "json");
	_fd_ int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	_text_ struct text t = { 0 };
	int r = fd < 0 ? -errno : file_read(fd, META_MAX, &t);
	const char *label = "", *image = "";
	json_int_t at = 0;
	json_t *o;

	if (r < 0)
		return r;
	o = json_loadb(text_str(&t), t.len, JSON_REJECT_DUPLICATES, NULL);
	if (!o || json_unpack(o, "{s:I, s:s, s:s}", "at_us", &at, "label", &label, "image", &image) < 0 || at < 0 ||
	    !str_copy(s->label, label, sizeof(s->label)) || !str_copy(s->image, image, sizeof(s->image)))
		r = -EBADMSG;
	s->at_us = (uint64_t)at;
	json_decref(o);
	return r;
}

int snapshot_find(int dir, const char *id, struct snapshot *ret)
{
	_free_ char *name = name_of(id, "disk");
	struct stat st;

	memset(ret, 0, sizeof(*ret));
	if (!is_id(id) || !str_copy(ret->id, id, sizeof(ret->id)))
		return -ENOENT;
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	ret->bytes = (uint64_t)st.st_blocks * 512;
	return read_meta(dir, ret);
}

/* --- all of them ------------------------------------------------------------------------------ */

struct list {
	int dir;
	struct snapshot *at;
	size_t n;
};

/* What is written about a disk is written last: without it there is no snapshot. */
static int add(void *arg, const char *name)
{
	struct list *l = arg;
	const char *end = strrchr(name, '.');
	char id[SNAPSHOT_ID] = "";

	if (!end || strcmp(end, ".json") || (size_t)(end - name) >= sizeof(id))
		return 0;
	memcpy(id, name, (size_t)(end - name));
	l->at = xrealloc(l->at, l->n + 1, sizeof(*l->at));
	if (snapshot_find(l->dir, id, &l->at[l->n]) == 0)
		l->n++;
	return 0;
}

static int by_time(const void *a, const void *b)
{
	return strcmp(((const struct snapshot *)a)->id, ((const struct snapshot *)b)->id);
}

int snapshot_list(int dir, struct snapshot **ret, size_t *ret_n)
{
	struct list l = { .dir = dir };
	int r = folder_each(dir, add, &l);

	if (l.n)
		qsort(l.at, l.n, sizeof(*l.at), by_time);
	*ret = l.at;
	*ret_n = l.n;
	return r;
}

/* --- what is done ----------------------------------------------------------------------------- */

static void name_it(struct snapshot *s, unsigned int again)
{
	time_t at = (time_t)(s->at_us / 1000000);
	char stamp[17];		/* "20261124T020512Z" */
	struct tm tm;

	gmtime_r(&at, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &tm);
	if (again)
		snprintf(s->id, sizeof(s->id), "%s-%u", stamp, again + 1);
	else
		snprintf(s->id, sizeof(s->id), "%s", stamp);
}

/* How a disk becomes file @name of the folder: 0, -EEXIST, or -errno. */
typedef int fill_fn(int dir, const char *disk, const char *name);

static int copy_in(int dir, const char *disk, const char *name)
{
	_fd_ int out = openat(dir, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int r = out < 0 ? -errno : disk_copy(disk, out);

	if (r < 0 && out >= 0)
		unlinkat(dir, name, 0);
	return r;
}

static int move_in(int dir, const char *disk, const char *name)
{
	return renameat2(AT_FDCWD, disk, dir, name, RENAME_NOREPLACE) < 0 ? -errno : 0;
}

static int make(int dir, const struct snapshot_of *of, fill_fn *fill, struct snapshot *s)
{
	int r = -EEXIST;

	*s = (struct snapshot){ .at_us = of->at_us };
	if (!str_copy(s->label, of->label, sizeof(s->label)) || !str_copy(s->image, of->image, sizeof(s->image)))
		return -ENAMETOOLONG;
	for (unsigned int again = 0; r == -EEXIST && again < SAME_SECOND; again++) {
		_free_ char *name = NULL;

		name_it(s, again);
		name = name_of(s->id, "disk");
		r = fill(dir, of->disk, name);
		if (r == 0 && (r = write_meta(dir, s)) < 0 && fill == copy_in)
			unlinkat(dir, name, 0);
	}
	return r;
}

int snapshot_take(int dir, const struct snapshot_of *of, struct snapshot *ret)
{
	struct snapshot s;
	int r = make(dir, of, copy_in, &s);

	return r < 0 ? r : snapshot_find(dir, s.id, ret);
}

int snapshot_move(int dir, const struct snapshot_of *of)
{
	struct snapshot s;

	return make(dir, of, move_in, &s);
}

int snapshot_prune(int dir, const char *label, uint32_t keep)
{
	_free_ struct snapshot *s = NULL;
	size_t n = 0;
	int r = snapshot_list(dir, &s, &n);

	for (size_t i = n; i-- > 0 && r == 0;) {
		if (strncmp(s[i].label, label, strlen(label)))
			continue;
		if (keep)
			keep--;
		else
			r = snapshot_remove(dir, &s[i]);
	}
	return r;
}

int snapshot_restore(int dir, const struct snapshot *s, const char *disk)
{
	_free_ char *name = name_of(s->id, "disk"), *from = xasprintf("/proc/self/fd/%d/%s", dir, name);
	_free_ char *to = xasprintf("%s" DISK_NEXT, disk);
	_fd_ int out = unlink(to) < 0 && errno != ENOENT ? -1 : open(to, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int r = out < 0 ? -errno : disk_copy(from, out);

	if (r < 0 && out >= 0)
		unlink(to);
	return r;
}

int snapshot_remove(int dir, const struct snapshot *s)
{
	_free_ char *disk = name_of(s->id, "disk"), *meta = name_of(s->id, "json");

	return unlinkat(dir, meta, 0) < 0 || unlinkat(dir, disk, 0) < 0 ? -errno : 0;
}
