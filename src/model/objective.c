/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "objective.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/mem.h"
#include "event.h"

static const struct { const char *key, *doc; } subjects[] = {
#define X(id, key, doc) [SUBJECT_##id] = { key, doc },
	SUBJECTS_LIST(X)
#undef X
};

const char *subject_key(enum subject s)
{
	return subjects[s].key;
}

const char *subject_doc(enum subject s)
{
	return subjects[s].doc;
}

int subject_find(const char *key)
{
	for (size_t i = 0; i < nitems(subjects); i++)
		if (!strcmp(subjects[i].key, key))
			return (int)i;
	return -ENOENT;
}

int64_t objectives_add_text(struct objectives *o, const char *s)
{
	size_t n = strlen(s) + 1;
	uint32_t at = o->text_len;

	if (n > sizeof(o->text) - at)
		return -ENOSPC;
	memcpy(o->text + at, s, n);
	o->text_len += (uint32_t)n;
	return at;
}

void objectives_pack(const struct objectives *o, struct text *t)
{
	text_addn(t, o, offsetof(struct objectives, at) + o->n * sizeof(o->at[0]));
	text_addn(t, o->text, o->text_len);
}

/* strings_end() - behind @n strings that begin at @at; 0 if the text ends before */
static uint32_t strings_end(const struct objectives *o, uint32_t at, uint32_t n)
{
	while (n--) {
		const char *end = at < o->text_len ? memchr(o->text + at, 0, o->text_len - at) : NULL;

		if (!end)
			return 0;
		at = (uint32_t)(end - o->text) + 1;
	}
	return at;
}

static bool is_sound(const struct objectives *o, const struct objective *b)
{
	if (!strings_end(o, b->name, 1) || b->severity >= SEVERITIES || b->n > MAX_CONDITIONS ||
	    b->kinds >> (EV_KINDS - 1) > 1)
		return false;
	for (size_t i = 0; i < b->n; i++) {
		const struct condition *c = &b->condition[i];

		if (c->subject >= SUBJECTS || !c->n || !strings_end(o, c->at, c->n))
			return false;
	}
	return true;
}

bool objectives_sound(const struct objectives *o)
{
	bool sound = o->n <= MAX_OBJECTIVES && o->text_len <= sizeof(o->text);

	for (size_t i = 0; sound && i < o->n; i++)
		sound = is_sound(o, &o->at[i]);
	return sound;
}

int objectives_unpack(struct span bytes, struct objectives *ret)
{
	_free_ struct objectives *o = xcalloc(1, sizeof(*o));
	size_t head = offsetof(struct objectives, at), rows;

	if (bytes.len < head)
		return -EBADMSG;
	memcpy(o, bytes.at, head);
	if (o->n > MAX_OBJECTIVES || o->text_len > sizeof(o->text))
		return -EBADMSG;
	rows = o->n * sizeof(o->at[0]);
	if (bytes.len != head + rows + o->text_len)
		return -EBADMSG;
	memcpy(o->at, bytes.at + head, rows);
	memcpy(o->text, bytes.at + head + rows, o->text_len);
	if (!objectives_sound(o))
		return -EBADMSG;
	*ret = *o;
	return 0;
}
