/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "field.h"

#include <string.h>

#include "base/mem.h"
#include "model/store_url.h"
#include "value.h"

void field_form(const struct field *f, struct text *ret)
{
	text_add(ret, f->type->expects);
	for (const struct choice *c = f->choice; c && c->word; c++)
		text_addf(ret, "%s%s", c == f->choice ? "" : c[1].word ? ", " : " or ", c->word);
	if (f->type->unit)
		text_addf(ret, " %llu%s to %llu%s", (unsigned long long)f->min, f->type->unit,
			  (unsigned long long)f->max, f->type->unit);
	if (f->type->note)
		text_add(ret, f->type->note);
}

void field_bad(struct reader *r, const struct node *n, const struct field *f)
{
	_text_ struct text form = { 0 };

	field_form(f, &form);
	if (n->kind == NODE_SCALAR && n->text[0])
		diag_add(r->d, n->line, n->column, "%s: expected %s, not \"%.64s\"", f->key, text_str(&form), n->text);
	else
		diag_add(r->d, n->line, n->column, "%s: expected %s, not %s", f->key, text_str(&form),
			 node_kind_name(n));
}

size_t field_items(struct reader *r, const struct node *n, const struct field *f,
		   const struct node *const **ret)
{
	if (n->kind == NODE_MAP || (n->kind == NODE_SCALAR && !n->text[0]) || (n->kind == NODE_LIST && !n->n)) {
		if (n->kind == NODE_LIST)
			diag_add(r->d, n->line, n->column, "%s: expected at least one, the list is empty", f->key);
		else
			field_bad(r, n, f);
		return 0;
	}
	if (n->kind == NODE_LIST && n->n > f->max) {
		diag_add(r->d, n->child[f->max]->line, n->child[f->max]->column, "%s: expected at most %llu",
			 f->key, (unsigned long long)f->max);
		return 0;
	}
	if (n->kind == NODE_LIST)
		*ret = (const struct node *const *)n->child;
	return n->kind == NODE_LIST ? n->n : 1;
}

static void read_number(struct reader *r, const struct node *n, const struct field *f, void *at)
{
	uint64_t v;

	if (n->kind == NODE_SCALAR && f->type->number(n->text, &v) && v >= f->min && v <= f->max)
		*(uint32_t *)at = (uint32_t)v;
	else
		field_bad(r, n, f);
}

static void read_ring(struct reader *r, const struct node *n, const struct field *f, void *at)
{
	uint32_t v = 1;

	read_number(r, n, f, &v);
	if (v & (v - 1))
		field_bad(r, n, f);
	else
		*(uint32_t *)at = v;
}

static void read_text(struct reader *r, const struct node *n, const struct field *f, void *at)
{
	if (n->kind != NODE_SCALAR || !f->type->check(n->text) || !str_copy(at, n->text, f->size))
		field_bad(r, n, f);
}

/* read_image() - a path that is not absolute begins at the file's folder */
static void read_image(struct reader *r, const struct node *n, const struct field *f, void *at)
{
	_free_ char *path = NULL;

	if (n->kind == NODE_SCALAR && r->folder && strchr(n->text, '/') && n->text[0] != '/')
		path = xasprintf("%s/%s", r->folder, n->text);
	if (n->kind != NODE_SCALAR || !value_is_image(n->text))
		field_bad(r, n, f);
	else if (!str_copy(at, path ? path : n->text, f->size))
		diag_add(r->d, n->line, n->column, "%s: expected a path of at most %zu characters, counted from /", f->key,
			 f->size - 1);
}

/* read_store() - what is wrong with a server's address is said in its own words */
static void read_store(struct reader *r, const struct node *n, const struct field *f, void *at)
{
	char error[STORE_URL_ERROR];
	struct store_url u;

	if (n->kind == NODE_SCALAR && store_url_is(n->text) && store_url_parse(n->text, &u, error) < 0)
		diag_add(r->d, n->line, n->column, "%s: %s", f->key, error);
	else
		read_text(r, n, f, at);
}

/* read_texts() - one text or a list of them, each as read_text() */
static void read_texts(struct reader *r, const struct node *n, const struct field *f, void *at)
{
	uint32_t *count = (uint32_t *)((char *)r->net + f->count);
	const struct node *const *item = &n;
	size_t items = field_items(r, n, f, &item);

	for (size_t i = 0; i < items; i++) {
		char *to = (char *)at + *count * f->stride;

		if (item[i]->kind == NODE_SCALAR && f->type->check(item[i]->text) &&
		    str_copy(to, item[i]->text, f->stride))
			++*count;
		else
			field_bad(r, item[i], f);
	}
}

static void read_address(struct reader *r, const struct node *n, const struct field *f, void *at)
{
	if (n->kind != NODE_SCALAR || !value_address(n->text, at))
		field_bad(r, n, f);
}

static void read_mac(struct reader *r, const struct node *n, const struct field *f, void *at)
{
	uint8_t mac[6];

	if (n->kind != NODE_SCALAR || !value_mac(n->text, mac) || !memcmp(mac, (uint8_t[6]){ 0 }, 6))
		field_bad(r, n, f);
	else if (mac[0] & 1)
		diag_add(r->d, n->line, n->column, "%s: expected the address of one machine, \"%s\" is multicast",
			 f->key, n->text);
	else
		memcpy(at, mac, sizeof(mac));
}

static void read_choice(struct reader *r, const struct node *n, const struct field *f, void *at)
{
	for (const struct choice *c = f->choice; n->kind == NODE_SCALAR && c->word; c++) {
		if (!strcmp(n->text, c->word)) {
			if (f->size == sizeof(uint8_t))
				*(uint8_t *)at = (uint8_t)c->value;
			else
				memcpy(at, &c->value, sizeof(c->value));	/* an enum */
			return;
		}
	}
	field_bad(r, n, f);
}

static void read_map(struct reader *r, const struct node *n, const struct field *f, void *at)
{
	section_read(r, f->section, n, at, 0);
}

static void read_list(struct reader *r, const struct node *n, const struct field *f, void *at)
{
	uint32_t *count = (uint32_t *)((char *)r->net + f->count);	/* lists of objects are at the top */

	if (n->kind != NODE_LIST) {
		field_bad(r, n, f);
		return;
	}
	if (n->n < f->min)
		diag_add(r->d, n->line, n->column, "%s: expected at least %llu", f->key, (unsigned long long)f->min);
	for (size_t i = 0; i < n->n; i++) {
		if (i == f->max) {
			diag_add(r->d, n->child[i]->line, n->child[i]->column, "%s: expected at most %llu", f->key,
				 (unsigned long long)f->max);
			return;
		}
		*count = (uint32_t)i + 1;
		section_read(r, f->section, n->child[i], (char *)at + i * f->stride, (uint32_t)i);
	}
}

const struct type type_name = {
	.read = read_text,
	.expects = "a name of at most 31 letters, digits, - or _ that begins with a letter",
	.check = value_is_name,
};
const struct type type_image = {
	.read = read_image,
	.expects = "a recipe's name of at most 31 lower-case letters, digits, - or _, or a path with a /",
};
const struct type type_hostname = {
	.read = read_text,
	.expects = "a host name of at most 63 letters, digits, - or .",
	.check = value_is_hostname,
};
const struct type type_count = {
	.read = read_number,
	.expects = "a number from",
	.unit = "",
	.number = value_count,
};
const struct type type_seconds = {
	.read = read_number,
	.expects = "a duration such as 90s, 30m, 1h or 1d, from",
	.unit = "s",
	.number = value_seconds,
};
const struct type type_mebibytes = {
	.read = read_number,
	.expects = "a size such as 96 MiB or 1 GiB, from",
	.unit = " MiB",
	.number = value_mebibytes,
};
const struct type type_ring = {
	.read = read_ring,
	.expects = "a power of two such as 64 MiB or 1 GiB, from",
	.unit = " MiB",
	.number = value_mebibytes,
};
const struct type type_per_second = {
	.read = read_number,
	.expects = "a rate such as 500/s, from",
	.unit = "/s",
	.number = value_per_second,
};
const struct type type_bandwidth = {
	.read = read_number,
	.expects = "a rate such as 512 KiB/s or 10 MiB/s, from",
	.unit = " KiB/s",
	.number = value_kibibytes_per_second,
};
const struct type type_address = {
	.read = read_address,
	.expects = "an IPv4 address such as 10.10.10.80",
};
const struct type type_mac = {
	.read = read_mac,
	.expects = "a MAC address such as 52:54:00:0a:0a:50",
};
const struct type type_choice = {
	.read = read_choice,
	.expects = "",
};
const struct type type_uplink = {
	.read = read_choice,
	.expects = "",
	.note = " (nat, route and bridge come later)",
};
const struct type type_path = {
	.read = read_text,
	.expects = "an absolute path of at most 255 characters",
	.check = value_is_path,
};
const struct type type_paths = {
	.read = read_texts,
	.expects = "an absolute path of at most 255 characters, or a list of them",
	.check = value_is_path,
};
const struct type type_words = {
	.read = read_text,
	.expects = "at most 255 printable characters",
	.check = value_is_words,
};
const struct type type_seed = {
	.read = read_text,
	.expects = "at most 63 printable characters",
	.check = value_is_words,
};
const struct type type_comment = {
	.read = read_text,
	.expects = "at most 95 printable characters",
	.check = value_is_words,
};
const struct type type_dns = {
	.read = read_text,
	.expects = "a host name of at most 253 letters, digits, - or .",
	.check = value_is_hostname,
};
const struct type type_store = {
	.read = read_store,
	.expects = "sqlite, mariadb or mariadb://USER@HOST:PORT/DATABASE?OPTIONS of at most 255 characters",
	.check = value_is_store,
};
const struct type type_url = {
	.read = read_text,
	.expects = "an address such as scheme://host:port of at most 255 characters",
	.check = value_is_url,
};
const struct type type_mail = {
	.read = read_text,
	.expects = "a mail address of at most 255 characters",
	.check = value_is_mail,
};
const struct type type_map = {
	.read = read_map,
	.expects = "a mapping",
};
const struct type type_list = {
	.read = read_list,
	.expects = "a list of",
	.unit = "",
	.note = " mappings",
};

static void list_keys(const struct section *s, struct text *ret)
{
	for (size_t i = 0; i < s->n; i++)
		text_addf(ret, "%s%s", i ? ", " : "", s->field[i].key);
}

static void unknown_key(struct reader *r, const struct section *s, const struct node *key)
{
	_text_ struct text keys = { 0 };
	const char *near = NULL;

	list_keys(s, &keys);
	if (key->kind != NODE_SCALAR) {
		diag_add(r->d, key->line, key->column, "expected one of the keys %s, not %s", text_str(&keys),
			 node_kind_name(key));
		return;
	}
	for (size_t i = 0; !near && i < s->n; i++)
		if (value_near(key->text, s->field[i].key))
			near = s->field[i].key;
	diag_add(r->d, key->line, key->column, "unknown key \"%.64s\"%s%s%s valid here: %s", key->text,
		 near ? ", did you mean \"" : "", near ? near : "", near ? "\"?" : ";", text_str(&keys));
}

/* look_at_keys() - each key is one of the section's and there once */
static void look_at_keys(struct reader *r, const struct section *s, const struct node *n)
{
	const struct node *seen[32] = { NULL };

	for (size_t i = 0; i + 1 < n->n; i += 2) {
		const struct node *key = n->child[i];
		size_t k = 0;

		while (k < s->n && (key->kind != NODE_SCALAR || strcmp(key->text, s->field[k].key)))
			k++;
		if (k == s->n)
			unknown_key(r, s, key);
		else if (seen[k])
			diag_add(r->d, key->line, key->column, "duplicate key \"%s\", it is at %u:%u already", key->text,
				 seen[k]->line, seen[k]->column);
		else
			seen[k] = key;
	}
}

static void missing_key(struct reader *r, const struct node *n, const struct field *f)
{
	_text_ struct text form = { 0 };

	field_form(f, &form);
	diag_add(r->d, n->line, n->column, "missing key \"%s\": expected %s", f->key, text_str(&form));
}

/* is_complete() - an optional mapping that is not there is read from an empty one; unless that would be wrong: then it
 * means none */
static bool is_complete(const struct section *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->field[i].required)
			return false;
	return true;
}

void section_read(struct reader *r, const struct section *s, const struct node *n, void *obj, uint32_t index)
{
	_text_ struct text keys = { 0 };

	if (n->kind != NODE_MAP) {
		list_keys(s, &keys);
		diag_add(r->d, n->line, n->column, "%s: expected a mapping with the keys %s, not %s", s->title,
			 text_str(&keys), node_kind_name(n));
		return;
	}
	look_at_keys(r, s, n);
	for (size_t i = 0; i < s->n; i++) {
		const struct field *f = &s->field[i];
		const struct node *value = node_get(n, f->key);
		/* an absent key is read from its default, an absent optional mapping from an empty one */
		struct node standard = { f->type == &type_map ? NODE_MAP : NODE_SCALAR, n->line, n->column,
					 .text = (char *)f->standard };

		if (value || f->standard || (f->type == &type_map && is_complete(f->section)))
			f->type->read(r, value ? value : &standard, f, (char *)obj + f->offset);
		else if (f->required)
			missing_key(r, n, f);
	}
	if (s->done)
		s->done(r, n, obj, index);
}
