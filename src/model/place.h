/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Where a record stands in the journal. */
#include <stdint.h>

struct place {
	char file[32];		/* name in the journal folder, "2026-11-23T05.ndjson" */
	uint64_t offset;
	uint32_t len;		/* bytes, with the line feed */
};
