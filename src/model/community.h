/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Community ID, version 1, seed 0: one name for a flow that every tool computes alike, whichever
 * direction it saw first (Corelight, "Community ID Flow Hashing", github corelight/community-id-spec).
 */
#include <stdbool.h>

struct event;

enum { COMMUNITY_ID_SIZE = 32 };	/* "1:" and 28 characters, with its NUL */

/* community_id() - of @e's flow; false and nothing if it has none (TCP, UDP and SCTP with ports have) */
bool community_id(const struct event *e, char ret[COMMUNITY_ID_SIZE]);
