/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What `skep up` finds out so that priv can make a honeypot's past (content/content.h). Kept below the state folder. */
#include <stdint.h>

#include "model/plan.h"

/*
 * past_prepare() - of honeypot @i below identity/: NAME.seed, NAME.facts, and NAME.tokens, the list of its honeytokens and
 * what each is known by. 0, or -errno and *@ret_what, what failed (lent: a literal).
 */
int past_prepare(const struct plan *p, uint32_t i, const char **ret_what);
