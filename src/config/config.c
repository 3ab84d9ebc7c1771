/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "schema.h"

/* @folder: see struct reader */
static int read_whole(const char *text, size_t n, const char *folder, struct honeynet *ret, struct diag *d)
{
	_free_ struct honeynet *net = xcalloc(1, sizeof(*net));
	_free_ struct reader *r = xcalloc(1, sizeof(*r));
	_node_ struct node *root = NULL;
	size_t before = d->n;

	r->d = d;
	r->net = net;
	r->folder = folder;
	root = node_read(text, n, d);
	if (root)
		section_read(r, &honeynet_section, root, net, 0);
	diag_sort(d);
	if (!root || d->n != before)
		return -EINVAL;
	*ret = *net;
	return 0;
}

int config_read(const char *text, size_t n, struct honeynet *ret, struct diag *d)
{
	return read_whole(text, n, NULL, ret, d);
}

int config_text(const char *path, struct text *ret)
{
	_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	r = file_read(fd, MAX_FILE + 1, ret);	/* one byte more than is allowed: config_read() says it */
	return r == -EFBIG ? 0 : r;
}

int config_load(const char *path, struct honeynet *ret, struct diag *d)
{
	_text_ struct text text = { 0 };
	_free_ char *copy = xstrdup(path), *folder = realpath(dirname(copy), NULL);
	int r = config_text(path, &text);

	if (r < 0) {
		diag_add(d, 0, 0, "cannot be read: %s", strerror(-r));
		return r;
	}
	return read_whole(text_str(&text), text.len, folder, ret, d);
}

int config_store(const char *value, struct honeynet *n, struct diag *d)
{
	static const struct field field = { "store", &type_store, .size = sizeof(n->store) };
	const struct node node = { NODE_SCALAR, .text = (char *)value };
	_free_ struct reader *r = xcalloc(1, sizeof(*r));
	size_t before = d->n;

	r->d = d;
	field.type->read(r, &node, &field, n->store);
	return d->n == before ? 0 : -EINVAL;
}

void config_man(struct text *t, const char *s)
{
	for (; *s; s++)
		text_addf(t, *s == '\\' || *s == '-' ? "\\%c" : "%c", *s);
}

static void document_field(struct text *t, const struct field *f)
{
	_text_ struct text form = { 0 };

	field_form(f, &form);
	text_addf(t, ".TP\n.B %s\n", f->key);
	config_man(t, f->doc);
	text_add(t, "\nValid: ");
	config_man(t, text_str(&form));
	text_add(t, ".\n");
	if (f->required)
		text_add(t, "Required.\n");
	else if (f->standard || f->derived) {
		text_add(t, "Default: ");
		config_man(t, f->standard ? f->standard : f->derived);
		text_add(t, ".\n");
	} else
		text_add(t, "Optional.\n");
}

static void document_section(struct text *t, const struct section *s)
{
	text_addf(t, ".SS %s\n", s->title);
	config_man(t, s->doc);
	text_addc(t, '\n');
	for (size_t i = 0; i < s->n; i++)
		document_field(t, &s->field[i]);
	for (size_t i = 0; i < s->n; i++)
		if (s->field[i].section)
			document_section(t, s->field[i].section);
}

void config_document(struct text *ret)
{
	document_section(ret, &honeynet_section);
}
