/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* The attempts made and watched, and what is said of them. */
#include <stdbool.h>
#include <stdint.h>

#include "cli/standin.h"
#include "selftest/judge.h"

/*
 * selftest_watch() - has the throw-away honeypot try everything, or what takes only a part of the budgets (@few), and @j
 * count what arrives, in the lab and at the honeypots' plugs. An exit code: CLI_OK it went through, whatever arrived.
 */
int selftest_watch(const struct standin *s, int control, bool few, struct judge *j);

/* selftest_terms() - by which it is judged: what the honeynet file says, less what its address has used already */
void selftest_terms(const struct standin *s, const char *rules, struct terms *ret);
/* selftest_used() - @rules, as text, count something for that address */
bool selftest_used(void *rules, uint32_t address);

/* What became of the honeynet in the middle of it. */
enum between { BETWEEN_NOTHING, BETWEEN_RESTART, BETWEEN_CRASH };

/* selftest_report() - prints it, keeps it in the state folder, signed, and has it recorded; an exit code */
int selftest_report(const struct standin *s, const struct judge *j, enum between b, bool json);
