/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "objectives.h"

#include <errno.h>
#include <string.h>

#include "base/glob.h"
#include "base/mem.h"
#include "config.h"
#include "model/event.h"
#include "node.h"
#include "value.h"

enum { NAME_MAX_BYTES = 60, PATTERN_MAX = 256, MAX_PATTERNS = 64 };

/* One objective being read. */
struct reading {
	struct objectives *all;
	struct objective *one;
	struct diag *d;
};

static void complain(struct reading *r, const struct node *n, const char *what, const char *words)
{
	diag_add(r->d, n->line, n->column, "%s: %s", what, words);
}

static const char *scalar(struct reading *r, const struct node *n, const char *key)
{
	if (n->kind == NODE_SCALAR)
		return n->text;
	diag_add(r->d, n->line, n->column, "%s: expected one value, not %s", key, node_kind_name(n));
	return NULL;
}

/* items() - a single value or a list as @ret[0..] */
static size_t items(const struct node *const *n, const struct node *const **ret)
{
	if ((*n)->kind != NODE_LIST) {
		*ret = n;
		return 1;
	}
	*ret = (const struct node *const *)(*n)->child;
	return (*n)->n;
}

static int64_t keep_text(struct reading *r, const struct node *n, const char *s)
{
	int64_t at = objectives_add_text(r->all, s);

	if (at < 0)
		complain(r, n, "objectives", "all texts together are longer than 48 KiB");
	return at;
}

static void read_name(struct reading *r, const struct node *n)
{
	const char *s = scalar(r, n, "name");
	int64_t at;

	if (!s)
		return;
	if (!value_is_words(s) || strlen(s) > NAME_MAX_BYTES) {
		complain(r, n, "name", "expected printable words, at most 60 bytes");
		return;
	}
	at = keep_text(r, n, s);
	r->one->name = at < 0 ? 0 : (uint32_t)at;
}

static void read_severity(struct reading *r, const struct node *n)
{
	const char *s = scalar(r, n, "severity");
	int v = s ? severity_find(s) : -1;

	if (v >= 0)
		r->one->severity = (uint8_t)v;
	else if (s)
		diag_add(r->d, n->line, n->column,
			 "severity: expected clear, information, warning, priority or critical, not %s", s);
}

static void read_session(struct reading *r, const struct node *n)
{
	const char *s = scalar(r, n, "session");

	if (s && strcmp(s, "required") && strcmp(s, "any"))
		diag_add(r->d, n->line, n->column, "session: expected required or any, not %s", s);
	r->one->anyone = s && !strcmp(s, "any");
}

static void unknown(struct reading *r, const struct node *n, const char *what, const char *const *known, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (value_near(n->text, known[i])) {
			diag_add(r->d, n->line, n->column, "unknown %s %s; did you mean %s?", what, n->text, known[i]);
			return;
		}
	diag_add(r->d, n->line, n->column, "unknown %s %s", what, n->text);
}

static void read_kinds(struct reading *r, const struct node *n)
{
	const char *known[EV_KINDS];
	const struct node *const *item;
	size_t count = items(&n, &item);

	for (int k = 0; k < EV_KINDS; k++)
		known[k] = event_kind_name(k);
	for (size_t i = 0; i < count; i++) {
		const char *s = scalar(r, item[i], "kind");
		int k = s ? event_kind_find(s) : 0;

		if (!s)
			continue;
		if (k < 0)
			unknown(r, item[i], "kind of event", known, nitems(known));
		else if (k == EV_FINDING)
			complain(r, item[i], "kind", "a finding cannot be what findings are made of");
		else
			r->one->kinds |= 1ull << k;
	}
	if (!count)
		complain(r, n, "kind", "expected at least one kind of event");
}

/* read_pattern() - false after a complaint */
static bool read_pattern(struct reading *r, const struct node *n, const char *key)
{
	const char *s = scalar(r, n, key);

	if (!s)
		return false;
	if (!*s || strlen(s) > PATTERN_MAX || !glob_is_sound(s)) {
		complain(r, n, key, "expected a pattern of 1 to 256 bytes, every [ closed and no \\ at its end");
		return false;
	}
	return keep_text(r, n, s) >= 0;
}

static void read_condition(struct reading *r, const struct node *key, const struct node *value, bool unless)
{
	struct condition c = { .unless = unless, .at = r->all->text_len };
	const char *known[SUBJECTS];
	const struct node *const *item;
	size_t count = items(&value, &item);
	int subject = subject_find(key->text);

	for (size_t i = 0; i < SUBJECTS; i++)
		known[i] = subject_key((enum subject)i);
	if (subject < 0) {
		unknown(r, key, "key", known, nitems(known));
		return;
	}
	if (!count || count > MAX_PATTERNS || r->one->n == MAX_CONDITIONS) {
		complain(r, value, key->text, "expected 1 to 64 patterns, and at most 6 conditions in all");
		return;
	}
	c.subject = (uint8_t)subject;
	for (size_t i = 0; i < count; i++)
		if (!read_pattern(r, item[i], key->text))
			return;
	c.n = (uint16_t)count;
	r->one->condition[r->one->n++] = c;
}

static bool is_key(struct reading *r, const struct node *n)
{
	if (n->kind != NODE_SCALAR)
		diag_add(r->d, n->line, n->column, "expected a key, not %s", node_kind_name(n));
	return n->kind == NODE_SCALAR;
}

static void read_conditions(struct reading *r, const struct node *n, bool unless)
{
	if (n->kind != NODE_MAP) {
		complain(r, n, unless ? "unless" : "when", "expected a mapping of what to patterns");
		return;
	}
	for (size_t i = 0; i < n->n; i += 2)
		if (is_key(r, n->child[i]))
			read_condition(r, n->child[i], n->child[i + 1], unless);
}

static void read_when(struct reading *r, const struct node *n)
{
	read_conditions(r, n, false);
}

static void read_unless(struct reading *r, const struct node *n)
{
	read_conditions(r, n, true);
}

static const struct {
	const char *key;
	void (*read)(struct reading *r, const struct node *n);
	bool required;
} keys[] = {
	{ "name", read_name, true },	   { "severity", read_severity, true }, { "kind", read_kinds, true },
	{ "session", read_session, false }, { "when", read_when, false },	{ "unless", read_unless, false },
};

static int key_find(const char *s)
{
	for (size_t i = 0; i < nitems(keys); i++)
		if (!strcmp(keys[i].key, s))
			return (int)i;
	return -ENOENT;
}

static void read_objective(struct reading *r, const struct node *n)
{
	const char *known[nitems(keys)];
	unsigned seen = 0;

	if (n->kind != NODE_MAP) {
		complain(r, n, "objectives", "expected a mapping with name, severity and kind");
		return;
	}
	for (size_t i = 0; i < nitems(keys); i++)
		known[i] = keys[i].key;
	for (size_t i = 0; i < n->n; i += 2) {
		const struct node *key = n->child[i];
		int k;

		if (!is_key(r, key))
			continue;
		k = key_find(key->text);
		if (k < 0)
			unknown(r, key, "key", known, nitems(known));
		else if (seen & BIT(k))
			complain(r, key, key->text, "stands here twice");
		else
			keys[k].read(r, n->child[i + 1]);
		seen |= k < 0 ? 0 : BIT(k);
	}
	for (size_t i = 0; i < nitems(keys); i++)
		if (keys[i].required && !(seen & BIT(i)))
			complain(r, n, keys[i].key, "is missing");
}

static void read_all(struct objectives *o, const struct node *root, struct diag *d)
{
	const struct node *list = root->kind == NODE_MAP ? node_get(root, "objectives") : NULL;

	if (!list || root->n != 2 || list->kind != NODE_LIST) {
		diag_add(d, root->line, root->column, "expected one key, objectives, with a list");
		return;
	}
	for (size_t i = 0; i < list->n; i++) {
		struct reading r = { .all = o, .d = d };

		if (o->n == MAX_OBJECTIVES) {
			diag_add(d, list->child[i]->line, list->child[i]->column,
				 "too many: %d objectives in all files together", MAX_OBJECTIVES);
			return;
		}
		r.one = &o->at[o->n++];
		*r.one = (struct objective){ 0 };
		read_objective(&r, list->child[i]);
	}
}

int objectives_read(const char *text, size_t n, struct objectives *o, struct diag *d)
{
	_free_ struct objectives *all = xcalloc(1, sizeof(*all));
	_node_ struct node *root = NULL;
	size_t before = d->n;

	*all = *o;
	root = node_read(text, n, d);
	if (root)
		read_all(all, root, d);
	diag_sort(d);
	if (!root || d->n != before)
		return -EINVAL;
	*o = *all;
	return 0;
}

int objectives_load(const char *path, struct objectives *o, struct diag *d)
{
	_text_ struct text text = { 0 };
	int r = config_text(path, &text);

	if (r < 0) {
		diag_add(d, 0, 0, "cannot be read: %s", strerror(-r));
		return r;
	}
	return objectives_read(text_str(&text), text.len, o, d);
}

void objectives_document(struct text *ret)
{
	text_add(ret, ".SS Kinds\n");
	for (int k = 0; k < EV_KINDS; k++) {
		if (k == EV_FINDING)
			continue;
		text_addf(ret, ".TP\n.B %s\n", event_kind_name(k));
		config_man(ret, event_kind_doc(k));
		text_addc(ret, '\n');
	}
	text_add(ret, ".SS What patterns are held against\n");
	for (int s = 0; s < SUBJECTS; s++) {
		text_addf(ret, ".TP\n.B %s\n", subject_key(s));
		config_man(ret, subject_doc(s));
		text_add(ret, ".\n");
	}
}
