/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "schema.h"

/* What processes, namespaces and rings are made with. */
#define FIXED(section_, key_, member) \
	{ section_, key_, offsetof(struct honeynet, member), sizeof(((struct honeynet *)0)->member) }
static const struct { const char *section, *key; size_t at, size; } fixed[] = {
	FIXED(NULL, "name", name),
	{ NULL, "network", offsetof(struct honeynet, network), 2 * sizeof(uint32_t) },	/* and its prefix */
	FIXED(NULL, "uplink", uplink), FIXED("firewall", "name", firewall_name),
	FIXED("firewall", "address", firewall_address), FIXED(NULL, "store", store),
	FIXED("capture", "when_full", capture.when_full), FIXED("capture", "ring", capture.ring_mb),
	FIXED("packets", "enabled", packets.enabled), FIXED("packets", "buffer", packets.buffer_mb),
};

_Static_assert(offsetof(struct honeynet, prefix) == offsetof(struct honeynet, network) + sizeof(uint32_t),
	       "the prefix is not behind the network");

/* place_of() - of the value, or of what it is missing in */
static const struct node *place_of(const struct node *root, const char *section, const char *key)
{
	const struct node *in = section ? node_get(root, section) : root, *value = in ? node_get(in, key) : NULL;

	return value ? value : in ? in : root;
}

static void look_at_fixed(const struct node *root, const struct honeynet *now, const struct honeynet *next, struct diag *d)
{
	for (size_t i = 0; i < nitems(fixed); i++) {
		const struct node *n = place_of(root, fixed[i].section, fixed[i].key);

		if (memcmp((const char *)now + fixed[i].at, (const char *)next + fixed[i].at, fixed[i].size))
			diag_add(d, n->line, n->column, "%s%s%s: cannot change while the honeynet runs: skep down, then "
				 "skep up", fixed[i].section ? fixed[i].section : "", fixed[i].section ? ": " : "", fixed[i].key);
	}
}

/* read_text() - @now: as what it runs; NULL */
static int read_text(const char *text, size_t n, const struct honeynet *now, bool keep_store, struct honeynet *ret,
		     struct diag *d)
{
	_free_ struct honeynet *net = xcalloc(1, sizeof(*net));
	_free_ struct reader *r = xcalloc(1, sizeof(*r));
	_node_ struct node *root = NULL;
	size_t before = d->n;

	r->d = d;
	r->net = net;
	root = node_read(text, n, d);
	if (root)
		section_read(r, &honeynet_section, root, net, 0);
	if (keep_store)
		memcpy(net->store, now->store, sizeof(net->store));
	if (root && now && d->n == before)
		look_at_fixed(root, now, net, d);
	diag_sort(d);
	if (!root || d->n != before)
		return -EINVAL;
	*ret = *net;
	return 0;
}

int config_read(const char *text, size_t n, struct honeynet *ret, struct diag *d)
{
	return read_text(text, n, NULL, false, ret, d);
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

static int load(const char *path, const struct honeynet *now, bool keep_store, struct honeynet *ret, struct diag *d)
{
	_text_ struct text text = { 0 };
	int r = config_text(path, &text);

	if (r < 0) {
		diag_add(d, 0, 0, "cannot be read: %s", strerror(-r));
		return r;
	}
	return read_text(text_str(&text), text.len, now, keep_store, ret, d);
}

int config_load(const char *path, struct honeynet *ret, struct diag *d)
{
	return load(path, NULL, false, ret, d);
}

int config_again(const char *path, const struct honeynet *now, bool keep_store, struct honeynet *ret, struct diag *d)
{
	return load(path, now, keep_store, ret, d);
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
