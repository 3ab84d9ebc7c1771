/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables: addresses in a file of their own, one a line. What is wrong in it is said at the key that names it. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/mem.h"
#include "config.h"
#include "schema.h"
#include "value.h"

struct table_reader {
	struct reader *r;
	const struct node *at;		/* the key's value */
	const char *path;
	struct addresses *to;
};

static const char blanks[] = " \t\r";

/* take_line() - a line without its line feed, of at most @n bytes */
static void take_line(struct table_reader *t, const char *s, size_t n, uint32_t line)
{
	struct honeynet *net = t->r->net;
	const char *comment = memchr(s, '#', n);
	struct address_range one;
	char word[64] = "";
	size_t lead = 0;

	n = comment ? (size_t)(comment - s) : n;
	while (lead < n && strchr(blanks, s[lead]) && s[lead])
		lead++;
	while (n > lead && strchr(blanks, s[n - 1]) && s[n - 1])
		n--;
	if (lead == n)
		return;
	if (n - lead < sizeof(word))
		memcpy(word, s + lead, n - lead);
	if (strlen(word) != n - lead || !value_range(word, &one.first, &one.last))
		diag_add(t->r->d, t->at->line, t->at->column, "%s:%u:%zu: expected %s, not \"%.64s\"", t->path, line, lead + 1,
			 "an address, a network without host bits or a range", *word ? word : "more than 63 characters");
	else if (net->n_ranges == MAX_RANGES)
		diag_add(t->r->d, t->at->line, t->at->column, "%s:%u:%zu: expected at most %d addresses, networks and ranges in all",
			 t->path, line, lead + 1, MAX_RANGES);
	else
		net->range[net->n_ranges++] = one;
}

static void take_lines(struct table_reader *t, const char *s, size_t n)
{
	const char *end = s + n;

	t->to->first = t->r->net->n_ranges;
	for (uint32_t line = 1; s < end; line++) {
		const char *feed = memchr(s, '\n', (size_t)(end - s)), *stop = feed ? feed : end;

		take_line(t, s, (size_t)(stop - s), line);
		s = stop + 1;
	}
	t->to->n = t->r->net->n_ranges - t->to->first;
}

static int read_whole(const char *path, struct text *ret)
{
	_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	return S_ISREG(st.st_mode) ? file_read(fd, MAX_FILE, ret) : S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
}

static void read_table(struct reader *r, const struct node *n, const struct field *f, void *at)
{
	_free_ char *path = NULL;
	_text_ struct text text = { 0 };
	struct table_reader t = { .r = r, .at = n, .to = at };
	int error;

	if (n->kind != NODE_SCALAR || !value_is_words(n->text)) {
		field_bad(r, n, f);
		return;
	}
	path = r->folder && n->text[0] != '/' ? xasprintf("%s/%s", r->folder, n->text) : xstrdup(n->text);
	error = read_whole(path, &text);
	t.path = n->text;	/* as it was written: shorter, and enough */
	if (error < 0)
		diag_add(r->d, n->line, n->column, "%s: %s: %s", f->key, n->text, strerror(-error));
	else
		take_lines(&t, text_str(&text), text.len);
}

void table_done(struct reader *r, const struct node *n, void *obj, uint32_t index)
{
	struct addresses *a = obj;

	a->line = n->line;
	object_add(r, n, OBJECT_TABLE, index);
}

const struct type type_table = {
	.read = read_table,
	.expects = "the path of a file, absolute or from the folder of this file on",
};
