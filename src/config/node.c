/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From text to tree. The bytes are looked at before libfyaml sees them (UTF-8, no control bytes),
 * and libfyaml is used for its events only: the tree is ours, so its bounds are too.
 */
#include "node.h"

#include <libfyaml.h>
#include <stdbool.h>
#include <string.h>

#include "base/mem.h"

struct builder {
	struct diag *d;
	struct node *root;
	struct node *open[MAX_DEPTH];	/* lent: the root owns them */
	size_t depth, nodes, documents;
	bool stop;			/* a complaint was made after which nothing makes sense */
};

struct node *node_free(struct node *n)
{
	if (!n)
		return NULL;
	for (size_t i = 0; i < n->n; i++)
		node_free(n->child[i]);		/* not deeper than MAX_DEPTH */
	free(n->child);
	free(n->text);
	free(n);
	return NULL;
}

const struct node *node_get(const struct node *map, const char *key)
{
	for (size_t i = 0; i + 1 < map->n; i += 2)
		if (map->child[i]->kind == NODE_SCALAR && !strcmp(map->child[i]->text, key))
			return map->child[i + 1];
	return NULL;
}

const char *node_kind_name(const struct node *n)
{
	static const char *const names[] = {
		[NODE_SCALAR] = "one value", [NODE_LIST] = "a list", [NODE_MAP] = "a mapping",
	};

	return n->kind == NODE_SCALAR && !n->text[0] ? "nothing" : names[n->kind];
}

static void complain(struct builder *b, const struct fy_mark *m, const char *what)
{
	uint32_t line = m && m->line >= 0 ? (uint32_t)m->line + 1 : 1;
	uint32_t column = m && m->column >= 0 ? (uint32_t)m->column + 1 : 1;

	diag_add(b->d, line, column, "%s", what);
	b->stop = true;
}

static struct node *add(struct builder *b, enum node_kind kind, const struct fy_mark *m)
{
	struct node *up = b->depth ? b->open[b->depth - 1] : NULL, *n;

	if (b->nodes++ == MAX_NODES) {
		complain(b, m, "too much: a honeynet file has at most 400000 keys and values");
		return NULL;
	}
	if (!up && b->root) {	/* libfyaml sees to that; we do not depend on it */
		complain(b, m, "expected the end of the file");
		return NULL;
	}
	n = xcalloc(1, sizeof(*n));
	n->kind = kind;
	n->line = m && m->line >= 0 ? (uint32_t)m->line + 1 : 1;
	n->column = m && m->column >= 0 ? (uint32_t)m->column + 1 : 1;
	if (!up) {
		b->root = n;
		return n;
	}
	if (!m && up->n) {	/* a value that is not there stands where its key stands */
		n->line = up->child[up->n - 1]->line;
		n->column = up->child[up->n - 1]->column;
	}
	if (!(up->n & (up->n - 1)))
		up->child = xrealloc(up->child, up->n ? up->n * 2 : 1, sizeof(struct node *));
	up->child[up->n++] = n;
	return n;
}

static void open_node(struct builder *b, enum node_kind kind, const struct fy_mark *m)
{
	struct node *n;

	if (b->depth == MAX_DEPTH) {
		complain(b, m, "nested too deep: a honeynet file needs 5 levels");
		return;
	}
	n = add(b, kind, m);
	if (n)
		b->open[b->depth++] = n;
}

/* scalar_text() - chunk by chunk: fy_token_get_text() of 0.7.12 leaks when it misjudges the length */
static void scalar_text(struct fy_token *token, struct text *ret)
{
	struct fy_token_iter *it = token ? fy_token_iter_create(token) : NULL;
	const struct fy_iter_chunk *c = NULL;

	while (it && (c = fy_token_iter_chunk_next(it, c, NULL)))
		text_addn(ret, c->str, c->len);
	if (it)
		fy_token_iter_destroy(it);
}

static void add_scalar(struct builder *b, struct fy_event *e, const struct fy_mark *m)
{
	_text_ struct text t = { 0 };
	struct node *n = add(b, NODE_SCALAR, m);

	if (!n)
		return;
	scalar_text(e->scalar.value, &t);
	n->text = xstrdup(text_str(&t));
	if (strlen(n->text) != t.len)	/* "\0" in double quotes */
		complain(b, m, "expected text without NUL bytes");
}

static void take_event(struct builder *b, struct fy_event *e)
{
	const struct fy_mark *m = fy_event_start_mark(e);

	if (m && m->line < 0)
		m = NULL;
	if (e->type == FYET_ALIAS || fy_event_get_anchor_token(e)) {
		complain(b, m, "anchors (&) and aliases (*) are not allowed: write the value out, or quote it");
		return;
	}
	if (fy_event_get_tag_token(e)) {
		complain(b, m, "tags (!) are not allowed: write the plain value, or quote it");
		return;
	}
	switch (e->type) {
	case FYET_DOCUMENT_START:
		if (b->documents++)
			complain(b, m, "expected the end of the file: it holds one document");
		break;
	case FYET_SCALAR:
		add_scalar(b, e, m);
		break;
	case FYET_SEQUENCE_START:
		open_node(b, NODE_LIST, m);
		break;
	case FYET_MAPPING_START:
		open_node(b, NODE_MAP, m);
		break;
	case FYET_SEQUENCE_END:
	case FYET_MAPPING_END:
		b->depth -= b->depth > 0;
		break;
	default:
		break;
	}
}

/* look_at_bytes() - true if every byte is text: UTF-8 without control bytes */
static bool look_at_bytes(const char *s, size_t n, struct diag *d)
{
	uint32_t line = 1;
	size_t begin = 0;	/* of the line */

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];
		size_t end = i;

		while (end < n && (unsigned char)s[end] >= 0x80)
			end++;
		if (end > i) {
			_text_ struct text safe = { 0 };

			text_safe(&safe, s + i, end - i);	/* changes what is not UTF-8 */
			if (safe.len != end - i) {
				diag_add(d, line, (uint32_t)(i - begin) + 1, "expected UTF-8 text");
				return false;
			}
			i = end - 1;
		} else if (c == '\n') {
			line++;
			begin = i + 1;
		} else if (c == 0x7f || (c < 0x20 && c != '\t' && c != '\r')) {
			diag_add(d, line, (uint32_t)(i - begin) + 1, "expected text, not the control byte 0x%02x", c);
			return false;
		}
	}
	return true;
}

static void be_quiet(struct fy_diag *diag, void *user, const char *buf, size_t len)
{
	(void)diag, (void)user, (void)buf, (void)len;
}

static struct fy_diag *open_diag(void)
{
	struct fy_diag_cfg cfg;
	struct fy_diag *f;

	fy_diag_cfg_default(&cfg);
	cfg.fp = NULL;
	cfg.output_fn = be_quiet;
	cfg.level = FYET_ERROR;
	f = fy_diag_create(&cfg);
	if (f)
		fy_diag_set_collect_errors(f, true);
	return f;
}

static void take_errors(struct builder *b, struct fy_diag *f)
{
	struct fy_diag_error *e;
	void *at = NULL;
	size_t before = b->d->n;

	while ((e = fy_diag_errors_iterate(f, &at)))
		diag_add(b->d, e->line > 0 ? (uint32_t)e->line : 1, e->column > 0 ? (uint32_t)e->column : 1,
			 "YAML: %s", e->msg);
	if (b->d->n == before)
		diag_add(b->d, 1, 1, "YAML: cannot be read");
	b->stop = true;
}

static void parse(struct builder *b, struct fy_parser *p, struct fy_diag *f, const char *text, size_t n)
{
	struct fy_event *e;

	if (fy_parser_set_string(p, text, n)) {
		take_errors(b, f);
		return;
	}
	while (!b->stop && (e = fy_parser_parse(p))) {
		take_event(b, e);
		fy_parser_event_free(p, e);
	}
	if (!b->stop && fy_parser_get_stream_error(p))
		take_errors(b, f);
}

struct node *node_read(const char *text, size_t n, struct diag *d)
{
	struct builder b = { .d = d };
	struct fy_diag *f;
	struct fy_parser *p;

	if (n > MAX_FILE) {
		diag_add(d, 0, 0, "too large: a honeynet file has at most 4 MiB");
		return NULL;
	}
	if (!look_at_bytes(text, n, d))
		return NULL;
	f = open_diag();
	p = fy_parser_create(&(struct fy_parse_cfg){ .flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG, .diag = f });
	if (f && p)
		parse(&b, p, f, text, n);
	if (p)
		fy_parser_destroy(p);
	if (f)
		fy_diag_destroy(f);
	if (!b.stop && !b.root)
		diag_add(d, 1, 1, "expected a honeynet, the file is empty");
	if (b.stop)
		b.root = node_free(b.root);
	return b.root;
}
