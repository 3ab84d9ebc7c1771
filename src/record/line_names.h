/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What the two halves of line share. */
#include <stddef.h>
#include <stdint.h>

#include "model/event.h"

struct line_proto {
	uint8_t number;
	const char *name;	/* as Suricata writes it */
};

extern const struct line_proto line_protos[];	/* ends with a NULL name; others as their number */

/* A member of one kind's own part of a line; both halves go through the same rows. */
enum line_form {
	LINE_STRING, LINE_LIST, LINE_BYTES, LINE_COMM, LINE_U8, LINE_U32, LINE_U64, LINE_TIME, LINE_SEVERITY,
	LINE_MALFORMED, LINE_PEER
};

struct line_field {
	uint8_t kind;		/* enum event_kind; a kind's rows stand together, those of one object too */
	const char *object;	/* in which member object; NULL: in the line itself */
	const char *name;
	enum line_form form;
	uint16_t offset;	/* in struct event */
	uint32_t max;		/* of a string or list, bytes */
};

extern const struct line_field line_fields[];
extern const size_t line_n_fields;
/* line_has_fields() - whether the kind has rows; the others have state, reason and code as they are */
bool line_has_fields(enum event_kind k);
