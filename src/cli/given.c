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
	bool seen;
};

struct given {
	struct text text;
	struct item *item;
	size_t n, told;		/* of those that were removed, up to here */
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

static bool differs_in(const json_t *line, const char *what)
{
	const json_t *differs = json_object_get(line, "differs"), *d;
	size_t n;

	json_array_foreach(differs, n, d)
		if (!strcmp(json_string_value(d) ? json_string_value(d) : "", what))
			return true;
	return false;
}

static json_t *file_of(const struct item *i)
{
	bool is_file = !strcmp(i->kind, "file");
	char mode[8];

	snprintf(mode, sizeof(mode), "%04o", i->mode);
	return json_pack("{s:s,s:s,s:s,s:i,s:i,s:I,s:I}", "path", i->path, "type", is_file ? "file" : "dir", "mode", mode, "uid",
			 (int)i->uid, "gid", (int)i->gid, "size", (json_int_t)(is_file ? i->size : 0), "mtime", (json_int_t)i->at_s);
}

/* Its contents are told by their hash, unless they are the image's still. */
static bool has_contents(const json_t *line, const struct item *i)
{
	const json_t *hash = json_object_get(json_object_get(line, "file"), "hash");

	return hash ? is_text(hash, "sha256", i->hash) : !differs_in(line, "content");
}

static json_t *differences(const json_t *line, const struct item *i)
{
	const json_t *file = json_object_get(line, "file");
	json_t *differs = json_array();
	bool is_file = !strcmp(i->kind, "file");
	char mode[8];

	snprintf(mode, sizeof(mode), "%04o", i->mode);
	if (!is_text(file, "mode", mode))
		json_array_append_new(differs, json_string("mode"));
	if (!is_number(file, "uid", i->uid) || !is_number(file, "gid", i->gid))
		json_array_append_new(differs, json_string("owner"));
	if (is_file && !is_number(file, "size", i->size))
		json_array_append_new(differs, json_string("size"));
	if (is_file && !is_number(file, "mtime", i->at_s))
		json_array_append_new(differs, json_string("mtime"));
	if (is_file && !has_contents(line, i))
		json_array_append_new(differs, json_string("content"));
	return differs;
}

static struct item *find(struct given *g, const json_t *line)
{
	const struct item want = { .path = json_string_value(json_object_get(json_object_get(line, "file"), "path")) };

	return want.path && g->n ? bsearch(&want, g->item, g->n, sizeof(want), by_path) : NULL;
}

bool given_amend(struct given *g, json_t *line)
{
	const json_t *file = json_object_get(line, "file");
	struct item *i = find(g, line);
	json_t *differs;

	if (!i)
		return true;
	i->seen = true;
	if (!strcmp(i->kind, "time"))	/* of that file all but the time is the image's */
		return !(json_array_size(json_object_get(line, "differs")) == 1 && differs_in(line, "mtime") &&
			 is_number(file, "mtime", i->at_s));
	if (is_text(line, "change", "removed") || !is_text(file, "type", !strcmp(i->kind, "file") ? "file" : "dir"))
		return true;
	differs = differences(line, i);
	if (!json_array_size(differs)) {
		json_decref(differs);
		return false;
	}
	json_object_set_new(line, "change", json_string("changed"));
	json_object_set_new(line, "before", file_of(i));
	json_object_set_new(line, "differs", differs);
	return true;
}

json_t *given_removed(struct given *g)
{
	while (g->told < g->n) {
		const struct item *i = &g->item[g->told++];

		if (!i->seen && !strcmp(i->kind, "file"))
			return json_pack("{s:s,s:o}", "change", "removed", "file", file_of(i));
	}
	return NULL;
}
