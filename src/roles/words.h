/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* The words of the host that a honeypot's kernel reads when it starts (skep/capture.h). */
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

struct plan;

/*
 * words_collect() - for honeypot @i; its files only on a new disk, @fresh. What they are is listed in its disk's name
 * with GIVEN, for who looks later what is not ours: "SECONDS KIND MODE UID GID SIZE SHA256 PATH" a line. 0 or -errno.
 */
int words_collect(const struct plan *plan, uint32_t i, bool fresh, struct text *conf);

/* words_seed() - what its past is made of, as `skep up` keeps it below identity/; 0, -EBADMSG, or -errno */
int words_seed(const struct plan *plan, uint32_t i, uint8_t ret[32]);

#define WORDS_GIVEN ".given"
