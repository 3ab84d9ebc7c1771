/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Fields: one row says how a key of the file is called, where its value goes, which values are
 * valid, what an absent one means, and what the manual says about it. Nothing else asks for a key.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "diag.h"
#include "model/honeynet.h"
#include "node.h"

struct field;

/* An object or service by its name; the nodes it was read from outlive it. */
struct known {
	const char *name;
	const struct node *at;
	struct object_ref ref;
};

struct reader {
	struct diag *d;
	struct honeynet *net;		/* being filled */
	const char *folder;		/* paths begin here; NULL: they stay as they are */
	bool network_good;		/* addresses can be compared with it */
	struct known object[1 + MAX_HONEYPOTS + MAX_GROUPS + MAX_NETWORKS + MAX_TABLES + MAX_NAMES], service[MAX_SERVICES], times[MAX_TIMES];
	size_t n_objects, n_services, n_times;
	const struct node *address_at[MAX_HONEYPOTS];
};

struct section {
	const char *title;		/* in the manual */
	const char *doc;
	const struct field *field;
	size_t n;
	/* the whole object was read: what no single key can know */
	void (*done)(struct reader *r, const struct node *n, void *obj, uint32_t index);
};

struct choice {
	const char *word;
	uint32_t value;
};

/* A kind of value. */
struct type {
	void (*read)(struct reader *r, const struct node *n, const struct field *f, void *at);
	const char *expects;				/* what is valid, in words */
	const char *unit;				/* of min and max; NULL: they are not shown */
	const char *note;				/* after all that; may be NULL */
	bool (*number)(const char *s, uint64_t *ret);	/* read_number: text to value */
	bool (*check)(const char *s);			/* read_text */
};

struct field {
	const char *key;
	const struct type *type;
	size_t offset, size;		/* of the value in the object */
	uint64_t min, max;		/* of a number; how many, of a list */
	bool required;
	const char *standard;		/* default, written as in the file and read the same way */
	const char *derived;		/* default in words; the section's done() makes it */
	const char *doc;
	const struct choice *choice;	/* type_choice: ends in a row without word */
	const struct section *section;	/* type_map, type_list: what is inside */
	size_t stride, count;		/* a list: size of an element; offset of their number in the honeynet */
};

extern const struct type type_name, type_image, type_hostname, type_count, type_seconds, type_mebibytes,
	type_ring, type_per_second, type_bandwidth, type_address, type_mac, type_choice, type_uplink, type_path, type_paths, type_words, type_seed, type_comment, type_dns, type_store,
	type_url, type_mail, type_map, type_list;

/* section_read() - every key of @n into @obj; complaints go to @r->d */
void section_read(struct reader *r, const struct section *s, const struct node *n, void *obj, uint32_t index);
/* field_form() - what is valid for it, in words */
void field_form(const struct field *f, struct text *ret);
/* field_bad() - "KEY: expected FORM, not VALUE" at @n */
void field_bad(struct reader *r, const struct node *n, const struct field *f);
/* field_items() - one value or a list of them as @ret[0..]; 0 after a complaint */
size_t field_items(struct reader *r, const struct node *n, const struct field *f,
		   const struct node *const **ret);
