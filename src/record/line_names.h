/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What the two halves of line share. */
#include <stdint.h>

struct line_proto {
	uint8_t number;
	const char *name;	/* as Suricata writes it */
};

extern const struct line_proto line_protos[];	/* ends with a NULL name; others as their number */
