/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Reading JSON (RFC 8259) quickly: a document of at most JSON_BYTES_MAX bytes as a tree of nodes. For
 * lines by the million, of which most members are looked at once.
 *
 * Refused: what is no JSON, bytes that are no UTF-8, a name twice in one object, integers beyond 63
 * bits, more than JSON_DEPTH_MAX levels, objects of more than JSON_MEMBERS_MAX members.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text.h"

enum { JSON_BYTES_MAX = 1024 * 1024, JSON_DEPTH_MAX = 16, JSON_MEMBERS_MAX = 256, JSON_NODES_BUILT_IN = 192 };

enum json_kind { J_OBJECT, J_ARRAY, J_STRING, J_INTEGER, J_REAL, J_TRUE, J_FALSE, J_NULL };

struct json {
	enum json_kind kind;
	uint32_t next, first;	/* numbers of nodes: the next one inside the same, the first one inside; 0 none */
	struct span name;	/* of a member */
	struct span s;		/* a string without its escapes, with a NUL behind it */
	int64_t integer;
};

struct json_doc {
	struct json built_in[JSON_NODES_BUILT_IN], *node;	/* node 0 is the whole document */
	uint32_t n, room;
};

/*
 * json_read() - 0, or -EBADMSG. Strings are put into @room, of @n + 1 bytes, in the order in which they
 * stand in the document: those of an array of strings one after another. @d to json_fini() on success.
 */
int json_read(struct json_doc *d, const char *s, size_t n, char *room);
void json_fini(struct json_doc *d);

/* json_get() - a member of an object; NULL if it has none, or @o is NULL or no object */
const struct json *json_get(const struct json_doc *d, const struct json *o, const char *name);
/* json_get_behind() - the same; looks first at what stands behind @after (NULL: none), a member of @o */
const struct json *json_get_behind(const struct json_doc *d, const struct json *o, const struct json *after,
				   const char *name);
/* json_first(), json_next() - what is inside an object or array; NULL at the end */
const struct json *json_first(const struct json_doc *d, const struct json *o);
const struct json *json_next(const struct json_doc *d, const struct json *v);

#define _json_ __attribute__((cleanup(json_fini)))
