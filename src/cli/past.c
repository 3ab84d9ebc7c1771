/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "past.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "content/content.h"
#include "guest/tree.h"
#include "roles/words.h"
#include "state.h"

enum { TABLE_MAX = 1 << 20, STATUS_MAX = 16 << 20 };

/* --- the seed --------------------------------------------------------------------------------- */

static char *identity_path(const struct plan *p, uint32_t i, const char *what)
{
	return xasprintf("%s/identity/%s.%s", p->state, p->net.honeypot[i].name, what);
}

static int read_whole(const char *path, size_t max, struct text *ret)
{
	_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : file_read(fd, max, ret);
}

/* As the honeynet file has it, else as it was, else by chance; an instance has that of its honeypot, which comes before it. */
static int keep_seed(const struct plan *p, uint32_t i, uint8_t ret[CONTENT_SEED])
{
	const struct honeypot *h = &p->net.honeypot[i];
	const char *words = h->seed;
	_free_ char *path = identity_path(p, i, "seed");
	_text_ struct text t = { 0 };
	char hex[2 * CONTENT_SEED + 1];
	int r = *words ? -ENOENT : words_seed(p, h->is_instance ? h->instance_of : i, ret);

	if ((r < 0 && r != -ENOENT) || (r == 0 && !h->is_instance))
		return r;
	if (*words)
		crypto_generichash(ret, CONTENT_SEED, (const uint8_t *)words, strlen(words), NULL, 0);
	else if (r < 0)
		randombytes_buf(ret, CONTENT_SEED);
	text_addf(&t, "%s\n", sodium_bin2hex(hex, sizeof(hex), ret, CONTENT_SEED));
	return file_replace(path, &t);
}

/* --- the image -------------------------------------------------------------------------------- */

struct image {
	struct tree *tree;
	int64_t made_s;			/* its first packages were unpacked */
	struct text *facts;
	struct release { char *name; int64_t at_s; } *release;
	size_t n_releases;
};

static int text_of(struct tree *t, const char *path, size_t max, struct text *ret)
{
	_fd_ int fd = memfd_create("text", MFD_CLOEXEC);
	int r = fd < 0 ? -errno : tree_copy(t, path, fd);

	if (r == 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = -errno;
	return r < 0 ? r : file_read(fd, max, ret);
}

#define INFO "/var/lib/dpkg/info/"
#define SUMS ".md5sums"

/* begins() - whether @path is below the folder @folder, which ends in a slash */
static bool begins(const char *path, const char *folder)
{
	return !strncmp(path, folder, strlen(folder));
}

static bool ends(const char *path, const char *end)
{
	size_t n = strlen(path), m = strlen(end);

	return n >= m && !strcmp(path + n - m, end);
}

/* The files that a package brings have the date of its publication, its list that of its installation. */
static void note_release(struct image *im, const struct tree_file *f)
{
	const char *name = f->path + strlen(INFO);
	size_t n = strlen(name), architecture = strcspn(name, ":");

	if (!strcmp(f->path, INFO "dpkg.list"))
		im->made_s = f->mtime_s;
	if (!ends(name, SUMS))
		return;
	n = architecture < n ? architecture : n - strlen(SUMS);
	if (!(im->n_releases & (im->n_releases - 1)))
		im->release = xrealloc(im->release, im->n_releases ? im->n_releases * 2 : 1, sizeof(*im->release));
	im->release[im->n_releases++] = (struct release){ xasprintf("%.*s", (int)n, name), f->mtime_s };
}

static int look_at_package(void *arg, const struct tree_file *f)
{
	if (begins(f->path, INFO))
		note_release(arg, f);
	return 0;
}

static int64_t release_of(const struct image *im, const char *package)
{
	for (size_t i = 0; i < im->n_releases; i++)
		if (!strcmp(im->release[i].name, package))
			return im->release[i].at_s;
	return 0;
}

/* Files of the company, which may be older than the image. */
static bool is_work(const char *path)
{
	return begins(path, "/var/www/") || begins(path, "/srv/") || begins(path, "/var/roxen/");
}

static bool is_plain(const char *path)
{
	for (; *path; path++)
		if (!isgraph((unsigned char)*path) && *path != ' ')
			return false;
	return true;
}

/* What was made with the image has its date; what it brought has older ones, and keeps them. */
static bool is_of_that_day(const struct image *im, const struct tree_file *f)
{
	static const char *const below[] = { "/etc/", "/home/", "/root/", "/opt/", "/var/", "/usr/local/" };
	static const char *const itself[] = { "/etc", "/home", "/root", "/srv", "/opt", "/var", "/usr/bin", "/usr/sbin", "/usr/lib",
					      "/usr/share", "/usr/local" };
	bool yes = is_work(f->path);

	if ((!S_ISREG(f->mode) && !S_ISDIR(f->mode)) || !is_plain(f->path) || ends(f->path, "/.updated"))
		return false;
	if (begins(f->path, INFO))
		return ends(f->path, ".list");
	for (size_t i = 0; i < nitems(below); i++)
		yes = yes || (begins(f->path, below[i]) && f->mtime_s >= im->made_s - 3600);
	for (size_t i = 0; i < nitems(itself); i++)
		yes = yes || !strcmp(f->path, itself[i]);
	return yes;
}

static int look_at_file(void *arg, const struct tree_file *f)
{
	struct image *im = arg;

	if (!is_of_that_day(im, f))
		return 0;
	if (S_ISDIR(f->mode))
		text_addf(im->facts, "path - %s\n", f->path);
	else
		text_addf(im->facts, "path %llu %s\n", (unsigned long long)f->size, f->path);
	return 0;
}

static int add_text(struct image *im, const char *path)
{
	_text_ struct text t = { 0 };
	int r = text_of(im->tree, path, TABLE_MAX, &t);

	if (r == -ENOENT || r == -EISDIR)
		return 0;		/* the past will lack what it is for */
	if (r < 0)
		return r;
	text_addf(im->facts, "text %zu %s\n", t.len, path);
	text_addn(im->facts, text_str(&t), t.len);
	text_addc(im->facts, '\n');
	return 0;
}

static int look_at_table(void *arg, const struct tree_file *f)
{
	return S_ISREG(f->mode) && is_plain(f->path) && begins(f->path, "/etc/cron.d/") ? add_text(arg, f->path) : 0;
}

static int add_texts(struct image *im)
{
	static const char *const paths[] = { "/etc/debian_version", "/etc/passwd", "/etc/group", "/etc/shadow", "/etc/gshadow",
					     "/etc/crontab", "/etc/skel/.bashrc", "/etc/skel/.profile", "/etc/skel/.bash_logout" };
	int r = 0;

	for (size_t i = 0; r == 0 && i < nitems(paths); i++)
		r = add_text(im, paths[i]);
	return r < 0 ? r : tree_each(im->tree, look_at_table, im);
}

/* value() - of "KEY: value" if the line is that */
static bool value(const char *line, const char *key, char *ret, size_t size)
{
	size_t n = strlen(key);

	return !strncmp(line, key, n) && str_copy(ret, line + n, size);
}

/* dpkg's status: paragraphs of lines, with an empty one between them */
static int add_packages(struct image *im)
{
	char name[80] = "", arch[12] = "", version[80] = "";
	_text_ struct text t = { 0 };
	int r = text_of(im->tree, "/var/lib/dpkg/status", STATUS_MAX, &t);
	char *left = t.at, *line;

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	while ((line = strsep(&left, "\n"))) {
		if (value(line, "Package: ", name, sizeof(name)) || value(line, "Architecture: ", arch, sizeof(arch)) ||
		    value(line, "Version: ", version, sizeof(version)) || *line)
			continue;
		if (*name && *arch && *version)
			text_addf(im->facts, "package %s %s %s %lld\n", name, arch, version, (long long)release_of(im, name));
		*name = *arch = *version = '\0';
	}
	return 0;
}

static int read_image(const char *path, struct text *facts)
{
	_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct image im = { .facts = facts };
	int r = fd < 0 ? -errno : tree_open(fd, &im.tree);

	if (r < 0)
		return r;
	r = tree_each(im.tree, look_at_package, &im);
	if (r == 0)
		r = add_packages(&im);
	if (r == 0)
		r = add_texts(&im);
	if (r == 0)
		r = tree_each(im.tree, look_at_file, &im);
	for (size_t i = 0; i < im.n_releases; i++)
		free(im.release[i].name);
	free(im.release);
	tree_close(im.tree);
	return r;
}

/* --- weaknesses ------------------------------------------------------------------------------- */

/* A recipe says what it is weak in, a name a line; -ENOENT it does not. */
static int recipe_weaknesses(const char *recipe, uint32_t *ret)
{
	_free_ char *below = xasprintf("images/%s/weaknesses", recipe), *path = data_path(below);
	FILE *f = fopen(path, "re");
	char line[128];
	enum weakness w;

	if (!f)
		return -errno;
	for (int number = 1; fgets(line, sizeof(line), f); number++) {
		line[strcspn(line, "#\n")] = '\0';
		if (!*line)
			continue;
		if (weakness_find(line, &w) < 0)
			die("%s:%d: %s is no weakness", path, number, line);
		*ret |= BIT(w);
	}
	fclose(f);
	return 0;
}

static int add_weak_file(const char *folder, const char *words, struct text *facts)
{
	char mode[8], user[33], group[33], name[256];
	_free_ char *path = NULL;
	_text_ struct text t = { 0 };
	int r;

	if (sscanf(words, "%7s %32s %32s %255s", mode, user, group, name) != 4)
		return -EBADMSG;
	path = xasprintf("%s/files%s", folder, name);
	r = read_whole(path, TABLE_MAX, &t);
	if (r < 0)
		return r;
	text_addf(facts, "file %s %s %s %zu %s\n", mode, user, group, t.len, name);
	text_addn(facts, text_str(&t), t.len);
	text_addc(facts, '\n');
	return 0;
}

/* need_package() - what a weakness needs of an image; a honeypot that is not weak as it was told to be is none */
static void need_package(const struct plan *p, uint32_t i, enum weakness w, const char *name, const struct text *facts)
{
	_free_ char *line = xasprintf("\npackage %s ", name);

	if (!strstr(text_str(facts), line))
		die("honeypot %s: weakness %s: the image %s has no package %s", p->net.honeypot[i].name, weakness_name(w),
		    p->net.honeypot[i].image, name);
}

static int add_weakness(const struct plan *p, uint32_t i, enum weakness w, struct text *facts)
{
	_free_ char *below = xasprintf("weaknesses/%s", weakness_name(w)), *folder = data_path(below), *path = xasprintf("%s/list", folder);
	_text_ struct text t = { 0 };
	int r = read_whole(path, TABLE_MAX, &t);
	char *left = t.at, *line;

	while (r == 0 && (line = strsep(&left, "\n"))) {
		if (!*line || *line == '#')
			continue;
		if (begins(line, "file "))
			r = add_weak_file(folder, line + 5, facts);
		else if (begins(line, "account "))
			text_addf(facts, "%s\n", line);
		else if (begins(line, "needs "))
			need_package(p, i, w, line + 6, facts);
		else
			r = -EBADMSG;
	}
	return r;
}

static int add_weaknesses(const struct plan *p, uint32_t i, struct text *facts)
{
	const struct honeypot *h = &p->net.honeypot[i];
	uint32_t which = h->weaknesses;
	int r = h->weak_as_given ? 0 : recipe_weaknesses(h->image, &which);

	if (r == -ENOENT)
		return 0;
	for (int w = 0; r == 0 && w < WEAKNESSES_N; w++)
		if (which & BIT(w))
			r = add_weakness(p, i, (enum weakness)w, facts);
	return r;
}

/* --- honeytokens ------------------------------------------------------------------------------ */

static void list_token(void *arg, const struct content_item *item)
{
	struct text *t = arg;

	if (item->kind == CONTENT_TOKEN)
		text_addf(t, "%s\t%.*s\n", item->path, (int)item->data.len, item->data.at);
}

static int list_tokens(const struct plan *p, uint32_t i, const uint8_t seed[CONTENT_SEED], const struct text *facts)
{
	const struct content_of of = { .seed = seed, .net = &p->net, .honeypot = i, .facts = { text_str(facts), facts->len },
				       .release = "", .now_s = (int64_t)(now_us() / 1000000) };
	_free_ char *path = identity_path(p, i, "tokens");
	_text_ struct text t = { 0 };
	int r = content_make(&of, list_token, &t);

	return r < 0 ? r : file_replace(path, &t);
}

int past_prepare(const struct plan *p, uint32_t i, const char **ret_what)
{
	_free_ char *path = identity_path(p, i, "facts");
	_text_ struct text facts = { 0 };
	uint8_t seed[CONTENT_SEED];
	int r;

	*ret_what = "seed";
	r = keep_seed(p, i, seed);
	if (r < 0)
		return r;
	*ret_what = "its image";
	r = read_image(p->image[i], &facts);
	if (r < 0)
		return r;
	*ret_what = "weaknesses";
	r = add_weaknesses(p, i, &facts);
	if (r < 0)
		return r;
	*ret_what = "past";
	r = file_replace(path, &facts);
	return r < 0 ? r : list_tokens(p, i, seed, &facts);
}
