/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ext2fs/ext2fs.h>
#include <sodium.h>

#include "base/file.h"
#include "base/mem.h"

enum { FILES_MAX = 1000000, INODES_MAX = 1 << 24, PATH_SIZE = 4096, PIECE = 64 * 1024, LINKS_MAX = 40 };

struct node {
	char *path, *target;
	ext2_ino_t ino;
	struct ext2_inode_large inode;
};

struct tree {
	ext2_filsys fs;
	struct node *node;	/* by path, once it is read */
	size_t n, room;
	uint8_t *seen;		/* folders, by inode: hostile ones may contain each other */
	char path[PATH_SIZE];	/* of what is being read */
	bool too_many;
};

/* --- reading it ------------------------------------------------------------------------------- */

static uint64_t size_of(const struct ext2_inode_large *i)
{
	return (uint64_t)i->i_size_high << 32 | i->i_size;
}

/* One piece of a file, from its beginning on; 0 at its end, or -errno */
static ssize_t next_piece(ext2_file_t f, char b[PIECE])
{
	unsigned n = 0;

	return ext2fs_file_read(f, b, PIECE, &n) ? -EIO : (ssize_t)n;
}

static char *target_of(struct tree *t, ext2_ino_t ino, struct ext2_inode_large *i)
{
	uint64_t size = size_of(i);
	char *target;
	unsigned n = 0;
	ext2_file_t f;

	if (size >= PATH_SIZE)
		return NULL;
	target = xcalloc(size + 1, 1);
	if (ext2fs_is_fast_symlink((struct ext2_inode *)i)) {
		memcpy(target, i->i_block, size < sizeof(i->i_block) ? size : sizeof(i->i_block));
	} else if (ext2fs_file_open(t->fs, ino, 0, &f) == 0) {
		if (ext2fs_file_read(f, target, (unsigned)size, &n))
			n = 0;
		target[n] = '\0';
		ext2fs_file_close(f);
	}
	return target;
}

static struct node *add(struct tree *t, ext2_ino_t ino)
{
	struct node *n;

	if (t->n == t->room) {
		t->room = t->room ? t->room * 2 : 1024;
		t->node = xrealloc(t->node, t->room, sizeof(*t->node));
	}
	n = &t->node[t->n];
	*n = (struct node){ .ino = ino };
	if (ext2fs_read_inode_full(t->fs, ino, (struct ext2_inode *)&n->inode, sizeof(n->inode)))
		return NULL;	/* a name of nothing */
	n->path = xstrdup(t->path);
	if (LINUX_S_ISLNK(n->inode.i_mode))
		n->target = target_of(t, ino, &n->inode);
	t->n++;
	return n;
}

static void read_folder(struct tree *t, ext2_ino_t ino);

static int each_name(struct ext2_dir_entry *e, int offset, int block_size, char *buf, void *arg)
{
	struct tree *t = arg;
	size_t len = (size_t)ext2fs_dirent_name_len(e), before = strlen(t->path);
	const struct node *n;

	(void)offset, (void)block_size, (void)buf;
	if (!e->inode || e->inode > t->fs->super->s_inodes_count || !len || (len <= 2 && !strncmp(e->name, "..", len)) ||
	    memchr(e->name, '\0', len) || before + 1 + len >= sizeof(t->path))
		return 0;
	t->too_many = t->too_many || t->n == FILES_MAX;
	if (t->too_many)
		return DIRENT_ABORT;
	t->path[before] = '/';
	memcpy(t->path + before + 1, e->name, len);
	t->path[before + 1 + len] = '\0';
	n = add(t, e->inode);
	if (n && LINUX_S_ISDIR(n->inode.i_mode))
		read_folder(t, e->inode);
	t->path[before] = '\0';
	return t->too_many ? DIRENT_ABORT : 0;
}

/* Not deeper than a path is long. */
static void read_folder(struct tree *t, ext2_ino_t ino)
{
	if (t->seen[ino / 8] >> ino % 8 & 1)
		return;
	t->seen[ino / 8] |= (uint8_t)(1 << ino % 8);
	ext2fs_dir_iterate(t->fs, ino, 0, NULL, each_name, t);
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct node *)a)->path, ((const struct node *)b)->path);
}

int tree_open(int fd, struct tree **ret)
{
	struct tree *t = xcalloc(1, sizeof(*t));
	char name[16];
	int r = -EUCLEAN;

	snprintf(name, sizeof(name), "%d", fcntl(fd, F_DUPFD_CLOEXEC, 0));	/* the library closes it, also if it fails */
	if (ext2fs_open(name, EXT2_FLAG_64BITS | EXT2_FLAG_IGNORE_CSUM_ERRORS, 0, 0, unixfd_io_manager, &t->fs) == 0 &&
	    t->fs->super->s_inodes_count <= INODES_MAX) {
		t->seen = xcalloc(t->fs->super->s_inodes_count / 8 + 1, 1);
		read_folder(t, EXT2_ROOT_INO);
		r = t->too_many ? -E2BIG : 0;
	}
	if (r < 0) {
		tree_close(t);
		return r;
	}
	if (t->n)
		qsort(t->node, t->n, sizeof(*t->node), by_path);
	*ret = t;
	return 0;
}

void tree_close(struct tree *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->n; i++) {
		free(t->node[i].path);
		free(t->node[i].target);
	}
	free(t->node);
	free(t->seen);
	if (t->fs)
		ext2fs_free(t->fs);
	free(t);
}

/* --- comparing -------------------------------------------------------------------------------- */

/* The library would fill a hole with zeros, petabytes of them. */
static bool is_readable(const struct tree *t, const struct node *n)
{
	return LINUX_S_ISREG(n->inode.i_mode) &&
	       size_of(&n->inode) <= ext2fs_blocks_count(t->fs->super) * t->fs->blocksize;
}

static bool same_contents(struct tree *a, const struct node *x, struct tree *b, const struct node *y)
{
	char p[PIECE], q[PIECE];
	ext2_file_t f = NULL, g = NULL;
	ssize_t n = -1, m = -1;

	if (is_readable(a, x) && is_readable(b, y) && ext2fs_file_open(a->fs, x->ino, 0, &f) == 0 &&
	    ext2fs_file_open(b->fs, y->ino, 0, &g) == 0)
		do {
			n = next_piece(f, p);
			m = next_piece(g, q);
		} while (n > 0 && n == m && !memcmp(p, q, (size_t)n));
	if (f)
		ext2fs_file_close(f);
	if (g)
		ext2fs_file_close(g);
	return n == 0 && m == 0;
}

static bool hash(struct tree *t, const struct node *n, uint8_t ret[32])
{
	crypto_hash_sha256_state s;
	char b[PIECE];
	ext2_file_t f;
	ssize_t k;

	if (!is_readable(t, n) || ext2fs_file_open(t->fs, n->ino, 0, &f))
		return false;
	crypto_hash_sha256_init(&s);
	while ((k = next_piece(f, b)) > 0)
		crypto_hash_sha256_update(&s, (unsigned char *)b, (size_t)k);
	ext2fs_file_close(f);
	crypto_hash_sha256_final(&s, ret);
	return k == 0;
}

static struct tree_file file_of(struct tree *t, const struct node *n, bool with_hash)
{
	const struct ext2_inode_large *i = &n->inode;
	struct tree_file f = {
		.path = n->path, .mode = i->i_mode, .uid = inode_uid(*i), .gid = inode_gid(*i), .size = size_of(i),
		.mtime_s = (int32_t)i->i_mtime + ((int64_t)(i->i_mtime_extra & 3) << 32), .target = n->target,
	};

	if (LINUX_S_ISCHR(i->i_mode) || LINUX_S_ISBLK(i->i_mode))
		f.size = i->i_block[0] ? i->i_block[0] : i->i_block[1];
	else if (LINUX_S_ISDIR(i->i_mode))
		f.size = 0;
	f.hashed = with_hash && hash(t, n, f.sha256);
	return f;
}

int tree_each(struct tree *t, int (*each)(void *arg, const struct tree_file *f), void *arg)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < t->n; i++) {
		struct tree_file f = file_of(t, &t->node[i], false);

		r = each(arg, &f);
	}
	return r;
}

static unsigned differences(struct tree *a, const struct node *x, struct tree *b, const struct node *y)
{
	struct tree_file f = file_of(a, x, false), g = file_of(b, y, false);
	unsigned what = 0;

	what |= f.mode != g.mode ? TREE_MODE : 0;
	what |= f.uid != g.uid || f.gid != g.gid ? TREE_OWNER : 0;
	what |= f.size != g.size ? TREE_SIZE : 0;
	what |= f.mtime_s != g.mtime_s && !LINUX_S_ISDIR(x->inode.i_mode) ? TREE_MTIME : 0;
	what |= f.target && g.target && strcmp(f.target, g.target) ? TREE_TARGET : 0;
	if (LINUX_S_ISREG(x->inode.i_mode) && (what & TREE_SIZE || !same_contents(a, x, b, y)))
		what |= TREE_CONTENT;
	return what;
}

typedef int each_fn(void *arg, const struct tree_file *before, const struct tree_file *after, unsigned what);

static int tell(struct tree *a, const struct node *x, struct tree *b, const struct node *y, unsigned what,
		each_fn *each, void *arg)
{
	struct tree_file before, after;

	if (x)
		before = file_of(a, x, false);
	if (y)
		after = file_of(b, y, !x || what & TREE_CONTENT);
	return each(arg, x ? &before : NULL, y ? &after : NULL, what);
}

static int tell_pair(struct tree *a, const struct node *x, struct tree *b, const struct node *y, each_fn *each, void *arg)
{
	unsigned what;
	int r;

	if ((x->inode.i_mode ^ y->inode.i_mode) & LINUX_S_IFMT) {
		r = tell(a, x, b, NULL, 0, each, arg);
		return r ? r : tell(a, NULL, b, y, 0, each, arg);
	}
	what = differences(a, x, b, y);
	return what ? tell(a, x, b, y, what, each, arg) : 0;
}

int tree_diff(struct tree *a, struct tree *b, each_fn *each, void *arg)
{
	size_t i = 0, k = 0;
	int r = 0;

	while (r == 0 && (i < a->n || k < b->n)) {
		const struct node *x = i < a->n ? &a->node[i] : NULL, *y = k < b->n ? &b->node[k] : NULL;
		int order = !x ? 1 : !y ? -1 : strcmp(x->path, y->path);

		r = order < 0 ? tell(a, x, b, NULL, 0, each, arg) : order > 0 ? tell(a, NULL, b, y, 0, each, arg) :
		    tell_pair(a, x, b, y, each, arg);
		i += order <= 0;
		k += order >= 0;
	}
	return r;
}

/* --- one file --------------------------------------------------------------------------------- */

static struct node *node_at(struct tree *t, const char *path)
{
	struct node want = { .path = (char *)path };

	return t->n ? bsearch(&want, t->node, t->n, sizeof(want), by_path) : NULL;
}

int tree_find(struct tree *t, const char *path, struct tree_file *ret)
{
	_free_ char *at = xstrdup(""), *rest = xstrdup(path);
	const struct node *n = NULL;
	int links = 0;

	for (size_t skip, len; skip = strspn(rest, "/"), len = strcspn(rest + skip, "/"), len;) {
		_free_ char *was = at, *left = rest;

		rest = xstrdup(left + skip + len);
		at = NULL;
		if (len <= 2 && !strncmp(left + skip, "..", len)) {
			at = xasprintf("%.*s", len == 2 && strrchr(was, '/') ? (int)(strrchr(was, '/') - was) : (int)strlen(was), was);
			continue;
		}
		at = xasprintf("%s/%.*s", was, (int)len, left + skip);
		n = node_at(t, at);
		if (!n || (n->target && ++links > LINKS_MAX))
			return n ? -ELOOP : -ENOENT;
		if (n->target) {
			_free_ char *behind = rest;

			free(at);
			at = xstrdup(n->target[0] == '/' ? "" : was);
			rest = xasprintf("%s/%s", n->target, behind);
		}
	}
	n = node_at(t, at);
	if (!n)
		return -ENOENT;
	*ret = file_of(t, n, false);
	return 0;
}

/* open_regular() - 0 and *@ret, or -errno */
static int open_regular(struct tree *t, const char *path, ext2_file_t *ret)
{
	const struct node *n = node_at(t, path);

	if (!n)
		return -ENOENT;
	if (!LINUX_S_ISREG(n->inode.i_mode))
		return -EISDIR;
	if (!is_readable(t, n))
		return -EFBIG;
	return ext2fs_file_open(t->fs, n->ino, 0, ret) ? -EIO : 0;
}

int tree_head(struct tree *t, const char *path, char *ret, unsigned n)
{
	unsigned got = 0;
	ext2_file_t f;
	int r = open_regular(t, path, &f);

	if (r < 0)
		return r;
	r = ext2fs_file_read(f, ret, n, &got) ? -EIO : (int)got;
	ext2fs_file_close(f);
	return r;
}

int tree_copy(struct tree *t, const char *path, int to)
{
	char b[PIECE];
	ext2_file_t f;
	ssize_t k;
	int r = open_regular(t, path, &f);

	if (r < 0)
		return r;
	while (r == 0 && (k = next_piece(f, b)) != 0)
		r = k < 0 ? (int)k : file_write(to, b, (size_t)k);
	ext2fs_file_close(f);
	return r;
}
