/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "json.h"

#include <errno.h>
#include <string.h>

#include "mem.h"

struct reader {
	struct json_doc *d;
	const char *at, *end;
	char *room;		/* where the next string goes */
	uint32_t depth;
	bool bad;
};

static uint32_t value(struct reader *r, struct span name);

static uint32_t bad(struct reader *r)
{
	r->bad = true;
	r->at = r->end;
	return 0;
}

static void space(struct reader *r)
{
	while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\n' || *r->at == '\r'))
		r->at++;
}

static bool follows(struct reader *r, char c)
{
	if (r->at < r->end && *r->at != c)
		space(r);
	if (r->at == r->end || *r->at != c)
		return false;
	r->at++;
	return true;
}

/* new_node() - its number; nodes may move */
static uint32_t new_node(struct reader *r, enum json_kind kind, struct span name)
{
	struct json_doc *d = r->d;

	if (d->n == d->room) {
		struct json *more = xcalloc(2 * (size_t)d->room, sizeof(*more));

		memcpy(more, d->node, d->n * sizeof(*more));
		if (d->node != d->built_in)
			free(d->node);
		d->node = more;
		d->room *= 2;
	}
	d->node[d->n] = (struct json){ .kind = kind, .name = name };
	return d->n++;
}

/* --- strings ---------------------------------------------------------------------------------- */

static int hex4(struct reader *r)
{
	int v = 0;

	for (int i = 0; i < 4; i++) {
		char c = r->at < r->end ? *r->at++ : 0;
		int digit = c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;

		if (digit < 0)
			return -1;
		v = v << 4 | digit;
	}
	return v;
}

static void put_utf8(struct reader *r, uint32_t c)
{
	if (c < 0x80)
		*r->room++ = (char)c;
	else if (c < 0x800) {
		*r->room++ = (char)(0xc0 | c >> 6);
		*r->room++ = (char)(0x80 | (c & 0x3f));
	} else if (c < 0x10000) {
		*r->room++ = (char)(0xe0 | c >> 12);
		*r->room++ = (char)(0x80 | (c >> 6 & 0x3f));
		*r->room++ = (char)(0x80 | (c & 0x3f));
	} else {
		*r->room++ = (char)(0xf0 | c >> 18);
		*r->room++ = (char)(0x80 | (c >> 12 & 0x3f));
		*r->room++ = (char)(0x80 | (c >> 6 & 0x3f));
		*r->room++ = (char)(0x80 | (c & 0x3f));
	}
}

/* A character beyond U+FFFF is written as two halves; a half alone is none. */
static void unicode(struct reader *r)
{
	int c = hex4(r), low;

	if (c >= 0xd800 && c < 0xdc00) {
		if (r->end - r->at < 2 || r->at[0] != '\\' || r->at[1] != 'u') {
			bad(r);
			return;
		}
		r->at += 2;
		low = hex4(r);
		c = low >= 0xdc00 && low < 0xe000 ? 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00) : -1;
	} else if (c >= 0xdc00 && c < 0xe000)
		c = -1;
	if (c < 0)
		bad(r);
	else
		put_utf8(r, (uint32_t)c);
}

static void escape(struct reader *r)
{
	static const char letters[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
	char c = r->at < r->end ? *r->at++ : 0;
	const char *p = c ? strchr(letters, c) : NULL;

	if (p)
		*r->room++ = bytes[p - letters];
	else if (c == 'u')
		unicode(r);
	else
		bad(r);
}

/* string() - behind its first quote */
static struct span string(struct reader *r)
{
	char *from = r->room;

	for (;;) {
		size_t left = (size_t)(r->end - r->at), n = text_plain(r->at, left);

		if (n < left && (unsigned char)r->at[n] >= 0x7f)
			n += text_utf8_char(r->at + n, left - n);
		memcpy(r->room, r->at, n);
		r->room += n;
		r->at += n;
		if (r->at == r->end || *r->at == '"')
			break;
		if (*r->at == '\\') {
			r->at++;
			escape(r);
		} else if (!n)
			bad(r);
	}
	if (r->at == r->end || r->bad) {
		bad(r);
		return (struct span){ "", 0 };
	}
	r->at++;
	*r->room++ = '\0';
	return (struct span){ from, (size_t)(r->room - from) - 1 };
}

/* member_name() - behind its first quote; as it stands in the document, if nothing in it is escaped */
static struct span member_name(struct reader *r)
{
	size_t n = text_plain(r->at, (size_t)(r->end - r->at));
	struct span s = { r->at, n };

	if (r->at + n == r->end || r->at[n] != '"')
		return string(r);
	r->at += n + 1;
	return s;
}

/* --- the rest --------------------------------------------------------------------------------- */

static size_t digits(struct reader *r)
{
	const char *from = r->at;

	while (r->at < r->end && *r->at >= '0' && *r->at <= '9')
		r->at++;
	return (size_t)(r->at - from);
}

static uint32_t number(struct reader *r, struct span name)
{
	const char *from = r->at;
	bool minus = *r->at == '-', real = false;
	uint64_t v = 0;
	size_t n;
	uint32_t i;

	r->at += minus;
	n = digits(r);
	if (!n || (n > 1 && r->at[-(ptrdiff_t)n] == '0'))
		return bad(r);
	for (const char *p = from + minus; p < r->at && n <= 19; p++)	/* so many fit into 64 bits */
		v = v * 10 + (uint64_t)(*p - '0');
	if (r->at < r->end && *r->at == '.') {
		real = true;
		r->at++;
		if (!digits(r))
			return bad(r);
	}
	if (r->at < r->end && (*r->at | 32) == 'e') {
		real = true;
		r->at++;
		r->at += r->at < r->end && (*r->at == '+' || *r->at == '-');
		if (!digits(r))
			return bad(r);
	}
	if (!real && (n > 19 || v > (uint64_t)INT64_MAX + minus))
		return bad(r);
	i = new_node(r, real ? J_REAL : J_INTEGER, name);
	r->d->node[i].integer = real ? 0 : (int64_t)(minus ? 0 - v : v);
	return i;
}

static uint32_t word(struct reader *r, struct span name)
{
	static const struct { const char *word; enum json_kind kind; } words[] = {
		{ "true", J_TRUE }, { "false", J_FALSE }, { "null", J_NULL },
	};

	for (size_t i = 0; i < nitems(words); i++) {
		size_t n = strlen(words[i].word);

		if ((size_t)(r->end - r->at) >= n && !memcmp(r->at, words[i].word, n)) {
			r->at += n;
			return new_node(r, words[i].kind, name);
		}
	}
	return bad(r);
}

/* find() - what has this name inside object @in; 0 nothing */
static uint32_t find(const struct json *node, uint32_t in, struct span name)
{
	uint32_t i = node[in].first;

	while (i && (node[i].name.len != name.len || memcmp(node[i].name.at, name.at, name.len)))
		i = node[i].next;
	return i;
}

static uint32_t inside(struct reader *r, bool object, struct span name)
{
	uint32_t self = new_node(r, object ? J_OBJECT : J_ARRAY, name), last = 0, n = 0;
	char close = object ? '}' : ']';

	if (++r->depth > JSON_DEPTH_MAX)
		return bad(r);
	if (!follows(r, close)) {
		do {
			struct span member = { 0 };
			uint32_t i;

			if (object) {
				if (!follows(r, '"') || ++n > JSON_MEMBERS_MAX)
					return bad(r);
				member = member_name(r);
				if (r->bad || find(r->d->node, self, member) || !follows(r, ':'))
					return bad(r);
			}
			i = value(r, member);
			if (last)
				r->d->node[last].next = i;
			else
				r->d->node[self].first = i;
			last = i;
		} while (!r->bad && follows(r, ','));
		if (!follows(r, close))
			return bad(r);
	}
	r->depth--;
	return self;
}

static uint32_t value(struct reader *r, struct span name)
{
	struct span s;
	uint32_t i;

	if (r->at < r->end && *r->at <= ' ')
		space(r);
	if (r->at == r->end)
		return bad(r);
	switch (*r->at) {
	case '{':
	case '[':
		return inside(r, *r->at++ == '{', name);
	case '"':
		r->at++;
		s = string(r);
		i = new_node(r, J_STRING, name);
		r->d->node[i].s = s;
		return i;
	case 't':
	case 'f':
	case 'n':
		return word(r, name);
	default:
		return number(r, name);
	}
}

int json_read(struct json_doc *d, const char *s, size_t n, char *room)
{
	struct reader r = { .d = d, .at = s, .end = s + n, .room = room };

	if (!n || n > JSON_BYTES_MAX)
		return -EBADMSG;
	d->node = d->built_in;
	d->n = 0;
	d->room = JSON_NODES_BUILT_IN;
	value(&r, (struct span){ 0 });
	space(&r);
	if (!r.bad && r.at == r.end)
		return 0;
	json_fini(d);
	return -EBADMSG;
}

void json_fini(struct json_doc *d)
{
	if (d->node != d->built_in)
		free(d->node);
	d->node = d->built_in;
}

const struct json *json_first(const struct json_doc *d, const struct json *o)
{
	return o && o->first ? &d->node[o->first] : NULL;
}

const struct json *json_next(const struct json_doc *d, const struct json *v)
{
	return v->next ? &d->node[v->next] : NULL;
}

const struct json *json_get(const struct json_doc *d, const struct json *o, const char *name)
{
	uint32_t i = o && o->kind == J_OBJECT ? find(d->node, (uint32_t)(o - d->node), span_of(name)) : 0;

	return i ? &d->node[i] : NULL;
}
