/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Time as people write and read it: UTC, ISO 8601. */
#include <stdint.h>

enum { STAMP_TEXT = 32 };

/* stamp_text() - "2026-11-23T05:46:12.345Z"; returns @ret */
const char *stamp_text(uint64_t us, char ret[STAMP_TEXT]);
/* stamp_json() - "2026-11-23T05:46:12.345678+0000", as in EVE */
const char *stamp_json(uint64_t us, char ret[STAMP_TEXT]);
/* stamp_span() - "00:01:42"; hours may have more digits */
const char *stamp_span(uint64_t us, char ret[STAMP_TEXT]);

/*
 * stamp_parse() - a point in time: "2026-11-23T05:46:12.5Z", "2026-11-23 05:46", "2026-11-23" (its
 * beginning), "05:46" (today), or how long ago: "90s", "10m", "2h", "3d". 0 or -EINVAL
 */
int stamp_parse(const char *s, uint64_t now_us, uint64_t *ret_us);
