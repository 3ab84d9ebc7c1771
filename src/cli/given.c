/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "given.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "roles/words.h"

enum { LIST_MAX = 16 << 20 };

struct item {
	const char *path;
	char kind[8], hash[65];
	long long at_s, size;
	unsigned mode, uid, gid;
};

struct given {
	struct text text;
	struct item *item;
	size_t n;
};

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct item *)a)->path, ((const struct item *)b)->path);
}

static void add_line(struct given *g, char *line)
{
	struct item i = { 0 };
	int at = 0;

	if (sscanf(line, "%lld %7s %o %u %u %lld %64s %n", &i.at_s, i.kind, &i.mode, &i.uid, &i.gid, &i.size, i.hash, &at) != 7 || !at)
		return;
	i.path = line + at;
	if (!(g->n & (g->n - 1)))
		g->item = xrealloc(g->item, g->n ? g->n * 2 : 1, sizeof(*g->item));
	g->item[g->n++] = i;
}

struct given *given_read(const char *disk)
{
	_free_ char *path = xasprintf("%s" WORDS_GIVEN, disk);
	_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct given *g = xcalloc(1, sizeof(*g));
	char *left, *line;

	if (fd < 0 || file_read(fd, LIST_MAX, &g->text) < 0)
		return g;
	left = g->text.at;
	while ((line = strsep(&left, "\n")))
		add_line(g, line);
	if (g->n)
		qsort(g->item, g->n, sizeof(*g->item), by_path);
	return g;
}

void given_free(struct given **g)
{
	if (*g) {
		text_fini(&(*g)->text);
		free((*g)->item);
	}
	free(*g);
}

static bool is_text(const json_t *o, const char *key, const char *want)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s && !strcmp(s, want);
}

static bool is_number(const json_t *o, const char *key, long long want)
{
	const json_t *v = json_object_get(o, key);

	return json_is_integer(v) && json_integer_value(v) == want;
}

static bool has_owner_and_mode(const json_t *file, const struct item *i)
{
	char mode[8];

	snprintf(mode, sizeof(mode), "%04o", i->mode);
	return is_text(file, "mode", mode) && is_number(file, "uid", i->uid) && is_number(file, "gid", i->gid);
}

/* What was not added differs in these; contents only if they are told by their hash. */
static bool differs_in(const json_t *line, const char *what)
{
	const json_t *differs = json_object_get(line, "differs"), *d;
	size_t n;

	json_array_foreach(differs, n, d)
		if (!strcmp(json_string_value(d) ? json_string_value(d) : "", what))
			return true;
	return false;
}

bool given_has(const struct given *g, const json_t *line)
{
	const json_t *file = json_object_get(line, "file"), *hash = json_object_get(file, "hash");
	const char *path = json_string_value(json_object_get(file, "path"));
	const struct item want = { .path = path }, *i;

	if (!path || !g->n || is_text(line, "change", "removed"))
		return false;
	i = bsearch(&want, g->item, g->n, sizeof(want), by_path);
	if (!i || (!is_text(file, "type", "dir") && !is_number(file, "mtime", i->at_s)))
		return false;
	if (!strcmp(i->kind, "time"))
		return json_array_size(json_object_get(line, "differs")) == 1 && differs_in(line, "mtime");
	if (!has_owner_and_mode(file, i))
		return false;
	if (!strcmp(i->kind, "folder"))
		return is_text(file, "type", "dir");
	return is_text(file, "type", "file") && is_number(file, "size", i->size) &&
	       (is_text(hash, "sha256", i->hash) || (is_text(line, "change", "changed") && !differs_in(line, "content")));
}
