/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* A session in brief: as a row, as a head, as JSON. */
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

struct session;
struct table;

enum { BRIEF_COLUMNS = 9 };

/* brief_worth() - whether somebody got in: not just one more knock at the door */
bool brief_worth(const struct session *s);
/* brief_us() - how long it lasted; of an open one up to its newest event */
uint64_t brief_us(const struct session *s);

void brief_row_head(struct table *t);
void brief_row(const struct session *s, struct table *t);
void brief_head(const struct session *s, struct text *t);
/* brief_json() - one object and a line feed; @event: in the envelope, so that it can stand among events */
void brief_json(const struct session *s, bool event, struct text *t);
