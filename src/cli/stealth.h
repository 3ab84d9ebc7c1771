/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What tells an intruder that a honeypot is one (docs/deception.md), looked at in a throw-away copy. */
#include <stdbool.h>

#include "model/honeynet.h"

/*
 * stealth_run() - prints what tells in copies of @n's honeypots, or of the one named @pot (NULL: all), one after
 * another, and a score for each: CLI_OK, CLI_FAILED if one tells that is not known as one that cannot be hidden
 */
int stealth_run(const struct honeynet *n, const char *pot, bool json);
