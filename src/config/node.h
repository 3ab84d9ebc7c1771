/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * A YAML file as a tree in which every node knows its place.
 *
 * Only what a honeynet file needs: one document of mappings, lists and scalars. Anchors, aliases
 * and tags are refused, so the tree is never larger than the text that made it, and depth and
 * number of nodes are bounded. Scalars are text; what they mean is the reader's business.
 */
#include <stddef.h>
#include <stdint.h>

#include "diag.h"

enum {
	MAX_FILE = 4 << 20,	/* bytes */
	MAX_DEPTH = 8,		/* mappings and lists inside each other */
	MAX_NODES = 400000,
};

enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAP };

struct node {
	enum node_kind kind;
	uint32_t line, column;	/* from 1 */
	char *text;		/* scalar: without NULs inside; else NULL */
	size_t n;		/* children; of a map: key, value, key, value */
	struct node **child;	/* owned */
};

/* node_read() - the tree of @text, or NULL and at least one complaint */
struct node *node_read(const char *text, size_t n, struct diag *d);
struct node *node_free(struct node *n);
/* node_get() - value of @key in a map (its first, if there are several), or NULL */
const struct node *node_get(const struct node *map, const char *key);
const char *node_kind_name(const struct node *n);

static inline void node_freep(struct node **n)
{
	node_free(*n);
}

#define _node_ __attribute__((cleanup(node_freep)))
