/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "facts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

/* grow() - room for one element more in an array that doubles */
static void *grow(void *array, size_t n, size_t size)
{
	return n & (n - 1) ? array : xrealloc(array, n ? n * 2 : 1, size);
}

struct reading {
	char *at, *end;
};

/* take_line() - the next line, ended by a NUL; NULL at the end */
static char *take_line(struct reading *r)
{
	char *line = r->at, *end = memchr(r->at, '\n', (size_t)(r->end - r->at));

	if (!end)
		return NULL;
	*end = '\0';
	r->at = end + 1;
	return line;
}

static bool take_text(struct reading *r, size_t len, struct span *ret)
{
	if ((size_t)(r->end - r->at) <= len || r->at[len] != '\n')
		return false;
	*ret = (struct span){ r->at, len };
	r->at[len] = '\0';
	r->at += len + 1;
	return true;
}

static bool read_package(struct facts *f, const char *line)
{
	struct fact_package p = { 0 };
	long long released;

	if (sscanf(line, "%79s %11s %79s %lld", p.name, p.arch, p.version, &released) != 4)
		return false;
	p.released_s = released;
	f->package = grow(f->package, f->n_packages, sizeof(*f->package));
	f->package[f->n_packages++] = p;
	return true;
}

static bool read_path(struct facts *f, char *line)
{
	struct fact_path p = { 0 };
	int at = 0;

	if (!strncmp(line, "- ", 2)) {
		p.folder = true;
		at = 2;
	} else {
		unsigned long long size;

		if (sscanf(line, "%llu %n", &size, &at) != 1)
			return false;
		p.size = size;
	}
	p.path = line + at;
	f->path = grow(f->path, f->n_paths, sizeof(*f->path));
	f->path[f->n_paths++] = p;
	return p.path[0] == '/';
}

static bool read_text(struct facts *f, struct reading *r, char *line)
{
	struct fact_text t = { 0 };
	size_t len;
	int at = 0;

	if (sscanf(line, "%zu %n", &len, &at) != 1 || !take_text(r, len, &t.text))
		return false;
	t.path = line + at;
	f->text = grow(f->text, f->n_texts, sizeof(*f->text));
	f->text[f->n_texts++] = t;
	return t.path[0] == '/';
}

static bool read_file(struct facts *f, struct reading *r, char *line)
{
	struct fact_file x = { 0 };
	size_t len;
	int at = 0;

	if (sscanf(line, "%o %32s %32s %zu %n", &x.mode, x.user, x.group, &len, &at) != 4 || !take_text(r, len, &x.text))
		return false;
	x.path = line + at;
	f->file = grow(f->file, f->n_files, sizeof(*f->file));
	f->file[f->n_files++] = x;
	return x.path[0] == '/' && !(x.mode & ~07777u);
}

static bool read_account(struct facts *f, const char *line)
{
	struct fact_account a = { 0 };

	if (sscanf(line, "%32s %32s %129s %79[^\n:]", a.name, a.group, a.hash, a.words) != 4)
		return false;
	f->account = grow(f->account, f->n_accounts, sizeof(*f->account));
	f->account[f->n_accounts++] = a;
	return true;
}

static bool read_record(struct facts *f, struct reading *r, char *line)
{
	char *rest = strchr(line, ' ');

	if (!rest)
		return false;
	*rest++ = '\0';
	return !strcmp(line, "package") ? read_package(f, rest) : !strcmp(line, "path") ? read_path(f, rest) :
	       !strcmp(line, "text") ? read_text(f, r, rest) : !strcmp(line, "file") ? read_file(f, r, rest) :
	       !strcmp(line, "account") && read_account(f, rest);
}

int facts_read(struct span records, struct facts *ret)
{
	struct facts f = { .line = xcalloc(records.len + 1, 1) };
	struct reading r = { f.line, f.line + records.len };
	bool good = true;
	char *line;

	if (records.len)
		memcpy(f.line, records.at, records.len);
	while (good && (line = take_line(&r)))
		good = read_record(&f, &r, line);
	if (!good || r.at != r.end) {
		facts_fini(&f);
		return -EBADMSG;
	}
	*ret = f;
	return 0;
}

void facts_fini(struct facts *f)
{
	free(f->line);
	free(f->package);
	free(f->path);
	free(f->text);
	free(f->file);
	free(f->account);
	*f = (struct facts){ 0 };
}

const struct fact_package *facts_package(const struct facts *f, const char *name)
{
	for (size_t i = 0; i < f->n_packages; i++)
		if (!strcmp(f->package[i].name, name))
			return &f->package[i];
	return NULL;
}

struct span facts_text(const struct facts *f, const char *path)
{
	for (size_t i = 0; i < f->n_texts; i++)
		if (!strcmp(f->text[i].path, path))
			return f->text[i].text;
	return (struct span){ "", 0 };
}

bool facts_next(struct span *left, struct span *ret_line)
{
	const char *end = left->len ? memchr(left->at, '\n', left->len) : NULL;
	size_t n = end ? (size_t)(end - left->at) : left->len;

	if (!left->len)
		return false;
	*ret_line = (struct span){ left->at, n };
	*left = (struct span){ left->at + n + !!end, left->len - n - !!end };
	return true;
}

struct span facts_line(const struct facts *f, const char *path, const char *name)
{
	struct span left = facts_text(f, path), line;
	size_t n = strlen(name);

	while (facts_next(&left, &line))
		if (line.len > n && line.at[n] == ':' && !memcmp(line.at, name, n))
			return line;
	return left;
}

struct span facts_field(struct span s, unsigned n)
{
	while (n-- && s.len) {
		const char *colon = memchr(s.at, ':', s.len);
		size_t skip = colon ? (size_t)(colon - s.at) + 1 : s.len;

		s = (struct span){ s.at + skip, s.len - skip };
	}
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] == ':')
			s.len = i;
	return s;
}

uint32_t facts_number(struct span s)
{
	uint32_t v = 0;

	for (size_t i = 0; i < s.len && s.at[i] >= '0' && s.at[i] <= '9'; i++)
		v = v * 10 + (uint32_t)(s.at[i] - '0');
	return v;
}
