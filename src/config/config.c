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

/* What processes, namespaces and rings are made with. */
#define FIXED(section_, key_, member) \
	{ section_, key_, offsetof(struct honeynet, member), sizeof(((struct honeynet *)0)->member) }
static const struct { const char *section, *key; size_t at, size; } fixed[] = {
	FIXED(NULL, "name", name),
	{ NULL, "network", offsetof(struct honeynet, network), 2 * sizeof(uint32_t) },	/* and its prefix */
	{ NULL, "network6", offsetof(struct honeynet, network6), sizeof(addr_number) + sizeof(uint32_t) },	/* likewise */
	FIXED(NULL, "uplink", uplink), FIXED("firewall", "name", firewall_name),
	FIXED("firewall", "address", firewall_address), FIXED(NULL, "store", store),
	FIXED("capture", "when_full", capture.when_full), FIXED("capture", "ring", capture.ring_mb),
	FIXED("containment", "destinations", containment.destinations),
	FIXED("packets", "enabled", packets.enabled), FIXED("packets", "buffer", packets.buffer_mb),
};

_Static_assert(offsetof(struct honeynet, prefix) == offsetof(struct honeynet, network) + sizeof(uint32_t) &&
	       offsetof(struct honeynet, prefix6) == offsetof(struct honeynet, network6) + sizeof(addr_number),
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

/* is_same() - honeypot @h runs, and stays what it is */
static bool is_same(const struct honeynet *now, const struct honeypot *h)
{
	uint32_t i;

	return honeypot_find(now, h->name, &i) == 0 && honeypot_same(&now->honeypot[i], h);
}

/* stays() - honeypot @i of @next and its instances, if it has or had any, are those that run */
static bool stays(const struct honeynet *now, const struct honeynet *next, uint32_t i)
{
	bool any = next->honeypot[i].instances.max, same = is_same(now, &next->honeypot[i]);
	uint32_t was;

	if (honeypot_find(now, next->honeypot[i].name, &was) == 0)
		any |= now->honeypot[was].instances.max || now->honeypot[was].is_instance;
	for (uint32_t k = 0; k < next->n_honeypots; k++)
		if (next->honeypot[k].is_instance && next->honeypot[k].instance_of == i)
			same &= is_same(now, &next->honeypot[k]);
	return same || !any;
}

/* Claims on instances are the kernel's, by place and address: who has instances runs on as it is. */
static void look_at_instances(const struct node *root, const struct honeynet *now, const struct honeynet *next, struct diag *d)
{
	static const char words[] = "while the honeynet runs: skep down, then skep up";
	const struct node *list = node_get(root, "honeypots");
	uint32_t at;

	for (uint32_t i = 0; i < next->n_honeypots; i++) {
		const struct node *n = next->honeypot[i].is_instance ? NULL : node_get(list->child[i], "instances");

		if (next->honeypot[i].is_instance || stays(now, next, i))
			continue;
		n = n ? n : list->child[i];
		diag_add(d, n->line, n->column, "%s: who has instances, or had any, cannot come or change %s",
			 next->honeypot[i].name, words);
	}
	for (uint32_t i = 0; i < now->n_honeypots; i++)
		if (honeypot_there(now, i) && now->honeypot[i].instances.max && honeypot_find(next, now->honeypot[i].name, &at) < 0)
			diag_add(d, list->line, list->column, "%s: who has instances cannot go %s", now->honeypot[i].name, words);
}

/* read_text() - @now: as what it runs; NULL. @folder: see struct reader */
static int read_text(const char *text, size_t n, const char *folder, const struct honeynet *now, bool keep_store,
		     struct honeynet *ret, struct diag *d)
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
	if (root && d->n == before)
		nat_look(root, net, d);
	if (now)
		net->containment.tagged = now->containment.tagged;
	if (keep_store)
		memcpy(net->store, now->store, sizeof(net->store));
	if (root && now && d->n == before) {
		look_at_fixed(root, now, net, d);
		look_at_instances(root, now, net, d);
	}
	diag_sort(d);
	if (!root || d->n != before)
		return -EINVAL;
	*ret = *net;
	return 0;
}

int config_read(const char *text, size_t n, struct honeynet *ret, struct diag *d)
{
	return read_text(text, n, NULL, NULL, false, ret, d);
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
	_free_ char *copy = xstrdup(path), *folder = realpath(dirname(copy), NULL);
	int r = config_text(path, &text);

	if (r < 0) {
		diag_add(d, 0, 0, "cannot be read: %s", strerror(-r));
		return r;
	}
	return read_text(text_str(&text), text.len, folder, now, keep_store, ret, d);
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
