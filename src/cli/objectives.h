/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* The objectives a honeynet runs with: its file's own first, skep's behind them. */
#include "base/text.h"
#include "model/honeynet.h"
#include "model/objective.h"

/* objectives_of() - 0 and *@ret; or how many complaints there are, a line each ("FILE:LINE:COLUMN: TEXT", made
 * safe) in @complaints, and *@ret has those of the files without any */
size_t objectives_of(const struct honeynet *n, struct objectives *ret, struct text *complaints);
